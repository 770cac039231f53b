"""Any list as a file: CSV that Danish Excel opens right, and a true spreadsheet. Both are written while the rows are read, in the same memory at any length.

A row is its raw values in the order of the columns: Money or Decimal, date, datetime, int, bool, text, or None for nothing. In CSV (UTF-8 with BOM, `;`,
CRLF) they stand as 1234567,89 and 23.11.2026 and 23.11.2026 14:05:00, and text that a spreadsheet could take for a formula is neutralised. In XLSX amounts
are numbers, days are days, and text is text: a cell of it is never a formula, not even after it was edited.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone
from djmoney.money import Money

from ledger.exports import BOM, FORMULA, plain
from ledger.formats import OERE, date_text, decimal_comma

Row = Sequence[Any]
AT_ONCE = 500
"""how many rows of CSV are handed on together"""
MOST_ROWS = 2**20 - 1
"""what a worksheet holds below its heading"""
LONGEST_TEXT = 2**15 - 1
"""what a cell holds; what is longer ends in …, and stands whole in the CSV"""
WIDEST = 60
FORBIDDEN_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
FORMATS = {
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "amount": {"num_format": "#,##0.00"},
    "whole": {"num_format": "0"},
    "day": {"num_format": "dd.mm.yyyy", "align": "left"},
    "moment": {"num_format": "dd.mm.yyyy hh:mm:ss", "align": "left"},
    "text": {"num_format": "@"},
    "guarded": {"num_format": "@", "quote_prefix": True},  # stays text when somebody edits it
}


class TooManyRows(ValueError):
    """More rows than a worksheet holds; CSV holds them."""


def csv_of(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """The heading and the rows, and nothing else."""
    buffer = io.StringIO(BOM, newline="")
    buffer.seek(len(BOM))
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([plain(title) for title in columns])
    for count, row in enumerate(rows, 1):
        writer.writerow([in_csv(value) for value in row])
        if count % AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def in_csv(value: Any) -> str:
    """A value as it stands in a Danish CSV."""
    match _settled(value):
        case None:
            return ""
        case Decimal() as amount:
            return decimal_comma(amount)
        case datetime() as moment:
            return f"{moment:%d.%m.%Y %H:%M:%S}"
        case date() as day:
            return date_text(day)
        case int() as number:
            return str(number)
        case text:
            return plain(text)


def xlsx_of(title: str, columns: Sequence[str], rows: Iterable[Row], about: Sequence[tuple[str, Any]] = ()) -> Iterator[bytes]:
    """A sheet with the rows, its heading frozen and with a filter, and a sheet »Om udtrækket« that says what it is, with its count and control totals.

    Raises TooManyRows.
    """
    with tempfile.TemporaryFile() as file:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(file, options) as book:
            _write(book, title, columns, rows, about)
        file.seek(0)
        while chunk := file.read(2**16):
            yield chunk


def _write(book: xlsxwriter.Workbook, title: str, columns: Sequence[str], rows: Iterable[Row], about: Sequence[tuple[str, Any]]) -> None:
    formats = {name: book.add_format(properties) for name, properties in FORMATS.items()}
    book.set_properties({"title": title, "company": "Midler mod ensomhed"})
    sheet = book.add_worksheet(FORBIDDEN_IN_SHEET_NAMES.sub(" ", title)[:31])
    widths, totals, count = [len(heading) + 4 for heading in columns], dict[int, Decimal](), 0
    sheet.write_row(0, 0, columns, formats["head"])
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise TooManyRows(f"{title}: more than {MOST_ROWS} rows; take it out as CSV")
        for column, value in enumerate(map(_settled, row)):
            widths[column] = max(widths[column], _cell(sheet, count, column, value, formats))
            if isinstance(value, Decimal):
                totals[column] = totals.get(column, Decimal(0)) + value
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, count, max(len(columns) - 1, 0))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, WIDEST))
    _tell(book.add_worksheet("Om udtrækket"), [("Liste", title), *about, ("Antal rækker", count), *_sums(columns, totals)], formats)


def _sums(columns: Sequence[str], totals: dict[int, Decimal]) -> list[tuple[str, Decimal]]:
    return [(f"Kontrolsum af »{columns[column]}«", total) for column, total in sorted(totals.items())]


def _tell(sheet: Any, said: Sequence[tuple[str, Any]], formats: dict[str, Any]) -> None:
    for row, (label, value) in enumerate(said):
        sheet.write_string(row, 0, label, formats["head"])
        _cell(sheet, row, 1, _settled(value), formats)
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, WIDEST)


def _cell(sheet: Any, row: int, column: int, value: Any, formats: dict[str, Any]) -> int:
    """Writes one value; answers with the width that it takes."""
    match value:
        case None:
            return 0
        case Decimal():
            sheet.write_number(row, column, value, formats["amount"])
            return len(decimal_comma(value)) + 4
        case datetime():
            sheet.write_datetime(row, column, value, formats["moment"])
            return 19
        case date():
            sheet.write_datetime(row, column, value, formats["day"])
            return 11
        case int():
            sheet.write_number(row, column, value, formats["whole"])
            return len(str(value)) + 2
    text = value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…"
    sheet.write_string(row, column, text, formats["guarded" if FORMULA.match(text) else "text"])
    return len(text) + 1


def _settled(value: Any) -> Any:
    """The value as one of few kinds: an amount in whole øre, a Danish moment, a day, a number, text."""
    match value:
        case None | "":
            return None
        case Money():
            return value.amount.quantize(OERE)
        case Decimal():
            return value.quantize(OERE)
        case datetime():
            return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
        case bool():
            return "Ja" if value else "Nej"
        case int() | date():
            return value
    return str(value)


def _taken(buffer: io.StringIO) -> bytes:
    chunk = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return chunk
