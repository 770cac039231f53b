"""From a sheet's cells to payments: earmark, amount, day, voucher. Every cell that is wrong is told, with what to do; nothing is rounded and nothing guessed at."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from djmoney.money import Money

from initiatives.bulk.reading import HEADINGS, Bad, Formula, Mistake, shown, table_of
from initiatives.models import Earmark, Voucher
from ledger.formats import NotAnAmount, parse_amount

LARGEST = Decimal(10) ** 12
LENGTHS = {"case_number": 50, "text": 500, "voucher": 200}
DAYS = ("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d")
WRITE_A_DAY = "Skriv en dag, der findes, som dag.måned.år, for eksempel 23.11.2026."
MADE_A_DATE = "Regnearket har lavet cellen om til en dato. Formatér kolonnen som tekst, og skriv værdien igen."
SHORT = 2  # so few letters stand in every other name
FEW = 10  # so many possibilities are named in an advice


@dataclass(frozen=True)
class Row:
    """One payment as the sheet asks for it."""

    number: int
    earmark: Earmark
    amount: Money
    value_date: date
    voucher: Voucher
    case_number: str = ""
    text: str = ""


@dataclass
class Sheet:
    """What a sheet asks for, and everything that is wrong with it."""

    rows: list[Row] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    """headings that mean nothing here"""
    unused: list[str] = field(default_factory=list)
    """vouchers that no row names"""
    alike: list[tuple[int, int]] = field(default_factory=list)
    """rows with the same earmark, amount and day as an earlier one"""


def read(content: bytes, vouchers: Mapping[str, Voucher]) -> Sheet:
    """Every payment of a sheet, with the vouchers by their file names. Raises Unreadable."""
    table = table_of(content)
    sheet = Sheet(bad=list(table.bad), ignored=table.ignored)
    readers = _readers(_Earmarks(Earmark.objects.with_accounts()), _Vouchers(vouchers))
    for number, cells in table.rows:
        given: dict[str, Any] = {}
        for name, reader in readers.items():
            try:
                given[name] = reader(_plain(cells.get(name)))
            except ValueError as problem:
                sheet.bad.append(Bad(number, HEADINGS[name], shown(cells.get(name))[:100], str(problem)))
        if len(given) == len(readers):
            sheet.rows.append(Row(number, **given))
    used = {row.voucher.pk for row in sheet.rows}
    sheet.unused = [] if sheet.bad else [name for name, voucher in vouchers.items() if voucher.pk not in used]
    sheet.alike = _alike(sheet.rows)
    sheet.bad.sort(key=lambda bad: bad.row)
    return sheet


def _alike(rows: Iterable[Row]) -> list[tuple[int, int]]:
    first: dict[tuple[int, Money, date], int] = {}
    return [(row.number, earlier) for row in rows if (earlier := first.setdefault((row.earmark.pk, row.amount, row.value_date), row.number)) != row.number]


def _readers(earmarks: "_Earmarks", vouchers: "_Vouchers") -> dict[str, Callable[[Any], Any]]:
    return {
        "earmark": earmarks.named,
        "amount": _amount,
        "value_date": _day,
        "case_number": lambda value: _text(value, LENGTHS["case_number"]),
        "text": lambda value: _text(value, LENGTHS["text"]),
        "voucher": lambda value: vouchers.named(_text(value, LENGTHS["voucher"])),
    }


def _plain(value: Any) -> Any:
    """A cell that says what it holds. Raises ValueError."""
    if isinstance(value, Formula) or (isinstance(value, str) and value.lstrip().startswith("=")):
        raise ValueError("Cellen er en formel. Indsæt værdien i stedet (kopiér, og indsæt som værdier).")
    if isinstance(value, Mistake):
        raise ValueError("Regnearket viser en fejl i cellen. Skriv værdien i stedet.")
    if isinstance(value, bool):
        raise ValueError("Cellen er sand eller falsk. Skriv værdien i stedet.")
    return value


def _amount(value: Any) -> Money:
    """An amount over 0 kr. in whole øre. A spreadsheet keeps numbers in binary; its shortest decimal form is what stands in the file."""
    if shown(value) == "":
        raise ValueError("Angiv beløbet. Er rækken en sum eller en note, så slet den.")
    if isinstance(value, int | float):
        amount = Decimal(repr(value))
        if amount.is_finite() and abs(amount) < LARGEST and amount != round(amount, 2):
            raise ValueError("Tallet i cellen har mere end to decimaler, også selv om det vises med to. Skriv beløbet i hele øre.")
    elif isinstance(value, str):
        try:
            amount = parse_amount(value)
        except NotAnAmount as problem:
            raise ValueError(str(problem)) from problem
    else:
        raise ValueError("Cellen er en dato eller et klokkeslæt. Formatér kolonnen som tal, og skriv beløbet igen.")
    if not (amount.is_finite() and amount < LARGEST):
        raise ValueError("Så stort et beløb kan bøgerne ikke føre. Kontrollér tallet.")
    if amount <= 0:
        raise ValueError("Angiv et beløb over 0 kr. Penge den anden vej registreres som tilbagebetaling eller tilbageførsel.")
    return Money(round(amount, 2), "DKK")


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        if value.time() != time():
            raise ValueError("Cellen har et klokkeslæt. Skriv kun dagen.")
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        raise ValueError("Cellen er et tal, ikke en dato. Formatér kolonnen som dato, og skriv dagen igen.")
    if shown(value) == "":
        raise ValueError("Angiv valørdatoen.")
    for form in DAYS:
        try:
            return datetime.strptime(shown(value), form).date()  # noqa: DTZ007 — a day has no time zone
        except ValueError:
            continue
    raise ValueError(WRITE_A_DAY)


def _text(value: Any, longest: int) -> str:
    if isinstance(value, date | time | timedelta):
        raise ValueError(MADE_A_DATE)
    text = shown(value)
    if any(not letter.isprintable() for letter in text.replace("\u00a0", " ")):
        raise ValueError("Teksten skal stå på én linje uden skjulte tegn. Skriv den igen.")
    if len(text) > longest:
        raise ValueError(f"Teksten er for lang: højst {longest} tegn.")
    return text


def _alike_form(name: str) -> str:
    """A name as people compare it: letter case, spaces and the way an å is put together do not count."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip().casefold()


