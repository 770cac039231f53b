"""Claiming money back, matching what came, withdrawing a claim. The rules are PostgreSQL's (migrations/0009_claims.sql)."""

import uuid
from datetime import date

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from djmoney.money import Money

from ensomhed.models import User
from initiatives import rights
from initiatives.claims.questions import standing_of
from initiatives.control import proposals
from initiatives.models import Claim, ClaimMatch, Earmark, LocalActor, Proposal, Voucher
from ledger import booking
from ledger.kinds import Cause
from ledger.models import ZERO, Transfer
from ledger.refusals import refused

CONTENT = ("earmark_id", "actor_id", "amount", "cause", "due", "raised_on", "reason", "voucher_id", "raised_by_id")
NOTHING = "0.00"
FROM_ACCOUNTS = (Cause.UNSPENT, Cause.DISALLOWED)


@booking.verb
def expect(
    by: User,
    earmark: Earmark,
    *,
    amount: Money,
    cause: Cause,
    due: date,
    key: uuid.UUID,
    actor: LocalActor | None = None,
    raised_on: date | None = None,
    text: str = "",
    voucher: Voucher | None = None,
) -> Claim:
    """Claims money back from a grantee, or from it what a local actor holds. Never more than is held and not claimed already; where it goes, the cause decides.

    The same key with the same content answers with the claim that exists. Raises LedgerError, PermissionDenied.
    """
    if not (cause in FROM_ACCOUNTS and by.may(rights.CHECK_ACCOUNTS)):
        rights.require(by, rights.REGISTER)
    wanted = Claim(
        key=key,
        earmark=earmark,
        actor=actor,
        amount=amount,
        cause=cause.value,
        due=due,
        raised_on=raised_on or timezone.localdate(),
        reason=text.strip(),
        voucher=voucher,
        raised_by=by,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 9))", [str(key)])
    known = Claim.objects.told().filter(key=key).first()
    if known is None:
        booking.insert(wanted)
        return wanted
    differs = [name for name in CONTENT if getattr(known, name) != getattr(wanted, name)]
    if differs:
        raise refused("key_decides_one_thing", {"differs": differs})
    return known


@booking.verb
def match(by: User, claim: Claim, transfer: Transfer, *, amount: Money | None = None) -> ClaimMatch:
    """Says which claim a repayment answers, or a write-off gives up: with all that is free of it, at most what is missing. A retry answers with the match that exists.

    Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.to_register(transfer.kind))
    known = ClaimMatch.objects.filter(claim=claim, transfer=transfer).first()
    if known:
        return known
    if amount is None:
        used = ClaimMatch.objects.filter(transfer=transfer).aggregate(sum=Sum("amount"))["sum"]
        free = transfer.amount - (Money(used, "DKK") if used else ZERO)
        amount = min(free, standing_of(claim).rest) or free
    answer = ClaimMatch(claim=claim, transfer=transfer, amount=amount, matched_by=by)
    booking.insert(answer)
    return answer


@booking.verb
def withdraw(by: User, claim: Claim, *, reason: str, voucher: Voucher, key: uuid.UUID) -> Proposal:
    """Proposes, with the document that shows it, that a claim was wrong and is not upheld; it is withdrawn when management has approved. Raises LedgerError, PermissionDenied."""
    if not standing_of(claim).is_open:
        raise refused("withdrawal_names_an_open_claim", {"claim": str(claim.pk)})
    return proposals.propose(
        by, "claim_withdrawal", earmark=claim.earmark, subject=str(claim.pk), after={"open": NOTHING}, reason=reason, key=key, voucher=voucher
    )
