"""What waits for one person, of every kind, in one list: the earliest day first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from djmoney.money import Money

from ensomhed.models import User
from initiatives import rights
from initiatives.access.review import Due
from initiatives.admin.deciding import Pending
from initiatives.exceptions.alarms import Alarm
from initiatives.models import AccountsReport, Case, Instalment
from ledger.models import Period, Transfer, Window

AHEAD = timedelta(days=30)
"""how long before its day something planned is told"""

MOST = 100
"""of the instalments that are due"""
# The same as plans.laid_on, for every plan in force at once: what covers a plan is laid on its instalments in their order, and what lapsed taken from the last.
DUE = """
    WITH earmark AS (SELECT * FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[]) AS e (id, covered, lapsed, remains)), plan AS (
        SELECT DISTINCT ON (earmark_id) id, earmark_id FROM initiatives_plan ORDER BY earmark_id, number DESC
    ), laid AS (
        SELECT i.id AS instalment, i.day, i.amount, e.covered, e.lapsed, e.remains, sum(i.amount) OVER (PARTITION BY i.plan_id ORDER BY i.number) AS up_to, sum(i.amount) OVER (PARTITION BY i.plan_id) AS whole
        FROM plan JOIN initiatives_instalment i ON i.plan_id = plan.id JOIN earmark e ON e.id = plan.earmark_id
    ), missing AS (
        SELECT l.instalment, l.day, least(l.up_to, l.whole - greatest(least(l.lapsed, l.whole - l.covered - l.remains), 0)) - greatest(l.up_to - l.amount, l.covered) AS missing
        FROM laid l
    )
    SELECT instalment, missing FROM missing WHERE missing > 0 AND day <= %s ORDER BY day, instalment LIMIT %s
"""


@dataclass(frozen=True)
class Covered:
    """What an earmark's plan is covered with: what was paid and did not come back, and what is on its way; what lapsed; and what is left for the rest."""

    amount: Decimal
    lapsed: Decimal
    left: Decimal


@dataclass(frozen=True)
class Task:
    """One thing to do: what, about whom, and the day that it belongs to."""

    day: date
    of_day: str
    """what the day is: a value date, the day it came …"""
    what: str
    url: str
    about: str = ""
    under: str = ""
    amount: Money | None = None

    def days(self, today: date) -> int:
        """How many days the day is past; negative when it is to come."""
        return (today - self.day).days

    @property
    def age(self) -> str:
        """For how long, or how soon: "i dag", "12 dage siden", "om 3 dage"."""
        days = self.days(timezone.localdate())
        if days == 0:
            return "i dag"
        counted = "1 dag" if abs(days) == 1 else f"{abs(days):,} dage".replace(",", ".")
        return f"{counted} siden" if days > 0 else f"om {counted}"


def tasks(
    user: User,
    *,
    settle: Iterable[Transfer | Window],
    decide: Iterable[Pending],
    alarms: dict[str, Alarm],
    review: Due | None,
    covered: dict[int, Covered],
    cases: Iterable[Case],
) -> list[Task]:
    """Everything that waits for this person. What they may settle, decide and answer, and what covers each earmark's plan, is found by whoever asks."""
    found = [
        *map(_settling, settle),
        *map(_deciding, decide),
        *_instalments(user, covered),
        *_accounts(user),
        *map(_case, cases),
        *_payments(alarms),
        *_review(review),
        *_periods(user),
    ]
    return sorted(found, key=lambda task: (task.day, task.what))


def _settling(what: Transfer | Window) -> Task:
    if isinstance(what, Window):
        day = timezone.localdate(what.booked_at)
        return Task(
            day,
            "foreslået",
            f"Godkend betalingsvindue {what}",
            reverse("admin:initiatives_window_settle", args=[what.pk]),
            str(what.frame),
            str(what.booked_by),
        )
    under = " · ".join(filter(None, (what.text, what.case_number, f"registreret af {what.booked_by}")))
    goes = str(what.credit_account) if what.credit_account.capped else str(what.debit_account)
    url = reverse("admin:initiatives_payment_settle", args=[what.pk])
    return Task(what.value_date, "valørdato", f"Godkend {what.get_kind_display()} nr. {what.pk}", url, goes, under, what.amount)