class _Earmarks:
    """Earmarks by their code, or by the grantee's name where it has one only."""

    def __init__(self, earmarks: Iterable[Earmark]) -> None:
        self.by_code = {earmark.slug: earmark for earmark in earmarks}
        self.by_name: dict[str, list[Earmark]] = {}
        for earmark in self.by_code.values():
            self.by_name.setdefault(_alike_form(earmark.grantee.name), []).append(earmark)

    def named(self, value: Any) -> Earmark:
        asked = _alike_form(_text(value, 300))
        if not asked:
            raise ValueError("Angiv øremærkningens kode. Er rækken en sum eller en note, så slet den.")
        if asked in self.by_code:
            return self.by_code[asked]
        found = self.by_name.get(asked, [])
        if len(found) > 1:
            raise ValueError(f"{found[0].grantee} har {len(found)} øremærkninger. Skriv koden: {self._listed(earmark.slug for earmark in found)}.")
        if not found:
            names = [*self.by_code, *self.by_name]
            near = [name for name in names if len(asked) > SHORT and asked in name] or difflib.get_close_matches(asked, names, n=1)
            meant = f" Mener du {self._meant(near[0])}?" if near else ""
            raise ValueError(f"Der er ingen øremærkning med den kode eller modtager.{meant} {self._possible()}")
        return found[0]

    def _meant(self, near: str) -> str:
        return near if near in self.by_code else " eller ".join(earmark.slug for earmark in self.by_name[near][:FEW])

    def _possible(self) -> str:
        return f"Koderne er {self._listed(self.by_code)}." if len(self.by_code) <= FEW else "Koderne står på skabelonens ark »Øremærkninger«."

    def _listed(self, codes: Iterable[str]) -> str:
        *first, last = codes
        return f"{', '.join(first)} eller {last}" if first else last


class _Vouchers:
    """Uploaded documents by their file names; one alone stands behind every row that names none."""

    def __init__(self, vouchers: Mapping[str, Voucher]) -> None:
        self.names = list(vouchers)
        self.by_name = {_alike_form(name): voucher for name, voucher in vouchers.items()}
        self.by_stem: dict[str, list[Voucher]] = {}
        for name, voucher in self.by_name.items():
            self.by_stem.setdefault(name.rpartition(".")[0], []).append(voucher)

    def named(self, asked: str) -> Voucher:
        if not self.by_name:
            raise ValueError(f"Vedlæg bilaget{f' {asked}' if asked else ''}. Uden bilag kan der ikke registreres.")
        if not asked and len(self.by_name) == 1:
            return next(iter(self.by_name.values()))
        attached = f"Vedlagt er {', '.join(self.names[:FEW])}{' og flere' if len(self.names) > FEW else ''}."
        if not asked:
            raise ValueError(f"Der er vedlagt flere bilag. Skriv filnavnet på det, der hører til rækken. {attached}")
        name = _alike_form(asked)
        stems = self.by_stem.get(name, [])
        found = self.by_name.get(name) or (stems[0] if len(stems) == 1 else None)
        if found is None:
            raise ValueError(f"Bilaget er ikke vedlagt. Vedlæg det, eller ret filnavnet. {attached}")
        return found
