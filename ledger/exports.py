"""The journal (posteringsliste) and the account statement (kontokort) as CSV that Danish Excel opens right and a script can check.

Debit and credit are the ledger's own point of view; the header says so. One row a transfer: UTF-8 with BOM, `;`, CRLF, 1234567,89 and 23.11.2026.

An export ends at one transfer's number, `up_to`. The same export up to the same number is the same bytes at any later time, whatever was booked since
(as long as nobody in it changes name). It is read in short pages, never in one long snapshot, and takes the same memory at any length.
"""

import csv
import hashlib
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from ensomhed.models import User
from ledger.canonical import genesis
from ledger.formats import decimal_comma
from ledger.kinds import Cause, Kind, Step
from ledger.models import Account

BOM = "\ufeff"
PAGE = 1000
PATIENCE_SECONDS = 30
KINDS, STEPS, CAUSES = dict(Kind.choices), dict(Step.choices), dict(Cause.choices)

# Each Danish column and the contract's name of what it holds.
COMMON = {
    "Nr.": "id",
    "Nøgle": "key",
    "Art": "kind",
    "Trin": "step",
    "Afgør nr.": "pending",
    "Tilbagefører nr.": "reverses",
    "Bogfører på ny nr.": "replaces",
    "Årsag": "cause",
    "Debetkonto i hovedbogen": "debit_account.code",
    "Debetkontoens navn": "debit_account.name",
    "Kreditkonto i hovedbogen": "credit_account.code",
    "Kreditkontoens navn": "credit_account.name",
    "Beløb": "amount",
    "Valuta": "amount_currency",
    "Valørdato": "value_date",
    "Periode": "period",
    "Bogført (dansk tid)": "booked_at",
    "Bogført (UTC)": "booked_at",  # exactly as the digest has it
    "Bogført af": "booked_by.name",
    "Brugernavn": "booked_by.username",
    "Bruger-id": "booked_by",
    "Tekst": "text",
    "Journalnummer": "case_number",
    "Bilagets SHA-256": "voucher_sha256",
    "Postnr. på debetkontoen": "debit_entry_no",
    "Postnr. på kreditkontoen": "credit_entry_no",
    "Debetkontoens saldo efter": "debit_balance",
    "Kreditkontoens saldo efter": "credit_balance",
    "Artskode": "kind",  # the code behind the Danish word, as the digest has it
    "Trinkode": "step",
    "Årsagskode": "cause",
    "Debetkontoens kontrolsum før": "debit_account.head",  # the heads that the row found: with them each row proves its own digest
    "Kreditkontoens kontrolsum før": "credit_account.head",
    "Kontrolsum": "digest",
}
# Of the journal: what the row moved (nothing while it waits), and what it changed of the debit account's reservations.
JOURNAL = COMMON | {"Debet i hovedbogen": "debit", "Kredit i hovedbogen": "credit", "Ændring i reserveret": "debits_pending"}
# Of a statement: the same as this one account sees it. On each row, balance before + credit - debit = balance after.
STATEMENT = {
    "Postnr.": "entry_no",
    "Saldo før": "balance_before",
    "Debet i hovedbogen": "debit",
    "Kredit i hovedbogen": "credit",
    "Saldo efter": "balance_after",
    "Ændring i reserveret": "debits_pending",
} | COMMON

# What a spreadsheet may take for a formula; full-width signs and marks that nobody sees are among its ways to begin. An apostrophe marks text.
FORMULA = re.compile("[\\s\ufeff\u200b\x00]*[=+\\-@＝＋－＠]|[\t\r\n']")


@dataclass(frozen=True)
class Measured:
    """What a whole export holds: its rows, what they moved in kr., and the file itself."""

    count: int
    debit: Decimal
    credit: Decimal
    sha256: str
    size: int
    opening: Decimal = Decimal("0.00")
    """of a statement: the balance before its first row; opening + credit - debit = closing"""
    closing: Decimal = Decimal("0.00")


class Row(NamedTuple):
    """One transfer as SELECT hands it over: amounts, dates and times already in Danish notation."""

    id: int
    key: str
    kind: str
    step: str
    pending: int | None
    reverses: int | None
    replaces: int | None
    cause: str
    debit_id: int
    credit_id: int
    amount: str
    currency: str
    value_date: str
    period: str
    booked_in_denmark: str
    booked_utc: str
    booked_by: int
    text: str
    case_number: str
    voucher_sha256: str
    debit_entry_no: int
    credit_entry_no: int
    debit_balance: str
    credit_balance: str
    digest: str
    debit_head: str | None
    credit_head: str | None

    @property
    def moved(self) -> int:
        """What it moved, in øre; a reservation moves nothing."""
        return int(self.amount.replace(",", "")) if self.step in (Step.SINGLE, Step.POST) else 0

    @property
    def reserved(self) -> str:
        """What it changed of the debit account's reservations."""
        return "0,00" if self.step == Step.SINGLE else self.amount if self.step == Step.PENDING else f"-{self.amount}"


