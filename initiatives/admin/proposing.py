"""What management proposes about earmarks and payment windows, for a second person to approve."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.models import User
from initiatives import claims, decisions, rights
from initiatives.admin.forms import NO_SUCH_DAY, AmountField, ClaimChoice, DayField, EarmarkChoice, WithVoucher, case_number_field, named_claim, text_field
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Earmark, Frame
from ledger import questions
from ledger.formats import kroner, number
from ledger.kinds import WRITE_OFF_CAUSES, Cause
from ledger.models import Transfer
from ledger.refusals import KeyReused, LedgerError

SMALL = Money("500", "DKK")  # under it a claim may be waived; PostgreSQL holds the limit
DAY_IS_WRITTEN = "Skriv dd.mm.åååå."
RELEASE, LAPSE, YEAR_END = "release", "lapse", "year_end"
ELSEWHERE = "Skal penge flyttes fra en øremærkning til en anden, så brug »Omdisponer« i menuen."
DECISIONS = [
    (RELEASE, "Frigivelse: penge, der ikke er udbetalt, går tilbage til rammen"),
    (YEAR_END, "Årets bortfald: penge, der kom tilbage i året og ikke blev brugt igen (valørdato 31.12.)"),
    (LAPSE, "Bortfald: penge, der aldrig blev udbetalt, tilfalder statskassen, når betalingsvinduet er slut"),
    (Cause.WAIVED.value, "Afskrivning: et krav mod tilskudsmodtageren på under 500 kr. opgives (bagatelgrænse)"),
    (Cause.BANKRUPTCY.value, "Afskrivning: et krav opgives, fordi tilskudsmodtageren er gået konkurs"),
]


class DecisionForm(WithVoucher):
    voucher_help = "Det dokument, beslutningen står i, for eksempel et notat; ved konkurs det, der viser den. Kun årets bortfald kan foreslås uden."
    decision = forms.ChoiceField(label="Beslutning", choices=DECISIONS, widget=forms.RadioSelect, error_messages={"required": "Vælg beslutningen."})
    claim = ClaimChoice(label="Krav, der opgives", empty_label="Vælg krav", help_text="Kun ved afskrivning. Øremærkningen følger af kravet.")
    earmark = EarmarkChoice()
    amount = AmountField()
    value_date = DayField()
    case_number = case_number_field()
    text = text_field()
    field_order = ["key", "kept", "decision", "claim", "earmark", "amount", "value_date", "voucher", "case_number", "text"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        claim = self.fields["claim"]
        assert isinstance(claim, ClaimChoice)
        claim.ask(str(self.data.get("claim", "")))
        self.voucher_required = self.data.get("decision") != YEAR_END
        self.fields["earmark"].required = self.data.get("decision") not in WRITE_OFF_CAUSES

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        gives_up = cleaned.get("decision") in WRITE_OFF_CAUSES
        if gives_up and not cleaned.get("claim") and "claim" not in self.errors:
            self.add_error("claim", "Vælg det krav, der opgives. Er der intet, så få en sagsbehandler til at rejse det først.")
        return cleaned


class WindowForm(WithVoucher):
    frame = forms.ModelChoiceField(
        Frame.objects.select_related("account"), label="Ramme", empty_label="Vælg ramme", error_messages={"required": "Vælg rammen."}
    )
    opens = DayField(
        label="Der kan udbetales fra og med", help_text=DAY_IS_WRITTEN, error_messages={"required": "Angiv den første dag.", "invalid": NO_SUCH_DAY}
    )
    closes = DayField(label="Til og med", help_text=DAY_IS_WRITTEN, error_messages={"required": "Angiv den sidste dag.", "invalid": NO_SUCH_DAY})
    voucher_help = "Det dokument, beslutningen står i."
    text = text_field(help_text="Hvorfor vinduet flyttes.")
    field_order = ["key", "kept", "frame", "opens", "closes", "voucher", "text"]


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.PROPOSE)
def propose(request: HttpRequest) -> HttpResponse:
    user, existing = acting(request), None
    initial = {"value_date": questions.first_open_day(timezone.localdate()), **_given_up(request)}
    form = DecisionForm(request.POST or None, request.FILES or None, by=user, initial=initial)
    if form.is_valid():
        try:
            pending = _propose(user, form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
            existing = refusal.figures.get("transfer") if isinstance(refusal, KeyReused) else None
        else:
            messages.success(request, f"{kroner(pending.amount)} er foreslået og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_payment_settle", pending.pk)
    form.focus()
    return page(request, "proposal/propose.html", "Foreslå beslutning", form=form, existing=existing, lead=ELSEWHERE)


def _given_up(request: HttpRequest) -> dict[str, Any]:
    """What the page opens with when it was opened from a claim: giving up all that is missing of it."""
    claim = named_claim(request)
    if claim is None:
        return _opened_with(request)
    rest = claims.standing_of(claim).rest
    return {"decision": Cause.WAIVED.value if rest < SMALL else None, "claim": claim, "earmark": claim.earmark, "amount": number(rest)}


def _opened_with(request: HttpRequest) -> dict[str, Any]:
    """What a close-out lacks and the page was opened from: `?beslutning=&earmark=&beloeb=`."""
    asked = request.GET
    decision = asked.get("beslutning") if asked.get("beslutning") in dict(DECISIONS) else None
    return {"decision": decision, "earmark": Earmark.objects.filter(slug=asked.get("earmark", "")).first(), "amount": asked.get("beloeb", "")}


def _propose(user: User, content: dict[str, Any]) -> Transfer:
    decision, claim, earmark = (content.pop(name) for name in ("decision", "claim", "earmark"))
    if decision in (LAPSE, YEAR_END):
        return decisions.lapse(user, earmark, at_year_end=decision == YEAR_END, **content)
    if decision == RELEASE:
        return decisions.release(user, earmark, **content)
    return decisions.write_off(user, claim, cause=Cause(decision), **content)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.PROPOSE)
def propose_window(request: HttpRequest) -> HttpResponse:
    user = acting(request)
    form = WindowForm(request.POST or None, request.FILES or None, by=user)
    if form.is_valid():
        content = form.content
        try:
            pending = decisions.propose_window(user, content.pop("frame"), **content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Betalingsvinduet er foreslået og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_window_settle", pending.pk)
    form.focus()
    return page(request, "proposal/propose.html", "Foreslå betalingsvindue", form=form)
