"""What a page says of a payment outside the books: its reference, and what came of it."""

from django import template

from initiatives.paying import findings, references
from initiatives.paying.findings import Finding
from ledger.kinds import Kind, Step
from ledger.models import Transfer

register = template.Library()


@register.filter
def reference(transfer: Transfer) -> str:
    """ENS-12-5; nothing for what sends no money."""
    return references.reference_of(transfer)


@register.filter
def left(transfer: Transfer) -> Finding | None:
    """What came of a payment that left in a file; nothing for what has not left."""
    if transfer.kind != Kind.DISBURSEMENT or transfer.step != Step.POST or transfer.replaces_id:
        return None
    return findings.of_payment(transfer.pk)
