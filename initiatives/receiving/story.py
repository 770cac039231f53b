"""What the demo's story tells of payment details: one organisation changes its bank, another asks for it and waits."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from initiatives import paper, vouchers
from initiatives.control import proposals
from initiatives.models import Grantee, Proposal, Voucher
from initiatives.receiving import details, grantees
from initiatives.receiving.details import Method

if TYPE_CHECKING:
    from initiatives.story import Line, Story

PROPOSED = "betalingsoplysninger"


def _propose(story: "Story", line: "Line") -> None:
    """dag person betalingsoplysninger MODTAGER (nemkonto CVR | konto REG KONTO) GÆLDER-FRA "begrundelse" som NAVN"""
    slug, way, *numbers, day, reason = line.words
    content = {"method": Method.NEMKONTO, "cvr": numbers[0]} if way == "nemkonto" else _account(*numbers)
    grantee = Grantee.objects.get(slug=slug)
    details.propose(line.by, grantee, effective_from=date.fromisoformat(day), reason=reason, voucher=_document(line), key=line.key, **content)


def _account(registration_number: str, account_number: str) -> dict[str, str]:
    return {"method": Method.ACCOUNT, "registration_number": registration_number, "account_number": account_number}


def _verify(story: "Story", line: "Line") -> None:
    """dag person kontroller NAVN "hvordan" """
    proposal = _named(line)
    if not proposal.is_verified:
        proposals.verify(line.by, proposal, how=line.words[1])


def _approve(story: "Story", line: "Line") -> None:
    """dag person godkend-oplysninger NAVN"""
    proposals.approve(line.by, _named(line), key=line.key)


def _propose_cvr(story: "Story", line: "Line") -> None:
    """dag person cvr MODTAGER CVR "begrundelse" som NAVN"""
    slug, number, reason = line.words
    grantee = Grantee.objects.get(slug=slug)
    name, agency = grantee.name, grantee.state_agency
    grantees.propose(line.by, grantee=grantee, name=name, state_agency=agency, cvr=number, reason=reason, voucher=_document(line), key=line.key)


def _named(line: "Line") -> Proposal:
    from initiatives.story import NAMESPACE

    return Proposal.objects.told().get(key=uuid.uuid5(NAMESPACE, f"{PROPOSED} {line.words[0]}"))


def _document(line: "Line") -> Voucher:
    return vouchers.keep(line.by, paper.pdf(["Opdigtet brev til prøvehistorien", "", f"{line.day:%d.%m.%Y}", *line.words]), f"{line.name}.pdf")


DEEDS: dict[str, Callable[["Story", "Line"], None]] = {PROPOSED: _propose, "kontroller": _verify, "godkend-oplysninger": _approve, "cvr": _propose_cvr}
