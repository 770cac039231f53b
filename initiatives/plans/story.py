"""What the demo's story does with plans: rateplan makes an earmark's plan, or revises it for a reason; the instalments are told as day and amount."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from djmoney.money import Money

from initiatives.models import Earmark, Plan
from initiatives.plans.proposed import Planned
from initiatives.plans.questions import current
from initiatives.plans.verbs import make
from ledger.formats import parse_amount

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _plan(story: "Story", line: "Line") -> None:
    slug, reason, *told = line.words
    if Plan.objects.filter(key=line.key).exists():
        return
    earmark = Earmark.objects.with_accounts().get(slug=slug)
    days = [date.fromisoformat(day) for day in told[::2]]
    names = [f"{sum(other.year == day.year for other in days[:number])}. rate {day.year}" for number, day in enumerate(days, 1)]
    instalments = [Planned(day, Money(parse_amount(amount), "DKK"), name) for day, amount, name in zip(days, told[1::2], names, strict=True)]
    make(line.by, earmark, instalments, reason=reason, revises=current(earmark), key=line.key)


DEEDS: dict[str, "Callable[[Story, Line], None]"] = {"rateplan": _plan}
