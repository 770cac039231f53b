"""Approving many payments: each is ticked by the person who approves it, with the sum of the ticked beside, and all of them are approved or none."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.templatetags.danish import antal
from initiatives import rights
from initiatives.admin.forms import Deed, row_number
from initiatives.admin.pages import opens_with, page
from initiatives.bulk import ticking
from initiatives.bulk.trying import ManyRefused
from initiatives.models import Batch
from ledger.formats import kroner
from ledger.kinds import Kind, Step
from ledger.models import ZERO, Transfer
from ledger.refusals import LedgerError

CHANGED = "Listen er ændret, siden du åbnede siden. Se den igennem igen."


class TickingForm(Deed):
    """The registrations that somebody ticked; none are when the page is opened."""

    def __init__(self, *args: Any, batch: Batch | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = self.data.getlist("tick") if self.is_bound else []  # type: ignore[attr-defined]
        self.ticked = {row_number(number) for number in sent}
        of_batch = {"batch_row__batch": batch} if batch else {}
        found = Transfer.objects.filter(pk__in=self.ticked, kind=Kind.DISBURSEMENT, step=Step.PENDING, replaces__isnull=True, **of_batch)
        self.chosen = list(found.select_related("debit_account")) if self.ticked else []

    def clean(self) -> dict[str, Any]:
        if not self.ticked:
            raise forms.ValidationError("Sæt kryds ved de udbetalinger, du vil godkende.")
        days = {f"day-{number}": day.isoformat() for number, day in ticking.days_of(self.chosen).items()}
        if len(self.chosen) != len(self.ticked) or any(self.data.get(shown, day) != day for shown, day in days.items()):
            raise forms.ValidationError(CHANGED)
        return super().clean() or {}


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.APPROVE)
@asked_again
def tick(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """What waits, of one batch or in all, with a tick each; the ticked are approved together."""
    user, batch = acting(request), get_object_or_404(Batch.objects.defer("content"), pk=number) if number else None
    form = TickingForm(request.POST if request.method == "POST" else None, by=user, batch=batch)
    refused: dict[int, LedgerError] = {}
    if form.is_valid() and request.POST.get("decision") == "approve":
        try:
            posted = ticking.approve_all(user, form.chosen, key=form.cleaned_data["key"])
        except ManyRefused as refusal:
            refused = refusal.refused
            form.add_error(None, f"Intet er godkendt. {refusal}")
        except LedgerError as refusal:
            form.add_error(None, f"Intet er godkendt. {refusal}")
        else:
            total = kroner(sum((row.amount for row in posted), ZERO))
            approved = "1 udbetaling" if len(posted) == 1 else f"{antal(len(posted))} udbetalinger"
            messages.success(request, f"{approved} på i alt {total} er godkendt.")
            return redirect(batch or "admin:initiatives_payment_waiting")
    shown = Paginator(ticking.waiting(batch), ticking.SHOWN).get_page(request.GET.get(PAGE_VAR))
    ticks = ticking.ticks(user, shown.object_list)
    ticked = [item for item in ticks if item.pending.pk in form.ticked and not item.why_not]
    context: dict[str, Any] = {
        "form": form,
        "batch": batch,
        "rows": [(item, item in ticked, refused.get(item.pending.pk)) for item in ticks],
        "ticked": ticked,
        "sum": sum((item.pending.amount for item in ticked), ZERO),
        "for_me": sum(not item.why_not for item in ticks),
        "shown": shown,
    }
    title = f"Godkend {str(batch).lower()}" if batch else "Godkend flere udbetalinger"
    return page(request, "bulk/tick.html", title, **context)
