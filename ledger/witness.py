"""Whether the books still hold what somebody outside them wrote down: an account, how many entries it had, and the head that stood there.

Everybody who kept a mail or an export can ask. The account's own chain is recomputed from its first entry to the one named; `audit_ledger --head` does the whole books.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from ledger import audit_books
from ledger.audit_books import COLUMNS, Row
from ledger.canonical import digest, genesis
from ledger.models import Account, Transfer


@dataclass(frozen=True)
class Answer:
    """What the books say to a head. `broken` is the first entry of the account that is not what it was digested as; `transfer` the entry that was asked about."""

    account: Account
    entry_no: int
    found: str
    """the head that stands at this entry now; empty when the account has no such entry"""
    holds: bool
    broken: int | None = None
    transfer: Transfer | None = None


def ask(account: Account, entry_no: int, head: str) -> Answer:
    """Whether this head still stands after this entry of the account, and every entry up to it is as it was digested."""
    with audit_books.snapshot():
        rows = _entries(account, entry_no)
        if len(rows) < entry_no:
            return Answer(account, entry_no, "", holds=False)
        accounts = Account.objects.select_related("parent").in_bulk({account.pk, *(row.debit for row, *_ in rows), *(row.credit for row, *_ in rows)})
        for number, (row, debit_head, credit_head) in enumerate(rows, 1):
            d, c = accounts[row.debit], accounts[row.credit]
            if digest([debit_head or _opened(d), credit_head or _opened(c), *_parts(row, d.code, c.code)]) != row.digest:
                return Answer(account, entry_no, row.digest, holds=False, broken=number, transfer=Transfer.objects.get(pk=row.id))
        found = rows[-1][0].digest if rows else _opened(accounts[account.pk])
        return Answer(account, entry_no, found, holds=found == head, transfer=Transfer.objects.get(pk=rows[-1][0].id) if rows else None)


def _opened(account: Account) -> str:
    """The head of an account before its first entry."""
    parent = account.parent.code if account.parent else None
    return genesis(account.code, account.name, account.kind, parent, account.holder, account.passes_on, account.currency, account.capped)


PREVIOUS = """coalesce((SELECT p.digest FROM ledger_transfer p WHERE p.debit_account_id = t.{side}_account_id AND p.debit_entry_no = t.{side}_entry_no - 1),
    (SELECT p.digest FROM ledger_transfer p WHERE p.credit_account_id = t.{side}_account_id AND p.credit_entry_no = t.{side}_entry_no - 1))"""


def _entries(account: Account, up_to: int) -> list[tuple[Row, str | None, str | None]]:
    """The entries of the account up to this one, in order, each with the heads of its two accounts that it was booked on; None before an account's first."""
    columns = ", ".join(f"{name.replace('booked_at', 't.booked_at') if '(' in name else f't.{name}'}::{kind}" for name, kind in COLUMNS.items())
    query = f"""SELECT {columns}, {PREVIOUS.format(side="debit")}, {PREVIOUS.format(side="credit")} FROM ledger_transfer t
        WHERE (t.debit_account_id = %(account)s AND t.debit_entry_no <= %(up_to)s) OR (t.credit_account_id = %(account)s AND t.credit_entry_no <= %(up_to)s)
        ORDER BY CASE WHEN t.debit_account_id = %(account)s THEN t.debit_entry_no ELSE t.credit_entry_no END"""  # noqa: S608 — written above
    with connection.cursor() as cursor:
        cursor.execute(query, {"account": account.pk, "up_to": up_to})
        found: list[Any] = cursor.fetchall()
    return [(Row._make(parts), debit, credit) for *parts, debit, credit in found]


def _parts(row: Row, debit: str, credit: str) -> list[Any]:
    """The row in the order in which it is digested."""
    return [
        row.id, row.key, row.kind, row.step, row.pending, row.reverses, row.replaces, row.cause, debit, credit, row.amount, row.currency,
        row.value_date, row.period, row.booked_at, row.booked_by, row.text, row.case_number, row.voucher, row.debit_no, row.credit_no, row.debit_balance,
        row.credit_balance,
    ]  # fmt: skip
