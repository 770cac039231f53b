"""The auditor's pages: the frames at a glance, the journal, the accounts and their statements. Debit and credit are the ledger's own point of view."""

from functools import partial
from operator import attrgetter
from typing import Any

from django import forms
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from djmoney.money import Money

from initiatives.models import Agreement, Earmark, Frame, Voucher
from initiatives.views.access import Request, auditing
from initiatives.views.days import Days
from initiatives.views.pages import rows, turned
from ledger.kinds import AccountKind, Kind
from ledger.models import ZERO, Account, Transfer
from ledger.questions import Numbers, numbers_of, statement, waiting

COLUMNS = {
    "earmarked": "Øremærket",
    "disbursed": "Udbetalt",
    "reserved": "Reserveret",
    "left": "Rest at udbetale",
    "passed_on": "Givet videre",
    "documented": "Dokumenteret",
    "repaid": "Tilbagebetalt",
    "written_off": "Afskrevet",
    "lapsed": "Bortfaldet",
}


@auditing
def overview(request: Request) -> HttpResponseBase:
    """Each frame by itself with its earmarks; frames are never added."""
    earmarks = list(Earmark.objects.visible_to(request.user).with_accounts())
    numbers = numbers_of(earmark.account for earmark in earmarks)
    frames = [_frame(frame, [earmark for earmark in earmarks if earmark.initiative.frame_id == frame.pk], numbers) for frame in _frames()]
    context = {"agreements": Agreement.objects.all(), "frames": frames, "columns": COLUMNS.values(), "waiting": waiting().count()}
    return render(request, "auditor/overview.html", context)


def _frames() -> QuerySet[Frame]:
    return Frame.objects.select_related("account", "agreement").order_by("pk")


def _frame(frame: Frame, earmarks: list[Earmark], numbers: dict[int, Numbers]) -> dict[str, Any]:
    rows = [(earmark, _cells(numbers[earmark.account_id])) for earmark in earmarks]
    totals: list[Money] = [sum(column, ZERO) for column in zip(*(cells for _, cells in rows), strict=True)]
    return {"frame": frame, "rows": rows, "totals": totals}


def _cells(numbers: Numbers) -> list[Money]:
    return [getattr(numbers, name) for name in COLUMNS]


class Sought(Days):
    """What to look for in the journal."""

    bevilling = forms.ModelChoiceField(
        Earmark.objects.select_related("grantee", "initiative"),
        label="Øremærkning",
        required=False,
        to_field_name="slug",
        empty_label="Alle",
        error_messages={"invalid_choice": "Vælg en øremærkning på listen."},
    )
    art = forms.ChoiceField(
        label="Art",
        required=False,
        choices=[("", "Alle"), *((kind.value, kind.label.capitalize()) for kind in Kind)],
        error_messages={"invalid_choice": "Vælg en art på listen."},
    )

    def found(self) -> QuerySet[Transfer]:
        """The transfers that answer to it; none while it cannot be read."""
        if not self.is_valid():
            return Transfer.objects.none()
        sought = self.cleaned_data
        answer = Transfer.objects.select_related("debit_account", "credit_account", "booked_by", "settlement")
        if sought["fra_dag"]:
            answer = answer.filter(value_date__gte=sought["fra_dag"])
        if sought["til_dag"]:
            answer = answer.filter(value_date__lte=sought["til_dag"])
        if sought["art"]:
            answer = answer.filter(kind=sought["art"])
        if sought["bevilling"]:
            accounts = list(_accounts_of(sought["bevilling"]).values_list("pk", flat=True))
            answer = answer.filter(Q(debit_account__in=accounts) | Q(credit_account__in=accounts))
        return answer


def _accounts_of(earmark: Earmark) -> QuerySet[Account]:
    """An earmark's account and every account below it."""
    return Account.objects.filter(Q(pk=earmark.account_id) | Q(parent=earmark.account_id) | Q(parent=earmark.grantee_account_id))


@auditing
def journal(request: Request) -> HttpResponseBase:
    """Every transfer in the order in which it was booked, the newest first."""
    sought = Sought(request.GET)
    page = turned(request, rows(sought.found()), attrgetter("pk"))
    return render(request, "auditor/journal.html", {"sought": sought, "page": page, "address": sought.address(), "days": sought.address("fra_dag", "til_dag")})


@auditing
def transfer(request: Request, number: int) -> HttpResponseBase:
    """One transfer with everything that is kept about it, and the way to what it belongs to."""
    related = Transfer.objects.select_related("debit_account", "credit_account", "booked_by", "pending", "settlement", "reverses", "replaces")
    shown = get_object_or_404(related, pk=number)
    voucher = Voucher.objects.defer("content").filter(pk=shown.voucher_sha256).first() if shown.voucher_sha256 else None
    return render(request, "auditor/transfer.html", {"transfer": shown, "voucher": voucher, "links": _links(shown)})


def _links(transfer: Transfer) -> list[tuple[str, Transfer]]:
    """What a transfer answers, and what answers it."""
    links: list[tuple[str, Transfer | None]] = [
        ("Afgør", transfer.pending),
        ("Afgjort af", getattr(transfer, "settlement", None)),
        ("Tilbagefører", transfer.reverses),
        ("Bogfører på ny", transfer.replaces),
    ]
    links += [("Tilbageført af", other) for other in transfer.reversals.all()]
    links += [("Bogført på ny af", other) for other in transfer.replacements.all()]
    return [(name, other) for name, other in links if other]


# In the order of the tree.
GROUPS = {
    AccountKind.TREASURY: "Statskassen",
    AccountKind.FRAME: "Rammer",
    AccountKind.EARMARK: "Øremærkninger",
    AccountKind.GRANTEE: "Tilskudsmodtagere",
    AccountKind.LOCAL: "Lokale aktører",
    AccountKind.USED: "Dokumenteret anvendt",
    AccountKind.WRITTEN_OFF: "Afskrevet",
}


@auditing
def accounts(request: Request) -> HttpResponseBase:
    """Every account with its totals, kind by kind."""
    every = list(Account.objects.order_by("code"))
    groups = [(name, [account for account in every if account.kind == kind]) for kind, name in GROUPS.items()]
    return render(request, "auditor/accounts.html", {"groups": [(name, group) for name, group in groups if group]})


@auditing
def account(request: Request, code: str) -> HttpResponseBase:
    """One account's statement (kontokort) with its running balance."""
    shown = get_object_or_404(Account.objects.select_related("parent"), code=code)
    page = turned(request, partial(statement, shown), attrgetter("number"))
    prefetch_related_objects([entry.transfer for entry in page.rows], "settlement")
    return render(request, "auditor/account.html", {"account": shown, "page": page})
