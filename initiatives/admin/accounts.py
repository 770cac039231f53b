"""Accounts from grantees (regnskaber): the list, receiving them, checking them, booking a surplus and disallowing use."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.models import User
from initiatives import accounts, rights
from initiatives.admin.accounts_forms import AccountsApprovalForm, AccountsForm, DisallowanceForm, SurplusForm
from initiatives.admin.forms import Deed, RejectionForm
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import AccountsReport, Claim, Deadline, Earmark
from ledger import questions
from ledger.formats import kroner
from ledger.models import Transfer
from ledger.refusals import AlreadySettled, LedgerError

SOON_IN_DAYS = 60
"""how long before its deadline an account that is missing is listed"""
SHOWN = 100
"""how many decided accounts the list shows, the newest first"""


@require_safe
@opens_with(rights.READ_ALL)
def listed(request: HttpRequest) -> HttpResponse:
    """What came in and waits, what can be booked, what is missing, and what was decided; of one earmark when asked (`?earmark=`)."""
    chosen = Earmark.objects.select_related("grantee", "initiative").filter(slug=request.GET.get("earmark", "")).first()
    reports, today = AccountsReport.objects.told(), timezone.localdate()
    missing = Deadline.objects.told().missing().filter(what=Deadline.What.ACCOUNTS)
    if chosen:
        reports, missing = reports.filter(earmark=chosen), missing.filter(earmark=chosen)
    soon = today + timedelta(days=SOON_IN_DAYS)
    waiting, decided = list(reports.waiting().order_by("id")), list(reports.decided()[:SHOWN])
    figures = accounts.standings([*waiting, *decided])
    context: dict[str, Any] = {
        "chosen": chosen,
        "earmarks": Earmark.objects.select_related("grantee", "initiative"),
        "waiting": [(report, figures[report.pk]) for report in waiting],
        "bookable": accounts.bookable(reports.approved()),
        "missing": [(deadline, deadline.due_in_force < today) for deadline in missing if deadline.due_in_force <= soon],
        "decided": [(report, figures[report.pk]) for report in decided],
        "may_register": acting(request).may(rights.REGISTER),
    }
    return page(request, "accounts/list.html", "Regnskaber", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def receive(request: HttpRequest, slug: str) -> HttpResponse:
    """Receives accounts on one earmark: the page says which statements its grant asks for, and why."""
    earmark, user = get_object_or_404(Earmark.objects.with_accounts(), slug=slug), acting(request)
    corrects = _rejected(earmark, request.GET.get("retter", ""))
    form = AccountsForm(request.POST or None, request.FILES or None, by=user, earmark=earmark, corrects=corrects)
    if form.is_valid():
        try:
            report = accounts.receive(user, earmark, corrects=corrects, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"{report} er registreret og venter nu på kontrol.")
            return redirect(report)
    form.focus()
    required = accounts.required(earmark)
    context: dict[str, Any] = {"form": form, "earmark": earmark, "granted": accounts.granted(earmark), "required": required, "corrects": corrects}
    return page(request, "accounts/receive.html", "Registrer rettet regnskab" if corrects else "Registrer regnskab", **context)


def _rejected(earmark: Earmark, asked: str) -> AccountsReport | None:
    """The rejected accounts that the new ones replace (`?retter=`)."""
    if not (asked.isascii() and asked.isdecimal() and len(asked) < len(str(2**63))):
        return None
    return AccountsReport.objects.told().filter(pk=int(asked), earmark=earmark, decision__approved=False, corrected_by__isnull=True).first()


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL)
@asked_again
def check(request: HttpRequest, number: int) -> HttpResponse:
    """One set of accounts: what was received and used, the statements, who may decide, and the decision."""
    report, user = get_object_or_404(AccountsReport.objects.told(), pk=number), acting(request)
    chosen = request.POST.get("decision", "") if request.method == "POST" else ""
    standing = accounts.standing_of(report)
    forms = _forms(request, user, report, standing, chosen)
    form = forms.get(chosen)
    if chosen and form is None:
        if hasattr(report, "decision") and user.may(rights.CHECK_ACCOUNTS):
            messages.error(request, "Regnskabet er allerede afgjort.")
            return redirect(report)
        raise PermissionDenied("Du kan ikke afgøre dette regnskab. Siden fortæller, hvem der kan.")
    if form is not None and form.is_valid():
        try:
            outcome = _decide(user, report, chosen, form)
        except AlreadySettled as refusal:
            messages.error(request, str(refusal))
            return redirect(report)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, outcome)
            return redirect(report)
    return page(request, "accounts/check.html", str(report), forms=forms, standing=standing, **_surroundings(report, user))


def _forms(request: HttpRequest, user: User, report: AccountsReport, standing: accounts.Standing, chosen: str) -> dict[str, Deed]:
    """What this person may do with the accounts, each with its form."""

    def bound(name: str) -> dict[str, Any]:
        return {"by": user, "prefix": name, "data": request.POST if chosen == name else None}

    if hasattr(report, "decision"):
        may_book = user.may(rights.REGISTER) and standing.can_be_booked.amount > 0
        return {"surplus": SurplusForm(**bound("surplus"))} if may_book else {}
    if not user.may(rights.CHECK_ACCOUNTS) or report.received_by_id == user.pk:
        return {}
    forms: dict[str, Deed] = {"reject": RejectionForm(**bound("reject"))}
    if accounts.bar(report, user) is None:
        forms["approve"] = AccountsApprovalForm(report=report, **bound("approve"))
    return forms


def _decide(user: User, report: AccountsReport, decision: str, form: Deed) -> str:
    """Carries the decision out and says so."""
    content = form.content
    if decision == "approve":
        accounts.approve(user, report, **content)
        claim = Claim.objects.filter(earmark=report.earmark_id, actor=report.actor_id).order_by("-id").first() if report.final else None
        return f"{report} er godkendt." + (f" {kroner(claim.amount)} kræves tilbage." if claim and claim.voucher_id == report.voucher_id else "")
    if decision == "reject":
        accounts.reject(user, report, **content)
        return f"{report} er afvist. Afsenderen skal sende et rettet regnskab."
    booked = accounts.book_surplus(user, report, **content)
    return f"{kroner(booked.amount)} er registreret og venter nu på, at en anden godkender."


def _surroundings(report: AccountsReport, user: User) -> dict[str, Any]:
    """What stands around accounts: the money, the statements, the entries, and who can decide."""
    required = accounts.required(report.earmark)
    statements = [
        ("Revisorerklæring", report.auditors_statement, "auditors_statement" in required),
        ("Forvaltningsrevision", report.performance_audit, "performance_audit" in required),
    ]
    return {
        "report": report,
        "decision": getattr(report, "decision", None),
        "numbers": questions.numbers_of([report.earmark.account])[report.earmark.account_id],
        "statements": statements,
        "entries": Transfer.objects.filter(accounts_use__accounts=report).select_related("settlement", "booked_by").order_by("id"),
        "disallowances": accounts.disallowances(report),
        "checkers": accounts.checkers(report),
        "bar": accounts.BARS.get(accounts.bar(report, user) or ""),
        "may_check": user.may(rights.CHECK_ACCOUNTS),
        "may_register": user.may(rights.REGISTER),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def disallow(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes that less of approved accounts counts as used."""
    report, user = get_object_or_404(AccountsReport.objects.told().approved(), pk=number), acting(request)
    standing = accounts.standing_of(report)
    form = DisallowanceForm(request.POST or None, request.FILES or None, by=user)
    if form.is_valid():
        try:
            proposal = accounts.disallow(user, report, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Underkendelsen er foreslået og venter nu på regnskabskontrollen.")
            return redirect(proposal)
    form.focus()
    return page(request, "accounts/disallow.html", f"Underkend forbrug: {report}", form=form, report=report, standing=standing)
