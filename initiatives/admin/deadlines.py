"""Deadlines: what is missing and what is coming, what came in, and asking for a later day or for a payment in spite of what is missing."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.lists import column
from ensomhed.templatetags.danish import antal, dato, tidspunkt
from initiatives import deadlines, rights
from initiatives.admin.forms import NO_SUCH_DAY, DayField, Deed, ProposalForm, RejectionForm, WithVoucher
from initiatives.admin.pages import opens_with, page, show_refusal, to_grant
from initiatives.models import Deadline, DeadlineQuerySet, Proposal, Receipt, ReceiptRejection
from ledger.refusals import LedgerError

DAY_IS_WRITTEN = "Skriv dd.mm.åååå."
MISSING, OVERDUE, RECEIVED, ALL = "mangler", "overskredet", "modtaget", "alle"


class ReceiptForm(WithVoucher):
    voucher_missing = "Vedlæg det, der er modtaget."
    voucher_help = "Det, der er modtaget: den underskrevne accept, rapporten eller regnskabet."
    received_on = DayField(
        label="Modtaget den",
        help_text=f"Den dag, det kom til ministeriet. {DAY_IS_WRITTEN}",
        error_messages={"required": "Angiv dagen.", "invalid": NO_SUCH_DAY},
    )
    field_order = ["key", "kept", "received_on", "voucher"]


class ExtensionForm(ProposalForm):
    voucher_help = "Tilskudsmodtagerens anmodning om mere tid, eller det, der ellers viser, at den er nødvendig."
    due = DayField(label="Ny frist", help_text=DAY_IS_WRITTEN, error_messages={"required": "Angiv den nye frist.", "invalid": NO_SUCH_DAY})
    field_order = ["key", "kept", "due", "reason", "voucher"]


class OverrideForm(ProposalForm):
    voucher_help = "Det dokument, der viser, hvorfor der skal betales nu."
    until = DayField(
        label="Der må betales med valørdato til og med",
        help_text=f"Den sidste dag, der må betales på. {DAY_IS_WRITTEN}",
        error_messages={"required": "Angiv den sidste dag.", "invalid": NO_SUCH_DAY},
    )
    field_order = ["key", "kept", "until", "reason", "voucher"]


class State(admin.SimpleListFilter):
    """What is missing, unless something else is asked for."""

    title = "tilstand"
    parameter_name = "tilstand"
    shown = {MISSING: "Mangler", OVERDUE: "Overskredet", RECEIVED: "Modtaget", ALL: "Alle"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.shown.items())

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value() if self.value() in self.shown else MISSING
        for value, words in self.shown.items():
            yield {"selected": value == chosen, "query_string": changelist.get_query_string({self.parameter_name: value}), "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, DeadlineQuerySet)
        rows = {OVERDUE: queryset.overdue(timezone.localdate()), RECEIVED: queryset.exclude(pk__in=Deadline.objects.missing()), ALL: queryset}
        return rows.get(self.value() or "", queryset.missing())


def state_of(deadline: Deadline, today: date) -> tuple[str, str]:
    """Where a deadline stands: late, coming or received, and in words."""
    received_on = deadline.standing_receipts[0].received_on if deadline.standing_receipts else None
    return state_on(deadline.due_in_force, received_on, today)


def state_on(due: date, received_on: date | None, today: date) -> tuple[str, str]:
    """The same from the day in force and the day it came in."""
    if received_on:
        return "received", f"Modtaget {dato(received_on)}"
    days = (due - today).days
    if days < 0:
        return "late", f"Overskredet i {antal(-days)} {'dag' if days == -1 else 'dage'}"
    return "coming", "I dag" if days == 0 else f"Om {days} {'dag' if days == 1 else 'dage'}"


def tagged(state: tuple[str, str]) -> SafeString:
    return format_html('<span class="tag {}">{}</span>', *state)


def with_what_it_was(deadline: Deadline, day: date) -> str:
    return dato(day) if deadline.due == day else format_html('{}<span class="under">forlænget fra {}</span>', dato(day), dato(deadline.due))


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyAdmin):
    right = rights.READ_ALL
    list_display = ["name", "state", "due_on", "title", "reminded_when"]
    list_display_links = ["name"]
    list_filter = [State, "what", "earmark__grantee"]
    search_fields = ["earmark__grantee__name", "earmark__initiative__name", "earmark__track"]
    search_help_text = "Søg på tilskudsmodtager, initiativ eller spor"
    change_list_template = "admin/deadlines/list.html"
    change_form_template = "admin/deadlines/deadline.html"

    def get_queryset(self, request: HttpRequest) -> DeadlineQuerySet:
        return Deadline.objects.told()

    def get_ordering(self, request: HttpRequest) -> tuple[str]:
        return ("due_in_force",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        listed = {"overrides": deadlines.overrides(), "reminders_late": deadlines.reminders_late()}
        return super().changelist_view(request, {**listed, **(extra_context or {})})

    @column("Frist for", ordering="what")
    def name(self, deadline: Deadline) -> str:
        return str(deadline)

    @column("Øremærkning", ordering="earmark__initiative__name")
    def title(self, deadline: Deadline) -> str:
        return deadline.earmark.title

    @column("Dato", ordering="due_in_force", drawn=with_what_it_was)
    def due_on(self, deadline: Deadline) -> date:
        return deadline.due_in_force

    @column("Tilstand", drawn=lambda deadline, _: tagged(state_of(deadline, timezone.localdate())))
    def state(self, deadline: Deadline) -> str:
        return state_of(deadline, timezone.localdate())[1]

    @column("Senest påmindet", shown=dato)
    def reminded_when(self, deadline: Deadline) -> datetime | None:
        return deadline.newest_reminders[0].sent_at if deadline.newest_reminders else None

    def facts(self, row: Deadline) -> Sequence[tuple[str, Any]]:
        extended = row.due != row.due_in_force
        return [
            ("Tilskudsmodtager", row.earmark.grantee),
            ("Øremærkning", to_grant(row.earmark)),
            ("Frist", dato(row.due_in_force)),
            ("Oprindelig frist", dato(row.due) if extended else ""),
            ("Opstået", f"{tidspunkt(row.made_at)}, da bevillingen blev godkendt"),
        ]

    def belongings(self, request: HttpRequest, row: Deadline) -> dict[str, Any]:
        user, today = acting(request), timezone.localdate()
        about = Proposal.objects.told().filter(earmark=row.earmark_id)
        receipts = list(row.receipts.select_related("recorded_by", "voucher", "rejection__rejected_by").defer("voucher__content"))
        standing = next((receipt for receipt in receipts if not hasattr(receipt, "rejection")), None)
        return {
            "state": tagged(state_of(row, today)),
            "stops_today": any(stop.deadline == row for stop in deadlines.stops(row.earmark, today)),
            "standing": standing,
            "receipts": receipts,
            "extensions": about.filter(kind="extension", subject=row.subject),
            "overrides": about.filter(kind="override", subject=row.stop),
            "reminders": row.newest_reminders,
            "may_register": user.may(rights.REGISTER),
            "may_reject": standing is not None and standing.recorded_by_id != user.pk and any(map(user.may, deadlines.REJECTORS)),
        }


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def receive(request: HttpRequest, number: int) -> HttpResponse:
    """Records that what the deadline asks for came in. Accounts are received with what they say: on a page of their own."""
    deadline = _deadline(number)
    if deadline.what == Deadline.What.ACCOUNTS:
        return redirect("admin:initiatives_accounts_receive", deadline.earmark.slug)
    form = ReceiptForm(request.POST or None, request.FILES or None, by=acting(request), initial={"received_on": timezone.localdate()})

    def record() -> HttpResponse:
        deadlines.receive(acting(request), deadline, **form.content)
        messages.success(request, f"{deadline.name} fra {deadline.earmark.grantee} er registreret som modtaget.")
        return redirect(deadline)

    return _asked(request, form, deadline, f"Registrer modtagelse: {deadline.name}", record, button="Registrer modtagelsen")


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def extend(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes a later day."""
    deadline = _deadline(number)
    form = ExtensionForm(request.POST or None, request.FILES or None, by=acting(request))

    def propose() -> HttpResponse:
        proposal = deadlines.extend(acting(request), deadline, **form.content)
        messages.success(request, "Forlængelsen er foreslået og venter nu på, at ledelsen afgør den.")
        return redirect(proposal)

    return _asked(request, form, deadline, f"Foreslå forlænget frist: {deadline.name}", propose, button="Foreslå forlængelsen", decided=True)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def override(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes to pay in spite of what is missing."""
    deadline = _deadline(number)
    form = OverrideForm(request.POST or None, request.FILES or None, by=acting(request))

    def propose() -> HttpResponse:
        proposal = deadlines.override(acting(request), deadline, **form.content)
        messages.success(request, "Betalingen trods stoppet er foreslået og venter nu på, at ledelsen afgør den.")
        return redirect(proposal)

    return _asked(request, form, deadline, f"Foreslå betaling trods stop: {deadline.name}", propose, button="Foreslå betaling trods stoppet", decided=True)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(*deadlines.REJECTORS)
def reject(request: HttpRequest, number: int) -> HttpResponse:
    """Takes back a receipt that another person recorded wrongly."""
    receipt = get_object_or_404(Receipt.objects.select_related("deadline__earmark__grantee", "recorded_by"), pk=number)
    known = ReceiptRejection.objects.filter(receipt=receipt).exists()
    if known:
        messages.error(request, "Registreringen er allerede afvist.")
        return redirect(receipt.deadline)
    form = RejectionForm(request.POST or None, by=acting(request))

    def take_back() -> HttpResponse:
        deadlines.reject(acting(request), receipt, reason=form.cleaned_data["reason"])
        messages.success(request, "Registreringen er afvist, og fristen står igen.")
        return redirect(receipt.deadline)

    return _asked(
        request, form, _deadline(receipt.deadline_id), f"Afvis modtagelse: {receipt.deadline.name}", take_back, button="Afvis registreringen", receipt=receipt
    )


def _deadline(number: int) -> Deadline:
    return get_object_or_404(Deadline.objects.told(), pk=number)


def _asked(request: HttpRequest, form: Deed, deadline: Deadline, title: str, deed: Callable[[], HttpResponse], **context: Any) -> HttpResponse:
    """A form about one deadline; what PostgreSQL refuses is said beside the field."""
    if form.is_valid():
        try:
            return deed()
        except LedgerError as refusal:
            show_refusal(form, refusal)
    form.focus()
    context |= {"form": form, "deadline": deadline, "state": tagged(state_of(deadline, timezone.localdate()))}
    return page(request, "deadlines/ask.html", title, **context)