HEAD_BEFORE = """coalesce(
        (SELECT b.digest FROM ledger_transfer b WHERE b.debit_account_id = t.{side}_account_id AND b.debit_entry_no = t.{side}_entry_no - 1),
        (SELECT b.digest FROM ledger_transfer b WHERE b.credit_account_id = t.{side}_account_id AND b.credit_entry_no = t.{side}_entry_no - 1))"""
SELECT = f"""
    SELECT t.id, t.key::text, t.kind, t.step, t.pending_id, t.reverses_id, t.replaces_id, t.cause, t.debit_account_id, t.credit_account_id,
        replace(round(t.amount, 2)::text, '.', ','), t.amount_currency, to_char(t.value_date, 'DD.MM.YYYY'), t.period,
        to_char(t.booked_at AT TIME ZONE 'Europe/Copenhagen', 'DD.MM.YYYY HH24:MI:SS'), to_char(t.booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        t.booked_by_id, t.text, t.case_number, t.voucher_sha256, t.debit_entry_no, t.credit_entry_no,
        replace(round(t.debit_balance, 2)::text, '.', ','), replace(round(t.credit_balance, 2)::text, '.', ','), t.digest,
        {HEAD_BEFORE.format(side="debit")}, {HEAD_BEFORE.format(side="credit")}
    FROM ledger_transfer t WHERE t.id <= %(up_to)s
    AND t.value_date BETWEEN coalesce(%(first)s::date, '-infinity') AND coalesce(%(last)s::date, 'infinity')
"""  # noqa: S608 — written here
JOURNAL_PAGE = f"{SELECT} AND t.id > %(after)s ORDER BY t.id LIMIT %(page)s"
STATEMENT_PAGE = f"""
    ({SELECT} AND t.debit_account_id = %(account)s AND t.debit_entry_no > %(after)s ORDER BY t.debit_entry_no LIMIT %(page)s)
    UNION ALL
    ({SELECT} AND t.credit_account_id = %(account)s AND t.credit_entry_no > %(after)s ORDER BY t.credit_entry_no LIMIT %(page)s)
    ORDER BY 1 LIMIT %(page)s
"""
OPENING = """
    SELECT coalesce(sum(CASE WHEN credit_account_id = %(account)s THEN amount ELSE -amount END), 0) FROM ledger_transfer
    WHERE %(account)s IN (debit_account_id, credit_account_id) AND step IN ('single', 'post') AND id <= %(up_to)s AND value_date < %(first)s::date
"""
# Whoever books holds this lock from before the transfer's number is drawn until it is committed.
UNDERWAY = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid, objid, objsubid) = (0, 7302300, 1) AND pid <> pg_backend_pid()
"""


class Export:
    """A file that is written while it is read: iterate over it for its bytes, each time the same. After a whole time `measured` is set."""

    name = "posteringsliste"
    columns = JOURNAL

    def __init__(self, *, up_to: int | None = None, first: date | None = None, last: date | None = None) -> None:
        self.up_to = _settled(up_to)
        self.first = first
        self.last = last
        self.measured: Measured | None = None

    @property
    def filename(self) -> str:
        days = "".join(f"-{word}-{day.isoformat()}" for word, day in (("fra", self.first), ("til", self.last)) if day)
        return f"{self.name}{days}-nr-{self.up_to}.csv"

    def measure(self) -> Measured:
        """Counts, sums and digests the file, without keeping it."""
        for _ in self:
            pass
        assert self.measured is not None
        return self.measured

    def __iter__(self) -> Iterator[bytes]:
        self.measured = None
        self.accounts, self.people = _accounts(), _people()
        opening = self.opening()
        count = size = debit = credit = after = 0
        sha256 = hashlib.sha256()
        buffer = io.StringIO(BOM, newline="")
        buffer.seek(len(BOM))
        writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
        writer.writerow(self.columns)
        while True:
            chunk = buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
            sha256.update(chunk)
            size += len(chunk)
            yield chunk
            rows = self.page(after)
            if not rows:
                break
            for row in rows:
                out, into = self.moved(row)
                writer.writerow(self.cells(row, opening + credit - debit))
                debit += out
                credit += into
            count += len(rows)
            after = self.number(rows[-1])
        self.measured = Measured(count, _amount(debit), _amount(credit), sha256.hexdigest(), size, _amount(opening), _amount(opening + credit - debit))

    def page(self, after: int) -> list[Row]:
        return self.rows(JOURNAL_PAGE, after=after, page=PAGE)

    def number(self, row: Row) -> int:
        """Where this row stands in the file's order."""
        return row.id

    def opening(self) -> int:
        """The balance in øre before the first row. The journal has none: each of its rows debits one account and credits another."""
        return 0

    def moved(self, row: Row) -> tuple[int, int]:
        """What the row debited and credited, in øre."""
        return row.moved, row.moved

    def cells(self, row: Row, balance: int) -> list[Any]:
        """The row in the file's columns; `balance` is what stood before it."""
        moved = row.amount if row.moved else ""
        return [*self.common(row), moved, moved, row.reserved]

    def common(self, row: Row) -> list[Any]:
        debit_code, debit_name, debit_genesis = self.accounts[row.debit_id]
        credit_code, credit_name, credit_genesis = self.accounts[row.credit_id]
        person, username = self.people[row.booked_by]
        return [
            row.id, row.key, KINDS.get(row.kind), STEPS.get(row.step), row.pending, row.reverses, row.replaces, CAUSES.get(row.cause),
            debit_code, debit_name, credit_code, credit_name, row.amount, row.currency, row.value_date, row.period, row.booked_in_denmark, row.booked_utc,
            person, username, row.booked_by, plain(row.text), plain(row.case_number), row.voucher_sha256,
            row.debit_entry_no, row.credit_entry_no, row.debit_balance, row.credit_balance, row.kind, row.step, row.cause,
            row.debit_head or debit_genesis, row.credit_head or credit_genesis, row.digest,
        ]  # fmt: skip

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(query, {"up_to": self.up_to, "first": self.first, "last": self.last, **parameters})
            return [Row._make(row) for row in cursor.fetchall()]


