"""Proposing that somebody's lost second step is taken away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from ensomhed import authenticators
from ensomhed.adminsite import acting
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.forms import Deed, reason_field
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.control import proposals
from ledger.refusals import LedgerError

LEAD = (
    "Når ledelsen har godkendt, kan hverken det gamle andet trin eller adgangskoden bruges, og personen er logget ud overalt. "
    "Send så et nyt engangslink fra personens side."
)


class ResetForm(Deed):
    reason = reason_field("Hvad der er sket, og hvordan du har sikret dig, at det er personen selv, der beder om det. Kan læses af ledelsen og af revisor.")


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.MANAGE_USERS)
def reset(request: HttpRequest, number: int) -> HttpResponse:
    by, person = acting(request), get_object_or_404(User, pk=number)
    if by == person or not authenticators.of(person).exists():
        messages.error(request, f"{person} har intet andet trin, som du kan foreslå nulstillet. Dit eget fjerner du under »Andet trin« øverst.")
        return redirect("admin:ensomhed_user_change", person.pk)
    form = ResetForm(request.POST or None, by=by)
    if form.is_valid():
        try:
            proposal = proposals.propose(by, "factor_reset", subject=f"user:{person.pk}", after={"steps": []}, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Nulstillingen er foreslået og venter nu på, at ledelsen afgør den.")
            return redirect(proposal)
    form.focus()
    return page(request, "proposal/propose.html", f"Foreslå nulstilling af andet trin for {person}", form=form, lead=LEAD)
