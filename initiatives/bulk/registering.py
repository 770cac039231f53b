"""Registering many payments from one sheet: shown first exactly as the books would take them, then registered all or none (migrations/0018_bulk.sql)."""

import hashlib
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from django.db import connection
from djmoney.money import Money

from ensomhed.models import User
from initiatives import payments, plans, rights
from initiatives.bulk import rows
from initiatives.bulk.reading import HEADINGS, Bad, Unreadable
from initiatives.bulk.rows import Row, Sheet
from initiatives.bulk.trying import ManyRefused, alone
from initiatives.models import Batch, BatchRow, Earmark, Instalment, Voucher
from ledger import booking, questions
from ledger.formats import number
from ledger.models import ZERO, Transfer
from ledger.refusals import LedgerError, refused


@dataclass(frozen=True)
class Outcome:
    """What came of one row, or would: its registration, or the books' refusal; and what is left of its earmark before and after it."""

    row: Row
    before: Money
    instalment: Instalment | None = None
    """the planned payment that it is"""
    transfer: Transfer | None = None
    refusal: LedgerError | None = None

    @property
    def after(self) -> Money:
        return self.before - self.row.amount


@dataclass(frozen=True)
class OfEarmark:
    """The rows of one earmark, together."""

    earmark: Earmark
    count: int
    total: Money
    left: Money

    @property
    def after(self) -> Money:
        return self.left - self.total

    @property
    def over(self) -> Money | None:
        """How much more than is left, when it is more."""
        return -self.after if self.after < ZERO else None


@dataclass
class Preview:
    """What registering a sheet would do, row by row, and everything that must be put right first."""

    sheet: Sheet
    outcomes: list[Outcome] = field(default_factory=list)
    refusal: LedgerError | None = None
    """why the sheet as a whole cannot be registered, when its rows could"""

    @property
    def is_right(self) -> bool:
        return not self.bad and self.refusal is None

    @property
    def bad(self) -> list[Bad]:
        """What is wrong with the sheet, and what the books refuse of it, in the order of the rows."""
        return sorted([*self.sheet.bad, *(_said(outcome) for outcome in self.outcomes if outcome.refusal)], key=lambda bad: bad.row)

    @property
    def total(self) -> Money:
        return sum((outcome.row.amount for outcome in self.outcomes), ZERO)

    @property
    def earmarks(self) -> list[OfEarmark]:
        """Sums per earmark, in the order that the sheet names them."""
        found: dict[int, OfEarmark] = {}
        for outcome in self.outcomes:
            earmark, amount = outcome.row.earmark, outcome.row.amount
            so_far = found.get(earmark.pk)
            found[earmark.pk] = (
                OfEarmark(earmark, so_far.count + 1, so_far.total + amount, so_far.left) if so_far else OfEarmark(earmark, 1, amount, outcome.before)
            )
        return list(found.values())


class _Shown(Exception):
    """Ends the transaction in which a sheet was registered to be shown: nothing of it stays."""


def preview(by: User, *, content: bytes, vouchers: Mapping[str, Voucher]) -> Preview:
    """What registering this sheet would do, told by the books, which then forget it. Raises Unreadable, PermissionDenied."""
    rights.require(by, rights.REGISTER)
    shown = Preview(rows.read(content, vouchers))
    with suppress(_Shown):
        _forgotten(by, shown, content)
    return shown


@booking.verb
def _forgotten(by: User, shown: Preview, content: bytes) -> None:
    """Registers the sheet, has the books tell of it, and undoes it by raising _Shown."""
    shown.outcomes = _tried(by, shown.sheet.rows, uuid.uuid4(), _planned(shown.sheet.rows))
    try:
        _keep(by, content, "", uuid.uuid4())
    except LedgerError as refusal:
        shown.refusal = refusal
    raise _Shown


