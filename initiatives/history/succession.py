"""One organisation follows another, from a day on: a decision with its document, and no entry in the books. The follower's people then see what the other was granted."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from ensomhed.models import User
from initiatives.control import proposals
from initiatives.control.words import Words
from initiatives.models import Grantee, Proposal, Voucher
from ledger import booking
from ledger.formats import date_text
from ledger.refusals import NotSoBooked, Rules

KIND = "succession"


@booking.verb
def propose(by: User, grantee: Grantee, *, successor: Grantee, starts: date, reason: str, voucher: Voucher | None, key: uuid.UUID) -> Proposal:
    """Proposes that another organisation follows this one. It counts when another person approves it. Raises LedgerError, PermissionDenied."""
    after = {"successor": successor.slug, "from": starts.isoformat()}
    return proposals.propose(by, KIND, grantee=grantee, after=after, reason=reason, voucher=voucher, key=key)


@dataclass(frozen=True)
class Succession:
    """Who follows a grantee, and from when on."""

    successor: Grantee
    starts: date


def of(grantee: Grantee) -> Succession | None:
    """Who was decided to follow a grantee; None while nobody was."""
    decided = proposals.newest_approved(KIND, grantee=grantee)
    return Succession(Grantee.objects.get(slug=decided.after["successor"]), date.fromisoformat(decided.after["from"])) if decided else None


def _organisation(slug: Any) -> str:
    found = Grantee.objects.filter(slug=slug).first()
    return str(found or slug)


def _day(value: Any) -> str:
    return date_text(str(value))


WORDS = {
    KIND: Words(
        headline=lambda proposal: f"{proposal.grantee} afløses af en anden organisation",
        labels={"successor": "Afløses af", "from": "Fra og med"},
        shown={"successor": _organisation, "from": _day},
        effect="Fra den dag ser afløserens brugere også denne organisations tilskud. Intet bogføres, og de nuværende brugere beholder deres adgang.",
    )
}
RULES: Rules = {
    "succession_names_another_organisation": (
        NotSoBooked,
        "successor",
        lambda f: "En organisation afløses af en anden organisation, fra en bestemt dag. Vælg afløseren og dagen.",
    ),
    "succession_does_not_run_in_a_circle": (
        NotSoBooked,
        "successor",
        lambda f: "Den valgte organisation er selv blevet afløst af denne. Vælg en anden afløser.",
    ),
}
