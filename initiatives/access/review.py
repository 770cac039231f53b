"""Who can do what with money, since when, by whose decision, last used: as it stands, and as somebody goes through it each quarter."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils import timezone

from ensomhed.models import User
from initiatives import rights
from initiatives.models import AccessReview, Proposal, RoleChange
from ledger import booking

IDLE = timedelta(days=90)
MONEY = {
    rights.REGISTER: "registrerer udbetalinger",
    rights.APPROVE: "godkender udbetalinger",
    rights.PROPOSE: "foreslår tilskud og beslutninger",
    rights.DECIDE: "beslutter og godkender forslag",
    rights.PROPOSE_DETAILS: "foreslår betalingsoplysninger",
    rights.VERIFY_DETAILS: "kontrollerer betalingsoplysninger",
    rights.CHECK_ACCOUNTS: "godkender regnskaber",
    rights.RELEASE: "frigiver betalingsfiler",
    rights.RECONCILE: "afstemmer betalinger",
    rights.CLOSE: "lukker perioder",
    rights.ANSWER_CASE: "besvarer indsigelser",
    rights.REVIEW_ACCESS: "gennemgår adgange",
    rights.MANAGE_USERS: "styrer brugere og foreslår roller",
    rights.READ_ALL: "læser alt",
    rights.SEE_OWN: "ser egen organisations tilskud",
}


@dataclass(frozen=True)
class Access:
    """One role of one person."""

    person: User
    role: str
    can: tuple[str, ...]
    since: datetime | None
    proposal: Proposal | None
    """the decision that gave it; None when the operator did"""
    last_login: datetime | None
    last_used: datetime | None

    @property
    def is_idle(self) -> bool:
        """Nobody has used it for 90 days."""
        newest = max(filter(None, (self.last_used, self.last_login, self.since)), default=None)
        return newest is None or timezone.now() - newest > IDLE


def access() -> list[Access]:
    """Every role of everybody who can log in, in five queries at any size."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, role, since, proposal_id, last_login, last_used FROM initiatives_access()")
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT g.name, c.app_label || '.' || p.codename FROM auth_group g JOIN auth_group_permissions gp ON gp.group_id = g.id"
            " JOIN auth_permission p ON p.id = gp.permission_id JOIN django_content_type c ON c.id = p.content_type_id"
        )
        held: dict[str, set[str]] = {}
        for role, right in cursor.fetchall():
            held.setdefault(role, set()).add(right)
    people = User.objects.in_bulk({row[0] for row in rows})
    decisions = Proposal.objects.told().in_bulk({row[3] for row in rows if row[3]})
    return [
        Access(people[person], role, tuple(words for right, words in MONEY.items() if right in held.get(role, ())), since, decisions.get(by), logged_in, used)
        for person, role, since, by, logged_in, used in rows
    ]


def quarter_of(day: date) -> str:
    """2026-K4."""
    return f"{day.year}-K{(day.month + 2) // 3}"


def last_day_of_quarter(day: date) -> date:
    month = (day.month + 2) // 3 * 3
    return date(day.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """When the next review is due. Each quarter has its own; one that nobody made is overdue until the next is recorded."""

    latest: AccessReview | None
    by: date
    overdue: bool
    done: bool
    """this quarter's is recorded"""


def due(today: date | None = None) -> Due:
    today = today or timezone.localdate()
    before = date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)  # the last day of the quarter before this one
    latest = AccessReview.objects.select_related("reviewed_by").first()
    first = None if latest else RoleChange.objects.order_by("id").first()
    looked_at = latest.quarter if latest else quarter_of(timezone.localdate(first.changed_at)) if first else quarter_of(today)
    overdue = looked_at < quarter_of(before) if latest else looked_at <= quarter_of(before)
    return Due(latest, before if overdue else last_day_of_quarter(today), overdue, latest is not None and latest.quarter == quarter_of(today))


@booking.verb
def record(by: User, *, note: str, key: uuid.UUID) -> AccessReview:
    """Records that this person went through the list as it stands now, and what was found. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.REVIEW_ACCESS)
    known = AccessReview.objects.filter(key=key, reviewed_by=by).first()
    if known:
        return known
    review = AccessReview(key=key, note=note.strip(), reviewed_by=by)
    booking.insert(review)
    return review
