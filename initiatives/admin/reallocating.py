"""Reallocation: money moves from one earmark to another of the same frame, by a decision of the parties; both are seen before and after."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.widgets import LongSelect
from initiatives import decisions, plans, rights
from initiatives.admin.forms import AmountField, DayField, EarmarkChoice, WithVoucher, as_typed, case_number_field, text_field, today_within
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Earmark, Plan
from ledger import questions
from ledger.formats import kroner
from ledger.models import ZERO, Transfer
from ledger.questions import Numbers
from ledger.refusals import KeyReused, LedgerError

OERE = 100
EARMARKED, LEFT = (next(place for place, field in enumerate(fields(Numbers)) if field.name == name) for name in ("earmarked", "left"))


@dataclass(frozen=True)
class Side:
    """One of the two earmarks, before and after."""

    earmark: Earmark
    numbers: Numbers
    planned: Money
    """what its instalments are together"""
    change: Money | None
    """what the reallocation gives it, or takes from it; None as long as no amount is typed"""
    reserved: bool = False
    """the amount is reserved on it already"""

    @property
    def left(self) -> Money:
        """Rest at udbetale before anything is moved."""
        return self.numbers.left - self.change if self.reserved and self.change else self.numbers.left

    @property
    def earmarked_after(self) -> Money | None:
        return None if self.change is None else self.numbers.earmarked + self.change

    @property
    def left_after(self) -> Money | None:
        return None if self.change is None else self.left + self.change

    @property
    def in_oere(self) -> dict[str, int]:
        """For the script on the page."""
        return {"earmarked": int(self.numbers.earmarked.amount * OERE), "left": int(self.left.amount * OERE)}


class TargetSelect(LongSelect):
    """Each earmark with its figures, so that the page can say them as soon as it is chosen."""

    figures: dict[int, tuple[Decimal, ...]]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        amounts = self.figures.get(getattr(value, "value", None) or 0)
        if amounts:
            option["attrs"] |= {"data-earmarked": int(amounts[EARMARKED] * OERE), "data-left": int(amounts[LEFT] * OERE)}
        return option


class FromForm(forms.Form):
    """Which earmark gives."""

    fra = EarmarkChoice(label="Flyttes fra", to_field_name="slug")


class ReallocationForm(WithVoucher):
    voucher_help = "Aftaleparternes beslutning."
    target = EarmarkChoice(
        label="Flyttes til",
        empty_label="Vælg øremærkning i samme ramme",
        widget=TargetSelect,
        error_messages={"required": "Vælg den øremærkning, pengene flyttes til.", "invalid_choice": "Vælg en anden øremærkning i samme ramme."},
    )
    amount = AmountField()
    value_date = DayField()
    case_number = case_number_field()
    text = text_field(help_text="Hvorfor pengene flyttes. Står på begge øremærkningers kontokort.")
    field_order = ["key", "kept", "target", "amount", "value_date", "voucher", "case_number", "text"]

    def __init__(self, *args: Any, giver: Earmark, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target = self.fields["target"]
        assert isinstance(target, EarmarkChoice)
        assert isinstance(target.widget, TargetSelect)
        assert target.queryset is not None
        target.queryset = target.queryset.filter(initiative__frame=giver.initiative.frame_id).exclude(pk=giver.pk)
        accounts = dict(Earmark.objects.filter(initiative__frame=giver.initiative.frame_id).values_list("pk", "account_id"))
        figures = questions.figures_of(accounts.values())
        self.figures = {pk: figures[account] for pk, account in accounts.items()}
        target.widget.figures = self.figures

    @property
    def chosen(self) -> Earmark | None:
        """The earmark that receives, as far as it is chosen."""
        asked = str(self["target"].value() or "")
        return Earmark.objects.with_accounts().get(pk=asked) if asked in map(str, self.figures) else None

    def numbers(self, earmark: Earmark) -> Numbers:
        return questions.numbers_from(self.figures[earmark.pk])


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.PROPOSE)
def reallocate(request: HttpRequest) -> HttpResponse:
    """Chooses the earmark that gives; then where to, how much, and by which decision."""
    giver = Earmark.objects.with_accounts().filter(slug=request.GET.get("fra", "")).first()
    if giver is None:
        choosing = FromForm(request.GET if "fra" in request.GET else None)
        return page(request, "reallocating/from.html", "Omdisponer", form=choosing)
    window = questions.window_of(giver.initiative.frame.account)
    initial = {"value_date": questions.first_open_day(today_within(window))}
    sent = request.method == "POST"
    form = ReallocationForm(request.POST if sent else None, request.FILES if sent else None, by=acting(request), giver=giver, initial=initial)
    planned = _sum_of(plans.current(giver))
    movable = min(form.numbers(giver).left, max(plans.plannable(giver) - planned, ZERO))
    form.fields[
        "amount"
    ].help_text = f"Der kan højst flyttes {kroner(movable)} Resten er udbetalt, reserveret eller står i rateplanen. Skal mere af planen flyttes, retter en sagsbehandler den først."
    existing = None
    if sent and form.is_valid():
        content = form.content
        try:
            pending = decisions.reallocate(acting(request), giver, content.pop("target"), **content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
            existing = refusal.figures.get("transfer") if isinstance(refusal, KeyReused) else None
        else:
            messages.success(request, f"Omdisponeringen af {kroner(pending.amount)} er foreslået og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_payment_settle", pending.pk)
    form.focus()
    amount, chosen = as_typed(form, "amount"), form.chosen
    context: dict[str, Any] = {
        "form": form,
        "existing": existing,
        "giver": Side(giver, form.numbers(giver), planned, -amount if amount else None),
        "taker": Side(chosen, form.numbers(chosen), _sum_of(plans.current(chosen)), amount) if chosen else None,
        "movable_in_oere": int(movable.amount * OERE),
        "over": amount - movable if amount and amount > movable else None,
        "alone": len(form.figures) == 1,
    }
    return page(request, "reallocating/move.html", f"Omdisponer fra {giver.grantee}", **context)


def _sum_of(plan: Plan | None) -> Money:
    return sum((one.amount for one in plan.instalments.all()), ZERO) if plan else ZERO


def sides(pending: Transfer) -> list[Side]:
    """Both earmarks of a reallocation that waits, for whoever decides it: the one that gives first."""
    of = {earmark.account_id: earmark for earmark in Earmark.objects.with_accounts().filter(account__in=[pending.debit_account_id, pending.credit_account_id])}
    numbers = questions.numbers_of(earmark.account for earmark in of.values())
    current = plans.current_of(of.values())
    found = []
    for account, change in ((pending.debit_account_id, -pending.amount), (pending.credit_account_id, pending.amount)):
        earmark = of[account]
        found.append(Side(earmark, numbers[account], _sum_of(current.get(earmark.pk)), change, reserved=account == pending.debit_account_id))
    return found
