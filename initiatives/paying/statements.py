"""Taking a list of payments made: shown first exactly as it would be kept, then kept whole or not at all (migrations/0011_paying.sql)."""

import hashlib
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from psycopg.types.json import Jsonb

from ensomhed.models import User
from initiatives import rights
from initiatives.models import BankStatement
from initiatives.paying import lists
from initiatives.paying.findings import Finding, of_statement
from ledger import booking


@dataclass(frozen=True)
class Preview:
    """What keeping a list would give."""

    listed: lists.Listed
    findings: list[Finding]
    repeated: int
    """rows that an earlier list had already"""

    @property
    def tally(self) -> list[tuple[str, int]]:
        """How many rows agree, and how many do not in each way."""
        return Counter(finding.words for finding in self.findings).most_common()

    @property
    def disagreeing(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_red or finding.waits_for_reversal]


class _Shown(Exception):
    """Ends the transaction in which a list was kept to be shown: nothing of it stays."""


def preview(by: User, *, content: bytes, name: str, first_day: date, last_day: date) -> Preview:
    """What keeping this list would give, told by PostgreSQL, which then forgets it. With bad rows, those alone. Raises Unreadable, LedgerError, PermissionDenied."""
    rights.require(by, rights.RECONCILE)
    listed = lists.read(content)
    if listed.bad:
        return Preview(listed, [], 0)
    shown = Preview(listed, [], 0)
    try:
        with transaction.atomic():
            statement = _keep(by, listed, content=content, name=name, first_day=first_day, last_day=last_day, key=uuid.uuid4())
            findings = of_statement(statement)
            shown = Preview(listed, findings, statement.row_count - len(findings))
            raise _Shown
    except _Shown:
        return shown


@booking.verb
def take(by: User, *, content: bytes, name: str, first_day: date, last_day: date, key: uuid.UUID) -> BankStatement:
    """Keeps a list and its rows, as somebody without a hand in any payment on it. The same file again is refused, saying when it was taken and by whom.

    Raises Unreadable when a row is bad, LedgerError, PermissionDenied.
    """
    rights.require(by, rights.RECONCILE)
    listed = lists.read(content)
    if listed.bad:
        raise lists.Unreadable(f"{len(listed.bad)} felter i listen skal rettes, før den kan indlæses.")
    return _keep(by, listed, content=content, name=name, first_day=first_day, last_day=last_day, key=key)


def _keep(by: User, listed: lists.Listed, *, content: bytes, name: str, first_day: date, last_day: date, key: uuid.UUID) -> BankStatement:
    printable = "".join(letter for letter in name if letter.isprintable())[-200:] or "liste"
    rows = Jsonb([row.as_json for row in listed.rows])
    return booking.ask(BankStatement, "initiatives_take_statement(%s, %s, %s, %s, %s, %s, %s)", [key, by.pk, printable, content, first_day, last_day, rows])


def content_of(statement: BankStatement) -> bytes | None:
    """The file as it came; None when it no longer gives the digest that it was kept under."""
    content = bytes(statement.content)
    return content if hashlib.sha256(content).hexdigest() == statement.sha256 else None


def known(content: bytes) -> BankStatement | None:
    """The same file, taken before. One without rows may well come again: nothing was paid then either."""
    digest = hashlib.sha256(content).hexdigest()
    return BankStatement.objects.defer("content").select_related("taken_by").filter(sha256=digest, row_count__gt=0).first()
