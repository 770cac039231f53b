"""Claims: the register of what is expected back, raising one, matching what came, withdrawing one, and the account that repayments are asked into."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Case, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST
from djmoney.money import Money

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.lists import column
from ensomhed.templatetags.danish import antal, dato, tidspunkt
from initiatives import claims, finding, rights
from initiatives.admin.forms import NO_SUCH_DAY, AmountField, DayField, EarmarkChoice, ProposalForm, WithVoucher, row_number
from initiatives.admin.pages import opens_with, page, show_refusal, to_grant
from initiatives.models import Claim, Earmark, LocalActor, Proposal
from ledger.formats import kroner
from ledger.kinds import REPAYMENT_CAUSES, Cause
from ledger.models import ZERO, Transfer
from ledger.refusals import LedgerError

GRACE = timedelta(days=30)
DAY = "Skriv dd.mm.åååå."
STATES = {
    "open": ("åbne", "s.rest > 0"),
    "late": ("forfaldne", "s.rest > 0 AND c.due < %s"),
    "paid": ("betalt", "s.rest = 0 AND s.paid > 0 AND NOT s.withdrawn"),
    "given_up": ("opgivet eller foreslået opgivet", "s.written_off + s.being_written_off > 0"),
    "withdrawn": ("trukket tilbage", "s.withdrawn"),
}


def those(condition: str) -> RawSQL:
    """The numbers of the claims whose standing is so."""
    query = f"SELECT c.id FROM initiatives_claim c, initiatives_claim_standing(c.id) AS s WHERE {condition}"  # noqa: S608 — from the table above
    return RawSQL(query, [timezone.localdate()] if "%s" in condition else [])  # noqa: S611


class StateFilter(admin.SimpleListFilter):
    title = "tilstand"
    parameter_name = "tilstand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, name) for code, (name, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:
        state = STATES.get(self.value() or "")
        return queryset.filter(pk__in=those(state[1])) if state else queryset


def tagged_when_late(claim: Any, state: str) -> str:
    return format_html('<span class="tag late">{}</span>', state) if claim.standing.days_late(timezone.localdate()) else state


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    right = rights.READ_ALL
    list_display = ["number", "grantee", "rest_kr", "due_on", "state", "amount_kr", "why"]
    list_display_links = ["number"]
    list_filter = [StateFilter, "cause"]
    search_fields = finding.CLAIM
    search_help_text = "Søg på nummer, beløb, tilskudsmodtager, lokal aktør eller begrundelse"
    change_list_template = "admin/claims/list.html"
    change_form_template = "admin/claims/claim.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        still_open = Case(When(pk__in=those("s.rest > 0"), then=Value(0)), default=Value(1))
        return Claim.objects.told().annotate(settled=still_open)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return finding.claims(search_term, queryset), False

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Open ones first, and among them those that fall due first."""
        return ("settled", "due")

    def completed(self, rows: list[Claim]) -> list[Claim]:
        for standing in claims.standings(rows):
            vars(standing.claim)["standing"] = standing
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        late = claims.overdue(timezone.localdate())
        more = {"may_raise": acting(request).may(rights.REGISTER), "late": late, "late_sum": sum((one.rest for one in late), ZERO)}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    @column("Krav", ordering="pk")
    def number(self, claim: Claim) -> str:
        return f"Nr. {claim.pk}"

    @column("Tilskudsmodtager", ordering="earmark__grantee__name")
    def grantee(self, claim: Claim) -> str:
        return f"{claim.earmark.grantee} (hos {claim.actor})" if claim.actor else str(claim.earmark.grantee)

    @column("Krævet, kr.", ordering="amount")
    def amount_kr(self, claim: Claim) -> Money:
        return claim.amount

    @column("Mangler, kr.", ordering=RawSQL("(SELECT s.rest FROM initiatives_claim_standing(initiatives_claim.id) AS s)", []))
    def rest_kr(self, claim: Any) -> Money:
        rest: Money = claim.standing.rest
        return rest

    @column("Årsag", ordering="cause")
    def why(self, claim: Claim) -> str:
        return claim.get_cause_display().capitalize()

    @column("Forfalder", ordering="due")
    def due_on(self, claim: Claim) -> date:
        return claim.due

    @column("Tilstand", drawn=tagged_when_late)
    def state(self, claim: Any) -> str:
        today = timezone.localdate()
        said, days = str(claim.standing.state(today)).capitalize(), claim.standing.days_late(today)
        return f"{said}, {antal(days)} {'dag' if days == 1 else 'dage'}" if days else said

    def heading(self, row: Claim) -> str:
        return f"{row} mod {row.earmark.grantee}"

    def facts(self, row: Claim) -> Sequence[tuple[str, Any]]:
        return [
            ("Øremærkning", to_grant(row.earmark)),
            ("Står hos", row.actor),
            ("Årsag", row.get_cause_display().capitalize()),
            ("Begrundelse", row.reason),
            ("Rejst", f"{dato(row.raised_on)}, registreret {tidspunkt(row.raised_at)} af {row.raised_by}"),
            ("Forfalder", dato(row.due)),
        ]

    def belongings(self, request: HttpRequest, row: Claim) -> dict[str, Any]:
        user, today, standing = acting(request), timezone.localdate(), claims.standing_of(row)
        withdrawals = Proposal.objects.told().filter(kind="claim_withdrawal", subject=str(row.pk))
        return {
            "standing": standing,
            "state": standing.state(today),
            "days_late": standing.days_late(today),
            "destination": standing.destination(today) if standing.is_open else None,
            "account": claims.receiving_account(today),
            "matches": row.matches.select_related("transfer", "transfer__settlement", "matched_by"),
            "matchable": claims.matchable(standing) if user.may(rights.REGISTER) else [],
            "withdrawals": withdrawals,
            "withdrawal_waits": any(not hasattr(proposal, "decision") for proposal in withdrawals),
            "may_register": user.may(rights.REGISTER),
            "may_propose": user.may(rights.PROPOSE),
        }


