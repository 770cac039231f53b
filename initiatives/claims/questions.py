"""What is asked of claims: how each stands, which are open, which are late. Nothing here writes, and nothing of it is kept: it follows from the matches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from djmoney.money import Money

from initiatives.claims.destinations import Destination, goes_to
from initiatives.models import Claim, ClaimQuerySet, Earmark
from ledger.kinds import Kind, Step
from ledger.models import ZERO, Transfer


@dataclass(frozen=True)
class Standing:
    """One claim and what is missing of it."""

    claim: Claim
    paid: Money
    written_off: Money
    being_written_off: Money
    """proposed to be given up; a second person has not decided yet"""
    withdrawn: bool
    rest: Money
    """what is missing, less what is being given up"""

    @property
    def is_open(self) -> bool:
        return self.rest > ZERO

    def days_late(self, day: date) -> int:
        """How many days it has been missing after it fell due; 0 when it is not late."""
        return max((day - self.claim.due).days, 0) if self.is_open else 0

    def state(self, day: date) -> str:
        """One word for it, as of a day."""
        if self.is_open:
            part = "delvist betalt, " if self.paid > ZERO else ""
            return f"{part}forfalden" if self.days_late(day) else f"{part}ikke forfalden"
        if self.withdrawn:
            return "trukket tilbage"
        if self.being_written_off > ZERO:
            return "foreslået opgivet"
        if self.written_off > ZERO:
            return "betalt og opgivet" if self.paid > ZERO else "opgivet"
        return "betalt"

    def destination(self, day: date) -> Destination:
        """Where the money goes when it is paid in time, or, when that is past, on this day."""
        return Destination(goes_to(self.claim.earmark, self.claim.why, max(self.claim.due, day)), self.claim.why)


STANDING = "SELECT s.* FROM unnest(%s::bigint[]) WITH ORDINALITY AS c(id, place), initiatives_claim_standing(c.id) AS s ORDER BY c.place"
OPEN = "SELECT c.id FROM initiatives_claim c, initiatives_claim_standing(c.id) AS s WHERE s.rest > 0"


def standings(claims: Iterable[Claim]) -> list[Standing]:
    """How each of these claims stands, in one query."""
    told = list(claims)
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [[claim.pk for claim in told]])
        rows = cursor.fetchall()
    return [
        Standing(claim, Money(paid, "DKK"), Money(written_off, "DKK"), Money(being, "DKK"), withdrawn, Money(rest, "DKK"))
        for claim, (paid, written_off, being, withdrawn, rest) in zip(told, rows, strict=True)
    ]


OF_EARMARK = """
    SELECT c.*, s.paid AS was_paid, s.written_off AS was_written_off, s.being_written_off AS is_being_written_off, s.withdrawn AS was_withdrawn, s.rest AS is_missing
    FROM initiatives_claim c CROSS JOIN LATERAL initiatives_claim_standing(c.id) AS s WHERE c.earmark_id = %s ORDER BY s.rest = 0, c.id DESC LIMIT %s
"""


def standings_of(earmark: Earmark, count: int) -> list[Standing]:
    """The claims on one earmark and how each stands, open ones first and then the newest, in one query."""
    found = []
    for claim in Claim.objects.raw(OF_EARMARK, [earmark.pk, count]):
        claim.earmark = earmark
        paid, written_off, being, rest = (Money(vars(claim)[name], "DKK") for name in ("was_paid", "was_written_off", "is_being_written_off", "is_missing"))
        found.append(Standing(claim, paid, written_off, being, vars(claim)["was_withdrawn"], rest))
    return found


def standing_of(claim: Claim) -> Standing:
    return standings([claim])[0]


def open_claims(earmark: Earmark) -> list[Standing]:
    """What is expected back from an earmark's grantee and is still missing, the first to fall due first."""
    return [standing for standing in standings(earmark.claims.told().order_by("due", "id")) if standing.is_open]


def still_open(besides: int | None = None) -> ClaimQuerySet:
    """Every claim of which something is missing, and the one with this number, the first to fall due first."""
    missing = RawSQL(OPEN, [])  # noqa: S611 — nothing typed is in it
    return Claim.objects.told().filter(Q(pk__in=missing) | Q(pk=besides)).order_by("due", "id")


def overdue(day: date) -> list[Standing]:
    """Every claim that should have been paid before this day and is not, the oldest first."""
    return standings(still_open().filter(due__lt=day))


def to_match(earmark: Earmark) -> QuerySet[Transfer]:
    """Repayments of an earmark that stand and are not, or not wholly, matched with a claim; `free` is what is left of each, in kr."""
    undone = Transfer.objects.filter(kind=Kind.REVERSAL, step=Step.POST).values("reverses")
    matched = Coalesce(Sum("claim_matches__amount"), ZERO.amount)
    repaid = Transfer.objects.filter(kind=Kind.REPAYMENT, debit_account=earmark.grantee_account_id).exclude(pk__in=undone)
    return repaid.annotate(free=F("amount") - matched).filter(free__gt=0).order_by("id")


def matchable(standing: Standing) -> QuerySet[Transfer]:
    """The repayments without a claim that this one can be matched with: of its own earmark and for its own cause."""
    found = to_match(standing.claim.earmark)
    return found.filter(cause=standing.claim.cause) if standing.is_open else found.none()
