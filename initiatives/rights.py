"""Who may do what: asked by every verb, so that page, admin, API and shell agree. Rights come from groups only (migrations/0003_roles)."""

from django.core.exceptions import PermissionDenied

from ensomhed.models import User
from ledger.kinds import Kind
from ledger.models import Transfer

REGISTER = "initiatives.register_payment"
APPROVE = "initiatives.approve_payment"
PROPOSE = "initiatives.propose_decision"
DECIDE = "initiatives.approve_decision"
READ_ALL = "initiatives.read_all"
SEE_OWN = "initiatives.see_own_grants"
CLOSE = "ledger.close_period"

DECISIONS = (Kind.APPROPRIATION, Kind.EARMARKING, Kind.RELEASE, Kind.REALLOCATION, Kind.LAPSE, Kind.WRITE_OFF)


def require(by: User, right: str) -> None:
    """Raises PermissionDenied when no group of this person carries the right."""
    if not by.may(right):
        raise PermissionDenied("Du har ikke ret til dette. Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren.")


def to_register(kind: Kind | str) -> str:
    return PROPOSE if kind in DECISIONS else REGISTER


def to_approve(pending: Transfer) -> str:
    """The right that settles a registration; a reversal is settled by those who settle what it reverses."""
    kind = pending.reverses.kind if pending.reverses else pending.kind
    return DECIDE if kind in DECISIONS else APPROVE
