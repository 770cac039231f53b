"""What stops a payment, what was decided in spite of it, and whether the reminders went out. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from initiatives.models import Deadline, Earmark, Proposal
from ledger.formats import date_text

GRACE_IN_DAYS = 1
"""a timer that runs once a day may be this late before somebody is told"""


@dataclass(frozen=True)
class Stop:
    """One thing that stops payments from an earmark on a value date."""

    what: str
    deadline: Deadline | None
    """None only where the earmark has no deadlines yet: nothing was earmarked"""
    due: date | None
    """the day in force"""

    @property
    def words(self) -> str:
        """What is missing, in the ministry's words."""
        if self.what == Deadline.What.TERMS or self.deadline is None:
            return "Tilskudsmodtageren havde ikke accepteret vilkårene."
        return f"{self.deadline.name} skulle være modtaget senest {date_text(self.due)}."

    @property
    def words_to_grantee(self) -> str:
        if self.what == Deadline.What.TERMS or self.deadline is None:
            return "Vi mangler jeres accept af vilkårene."
        name = self.deadline.name
        return f"Vi mangler {name[:1].lower()}{name[1:]}. Fristen var {date_text(self.due)}."


STOPS = "SELECT earmark, s.stop, s.deadline_id, s.due FROM unnest(%s::bigint[]) AS earmark CROSS JOIN LATERAL initiatives_payment_stops(earmark, %s) AS s"


def stops_of(earmarks: Iterable[Earmark], day: date) -> dict[int, list[Stop]]:
    """What stops a payment with this value date, by earmark; nothing where nothing does. PostgreSQL asks itself the same when one is registered and approved."""
    ids = [earmark.pk for earmark in earmarks]
    with connection.cursor() as cursor:
        cursor.execute(STOPS, [ids, day])
        found = cursor.fetchall()
    deadlines = Deadline.objects.in_bulk({number for _, _, number, _ in found if number})
    by_earmark: dict[int, list[Stop]] = {number: [] for number in ids}
    for earmark, what, number, due in found:
        by_earmark[earmark].append(Stop(what, deadlines.get(number), due))
    return by_earmark


def stops(earmark: Earmark, day: date) -> list[Stop]:
    """What stops a payment from this earmark with this value date; empty when nothing does."""
    return stops_of([earmark], day)[earmark.pk]


def overrides() -> QuerySet[Proposal]:
    """Every decision to pay in spite of a stop, the newest first. They stay listed when they have ended."""
    return Proposal.objects.approved().told().filter(kind="override").order_by("-decision__id")


def reminders_late() -> int:
    """How many reminders should have gone out before today and did not: the timer does not run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT due + rung FROM initiatives_reminders_owed()")
        latest = timezone.localdate() - timedelta(days=GRACE_IN_DAYS)
        return sum(day < latest for (day,) in cursor.fetchall())
