"""Recording what came in, and proposing that a deadline is moved or a payment made in spite of it. The rules are PostgreSQL's (migrations/0008_deadlines.sql)."""

import uuid
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import connection

from ensomhed.models import User
from initiatives import rights
from initiatives.control import proposals
from initiatives.models import Deadline, Proposal, Receipt, ReceiptRejection, Voucher
from ledger import booking
from ledger.refusals import refused

REJECTORS = (rights.REGISTER, rights.APPROVE, rights.CHECK_ACCOUNTS)


@booking.verb
def receive(by: User, deadline: Deadline, *, received_on: date, voucher: Voucher, key: uuid.UUID) -> Receipt:
    """Records that what a deadline asks for came in. The same key with the same content answers with the receipt that exists. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.REGISTER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [str(key)])  # a double click waits for its first half
    wanted = Receipt(key=key, deadline=deadline, received_on=received_on, voucher=voucher, recorded_by=by)
    known = Receipt.objects.filter(key=key).first()
    if known is None:
        booking.insert(wanted)
        return wanted
    differs = [name for name in ("deadline_id", "received_on", "voucher_id", "recorded_by_id") if getattr(known, name) != getattr(wanted, name)]
    if differs:
        raise refused("key_decides_one_thing", {"differs": differs})
    return known


@booking.verb
def reject(by: User, receipt: Receipt, *, reason: str) -> ReceiptRejection:
    """Takes back, for a reason, a receipt that another person recorded wrongly: the deadline stands again. Raises LedgerError, PermissionDenied."""
    if not any(map(by.may, REJECTORS)):
        raise PermissionDenied("Du har ikke ret til dette. En anden sagsbehandler, en godkender eller regnskabskontrollen kan gøre det.")
    rejection = ReceiptRejection(receipt=receipt, reason=reason.strip(), rejected_by=by)
    booking.insert(rejection)
    return rejection


@booking.verb
def extend(by: User, deadline: Deadline, *, due: date, reason: str, voucher: Voucher, key: uuid.UUID) -> Proposal:
    """Proposes a later day for a deadline, for management to decide. Raises LedgerError, PermissionDenied."""
    return proposals.propose(
        by, "extension", earmark=deadline.earmark, subject=deadline.subject, after={"due": due.isoformat()}, reason=reason, voucher=voucher, key=key
    )


@booking.verb
def override(by: User, deadline: Deadline, *, until: date, reason: str, voucher: Voucher, key: uuid.UUID) -> Proposal:
    """Proposes that payments are made in spite of what is missing, with value dates up to a day, for management to decide. Raises LedgerError, PermissionDenied."""
    return proposals.propose(
        by, "override", earmark=deadline.earmark, subject=deadline.stop, after={"until": until.isoformat()}, reason=reason, voucher=voucher, key=key
    )