class Statement(Export):
    """An account's entries in their order. Between two value dates it opens with the balance of the day before the first."""

    columns = STATEMENT

    def __init__(self, account: Account, *, up_to: int | None = None, first: date | None = None, last: date | None = None) -> None:
        super().__init__(up_to=up_to, first=first, last=last)
        self.account = account
        self.name = "kontokort-" + re.sub(r"[^a-z0-9-]", "-", account.code)

    def page(self, after: int) -> list[Row]:
        return self.rows(STATEMENT_PAGE, account=self.account.pk, after=after, page=PAGE)

    def number(self, row: Row) -> int:
        return row.debit_entry_no if row.debit_id == self.account.pk else row.credit_entry_no

    def opening(self) -> int:
        if self.first is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(OPENING, {"account": self.account.pk, "up_to": self.up_to, "first": self.first})
            return int(cursor.fetchone()[0] * 100)

    def moved(self, row: Row) -> tuple[int, int]:
        return (row.moved, 0) if row.debit_id == self.account.pk else (0, row.moved)

    def cells(self, row: Row, balance: int) -> list[Any]:
        out, into = self.moved(row)
        reserved = row.reserved if row.debit_id == self.account.pk else "0,00"
        return [
            self.number(row), _danish(balance), row.amount if out else "", row.amount if into else "", _danish(balance + into - out), reserved,
            *self.common(row),
        ]  # fmt: skip


def journal(*, up_to: int | None = None, first: date | None = None, last: date | None = None) -> Export:
    """Every transfer in the order of its number, up to the newest or to number `up_to`; between two value dates when they are given."""
    return Export(up_to=up_to, first=first, last=last)


def account_statement(account: Account, *, up_to: int | None = None, first: date | None = None, last: date | None = None) -> Statement:
    """One account's entries in the order of their number, with the balance before and after each."""
    return Statement(account, up_to=up_to, first=first, last=last)


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before it. Text that begins with one gets one too, so that reading back is exact."""
    return f"'{text}" if FORMULA.match(text) else text


def _settled(up_to: int | None) -> int:
    """The newest transfer's number, or the newest up to this one, once nothing is under way that could still come to stand before it.

    We wait for those who were booking at that moment, and hold nobody up. Raises TimeoutError.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM ledger_transfer WHERE id <= coalesce(%s, id)", [up_to])
        newest: int = cursor.fetchone()[0]
        cursor.execute(UNDERWAY)
        awaited = underway = set(cursor.fetchall())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while awaited & underway:
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"A posting has been under way for more than {PATIENCE_SECONDS} seconds; what stands before transfer {newest} is not settled."
                )
            time.sleep(0.01)
            cursor.execute(UNDERWAY)
            underway = set(cursor.fetchall())
    return newest


def _accounts() -> dict[int, tuple[str, str, str]]:
    """Code, name and first head of every account."""
    return {
        a.pk: (
            plain(a.code),
            plain(a.name),
            genesis(a.code, a.name, a.kind, a.parent.code if a.parent else None, a.holder, a.passes_on, a.currency, a.capped),
        )
        for a in Account.objects.select_related("parent")
    }


def _people() -> dict[int, tuple[str, str]]:
    return {user.pk: (plain(str(user)), plain(user.username)) for user in User.objects.all()}


def _amount(oere: int) -> Decimal:
    return Decimal(oere).scaleb(-2)


def _danish(oere: int) -> str:
    return decimal_comma(_amount(oere))
