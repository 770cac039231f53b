"""The entries of an earmark as its grantee reads them: money to you, money from you, and what waits.

A registration is one line, in its latest state: on its way, then paid, or come to nothing. What the ministry only considers to grant is not shown.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from djmoney.money import Money

from initiatives.models import Earmark
from initiatives.paying.references import reference_of
from ledger.kinds import Kind, Step
from ledger.models import Transfer

TO_YOU, FROM_YOU = "til jer", "fra jer"


@dataclass(frozen=True)
class Line:
    """One entry in the grantee's words. `unpaid` and `held` run: not yet paid, and with you, after this entry; None where it left them."""

    number: int
    day: date
    name: str
    because: str
    text: str
    case_number: str
    reference: str
    """what the bank calls a payment"""
    amount: Money
    direction: str
    state: str
    """moved, waiting or cancelled"""
    unpaid: Decimal | None
    held: Decimal | None
    paid_to: str = ""
    """where a payment goes"""


def entries_of(earmark: Earmark) -> QuerySet[Transfer]:
    """The transfers that a grantee sees: what moved on its accounts, and what is or was reserved there. A registration that was settled shows as its outcome."""
    own = [earmark.account_id, earmark.grantee_account_id, earmark.used_account_id, earmark.written_off_account_id]
    reserves_here = Q(debit_account__in=own) | Q(debit_account__parent=earmark.grantee_account_id)
    return (
        Transfer.objects.filter(Q(debit_account__in=own) | Q(credit_account__in=own))
        .filter(Q(step__in=[Step.SINGLE, Step.POST]) | reserves_here)
        .exclude(step=Step.PENDING, settlement__isnull=False)
        .select_related("debit_account", "credit_account", "pending", "reverses")
    )


def line(earmark: Earmark, transfer: Transfer) -> Line:
    """Tells one transfer. The reason for a rejection stays between the ministry's own people."""
    registered = transfer.pending if transfer.step == Step.VOID and transfer.pending else transfer
    moved = transfer.step in (Step.SINGLE, Step.POST)
    return Line(
        number=transfer.pk,
        day=transfer.value_date,
        name=_name(earmark, transfer),
        because=transfer.get_cause_display() if transfer.cause else "",
        text=registered.text,
        case_number=transfer.case_number,
        reference="" if transfer.step == Step.VOID else reference_of(transfer),
        amount=transfer.amount,
        direction=_direction(earmark, transfer),
        state="moved" if moved else "waiting" if transfer.step == Step.PENDING else "cancelled",
        unpaid=_after(transfer, earmark.account_id) if moved else None,
        held=_after(transfer, earmark.grantee_account_id) if moved else None,
    )


def _after(transfer: Transfer, account: int) -> Decimal | None:
    if transfer.debit_account_id == account:
        return transfer.debit_balance
    return transfer.credit_balance if transfer.credit_account_id == account else None


def _direction(earmark: Earmark, transfer: Transfer) -> str:
    """Only money that the grantee gets or gives has a direction; granting, documenting and waiving move none."""
    kind = transfer.reverses.kind if transfer.reverses else transfer.kind
    if kind not in (Kind.DISBURSEMENT, Kind.REPAYMENT, Kind.REGRANT, Kind.REGRANT_RETURNED):
        return ""
    return TO_YOU if transfer.credit_account_id == earmark.grantee_account_id else FROM_YOU


NAMES = {
    Kind.EARMARKING: "Bevilget",
    Kind.RELEASE: "Bevillingen er sat ned",
    Kind.DISBURSEMENT: "Udbetaling",
    Kind.REPAYMENT: "Tilbagebetaling",
    Kind.REGRANT: "Givet videre",
    Kind.REGRANT_RETURNED: "Givet tilbage",
    Kind.DOCUMENTED_USE: "Regnskab",
    Kind.WRITE_OFF: "Eftergivet krav",
    Kind.LAPSE: "Bortfaldet",
}


def _name(earmark: Earmark, transfer: Transfer) -> str:
    kind = Kind(transfer.reverses.kind if transfer.reverses else transfer.kind)
    if kind == Kind.REALLOCATION:
        into = (transfer.credit_account_id == earmark.account_id) != bool(transfer.reverses)
        name = "Flyttet hertil" if into else "Flyttet herfra"
    elif transfer.kind == Kind.DOCUMENTED_USE and transfer.step == Step.POST:
        name = "Godkendt regnskab"
    else:
        name = NAMES[kind]
    actor = next((account.name for account in (transfer.debit_account, transfer.credit_account) if account.kind == "local"), "")
    named = f"{name}: {actor}" if actor else name
    if transfer.reverses:
        return f"Ført tilbage: {named[0].lower()}{named[1:]}"
    return f"{named}, bogført på ny" if transfer.replaces_id else named
