"""Holding a period, letting it go, closing it."""

import json
from typing import Any

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Closing
from ledger import booking
from ledger.audit import Audit
from ledger.models import Period

CLOSE = "initiatives_close_period(%s, %s, %s, %s)"


@booking.verb
def hold(by: User, code: str) -> Period:
    """Holds a period: nothing new comes into it but from those who close periods; what waits in it is still settled. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.CLOSE)
    return booking.hold_period(by, code)


@booking.verb
def let_go(by: User, code: str) -> Period:
    """Lets a held period go: everybody registers in it again. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.CLOSE)
    return booking.hold_period(by, code, hold=False)


def close(by: User, code: str, *, reason: str = "") -> Closing:
    """Audits the books and closes a period for good, with a reason when something of it stands open. Its code is the key.

    The audit reads every transfer, so it comes before the transaction that closes: nobody waits for it. What is booked in the period meanwhile is found, and
    nothing is closed. Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.CLOSE)
    return _close(by, code, reason, audited())


@booking.verb
def _close(by: User, code: str, reason: str, audit: dict[str, Any]) -> Closing:
    closing = booking.ask(Closing, CLOSE, [code, by.pk, reason, json.dumps(audit, ensure_ascii=False)])
    closing.refresh_from_db()  # its JSON read as such
    return closing


def audited() -> dict[str, Any]:
    """What an audit of the whole books says: how many transfers it read, up to which, how many breaches it found, and the first of them."""
    audit = Audit()
    breaches = [str(breach) for breach in audit.breaches()]
    return {"transfers": audit.transfers, "newest": audit.newest, "breaches": len(breaches), "first": breaches[:3]}
