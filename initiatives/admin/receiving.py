"""Grantees in the admin: who they are, where they are paid to, who may pay them, and the pages where a change of it is proposed."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.lists import column
from ensomhed.models import User
from initiatives import finding, rights
from initiatives.admin.forms import NO_SUCH_DAY, DayField, Deed, ProposalForm
from initiatives.admin.front import Line
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.control import proposals
from initiatives.history import succession
from initiatives.models import Earmark, Grantee, Tie
from initiatives.receiving import cvr, details, grantees, hands, ties
from initiatives.receiving.details import Method
from ledger import questions
from ledger.formats import date_text
from ledger.refusals import LedgerError

DAY_IS_WRITTEN = "Skriv dd.mm.åååå."


class NumberField(forms.CharField):
    """Digits, typed with or without spaces and dots. `needed`: left empty only where the help text says so."""

    def __init__(self, label: str, help_text: str, *, needed: bool = True) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "day"})
        super().__init__(label=label, required=False, max_length=30, help_text=help_text, widget=widget)
        self.needed = needed

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").translate(dict.fromkeys(map(ord, " .-\u00a0\t")))


class WithNumbers(ProposalForm):
    """A CVR number that fails modulus 11 is shown once more before it is proposed: `shown` is what was shown."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    warning = ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        number = cleaned.get("cvr", "")
        if cvr.warning(number) and cleaned.get("shown") != number and not self.errors:
            self.warning = cvr.warning(number) or ""
            self.send_back("shown", number)
            self.add_error("cvr", "Er nummeret rigtigt, så send forslaget igen: advarslen følger med til den, der skal godkende.")
        return cleaned


