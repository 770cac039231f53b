"""Reading a list of payments made: CSV or a spreadsheet, as the accounting system gives it. Every bad row is told, with its column and what to do; no row is guessed at."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ledger.formats import NotAnAmount, parse_amount

MAX_BYTES = 7 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_ROWS = 20_000
COLUMNS = {
    "reference": ("reference", "betalingsreference", "ref", "ref."),
    "amount": ("beløb", "beløb i kr.", "beloeb", "amount"),
    "day": ("dato", "betalingsdato", "bogført dato", "date"),
    "account": ("konto", "kontonr.", "kontonummer", "cvr", "cvr-nr.", "modtagerkonto", "account"),
    "text": ("tekst", "posteringstekst", "text"),
    "status": ("status",),
}
HEADINGS = {"reference": "Reference", "amount": "Beløb", "day": "Dato", "account": "Konto", "text": "Tekst", "status": "Status"}
NEEDED = ("reference", "amount", "day", "status")
STATUSES = {"betalt": "paid", "afsendt": "paid", "udført": "paid", "paid": "paid", "returneret": "returned", "retur": "returned", "returned": "returned"}
LENGTHS = {"reference": 100, "account": 100, "text": 300}
MACHINE = re.compile(r"^\d+\.\d\d$", re.ASCII)  # 550000.00: Danish points stand before three digits, so this can mean one thing only
LARGEST = Decimal(10) ** 12
DAYS = ("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d")


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Bad:
    """What is wrong with one row: where, what stood there, and what to do."""

    row: int
    column: str
    value: str
    advice: str


@dataclass(frozen=True)
class Paid:
    """One row as it was read."""

    number: int
    reference: str
    amount: Decimal
    day: date
    account: str
    text: str
    status: str

    @property
    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "amount": str(self.amount), "day": self.day.isoformat()}


@dataclass
class Listed:
    """A whole file: its rows, and everything that is wrong with it."""

    rows: list[Paid] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """columns that mean nothing here"""


class Formula(str):
    """A cell that holds a formula: what it gives depends on who opens the file."""

    __slots__ = ()


def read(content: bytes) -> Listed:
    """Every row of a list, and every bad one. Raises Unreadable."""
    if not content:
        raise Unreadable("Filen er tom. Vælg den liste, økonomisystemet har dannet.")
    if len(content) > MAX_BYTES:
        raise Unreadable(f"Filen fylder mere end {MAX_BYTES // 2**20} MB. Hent listen for en kortere periode, og indlæs den i flere dele.")
    table = _spreadsheet(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    return _rows(table)


def _csv(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(content)
    heading = text.split("\n", 1)[0]
    delimiter = ";" if heading.count(";") >= heading.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield number, list(cells)
    except csv.Error as problem:
        raise Unreadable(f"Filen kan ikke læses fra linje {reader.line_num}: et citationstegn mangler eller står forkert. Hent listen på ny.") from problem


def _decoded(content: bytes) -> str:
    if content.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise Unreadable("Filen er hverken en CSV-fil eller et regneark af den nye slags. Gem den som »CSV UTF-8« eller som Excel-projektmappe (.xlsx).")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("Filens tegnsæt kan ikke læses. Gem den som »CSV UTF-8« eller som Excel-projektmappe (.xlsx), og prøv igen.")


def _spreadsheet(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    damaged = "Regnearket er beskadiget eller beskyttet. Åbn det, gem det på ny som Excel-projektmappe (.xlsx), og prøv igen."
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED_BYTES:
                raise Unreadable("Regnearket er pakket ud alt for stort. Hent listen for en kortere periode, og indlæs den i flere dele.")
        book = load_workbook(io.BytesIO(content), read_only=True)
        try:
            if len(book.worksheets) != 1:
                raise Unreadable(f"Regnearket har {len(book.worksheets)} ark. Gem det ark, listen står på, for sig selv, og indlæs det.")
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(), 1):
                yield number, [Formula(cell.value) if cell.data_type == "f" else cell.value for cell in cells]
        finally:
            book.close()
    except Unreadable:
        raise
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, ParseError, EOFError, OSError) as problem:
        raise Unreadable(damaged) from problem


def _rows(table: Iterator[tuple[int, list[Any]]]) -> Listed:
    listed, places = Listed(), None
    for number, cells in table:
        if all(_text(cell) == "" for cell in cells):
            continue
        if places is None:
            places, listed.ignored = _places([_text(cell) for cell in cells])
            continue
        if len(listed.rows) + len(listed.bad) >= MAX_ROWS:
            raise Unreadable(f"Listen har mere end {MAX_ROWS:,} rækker. Hent den for en kortere periode, og indlæs den i flere dele.".replace(",", ".", 1))
        given = {name: cells[place] if place < len(cells) else None for name, place in places.items()}
        bad = [Bad(number, HEADINGS[name], _text(value)[:100], advice) for name, value in given.items() if (advice := _wrong(name, value))]
        if len(cells) > len(places) + len(listed.ignored):
            bad.append(Bad(number, "", _text(cells[-1])[:100], "Rækken har flere felter end overskriften. Et skilletegn i en tekst skal stå i citationstegn."))
        listed.bad += bad
        if not bad:
            listed.rows.append(_row(number, given))
    if places is None:
        raise Unreadable("Filen er tom. Vælg den liste, økonomisystemet har dannet.")
    return listed


def _places(heading: list[str]) -> tuple[dict[str, int], list[str]]:
    """Where each column stands, by its heading; and the headings that mean nothing here. Raises Unreadable."""
    known = {word: name for name, words in COLUMNS.items() for word in words}
    places: dict[str, int] = {}
    for place, word in enumerate(heading):
        name = known.get(word.lower())
        if name in places:
            raise Unreadable(f"Overskriften »{word}« står der to gange, eller to overskrifter betyder det samme. Behold én kolonne for hver oplysning.")
        if name:
            places[name] = place
    missing = [HEADINGS[name] for name in NEEDED if name not in places]
    if missing:
        found = ", ".join(f"»{word[:40]}«" for word in heading[:12] if word) or "ingen overskrifter"
        raise Unreadable(f"Første række skal være overskrifter. Der mangler {', '.join(missing)}. I filen står {found}.")
    return places, [word for place, word in enumerate(heading) if place not in places.values()]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _wrong(name: str, value: Any) -> str:
    """What to do about a cell; "" when it is right."""
    text = _text(value)
    if isinstance(value, Formula) or (name != "text" and text.startswith("=")):
        return "Cellen er en formel. Gem regnearket med værdier i stedet for formler."
    if "\0" in text or any(not letter.isprintable() for letter in text if letter not in "\t\r\n"):
        return "Cellen indeholder et tegn, der ikke kan vises. Ret teksten i kilden, og hent listen på ny."
    if name in LENGTHS:
        return f"Teksten er for lang: højst {LENGTHS[name]} tegn." if len(text) > LENGTHS[name] else ""
    try:
        {"amount": _amount, "day": _day, "status": _status}[name](value)
    except ValueError as problem:
        return str(problem)
    return ""


def _row(number: int, given: dict[str, Any]) -> Paid:
    return Paid(
        number=number,
        reference=_text(given["reference"]).upper(),
        amount=_amount(given["amount"]),
        day=_day(given["day"]),
        account=_text(given.get("account")),
        text=_text(given.get("text")),
        status=_status(given["status"]),
    )


def _amount(value: Any) -> Decimal:
    """An amount over 0 kr. in whole øre. A spreadsheet keeps numbers in binary; its shortest decimal form is what was typed."""
    if isinstance(value, bool) or value is None or _text(value) == "":
        raise ValueError("Angiv beløbet.")
    if isinstance(value, int | float):
        amount = Decimal(repr(value))
    elif MACHINE.match(_text(value)):
        amount = Decimal(_text(value))
    else:
        try:
            amount = parse_amount(_text(value))
        except NotAnAmount as problem:
            raise ValueError(str(problem)) from problem
    if not (amount.is_finite() and abs(amount) < LARGEST and amount == round(amount, 2)):
        raise ValueError("Beløbet er for stort eller har mere end to decimaler. Ret det i kilden, og hent listen på ny.")
    if amount <= 0:
        raise ValueError("Beløbet skal være over 0 kr. En betaling, der kom retur, skrives med sit beløb og status »returneret«.")
    return round(amount, 2)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    for form in DAYS:
        try:
            return datetime.strptime(_text(value), form).date()  # noqa: DTZ007 — a day has no time zone
        except ValueError:
            continue
    raise ValueError("Skriv en dag, der findes, som dag.måned.år, for eksempel 23.11.2026.")


def _status(value: Any) -> str:
    found = STATUSES.get(_text(value).lower())
    if found is None:
        raise ValueError("Status skal være »betalt« eller »returneret«.")
    return found
