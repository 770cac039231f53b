"""What a proposal says to whoever decides it: its headline, the names of what changes, and why somebody may not decide. Each area brings the words of its kinds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from initiatives.models import Proposal

Show = Callable[[Any], str]


def plain(value: Any) -> str:
    """A value as it stands: lists by comma, yes and no, nothing as a dash."""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value) or "–"
    return str(value) if value not in (None, "") else "–"


@dataclass(frozen=True)
class Words:
    """How one kind of proposal is told."""

    headline: Callable[[Proposal], str]
    """what it is about, in one line: »Betalingsoplysninger for Mary Fonden«"""
    labels: Mapping[str, str]
    """what the keys of before and after are called on screen, in the order in which they are shown"""
    shown: Mapping[str, Show] = field(default_factory=dict)
    """how the value of a key is written, where it is not written as it stands"""
    bars: Mapping[str, str] = field(default_factory=dict)
    """why a person may not decide, by the code that PostgreSQL gives"""
    effect: str = ""
    """what an approval does, in one sentence"""
    warnings: Callable[[Proposal], list[str]] = lambda proposal: []
    """what whoever decides should know, and which blocks nothing"""
    spoken_of: Callable[[Sequence[Proposal]], Mapping[int, Any]] | None = None
    """where the headline names another row: those rows of many proposals, by the proposals' numbers, in one question"""


@dataclass(frozen=True)
class Line:
    """One thing that changes."""

    label: str
    before: str
    after: str

    @property
    def changes(self) -> bool:
        return self.before != self.after


OWN = "Du har selv foreslået det."
TIED = "Du er knyttet til tilskudsmodtageren og kan derfor ikke afgøre dens sager."
REOPENING = Words(
    headline=lambda proposal: f"Genåbning af perioden {proposal.subject.partition(':')[2]}",
    labels={"closed": "Lukkede perioder"},
    effect="Perioden og årets senere perioder bliver åbne og skal lukkes igen.",
)


WORDS: dict[str, Words] = {"reopening": REOPENING}
"""the words of every kind, filled in by initiatives.control.kinds"""


def prepare(proposals: Iterable[Proposal]) -> None:
    """Reads what the headlines of many proposals name, once for each kind instead of once for each."""
    by_kind: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        by_kind.setdefault(proposal.kind_id, []).append(proposal)
    for some in by_kind.values():
        ask = words_of(some[0]).spoken_of
        found = ask(some) if ask else {}
        for proposal in some:
            vars(proposal)["spoken_of"] = found.get(proposal.pk)


def spoken_of(proposal: Proposal) -> Any:
    """The row that a proposal's headline names; None when there is none."""
    if "spoken_of" not in vars(proposal):
        prepare([proposal])
    return vars(proposal)["spoken_of"]


def words_of(proposal: Proposal) -> Words:
    """The words of a proposal's kind; one without words of its own is told as it stands."""
    name = proposal.kind.name
    return WORDS.get(proposal.kind_id) or Words(headline=lambda one: name.capitalize(), labels={})


def lines_of(proposal: Proposal) -> list[Line]:
    """What stands before and what would stand after, thing by thing."""
    words = words_of(proposal)
    keys = [*words.labels, *sorted((proposal.before.keys() | proposal.after.keys()) - words.labels.keys())]

    def text(values: dict[str, Any], key: str) -> str:
        return words.shown.get(key, plain)(values[key]) if key in values else "–"

    return [
        Line(words.labels.get(key, key), text(proposal.before, key), text(proposal.after, key))
        for key in keys
        if key in proposal.before or key in proposal.after
    ]


def why_barred(proposal: Proposal, code: str | None) -> str:
    """Why this person may not decide, as a sentence; empty when nothing bars."""
    if code is None:
        return ""
    return {"proposed": OWN, "tied": TIED, **words_of(proposal).bars}.get(code, "Du har selv haft med sagen at gøre.")
