"""Reading a sheet of payments: an Excel workbook or CSV, as a table of cells. What cannot be seen on the sheet (hidden, merged, computed) is refused, never guessed at."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MAX_BYTES = 2 * 2**20
MAX_UNPACKED_BYTES = 8 * 2**20
MAX_ROWS = 1_000  # what is registered in one transaction, and can be ticked one by one by whoever approves
MAX_COLUMNS = 30
LAST_ROW = 20_000  # empty rows below and between cost time, too
HEADING_WITHIN = 5  # the line of help, and a title that somebody put above
PAYMENTS, LOOKED_UP = "Udbetalinger", "Øremærkninger"
"""the template's two sheets: the payments, and the codes to look up"""
COLUMNS = {
    "earmark": ("øremærkning", "kode", "øremærkningens kode"),
    "amount": ("beløb", "beløb i kr.", "beløb, kr."),
    "value_date": ("valørdato", "dato"),
    "case_number": ("journalnummer", "journalnr.", "sagsnummer", "sagsnr."),
    "text": ("tekst",),
    "voucher": ("bilag",),
}
HEADINGS = {
    "earmark": "Øremærkning",
    "amount": "Beløb",
    "value_date": "Valørdato",
    "case_number": "Journalnummer",
    "text": "Tekst",
    "voucher": "Bilag",
}
NEEDED = ("earmark", "amount", "value_date")
KNOWN = {word: name for name, words in COLUMNS.items() for word in words}
BESIDE = "Der står noget uden for kolonnerne. Slet det; i en CSV-fil skal tekst med skilletegn stå i citationstegn."
DAMAGED = "Arket er beskadiget eller beskyttet. Åbn det, gem det på ny som Excel-projektmappe (.xlsx) uden adgangskode, og vælg det igen."
SEEN = "så du kan se alt, hvad der registreres."
HIDDEN_ROW = f"Rækken er skjult. Vis den (fjern filteret), eller slet den, {SEEN}"
HIDDEN_COLUMN = f"Kolonnen er skjult. Vis den, eller slet den, {SEEN}"
MERGED = "Cellerne er flettet. Ophæv fletningen, og skriv værdien i hver række."


DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, expat.ExpatError, EOFError, OSError),
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError, NotImplementedError, RuntimeError),  # what reading a damaged part ends in
)


class Unreadable(ValueError):
    """The sheet as a whole cannot be read; the message says what to do."""


class Formula(str):
    """A cell that holds a formula: what it gives depends on who opens the sheet."""

    __slots__ = ()


class Mistake(str):
    """A cell where the spreadsheet itself shows a mistake, such as #REF!."""

    __slots__ = ()


@dataclass(frozen=True)
class Bad:
    """What is wrong with a row: where, what stood there, and what to do."""

    row: int
    column: str
    value: str
    advice: str


