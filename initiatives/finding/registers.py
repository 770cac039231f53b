"""What each register is searched by. A register's list and the search from every page ask the same. Nothing here writes."""

import re

from django.db.models import Q, QuerySet

from initiatives.models import Claim, Earmark, Grantee, Voucher
from ledger import finding
from ledger.kinds import Kind
from ledger.models import Transfer

EARMARK = ("grantee__name", "initiative__name", "track", "slug")
GRANTEE = ("name",)
CLAIM = ("earmark__grantee__name", "earmark__initiative__name", "actor__name", "reason")
DIGEST = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)


def told(text: str, *fields: str) -> Q:
    """That every term of the text stands somewhere in these fields."""
    asked = Q()
    for term in finding.terms_of(text):
        somewhere = Q()
        for field in fields:
            somewhere |= Q(**{f"{field}__icontains": term})
        asked &= somewhere
    return asked


def cvr_of(text: str) -> str:
    """The CVR number that was typed, spaces or not: 12 34 56 78; empty when it is none."""
    digits = re.sub(r"[\s.-]|^(CVR|DK)(-?nr\.?)?:?", "", text.strip(), flags=re.IGNORECASE)
    return digits if re.fullmatch(r"[0-9]{8}", digits) else ""


def earmarks(text: str, among: QuerySet[Earmark] | None = None) -> QuerySet[Earmark]:
    """By grantee, initiative, track, CVR number, and the case number that the earmark was granted under."""
    rows = Earmark.objects.all() if among is None else among
    whole = " ".join(finding.terms_of(text))
    if not whole:
        return rows
    granted = Transfer.objects.filter(kind=Kind.EARMARKING, case_number=whole).values("credit_account")
    cvr = cvr_of(text)
    return rows.filter(told(text, *EARMARK) | Q(account__in=granted) | (Q(grantee__cvr=cvr) if cvr else finding.NOTHING))


def grantees(text: str, among: QuerySet[Grantee] | None = None) -> QuerySet[Grantee]:
    """By name or CVR number."""
    rows = Grantee.objects.all() if among is None else among
    cvr = cvr_of(text)
    return rows.filter(told(text, *GRANTEE) | (Q(cvr=cvr) if cvr else told(text, "cvr")))


def claims(text: str, among: QuerySet[Claim] | None = None) -> QuerySet[Claim]:
    """By number, amount, grantee, initiative, local actor or reason."""
    rows = Claim.objects.all() if among is None else among
    number, amount = finding.number_of(text), finding.amount_of(text)
    asked = told(text, *CLAIM)
    asked |= Q() if number is None else Q(pk=number)
    return rows.filter(asked if amount is None else asked | Q(amount=amount))


def vouchers(text: str, among: QuerySet[Voucher] | None = None) -> QuerySet[Voucher]:
    """By the words of the file's name, or the beginning of its digest. Through indexes: there are as many as there are payments."""
    rows = Voucher.objects.defer("content") if among is None else among
    asked = Q()
    for term in finding.terms_of(text):
        named = finding.has_words(term, "name")
        asked &= named | Q(sha256__startswith=term.lower()) if DIGEST.fullmatch(term) else named
    return finding.those(rows, asked) if asked else rows
