"""Undoing: a reversal of what was booked, and the registration of money that a grantee paid back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from initiatives import claims, movements, payments, rights
from initiatives.admin.forms import RepaymentForm, ReversalForm, named_claim
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Earmark, Voucher
from ledger import questions
from ledger.formats import kroner, number
from ledger.kinds import Cause, Kind, Step
from ledger.models import Transfer
from ledger.refusals import KeyReused, LedgerError


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER, rights.PROPOSE)
def reverse(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes the opposite of a booked transfer, with its cause."""
    moved = Transfer.objects.moved().exclude(kind=Kind.REVERSAL).select_related("debit_account", "credit_account", "booked_by")
    origin = get_object_or_404(moved, pk=number)
    user = acting(request)
    rights.require(user, rights.to_register(origin.kind))
    earmark = Earmark.objects.with_accounts().filter(account=origin.debit_account_id).first()
    earliest = questions.first_open_day(max(origin.value_date, timezone.localdate()))
    form = ReversalForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        by=user,
        origin=origin,
        earmark=earmark,
        initial={"value_date": earliest, "cause": Cause.ERROR if origin.kind != Kind.DISBURSEMENT else ""},
    )
    if form.is_bound and form.is_valid():
        try:
            pending = _propose(request, origin, form)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Tilbageførslen af {kroner(origin.amount)} er registreret og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_payment_settle", pending.pk)
    form.focus()
    title = f"Tilbagefør {origin.get_kind_display()} nr. {origin.pk}"
    return page(request, "payment/reverse.html", title, form=form, origin=origin, earmark=earmark, standing=_standing(origin))


def _propose(request: HttpRequest, origin: Transfer, form: ReversalForm) -> Transfer:
    content = form.content
    target, cause = content.pop("target", None), Cause(content.pop("cause"))
    if cause == Cause.BOOKED_ANEW:
        # What is booked anew is the same payment: unless another document is attached, its own voucher follows it.
        content["voucher"] = content["voucher"] or Voucher.objects.defer("content").get(pk=origin.voucher_sha256)
        return payments.book_anew(acting(request), origin, target, case_number=origin.case_number, **content)
    return payments.reverse(acting(request), origin, cause=cause, **content)


def _standing(origin: Transfer) -> Transfer | None:
    """The reversal that exists or waits already."""
    proposed = Transfer.objects.filter(kind=Kind.REVERSAL, step=Step.PENDING, reverses=origin)
    return proposed.exclude(settlement__step=Step.VOID).first()


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def repay(request: HttpRequest) -> HttpResponse:
    """Registers a repayment. The cause decides where it goes; the page shows that first, and books on the second submit."""
    user, destination = acting(request), None
    if request.method == "POST":
        form = RepaymentForm(request.POST, request.FILES, by=user)
        if form.is_valid():
            content = form.content
            content["cause"] = Cause(content["cause"])
            destination = claims.Destination(claims.goes_to(content["earmark"], content["cause"], content["value_date"]), content["cause"])
            if form.cleaned_data["shown"] == destination.code and "book" in request.POST:
                try:
                    booked = movements.repay(user, **content)
                except LedgerError as refusal:
                    show_refusal(form, refusal)
                    return _repay_page(request, form, destination, refusal)
                messages.success(request, f"Tilbagebetalingen på {kroner(booked.amount)} er bogført.")
                return redirect("admin:ledger_transfer_change", booked.pk)
            form.send_back("shown", destination.code)
        return _repay_page(request, form, destination)
    form = RepaymentForm(by=user, initial={"value_date": questions.first_open_day(timezone.localdate()), **_expected(request)})
    return _repay_page(request, form, None)


def _expected(request: HttpRequest) -> dict[str, Any]:
    """What the page opens with: the claim that it was opened from, with all that is missing of it, or else the earmark."""
    claim = named_claim(request)
    if claim is None:
        return {"earmark": Earmark.objects.with_accounts().filter(slug=request.GET.get("earmark", "")).first()}
    return {"claim": claim, "earmark": claim.earmark, "cause": claim.cause, "amount": number(claims.standing_of(claim).rest)}


def _repay_page(request: HttpRequest, form: RepaymentForm, destination: claims.Destination | None, refusal: LedgerError | None = None) -> HttpResponse:
    if destination is None or refusal:
        form.focus()
    chosen = form.cleaned_data.get("earmark") if form.is_bound else form.initial.get("earmark")
    context: dict[str, Any] = {
        "form": form,
        "destination": destination,
        "earmark": chosen,
        "held": chosen.grantee_account.left if chosen else None,
        "existing": refusal.figures.get("transfer") if isinstance(refusal, KeyReused) else None,
    }
    return page(request, "payment/repay.html", "Registrer tilbagebetaling", **context)
