"""What a page of the books offers this person to do with a transfer."""

from django import template

from ensomhed.models import User
from initiatives import rights
from ledger.kinds import Kind, Step
from ledger.models import Transfer

register = template.Library()


@register.filter
def may_reverse(user: User, transfer: Transfer) -> bool:
    """Whether this person may propose a reversal of this transfer; that the books agree is another matter."""
    moved = transfer.step in (Step.SINGLE, Step.POST) and transfer.kind != Kind.REVERSAL
    return moved and user.may(rights.to_register(transfer.kind))


@register.filter
def may_repay(user: User, transfer: Transfer) -> bool:
    """Whether money of this transfer can come back as a repayment that this person registers."""
    return transfer.step == Step.POST and transfer.kind == Kind.DISBURSEMENT and user.may(rights.REGISTER)
