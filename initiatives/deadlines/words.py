"""How extensions and overrides are told to whoever decides them."""

from collections.abc import Sequence

from initiatives.control.words import Words, spoken_of
from initiatives.models import Deadline, Proposal
from ledger.formats import date_text

TIED = {"tied": "Du er knyttet til tilskudsmodtageren og kan derfor ikke afgøre dens sager."}


def _deadlines(proposals: Sequence[Proposal]) -> dict[int, Deadline]:
    """The deadline that each extension or override is about."""
    known = Deadline.objects.filter(earmark__in={proposal.earmark_id for proposal in proposals})
    by_number = {(deadline.earmark_id, deadline.pk): deadline for deadline in known}
    terms = {deadline.earmark_id: deadline for deadline in by_number.values() if deadline.what == Deadline.What.TERMS}

    def of(proposal: Proposal) -> Deadline | None:
        earmark = proposal.earmark_id or 0
        return terms.get(earmark) if proposal.subject == "stop:terms" else by_number.get((earmark, int(proposal.subject.partition(":")[2])))

    return {proposal.pk: found for proposal in proposals if (found := of(proposal))}


def _name(proposal: Proposal) -> str:
    deadline: Deadline | None = spoken_of(proposal)
    assert deadline is not None
    return deadline.name[:1].lower() + deadline.name[1:]


def _grantee(proposal: Proposal) -> str:
    assert proposal.earmark is not None
    return proposal.earmark.grantee.name


WORDS = {
    "extension": Words(
        headline=lambda proposal: f"Forlænget frist for {_name(proposal)} fra {_grantee(proposal)}",
        labels={"due": "Frist"},
        shown={"due": date_text},
        bars=TIED,
        spoken_of=_deadlines,
        effect="Den nye frist gælder straks: påmindelserne følger den, og der betales igen, indtil den er overskredet.",
    ),
    "override": Words(
        headline=lambda proposal: f"Betaling til {_grantee(proposal)}, selv om der mangler {_name(proposal)}",
        labels={"until": "Der må betales med valørdato til og med"},
        shown={"until": date_text},
        bars=TIED,
        spoken_of=_deadlines,
        effect="Betalinger stoppes ikke af netop dette, før dagen er gået. Beslutningen bliver stående på listen for altid, og påmindelserne fortsætter.",
    ),
}
