"""What an explanation says to whoever decides it."""

from initiatives.control.words import Words
from initiatives.models import Proposal
from initiatives.paying.findings import of_subject
from ledger.formats import date_text, kroner


def _headline(proposal: Proposal) -> str:
    found = of_subject(proposal.subject)
    if found is None or found.amount is None:
        return "Forklaring på en betaling"
    day = f" {date_text(found.bank.day)}" if found.bank else ""
    return f"Forklaring på {found.reference or 'en betaling uden reference'}, {kroner(found.amount)}{day}"


def _warnings(proposal: Proposal) -> list[str]:
    found = of_subject(proposal.subject)
    if found is None:
        return []
    said = [f"Afstemningen viser: {found.words}."]
    if found.line and found.bank and found.line.amount != found.bank.amount:
        said.append(f"Her blev der sendt {kroner(found.line.amount)}; listen siger {kroner(found.bank.amount)}.")
    if found.code == "account_differs":
        said.append(f"Den blev sendt til: {found.destination}.")
    if found.bank:
        said.append(
            f"Række {found.bank.number} i {found.bank.statement.name}: {found.bank.text or 'uden tekst'}{', konto ' + found.bank.account if found.bank.account else ''}."
        )
    return said


HANDS = "Du har selv {} betalingen."
WORDS = {
    "explanation": Words(
        headline=_headline,
        labels={"explained": "Forklaret"},
        bars={"registered": HANDS.format("registreret"), "approved": HANDS.format("godkendt"), "released": HANDS.format("frigivet")},
        effect="Linjen står ikke længere rød på forsiden. Forklaringen og dens dokument bliver stående i afstemningen.",
        warnings=_warnings,
    )
}
