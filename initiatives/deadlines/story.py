"""What the demo's story tells of deadlines: reports come in, one grantee is given more time, another asks for it."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from initiatives import paper, vouchers
from initiatives.control import proposals
from initiatives.deadlines.receipts import extend, receive
from initiatives.models import Deadline, Proposal, Voucher

if TYPE_CHECKING:
    from initiatives.story import Line, Story

WHAT = {"statusrapport": Deadline.What.STATUS_REPORT, "regnskab": Deadline.What.ACCOUNTS}


def _receive(story: "Story", line: "Line") -> None:
    """dag person modtag HVAD ÅR ØREMÆRKNING … som NAVN"""
    what, year, *slugs = line.words
    for slug in slugs:
        deadline = _deadline(slug, what, year)
        if deadline.receipts.exists():  # where somebody recorded it before the story is told
            continue
        receive(line.by, deadline, received_on=line.day, voucher=_document(line, f"{deadline.name}: {deadline.earmark}"), key=uuid.uuid5(line.key, slug))


def _extend(story: "Story", line: "Line") -> None:
    """dag person forlæng ØREMÆRKNING HVAD ÅR NY-FRIST "begrundelse" som NAVN"""
    slug, what, year, due, reason = line.words
    extend(line.by, _deadline(slug, what, year), due=date.fromisoformat(due), reason=reason, voucher=_document(line, reason), key=line.key)


def _approve(story: "Story", line: "Line") -> None:
    """dag person godkend-frist NAVN"""
    from initiatives.story import NAMESPACE

    proposal = Proposal.objects.get(key=uuid.uuid5(NAMESPACE, f"forlæng {line.words[0]}"))
    proposals.approve(line.by, proposal, key=line.key)


def _deadline(slug: str, what: str, year: str) -> Deadline:
    return Deadline.objects.select_related("earmark__grantee", "earmark__initiative").get(earmark__slug=slug, what=WHAT[what], year=int(year))


def _document(line: "Line", text: str) -> Voucher:
    return vouchers.keep(line.by, paper.pdf(["Opdigtet dokument til prøvehistorien", "", f"{line.day:%d.%m.%Y}", text]), f"{line.name}.pdf")


DEEDS: dict[str, Callable[["Story", "Line"], None]] = {"modtag": _receive, "forlæng": _extend, "godkend-frist": _approve}
