"""Cases (indsigelser): a grantee says that something is not right; somebody who had no hand in it answers. The rules are PostgreSQL's (migrations/0012_telling.sql)."""

import uuid
from typing import TypeVar

from django.db import connection

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Case, CaseMessage, Claim, Grantee, Notice, Proposal
from ledger import booking
from ledger.models import Transfer
from ledger.refusals import refused

M = TypeVar("M", Case, CaseMessage)

HANDS = {
    "payment": "har registreret, godkendt eller ført en af betalingerne tilbage",
    "file": "har frigivet betalingen til banken",
    "details": "har foreslået, kontrolleret eller godkendt betalingsoplysningerne",
    "earmark": "har foreslået eller godkendt bevillingen",
    "accounts": "har registreret eller godkendt regnskaber for tilskuddet",
    "claim": "har rejst kravet",
    "tie": "hører eller hørte til tilskudsmodtageren",
}


@booking.verb
def raise_case(
    by: User,
    grantee: Grantee,
    *,
    text: str,
    key: uuid.UUID,
    transfer: Transfer | None = None,
    notice: Notice | None = None,
    proposal: Proposal | None = None,
    claim: Claim | None = None,
) -> Case:
    """Says, as one of the grantee's people, that something is not right. The same key again answers with the case that exists. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.SEE_OWN)
    wanted = Case(key=key, grantee=grantee, transfer=transfer, notice=notice, proposal=proposal, claim=claim, text=text.strip(), opened_by=by)
    return _once(wanted, Case.objects.filter(key=key).first(), ("grantee_id", "transfer_id", "notice_id", "proposal_id", "claim_id", "text", "opened_by_id"))


@booking.verb
def write(by: User, case: Case, *, text: str, key: uuid.UUID) -> CaseMessage:
    """Adds to a case. What the grantee writes opens it again; what the ministry writes is told to the grantee and leaves it as it is. Raises LedgerError, PermissionDenied."""
    return _add(by, case, text=text, closes=False, key=key)


@booking.verb
def close(by: User, case: Case, *, answer: str, key: uuid.UUID) -> CaseMessage:
    """Answers a case and closes it, as somebody who had no hand in what it is about. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.ANSWER_CASE)
    return _add(by, case, text=answer, closes=True, key=key)


def _add(by: User, case: Case, *, text: str, closes: bool, key: uuid.UUID) -> CaseMessage:
    if not by.may(rights.SEE_OWN):
        rights.require(by, rights.ANSWER_CASE)
    wanted = CaseMessage(key=key, case=case, text=text.strip(), closes=closes, written_by=by)
    return _once(wanted, CaseMessage.objects.filter(key=key).first(), ("case_id", "text", "closes", "written_by_id"))


def _once(wanted: M, known: M | None, content: tuple[str, ...]) -> M:
    """The row under its key: written now, or the one that exists when it says the same."""
    if known is None:
        booking.insert(wanted)
        return wanted
    differs = [name for name in content if getattr(known, name) != getattr(wanted, name)]
    if differs:
        raise refused("key_decides_one_thing", {"differs": differs})
    return known


def bar(case: Case, person: User) -> str | None:
    """Why this person may not close a case, as PostgreSQL says it; None when the person had no hand in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT initiatives_case_bars(%s, %s)", [case.pk, person.pk])
        (hand,) = cursor.fetchone()
    return hand


def clean_hands(case: Case) -> list[User]:
    """Who may close this case now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT person_id FROM initiatives_case_hands(%s)", [case.pk])
        barred = [person for (person,) in cursor.fetchall()]
    answering = User.objects.filter(is_active=True, groups__permissions__codename="answer_case", groups__permissions__content_type__app_label="initiatives")
    return list(answering.exclude(pk__in=barred).distinct())
