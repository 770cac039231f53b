"""An earmark's instalment plan: what is paid of it, what comes next, and the page on which it is made and revised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.models import User
from initiatives import closeout, plans, rights
from initiatives.admin.forms import row_number
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.admin.plans_forms import InstalmentForm, Instalments, PlanForm
from initiatives.models import Earmark, Instalment, Plan
from initiatives.plans import RHYTHMS, Planned, Progress, UsedUp
from initiatives.plans.questions import laid_on, next_of, used_up_by
from initiatives.receiving import hands
from ledger import questions
from ledger.formats import date_text, number
from ledger.kinds import Kind, Step
from ledger.models import ZERO, Transfer
from ledger.questions import Numbers
from ledger.refusals import LedgerError


@dataclass(frozen=True)
class Row:
    """An instalment as the page shows it."""

    progress: Progress
    state: str
    late: bool
    is_next: bool


@dataclass(frozen=True)
class Overview:
    """A plan in force beside its earmark's figures."""

    plan: Plan | None
    rows: list[Row]
    numbers: Numbers
    used_up: UsedUp

    @property
    def next(self) -> Progress | None:
        return next((row.progress for row in self.rows if row.is_next), None)

    @property
    def total(self) -> dict[str, Money]:
        progress = [row.progress for row in self.rows]
        return {
            "planned": sum((one.instalment.amount for one in progress), ZERO),
            "paid": sum((one.paid for one in progress), ZERO),
            "on_its_way": sum((one.on_its_way for one in progress), ZERO),
            "lapsed": sum((one.lapsed for one in progress), ZERO),
            "missing": sum((one.missing for one in progress), ZERO),
        }


def overview(earmark: Earmark, numbers: Numbers) -> Overview:
    """An earmark's plan, for its own page and for the grant's."""
    plan, today = plans.current(earmark), timezone.localdate()
    progress = laid_on(plan, numbers) if plan else []
    following = next_of(progress)
    rows = [Row(one, one.state(today).capitalize(), one.is_late(today), one is following) for one in progress]
    return Overview(plan, rows, numbers, used_up_by(progress, numbers.left))


def of_earmark(user: User, earmark: Earmark, numbers: Numbers) -> dict[str, Any]:
    """What templates/admin/plans/of_earmark.html shows on the grant's page."""
    return {"planned": overview(earmark, numbers), "may_plan": user.may(rights.REGISTER)}


@require_safe
@opens_with(rights.READ_ALL)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    user, earmark = acting(request), _earmark(slug)
    may_register = user.may(rights.REGISTER)
    payers = hands.payers(earmark)
    context: dict[str, Any] = {
        "earmark": earmark,
        "planned": overview(earmark, _numbers(earmark)),
        "earlier": earmark.plans.select_related("made_by").prefetch_related("instalments")[1:],
        "is_closed": closeout.standing_of(earmark).is_closed,
        "may_plan": may_register,
        "may_register": may_register and not payers.why_not(user),
        "why_not": payers.why_not(user),
        "payers": payers,
    }
    return page(request, "plans/plan.html", f"Rateplan for {earmark.grantee}", **context)


def _earmark(slug: str) -> Earmark:
    return get_object_or_404(Earmark.objects.with_accounts(), slug=slug)


def _numbers(earmark: Earmark) -> Numbers:
    return questions.numbers_of([earmark.account])[earmark.account_id]