@booking.verb
def register(by: User, *, content: bytes, name: str, vouchers: Mapping[str, Voucher], key: uuid.UUID) -> Batch:
    """Registers every row of a sheet, or none, and keeps the sheet. The same key with the same sheet is the batch that exists.

    Raises Unreadable when a cell is wrong, ManyRefused when the books refuse a row, LedgerError, PermissionDenied.
    """
    rights.require(by, rights.REGISTER)
    sheet = rows.read(content, vouchers)
    if sheet.bad:
        raise Unreadable(f"{len(sheet.bad)} felter i arket skal rettes, før det kan registreres.")
    with connection.cursor() as cursor:  # a double click waits here for the first one
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"initiatives_batch {key}"])
    known = Batch.objects.defer("content").filter(key=key).first()
    if known and (known.sha256, known.made_by_id) != (hashlib.sha256(content).hexdigest(), by.pk):
        raise refused("key_decides_one_thing")
    outcomes = _tried(by, sheet.rows, key, {} if known else _planned(sheet.rows))
    wrong = {outcome.row.number: outcome.refusal for outcome in outcomes if outcome.refusal}
    if wrong:
        raise ManyRefused(wrong, lambda row: f"Række {row}")
    if known:
        return known
    batch = _keep(by, content, name, key)
    BatchRow.objects.bulk_create(BatchRow(batch=batch, row=outcome.row.number, transfer=outcome.transfer) for outcome in outcomes)
    return batch


def _keep(by: User, content: bytes, name: str, key: uuid.UUID) -> Batch:
    printable = "".join(letter for letter in name if letter.isprintable())[-200:] or "ark"
    batch = Batch(key=key, name=printable, content=content, sha256=hashlib.sha256(content).hexdigest(), made_by=by)
    booking.insert(batch)
    return batch


def _planned(asked: list[Row]) -> dict[int, Instalment]:
    """The rows that are their earmark's next instalments to the øre and the day, by their numbers: the same as registering each from its plan."""
    waiting = {earmark: [one for one in progress if one.missing > ZERO] for earmark, progress in plans.progress_of(row.earmark for row in asked).items()}
    found = {}
    for row in asked:
        following = waiting.get(row.earmark.pk)
        if following and (following[0].missing, following[0].instalment.day) == (row.amount, row.value_date):
            found[row.number] = following.pop(0).instalment
    return found


def _tried(by: User, asked: list[Row], key: uuid.UUID, planned: Mapping[int, Instalment]) -> list[Outcome]:
    """Registers each row, one account after the other so that two sheets never wait for each other, and answers in the sheet's order."""
    accounts = {row.earmark.account_id: row.earmark.account for row in asked}
    left = {account: numbers.left for account, numbers in questions.numbers_of(accounts.values()).items()}
    outcomes = []
    for row in sorted(asked, key=lambda row: (row.earmark.account_id, row.number)):
        before, instalment = left.get(row.earmark.account_id, ZERO), planned.get(row.number)
        try:
            transfer = alone(partial(_register, by, row, key, instalment))
        except LedgerError as refusal:
            outcomes.append(Outcome(row, before, instalment, refusal=refusal))
        else:
            left[row.earmark.account_id] = before - row.amount
            outcomes.append(Outcome(row, before, instalment, transfer))
    return sorted(outcomes, key=lambda outcome: outcome.row.number)


def _register(by: User, row: Row, key: uuid.UUID, instalment: Instalment | None) -> Transfer:
    return payments.register_disbursement(
        by,
        row.earmark,
        amount=row.amount,
        value_date=row.value_date,
        voucher=row.voucher,
        key=uuid.uuid5(key, str(row.number)),
        case_number=row.case_number,
        text=row.text,
        instalment=instalment,
    )


COLUMN_OF = {"amount": "amount", "value_date": "value_date", "voucher": "voucher", "text": "text", "earmark": "earmark"}


def _said(outcome: Outcome) -> Bad:
    """A refusal of the books, at the row and the column that it is about."""
    assert outcome.refusal
    row, column = outcome.row, outcome.refusal.field or ""
    stood = {"amount": number(row.amount), "value_date": f"{row.value_date:%d.%m.%Y}", "voucher": row.voucher.name, "text": row.text}
    return Bad(row.number, HEADINGS.get(column, ""), stood.get(column, row.earmark.slug), str(outcome.refusal))


def content_of(batch: Batch) -> bytes | None:
    """The sheet as it came; None when it no longer gives the digest that it was kept under."""
    content = bytes(batch.content)
    return content if hashlib.sha256(content).hexdigest() == batch.sha256 else None
