"""What the parties and the management decide about frames and earmarks. Each is proposed here and takes effect when a second person approves it (`payments.approve`)."""

import uuid
from datetime import date

from djmoney.money import Money

from ensomhed.models import User
from initiatives import claims, closing, rights
from initiatives.models import Claim, Closing, Earmark, Frame, Voucher
from ledger import booking
from ledger.kinds import AccountKind, Cause, Kind, Step
from ledger.models import Account, Transfer, Window


def _propose(
    by: User,
    kind: Kind,
    debit: Account,
    credit: Account,
    *,
    amount: Money,
    value_date: date,
    key: uuid.UUID,
    voucher: Voucher | None,
    case_number: str = "",
    text: str = "",
    cause: str = "",
    period: str | None = None,
) -> Transfer:
    rights.require_to_register(by, kind, cause)
    return booking.book(
        by,
        kind,
        Step.PENDING,
        debit=debit,
        credit=credit,
        amount=amount,
        value_date=value_date,
        key=key,
        voucher_sha256=voucher.sha256 if voucher else "",
        case_number=case_number,
        text=text,
        cause=cause,
        period=period,
    )


def treasury() -> Account:
    return Account.objects.get(kind=AccountKind.TREASURY)


@booking.verb
def appropriate(
    by: User, frame: Frame, *, amount: Money, value_date: date, voucher: Voucher, key: uuid.UUID, case_number: str = "", text: str = ""
) -> Transfer:
    """Proposes that the treasury grants a frame, against the agreement. Raises LedgerError, PermissionDenied."""
    return _propose(
        by, Kind.APPROPRIATION, treasury(), frame.account, amount=amount, value_date=value_date, key=key, voucher=voucher, case_number=case_number, text=text
    )


@booking.verb
def earmark(by: User, to: Earmark, *, amount: Money, value_date: date, voucher: Voucher, key: uuid.UUID, case_number: str = "", text: str = "") -> Transfer:
    """Proposes an earmarking from its frame, against the agreement. Raises LedgerError, PermissionDenied."""
    return _propose(
        by,
        Kind.EARMARKING,
        to.initiative.frame.account,
        to.account,
        amount=amount,
        value_date=value_date,
        key=key,
        voucher=voucher,
        case_number=case_number,
        text=text,
    )


@booking.verb
def release(
    by: User, of: Earmark | Frame, *, amount: Money, value_date: date, voucher: Voucher, key: uuid.UUID, case_number: str = "", text: str = ""
) -> Transfer:
    """Proposes to give back what was not disbursed: an earmark's to its frame, a frame's to the treasury; with the decision's document.

    Raises LedgerError, PermissionDenied.
    """
    to = of.initiative.frame.account if isinstance(of, Earmark) else treasury()
    return _propose(by, Kind.RELEASE, of.account, to, amount=amount, value_date=value_date, key=key, voucher=voucher, case_number=case_number, text=text)


@booking.verb
def reallocate(
    by: User, of: Earmark, to: Earmark, *, amount: Money, value_date: date, voucher: Voucher, key: uuid.UUID, case_number: str = "", text: str = ""
) -> Transfer:
    """Proposes to move money between earmarks of one frame, with the parties' decision as its document. Raises LedgerError, PermissionDenied."""
    return _propose(
        by, Kind.REALLOCATION, of.account, to.account, amount=amount, value_date=value_date, key=key, voucher=voucher, case_number=case_number, text=text
    )


@booking.verb
def lapse(
    by: User,
    of: Earmark,
    *,
    amount: Money,
    value_date: date,
    voucher: Voucher | None,
    key: uuid.UUID,
    at_year_end: bool = False,
    case_number: str = "",
    text: str = "",
    period: str | None = None,
) -> Transfer:
    """Proposes that what was never paid falls to the treasury: after the payment window, or on 31 December what came back in the year and was not used again.

    Only that one needs no document: the books themselves say what came back. Raises LedgerError, PermissionDenied.
    """
    cause = Cause.YEAR_END if at_year_end else ""
    return _propose(
        by,
        Kind.LAPSE,
        of.account,
        treasury(),
        amount=amount,
        value_date=value_date,
        key=key,
        voucher=voucher,
        case_number=case_number,
        text=text,
        cause=cause,
        period=period,
    )


@booking.verb
def write_off(
    by: User,
    claim: Claim,
    *,
    cause: Cause,
    amount: Money,
    value_date: date,
    voucher: Voucher,
    key: uuid.UUID,
    case_number: str = "",
    text: str = "",
) -> Transfer:
    """Proposes to give up a claim on a grantee or a local actor: waived, under 500 kr. in all, or for a bankruptcy; with the document that shows why.

    Raises LedgerError, PermissionDenied.
    """
    pending = _propose(
        by,
        Kind.WRITE_OFF,
        claim.holder,
        claim.earmark.written_off_account,
        amount=amount,
        value_date=value_date,
        key=key,
        voucher=voucher,
        case_number=case_number,
        text=text,
        cause=cause,
    )
    claims.match(by, claim, pending, amount=amount)
    return pending


@booking.verb
def propose_window(by: User, frame: Frame, *, opens: date, closes: date, voucher: Voucher, key: uuid.UUID, text: str = "") -> Window:
    """Proposes the days on which a frame's money may be paid out. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.PROPOSE)
    return booking.propose_window(by, frame.account, opens=opens, closes=closes, key=key, voucher_sha256=voucher.sha256, text=text)


@booking.verb
def approve_window(by: User, pending: Window, *, key: uuid.UUID, text: str = "") -> Window:
    """Approves a payment window that another person proposed. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.DECIDE)
    return booking.settle_window(by, pending, Step.POST, key=key, text=text)


@booking.verb
def reject_window(by: User, pending: Window, *, key: uuid.UUID, reason: str) -> Window:
    """Turns down, for a reason, a payment window that another person proposed, or takes back one's own. Raises LedgerError, PermissionDenied."""
    if pending.booked_by_id != by.pk:
        rights.require(by, rights.DECIDE)
    return booking.settle_window(by, pending, Step.VOID, key=key, text=reason)


def close_period(by: User, code: str, *, reason: str = "") -> Closing:
    """Closes a fiscal period for good, with its checklist. Raises LedgerError, PermissionDenied."""
    return closing.close(by, code, reason=reason)