@dataclass
class Table:
    """A sheet's rows under its headings, as the cells were; and what is wrong with its form."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """headings that mean nothing here"""


@dataclass
class Unseen:
    """What somebody who looks at a sheet does not see, or sees in another cell."""

    rows: set[int] = field(default_factory=set)
    places: set[int] = field(default_factory=set)
    merged: dict[int, str] = field(default_factory=dict)

    def look(self, part: bytes) -> None:
        """Finds it in the text of one sheet. Raises ExpatError."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begun
        parser.Parse(part, True)

    def _begun(self, tag: str, given: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "mergeCell":
            place = given.get("ref", "")
            self.merged[_number("".join(filter(str.isdigit, place.partition(":")[0])))] = place
        elif given.get("hidden", "").strip() in ("1", "true") or _is_nothing(given.get("ht" if tag == "row" else "width", "")):
            if tag == "row":
                self.rows.add(_number(given.get("r", "")))
            elif tag == "col":
                self.places |= set(range(_number(given.get("min", "")) - 1, min(_number(given.get("max", "")), MAX_COLUMNS)))

    def bad(self, table: "Table", headed: set[int]) -> list[Bad]:
        """Where it matters: a row that is read, a column that has a heading."""
        read = {number for number, _ in table.rows}
        return [
            *(Bad(0, f"Kolonne nr. {place + 1}", "", HIDDEN_COLUMN) for place in sorted(self.places & headed)),
            *(Bad(number, "", "", HIDDEN_ROW) for number in sorted(self.rows & read)),
            *(Bad(number, "", place, MERGED) for number, place in sorted(self.merged.items()) if number in read),
        ]


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 8 else 0


def _is_nothing(size: str) -> bool:
    """0, 0.0 and 00 are; no size is none of them."""
    return size.strip(" 0.") == "" and "0" in size


def table_of(content: bytes) -> Table:
    """Every row of a sheet that is not empty. Raises Unreadable."""
    if not content:
        raise Unreadable("Filen er tom. Vælg det ark, du har udfyldt.")
    if len(content) > MAX_BYTES:
        raise Unreadable(f"Arket fylder mere end {MAX_BYTES // 2**20} MB. Fjern alt andet end udbetalingerne, eller del det i flere ark.")
    if content.startswith(b"PK\x03\x04"):
        return _under_headings(_workbook(content), _unseen(content))
    return _under_headings(_csv(content), Unseen())


def shown(value: Any) -> str:
    """A cell as text."""
    return "" if value is None else str(value).strip()


def _under_headings(cells_of: Iterator[tuple[int, list[Any]]], unseen: Unseen) -> Table:
    table, first = Table(), None
    places: dict[str, int] = {}
    headed: set[int] = set()
    for number, cells in cells_of:
        if all(shown(cell) == "" for cell in cells):
            continue
        if not places:
            first = first or cells
            if sum(shown(cell).casefold() in KNOWN for cell in cells) > 1:  # one alone may be a word in the line of help
                places, headed = _places(cells), {place for place, cell in enumerate(cells) if shown(cell)}
                table.ignored = [shown(cells[place]) for place in sorted(headed - set(places.values()))]
            elif number >= HEADING_WITHIN:
                break
            continue
        if len(table.rows) >= MAX_ROWS:
            raise Unreadable(f"Arket har mere end {MAX_ROWS:,} udbetalinger. Del det i flere ark.".replace(",", ".", 1))
        table.rows.append((number, {name: cells[place] if place < len(cells) else None for name, place in places.items()}))
        beside = [shown(cell) for place, cell in enumerate(cells) if place not in headed and shown(cell)]
        if beside:
            table.bad.append(Bad(number, "", beside[0][:100], BESIDE))
    if not places:
        raise _without_headings(first)
    table.bad += unseen.bad(table, headed)
    if not table.rows:
        raise Unreadable("Der står ingen udbetalinger under overskrifterne. Udfyld arket, og vælg det igen.")
    return table


def _places(heading: list[Any]) -> dict[str, int]:
    """Where each column stands, by its heading. Raises Unreadable."""
    places: dict[str, int] = {}
    for place, cell in enumerate(heading):
        name = KNOWN.get(shown(cell).casefold())
        if name in places:
            raise Unreadable(f"Overskriften »{shown(cell)}« står der to gange, eller to overskrifter betyder det samme. Behold én kolonne for hver oplysning.")
        if name:
            places[name] = place
    missing = [HEADINGS[name] for name in NEEDED if name not in places]
    if missing:
        wanted = " og en med ".join(f"»{name}«" for name in missing)
        raise Unreadable(f"Der mangler en kolonne med overskriften {wanted}. I arket står {_listed(heading)}. Brug skabelonen, eller ret overskrifterne.")
    return places


def _without_headings(first: list[Any] | None) -> Unreadable:
    if first is None:
        return Unreadable("Arket er tomt. Vælg det ark, du har udfyldt.")
    return Unreadable(
        f"Overskrifterne Øremærkning, Beløb og Valørdato blev ikke fundet øverst i arket; der står {_listed(first)}. Brug skabelonen, eller ret overskrifterne."
    )


def _listed(cells: list[Any]) -> str:
    return ", ".join(f"»{shown(cell)[:40]}«" for cell in cells[:8] if shown(cell))


def _csv(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield number, list(cells)
    except csv.Error as problem:
        raise Unreadable(
            f"Filen kan ikke læses fra linje {reader.line_num}: et citationstegn mangler eller står forkert. Ret det, og vælg filen igen."
        ) from problem


def _decoded(content: bytes) -> str:
    if content.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise Unreadable(
            "Filen er hverken en CSV-fil eller et regneark af den nye slags, eller den er beskyttet med adgangskode. "
            "Gem arket uden adgangskode som Excel-projektmappe (.xlsx) eller »CSV UTF-8«, og vælg det igen."
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("Filens tegnsæt kan ikke læses. Gem den som »CSV UTF-8« eller som Excel-projektmappe (.xlsx), og vælg den igen.")


def _delimiter(text: str) -> str:
    """The sign that parts a line near the top into the most headings."""
    top = text.splitlines()[:HEADING_WITHIN]
    return max(";,\t", key=lambda sign: max((sum(cell.strip(' "').casefold() in KNOWN for cell in line.split(sign)) for line in top), default=0))


def _workbook(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True)
        try:
            sheet = book[_name_of_sheet(book.sheetnames)]
            if sheet.sheet_state != "visible":
                raise Unreadable(f"Arket »{sheet.title}« er skjult. Vis det, så du kan se, hvad der registreres, og vælg filen igen.")
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
                if number > LAST_ROW:
                    raise Unreadable("Arket fortsætter længe efter udbetalingerne. Slet alle rækker under dem, eller kopiér dem over i en ny skabelon.")
                yield number, [_cell(cell.data_type, cell.value) for cell in cells]
        finally:
            book.close()
    except DAMAGE as problem:
        if isinstance(problem, Unreadable):
            raise
        raise Unreadable(DAMAGED) from problem


def _cell(kind: str, value: Any) -> Any:
    """A cell's value, or what stands there instead of one; a formula over several cells is kept with its place."""
    match kind:
        case "f":
            return Formula(getattr(value, "text", None) or value)
        case "e":
            return Mistake(value)
    return value


def _name_of_sheet(names: list[str]) -> str:
    """The template's own sheet, or the only one. Raises Unreadable."""
    others = [name for name in names if name not in (PAYMENTS, LOOKED_UP)]
    if PAYMENTS in names and not others:
        return PAYMENTS
    if len(names) == 1:
        return names[0]
    raise Unreadable(f"Projektmappen har {len(names)} ark ({', '.join(names)[:200]}). Gem det ark, udbetalingerne står på, for sig selv, og vælg det.")


def _unseen(content: bytes) -> Unseen:
    """What the only way to read a large sheet, row by row, does not tell. Raises Unreadable."""
    unseen = Unseen()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED_BYTES:
                raise Unreadable("Arket er alt for stort, når det pakkes ud. Kopiér udbetalingerne over i en ny skabelon, og vælg den.")
            for part in parts.namelist():
                if part.startswith("xl/worksheets/"):
                    unseen.look(parts.read(part))
    except DAMAGE as problem:
        if isinstance(problem, Unreadable):
            raise
        raise Unreadable(DAMAGED) from problem
    return unseen
