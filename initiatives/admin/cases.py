"""Cases at the ministry: the list, the open ones first, and one case with everything said in it. Answering and closing are for whoever has the right; closing for clean hands only."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.factor import asked_again
from ensomhed.lists import column
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.forms import Deed
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Case, CaseQuerySet
from initiatives.telling import cases
from ledger.refusals import LedgerError

OPEN, CLOSED = "Venter på svar", "Besvaret og lukket"


class AnswerForm(Deed):
    text = forms.CharField(
        label="Svar",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Tilskudsmodtageren kan læse svaret og får besked om det med det samme.",
        error_messages={"required": "Skriv svaret.", "max_length": "Svaret er for langt: højst 2.000 tegn. Gør det kortere."},
    )


class State(admin.SimpleListFilter):
    title = "tilstand"
    parameter_name = "tilstand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", OPEN), ("closed", CLOSED)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, CaseQuerySet)
        return {"open": queryset.open(), "closed": queryset.closed()}.get(self.value() or "", queryset)


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """The open ones first, and of them the oldest."""

    right = rights.READ_CASES
    rows_have_pages = False
    list_name = "initiatives_case_list"
    list_display = ["number", "grantee", "about", "state", "opened_when", "opener", "text"]
    list_display_links = ["number"]
    list_filter = [State, ("grantee", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["=id", "grantee__name", "text", "opened_by__first_name", "opened_by__last_name"]
    search_help_text = "Søg på indsigelsens nummer, tilskudsmodtager, tekst eller hvem der rejste den"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return Case.objects.visible_to(acting(request)).told()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("is_closed", "id")

    def address_of(self, row: Case) -> str:
        return reverse("admin:initiatives_case_show", args=[row.pk])

    @column("Indsigelse", ordering="id")
    def number(self, case: Case) -> str:
        return str(case)

    @column("Om")
    def about(self, case: Case) -> str:
        return case.about

    @column("Tilstand", ordering="is_closed")
    def state(self, case: Case) -> str:
        return CLOSED if case.is_closed else OPEN

    @column("Rejst", ordering="opened_at")
    def opened_when(self, case: Case) -> datetime:
        return case.opened_at

    @column("Rejst af", ordering="opened_by__first_name")
    def opener(self, case: Case) -> str:
        return str(case.opened_by)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_CASES)
@asked_again
def show(request: HttpRequest, number: int) -> HttpResponse:
    user = acting(request)
    case = get_object_or_404(Case.objects.visible_to(user).told(), pk=number)
    form = AnswerForm(request.POST if request.method == "POST" else None, by=user) if user.may(rights.ANSWER_CASE) else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied("Din rolle giver ikke ret til at besvare indsigelser. Bed en controller eller ledelsen om det.")
        if form.is_valid():
            try:
                said = _answer(user, case, form, closing="close" in request.POST)
            except LedgerError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, said)
                return redirect(request.path)
    return page(request, "cases/case.html", str(case), **_told(user, case, form))


def _answer(user: User, case: Case, form: AnswerForm, *, closing: bool) -> str:
    """Writes the answer, and says what came of it."""
    text, key = form.cleaned_data["text"], form.cleaned_data["key"]
    if closing:
        cases.close(user, case, answer=text, key=key)
        return "Indsigelsen er besvaret og lukket. Tilskudsmodtageren har fået besked."
    cases.write(user, case, text=text, key=key)
    return "Svaret er sendt. Indsigelsen er stadig åben."


def _told(user: User, case: Case, form: AnswerForm | None) -> dict[str, Any]:
    """The case, and who may close it: said where one would try."""
    hand = cases.bar(case, user)
    return {
        "case": case,
        "said": case.messages.select_related("written_by"),
        "form": form,
        "hand": cases.HANDS.get(hand, hand) if hand else "",
        "closers": cases.clean_hands(case) if not case.is_closed else [],
    }
