"""Approving many payments at once: each as it stands to the person who approves, and then all that were ticked, or none."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.db import connection
from django.db.models import QuerySet
from djmoney.money import Money

from ensomhed.models import User
from initiatives import payments, rights
from initiatives.bulk.trying import ManyRefused, alone
from initiatives.deadlines import Stop
from initiatives.models import Batch, Deadline, Earmark, Voucher
from initiatives.receiving import hands
from ledger import booking, questions
from ledger.formats import kroner
from ledger.kinds import Kind
from ledger.models import Transfer
from ledger.refusals import LedgerError

SHOWN = 100  # on one page: what a person can look through, and the server draws in a moment
STANDING = """
    SELECT asked.id, t.replaces_id IS NULL AND (initiatives_details_in_force(e.grantee_id, asked.day)).id IS DISTINCT FROM b.details_id, s.stop, s.deadline_id, s.due
    FROM unnest(%s::bigint[], %s::date[]) AS asked (id, day)
    JOIN ledger_transfer t ON t.id = asked.id JOIN initiatives_earmark e ON e.account_id = t.debit_account_id
    LEFT JOIN initiatives_paymentbasis b ON b.transfer_id = t.id
    LEFT JOIN LATERAL (SELECT * FROM initiatives_payment_stops(e.id, asked.day) LIMIT 1) s ON true
"""


@dataclass(frozen=True)
class Tick:
    """A payment that waits, as one person who approves sees it."""

    pending: Transfer
    earmark: Earmark
    day: date
    """the value date that the approval would have"""
    voucher: str
    why_not: str
    """why this person cannot approve it: a whole sentence; empty when nothing is in the way"""
    before: Money
    after: Money
    """the earmark's balance, when what stands above it is approved, too"""

    @property
    def in_oere(self) -> int:
        return int(self.pending.amount.amount * 100)


def waiting(batch: Batch | None = None) -> QuerySet[Transfer]:
    """Every payment that waits and is approved by itself, or those of one batch."""
    found = Transfer.objects.waiting().filter(kind=Kind.DISBURSEMENT, replaces__isnull=True).select_related("debit_account", "booked_by", "batch_row")
    return found.filter(batch_row__batch=batch).order_by("batch_row__row") if batch else found.order_by("debit_account", "id")


def ticks(by: User, pending: Iterable[Transfer]) -> list[Tick]:
    """These payments as this person sees them, in eight queries at any number of them."""
    rows = list(pending)
    days = days_of(rows)
    earmarks = {earmark.account_id: earmark for earmark in Earmark.objects.with_accounts().filter(account__in={row.debit_account_id for row in rows})}
    names = dict(Voucher.objects.filter(pk__in={row.voucher_sha256 for row in rows}).values_list("pk", "name"))
    why_not = _why_not(by, rows, days)
    balance = {account: earmark.account.balance for account, earmark in earmarks.items()}
    found = []
    for row in rows:
        reason, before = why_not.get(row.pk, ""), balance[row.debit_account_id]
        after = before - row.amount
        if not reason:
            balance[row.debit_account_id] = after
        found.append(Tick(row, earmarks[row.debit_account_id], days[row.pk], names.get(row.voucher_sha256, ""), reason, before, after))
    return found


def days_of(pending: Sequence[Transfer]) -> dict[int, date]:
    """The value date that each one's approval gets: its own, or the next open month's first day when its month was closed meanwhile."""
    open_days = questions.first_open_days({row.value_date for row in pending})
    return {row.pk: row.value_date if "-13" in row.period else open_days[row.value_date] for row in pending}


def _why_not(by: User, rows: list[Transfer], days: dict[int, date]) -> dict[int, str]:
    """Whatever is in the way of this person's approval, by the numbers of the registrations."""
    if not by.may(rights.APPROVE):
        return dict.fromkeys((row.pk for row in rows), "Din rolle giver ikke ret til at godkende udbetalinger.")
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [list(days), list(days.values())])
        standing = cursor.fetchall()
    deadlines = Deadline.objects.in_bulk({number for _, _, _, number, _ in standing if number})
    found = {row: Stop(stop, deadlines.get(number), due).words for row, _, stop, number, due in standing if stop}
    changed = "Betalingsoplysningerne er ændret, efter at den blev registreret. Afvis den, og få den registreret på ny."
    found |= {row: changed for row, is_changed, *_ in standing if is_changed}
    found |= {row: f"Du {why}." for row, why in hands.bars(by, rows).items()}
    return found | {row.pk: "Du har selv registreret den. En anden skal godkende den." for row in rows if row.booked_by_id == by.pk}


@booking.verb
def approve_all(by: User, pending: Sequence[Transfer], *, key: uuid.UUID) -> list[Transfer]:
    """Approves all of these payments or none. Raises ManyRefused, which names every one that is in the way; LedgerError, PermissionDenied."""
    rights.require(by, rights.APPROVE)
    days, posted, wrong = days_of(pending), [], {}
    for row in sorted(pending, key=lambda row: (row.debit_account_id, row.pk)):  # one account after the other: two approvers never wait for each other
        try:
            posted.append(alone(partial(payments.approve, by, row, key=uuid.uuid5(key, str(row.pk)), value_date=days[row.pk])))
        except LedgerError as refusal:
            wrong[row.pk] = refusal
    if wrong:
        named = {row.pk: f"Nr. {row.pk}, {row.debit_account}, {kroner(row.amount)}" for row in pending}
        raise ManyRefused(wrong, lambda number: named[number])
    return posted
