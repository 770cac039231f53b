"""What a proposal about a grantee or its payment details says to whoever verifies and decides it."""

from datetime import date
from typing import Any

from initiatives.control.words import Words
from initiatives.models import Proposal
from initiatives.receiving import cvr, details
from initiatives.receiving.details import Method
from ledger.formats import date_text

TIED = "Du hører eller hørte til tilskudsmodtageren eller behandler dens egen bevilling."


def _number(value: Any) -> str:
    return cvr.grouped(str(value)) or "–"


def _account(value: Any) -> str:
    return details.grouped(str(value)) or "–"


def _day(value: Any) -> str:
    return date_text(date.fromisoformat(value)) if value else "–"


def _method(value: Any) -> str:
    return Method(value).label


def _of_grantee(proposal: Proposal) -> str:
    return f"Ændring af {proposal.grantee}" if proposal.before else f"Ny tilskudsmodtager: {proposal.after.get('name')}"


def _warnings_of_grantee(proposal: Proposal) -> list[str]:
    return [line for line in [cvr.warning(proposal.after.get("cvr", ""))] if line]


WORDS = {
    "grantee": Words(
        headline=_of_grantee,
        labels={"name": "Navn", "cvr": "CVR-nummer", "state_agency": "Statslig myndighed"},
        shown={"cvr": _number},
        bars={"tied": TIED},
        effect="Det gælder straks, og en ny tilskudsmodtager kan derefter få en øremærkning. Hverken den, der har foreslået det, eller den, der godkender, kan registrere eller godkende udbetalinger til den.",
        warnings=_warnings_of_grantee,
    ),
    "payment_details": Words(
        headline=lambda proposal: f"Betalingsoplysninger for {proposal.grantee}",
        labels={
            "method": "Udbetales til",
            "cvr": "CVR-nummer",
            "registration_number": "Registreringsnummer",
            "account_number": "Kontonummer",
            "effective_from": "Gælder fra",
        },
        shown={"method": _method, "cvr": _number, "account_number": _account, "effective_from": _day},
        bars={"tied": TIED, "verified": "Du har selv kontrolleret oplysningerne, og en tredje person skal derfor godkende dem."},
        effect="Udbetalinger med valørdato fra den dag går hertil. De tre, der har foreslået, kontrolleret og godkendt, kan hverken registrere eller godkende dem.",
        warnings=details.warnings,
    ),
}
