"""How extensions and overrides are told to whoever decides them."""

from initiatives.control.words import Words
from initiatives.models import Deadline, Proposal
from ledger.formats import date_text

TIED = {"tied": "Du er knyttet til tilskudsmodtageren og kan derfor ikke afgøre dens sager."}


def deadline_of(proposal: Proposal) -> Deadline | None:
    """The deadline that an extension or an override is about."""
    deadlines = Deadline.objects.filter(earmark=proposal.earmark_id)
    if proposal.subject == "stop:terms":
        return deadlines.filter(what=Deadline.What.TERMS).first()
    return deadlines.filter(pk=int(proposal.subject.partition(":")[2])).first()


def _name(proposal: Proposal) -> str:
    deadline = deadline_of(proposal)
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
        effect="Den nye frist gælder straks: påmindelserne følger den, og der betales igen, indtil den er overskredet.",
    ),
    "override": Words(
        headline=lambda proposal: f"Betaling til {_grantee(proposal)}, selv om der mangler {_name(proposal)}",
        labels={"until": "Der må betales med valørdato til og med"},
        shown={"until": date_text},
        bars=TIED,
        effect="Betalinger stoppes ikke af netop dette, før dagen er gået. Beslutningen bliver stående på listen for altid, og påmindelserne fortsætter.",
    ),
}
