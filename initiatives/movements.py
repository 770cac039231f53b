"""What happens to the money after it was paid: repaid, passed on to local actors, documented as used."""

import re
import uuid
from datetime import date
from typing import Any

from django.utils.text import slugify
from djmoney.money import Money

from ensomhed.models import User
from initiatives import claims, rebooking, rights
from initiatives.models import Claim, Earmark, LocalActor, Voucher
from ledger import booking
from ledger.kinds import AccountKind, Cause, Kind, Step
from ledger.models import Account, Transfer
from ledger.refusals import refused

DANISH_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "ae", "Ø": "oe", "Å": "aa"})


@booking.verb
def repay(
    by: User,
    earmark: Earmark,
    *,
    amount: Money,
    cause: Cause,
    value_date: date,
    key: uuid.UUID,
    case_number: str = "",
    text: str = "",
    voucher: Voucher | None = None,
    claim: Claim | None = None,
    instead_of: Transfer | None = None,
) -> Transfer:
    """Books money that a grantee paid back, and matches it with the claim that it answers. What comes by itself can be matched later.

    `instead_of` is the repayment that was wrong and reversed, and is booked right by this one. Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.REGISTER)
    known = Transfer.objects.filter(key=key).select_related("credit_account").first()  # a retry means the same place, wherever the cause leads by now
    booked = booking.book(
        by,
        Kind.REPAYMENT,
        Step.SINGLE,
        debit=earmark.grantee_account,
        credit=known.credit_account if known else claims.goes_to(earmark, cause, value_date),
        amount=amount,
        value_date=value_date,
        key=key,
        cause=cause,
        text=text,
        case_number=case_number,
        voucher_sha256=voucher.sha256 if voucher else "",
    )
    if claim:
        claims.match(by, claim, booked, amount=amount)
    if instead_of:
        rebooking.note(booked, instead_of)
    return booked


@booking.verb
def open_local_actor(by: User, earmark: Earmark, *, name: str, municipality_code: str) -> LocalActor:
    """Registers a local actor who may receive re-grants from this earmark; the same one again is the one that exists. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.REGISTER)
    if not re.fullmatch("[0-9]{3}", municipality_code):
        raise refused("local_actor_has_a_municipality_code")
    slug = slugify(name.translate(DANISH_LETTERS))[:80]
    account = booking.open_account(f"local:{earmark.slug}/{slug}", name, AccountKind.LOCAL, parent=earmark.grantee_account, holder=slug)
    actor, _ = LocalActor.objects.get_or_create(earmark=earmark, slug=slug, defaults={"name": name, "municipality_code": municipality_code, "account": account})
    if actor.municipality_code != municipality_code:
        raise refused("local_actor_is_unique_in_its_earmark", {"name": actor.name, "municipality_code": actor.municipality_code})
    return actor


@booking.verb
def regrant(
    by: User,
    actor: LocalActor,
    *,
    amount: Money,
    value_date: date,
    key: uuid.UUID,
    case_number: str = "",
    text: str = "",
    instead_of: Transfer | None = None,
) -> Transfer:
    """Books what a grantee passed on to a local actor; `instead_of` is what was wrong and reversed. Raises LedgerError, PermissionDenied."""
    content = {"amount": amount, "value_date": value_date, "key": key, "case_number": case_number, "text": text}
    return _passed(by, Kind.REGRANT, actor.earmark.grantee_account, actor.account, instead_of, content)


@booking.verb
def regrant_to_new(by: User, earmark: Earmark, *, name: str, municipality_code: str, **content: Any) -> Transfer:
    """Registers a local actor and books what was passed on to it: both or neither. Raises LedgerError, PermissionDenied."""
    return regrant(by, open_local_actor(by, earmark, name=name, municipality_code=municipality_code), **content)


@booking.verb
def return_regrant(
    by: User,
    actor: LocalActor,
    *,
    amount: Money,
    value_date: date,
    key: uuid.UUID,
    case_number: str = "",
    text: str = "",
    instead_of: Transfer | None = None,
) -> Transfer:
    """Books what a local actor gave back to the grantee; `instead_of` is what was wrong and reversed. Raises LedgerError, PermissionDenied."""
    content = {"amount": amount, "value_date": value_date, "key": key, "case_number": case_number, "text": text}
    return _passed(by, Kind.REGRANT_RETURNED, actor.account, actor.earmark.grantee_account, instead_of, content)


def _passed(by: User, kind: Kind, debit: Account, credit: Account, instead_of: Transfer | None, content: dict[str, Any]) -> Transfer:
    """Books money between a grantee and a local actor, either way."""
    rights.require(by, rights.REGISTER)
    booked = booking.book(by, kind, Step.SINGLE, debit=debit, credit=credit, **content)
    if instead_of:
        rebooking.note(booked, instead_of)
    return booked


@booking.verb
def document_use(
    by: User,
    earmark: Earmark,
    *,
    amount: Money,
    value_date: date,
    voucher: Voucher,
    key: uuid.UUID,
    actor: LocalActor | None = None,
    case_number: str = "",
    text: str = "",
) -> Transfer:
    """Proposes what approved accounts document as used, by the grantee or by a local actor. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.REGISTER)
    return booking.book(
        by,
        Kind.DOCUMENTED_USE,
        Step.PENDING,
        debit=actor.account if actor else earmark.grantee_account,
        credit=earmark.used_account,
        amount=amount,
        value_date=value_date,
        key=key,
        voucher_sha256=voucher.sha256,
        case_number=case_number,
        text=text,
    )
