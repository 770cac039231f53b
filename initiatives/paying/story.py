"""What the demo story tells of payment files and reconciliation: a file leaves, the accounting system's list comes back, one line is explained."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from initiatives import paper, vouchers
from initiatives.control import proposals
from initiatives.models import BankLine, PaymentLine, Proposal
from initiatives.paying import explaining, files, findings, statements
from ledger.formats import date_text, number

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _release(story: "Story", line: "Line") -> None:
    files.release(line.by, key=line.key, up_to=date.fromisoformat(line.words[0]))


def _take(story: "Story", line: "Line") -> None:
    """What the accounting system would list: every payment that left with a value date in these days, and one row more when the line names it."""
    first, last = (date.fromisoformat(word) for word in line.words[:2])
    more = []
    if line.words[2:]:
        reference, amount, day, text = line.words[2:]
        more.append(f"{reference};{amount};{date_text(day)};;{text};betalt")
    content = listed(PaymentLine.objects.filter(transfer__value_date__range=(first, last)), *more)
    statements.take(line.by, content=content, name=f"betalinger-{first}-{last}.csv", first_day=first, last_day=last, key=line.key)


def listed(paid: QuerySet[PaymentLine], *more: str) -> bytes:
    """These payments as the accounting system would list them."""
    told = paid.select_related("transfer__credit_account", "details").order_by("pk")
    rows = [f"{one.reference};{number(one.amount)};{date_text(one.transfer.value_date)};{_account(one)};{one.transfer.credit_account};betalt" for one in told]
    return ("\ufeff" + "\r\n".join(["Reference;Beløb;Dato;Konto;Tekst;Status", *rows, *more]) + "\r\n").encode()


def _account(line: PaymentLine) -> str:
    after = line.details.after
    return f"{after.get('cvr', '')}{after.get('registration_number', '')}{after.get('account_number', '')}"


def _explain(story: "Story", line: "Line") -> None:
    reference, reason = line.words
    found = findings.of_subject(_subject(reference))
    assert found
    document = paper.pdf(["Opdigtet dokument til prøvehistorien", "", f"{line.day:%d.%m.%Y}  {reference}", reason])
    explaining.explain(line.by, found, reason=reason, voucher=vouchers.keep(line.by, document, f"{reference}.pdf"), key=line.key)


def _approve(story: "Story", line: "Line") -> None:
    proposals.approve(line.by, Proposal.objects.get(kind="explanation", subject=_subject(line.words[0])), key=line.key)


def _subject(reference: str) -> str:
    return f"bankline:{BankLine.objects.get(reference=reference, repeats=None).pk}"


DEEDS: dict[str, Callable[["Story", "Line"], None]] = {"frigiv": _release, "liste": _take, "forklar": _explain, "godkend-forklaring": _approve}
