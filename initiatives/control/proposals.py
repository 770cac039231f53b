"""Proposing, verifying and deciding: the verbs of everything that takes a second person beside the books. The rules are PostgreSQL's (migrations/0004_control.sql)."""

import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet

from ensomhed.models import User
from initiatives import rights
from initiatives.control import papers
from initiatives.models import Decision, Earmark, Grantee, Proposal, ProposalKind, Verification, Voucher
from ledger import booking
from ledger.refusals import refused

M = TypeVar("M", Proposal, Decision)


@booking.verb
def propose(
    by: User,
    kind: str,
    *,
    after: dict[str, Any],
    reason: str,
    key: uuid.UUID,
    voucher: Voucher | None = None,
    grantee: Grantee | None = None,
    earmark: Earmark | None = None,
    subject: str = "",
) -> Proposal:
    """Proposes a change; it takes effect when another person approves it. The same key with the same content answers with the proposal that exists.

    Raises LedgerError, PermissionDenied.
    """
    rights.require(by, ProposalKind.objects.get(pk=kind).proposed_with)
    wanted = Proposal(
        key=key, kind_id=kind, grantee=grantee, earmark=earmark, subject=subject, after=after, reason=reason.strip(), voucher=voucher, proposed_by=by
    )
    _alone(key)
    known = Proposal.objects.filter(key=key).first()
    if known:
        return _same(known, wanted, ("kind_id", "grantee_id", "earmark_id", "subject", "after", "reason", "voucher_id", "proposed_by_id"))
    booking.insert(wanted)
    return wanted


@booking.verb
def verify(by: User, proposal: Proposal, *, how: str, voucher: Voucher | None = None) -> Verification:
    """Records that somebody else than the proposer checked a proposal, and how. Raises LedgerError, PermissionDenied."""
    rights.require(by, proposal.kind.verified_with)
    verification = Verification(proposal=proposal, how=how.strip(), voucher=voucher, verified_by=by)
    booking.insert(verification)
    return verification


@booking.verb
def approve(by: User, proposal: Proposal, *, key: uuid.UUID, reason: str = "") -> Decision:
    """Approves what another person proposed: it takes effect at once. Raises LedgerError, PermissionDenied."""
    decision = _decide(by, proposal, approved=True, reason=reason, key=key)
    write = papers.WRITERS.get(proposal.kind_id)
    if write:
        write(by, decision)
    return decision


@booking.verb
def reject(by: User, proposal: Proposal, *, reason: str, key: uuid.UUID) -> Decision:
    """Turns down, for a reason, what another person proposed. Raises LedgerError, PermissionDenied."""
    return _decide(by, proposal, approved=False, reason=reason, key=key)


@booking.verb
def withdraw(by: User, proposal: Proposal, *, key: uuid.UUID, reason: str = "") -> Decision:
    """Takes back one's own proposal. Raises LedgerError, PermissionDenied."""
    if proposal.proposed_by_id != by.pk:
        raise PermissionDenied("Kun den, der har foreslået, kan trække forslaget tilbage. Du kan afvise det, hvis du har ret til at afgøre det.")
    return _decide(by, proposal, approved=False, reason=reason, key=key)


def _decide(by: User, proposal: Proposal, *, approved: bool, reason: str, key: uuid.UUID) -> Decision:
    if approved or by.pk != proposal.proposed_by_id:
        rights.require(by, proposal.kind.decided_with)
    wanted = Decision(key=key, proposal=proposal, approved=approved, reason=reason.strip(), decided_by=by)
    _alone(key)
    known = Decision.objects.filter(key=key).first()
    if known:
        return _same(known, wanted, ("proposal_id", "approved", "reason", "decided_by_id"))
    booking.insert(wanted)
    return wanted


def _alone(key: uuid.UUID) -> None:
    """Two requests with one key meet here, and the second finds the first one's row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [str(key)])


def _same(known: M, wanted: M, content: tuple[str, ...]) -> M:
    differs = [name for name in content if getattr(known, name) != getattr(wanted, name)]
    if differs:
        raise refused("key_decides_one_thing", {"differs": differs})
    return known


def waiting() -> QuerySet[Proposal]:
    """Every proposal that waits for its decision, oldest first."""
    return Proposal.objects.waiting().told().order_by("id")


def newest_approved(kind: str, **of: Any) -> Proposal | None:
    """The proposal of this kind that was approved last, of a grantee, an earmark or a subject."""
    return Proposal.objects.approved().told().filter(kind=kind, **of).order_by("-decision__id").first()


def bars_of(several: Iterable[Proposal], person: User) -> dict[int, str | None]:
    """The same as `barred` for many proposals, by their numbers, in one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT p, initiatives_bars(p, %s) FROM unnest(%s::bigint[]) AS p", [person.pk, [proposal.pk for proposal in several]])
        return dict(cursor.fetchall())


def barred(proposal: Proposal, person: User) -> str | None:
    """Why this person may neither verify nor approve a proposal, as PostgreSQL says it; None when nothing bars the person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT initiatives_bars(%s, %s)", [proposal.pk, person.pk])
        (why,) = cursor.fetchone()
    return why
