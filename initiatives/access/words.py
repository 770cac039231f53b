"""What a proposal about somebody's access says to whoever decides it."""

from collections.abc import Sequence

from ensomhed.models import User
from initiatives.control.words import Words, spoken_of
from initiatives.models import Proposal


def _people(proposals: Sequence[Proposal]) -> dict[int, User]:
    """The person that each proposal is about."""
    numbers = {proposal.pk: int(proposal.subject.removeprefix("user:")) for proposal in proposals}
    people = User.objects.in_bulk(set(numbers.values()))
    return {proposal: people[number] for proposal, number in numbers.items() if number in people}


WORDS: dict[str, Words] = {
    "role": Words(
        headline=lambda proposal: f"Roller for {spoken_of(proposal)}",
        labels={"roles": "Roller"},
        bars={"own": "Rollerne er dine egne, og derfor skal en anden afgøre dem."},
        effect="Rollerne gælder, så snart forslaget er godkendt.",
        spoken_of=_people,
    ),
}
