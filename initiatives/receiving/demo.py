"""The demo's payment details: Nina proposes, Karen verifies, Lars approves. Every number is invented."""

import uuid
from datetime import date

from ensomhed.models import User
from initiatives import paper, vouchers
from initiatives.control import proposals
from initiatives.models import Grantee, Proposal
from initiatives.receiving import details
from initiatives.receiving.details import Method

NAMESPACE = uuid.UUID("6b1f0b1e-53a7-5d0e-8a0c-0f5f3f1f5d11")
FROM = date(2023, 1, 1)
DETAILS: dict[str, dict[str, str]] = {
    "folkebevaegelsen": {"method": Method.NEMKONTO, "cvr": "99999918"},
    "sbst": {"method": Method.INTERNAL},
    "mary-fonden": {"method": Method.ACCOUNT, "registration_number": "9999", "account_number": "0001234567"},
    "aeldre-sagen": {"method": Method.NEMKONTO, "cvr": "99999926"},
    "roede-kors": {"method": Method.ACCOUNT, "registration_number": "9999", "account_number": "0007654321"},
}


def approve_grantees(approver: User) -> None:
    """Approves every grantee that the allocation proposed."""
    for pending in proposals.waiting().filter(kind="grantee"):
        proposals.approve(approver, pending, key=uuid.uuid5(pending.key, "approval"))


def decide_details(people: dict[str, User]) -> None:
    """Gives every grantee of the demo its payment details; run again, it changes nothing."""
    for slug, content in DETAILS.items():
        grantee, key = Grantee.objects.get(slug=slug), uuid.uuid5(NAMESPACE, slug)
        if Proposal.objects.filter(key=key).exists():
            continue
        agreed = paper.pdf(["Opdigtet oplysning til prøveudgaven", "", f"{grantee} får udbetalt til: {details.said({'cvr': '', **content})}"])
        pending = details.propose(
            people["nina"],
            grantee,
            effective_from=FROM,
            reason="Oplyst af tilskudsmodtageren ved tilsagnet",
            voucher=vouchers.keep(people["nina"], agreed, f"betalingsoplysninger-{slug}.pdf"),
            key=key,
            **content,
        )
        proposals.verify(people["karen"], pending, how="Ringet til organisationens hovednummer, som står på dens egen hjemmeside")
        proposals.approve(people["lars"], pending, key=uuid.uuid5(key, "approval"))
