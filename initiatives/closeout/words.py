"""What a proposal to close a grant out says."""

from initiatives.accounts.questions import BARS
from initiatives.closeout import letter, questions
from initiatives.control.words import Words
from initiatives.models import Proposal
from ledger.formats import kroner


def _headline(proposal: Proposal) -> str:
    return f"{'Afslutning' if proposal.after['closed'] else 'Genåbning'} af tilskuddet: {proposal.earmark}"


def _warnings(proposal: Proposal) -> list[str]:
    """The figures that it ends with, and what came in the way after it was proposed."""
    if not proposal.after["closed"] or hasattr(proposal, "decision") or proposal.earmark is None:
        return []
    settled = ", ".join(f"{label.lower()} {kroner(amount)}" for label, amount in letter.in_all(letter.figures_of(proposal.earmark.pk)))
    return [f"Opgørelsen: {settled}"] + [f"Mangler nu: {thing.words}" for thing in questions.missing(proposal.earmark)]


WORDS = {
    "close_out": Words(
        headline=_headline,
        labels={"closed": "Tilskuddet"},
        shown={"closed": lambda closed: "afsluttet" if closed else "åbent"},
        bars={why: f"Du {words}." for why, words in BARS.items()},
        effect=(
            "På et afsluttet tilskud kan der ikke registreres, udbetales, kræves eller indsendes mere. Afslutningsbrevet skrives ved godkendelsen, og"
            " tilskudsmodtageren kan hente det. Åbnes tilskuddet igen, kan der igen registreres på det."
        ),
        warnings=_warnings,
    )
}
