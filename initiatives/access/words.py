"""What a proposal about somebody's access says to whoever decides it."""

from ensomhed.models import User
from initiatives.control.words import Words
from initiatives.models import Proposal


def person_of(proposal: Proposal) -> User | None:
    """The person that a proposal is about."""
    return User.objects.filter(pk=int(proposal.subject.removeprefix("user:"))).first()


WORDS: dict[str, Words] = {
    "role": Words(
        headline=lambda proposal: f"Roller for {person_of(proposal)}",
        labels={"roles": "Roller"},
        bars={"own": "Rollerne er dine egne, og derfor skal en anden afgøre dem."},
        effect="Rollerne gælder, så snart forslaget er godkendt.",
    ),
}
