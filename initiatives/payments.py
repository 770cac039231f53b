"""Paying and undoing a payment: register, approve, reject, withdraw, reverse, book anew. Two persons each time; the rules are the books' own (ledger/README.md)."""

import uuid
from datetime import date

from django.core.exceptions import PermissionDenied
from djmoney.money import Money

from ensomhed.models import User
from initiatives import plans, rebooking, rights
from initiatives.models import Earmark, Instalment, Voucher
from ledger import booking
from ledger.kinds import Cause, Kind, Step
from ledger.models import Transfer


@booking.verb
def register_disbursement(
    by: User,
    earmark: Earmark,
    *,
    amount: Money,
    value_date: date,
    voucher: Voucher,
    key: uuid.UUID,
    case_number: str = "",
    text: str = "",
    period: str | None = None,
    instead_of: Transfer | None = None,
    instalment: Instalment | None = None,
) -> Transfer:
    """Reserves a payment from an earmark to its own grantee until a second person decides; `instead_of` is the payment that was reversed, and is paid anew by it.

    `instalment` is the planned payment that it is. Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.REGISTER)
    pending = booking.book(
        by,
        Kind.DISBURSEMENT,
        Step.PENDING,
        debit=earmark.account,
        credit=earmark.grantee_account,
        amount=amount,
        value_date=value_date,
        key=key,
        text=text,
        case_number=case_number,
        voucher_sha256=voucher.sha256,
        period=period,
    )
    if instead_of:
        rebooking.note(pending, instead_of)
    if instalment:
        plans.note(pending, instalment)
    return pending


@booking.verb
def approve(by: User, pending: Transfer, *, key: uuid.UUID, value_date: date | None = None, period: str | None = None, text: str = "") -> Transfer:
    """Approves what another person registered: the money moves. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.to_approve(pending))
    return booking.post(by, pending, key=key, value_date=value_date, period=period, text=text)


@booking.verb
def reject(by: User, pending: Transfer, *, reason: str, key: uuid.UUID) -> Transfer:
    """Turns down, for a reason, what another person registered; what it reserved is free again. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.to_approve(pending))
    return booking.void(by, pending, key=key, text=reason)


@booking.verb
def withdraw(by: User, pending: Transfer, *, key: uuid.UUID, reason: str = "") -> Transfer:
    """Takes back one's own registration; what it reserved is free again. Raises LedgerError, PermissionDenied."""
    if pending.booked_by_id != by.pk:
        raise PermissionDenied("Kun den, der har registreret, kan trække registreringen tilbage. Du kan afvise den, hvis du har ret til at godkende.")
    return booking.void(by, pending, key=key, text=reason)


@booking.verb
def reverse(by: User, origin: Transfer, *, cause: Cause, value_date: date, key: uuid.UUID, voucher: Voucher | None = None, text: str = "") -> Transfer:
    """Proposes the opposite of a whole transfer. A payment only because it was never sent or the bank returned it (with the document that shows it).

    What it reverses lends its own document, where it has one. Raises LedgerError, PermissionDenied.
    """
    rights.require_to_register(by, Kind.REVERSAL, cause, reverses=origin.kind)
    return booking.book(
        by,
        Kind.REVERSAL,
        Step.PENDING,
        debit=origin.credit_account,
        credit=origin.debit_account,
        amount=origin.amount,
        value_date=value_date,
        key=key,
        text=text,
        case_number=origin.case_number,
        voucher_sha256=voucher.sha256 if voucher else "",
        cause=cause,
        reverses=origin,
    )


@booking.verb
def book_anew(
    by: User,
    origin: Transfer,
    earmark: Earmark,
    *,
    value_date: date,
    voucher: Voucher,
    key: uuid.UUID,
    case_number: str = "",
    text: str = "",
    new_text: str | None = None,
) -> Transfer:
    """Proposes to book a payment right that was booked wrong: its reversal, and an equal disbursement to the same organisation that inherits the money.

    It goes to another earmark of the organisation, or stays on its own with a text, a case number or a date that are right. `text` says why; the disbursement
    gets `new_text`, or the same. Answers with the reversal; approving or rejecting it settles both. Raises LedgerError, PermissionDenied.
    """
    reversal = reverse(by, origin, cause=Cause.BOOKED_ANEW, value_date=value_date, key=key, text=text)
    booking.book(
        by,
        Kind.DISBURSEMENT,
        Step.PENDING,
        debit=earmark.account,
        credit=earmark.grantee_account,
        amount=origin.amount,
        value_date=value_date,
        key=uuid.uuid5(key, "replacement"),
        text=text if new_text is None else new_text,
        case_number=case_number,
        voucher_sha256=voucher.sha256,
        replaces=origin,
    )
    return reversal
