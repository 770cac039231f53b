"""Everything that waits for a second person, in one list: registrations, payment windows, proposals and accounts, the oldest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.lists import column
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.deciding import Pending, all_pending
from initiatives.admin.front import Waiting, all_waiting
from initiatives.admin.listings import Filter, Listing
from initiatives.admin.pages import opens_with, page
from initiatives.models import AccountsReport, AccountsUse, Earmark, Frame, Voucher
from ledger.kinds import Kind
from ledger.models import ZERO, Account, Transfer

MINE, MY_ROLE, OTHERS = "Din egen: venter på en anden", "Kan afgøres med din rolle", "Afgøres af andre"


@dataclass(frozen=True)
class Item:
    """One thing that waits, as one person sees it."""

    what: str
    kind: str
    frame: str
    parties: str
    amount: Money | None
    by: User
    since: datetime
    step: str
    whose: str
    address: str
    document: str
    """the SHA-256 of what was attached; "" for nothing"""
    document_name: str = ""


def everything(user: User) -> list[Item]:
    """All that waits, in ten queries or so at any size."""
    reports = list(AccountsReport.objects.told().waiting().prefetch_related(None))
    settled_with_accounts = set(AccountsUse.objects.filter(accounts__in=reports).values_list("transfer_id", flat=True))
    registrations = [item for item in all_waiting(user) if item.is_window or item.what.pk not in settled_with_accounts]
    pending = all_pending(user)
    frames, by_earmark = frame_of_each_account(), dict(Earmark.objects.values_list("pk", "initiative__frame__name"))
    items = [
        *(_registration(item, frames) for item in registrations),
        *(_proposal(item, by_earmark) for item in pending),
        *(_accounts(report, user, by_earmark) for report in reports),
    ]
    names = dict(Voucher.objects.filter(pk__in={item.document for item in items}).values_list("pk", "name"))
    return sorted((_named(item, names) for item in items), key=lambda item: item.since)


def _named(item: Item, names: dict[str, str]) -> Item:
    return Item(**{**vars(item), "document_name": names.get(item.document, "")})


def _registration(item: Waiting, frames: dict[int, str]) -> Item:
    what, whose = item.what, MINE if item.is_own else MY_ROLE if item.for_me else OTHERS
    if isinstance(what, Transfer):
        frame = frames.get(what.debit_account_id) or frames.get(what.credit_account_id, "")
        title = f"{what.get_kind_display().capitalize()} nr. {what.pk}"
        parties = f"{what.debit_account} → {what.credit_account}"
        step = "Afgøres sammen med sin tilbageførsel" if item.is_replacement else "Godkendes"
        address = reverse("admin:initiatives_payment_settle", args=[what.pk])
        kind, amount = what.get_kind_display().capitalize(), what.amount
        return Item(title, kind, frame, parties, amount, what.booked_by, what.booked_at, step, whose, address, what.voucher_sha256)
    address = reverse("admin:initiatives_window_settle", args=[what.pk])
    frame = frames.get(what.frame_id, "")
    return Item(
        f"Betalingsvindue {what}",
        "Betalingsvindue",
        frame,
        str(what.frame),
        None,
        what.booked_by,
        what.booked_at,
        "Godkendes",
        whose,
        address,
        what.voucher_sha256,
    )


def _proposal(item: Pending, by_earmark: dict[int, str]) -> Item:
    proposal = item.proposal
    about = str(proposal.earmark or proposal.grantee or "")
    step = "Kontrolleres" if item.wants_verification else "Afgøres"
    frame = by_earmark.get(proposal.earmark_id or 0, "")
    whose, kind = MINE if item.is_own else MY_ROLE if item.for_me else OTHERS, f"Forslag: {proposal.kind}"
    address, document = proposal.get_absolute_url(), proposal.voucher_id or ""
    return Item(item.headline, kind, frame, about, None, proposal.proposed_by, proposal.proposed_at, step, whose, address, document)


def _accounts(report: AccountsReport, user: User, by_earmark: dict[int, str]) -> Item:
    whose = _whose(user, report.received_by_id == user.pk, rights.CHECK_ACCOUNTS)
    frame, about, address = by_earmark.get(report.earmark_id, ""), str(report.earmark), report.get_absolute_url()
    return Item(str(report), "Regnskab", frame, about, report.used, report.received_by, report.received_at, "Kontrolleres", whose, address, report.voucher_id)


def _whose(user: User, is_own: bool, right: str) -> str:
    return MINE if is_own else MY_ROLE if user.may(right) else OTHERS


def frame_of_each_account() -> dict[int, str]:
    """Account id → its frame's name, for every account but the treasury."""
    frames = dict(Frame.objects.values_list("account_id", "name"))
    parents = dict(Account.objects.filter(parent__isnull=False).values_list("pk", "parent_id"))
    found = dict(frames)
    for account in parents:
        above: int | None = account
        while above is not None and above not in frames:
            above = parents.get(above)
        if above is not None:
            found[account] = frames[above]
    return found


class WaitingList(Listing):
    title = "Venter på godkendelse"
    names = ("sag, der venter", "sager, der venter")
    route = "initiatives/payment/waiting/"
    rights = (rights.READ_ALL,)
    columns = ("what", "parties", "amount_kr", "by", "since", "step", "kind", "document")
    filters = (
        Filter("Hvem", "hvem", lambda item: item.whose),
        Filter("Art", "art", lambda item: item.kind),
        Filter("Ramme", "ramme", lambda item: item.frame),
    )
    search_help_text = "Søg på tekst, nummer, navn eller beløb"
    empty = "Der er ikke noget, der venter på godkendelse."

    def rows(self, request: HttpRequest) -> list[Item]:
        return everything(acting(request))

    def address_of(self, row: Item, user: User) -> str:
        return row.address

    @column("Hvad")
    def what(self, item: Item) -> str:
        return item.what

    @column("Gælder")
    def parties(self, item: Item) -> str:
        return item.parties

    @column("Beløb, kr.")
    def amount_kr(self, item: Item) -> Money | None:
        return item.amount

    @column("Registreret af")
    def by(self, item: Item) -> str:
        return str(item.by)

    @column("Siden")
    def since(self, item: Item) -> datetime:
        return item.since

    @column("Næste trin")
    def step(self, item: Item) -> str:
        return item.step

    @column("Art")
    def kind(self, item: Item) -> str:
        return item.kind

    @column("Bilag", drawn=lambda item, name: format_html('<a href="{}">{}</a>', reverse("voucher", args=[item.document]), name) if name else "")
    def document(self, item: Item) -> str:
        return item.document_name


WAITING = WaitingList()


@require_safe
@opens_with(rights.READ_ALL)
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, with the sum of each frame's disbursements."""
    shown = WAITING.shown(request)
    payments = [item for item in shown.everything if item.kind == Kind.DISBURSEMENT.label.capitalize()]
    totals: dict[str, Money] = {}
    for item in payments:
        totals[item.frame] = totals.get(item.frame, ZERO) + item.amount
    context: dict[str, Any] = {"cl": shown, "sums": totals, "may_tick": any(item.whose == MY_ROLE for item in payments)}
    return page(request, "payment/waiting.html", WAITING.title, **context)
