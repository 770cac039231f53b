"""What a proposal about claims says: one withdrawn, or another account to pay into."""

from collections.abc import Sequence
from decimal import Decimal

from initiatives.control.words import Words, spoken_of
from initiatives.models import Claim, Proposal
from ledger.formats import date_text, kroner


def _claims(proposals: Sequence[Proposal]) -> dict[int, Claim]:
    claims = Claim.objects.select_related("earmark__grantee").in_bulk({int(proposal.subject) for proposal in proposals})
    return {proposal.pk: claims[int(proposal.subject)] for proposal in proposals if int(proposal.subject) in claims}


def _withdrawn(proposal: Proposal) -> str:
    claim: Claim | None = spoken_of(proposal)
    return f"Tilbagetrækning af {str(claim).lower()} mod {claim.earmark.grantee}" if claim else "Tilbagetrækning af et krav"


WORDS = {
    "claim_withdrawal": Words(
        headline=_withdrawn,
        spoken_of=_claims,
        labels={"open": "Mangler at blive betalt"},
        shown={"open": lambda text: kroner(Decimal(text))},
        bars={"raised": "Du har selv rejst kravet."},
        effect="Kravet falder bort. Det, der er betalt på det, bliver stående, og tilskudsmodtageren kan se, at det er trukket tilbage.",
    ),
    "receiving_account": Words(
        headline=lambda proposal: "Ministeriets konto til tilbagebetalinger",
        labels={
            "name": "Kontoens navn",
            "registration_number": "Registreringsnummer",
            "account_number": "Kontonummer",
            "effective_from": "Gælder fra",
        },
        shown={"effective_from": date_text},
        bars={
            "repayments": "Du har registreret tilbagebetalinger eller krav, og den, der gør det, bestemmer ikke, hvor de skal betales hen.",
            "verified": "Du har selv kontrolleret kontoen.",
        },
        effect="Alle krav viser den nye konto fra den dag, den gælder.",
    ),
}
