"""Where money goes, as a page says it."""

from collections.abc import Iterable

from django import template

from initiatives.models import Proposal
from initiatives.receiving import details
from ledger.models import Transfer

register = template.Library()


@register.filter
def paid_to(transfer: Transfer) -> Proposal | None:
    """The payment details that a disbursement was registered on."""
    return details.paid_on(transfer) if transfer.kind == "disbursement" else None


@register.filter
def said(proposal: Proposal) -> str:
    """Payment details in one line."""
    return details.said(proposal.after)


@register.filter
def named(people: Iterable[object]) -> str:
    """Sofie Lund, Søren Østergård eller Anders Holm; »ingen« for nobody."""
    names = [str(person) for person in people]
    return " eller ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "ingen"
