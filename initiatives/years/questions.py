"""How frames went: month by month, and by fiscal year as the frame settlement (bevillingsafregning). PostgreSQL answers (migrations/0016_years)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import TruncMonth
from djmoney.money import Money

from initiatives.models import Frame, Instalment
from initiatives.plans.questions import in_force

SETTLEMENT = "SELECT year, opening, granted, used, lapsed, closing, of_it_earmarked_left, repaid_to_treasury FROM initiatives_settlement(%s)"
MONTHS = "SELECT frame, m.month, m.earmarked, m.disbursed FROM unnest(%s::bigint[]) AS frame CROSS JOIN LATERAL initiatives_months(frame) AS m ORDER BY frame, m.month"


def _kroner(amount: Decimal) -> Money:
    return Money(amount, "DKK")


@dataclass(frozen=True)
class Year:
    """One fiscal year of a frame: opening + granted − used − lapsed = closing."""

    year: int
    opening: Money
    """carried over from the year before"""
    granted: Money
    """appropriations, less what the frame gave back to the treasury"""
    used: Money
    """disbursed, less reversals and less what came back to the earmarks"""
    lapsed: Money
    closing: Money
    """carried over to the next year (videreførsel): what stands on the frame's account and its earmarks'"""
    of_it_earmarked_left: Money
    """the part of it that stands on the earmarks' accounts"""
    repaid_to_treasury: Money
    """what grantees paid back past the frame; no part of the sum"""


def settlement(frame: Frame) -> list[Year]:
    """The frame settlement, a row for each fiscal year from the frame's first to its last, or to the last in which something moved."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLEMENT, [frame.pk])
        return [Year(row[0], *map(_kroner, row[1:])) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Month:
    """What one month added to what is earmarked, and to what is disbursed (less reversals)."""

    first: date
    earmarked: Money
    disbursed: Money


def months_of(frames: Iterable[Frame]) -> dict[int, list[Month]]:
    """The months in which something moved, in order, by value date: of each frame by its number, in one query."""
    found: dict[int, list[Month]] = {frame.pk: [] for frame in frames}
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, [list(found)])
        for frame, month, earmarked, disbursed in cursor.fetchall():
            found[frame].append(Month(month, _kroner(earmarked), _kroner(disbursed)))
    return found


def planned_of(frames: Iterable[Frame]) -> dict[int, list[tuple[date, Money]]]:
    """What the plans in force pay in each month: of each frame by its number, in one query."""
    found: dict[int, list[tuple[date, Money]]] = {frame.pk: [] for frame in frames}
    planned = Instalment.objects.filter(plan__in=in_force(), plan__earmark__initiative__frame__in=list(found)).order_by().annotate(month=TruncMonth("day"))
    for frame, month, amount in planned.values_list("plan__earmark__initiative__frame", "month").annotate(sum=Sum("amount")).order_by("month"):
        found[frame].append((month, _kroner(amount)))
    return found
