"""Words of a lost second step: the proposal that takes it away (ensomhed/migrations/0002_login.sql does it)."""

from collections.abc import Sequence
from typing import Any

from ensomhed.authenticators import NAMES
from ensomhed.models import User
from initiatives.control.words import Words, spoken_of
from initiatives.models import Proposal


def _people(proposals: Sequence[Proposal]) -> dict[int, User]:
    numbers = {proposal.pk: int(proposal.subject.partition(":")[2]) for proposal in proposals}
    people = User.objects.in_bulk(set(numbers.values()))
    return {proposal: people[number] for proposal, number in numbers.items() if number in people}


def _steps(values: Any) -> str:
    return ", ".join(NAMES.get(value, value) for value in values) or "intet"


WORDS: dict[str, Words] = {
    "factor_reset": Words(
        headline=lambda proposal: f"Nulstilling af andet trin for {spoken_of(proposal)}",
        spoken_of=_people,
        labels={"steps": "Andet trin"},
        shown={"steps": _steps},
        bars={"own": "Det er dit eget andet trin. En anden fra ledelsen skal afgøre det."},
        effect="Det gamle andet trin og adgangskoden virker ikke mere, og personen er logget ud overalt. Adgangsadministratoren sender et nyt engangslink.",
        warnings=lambda proposal: ["Tal med personen selv, før du godkender: den, der beder om nulstillingen, kan være en anden, der vil ind som personen."],
    ),
}
