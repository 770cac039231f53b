"""What a payment is called outside the books."""

from django import template

from initiatives.paying import references
from ledger.models import Transfer

register = template.Library()


@register.filter
def reference(transfer: Transfer) -> str:
    """ENS-12-5; nothing for what sends no money."""
    return references.reference_of(transfer)
