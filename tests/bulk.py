"""Sheets of payments as people fill them in: XLSX and CSV."""

import io
from collections.abc import Callable
from datetime import datetime

import openpyxl

HEADINGS = ["Øremærkning", "Beløb", "Valørdato", "Journalnummer", "Tekst", "Bilag"]
LIFT, AELDRE, KORS = "lift-mary-fonden", "faellesskabsguides-aeldre-sagen", "faellesskabsguides-roede-kors"
DAY = datetime(2023, 4, 3)  # noqa: DTZ001 — as a spreadsheet keeps a day


def row(earmark: str = LIFT, amount=1000, day=DAY, case: str = "2023-7", text: str = "Rate", voucher: str = "") -> list:
    return [earmark, amount, day, case, text, voucher]


def xlsx(*rows: list, headings: list[str] | None = None, changed: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    """A workbook with these rows below the headings, and whatever somebody did to it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Udbetalinger"
    for cells in [headings or HEADINGS, *rows]:
        sheet.append(cells)
    if changed:
        changed(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv(*rows: str, headings: str = ";".join(HEADINGS), encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join([headings, *rows, ""]).encode(encoding)
