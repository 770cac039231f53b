"""What a grantee is asked to pay back, in its own words: how much, why, by when, where to, and whether it can be paid out again."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from djmoney.money import Money

from initiatives import claims
from initiatives.claims import Standing
from initiatives.models import Earmark


@dataclass(frozen=True)
class Owed:
    """One claim as its grantee reads it."""

    standing: Standing
    today: date

    @property
    def number(self) -> int:
        return self.standing.claim.pk

    @property
    def rest(self) -> Money:
        return self.standing.rest

    @property
    def days_late(self) -> int:
        return self.standing.days_late(self.today)

    @property
    def after(self) -> str:
        """What becomes of the money."""
        if self.standing.destination(self.today).reusable:
            return "Beløbet går tilbage til jeres bevilling og kan udbetales igen i det år, det kommer ind."
        return "Beløbet går til statskassen og kan ikke udbetales igen."

    @property
    def outcome(self) -> str:
        """How it ended."""
        return {
            "betalt": "Betalt",
            "betalt og opgivet": "Betalt, og resten er eftergivet",
            "opgivet": "Eftergivet",
            "foreslået opgivet": "Ministeriet overvejer at eftergive det. I skal ikke betale nu.",
            "trukket tilbage": "Trukket tilbage af ministeriet. I skal ikke betale det.",
        }.get(self.standing.state(self.today), "")


def still_owed(earmarks: Iterable[Earmark]) -> dict[int, list[Owed]]:
    """What is missing, by earmark, in the same number of queries however many there are."""
    today = timezone.localdate()
    found: defaultdict[int, list[Owed]] = defaultdict(list)
    for standing in claims.standings(claims.still_open().filter(earmark__in=list(earmarks))):
        found[standing.claim.earmark_id].append(Owed(standing, today))
    return dict(found)


def owed(earmark: Earmark) -> list[Owed]:
    """Every claim on an earmark's grantee: the open ones first, as they fall due."""
    today = timezone.localdate()
    told = [Owed(standing, today) for standing in claims.standings(earmark.claims.told().order_by("due", "id"))]
    return sorted(told, key=lambda one: not one.standing.is_open)
