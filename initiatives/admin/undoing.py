"""Undoing: a reversal of what was booked, and the registration of money that a grantee paid back."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from ensomhed.models import User
from initiatives import claims, movements, payments, rebooking, rights
from initiatives.admin.forms import WithVoucher, named_claim, row_number
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.admin.undoing_forms import RepaymentForm, ReversalForm
from initiatives.models import Claim, Earmark, Voucher
from ledger import questions
from ledger.formats import kroner, number
from ledger.kinds import Cause, Kind, Step
from ledger.models import Transfer
from ledger.refusals import KeyReused, LedgerError, LimitExceeded


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER, rights.PROPOSE, rights.CLOSE)
def reverse(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes the opposite of a booked transfer, with its cause."""
    moved = Transfer.objects.moved().exclude(kind=Kind.REVERSAL).select_related("debit_account", "credit_account", "booked_by")
    origin = get_object_or_404(moved, pk=number)
    user = acting(request)
    rights.require_to_register(user, Kind.REVERSAL, "" if origin.kind == Kind.DISBURSEMENT else Cause.ERROR, reverses=origin.kind)
    earmark = Earmark.objects.with_accounts().filter(account=origin.debit_account_id).first()
    earliest = questions.first_open_day(max(origin.value_date, timezone.localdate()))
    anew = "paa-ny" in request.GET
    cause = Cause.ERROR if origin.kind != Kind.DISBURSEMENT else Cause.BOOKED_ANEW if anew else ""
    form = ReversalForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        by=user,
        origin=origin,
        earmark=earmark,
        initial={"value_date": earliest, "cause": cause},
    )
    if form.is_bound and form.is_valid():
        try:
            pending = _propose(request, origin, form)
        except LimitExceeded as refusal:
            _show_limit(form, origin, refusal)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Tilbageførslen af {kroner(origin.amount)} er registreret og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_payment_settle", pending.pk)
    form.focus("target" if anew and not form.is_bound and "target" in form.fields else "")
    title = f"Tilbagefør {origin.get_kind_display()} nr. {origin.pk}"
    return page(request, "payment/reverse.html", title, form=form, origin=origin, earmark=earmark, standing=_standing(origin), anew=anew)


def _propose(request: HttpRequest, origin: Transfer, form: ReversalForm) -> Transfer:
    content = form.content
    target, cause = content.pop("target", None), Cause(content.pop("cause"))
    words = {name: content.pop(name, "") for name in ("case_number", "new_text")}
    if cause == Cause.BOOKED_ANEW:
        # What is booked anew is the same payment: unless another document is attached, its own voucher follows it.
        content["voucher"] = content["voucher"] or Voucher.objects.defer("content").get(pk=origin.voucher_sha256)
        return payments.book_anew(acting(request), origin, target, **words, **content)
    return payments.reverse(acting(request), origin, cause=cause, **content)


def _show_limit(form: ReversalForm, origin: Transfer, refusal: LimitExceeded) -> None:
    """A payment booked anew has no amount to lower: it needs room on the earmark that it moves to."""
    if refusal.figures.get("kind") != Kind.DISBURSEMENT:
        show_refusal(form, refusal)
        return
    left = kroner(Decimal(str(refusal.figures["left"])))
    form.add_error(
        "target",
        f"Betalingen er på {kroner(origin.amount)}, og øremærkningen har kun {left} til rest. Beløbet skal kunne stå der, før tilbageførslen er godkendt. "
        "Vælg en anden øremærkning, få det, der er reserveret, afgjort, eller få ledelsen til at omdisponere først.",
    )


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
    """What the page opens with: what was reversed and is booked again, or the claim that it was opened from, with all that is missing of it, or else the earmark."""
    origin = wrongly_booked(request, Kind.REPAYMENT)
    if origin:
        answered = Claim.objects.filter(matches__transfer=origin).first()
        of = Earmark.objects.with_accounts().filter(grantee_account=origin.debit_account_id).first()
        return {**filled_in_from(origin, acting(request)), "earmark": of, "cause": origin.cause, "claim": answered}
    claim = named_claim(request)
    if claim is None:
        return {"earmark": Earmark.objects.with_accounts().filter(slug=request.GET.get("earmark", "")).first()}
    return {"claim": claim, "earmark": claim.earmark, "cause": claim.cause, "amount": number(claims.standing_of(claim).rest)}


def wrongly_booked(request: HttpRequest, kind: Kind) -> Transfer | None:
    """The reversed transfer that a page of registration was opened from (`?i-stedet-for=`), while it can be booked again."""
    origin = rebooking.can_be_booked_again(row_number(request.GET.get("i-stedet-for", "")))
    return origin if origin and origin.kind == kind else None


def filled_in_from(origin: Transfer, by: User) -> dict[str, Any]:
    """A registration's fields as they were; only the day is one that is open."""
    return {
        "instead_of": origin.pk,
        "amount": number(origin.amount),
        "value_date": questions.first_open_day(origin.value_date),
        "case_number": origin.case_number,
        "text": origin.text,
        "kept": WithVoucher.keep(origin.voucher_sha256, by) if origin.voucher_sha256 else "",
    }


def _repay_page(request: HttpRequest, form: RepaymentForm, destination: claims.Destination | None, refusal: LedgerError | None = None) -> HttpResponse:
    if destination is None or refusal:
        form.focus()
    chosen = form.cleaned_data.get("earmark") if form.is_bound else form.initial.get("earmark")
    context: dict[str, Any] = {
        "form": form,
        "destination": destination,
        "earmark": chosen,
        "held": chosen.grantee_account.left if chosen else None,
        "instead_of": row_number(str(form["instead_of"].value() or "")) or None,
        "existing": refusal.figures.get("transfer") if isinstance(refusal, KeyReused) else None,
    }
    return page(request, "payment/repay.html", "Registrer tilbagebetaling", **context)
