"""Who may pay from an earmark, where to, and why the others may not: said before anybody tries, with PostgreSQL's own answer (initiatives_payment_bars)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Earmark, Proposal
from ledger.models import Transfer

WHY = {
    "tied_hands_do_not_pay": "hører eller hørte til tilskudsmodtageren eller behandler dens egen bevilling",
    "details_hands_do_not_pay": "har foreslået, kontrolleret eller godkendt betalingsoplysningerne",
    "grant_hands_do_not_pay": "har foreslået eller godkendt tilskudsmodtageren eller øremærkningen",
}
BARS = """
    SELECT e.id, d.id, person, initiatives_payment_bars(e.id, d.id, person)
    FROM initiatives_earmark e CROSS JOIN LATERAL initiatives_details_in_force(e.grantee_id, %s) AS d CROSS JOIN unnest(%s::bigint[]) AS person
    WHERE e.id = ANY(%s)
"""
BARS_OF = """
    SELECT t.id, initiatives_payment_bars(e.id, b.details_id, %s) FROM ledger_transfer t
    JOIN initiatives_earmark e ON e.account_id = t.debit_account_id LEFT JOIN initiatives_paymentbasis b ON b.transfer_id = t.id
    WHERE t.id = ANY(%s) AND t.kind = 'disbursement'
"""


@dataclass(frozen=True)
class Hands:
    """The people with the right to pay, told apart by whether they may from this earmark; and the details that count there."""

    details: Proposal | None
    register: list[User]
    approve: list[User]
    kept_away: list[tuple[User, str]]
    """who has the right and may not use it here, and the rule"""

    @property
    def reasons(self) -> list[tuple[User, str]]:
        """Who is kept away, and why in words."""
        return [(person, WHY[rule]) for person, rule in self.kept_away]

    def why_not(self, person: User) -> str:
        """Why this person is kept away, as the end of a sentence; empty when nothing does."""
        return next((WHY[rule] for away, rule in self.kept_away if away.pk == person.pk), "")


def payers(earmark: Earmark, day: date | None = None, known: Mapping[int, Proposal] | None = None) -> Hands:
    """Who may register and approve payments from this earmark, on the details in force on a day: today unless told otherwise."""
    return payers_of([earmark], day, known)[earmark.pk]


def payers_of(earmarks: Iterable[Earmark], day: date | None = None, known: Mapping[int, Proposal] | None = None) -> dict[int, Hands]:
    """The same for many earmarks, by their numbers, at the cost of one. Whoever has read the grantee's approved details already brings them as `known`."""
    numbers = [earmark.pk for earmark in earmarks]
    registrars, approvers = holders_of(rights.REGISTER, rights.APPROVE)
    people = {person.pk: person for person in (*registrars, *approvers)}
    with connection.cursor() as cursor:
        cursor.execute(BARS, [day or timezone.localdate(), [*people, 0], numbers])  # nobody's number: an earmark has a row also where nobody has the right
        rows = cursor.fetchall()
    if known is None:
        known = Proposal.objects.told().in_bulk({details for _, details, _, _ in rows if details})
    found = {}
    for number in numbers:
        basis = next((details for earmark, details, _, _ in rows if earmark == number), None)
        barred = {person: rule for earmark, _, person, rule in rows if earmark == number and rule}
        found[number] = Hands(
            details=known[basis] if basis else None,
            register=[person for person in registrars if person.pk not in barred],
            approve=[person for person in approvers if person.pk not in barred],
            kept_away=[(person, barred[pk]) for pk, person in people.items() if pk in barred],
        )
    return found


def bars(person: User, pending: Iterable[Transfer]) -> dict[int, str]:
    """Of these disbursements that wait, those that this person may not approve, and why, as the end of a sentence: by their numbers, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(BARS_OF, [person.pk, [transfer.pk for transfer in pending]])
        return {number: WHY[rule] for number, rule in cursor.fetchall() if rule}


def holders(right: str) -> list[User]:
    """Everybody who can log in and whose group carries this right, by name."""
    return holders_of(right)[0]


def holders_of(*asked: str) -> list[list[User]]:
    """The same for several rights, in one query."""
    carries = {
        right: Group.objects.filter(user=OuterRef("pk"), permissions__codename=name, permissions__content_type__app_label=app)
        for right in asked
        for app, name in [right.split(".")]
    }
    told = User.objects.filter(is_active=True).annotate(**{f"holds_{place}": Exists(groups) for place, groups in enumerate(carries.values())})
    anything = Q(*((f"holds_{place}", True) for place in range(len(asked))), _connector=Q.OR)
    people = list(told.filter(anything).order_by("first_name", "last_name", "username"))
    return [[person for person in people if vars(person)[f"holds_{place}"]] for place in range(len(asked))]
