"""Making a plan and revising it. The rules are PostgreSQL's (migrations/0015_plans.sql)."""

import json
import uuid
from collections.abc import Sequence

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Earmark, Instalment, InstalmentPayment, Plan
from initiatives.plans.proposed import Planned
from ledger import booking
from ledger.models import Transfer
from ledger.refusals import refused

MAKE = "initiatives_make_plan(%s, %s, %s, %s, %s::jsonb, %s)"


@booking.verb
def make(by: User, earmark: Earmark, instalments: Sequence[Planned], *, key: uuid.UUID, reason: str = "", revises: Plan | None = None) -> Plan:
    """Makes an earmark's plan, or the version after the one that it revises, with the reason. Never above the earmark; what is paid stands as it was planned.

    The same key with the same content answers with the version that exists. Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.REGISTER)
    rows = json.dumps([{"day": one.day.isoformat(), "amount": str(one.amount.amount), "text": one.text} for one in instalments])
    return booking.ask(Plan, MAKE, [key, by.pk, earmark.pk, revises.number + 1 if revises else 1, rows, reason.strip()])


def note(pending: Transfer, instalment: Instalment) -> None:
    """Says, as a part of registering it, which instalment a disbursement is for. Raises LedgerError."""
    known = InstalmentPayment.objects.filter(transfer=pending).first()
    if known is None:
        booking.insert(InstalmentPayment(transfer=pending, instalment=instalment))
    elif known.instalment_id != instalment.pk:
        raise refused("key_books_one_thing", {"transfer": pending.pk, "differs": ["rate"]})
