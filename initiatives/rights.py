"""Who may do what: asked by every verb, so that page, admin, API and shell agree, and once more by PostgreSQL (migrations/0004_control, 0005_rights, 0017_closing). Rights come from groups only."""

from django.core.exceptions import PermissionDenied

from ensomhed.models import User
from ledger.kinds import Cause, Kind
from ledger.models import Transfer

REGISTER = "initiatives.register_payment"
APPROVE = "initiatives.approve_payment"
PROPOSE = "initiatives.propose_decision"
DECIDE = "initiatives.approve_decision"
CHECK_ACCOUNTS = "initiatives.check_accounts"
RELEASE = "initiatives.release_payments"
RECONCILE = "initiatives.reconcile_payments"
PROPOSE_DETAILS = "initiatives.propose_details"
VERIFY_DETAILS = "initiatives.verify_details"
ANSWER_CASE = "initiatives.answer_case"
READ_CASES = "initiatives.view_case"
REVIEW_ACCESS = "initiatives.review_access"
MANAGE_USERS = "ensomhed.change_user"
READ_ALL = "initiatives.read_all"
SEE_OWN = "initiatives.see_own_grants"
CLOSE = "ledger.close_period"

DECISIONS = (Kind.APPROPRIATION, Kind.EARMARKING, Kind.RELEASE, Kind.REALLOCATION, Kind.LAPSE, Kind.WRITE_OFF)
WHEN_CLOSING = ((Kind.LAPSE, Cause.YEAR_END), (Kind.REVERSAL, Cause.ERROR))


def require(by: User, right: str) -> None:
    """Raises PermissionDenied when no group of this person carries the right."""
    if not by.may(right):
        raise PermissionDenied("Du har ikke ret til dette. Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren.")


def to_register(kind: Kind | str) -> str:
    return PROPOSE if kind in DECISIONS else REGISTER


def may_register(by: User, kind: Kind | str, cause: str = "", *, reverses: Kind | str | None = None) -> bool:
    """Whether this person registers that. Those who close periods also register what closing a year takes: a lapse at year-end and the reversal of an error."""
    return by.may(to_register(reverses or kind)) or ((kind, cause) in WHEN_CLOSING and by.may(CLOSE))


def require_to_register(by: User, kind: Kind | str, cause: str = "", *, reverses: Kind | str | None = None) -> None:
    """Raises PermissionDenied when this person may not register that."""
    if not may_register(by, kind, cause, reverses=reverses):
        require(by, to_register(reverses or kind))


def to_approve(pending: Transfer) -> str:
    """The right that settles a registration; a reversal is settled by those who settle what it reverses."""
    kind = pending.reverses.kind if pending.reverses else pending.kind
    if kind == Kind.DOCUMENTED_USE:
        return CHECK_ACCOUNTS
    return DECIDE if kind in DECISIONS else APPROVE
