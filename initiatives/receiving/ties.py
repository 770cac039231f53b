"""Who belongs to a grantee or handles an agency's own earmark. A tie can end; whoever had one pays that grantee never again."""

from datetime import date

from django.core.exceptions import PermissionDenied

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Grantee, Tie
from ledger import booking

KEEPERS = (rights.MANAGE_USERS, rights.DECIDE)


@booking.verb
def name_handler(by: User, grantee: Grantee, person: User, *, since: date) -> Tie:
    """Records that somebody handles an agency's own earmark, and so neither registers nor approves draws on it. Raises LedgerError, PermissionDenied."""
    return _record(by, grantee, person, Tie.Why.HANDLER, since)


@booking.verb
def end_handler(by: User, grantee: Grantee, person: User, *, since: date) -> Tie:
    """Records that somebody no longer handles it. The person still pays the agency never. Raises LedgerError, PermissionDenied."""
    return _record(by, grantee, person, Tie.Why.ENDED, since)


def _record(by: User, grantee: Grantee, person: User, why: Tie.Why, since: date) -> Tie:
    if not any(by.may(right) for right in KEEPERS):
        raise PermissionDenied("Kun adgangsadministratorer og ledelsen noterer, hvem der behandler en myndigheds egen bevilling. Bed en af dem om det.")
    tie = Tie(grantee=grantee, person=person, why=why, since=since, recorded_by=by)
    booking.insert(tie)
    return tie


def of(grantee: Grantee) -> list[Tie]:
    """Every tie that was recorded, the newest first."""
    return list(grantee.ties.select_related("person", "recorded_by").order_by("-id"))


def handlers(grantee: Grantee) -> list[Tie]:
    """Who handles the agency's own earmark now."""
    newest = {tie.person_id: tie for tie in grantee.ties.exclude(why=Tie.Why.MEMBER).select_related("person").order_by("id")}
    return [tie for tie in newest.values() if tie.why == Tie.Why.HANDLER]
