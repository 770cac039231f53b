"""What an audit reads: everything in the books, as plain rows, out of one snapshot.

One snapshot, although a long one slows hot postings while it lasts (a minute at a million transfers): an audit that bounds itself by numbers or heads
read first must believe the rows to know which of them belong to it, and a row slipped in would pass as one that came later.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection, transaction

from ledger.canonical import genesis

MOMENT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS = {
    "id": "int8",
    "key": "text",
    "kind": "text",
    "step": "text",
    "pending_id": "int8",
    "reverses_id": "int8",
    "replaces_id": "int8",
    "cause": "text",
    "debit_account_id": "int8",
    "credit_account_id": "int8",
    "amount": "text",
    "amount_currency": "text",
    "value_date": "text",
    "period": "text",
    MOMENT.format("booked_at"): "text",
    "booked_by_id": "int8",
    "text": "text",
    "case_number": "text",
    "voucher_sha256": "text",
    "debit_entry_no": "int8",
    "credit_entry_no": "int8",
    "debit_balance": "text",
    "credit_balance": "text",
    "digest": "text",
}

BLANK = " \t\n\r\u00a0"  # what is no reason, exactly as the door reads it


class Row(NamedTuple):
    """A transfer as it lies in PostgreSQL, in the order of COLUMNS; amounts, dates and times are the text that the digest is made of."""

    id: int
    key: str
    kind: str
    step: str
    pending: int | None
    reverses: int | None
    replaces: int | None
    cause: str
    debit: int
    credit: int
    amount: str
    currency: str
    value_date: str
    period: str
    booked_at: str
    booked_by: int
    text: str
    case_number: str
    voucher: str
    debit_no: int
    credit_no: int
    debit_balance: str
    credit_balance: str
    digest: str


class WindowRow(NamedTuple):
    id: int
    key: str
    step: str
    pending: int | None
    frame: int
    opens: str
    closes: str
    booked_at: str
    booked_by: int
    text: str
    voucher: str
    digest: str


class Totals(NamedTuple):
    """What an account says about itself."""

    debits: str
    credits: str
    reserved: str
    entries: int
    head: str


@dataclass(slots=True, eq=False)
class Place:
    """An account: what it says, and what its transfers add up to. Money in øre."""

    id: int
    code: str
    name: str
    kind: str
    parent_id: int | None
    holder: str
    passes_on: bool
    currency: str
    capped: bool
    says: Totals
    parent: "Place | None" = None
    head: str = ""
    entries: int = 0
    debits: int = 0
    credits: int = 0
    reserved: int = 0
    excess: int = 0  # by how much the last row stood above the limit
    drift: int = 0  # by how much the last row's balance differed from the sum
    lapses: int = 0  # of an earmark: lapses that stand
    days: dict[str, list[int]] = field(default_factory=dict)  # credits, debits and reserved of a value date

    @property
    def genesis(self) -> str:
        return genesis(self.code, self.name, self.kind, self.parent.code if self.parent else None, self.holder, self.passes_on, self.currency, self.capped)


@dataclass(frozen=True)
class Breach:
    """One thing that the books say and that is not so."""

    rule: str
    place: str
    what: str
    expected: object = ""
    found: object = ""

    def __str__(self) -> str:
        values = f": forventet {self.expected}, fundet {self.found}" if self.expected != "" or self.found != "" else ""
        return f"{self.place}: {self.what}{values} [{self.rule}]"


@dataclass
class Books:
    """Everything but the transfers, which are too many to hold."""

    places: dict[int, Place]
    windows: list[WindowRow]
    periods: dict[str, tuple[bool, str]]
    """closed or not, and when"""
    people: set[int]
    referenced: set[int]
    """transfers that a later one reverses or replaces: their content is kept when they pass"""
    repeated_keys: list[str]
    transfers: int

    @classmethod
    def read(cls) -> "Books":
        accounts: list[Any] = _all(
            """SELECT id, code, name, kind, parent_id, holder, passes_on, currency, capped,
               debits_posted::text, credits_posted::text, debits_pending::text, entry_count, head FROM ledger_account ORDER BY id"""
        )
        places = {row[0]: Place(*(*row[:9], Totals._make(row[9:]))) for row in accounts}
        for place in places.values():
            place.parent = places.get(place.parent_id) if place.parent_id is not None else None
        for place in places.values():
            place.head = place.genesis
        return cls(
            places=places,
            windows=[
                WindowRow._make(row)
                for row in _all(
                    f"""SELECT id, key::text, step, pending_id, frame_id, opens::text, closes::text, {MOMENT.format("booked_at")}, booked_by_id, text,
                    voucher_sha256, digest FROM ledger_window ORDER BY id"""  # noqa: S608 — written above
                )
            ],
            periods={code: (closed, at or "") for code, closed, at in _all(f"SELECT code, closed, {MOMENT.format('closed_at')} FROM ledger_period")},  # noqa: S608
            people={row[0] for row in _all("SELECT id FROM ensomhed_user")},
            referenced={
                row[0] for row in _all("SELECT reverses_id FROM ledger_transfer WHERE reverses_id IS NOT NULL UNION SELECT replaces_id FROM ledger_transfer")
            },
            repeated_keys=[row[0] for row in _all("SELECT key::text FROM ledger_transfer GROUP BY key HAVING count(*) > 1")],
            transfers=_all("SELECT count(*) FROM ledger_transfer")[0][0],
        )


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything inside is read as of one moment. Inside another transaction it is read as that one sees it."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL datestyle = 'ISO, YMD'")
        yield


def transfers() -> Iterator[Row]:
    """Every transfer in the order of its number, streamed."""
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY (SELECT {', '.join(COLUMNS)} FROM ledger_transfer ORDER BY id) TO STDOUT") as copy:  # noqa: S608
        copy.set_types(list(COLUMNS.values()))
        for row in copy.rows():
            yield Row._make(row)


def days() -> Iterator[tuple[int, str, str, str, str, str]]:
    """Account, value date, carried, credits, debits, reserved."""
    query = "SELECT account_id, day::text, carried::text, credits::text, debits::text, reserved::text FROM ledger_day ORDER BY account_id, day"
    with connection.connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        copy.set_types(["int8", "text", "text", "text", "text", "text"])
        yield from copy.rows()


def _all(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()
