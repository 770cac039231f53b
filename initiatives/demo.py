"""The demo: invented people, the real allocation, an invented story. Exists only through `manage.py demo`."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.hashers import make_password

from ensomhed.models import User
from initiatives import allocation, decisions, payments
from initiatives.access import review
from initiatives.access.operator import appoint
from initiatives.claims.demo import open_receiving_account
from initiatives.deadlines.demo import accept_terms
from initiatives.models import Grantee
from initiatives.receiving.demo import approve_grantees, decide_details
from initiatives.story import Story
from ledger.kinds import Kind, Step
from ledger.models import Period, Transfer, Window

PASSWORD = "ensomhed-demo"  # noqa: S105 — printed at every start; the demo refuses to run where DEBUG is off
ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    job_title: str
    group: str
    grantee: str = ""

    @property
    def email(self) -> str:
        """An address that nobody has: .example is reserved for what is invented."""
        return f"{self.username.translate(ASCII)}@{self.grantee or 'ministeriet'}.example"


PEOPLE = (
    Person("sofie", "Sofie", "Lund", "Sagsbehandler", "Sagsbehandler"),
    Person("søren", "Søren", "Østergård", "Sagsbehandler", "Sagsbehandler"),
    Person("anders", "Anders", "Holm", "Godkender", "Godkender"),
    Person("mette", "Mette", "Krogh", "Kontorchef", "Ledelse"),
    Person("lars", "Lars", "Bach", "Afdelingschef", "Ledelse"),
    Person("karen", "Karen", "Friis", "Controller", "Controller"),
    Person("knud", "Knud", "Holst", "Controller", "Controller"),
    Person("nina", "Nina", "Bech", "Stamdatamedarbejder", "Stamdata"),
    Person("ida", "Ida", "Nørgaard", "Regnskabskontrollant", "Regnskabskontrol"),
    Person("pia", "Pia", "Thomsen", "Regnskabsmedarbejder", "Udbetaler"),
    Person("adam", "Adam", "Dahl", "Adgangsadministrator", "Adgangsadministrator"),
    Person("rikke", "Rikke", "Vang", "Revisor", "Revisor"),
    Person("freja", "Freja", "Juul", "Folkebevægelsen mod Ensomhed", "Tilskudsmodtager", "folkebevaegelsen"),
    Person("bo", "Bo", "Riis", "Social- og Boligstyrelsen", "Tilskudsmodtager", "sbst"),
    Person("maria", "Maria", "Skov", "Mary Fonden", "Tilskudsmodtager", "mary-fonden"),
    Person("åse", "Åse", "Winther", "Ældre Sagen", "Tilskudsmodtager", "aeldre-sagen"),
    Person("rune", "Rune", "Kjær", "Røde Kors", "Tilskudsmodtager", "roede-kors"),
)
OFFICE = ("Sagsbehandler", "Godkender", "Ledelse", "Controller", "Stamdata", "Regnskabskontrol", "Udbetaler", "Adgangsadministrator")


def create_people() -> dict[str, User]:
    """The demo's people with their groups; those who exist stay."""
    password = make_password(PASSWORD)
    people = {}
    for person in PEOPLE:
        user = User.objects.filter(username=person.username).first()
        if user is None:
            user = User(
                username=person.username,
                first_name=person.first_name,
                last_name=person.last_name,
                email=person.email,
                job_title=person.job_title,
                is_staff=person.group in OFFICE,
                is_demo=True,
                password=password,
            )
            user.save()
            appoint(user, person.group)
        people[person.username] = user
    return people


def decide(people: dict[str, User], path: Path = allocation.SOURCE) -> None:
    """Mette proposes an allocation and Lars approves it: grantees, windows and appropriations first, the earmarkings after them."""
    proposer, approver = people["mette"], people["lars"]
    for _ in range(2):
        allocation.load(proposer, path=path)
        approve_grantees(approver)
        for window in Window.objects.filter(step=Step.PENDING, settlement__isnull=True).exclude(frame__windows__step=Step.POST):
            decisions.approve_window(approver, window, key=_approval_of(window))
        for pending in Transfer.objects.waiting().filter(kind__in=["appropriation", "earmarking"]):
            payments.approve(approver, pending, key=_approval_of(pending))


def load_allocation(people: dict[str, User]) -> None:
    """The allocation in effect, and what every payment of it needs: its grantees' people, payment details and accepted terms."""
    decide(people)
    for person in PEOPLE:
        if person.grantee:
            Grantee.objects.get(slug=person.grantee).members.add(people[person.username])
    review.record(people["karen"], note="Alle roller svarer til opgaverne.", key=uuid.uuid5(allocation.NAMESPACE, "access review"))
    decide_details(people)
    open_receiving_account(people)
    accept_terms(people)


def play_story(people: dict[str, User]) -> bool:
    """Plays the story, or what is missing of it; answers whether the books tell it now. Books in which somebody else has moved money, or closed a period, are left alone."""
    story = Story(people)
    keys = [line.key for line in story.lines()]
    told = Transfer.objects.filter(key__in=keys)
    if told.filter(key=keys[-1]).exists():
        return True
    others = Transfer.objects.exclude(key__in=keys).exclude(kind__in=[Kind.APPROPRIATION, Kind.EARMARKING])
    others = others.exclude(batch_row__batch__key__in=keys).exclude(accounts_use__accounts__key__in=keys).exclude(pending__accounts_use__accounts__key__in=keys)
    if others.exists() or (Period.objects.filter(closed=True).exists() and not told.exists()):
        return False
    story.play()
    return True


def _approval_of(pending: Transfer | Window) -> uuid.UUID:
    return uuid.uuid5(pending.key, "approval")