class ActorChoice(forms.ModelChoiceField):
    """A local actor, with the grantee that passed money on to it."""

    def label_from_instance(self, actor: LocalActor) -> str:
        return f"{actor} ({actor.earmark.grantee})"


class ClaimForm(WithVoucher):
    voucher_required = False
    voucher_help = "Det, der viser, at pengene skal tilbage. Kan udelades."
    earmark = EarmarkChoice()
    actor = ActorChoice(
        LocalActor.objects.select_related("earmark__grantee"),
        label="Står hos en lokal aktør",
        required=False,
        empty_label="Nej, hos tilskudsmodtageren selv",
        help_text="Kravet rejses altid over for tilskudsmodtageren.",
        error_messages={"invalid_choice": "Vælg en lokal aktør på listen."},
    )
    amount = AmountField()
    cause = forms.ChoiceField(
        label="Årsag",
        choices=[("", "Vælg årsag"), *((cause.value, cause.label.capitalize()) for cause in REPAYMENT_CAUSES)],
        help_text="Årsagen afgør, om pengene kan bruges igen eller tilfalder statskassen. Ingen andre kan vælge det.",
        error_messages={"required": "Vælg årsagen.", "invalid_choice": "Vælg en årsag på listen."},
    )
    raised_on = DayField(label="Kravets dato", help_text=DAY, error_messages={"required": "Angiv kravets dato.", "invalid": NO_SUCH_DAY})
    due = DayField(label="Forfalder", help_text=DAY, error_messages={"required": "Angiv, hvornår pengene senest skal være betalt.", "invalid": NO_SUCH_DAY})
    text = forms.CharField(
        label="Begrundelse",
        max_length=500,
        help_text="Tilskudsmodtageren kan læse den. Skriv ikke kontonumre: ministeriets konto vises af sig selv.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv, hvad kravet skyldes.", "max_length": "Begrundelsen er for lang: højst 500 tegn."},
    )
    field_order = ["key", "kept", "earmark", "actor", "amount", "cause", "raised_on", "due", "text", "voucher"]


class ClaimWithdrawalForm(ProposalForm):
    voucher_help = "Det dokument, der viser, at kravet ikke skulle være rejst."