class DetailsForm(WithNumbers):
    voucher_help = "Det, der viser, hvor pengene skal hen: tilskudsmodtagerens brev, bankens bekræftelse eller en udskrift af CVR-registret."
    method = forms.ChoiceField(
        label="Udbetales til", widget=forms.RadioSelect, error_messages={"required": "Vælg, hvor der udbetales til.", "invalid_choice": "Vælg på listen."}
    )
    cvr = NumberField("CVR-nummer", "Kun til NemKonto: otte cifre.")
    registration_number = NumberField("Registreringsnummer", "Kun til bankkonto: fire cifre.")
    account_number = NumberField("Kontonummer", "Kun til bankkonto: højst ti cifre.")
    effective_from = DayField(
        label="Gælder fra og med",
        help_text=f"Udbetalinger med denne valørdato eller en senere går hertil. {DAY_IS_WRITTEN}",
        error_messages={"required": "Angiv den dag, oplysningerne gælder fra.", "invalid": NO_SUCH_DAY},
    )

    def __init__(self, *args: Any, grantee: Grantee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        method = self.fields["method"]
        assert isinstance(method, forms.ChoiceField)
        if grantee.state_agency:
            method.choices = [(Method.INTERNAL.value, "Intern overførsel mellem statslige myndigheder")]
            for name in ("cvr", "registration_number", "account_number"):
                del self.fields[name]
        else:
            method.choices = [(Method.NEMKONTO.value, "NemKonto"), (Method.ACCOUNT.value, "En bestemt bankkonto")]


class GranteeForm(WithNumbers):
    voucher_help = "Det dokument, der viser ændringen: aftalen, eller en udskrift af CVR-registret."
    name = forms.CharField(
        label="Navn",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Skriv tilskudsmodtagerens navn.", "max_length": "Navnet er for langt: højst 200 tegn."},
    )
    cvr = NumberField("CVR-nummer", "Otte cifre.", needed=False)
    state_agency = forms.BooleanField(
        label="Statslig myndighed", required=False, help_text="Trækket er en intern overførsel uden NemKonto og revisorerklæring."
    )


class HandlerForm(Deed):
    """Somebody on the staff, and since when."""

    person = forms.ModelChoiceField(
        User.objects.filter(is_active=True, is_staff=True),
        label="Medarbejder",
        empty_label="Vælg medarbejder",
        error_messages={"required": "Vælg medarbejderen.", "invalid_choice": "Vælg en medarbejder på listen."},
    )
    since = DayField(label="Fra og med", help_text=DAY_IS_WRITTEN, error_messages={"required": "Angiv den dag, det gælder fra.", "invalid": NO_SUCH_DAY})


@admin.register(Grantee)
class GranteeAdmin(ReadOnlyAdmin):
    list_display = ["name", "cvr_number", "is_agency", "paid_to", "earmark_count"]
    list_filter = ["state_agency"]
    search_fields = ["name", "cvr"]
    search_help_text = "Søg på navn eller CVR-nummer"
    change_form_template = "admin/receiving/grantee.html"
    change_list_template = "admin/receiving/grantees.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grantee]:
        return Grantee.objects.annotate(earmarks_held=Count("earmarks", distinct=True))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return finding.grantees(search_term, queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        waiting = proposals.waiting().filter(kind=grantees.KIND, grantee=None)
        more = {"proposed": waiting, "may_propose": acting(request).may(rights.PROPOSE), "proposers": hands.holders(rights.PROPOSE)}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def completed(self, rows: list[Grantee]) -> list[Grantee]:
        found = details.in_force_of(rows, timezone.localdate())
        for grantee in rows:
            vars(grantee)["in_force"] = found.get(grantee.pk)
        return rows

    @column("CVR-nummer", ordering="cvr")
    def cvr_number(self, grantee: Grantee) -> str:
        return cvr.grouped(grantee.cvr)

    @column("Statslig myndighed", ordering="state_agency")
    def is_agency(self, grantee: Grantee) -> bool:
        return grantee.state_agency

    @column("Udbetales til")
    def paid_to(self, grantee: Any) -> str:
        return details.said(grantee.in_force.after) if grantee.in_force else "Kan ikke udbetales til"

    @column("Øremærkninger", ordering="earmarks_held")
    def earmark_count(self, grantee: Any) -> int:
        return int(grantee.earmarks_held)

    def facts(self, row: Grantee) -> Sequence[tuple[str, Any]]:
        approval = grantees.approved(row.slug)
        people = ", ".join(str(person) for person in row.members.all())
        return [
            ("CVR-nummer", cvr.grouped(row.cvr) or "Ikke oplyst endnu"),
            ("Statslig myndighed", "Ja: trækket er en intern overførsel uden NemKonto og revisorerklæring" if row.state_agency else "Nej"),
            (
                "Godkendt",
                f"Foreslået af {approval.proposed_by}, godkendt af {approval.decision.decided_by}"
                if approval
                else "Endnu ikke: der kan ikke øremærkes til den",
            ),
            ("Kan se organisationens side", people or "Ingen endnu"),
            *([("Afløses af", f"{followed.successor} fra og med {date_text(followed.starts)}")] if (followed := succession.of(row)) else []),
        ]

    def belongings(self, request: HttpRequest, row: Grantee) -> dict[str, Any]:
        user, today = acting(request), timezone.localdate()
        earmarks = list(Earmark.objects.with_accounts().filter(grantee=row))
        numbers = questions.numbers_of(earmark.account for earmark in earmarks)
        payers = hands.payers_of(earmarks, today)
        return {
            "lines": [Line(numbers[earmark.account_id], earmark) for earmark in earmarks],
            "in_force": details.in_force(row, today),
            "history": details.history(row),
            "waiting": proposals.waiting().filter(grantee=row),
            "payers": [(earmark, payers[earmark.pk]) for earmark in earmarks],
            "ties": ties.of(row),
            "may_propose_details": user.may(rights.PROPOSE_DETAILS),
            "proposers_of_details": hands.holders(rights.PROPOSE_DETAILS),
            "may_propose": user.may(rights.PROPOSE),
            "may_name_handlers": row.state_agency and any(user.may(right) for right in ties.KEEPERS),
        }


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.PROPOSE_DETAILS)
def propose_details(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes where a grantee is paid to."""
    user, grantee = acting(request), get_object_or_404(Grantee, pk=number)
    method = Method.INTERNAL if grantee.state_agency else ""
    initial = {"method": method, "cvr": grantee.cvr, "effective_from": timezone.localdate()}
    form = DetailsForm(request.POST or None, request.FILES or None, by=user, grantee=grantee, initial=initial)
    if form.is_valid():
        try:
            proposal = details.propose(user, grantee, **_only_of(form.content))
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Betalingsoplysningerne er foreslået. En anden skal nu kontrollere dem, og en tredje godkende dem.")
            return redirect(proposal)
    form.focus()
    context: dict[str, Any] = {
        "form": form,
        "grantee": grantee,
        "in_force": details.in_force(grantee, timezone.localdate()),
        "verifiers": [person for person in hands.holders(rights.VERIFY_DETAILS) if person != user],
        "deciders": [person for person in hands.holders(rights.DECIDE) if person != user],
    }
    return page(request, "receiving/details.html", f"Foreslå betalingsoplysninger for {grantee}", **context)


def _only_of(content: dict[str, Any]) -> dict[str, Any]:
    """Numbers that belong to the other way of paying are left out: a form filled in twice proposes one thing."""
    if content["method"] != Method.NEMKONTO:
        content.pop("cvr", None)
    if content["method"] != Method.ACCOUNT:
        content.pop("registration_number", None)
        content.pop("account_number", None)
    return content


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.PROPOSE)
def propose_grantee(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Proposes a new grantee, or a change of one."""
    user = acting(request)
    grantee = get_object_or_404(Grantee, pk=number) if number else None
    initial = {"name": grantee.name, "cvr": grantee.cvr, "state_agency": grantee.state_agency} if grantee else {}
    form = GranteeForm(request.POST or None, request.FILES or None, by=user, initial=initial)
    if form.is_valid():
        try:
            proposal = grantees.propose(user, grantee=grantee, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Forslaget venter nu på, at en anden i ledelsen godkender det.")
            return redirect(proposal)
    form.focus()
    lead = "" if grantee else "En ny tilskudsmodtager kan få en øremærkning, når en anden i ledelsen har godkendt den mod aftalens dokument."
    title = f"Foreslå ændring af {grantee}" if grantee else "Foreslå ny tilskudsmodtager"
    return page(request, "receiving/propose.html", title, form=form, lead=lead, grantee=grantee)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(*ties.KEEPERS)
def handlers(request: HttpRequest, number: int) -> HttpResponse:
    """Who handles an agency's own earmark: named here, ended here, and kept away from paying it for good."""
    user, grantee = acting(request), get_object_or_404(Grantee, pk=number, state_agency=True)
    ending = request.POST.get("end", "") if request.method == "POST" else ""
    form = HandlerForm(request.POST if request.method == "POST" and not ending else None, by=user, initial={"since": timezone.localdate()})
    try:
        if ending.isdecimal():
            tie = get_object_or_404(grantee.ties.filter(why=Tie.Why.HANDLER), pk=int(ending[:18]))
            ties.end_handler(user, grantee, tie.person, since=timezone.localdate())
            messages.success(request, f"{tie.person} behandler ikke længere bevillingen, og kan stadig hverken registrere eller godkende træk på den.")
            return redirect(request.path)
        if form.is_valid():
            ties.name_handler(user, grantee, form.cleaned_data["person"], since=form.cleaned_data["since"])
            messages.success(request, f"{form.cleaned_data['person']} kan herefter hverken registrere eller godkende træk på bevillingen.")
            return redirect(request.path)
    except LedgerError as refusal:
        if ending:
            messages.error(request, str(refusal))
            return redirect(request.path)
        show_refusal(form, refusal)
    form.focus()
    title = f"Hvem behandler bevillingen til {grantee}"
    return page(request, "receiving/handlers.html", title, form=form, grantee=grantee, handlers=ties.handlers(grantee), ties=ties.of(grantee))
