"""Accounts from grantees: received, approved or rejected, a surplus booked later, use disallowed. The rules are PostgreSQL's (migrations/0010_accounts.sql)."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from djmoney.money import Money

from ensomhed.models import User
from initiatives import deadlines, movements, rights
from initiatives.accounts import questions
from initiatives.control import proposals
from initiatives.models import AccountsDecision, AccountsReport, AccountsUse, Deadline, Earmark, LocalActor, Proposal, Voucher
from ledger import booking
from ledger.formats import OERE
from ledger.models import Transfer
from ledger.questions import first_open_day
from ledger.refusals import refused


@booking.verb
def receive(
    by: User,
    earmark: Earmark,
    *,
    starts: date,
    ends: date,
    used: Money,
    received_on: date,
    voucher: Voucher,
    key: uuid.UUID,
    final: bool = False,
    actor: LocalActor | None = None,
    auditors_statement: Voucher | None = None,
    performance_audit: Voucher | None = None,
    corrects: AccountsReport | None = None,
    case_number: str = "",
    text: str = "",
) -> AccountsReport:
    """Records accounts that came in, meets their deadline, and registers the use that they document, up to what the sender has received.

    The same key with the same content answers with the accounts that exist. Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.REGISTER)
    report = AccountsReport(
        key=key, earmark=earmark, actor=actor, starts=starts, ends=ends, used=used, final=final, received_on=received_on, received_by=by, voucher=voucher,
        auditors_statement=auditors_statement, performance_audit=performance_audit, deadline=None if actor else questions.deadline_of(earmark, ends.year),
        corrects=corrects, case_number=case_number, text=text.strip(),
    )  # fmt: skip
    report.text = report.text or f"Regnskab {report.period}"
    known = _known(AccountsReport, key)
    if known:
        return _same(known, report)
    booking.insert(report)
    if report.deadline and Deadline.objects.missing().filter(pk=report.deadline.pk).exists():
        deadlines.receive(by, report.deadline, received_on=received_on, voucher=voucher, key=uuid.uuid5(key, "receipt"))
    value_date = first_open_day(received_on)
    amount = min(report.used, questions.to_document(report.account, value_date))
    if amount.amount > 0:
        _register(by, report, amount=amount, value_date=value_date, key=uuid.uuid5(key, "use"))
    return report


def _register(by: User, report: AccountsReport, *, amount: Money, value_date: date, key: uuid.UUID) -> Transfer:
    """Registers use in the books, and says whose accounts it is."""
    pending = movements.document_use(
        by,
        report.earmark,
        actor=report.actor,
        amount=amount,
        value_date=value_date,
        voucher=report.voucher,
        key=key,
        case_number=report.case_number,
        text=report.text,
    )
    booking.insert(AccountsUse(accounts=report, transfer=pending))
    return pending


@booking.verb
def book_surplus(by: User, report: AccountsReport, *, value_date: date, key: uuid.UUID) -> Transfer:
    """Registers what approved accounts count as used beyond what had been received then, up to what has been received since.

    Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.REGISTER)
    _alone(key)
    known = Transfer.objects.filter(key=key).first()
    if known:
        return known
    standing = questions.standing_of(report)
    amount = min(standing.surplus, questions.to_document(report.account, value_date))
    if not standing.is_open or amount.amount <= 0:
        raise refused("nothing_more_is_documented", {"accounts": report.pk, "surplus": str(standing.surplus.amount)})
    return _register(by, report, amount=amount, value_date=value_date, key=key)


@booking.verb
def approve(by: User, report: AccountsReport, *, key: uuid.UUID, value_date: date | None = None) -> AccountsDecision:
    """Approves accounts that another person received: the use that waits is posted, and what final accounts leave is claimed back.

    Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.CHECK_ACCOUNTS)
    day = value_date or first_open_day(max([report.received_on, *(use.transfer.value_date for use in report.uses.select_related("transfer"))]))
    return _decide(AccountsDecision(key=key, accounts_id=report.pk, approved=True, value_date=day, decided_by=by))


@booking.verb
def reject(by: User, report: AccountsReport, *, reason: str, key: uuid.UUID) -> AccountsDecision:
    """Sends accounts back for a reason: nothing is documented, and their deadline stands again. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.CHECK_ACCOUNTS)
    return _decide(AccountsDecision(key=key, accounts_id=report.pk, approved=False, reason=reason.strip(), decided_by=by))


def _decide(decision: AccountsDecision) -> AccountsDecision:
    known = _known(AccountsDecision, decision.key)
    if known:
        return _same(known, decision)
    booking.insert(decision)
    return decision


@booking.verb
def disallow(by: User, report: AccountsReport, *, used: Money, value_date: date, reason: str, voucher: Voucher, key: uuid.UUID) -> Proposal:
    """Proposes that less of approved accounts counts as used. Approved by whoever checks accounts, it is booked again and the difference claimed back.

    Raises LedgerError, PermissionDenied.
    """
    after = {"used": _written(used.amount), "value_date": value_date.isoformat()}
    return proposals.propose(by, "disallowance", after=after, reason=reason, key=key, voucher=voucher, earmark=report.earmark, subject=report.subject)


def _written(amount: Decimal) -> str:
    """442500.00, as PostgreSQL writes it. Half an øre stays one, and is refused there."""
    whole = amount.quantize(OERE)
    return str(whole if whole == amount else amount)


def _alone(key: uuid.UUID) -> None:
    """Two requests with one key meet here, and the second finds the first one's row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [str(key)])


def _known(model: Any, key: uuid.UUID) -> Any:
    _alone(key)
    return model.objects.filter(key=key).first()


def _same(known: Any, wanted: Any) -> Any:
    """The row that exists, when it says the same; moments and numbers are its own."""
    own = {"id", "received_at", "decided_at"}
    differs = [
        str(field.attname)
        for field in known._meta.concrete_fields
        if field.attname not in own and getattr(known, field.attname) != getattr(wanted, field.attname)
    ]
    if differs:
        raise refused("key_decides_one_thing", {"differs": differs})
    return known
