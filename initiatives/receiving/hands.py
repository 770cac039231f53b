"""Who may pay from an earmark, and why the others may not: what a page says before anybody tries, with PostgreSQL's own answer (initiatives_payment_bars)."""

from dataclasses import dataclass, field
from datetime import date

from django.db import connection
from django.utils import timezone

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Earmark, Proposal
from initiatives.receiving import details

WHY = {
    "tied_hands_do_not_pay": "hører eller hørte til tilskudsmodtageren eller behandler dens egen bevilling",
    "details_hands_do_not_pay": "har foreslået, kontrolleret eller godkendt betalingsoplysningerne",
    "grant_hands_do_not_pay": "har foreslået eller godkendt tilskudsmodtageren eller øremærkningen",
}


@dataclass(frozen=True)
class Hands:
    """The people with the right to pay, told apart by whether they may here."""

    register: list[User]
    approve: list[User]
    barred: dict[int, str]
    """the rule that keeps a person away, by the person's number"""
    people: dict[int, User] = field(default_factory=dict)

    @property
    def kept_away(self) -> list[tuple[User, str]]:
        """Who has the right and may not use it here, and why."""
        return [(self.people[number], WHY[rule]) for number, rule in self.barred.items()]

    def why(self, person: User) -> str:
        """Why this person may not, as the end of a sentence; empty when nothing keeps the person away."""
        return WHY[self.barred[person.pk]] if person.pk in self.barred else ""


def payers(earmark: Earmark, day: date | None = None, on: Proposal | None = None) -> Hands:
    """Who may register and approve payments from this earmark, on the details given or on those in force on a day, today unless told otherwise."""
    basis = on or details.in_force(earmark.grantee, day or timezone.localdate())
    registrars, approvers = holders(rights.REGISTER), holders(rights.APPROVE)
    people = {person.pk: person for person in (*registrars, *approvers)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person, initiatives_payment_bars(%s, %s, person) FROM unnest(%s::bigint[]) AS person",
            [earmark.pk, basis.pk if basis else None, list(people)],
        )
        barred = {person: rule for person, rule in cursor.fetchall() if rule}
    return Hands(
        register=[person for person in registrars if person.pk not in barred],
        approve=[person for person in approvers if person.pk not in barred],
        barred=barred,
        people=people,
    )


def holders(right: str) -> list[User]:
    """Everybody who can log in and whose group carries this right, by name."""
    app, codename = right.split(".")
    found = User.objects.filter(is_active=True, groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
    return list(found.distinct().order_by("first_name", "last_name", "username"))


def named(people: list[User]) -> str:
    """Sofie Lund, Søren Østergård eller Anders Holm."""
    names = [str(person) for person in people]
    return " eller ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
