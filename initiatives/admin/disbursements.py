"""Registering a disbursement: choose the earmark, see what is left, type the amount, attach the voucher."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from djmoney.money import Money

from ensomhed.adminsite import acting
from initiatives import deadlines, payments, plans, rights
from initiatives.admin.forms import DisbursementForm, row_number, today_within
from initiatives.admin.front import Line
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.admin.plans import filled_in_for, named_instalment
from initiatives.admin.undoing import filled_in_from, wrongly_booked
from initiatives.models import Earmark, Instalment
from initiatives.receiving import hands
from ledger import questions
from ledger.formats import kroner
from ledger.kinds import Kind
from ledger.models import Transfer
from ledger.refusals import KeyReused, LedgerError

OERE = 100


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def register(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        form = DisbursementForm(request.POST, request.FILES, by=acting(request))
        if form.is_valid():
            try:
                pending = payments.register_disbursement(acting(request), **form.content)
            except LedgerError as refusal:
                show_refusal(form, refusal)
                return _shown(request, form, existing=refusal.figures.get("transfer") if isinstance(refusal, KeyReused) else None)
            messages.success(request, f"{kroner(pending.amount)} er registreret og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_payment_settle", pending.pk)
        return _shown(request, form)
    planned = named_instalment(request)
    if planned:
        return _shown(request, DisbursementForm(by=acting(request), initial=filled_in_for(planned)))
    wrong = wrongly_booked(request, Kind.DISBURSEMENT)
    if wrong:
        of = Earmark.objects.with_accounts().get(account=wrong.debit_account_id)
        initial = {"earmark": of, "instalment": _still_planned(wrong, of), **filled_in_from(wrong, acting(request))}
        return _shown(request, DisbursementForm(by=acting(request), initial=initial))
    chosen = Earmark.objects.with_accounts().filter(slug=request.GET.get("earmark", "")).first()
    some = chosen or Earmark.objects.with_accounts().first()
    window = questions.window_of(some.initiative.frame.account) if some else None
    return _shown(request, DisbursementForm(by=acting(request), initial={"earmark": chosen, "value_date": today_within(window)}))


def _still_planned(wrong: Transfer, earmark: Earmark) -> Instalment | None:
    """The instalment that a reversed payment was for, where it stands in the plan in force."""
    instalment, plan = plans.instalment_of(wrong), plans.current(earmark)
    return instalment if instalment and plan and instalment.plan_id == plan.pk else None


def _shown(request: HttpRequest, form: DisbursementForm, existing: int | None = None) -> HttpResponse:
    instalment = Instalment.objects.filter(pk=row_number(str(form["instalment"].value() or ""))).select_related("plan__earmark").first()
    form.focus("voucher" if instalment and not form.is_bound else "")
    chosen = form["earmark"].value()
    earmark = chosen if isinstance(chosen, Earmark) else Earmark.objects.with_accounts().filter(pk=row_number(str(chosen or ""))).first()
    context: dict[str, Any] = {
        "form": form,
        "existing": existing,
        "instead_of": row_number(str(form["instead_of"].value() or "")) or None,
        "instalment": instalment,
        **(_figures(request, earmark, form.typed_day, form.typed_amount) if earmark else {}),
    }
    return page(request, "payment/register.html", "Registrer udbetaling", **context)


@require_safe
@opens_with(rights.REGISTER)
def figures(request: HttpRequest, number: int) -> HttpResponse:
    """What stands beside the form once an earmark is chosen: the page asks for it, and puts the typed amount to it."""
    earmark = get_object_or_404(Earmark.objects.with_accounts(), pk=number)
    day = DisbursementForm({"value_date": request.GET.get("day", "")}, by=acting(request)).typed_day
    return render(request, "admin/payment/figures.html", _figures(request, earmark, day, None))


def _figures(request: HttpRequest, earmark: Earmark, day: date | None, amount: Money | None) -> dict[str, Any]:
    """An earmark's figures, in øre too for the script; and what the typed amount would leave."""
    day = day or timezone.localdate()
    numbers = questions.numbers_of([earmark.account])[earmark.account_id]
    payers = hands.payers(earmark, day)
    return {
        "earmark": earmark,
        "line": Line(numbers, earmark),
        "hands": payers,
        "why_not": payers.why_not(acting(request)),
        "left_in_oere": int(numbers.left.amount * OERE),
        "after": numbers.left - amount if amount is not None else None,
        "over": amount - numbers.left if amount is not None else None,
        "stops": deadlines.stops(earmark, day),
        "day": day,
    }
