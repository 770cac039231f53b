"""Passing on (videreformidling): what a grantee gave to a local actor, and what came back from one, where the grant must be passed on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from initiatives import movements, rights
from initiatives.admin.forms import AmountField, DayField, Deed, InsteadOf, case_number_field, row_number, text_field
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.admin.undoing import filled_in_from, wrongly_booked
from initiatives.models import Earmark, LocalActor
from ledger import questions
from ledger.formats import kroner
from ledger.kinds import Kind
from ledger.models import Transfer
from ledger.refusals import KeyReused, LedgerError

OUT, BACK = "ud", "tilbage"


class ActorChoice(forms.ModelChoiceField):
    """A local actor, with what it has and has not documented yet."""

    def label_from_instance(self, actor: LocalActor) -> str:
        return f"{actor}, kommune {actor.municipality_code}: har {kroner(actor.account.balance)}"


class PassingOnForm(Deed):
    instead_of = InsteadOf()
    way = forms.ChoiceField(
        label="Hvad er der sket?",
        choices=[(OUT, "Modtageren har givet penge videre til en lokal aktør"), (BACK, "En lokal aktør har givet penge tilbage til modtageren")],
        widget=forms.RadioSelect,
        initial=OUT,
        error_messages={"required": "Vælg, hvad der er sket.", "invalid_choice": "Vælg, hvad der er sket."},
    )
    actor = ActorChoice(
        LocalActor.objects.none(),
        label="Lokal aktør",
        required=False,
        empty_label="En ny lokal aktør, som skrives nedenfor",
        error_messages={"invalid_choice": "Vælg en lokal aktør på listen."},
    )
    name = forms.CharField(
        label="Navn på en ny lokal aktør",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Navnet er for langt: højst 200 tegn."},
    )
    municipality_code = forms.CharField(
        label="Dens kommunekode",
        required=False,
        help_text="Tre cifre, for eksempel 461 for Odense.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    amount = AmountField()
    value_date = DayField()
    case_number = case_number_field()
    text = text_field()
    field_order = ["key", "instead_of", "way", "actor", "name", "municipality_code", "amount", "value_date", "case_number", "text"]

    def __init__(self, *args: Any, actors: QuerySet[LocalActor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actor = self.fields["actor"]
        assert isinstance(actor, ActorChoice)
        actor.queryset = actors
        for name in ("actor", "name", "municipality_code"):
            self.fields[name].needed = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "actor" in self.errors:
            return cleaned
        if cleaned.get("actor"):
            for name in ("name", "municipality_code"):
                if cleaned.get(name):
                    self.add_error(name, "Der er valgt en lokal aktør på listen. Ryd feltet, eller vælg en ny lokal aktør ovenfor.")
        elif cleaned.get("way") == BACK:
            self.add_error("actor", "Vælg den lokale aktør, pengene kom tilbage fra.")
        else:
            for name, missing in (("name", "Skriv navnet, eller vælg en lokal aktør på listen."), ("municipality_code", "Skriv kommunekoden.")):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, missing)
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Books what was passed on from a grant, or given back to it. Booked at once: the money is the grantee's, and stays within its grant."""
    earmark = get_object_or_404(Earmark.objects.with_accounts().filter(must_pass_on=True), slug=slug)
    actors = LocalActor.objects.filter(earmark=earmark).select_related("account", "earmark__grantee_account").order_by("name", "id")
    initial = {"value_date": questions.first_open_day(timezone.localdate()), **_as_it_was(request, actors)}
    form = PassingOnForm(request.POST if request.method == "POST" else None, by=acting(request), actors=actors, initial=initial)
    existing = None
    if form.is_valid():
        try:
            booked = _booked(form, earmark)
        except LedgerError as refusal:
            show_refusal(form, refusal)
            existing = refusal.figures.get("transfer") if isinstance(refusal, KeyReused) else None
        else:
            messages.success(request, f"{booked.get_kind_display().capitalize()} på {kroner(booked.amount)} er bogført.")
            return redirect("admin:ledger_transfer_change", booked.pk)
    form.focus()
    context: dict[str, Any] = {"form": form, "existing": existing, "earmark": earmark, "instead_of": row_number(str(form["instead_of"].value() or "")) or None}
    return page(request, "payment/pass_on.html", f"Registrer videreformidling fra {earmark.grantee}", **context)


def _booked(form: PassingOnForm, earmark: Earmark) -> Transfer:
    content = form.content
    way, actor = content.pop("way"), content.pop("actor")
    new = {name: content.pop(name) for name in ("name", "municipality_code")}
    if actor is None:
        return movements.regrant_to_new(form.by, earmark, **new, **content)
    return (movements.return_regrant if way == BACK else movements.regrant)(form.by, actor, **content)


def _as_it_was(request: HttpRequest, actors: QuerySet[LocalActor]) -> dict[str, Any]:
    """What was reversed and is booked again, when the page was opened from it (`?i-stedet-for=`)."""
    for kind, way in ((Kind.REGRANT, OUT), (Kind.REGRANT_RETURNED, BACK)):
        origin = wrongly_booked(request, kind)
        actor = actors.filter(account__in=[origin.debit_account_id, origin.credit_account_id]).first() if origin else None
        if origin and actor:
            return {**filled_in_from(origin, acting(request)), "way": way, "actor": actor}
    return {}
