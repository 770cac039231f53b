"""Payment details of a grantee: a history of proposals, of which one is in force on a day. Which one, and whether a payment may stand on it, PostgreSQL says."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import connection
from django.db.models import QuerySet, TextChoices
from django.db.models.expressions import RawSQL

from ensomhed.models import User
from initiatives.control import proposals
from initiatives.models import Grantee, PaymentBasis, Proposal, ProposalQuerySet, Voucher
from initiatives.receiving import cvr as cvr_numbers
from ledger import booking
from ledger.models import Transfer

KIND = "payment_details"


class Method(TextChoices):
    NEMKONTO = "nemkonto", "NemKonto"
    ACCOUNT = "account", "bankkonto"
    INTERNAL = "internal", "intern overførsel"


@booking.verb
def propose(
    by: User,
    grantee: Grantee,
    *,
    method: str,
    effective_from: date,
    reason: str,
    voucher: Voucher | None,
    key: uuid.UUID,
    cvr: str = "",
    registration_number: str = "",
    account_number: str = "",
) -> Proposal:
    """Proposes where a grantee is paid to; it counts when somebody has verified it and a third person approved it. Raises LedgerError, PermissionDenied."""
    after = {
        "method": str(method),
        "cvr": cvr,
        "registration_number": registration_number,
        "account_number": account_number,
        "effective_from": effective_from.isoformat(),
    }
    return proposals.propose(by, KIND, after=after, reason=reason, key=key, voucher=voucher, grantee=grantee)


def in_force(grantee: Grantee, day: date) -> Proposal | None:
    """The details that a payment to this grantee goes to on this value date; None when it cannot be paid then."""
    counts = RawSQL("(SELECT id FROM initiatives_details_in_force(%s, %s))", [grantee.pk, day])
    return Proposal.objects.told().filter(pk=counts).first()


def in_force_of(some: Iterable[Grantee], day: date) -> dict[int, Proposal]:
    """Of many grantees, by their number: the details that a payment goes to on this value date. Who cannot be paid then is not among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT g.id, d.id FROM unnest(%s::bigint[]) AS g(id), initiatives_details_in_force(g.id, %s) AS d WHERE d.id IS NOT NULL",
            [[grantee.pk for grantee in some], day],
        )
        found = dict(cursor.fetchall())
    told = Proposal.objects.in_bulk(set(found.values()))
    return {grantee: told[number] for grantee, number in found.items()}


def history(grantee: Grantee) -> ProposalQuerySet:
    """Everything that was ever proposed, the newest first."""
    return (
        Proposal.objects.told()
        .select_related("voucher", "verification__voucher")
        .defer("voucher__content", "verification__voucher__content")
        .filter(kind=KIND, grantee=grantee)
        .order_by("-id")
    )


def paid_on(transfer: Transfer) -> Proposal | None:
    """The details that a disbursement was registered on; None for everything else."""
    return Proposal.objects.told().filter(payments__transfer=transfer.pending_id or transfer.pk).first()


def paid_on_each(transfers: Iterable[Transfer]) -> dict[int, str]:
    """Where each of these disbursements went or goes, in one line, by the transfers' numbers; in one query."""
    registrations = {transfer.pending_id or transfer.pk: transfer.pk for transfer in transfers}
    found = PaymentBasis.objects.filter(transfer__in=registrations).select_related("details")
    return {registrations[basis.transfer_id]: said(basis.details.after) for basis in found}


def said(after: Mapping[str, str]) -> str:
    """Where it goes, in one line: NemKonto, CVR 12 34 56 78."""
    if after["method"] == Method.NEMKONTO:
        return f"NemKonto, CVR\u00a0{cvr_numbers.grouped(after['cvr'])}"
    if after["method"] == Method.INTERNAL:
        return "Intern overførsel mellem statslige myndigheder"
    return f"Bankkonto {after['registration_number']}\u00a0{grouped(after['account_number'])}"


def grouped(account_number: str) -> str:
    """1234567890 → 123 456 7890: the last four together, the rest by threes from behind, with spaces that do not break."""
    front, last = account_number[:-4], account_number[-4:]
    return "\u00a0".join([*re.findall(r".{1,3}(?=(?:.{3})*$)", front), last])


def warnings(proposal: Proposal) -> list[str]:
    """What whoever verifies and approves should look at; nothing of it blocks."""
    after = proposal.after
    found = [cvr_numbers.warning(after.get("cvr", ""))]
    others = Proposal.objects.approved().filter(kind=KIND).exclude(grantee=proposal.grantee_id)
    if after.get("account_number"):
        same = others.filter(after__registration_number=after["registration_number"], after__account_number=after["account_number"])
        found += [f"{name} har eller har haft det samme kontonummer." for name in _names(same)]
    if after.get("cvr"):
        found += [f"{name} har eller har haft det samme CVR-nummer." for name in _names(others.filter(after__cvr=after["cvr"]))]
    waiting = (
        Transfer.objects.waiting().filter(kind="disbursement", basis__details__grantee=proposal.grantee_id, value_date__gte=after["effective_from"]).count()
    )
    if waiting and not hasattr(proposal, "decision"):
        registered = "1 udbetaling er registreret" if waiting == 1 else f"{waiting} udbetalinger er registreret"
        found.append(f"{registered} på de nuværende oplysninger og skal afvises og registreres på ny, hvis forslaget godkendes.")
    return [line for line in found if line]


def _names(found: QuerySet[Proposal]) -> list[str]:
    return list(found.order_by("grantee__name").values_list("grantee__name", flat=True).distinct())
