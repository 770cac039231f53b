"""Registering a disbursement: choose the earmark, see what is left, type the amount, attach the voucher."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from initiatives import deadlines, payments, rights
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
    wrong = wrongly_booked(request, Kind.DISBURSEMENT)
    if wrong:
        of = Earmark.objects.with_accounts().filter(account=wrong.debit_account_id).first()
        return _shown(request, DisbursementForm(by=acting(request), initial={"earmark": of, **filled_in_from(wrong, acting(request))}))
    planned = named_instalment(request)
    if planned:
        return _shown(request, DisbursementForm(by=acting(request), initial=filled_in_for(planned)))
    chosen = Earmark.objects.with_accounts().filter(slug=request.GET.get("earmark", "")).first()
    some = chosen or Earmark.objects.with_accounts().first()
    window = questions.window_of(some.initiative.frame.account) if some else None
    return _shown(request, DisbursementForm(by=acting(request), initial={"earmark": chosen, "value_date": today_within(window)}))


def _shown(request: HttpRequest, form: DisbursementForm, existing: int | None = None) -> HttpResponse:
    instalment = Instalment.objects.filter(pk=row_number(str(form["instalment"].value() or ""))).select_related("plan__earmark").first()
    form.focus("voucher" if instalment and not form.is_bound else "")
    instead_of = row_number(str(form["instead_of"].value() or "")) or None
    context: dict[str, Any] = {"form": form, "figures": _figures(request, form), "existing": existing, "instead_of": instead_of, "instalment": instalment}
    return page(request, "payment/register.html", "Registrer udbetaling", **context)


def _figures(request: HttpRequest, form: DisbursementForm) -> list[dict[str, Any]]:
    """Each earmark's figures for the panel beside the form, in øre for the script; after a submit, what the typed amount would leave."""
    earmarks = list(Earmark.objects.with_accounts())
    numbers = questions.numbers_of(earmark.account for earmark in earmarks)
    chosen = str(form["earmark"].value() or "")
    amount = form.typed_amount
    day = form.typed_day or timezone.localdate()
    stops, payers = deadlines.stops_of(earmarks, day), hands.payers_of(earmarks, day)
    rows = []
    for earmark in earmarks:
        left = numbers[earmark.account_id].left
        rows.append(
            {
                "line": Line(numbers[earmark.account_id], earmark),
                "chosen": str(earmark.pk) == chosen,
                "hands": payers[earmark.pk],
                "why_not": payers[earmark.pk].why_not(acting(request)),
                "left_in_oere": int(left.amount * OERE),
                "after": left - amount if amount is not None else None,
                "over": amount - left if amount is not None else None,
                "stops": stops[earmark.pk],
                "day": day,
            }
        )
    return rows