def _deciding(pending: Pending) -> Task:
    proposal = pending.proposal
    what = f"{'Kontrollér' if pending.wants_verification else 'Afgør'}: {_lowered(pending.headline)}"
    return Task(
        timezone.localdate(proposal.proposed_at), "foreslået", what, proposal.get_absolute_url(), proposal.reason, f"foreslået af {proposal.proposed_by}"
    )


def _lowered(headline: str) -> str:
    return headline if headline[:2].isupper() else headline[:1].lower() + headline[1:]


def _instalments(user: User, covered: dict[int, Covered]) -> Iterator[Task]:
    """The next instalments: those whose day is past or near, and that are not wholly registered. Of more than a list shows, the first."""
    if user.may(rights.REGISTER):
        with connection.cursor() as cursor:
            amounts = [[getattr(one, name) for one in covered.values()] for name in ("amount", "lapsed", "left")]
            cursor.execute(DUE, [list(covered), *amounts, timezone.localdate() + AHEAD, MOST])
            missing = dict(cursor.fetchall())
        for one in Instalment.objects.filter(pk__in=missing).select_related("plan__earmark__grantee", "plan__earmark__initiative"):
            earmark = one.plan.earmark
            url = f"{reverse('admin:initiatives_payment_register')}?rate={one.pk}"
            what = f"Registrer {_lowered(str(one))}"
            yield Task(one.day, "planlagt", what, url, str(earmark.grantee), earmark.title, Money(missing[one.pk], "DKK"))


def _accounts(user: User) -> Iterator[Task]:
    if user.may(rights.CHECK_ACCOUNTS):
        for report in AccountsReport.objects.waiting().exclude(received_by=user).select_related("earmark__grantee", "earmark__initiative", "actor"):
            what = f"Kontrollér {_lowered(str(report))}"
            yield Task(report.received_on, "modtaget", what, report.get_absolute_url(), str(report.earmark.grantee), report.earmark.title, report.used)


def _case(case: Case) -> Task:
    address = reverse("admin:initiatives_case_show", args=[case.pk])
    return Task(timezone.localdate(case.opened_at), "rejst", f"Besvar {_lowered(str(case))}", address, str(case.grantee), case.text)


def _payments(alarms: dict[str, Alarm]) -> Iterator[Task]:
    """What is ready to leave, and what the bank's lists showed."""
    for name, of_day, words, address in (
        ("ready", "første valørdato", "{} er klar til at blive frigivet", "admin:initiatives_paymentfile_list"),
        ("to_explain", "første dag", "{} i afstemningen skal forklares", "admin:initiatives_bankstatement_list"),
        ("returned", "første dag", "Returneret af banken: tilbagefør {}", "admin:initiatives_bankstatement_list"),
    ):
        alarm = alarms.get(name)
        if alarm and alarm.since:
            yield Task(alarm.since, of_day, words.format(_counted(name, alarm.count)), reverse(address))


def _counted(name: str, count: int) -> str:
    one, more = {"ready": ("godkendt betaling", "godkendte betalinger"), "to_explain": ("linje", "linjer"), "returned": ("betaling", "betalinger")}[name]
    return f"{count} {one if count == 1 else more}"


def _review(review: Due | None) -> Iterator[Task]:
    """This quarter's review of who can do what, when it is near or past."""
    if review and not review.done and (review.overdue or review.by - timezone.localdate() <= AHEAD):
        yield Task(review.by, "frist", "Gennemgå adgange", reverse("admin:initiatives_access_review"), "Hvem der kan hvad med penge")


def _periods(user: User) -> Iterator[Task]:
    """The first period that is over and not closed: periods are closed one after the other."""
    first = Period.objects.filter(closed=False).first() if user.may(rights.CLOSE) else None
    if first and first.last_day < timezone.localdate():
        yield Task(first.last_day, "sidste dag", f"Luk perioden {first}", reverse("admin:ledger_period_change", args=[first.pk]), first.name.capitalize())
