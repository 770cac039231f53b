"""What a payment is called outside the books: ENS-<number of its registration>-<check digit>. PostgreSQL makes the same (initiatives_payment_reference)."""

from ledger.kinds import Kind
from ledger.models import Transfer


def reference(registration: int) -> str:
    """12 → "ENS-12-5": Luhn's digit, so that a number typed wrong is no other payment's."""
    total = 0
    for place, digit in enumerate(reversed(str(registration))):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return f"ENS-{registration}-{-total % 10}"


def reference_of(transfer: Transfer) -> str:
    """The reference of a disbursement, waiting or approved; "" for whatever sends no money, a payment booked anew among them."""
    if transfer.kind != Kind.DISBURSEMENT or transfer.replaces_id:
        return ""
    return reference(transfer.pending_id or transfer.pk)
