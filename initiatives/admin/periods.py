"""Fiscal periods: each with what stands open in it, held, let go, closed, and what its closings found."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.factor import asked_again
from ensomhed.lists import column
from ensomhed.models import User
from ensomhed.templatetags.danish import tidspunkt
from initiatives import closing, decisions, rights
from initiatives.admin.forms import AmountField, Deed, case_number_field, text_field
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Closing, Earmark
from ledger import questions
from ledger.admin import FiscalYear
from ledger.formats import kroner, number
from ledger.models import Period
from ledger.refusals import LedgerError

ALL = "alle"


class YearOfPeriod(FiscalYear):
    """Periods of one fiscal year: until another is chosen, the first one that is not closed."""

    def parameter(self) -> str:
        return "code"

    def value(self) -> str:
        return super().value() or self.current

    @property
    def current(self) -> str:
        still_open = Period.objects.filter(closed=False).order_by("code").values_list("code", flat=True).first()
        return still_open[:4] if still_open else ALL

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        chosen = self.value()
        for value, label in [(ALL, "Alle"), *self.lookup_choices]:
            yield {"selected": chosen == value, "query_string": changelist.get_query_string({self.parameter_name: value}), "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == ALL else super().queryset(request, queryset)


class Standing(admin.SimpleListFilter):
    title = "tilstand"
    parameter_name = "tilstand"
    rows = {"open": {"closed": False, "held": False}, "held": {"held": True}, "closed": {"closed": True}}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Åben"), ("held", "Tilbageholdt"), ("closed", "Lukket")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**self.rows.get(self.value() or "", {}))


class ReasonForm(forms.Form):
    """Closing: why, when something stands open. Its code is its key, so a double click closes once."""

    reason = forms.CharField(
        label="Hvorfor perioden lukkes, selv om noget står åbent",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Begrundelsen gemmes sammen med kontrolpunkterne.",
        error_messages={"max_length": "Begrundelsen er for lang: højst 2.000 tegn. Gør den kortere."},
    )


def reason_form(data: QueryDict | None = None) -> ReasonForm:
    form = ReasonForm(data)
    form.fields["reason"].needed = True  # type: ignore[attr-defined]  # it is only shown when something stands open
    return form


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    list_display = ["code", "title", "standing", "since", "by_whom"]
    list_filter = [YearOfPeriod, Standing]
    search_fields = ["code"]
    search_help_text = "Søg på periode, for eksempel 2025-11 eller 13.1"
    list_select_related = ["closed_by", "held_by"]
    ordering = ["code"]
    change_form_template = "admin/periods/period.html"

    def heading(self, row: Period) -> str:
        return row.name[:1].upper() + row.name[1:]

    @column("Navn", ordering="code")
    def title(self, period: Period) -> str:
        return period.name

    @column("Tilstand", ordering="closed")
    def standing(self, period: Period) -> str:
        return period.standing

    @column("Siden", ordering="closed_at")
    def since(self, period: Period) -> datetime | None:
        return period.closed_at if period.closed else period.held_at if period.held else None

    @column("Af", ordering="closed_by__first_name")
    def by_whom(self, period: Period) -> str:
        person = period.closed_by if period.closed else period.held_by if period.held else None
        return str(person or "")

    def facts(self, row: Period) -> Sequence[tuple[str, Any]]:
        said = {
            "Lukket": f"Lukket {tidspunkt(row.closed_at)} af {row.closed_by}. Den tager ikke imod posteringer.",
            "Tilbageholdt": f"Tilbageholdt {tidspunkt(row.held_at)} af {row.held_by}. Nyt registreres kun af dem, der lukker perioder; det, der venter, kan stadig afgøres.",
            "Åben": "Åben: der kan registreres i den.",
        }
        return [("Tilstand", said[row.standing]), ("Periode", row.code)]

    def belongings(self, request: HttpRequest, row: Period) -> dict[str, Any]:
        user = acting(request)
        closings = list(row.closings.select_related("made_by"))
        sums = questions.trial_sums(row.pk)
        points = [] if row.closed else closing.checklist(row, sums[-1])
        newest = closings[0] if closings and row.closed else None
        return {
            "points": points,
            "open_points": [point for point in points if point.in_order is False],
            "wrong": any(point.standing == "Fejl" for point in points),
            "newest": newest and Told(newest),
            "older": [Told(one) for one in closings if one is not newest],
            "sums": sums,
            "earlier": Period.objects.filter(code__startswith=row.code[:4], code__lt=row.code, closed=False).first(),
            "following": Period.objects.filter(code__gt=row.code, closed=False).first() if row.closed else None,
            "may_close": user.may(rights.CLOSE),
            "may_lapse": user.may(rights.CLOSE) or user.may(rights.PROPOSE),
            "closers": people_who(rights.CLOSE) if not user.may(rights.CLOSE) and not row.closed else [],
            "form": reason_form(),
        }


class Told:
    """One closing as the page tells it."""

    def __init__(self, kept: Closing) -> None:
        self.kept = kept
        self.points = closing.found(kept)
        self.settlement = closing.settlement_of(kept)
        self.still_so = not self.settlement or closing.settlement_now(int(kept.period_id[:4])) == self.settlement


def people_who(right: str) -> list[User]:
    """Those who hold a right, by name."""
    app, codename = right.split(".")
    held = User.objects.filter(is_active=True, groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
    return list(held.distinct().order_by("first_name", "last_name"))


@require_POST
@opens_with(rights.CLOSE)
@asked_again
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Closes a period. What is refused is said on its page, beside the reason that was written."""
    get_object_or_404(Period, pk=code)
    form = reason_form(request.POST)
    if form.is_valid():
        try:
            decisions.close_period(acting(request), code, reason=form.cleaned_data["reason"])
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Perioden {code} er lukket og tager ikke imod flere posteringer.")
            return redirect("admin:ledger_period_change", code)
    return _shown(request, code, form)


