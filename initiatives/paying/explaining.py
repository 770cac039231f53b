"""What is done about what does not agree: an explanation that management decides on, or the reversal of what the bank returned."""

import uuid

from django.utils import timezone

from ensomhed.models import User
from initiatives import paper, payments, rights, vouchers
from initiatives.control import proposals
from initiatives.models import Proposal, Voucher
from initiatives.paying.findings import Finding
from ledger import booking, questions
from ledger.formats import date_text, kroner
from ledger.kinds import Cause
from ledger.models import Transfer
from ledger.refusals import refused


@booking.verb
def explain(by: User, finding: Finding, *, reason: str, voucher: Voucher | None, key: uuid.UUID) -> Proposal:
    """Proposes what a line that does not agree is about, with its document. It stays red until another person approves. Raises LedgerError, PermissionDenied."""
    return proposals.propose(by, "explanation", after={"explained": True}, reason=reason, voucher=voucher, key=key, subject=finding.subject)


@booking.verb
def reverse_returned(by: User, finding: Finding, *, key: uuid.UUID) -> Transfer:
    """Registers the reversal of a payment that the bank returned, with the list's row as its document. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.REGISTER)
    known = Transfer.objects.filter(key=key, booked_by=by, cause=Cause.BANK_RETURNED).first()
    if known:
        return known
    if finding.code != "returned" or finding.bank is None or finding.line is None:
        raise refused("returned_payment_stands_on_a_list", {"reference": finding.reference})
    bank, origin = finding.bank, Transfer.objects.get(pk=carried_by(finding.line.transfer_id))
    words = [
        "Returneret af banken",
        "",
        f"Række {bank.number} i betalingslisten {bank.statement.name}",
        f"Indlæst {timezone.localtime(bank.statement.taken_at):%d.%m.%Y} af {bank.statement.taken_by}",
        f"Listens kontrolsum (SHA-256): {bank.statement.sha256}",
        f"Reference: {bank.reference}",
        f"Beløb: {kroner(bank.amount)}",
        f"Dato: {date_text(bank.day)}",
        f"Status: {bank.get_status_display()}",
        *([f"Konto: {bank.account}"] if bank.account else []),
        *([f"Tekst: {bank.text}"] if bank.text else []),
    ]
    voucher = vouchers.keep(by, paper.pdf(words), f"retur-{bank.reference}.pdf")
    day = questions.first_open_day(max(origin.value_date, bank.day))
    return payments.reverse(by, origin, cause=Cause.BANK_RETURNED, value_date=day, key=key, voucher=voucher, text=f"Returneret af banken {date_text(bank.day)}")


def carried_by(transfer: int) -> int:
    """The disbursement that carries a payment now: itself, or what it was booked anew as."""
    newest = transfer
    while replacement := Transfer.objects.filter(replaces=newest, step="post").values_list("pk", flat=True).first():
        newest = replacement
    return newest
