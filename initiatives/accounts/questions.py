"""What accounts need, what they document and leave, and who may check them. Nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import CharField, F, Func, QuerySet, Value
from django.utils import timezone
from djmoney.money import Money

from ensomhed.models import User
from initiatives import rights
from initiatives.models import AccountsReport, Deadline, Earmark, Proposal
from ledger.models import ZERO, Account
from ledger.questions import Numbers

STATEMENTS = {
    "auditors_statement": "revisorerklæring (kræves over 100.000 kr.)",
    "performance_audit": "forvaltningsrevision (kræves over 500.000 kr.)",
}
BARS = {
    "received": "har selv registreret regnskabet",
    "paid": "har registreret eller godkendt betalinger til eller fra tilskudsmodtageren",
    "tied": "er knyttet til tilskudsmodtageren",
}


def _ask(query: str, *parameters: Any) -> Any:
    """The one value that PostgreSQL answers with."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        (answer,) = cursor.fetchone()
    return answer


def required(earmark: Earmark) -> list[str]:
    """The statements that accounts on this earmark come with: names of fields, also keys of STATEMENTS. They follow from the grant's size."""
    return list(_ask("SELECT initiatives_statements_required(%s)", earmark.pk))


def granted(earmark: Earmark) -> Money:
    """What the earmark was granted in all, which decides what its accounts come with."""
    return Money(_ask("SELECT initiatives_granted(%s)", earmark.pk), "DKK")


def deadline_of(earmark: Earmark, year: int) -> Deadline | None:
    """The deadline that the grantee's own accounts for a year meet."""
    return Deadline.objects.filter(earmark=earmark, what=Deadline.What.ACCOUNTS, year=year).first()


def to_document(account: Account, day: date) -> Money:
    """What can be documented as used from a grantee's or a local actor's account on a value date: received, and neither repaid, claimed nor reserved."""
    return Money(_ask("SELECT initiatives_to_document(%s, %s)", account.pk, day), "DKK")


def bar(report: AccountsReport, person: User) -> str | None:
    """Why this person may not check these accounts, as PostgreSQL says it (a key of BARS); None when nothing bars the person."""
    return _ask("SELECT initiatives_accounts_bar(%s, %s)", report.pk, person.pk)


@dataclass(frozen=True)
class Checkers:
    """Who can decide on accounts, and why the others with the right to check cannot."""

    able: list[User]
    barred: list[tuple[User, str]]


def checkers(report: AccountsReport) -> Checkers:
    """Everybody with the right to check accounts, told apart by whether they had a hand in the payments."""
    holders = User.objects.filter(is_active=True, groups__permissions__codename=rights.CHECK_ACCOUNTS.partition(".")[2]).distinct().order_by("pk")
    barred = Func(Value(report.pk), F("pk"), function="initiatives_accounts_bar", output_field=CharField())
    asked = [(person, person.barred) for person in holders.annotate(barred=barred)]
    return Checkers([person for person, why in asked if why is None], [(person, BARS[why]) for person, why in asked if why])


@dataclass(frozen=True)
class Standing:
    """Where accounts stand in the books."""

    is_open: bool
    """approved, so that a surplus can be booked"""
    accepted: Money
    """what counts as used: what they say, or less when some of it was disallowed"""
    documented: Money
    """posted as documented use"""
    waiting: Money
    """registered as documented use, not posted yet"""
    held: Money
    """what the sender holds today that is neither claimed nor reserved"""

    @property
    def surplus(self) -> Money:
        """Used beyond what had been received: booked with a later instalment."""
        return self.accepted - self.documented - self.waiting

    @property
    def can_be_booked(self) -> Money:
        return min(self.surplus, self.held) if self.is_open else ZERO


def standings(reports: Iterable[AccountsReport]) -> dict[int, Standing]:
    """The figures of these accounts by their number, as the books say now, in one query."""
    asked = list(reports)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id, initiatives_accounts_accepted(r.id), e.documented, e.waiting, initiatives_to_document(r.account, %s)
               FROM unnest(%s::bigint[], %s::bigint[]) AS r (id, account)
               CROSS JOIN LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE post_id IS NOT NULL), 0) AS documented,
                                          coalesce(sum(amount) FILTER (WHERE post_id IS NULL), 0) AS waiting FROM initiatives_accounts_entries(r.id)) AS e""",
            [timezone.localdate(), [report.pk for report in asked], [report.account.pk for report in asked]],
        )
        figures = {row[0]: [Money(amount, "DKK") for amount in row[1:]] for row in cursor.fetchall()}
    return {report.pk: Standing(report.is_approved, *figures[report.pk]) for report in asked}


def standing_of(report: AccountsReport) -> Standing:
    return standings([report])[report.pk]


def spent_otherwise(report: AccountsReport, numbers: Numbers, standing: Standing) -> tuple[Money, Money]:
    """What other accounts documented of what the grantee received, and what else is not held: claimed, written off, or registered in other accounts.

    With the other figures of these accounts they add up to what was disbursed. What is passed on is documented by the actors, and counts as passed on.
    """
    documented = ZERO if report.earmark.must_pass_on else numbers.documented - standing.documented
    told = numbers.repaid + numbers.passed_on + documented + standing.documented + standing.waiting + standing.held
    return documented, numbers.disbursed - told


def disallowances(report: AccountsReport) -> QuerySet[Proposal]:
    """Every proposal to disallow use in these accounts, the newest first."""
    return Proposal.objects.told().filter(kind="disallowance", subject=report.subject)


def bookable(reports: Iterable[AccountsReport]) -> list[AccountsReport]:
    """The approved accounts whose surplus can be booked now, because more was received since."""
    asked = list(reports)
    figures = standings(asked)
    return [report for report in asked if figures[report.pk].can_be_booked > ZERO]