def _shown(request: HttpRequest, code: str, form: ReasonForm) -> HttpResponse:
    form.fields["reason"].widget.attrs["autofocus"] = True
    registered = admin.site.get_model_admin(Period)
    assert isinstance(registered, PeriodAdmin)
    return registered.change_view(request, code, extra_context={"form": form})


@require_POST
@opens_with(rights.CLOSE)
def hold(request: HttpRequest, code: str) -> HttpResponse:
    """Holds a period, or lets it go."""
    get_object_or_404(Period, pk=code)
    lets_go = request.POST.get("deed") == "let_go"
    try:
        (closing.let_go if lets_go else closing.hold)(acting(request), code)
    except LedgerError as refusal:
        messages.error(request, str(refusal))
    else:
        said = "er ikke længere tilbageholdt" if lets_go else "er tilbageholdt: nyt registreres kun af dem, der lukker perioder"
        messages.success(request, f"Perioden {code} {said}.")
    return redirect("admin:ledger_period_change", code)


class LapseForm(Deed):
    """What came back in the year and was not used again falls to the treasury."""

    amount = AmountField()
    case_number = case_number_field()
    text = text_field()


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.CLOSE, rights.PROPOSE)
def lapse(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """Proposes the lapse at year-end of what came back to one earmark, in the period that is being closed."""
    period, earmark, user = get_object_or_404(Period, pk=code), get_object_or_404(Earmark.objects.with_accounts(), slug=slug), acting(request)
    rest = closing.unreturned(earmark, int(code[:4]))
    form = LapseForm(request.POST if request.method == "POST" else None, by=user, initial={"amount": number(rest)})
    if form.is_valid():
        try:
            pending = decisions.lapse(user, earmark, value_date=period.last_day, at_year_end=True, voucher=None, period=code, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Bortfaldet af {kroner(pending.amount)} er registreret og venter nu på, at ledelsen godkender det.")
            return redirect("admin:ledger_period_change", code)
    form.focus()
    back = reverse("admin:ledger_period_change", args=[code])
    context: dict[str, Any] = {"form": form, "period": period, "earmark": earmark, "rest": rest, "back": back}
    return page(request, "periods/lapse.html", f"Årets bortfald {code[:4]}", **context)
