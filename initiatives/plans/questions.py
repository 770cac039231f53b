"""What is asked of plans. Nothing here writes, and nothing of it is kept: what is paid is laid on the instalments in their order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Prefetch, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone
from djmoney.money import Money

from initiatives.models import Earmark, Frame, Instalment, Plan
from ledger import questions
from ledger.models import ZERO, Transfer
from ledger.questions import Numbers


@dataclass(frozen=True)
class Progress:
    """One instalment and what has become of it."""

    instalment: Instalment
    paid: Money
    on_its_way: Money
    """registered, and waiting for a second person"""
    lapsed: Money
    """never paid, and fallen back to the treasury"""
    missing: Money

    @property
    def standing(self) -> Money:
        """What was planned and did not lapse."""
        return self.instalment.amount - self.lapsed

    @property
    def is_paid(self) -> bool:
        return self.paid == self.instalment.amount

    def state(self, day: date) -> str:
        """One word or two for it, as of a day."""
        if self.is_paid:
            return "udbetalt"
        if self.missing == ZERO and self.on_its_way == ZERO:
            return "bortfaldet" if self.paid == ZERO else "delvist udbetalt, resten bortfaldet"
        if self.missing == ZERO:
            return "venter på godkendelse"
        part = "delvist udbetalt, " if self.paid + self.on_its_way > ZERO else ""
        if self.instalment.day < day:
            return f"{part}mangler"
        return f"{part}skal registreres i dag" if self.instalment.day == day else f"{part}planlagt"

    def is_late(self, day: date) -> bool:
        return self.missing > ZERO and self.instalment.day < day


@dataclass(frozen=True)
class UsedUp:
    """When everything is paid, if it goes as planned."""

    day: date | None
    """None when not all of what is left is planned"""
    unplanned: Money
    """of what is left, what no instalment takes"""
    beyond: Money
    """what the instalments take beyond what is left: the plan should be revised"""

    @property
    def is_past(self) -> bool:
        return self.day is not None and self.day < timezone.localdate()


def in_force() -> QuerySet[Plan, Any]:
    """The newest version of every earmark's plan, by its number."""
    return Plan.objects.order_by("earmark_id", "-number").distinct("earmark_id").values("pk")


def current_of(earmarks: Iterable[Earmark]) -> dict[int, Plan]:
    """The plan in force of these earmarks, by the earmark's number, with the earmark and its instalments in order: two queries for many."""
    several = {earmark.pk: earmark for earmark in earmarks}
    in_order = Prefetch("instalments", Instalment.objects.order_by("number"))
    found = {}
    for plan in Plan.objects.filter(earmark__in=several, pk__in=in_force()).select_related("made_by").prefetch_related(in_order):
        plan.earmark = several[plan.earmark_id]
        found[plan.earmark_id] = plan
    return found


def current(earmark: Earmark) -> Plan | None:
    """The plan in force of an earmark."""
    return current_of([earmark]).get(earmark.pk)


def laid_on(plan: Plan, numbers: Numbers) -> list[Progress]:
    """A plan's instalments with the money laid on them in order: first what is paid, less what came back to the earmark; then what is on its way.

    What lapsed, and is not left to pay them with, is taken from the last ones.
    """
    paid, on_its_way = numbers.earmarked - numbers.lapsed - numbers.left - numbers.reserved, numbers.on_its_way
    laid = []
    for instalment in plan.instalments.all():
        taken = max(min(paid, instalment.amount), ZERO)
        coming = min(on_its_way, instalment.amount - taken)
        paid, on_its_way = paid - taken, on_its_way - coming
        laid.append((instalment, taken, coming, instalment.amount - taken - coming))
    gone = min(numbers.lapsed, max(sum((rest for *_, rest in laid), ZERO) - numbers.left, ZERO))
    found = []
    for instalment, taken, coming, rest in reversed(laid):
        lapsed = min(gone, rest)
        gone -= lapsed
        found.append(Progress(instalment, taken, coming, lapsed, rest - lapsed))
    return found[::-1]


