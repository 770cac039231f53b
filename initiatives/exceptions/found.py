"""The exceptions: what should not be there, asked of the books as they are. An honest office has none, except what was decided by two persons and stays listed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from django.db import connection
from django.urls import reverse
from djmoney.money import Money

from initiatives.access import review
from initiatives.exceptions import sources
from initiatives.exceptions.kept import Kept
from initiatives.models import Earmark
from initiatives.paying import findings

MOST = 500
"""of each kind; more are counted"""
STAFF = {
    "transfer": "admin:ledger_transfer_change",
    "proposal": "admin:initiatives_proposal_settle",
    "earmark": "admin:initiatives_earmark_change",
    "person": "admin:initiatives_access_review",
    "review": "admin:initiatives_access_review",
}
AUDITOR = {"transfer": "transfer", "proposal": "proposal", "person": "access", "review": "access"}


@dataclass(frozen=True)
class Exceptional:
    """One thing that should not be there, and where its story is told."""

    kind: str
    number: int | None
    day: date | None
    amount: Money | None
    text: str
    told_at: str = ""
    """the address for the ministry's people, where it is none of the usual"""

    @property
    def title(self) -> str:
        names = {
            "transfer": "Postering nr. {}",
            "proposal": "Forslag nr. {}",
            "earmark": "Øremærkning",
            "person": "Adgange",
            "review": "Adgange",
            "payment": "Betalingen",
        }
        return names[self.kind].format(self.number)

    @property
    def address_for_staff(self) -> str:
        return self.told_at or _address(STAFF, self.kind, self.number)

    @property
    def address_for_auditor(self) -> str:
        return _address(AUDITOR, self.kind, self.number)


def _address(addresses: dict[str, str], kind: str, number: int | None) -> str:
    name = addresses.get(kind)
    if name is None:
        return Earmark.objects.get(pk=number).get_absolute_url() if kind == "earmark" and number else ""
    return reverse(name) if kind in ("person", "review") else reverse(name, args=[number])


@dataclass(frozen=True)
class Check:
    """One question to the books, and why it is asked."""

    code: str
    title: str
    why: str
    ask: Callable[[], Iterable[Exceptional]]


@dataclass(frozen=True)
class Answer:
    check: Check
    found: list[Exceptional]

    @property
    def is_more(self) -> bool:
        return len(self.found) > MOST


def _of(*questions: str) -> Callable[[], Iterator[Exceptional]]:
    def ask() -> Iterator[Exceptional]:
        with connection.cursor() as cursor:
            for question in questions:
                cursor.execute(f"SELECT * FROM ({question}) AS found (kind, number, day, amount, text) ORDER BY number DESC LIMIT {MOST + 1}")  # noqa: S608 — the questions of sources.py
                for kind, number, day, amount, text in cursor.fetchall():
                    yield Exceptional(kind, number, day, None if amount is None else Money(amount, "DKK"), text)

    return ask


NEWEST = """
    SELECT concat_ws(' ', (SELECT max(id) FROM ledger_transfer), (SELECT max(id) FROM initiatives_paymentfile), (SELECT max(id) FROM initiatives_bankstatement),
        (SELECT max(id) FROM initiatives_proposal), (SELECT max(id) FROM initiatives_decision))
"""


def _of_all_payments(ask: Callable[[], Iterable[Exceptional]]) -> Callable[[], Iterable[Exceptional]]:
    """Asks what reads every payment there is once for each state of the books."""
    kept: Kept[list[Exceptional]] = Kept()

    def told() -> list[Exceptional]:
        with connection.cursor() as cursor:
            cursor.execute(NEWEST)
            return kept.told(lambda: list(ask()), *cursor.fetchone()).found

    return told


def _bank_lines() -> Iterator[Exceptional]:
    for finding in findings.unexplained():
        bank, line = finding.bank, finding.line
        day = bank.day if bank else line.transfer.value_date if line else None
        where = f"{bank.statement}, række {bank.number}" if bank else f"{line.file}" if line else ""
        told = " · ".join(filter(None, (finding.words, finding.reference, where, bank.account if bank else "", bank.text if bank else "")))
        yield Exceptional("transfer" if line else "payment", line.transfer_id if line else None, day, finding.amount, told, told_at=finding.address)


def _overdue_reviews() -> Iterator[Exceptional]:
    due = review.due()
    if due.overdue:
        yield Exceptional("review", None, due.by, None, "Kvartalets gennemgang af adgange er ikke sket")


TWO_ENDS, TWO_ROLES = _of_all_payments(_of(sources.TWO_ENDS)), _of(sources.TWO_ROLES)
CHECKS = (
    Check(
        "two_ends",
        "Samme person i begge ender",
        "Betalinger, som én person har ført igennem flere led, og personer, hvis roller mødes.",
        lambda: chain(TWO_ENDS(), TWO_ROLES()),
    ),
    Check(
        "details",
        "Betalt af en, der har rørt oplysningerne",
        "Den, der foreslår, kontrollerer eller godkender en konto, betaler ikke til den.",
        _of_all_payments(_of(sources.TOUCHED_DETAILS, sources.WITHOUT_DETAILS)),
    ),
    Check("overrides", "Betalt trods stop", "Besluttet af to personer; bliver stående her.", _of(sources.OVERRIDES)),
    Check(
        "thresholds",
        "Lige under en grænse eller delt",
        "Beløb, der ligger lige under en grænse, og betalinger, der er delt på én dag.",
        _of_all_payments(_of(sources.JUST_UNDER, sources.SPLIT)),
    ),
    Check("changed_back", "Oplysninger ændret og ændret tilbage", "En konto, der skiftes kort før en betaling og tilbage igen.", _of(sources.CHANGED_BACK)),
    Check("shared", "Konto hos flere", "Det samme kontonummer eller CVR-nummer hos to modtagere.", _of(sources.SHARED)),
    Check("bank", "Betalinger uden forklaring", "Betalt uden om systemet, aldrig betalt, eller med et andet beløb.", _of_all_payments(_bank_lines)),
    Check("roles", "Roller uden om ledelsen", "Givet med driftens adgang, efter at adgangene første gang blev gennemgået.", _of(sources.ROLES_PAST_A_DECISION)),
    Check("reviews", "Gennemgange, der mangler", "Adgangene gennemgås hvert kvartal.", _overdue_reviews),
)


def answers() -> list[Answer]:
    """Every check with what it found; each costs the same few questions at any size of the list."""
    return [Answer(check, list(check.ask())) for check in CHECKS]


def count() -> int:
    """How many exceptions there are in all."""
    return sum(len(answer.found) for answer in answers())


def context() -> dict[str, Any]:
    """What the auditor's page of exceptions shows."""
    told = answers()
    return {"answers": told, "empty": not any(answer.found for answer in told), "most": MOST}
