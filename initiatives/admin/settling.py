"""What waits for a second person: the queue, and the page where a registration is approved, rejected or withdrawn."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.models import User
from initiatives import deadlines, decisions, payments, rights
from initiatives.admin.forms import ApprovalForm, Deed, RejectionForm, WindowApprovalForm, WithdrawalForm
from initiatives.admin.front import Waiting, right_to_settle, waiting_for
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.admin.reallocating import sides
from initiatives.models import AccountsReport, Earmark, Voucher
from initiatives.receiving import details, grantees, hands
from ledger.formats import kroner
from ledger.kinds import Kind, Step
from ledger.models import Transfer, Window
from ledger.refusals import AlreadySettled, LedgerError


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL)
@asked_again
def settle(request: HttpRequest, number: int) -> HttpResponse:
    """A registration's whole story, what is left before and after, and the decision."""
    pending = get_object_or_404(_pending(), pk=number)
    if pending.kind == Kind.DOCUMENTED_USE:
        report = AccountsReport.objects.waiting().filter(uses__transfer=pending).first()
        if report:  # the use is settled by the decision on its accounts
            return redirect(report)
    return _settle(request, pending, _settlement_of(pending))


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL)
@asked_again
def settle_window(request: HttpRequest, number: int) -> HttpResponse:
    pending = get_object_or_404(Window.objects.filter(step=Step.PENDING).select_related("frame", "booked_by"), pk=number)
    return _settle(request, pending, Window.objects.filter(pending=pending).select_related("booked_by").first())


def _pending() -> Any:
    return Transfer.objects.filter(step=Step.PENDING).select_related("debit_account", "credit_account", "booked_by", "reverses", "replaces")


def _settlement_of(pending: Transfer) -> Transfer | None:
    return Transfer.objects.filter(pending=pending).select_related("booked_by").first()


def _settle(request: HttpRequest, pending: Transfer | Window, settlement: Transfer | Window | None) -> HttpResponse:
    user = acting(request)
    chosen = request.POST.get("decision", "") if request.method == "POST" else ""
    (waiting,) = waiting_for(user, [pending])
    forms = _forms(user, pending, waiting, chosen, request) if settlement is None or chosen else {}
    form = forms.get(chosen)
    if chosen and form is None:
        raise PermissionDenied("Du kan ikke afgøre denne registrering. Siden fortæller hvorfor, og hvem der kan.")
    if form is not None and form.is_valid():
        try:
            outcome = _decide(user, pending, chosen, form)
        except AlreadySettled as refusal:
            messages.error(request, str(refusal))
            return redirect(request.path)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, outcome)
            return redirect("admin:initiatives_payment_waiting")
    elif settlement is not None and chosen:
        return redirect(request.path)
    context = {
        "waiting": waiting,
        "pending": pending,
        "settlement": settlement,
        "forms": {} if settlement else forms,
        "may_settle": user.may(right_to_settle(pending)),
        "voucher": Voucher.objects.defer("content").filter(pk=pending.voucher_sha256).first(),
        **({"window_in_force": _in_force(pending)} if isinstance(pending, Window) else _surroundings(pending, settled=settlement is not None)),
    }
    return page(request, "payment/settle.html", _title(pending), **context)


def _forms(user: User, pending: Transfer | Window, waiting: Waiting, chosen: str, request: HttpRequest) -> dict[str, Deed]:
    """The decisions that this person may make, each with its form."""

    def bound(name: str) -> dict[str, Any]:
        return {"by": user, "prefix": name, "data": request.POST if chosen == name else None}

    if waiting.is_replacement:
        return {}
    if waiting.is_own:
        return {"withdraw": WithdrawalForm(**bound("withdraw"))}
    if not waiting.may_settle:
        return {}
    rejection: dict[str, Deed] = {"reject": RejectionForm(**bound("reject"))}
    if waiting.kept_away:
        return rejection
    approval = WindowApprovalForm(**bound("approve")) if isinstance(pending, Window) else ApprovalForm(pending=pending, **bound("approve"))
    return {"approve": approval, **rejection}


def _decide(user: User, pending: Transfer | Window, decision: str, form: Deed) -> str:
    """Carries the decision out and says so."""
    key = form.cleaned_data["key"]
    if isinstance(pending, Window):
        if decision == "approve":
            decisions.approve_window(user, pending, key=key)
            return "Betalingsvinduet er godkendt."
        decisions.reject_window(user, pending, key=key, reason=form.cleaned_data.get("reason", ""))
        return "Betalingsvinduet er afvist." if decision == "reject" else "Forslaget er trukket tilbage."
    what = f"{pending.get_kind_display().capitalize()} nr. {pending.pk} på {kroner(pending.amount)}"
    if isinstance(form, ApprovalForm):
        payments.approve(user, pending, key=key, value_date=form.cleaned_data["value_date"], period=form.named_period)
        return f"{what} er godkendt."
    if isinstance(form, RejectionForm):
        payments.reject(user, pending, reason=form.cleaned_data["reason"], key=key)
        return f"{what} er afvist. Beløbet er ikke længere reserveret."
    payments.withdraw(user, pending, key=key)
    return f"{what} er trukket tilbage. Beløbet er ikke længere reserveret."


def _title(pending: Transfer | Window) -> str:
    return f"Betalingsvindue {pending}" if isinstance(pending, Window) else f"{pending.get_kind_display().capitalize()} nr. {pending.pk}"


def _in_force(pending: Window) -> Window | None:
    return Window.objects.filter(frame=pending.frame_id, step=Step.POST).order_by("-id").first()


def _surroundings(pending: Transfer, *, settled: bool) -> dict[str, Any]:
    """What stands around a registration: its earmark, what the paying account has before and after, and the rows that it belongs with."""
    giver = pending.debit_account
    earmark = Earmark.objects.with_accounts().filter(account__in=[giver, pending.credit_account]).first()
    pays = pending.kind == Kind.DISBURSEMENT and not pending.replaces_id
    together = None
    if pending.replaces_id:
        together = Transfer.objects.filter(kind=Kind.REVERSAL, step=Step.PENDING, reverses=pending.replaces_id).order_by("-id").first()
    elif pending.reverses_id:
        together = Transfer.objects.filter(step=Step.PENDING, replaces=pending.reverses_id).select_related("debit_account").order_by("-id").first()
    return {
        "earmark": earmark,
        "giver": giver if giver.capped else None,
        "sides": sides(pending) if pending.kind == Kind.REALLOCATION else [],
        "balance_after": giver.balance - pending.amount,
        "other_reservations": giver.reserved - pending.amount,
        "together": together,
        "stops": deadlines.stops(earmark, pending.value_date) if earmark and pays and not settled else [],
        **_where_to(pending, earmark, settled=settled),
    }


def _where_to(pending: Transfer, earmark: Earmark | None, *, settled: bool) -> dict[str, Any]:
    """Where a payment goes, whether that was changed after it was registered, and who may pay; for an earmarking, what is approved with it."""
    if pending.kind == Kind.EARMARKING and earmark:
        return {"grant": earmark, "grantee_approval": grantees.approved(earmark.grantee.slug)}
    if pending.kind != Kind.DISBURSEMENT or earmark is None:
        return {}
    if settled:
        return {"paid_to": details.paid_on(pending)}
    paid_to, counts = details.paid_on(pending), details.in_force(earmark.grantee, pending.value_date)
    return {
        "paid_to": paid_to,
        "payers": hands.payers(earmark, pending.value_date),
        "changed_to": counts if counts != paid_to and not pending.replaces_id else None,
    }