@dataclass(frozen=True)
class Sheet:
    """What a plan is made from: the version that it revises, what of that stands, and what can be planned in all."""

    earmark: Earmark
    revises: Plan | None
    kept: list[Instalment]
    """paid as they were planned: they stand"""
    plannable: Money

    @property
    def kept_sum(self) -> Money:
        return sum((one.amount for one in self.kept), ZERO)

    @property
    def standing(self) -> list[Planned]:
        return [Planned(one.day, one.amount, one.text) for one in self.kept]


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def revise(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes an earmark's first plan, or the next version of it."""
    user, earmark = acting(request), _earmark(slug)
    if request.method != "POST":
        sheet = _sheet(earmark)
        rows = _first_rows(sheet, request.GET.get("fordeling", ""))
        return _shown(request, sheet, PlanForm(by=user, initial=_hidden(sheet), revising=sheet.revises is not None), _typed(rows))
    sheet = _sheet(earmark, version=row_number(request.POST.get("revises", "")), kept=row_number(request.POST.get("kept", "")))
    form = PlanForm(request.POST, by=user, revising=sheet.revises is not None)
    rows_form = Instalments(request.POST, prefix="rate")
    if "add" in request.POST:
        again = PlanForm(by=user, initial={name: request.POST.get(name, "") for name in form.fields}, revising=sheet.revises is not None)
        return _shown(request, sheet, again, rows_form.as_typed())
    if all([form.is_valid(), rows_form.is_valid()]):
        try:
            plan = _made(user, sheet, form, rows_form.filled_in)
        except LedgerError as refusal:
            _show_refusal(form, rows_form.filled_in, refusal, len(sheet.kept))
        else:
            messages.success(request, f"Rateplanen er gemt som version {plan.number}.")
            return redirect(plan)
    form.focus_on_errors(rows_form)
    return _shown(request, sheet, form, rows_form)


def _made(user: User, sheet: Sheet, form: PlanForm, filled_in: Sequence[InstalmentForm]) -> Plan:
    typed = [Planned(**{"text": "", **one.content}) for one in filled_in]
    return plans.make(user, sheet.earmark, [*sheet.standing, *typed], key=form.cleaned_data["key"], reason=form.cleaned_data["reason"], revises=sheet.revises)


def _show_refusal(form: PlanForm, filled_in: Sequence[InstalmentForm], refusal: LedgerError, kept: int) -> None:
    """Beside the row that it is about, or above the form."""
    row = int(refusal.figures.get("row", 0)) - kept - 1
    if 0 <= row < len(filled_in):
        filled_in[row].add_error(refusal.field if refusal.field in filled_in[row].fields else None, str(refusal))
    else:
        show_refusal(form, refusal)


def _sheet(earmark: Earmark, version: int | None = None, kept: int = 0) -> Sheet:
    """From the plan in force; or, after a submit, from the version that the page showed, so that nobody revises what they have not seen."""
    plannable = plans.plannable(earmark)
    if version is None:
        plan = plans.current(earmark)
        standing = [one.instalment for one in laid_on(plan, _numbers(earmark)) if one.is_paid] if plan else []
        return Sheet(earmark, plan, standing, plannable)
    plan = earmark.plans.filter(number=min(version, 32767)).first()
    return Sheet(earmark, plan, list(plan.instalments.order_by("number")[:kept]) if plan else [], plannable)


def _hidden(sheet: Sheet) -> dict[str, int]:
    return {"revises": sheet.revises.number if sheet.revises else 0, "kept": len(sheet.kept)}


def _first_rows(sheet: Sheet, rhythm: str) -> list[Planned]:
    """What the page opens with: the rows that do not stand yet; or, for a first plan and when it is asked for, what is not begun spread anew."""
    numbers = _numbers(sheet.earmark)
    progress = laid_on(sheet.revises, numbers) if sheet.revises else []
    open_rows = [one for one in progress if not one.is_paid and one.standing > ZERO]
    if sheet.revises and rhythm not in RHYTHMS:
        return [Planned(one.instalment.day, one.standing, one.instalment.text) for one in open_rows]
    begun = [Planned(one.instalment.day, one.standing, one.instalment.text) for one in open_rows if one.paid + one.on_its_way > ZERO]
    outside = numbers.earmarked - numbers.lapsed - numbers.left - numbers.reserved - sum((one.instalment.amount for one in progress), ZERO)
    if outside > ZERO:
        begun.append(Planned(_paid_on(sheet.earmark), outside, "Udbetalt uden for rateplanen" if sheet.revises else "Udbetalt, før planen blev lagt"))
    left = sheet.plannable - sheet.kept_sum - sum((one.amount for one in begun), ZERO)
    days = [one.day for one in (*sheet.standing, *begun)]
    window = questions.window_of(sheet.earmark.initiative.frame.account)
    return [*begun, *plans.spread(left, rhythm if rhythm in RHYTHMS else "kvartal", window, today=timezone.localdate(), begun=days)]


def _paid_on(earmark: Earmark) -> date:
    """The day of the newest payment."""
    paid = Transfer.objects.filter(debit_account=earmark.account_id, kind=Kind.DISBURSEMENT, step=Step.POST).order_by("-debit_entry_no").first()
    return paid.value_date if paid else timezone.localdate()


def _typed(rows: Sequence[Planned]) -> Instalments:
    return Instalments.showing([{"day": date_text(one.day), "amount": number(one.amount), "text": one.text} for one in rows])


def _shown(request: HttpRequest, sheet: Sheet, form: PlanForm, rows: Instalments) -> HttpResponse:
    planned = sheet.kept_sum + rows.sum
    if not form.is_bound:
        rows.begin(at_blank="add" in request.POST)
    context: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "sheet": sheet,
        "rhythms": [(code, name) for code, (name, _) in RHYTHMS.items()],
        "planned": planned,
        "unplanned": sheet.plannable - planned,
        "over": planned - sheet.plannable,
        "kept_in_oere": int(sheet.kept_sum.amount * 100),
        "plannable_in_oere": int(sheet.plannable.amount * 100),
        "window": questions.window_of(sheet.earmark.initiative.frame.account),
    }
    title = f"{'Revider rateplan' if sheet.revises else 'Læg rateplan'} for {sheet.earmark.grantee}"
    return page(request, "plans/revise.html", title, **context)


def named_instalment(request: HttpRequest) -> Progress | None:
    """The instalment that a registration was opened from (`?rate=`): of a plan in force, and not wholly registered. Says so when it is not."""
    asked = request.GET.get("rate", "")
    if not asked:
        return None
    found = plans.progress_of_instalment(row_number(asked))
    if found and found.missing > ZERO:
        return found
    messages.warning(request, "Raten er allerede registreret, eller rateplanen er revideret. Se rateplanen for, hvad der er den næste.")
    return None


def filled_in_for(following: Progress) -> dict[str, Any]:
    """What a registration opens with: what is missing of the instalment, on its day or the first one that is open, filed where the earmark's payments are."""
    instalment, earmark = following.instalment, following.instalment.plan.earmark
    latest = (
        Transfer.objects.filter(debit_account=earmark.account_id, kind=Kind.DISBURSEMENT, step=Step.PENDING).exclude(case_number="").order_by("-debit_entry_no")
    )
    return {
        "earmark": earmark,
        "instalment": instalment,
        "amount": number(following.missing),
        "value_date": _payable_on(instalment.day, earmark),
        "case_number": latest.values_list("case_number", flat=True).first() or "",
        "text": str(instalment),
    }


def _payable_on(planned: date, earmark: Earmark) -> date:
    """The day planned, or today when that is past, inside the payment window and in an open period where there is one."""
    day, window = max(planned, timezone.localdate()), questions.window_of(earmark.initiative.frame.account)
    if window is None:
        return day
    inside = min(max(day, window.opens), window.closes)
    return min(questions.first_open_day(inside), window.closes)
