"""»Afslut tilskuddet«: what a close-out takes, each thing met or missing with the page where it is done; proposing it, and proposing that the grant is opened again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from ensomhed.models import User
from initiatives import closeout, rights
from initiatives.admin.forms import Deed, reason_field
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.closeout import Standing, letter
from initiatives.models import Earmark
from ledger.refusals import LedgerError


class CloseOutForm(Deed):
    reason = reason_field()


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """What the close-out of one grant lacks, and the proposal that closes it or opens it again."""
    user, earmark = acting(request), get_object_or_404(Earmark.objects.with_accounts(), slug=slug)
    told = of_earmark(earmark, user)
    form = CloseOutForm(request.POST or None, by=user) if user.may(rights.REGISTER) else None
    if request.method == "POST":
        rights.require(user, rights.REGISTER)
    if form and form.is_valid():
        propose = closeout.reopen if request.POST.get("deed") == "reopen" else closeout.close  # as the page said when it was opened, whatever was decided since
        try:
            proposal = propose(user, earmark, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Forslaget venter nu på, at ledelsen afgør det.")
            return redirect(proposal)
    if form and form.is_bound:
        form.focus()
    title = "Tilskuddet er afsluttet" if told["close_out"].is_closed else "Afslut tilskuddet"
    figures = None if told["close_out_missing"] else letter.in_all(letter.figures_of(earmark.pk))
    return page(request, "closeout/page.html", title, earmark=earmark, form=form, figures=figures, **told)


def of_earmark(earmark: Earmark, user: User, standing: Standing | None = None) -> dict[str, Any]:
    """What the pages of a grant say about its close-out: how it stands, and what is missing with what this person may open. Three queries at most."""
    standing = standing or closeout.standing_of(earmark)
    needs = [] if standing.is_closed else closeout.checklist(earmark)
    return {
        "close_out": standing,
        "close_out_needs": [(need, [(thing, user.may(thing.right)) for thing in need.missing]) for need in needs],
        "close_out_missing": sum(len(need.missing) for need in needs),
    }
