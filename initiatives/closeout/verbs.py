"""Closing a grant out, and opening it again: one proposes, another decides, and the settlement letter is written with the decision."""

import uuid

from ensomhed.models import User
from initiatives import vouchers
from initiatives.closeout import letter
from initiatives.control import proposals
from initiatives.models import CloseOut, Decision, Earmark, Proposal
from ledger import booking

KIND = "close_out"


@booking.verb
def close(by: User, earmark: Earmark, *, reason: str, key: uuid.UUID) -> Proposal:
    """Proposes that a grant is closed out; refused while anything of it is missing. Raises LedgerError, PermissionDenied."""
    return proposals.propose(by, KIND, after={"closed": True}, reason=reason, key=key, earmark=earmark)


@booking.verb
def reopen(by: User, earmark: Earmark, *, reason: str, key: uuid.UUID) -> Proposal:
    """Proposes that a grant that is closed out takes registrations again. Raises LedgerError, PermissionDenied."""
    return proposals.propose(by, KIND, after={"closed": False}, reason=reason, key=key, earmark=earmark)


def write_letter(by: User, decision: Decision) -> None:
    """Writes and keeps the settlement letter of a decision that closes a grant; once."""
    if not decision.proposal.after["closed"] or CloseOut.objects.filter(decision=decision).exists():
        return
    name, content = letter.of(decision)
    booking.insert(CloseOut(decision=decision, letter=vouchers.keep(by, content, name)))
