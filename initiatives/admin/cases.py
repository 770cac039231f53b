"""Cases at the ministry: the list, the open ones first, and one case with everything said in it. Answering and closing are for whoever has the right; closing for clean hands only."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.forms import Deed
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.models import Case
from initiatives.telling import cases
from ledger.refusals import LedgerError

CLOSED = 200  # the newest of them; every one is found through its payment or its notice


class AnswerForm(Deed):
    text = forms.CharField(
        label="Svar",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Tilskudsmodtageren kan læse svaret og får besked om det med det samme.",
        error_messages={"required": "Skriv svaret.", "max_length": "Svaret er for langt: højst 2.000 tegn. Gør det kortere."},
    )


@require_safe
@opens_with(rights.READ_CASES)
def listed(request: HttpRequest) -> HttpResponse:
    visible = Case.objects.visible_to(acting(request)).told()
    return page(request, "cases/list.html", "Indsigelser", open_cases=visible.open(), closed_cases=visible.closed()[:CLOSED])


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_CASES)
@asked_again
def show(request: HttpRequest, number: int) -> HttpResponse:
    user = acting(request)
    case = get_object_or_404(Case.objects.visible_to(user).told(), pk=number)
    form = AnswerForm(request.POST if request.method == "POST" else None, by=user) if user.may(rights.ANSWER_CASE) else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied("Din rolle giver ikke ret til at besvare indsigelser. Bed en controller eller ledelsen om det.")
        if form.is_valid():
            try:
                said = _answer(user, case, form, closing="close" in request.POST)
            except LedgerError as refusal:
                show_refusal(form, refusal)
            else:
                messages.success(request, said)
                return redirect(request.path)
    return page(request, "cases/case.html", str(case), **_told(user, case, form))


def _answer(user: User, case: Case, form: AnswerForm, *, closing: bool) -> str:
    """Writes the answer, and says what came of it."""
    text, key = form.cleaned_data["text"], form.cleaned_data["key"]
    if closing:
        cases.close(user, case, answer=text, key=key)
        return "Indsigelsen er besvaret og lukket. Tilskudsmodtageren har fået besked."
    cases.write(user, case, text=text, key=key)
    return "Svaret er sendt. Indsigelsen er stadig åben."


def _told(user: User, case: Case, form: AnswerForm | None) -> dict[str, Any]:
    """The case, and who may close it: said where one would try."""
    hand = cases.bar(case, user)
    return {
        "case": case,
        "said": case.messages.select_related("written_by"),
        "form": form,
        "hand": cases.HANDS.get(hand, hand) if hand else "",
        "closers": cases.clean_hands(case) if not case.is_closed else [],
    }