def progress_of(earmarks: Iterable[Earmark]) -> dict[int, list[Progress]]:
    """The instalments of each earmark that has a plan, by the earmark's number: three queries for many."""
    several = {earmark.pk: earmark for earmark in earmarks}
    plans = current_of(several.values())
    numbers = questions.numbers_of(several[number].account for number in plans)
    return {number: laid_on(plan, numbers[several[number].account_id]) for number, plan in plans.items()}


def progress(earmark: Earmark) -> list[Progress]:
    """The instalments of an earmark's plan; none without a plan."""
    return progress_of([earmark]).get(earmark.pk, [])


def progress_of_instalment(number: int) -> Progress | None:
    """One instalment of a plan in force, by its number, with the plan and its earmark; None for any other."""
    accounts = ("earmark__account", "earmark__grantee", "earmark__initiative__frame__account")
    in_order = Prefetch("instalments", Instalment.objects.order_by("number"))
    plan = Plan.objects.filter(instalments=number, pk__in=in_force()).select_related(*accounts).prefetch_related(in_order).first()
    if plan is None:
        return None
    numbers = questions.numbers_of([plan.earmark.account])[plan.earmark.account_id]
    return next(one for one in laid_on(plan, numbers) if one.instalment.pk == number)


def next_of(instalments: Iterable[Progress]) -> Progress | None:
    """The first instalment that is not wholly registered."""
    return next((one for one in instalments if one.missing > ZERO), None)


def next_instalment(earmark: Earmark) -> Progress | None:
    """The first instalment of an earmark that is not wholly registered."""
    return next_of(progress(earmark))


def used_up_by(instalments: list[Progress], left: Money) -> UsedUp:
    planned = sum((one.missing for one in instalments), ZERO)
    last = next((one.instalment.day for one in reversed(instalments) if one.paid < one.standing), None)
    return UsedUp(last if planned >= left else None, max(left - planned, ZERO), max(planned - left, ZERO))


def used_up(earmark: Earmark) -> UsedUp:
    """When the whole earmark is paid, if it goes as planned, and what is not planned."""
    left = questions.numbers_of([earmark.account])[earmark.account_id].left
    return used_up_by(progress(earmark), left)


def due(before: date) -> list[Progress]:
    """The instalments up to a day that are not wholly registered, of every earmark, by their day. Each has its `instalment.plan.earmark` at hand."""
    waiting = Plan.objects.filter(pk__in=in_force(), instalments__day__lte=before).distinct()
    earmarks = Earmark.objects.with_accounts().filter(plans__in=waiting)
    found = [one for instalments in progress_of(earmarks).values() for one in instalments if one.missing > ZERO and one.instalment.day <= before]
    return sorted(found, key=lambda one: (one.instalment.day, one.instalment.pk))


def planned_by_month(frame: Frame) -> list[tuple[date, Money]]:
    """What the plans in force of a frame's earmarks pay in each month, by its first day; months without an instalment are left out."""
    months = Instalment.objects.filter(plan__in=in_force(), plan__earmark__initiative__frame=frame).order_by()
    return [
        (month, Money(amount, "DKK"))
        for month, amount in months.annotate(month=TruncMonth("day")).values_list("month").annotate(sum=Sum("amount")).order_by("month")
    ]


def instalment_of(transfer: Transfer) -> Instalment | None:
    """The instalment that a disbursement was registered for, told by its registration or its approval."""
    return Instalment.objects.filter(payments__transfer=transfer.pending_id or transfer.pk).select_related("plan__earmark").first()


def plannable(earmark: Earmark) -> Money:
    """What a plan can hold in all: what was granted, less what lapsed and what waits to leave the earmark."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT granted - leaving FROM initiatives_to_plan(%s)", [earmark.account_id])
        return Money(cursor.fetchone()[0], "DKK")
