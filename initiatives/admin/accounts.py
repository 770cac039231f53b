"""Accounts from grantees (regnskaber): the list, receiving them, checking them, booking a surplus and disallowing use."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from djmoney.money import Money

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.factor import asked_again
from ensomhed.lists import column
from ensomhed.models import User
from ensomhed.templatetags.danish import dato
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
SHOWN = 20
"""how many missing accounts stand above the list, the ones due first"""
WAITING, APPROVED, REJECTED = "Venter på kontrol", "Godkendt", "Afvist"


class State(admin.SimpleListFilter):
    title = "tilstand"
    parameter_name = "tilstand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("venter", WAITING), ("godkendt", APPROVED), ("afvist", REJECTED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[AccountsReport]:
        asked = {"venter": {"decision__isnull": True}, "godkendt": {"decision__approved": True}, "afvist": {"decision__approved": False}}
        return queryset.filter(**asked.get(self.value() or "", {}))


class Year(admin.SimpleListFilter):
    """Accounts that begin in one year."""

    title = "regnskabsår"
    parameter_name = "aar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(day.year), str(day.year)) for day in AccountsReport.objects.dates("starts", "year")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[AccountsReport]:
        asked = self.value() or ""
        return queryset.filter(starts__year=int(asked)) if asked in dict(self.lookup_choices) else queryset


class OfEarmark(admin.SimpleListFilter):
    """The accounts of one earmark (`?earmark=`): chosen where the earmark stands, and left again here."""

    title = "øremærkning"
    parameter_name = "earmark"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = Earmark.objects.select_related("grantee", "initiative").filter(slug=request.GET.get("earmark", "")).first()
        return [(chosen.slug, str(chosen))] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[AccountsReport]:
        return queryset.filter(earmark__slug=self.value()) if self.value() else queryset


@admin.register(AccountsReport)
class AccountsReportAdmin(ReadOnlyAdmin):
    """Those that wait first, the oldest before the others; then what was decided, the newest first."""

    right = rights.READ_ALL
    rows_have_pages = False
    list_name = "initiatives_accounts_list"
    list_display = ["what", "title", "state", "used_kr", "documented_kr", "came_on", "receiver", "decided_on", "decider", "is_final"]
    list_display_links = ["what"]
    list_filter = [OfEarmark, State, Year, "final"]
    search_fields = ["=id", "earmark__grantee__name", "earmark__initiative__name", "actor__name", "text", "case_number"]
    search_help_text = "Søg på nummer, tilskudsmodtager, initiativ, lokal aktør, tekst eller journalnummer"
    change_list_template = "admin/accounts/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountsReport]:
        return AccountsReport.objects.told().prefetch_related(None)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (F("decision__decided_at").desc(nulls_first=True), "id")

    def completed(self, rows: list[AccountsReport]) -> list[AccountsReport]:
        figures = accounts.standings(rows)
        for report in rows:
            vars(report)["standing"] = figures[report.pk]
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        chosen, today = request.GET.get("earmark", ""), timezone.localdate()
        reports = AccountsReport.objects.told().prefetch_related(None).perhaps_bookable()
        missing = Deadline.objects.told().missing().filter(what=Deadline.What.ACCOUNTS, due_in_force__lte=today + timedelta(days=SOON_IN_DAYS))  # type: ignore[misc]
        if chosen:
            reports, missing = reports.filter(earmark__slug=chosen), missing.filter(earmark__slug=chosen)
        more = {
            "earmarks": Earmark.objects.select_related("grantee", "initiative").filter(slug=chosen),
            "bookable": accounts.bookable(reports),
            "missing": [(deadline, deadline.due_in_force < today) for deadline in missing[:SHOWN]],
            "missing_count": missing.count(),
            "may_register": acting(request).may(rights.REGISTER),
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def address_of(self, row: AccountsReport) -> str:
        return row.get_absolute_url()

    @column("Regnskab", ordering="id")
    def what(self, report: AccountsReport) -> str:
        return str(report)

    @column("Øremærkning", ordering="earmark__initiative__name")
    def title(self, report: AccountsReport) -> str:
        return report.earmark.title

    @column("Tilstand", ordering="decision__approved")
    def state(self, report: AccountsReport) -> str:
        return report.state.capitalize()

    @column("Anvendt, kr.", ordering="used")
    def used_kr(self, report: AccountsReport) -> Money:
        return report.used

    @column("Dokumenteret, kr.")
    def documented_kr(self, report: Any) -> Money:
        documented: Money = report.standing.documented
        return documented

    @column("Registreret af", ordering="received_by__first_name")
    def receiver(self, report: AccountsReport) -> str:
        return str(report.received_by)

    @column("Modtaget", ordering="received_on")
    def came_on(self, report: AccountsReport) -> date:
        return report.received_on

    @column("Afgjort", ordering="decision__decided_at", shown=dato)
    def decided_on(self, report: AccountsReport) -> datetime | None:
        return report.decision.decided_at if hasattr(report, "decision") else None

    @column("Afgjort af", ordering="decision__decided_by__first_name")
    def decider(self, report: AccountsReport) -> str:
        return str(report.decision.decided_by) if hasattr(report, "decision") else ""

    @column("Afsluttende", ordering="final")
    def is_final(self, report: AccountsReport) -> bool:
        return report.final


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
    report, user = get_object_or_404(AccountsReport.objects.told().with_documents(), pk=number), acting(request)
    chosen = request.POST.get("decision", "") if request.method == "POST" else ""
    standing = accounts.standing_of(report)
    barred = accounts.bar(report, user)
    forms = _forms(request, report, standing, chosen, barred=barred)
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
    return page(request, "accounts/check.html", str(report), forms=forms, **_surroundings(report, user, standing, barred))


def _forms(request: HttpRequest, report: AccountsReport, standing: accounts.Standing, chosen: str, *, barred: str | None) -> dict[str, Deed]:
    """What this person may do with the accounts, each with its form."""
    user = acting(request)

    def bound(name: str) -> dict[str, Any]:
        return {"by": user, "prefix": name, "data": request.POST if chosen == name else None}

    if hasattr(report, "decision"):
        may_book = user.may(rights.REGISTER) and standing.can_be_booked.amount > 0
        return {"surplus": SurplusForm(**bound("surplus"))} if may_book else {}
    if not user.may(rights.CHECK_ACCOUNTS) or report.received_by_id == user.pk:
        return {}
    forms: dict[str, Deed] = {"reject": RejectionForm(**bound("reject"))}
    if barred is None:
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


def _surroundings(report: AccountsReport, user: User, standing: accounts.Standing, barred: str | None) -> dict[str, Any]:
    """What stands around accounts: the money, the statements, the entries, and who can decide."""
    required = accounts.required(report.earmark)
    statements = [
        ("Revisorerklæring", report.auditors_statement, "auditors_statement" in required),
        ("Forvaltningsrevision", report.performance_audit, "performance_audit" in required),
    ]
    numbers = questions.numbers_of([report.earmark.account])[report.earmark.account_id]
    documented, bound = accounts.spent_otherwise(report, numbers, standing)
    return {
        "report": report,
        "decision": getattr(report, "decision", None),
        "standing": standing,
        "numbers": numbers,
        "documented_elsewhere": documented,
        "otherwise_bound": bound,
        "statements": statements,
        "entries": Transfer.objects.filter(accounts_use__accounts=report).select_related("settlement", "booked_by").order_by("id"),
        "disallowances": accounts.disallowances(report),
        "checkers": accounts.checkers(report),
        "bar": accounts.BARS.get(barred or ""),
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
