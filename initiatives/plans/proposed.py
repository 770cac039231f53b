"""A plan to begin with: what is not planned yet, spread evenly over what is left of the payment window. Paid in advance: on the first day of each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from djmoney.money import Money

from ledger.models import ZERO, Window

RHYTHMS = {"kvartal": ("Kvartalsvis forud", 3), "halvår": ("Halvårligt forud", 6), "år": ("Årligt forud", 12)}


@dataclass(frozen=True)
class Planned:
    """An instalment that is to be."""

    day: date
    amount: Money
    text: str = ""


def spread(amount: Money, rhythm: str, window: Window | None, *, today: date, begun: Sequence[date] = ()) -> list[Planned]:
    """The amount in equal parts, in whole øre, one for each quarter, half-year or year from today to the window's end; the last takes what does not divide.

    `begun` are the days of the instalments that stand already: the new ones come after them, and are numbered on in their year. A window that has ended, or
    ends within the part, takes one instalment.
    """
    if window is None or amount <= ZERO:
        return []
    _, months = RHYTHMS[rhythm]
    days = [day for day in _parts(window.opens.year, window.closes, months) if day >= max(window.opens, today) and day > max(begun, default=date.min)]
    days = days or [min(max([window.opens, today, *begun]), window.closes)]
    share, rest = divmod(int(amount.amount * 100), len(days))
    parts = [share] * (len(days) - 1) + [share + rest]
    seen = [day.year for day in begun]
    planned = []
    for day, oere in zip(days, parts, strict=True):
        seen.append(day.year)
        planned.append(Planned(day, Money(oere, "DKK") / 100, f"{seen.count(day.year)}. rate {day.year}"))
    return planned


def _parts(year: int, last: date, months: int) -> list[date]:
    """The first day of every part of the calendar, from a year on up to a day."""
    days = [date(one, month, 1) for one in range(year, last.year + 1) for month in range(1, 13, months)]
    return [day for day in days if day <= last]