class ReceivingAccountForm(ProposalForm):
    voucher_help = "Det dokument, der viser, at kontoen er ministeriets."
    name = forms.CharField(label="Kontoens navn", max_length=100, error_messages={"required": "Skriv, hvad kontoen hedder."})
    registration_number = forms.RegexField(
        r"^[0-9]{4}$",
        label="Registreringsnummer",
        max_length=4,
        help_text="Fire cifre.",
        error_messages={"required": "Skriv registreringsnummeret.", "invalid": "Et registreringsnummer er fire cifre."},
    )
    account_number = forms.RegexField(
        r"^[0-9]{1,10}$",
        label="Kontonummer",
        max_length=10,
        help_text="Højst ti cifre.",
        error_messages={"required": "Skriv kontonummeret.", "invalid": "Et kontonummer er højst ti cifre, uden mellemrum."},
    )
    effective_from = DayField(label="Gælder fra", help_text=DAY, error_messages={"required": "Angiv den dag, kontoen gælder fra.", "invalid": NO_SUCH_DAY})


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def raise_claim(request: HttpRequest) -> HttpResponse:
    """Claims money back from a grantee."""
    user, today = acting(request), timezone.localdate()
    chosen = Earmark.objects.with_accounts().filter(slug=request.GET.get("earmark", "")).first()
    initial = {"earmark": chosen, "raised_on": today, "due": today + GRACE, **_opened_with(request)}
    form = ClaimForm(request.POST or None, request.FILES or None, by=user, initial=initial)
    if form.is_valid():
        content = form.content
        try:
            claim = claims.expect(user, content.pop("earmark"), **{**content, "cause": Cause(content["cause"])})
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Kravet på {kroner(claim.amount)} er rejst. Tilskudsmodtageren kan se det på sin side.")
            return redirect(claim)
    form.focus()
    chosen = form.cleaned_data.get("earmark") if form.is_bound else chosen
    return page(request, "claims/raise.html", "Rejs krav", form=form, earmark=chosen, open=claims.open_claims(chosen) if chosen else [])


def _opened_with(request: HttpRequest) -> dict[str, Any]:
    """What a close-out lacks and the page was opened from: an amount that nobody has accounted for (`?beloeb=`), perhaps a local actor's (`?aktoer=`)."""
    if "beloeb" not in request.GET:
        return {}
    return {"amount": request.GET["beloeb"], "cause": Cause.UNSPENT.value, "actor": row_number(request.GET.get("aktoer", "")) or None}


@require_POST
@opens_with(rights.REGISTER)
def match(request: HttpRequest, number: int) -> HttpResponse:
    """Says that a repayment without a claim answers this one."""
    claim = get_object_or_404(Claim.objects.told(), pk=number)
    transfer = Transfer.objects.filter(pk=row_number(request.POST.get("transfer", ""))).first()
    if transfer is None:
        messages.error(request, "Vælg den tilbagebetaling, der hører til kravet.")
        return redirect(claim)
    try:
        answer = claims.match(acting(request), claim, transfer)
    except LedgerError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{kroner(answer.amount)} af tilbagebetaling nr. {transfer.pk} er knyttet til kravet.")
    return redirect(claim)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes that a claim is not upheld."""
    user, claim = acting(request), get_object_or_404(Claim.objects.told(), pk=number)
    form = ClaimWithdrawalForm(request.POST or None, request.FILES or None, by=user)
    if form.is_valid():
        try:
            proposal = claims.withdraw(user, claim, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Det er foreslået at trække kravet tilbage. Det venter nu på, at ledelsen afgør det.")
            return redirect(proposal)
    form.focus()
    lead = f"Der mangler {kroner(claims.standing_of(claim).rest)} Kravet falder først bort, når ledelsen har godkendt det. Er kravet rigtigt, men skal opgives, så bed ledelsen foreslå en afskrivning."
    return page(request, "proposal/propose.html", f"Træk {str(claim).lower()} mod {claim.earmark.grantee} tilbage", form=form, lead=lead, above=claim)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL)
def receiving_account(request: HttpRequest) -> HttpResponse:
    """The account that repayments are asked into, its history, and, for whoever may, the proposal of another."""
    user, today = acting(request), timezone.localdate()
    may_propose = user.may(rights.PROPOSE_DETAILS)
    if request.method == "POST":
        rights.require(user, rights.PROPOSE_DETAILS)
    form = ReceivingAccountForm(request.POST or None, request.FILES or None, by=user, initial={"effective_from": today})
    if form.is_valid():
        try:
            proposal = claims.propose_receiving_account(user, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Kontoen er foreslået. Den gælder først, når en har kontrolleret den og en anden har godkendt den.")
            return redirect(proposal)
    if may_propose and form.is_bound:
        form.focus()
    history = [
        (proposal, claims.ReceivingAccount.of(proposal.after))
        for proposal in Proposal.objects.told().filter(kind="receiving_account").order_by("-id")
        if not hasattr(proposal, "decision") or proposal.decision.approved
    ]
    context: dict[str, Any] = {"form": form if may_propose else None, "account": claims.receiving_account(today), "history": history}
    return page(request, "claims/account.html", "Konto til tilbagebetalinger", **context)
