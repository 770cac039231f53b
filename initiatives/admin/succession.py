"""The page on which management proposes that another organisation follows a grantee."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from ensomhed.widgets import LongSelect
from initiatives import rights
from initiatives.admin.forms import NO_SUCH_DAY, DayField, ProposalForm
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.history import succession
from initiatives.models import Grantee
from ledger.refusals import LedgerError

LEAD = "Når en anden i ledelsen har godkendt det, ser afløserens brugere også denne organisations tilskud fra den valgte dag. Intet bogføres."


class SuccessionForm(ProposalForm):
    voucher_help = "Det dokument, der viser afløsningen, for eksempel en fusionsplan."
    successor = forms.ModelChoiceField(
        Grantee.objects.none(),
        label="Afløses af",
        empty_label="Vælg organisation",
        widget=LongSelect,
        help_text="Findes den ikke på listen, skal den først foreslås som ny tilskudsmodtager.",
        error_messages={"required": "Vælg den organisation, der følger efter.", "invalid_choice": "Vælg en organisation på listen."},
    )
    starts = DayField(
        label="Fra og med", help_text="Skriv dd.mm.åååå.", error_messages={"required": "Angiv den dag, afløsningen gælder fra.", "invalid": NO_SUCH_DAY}
    )

    def __init__(self, *args: Any, grantee: Grantee, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        successor = self.fields["successor"]
        assert isinstance(successor, forms.ModelChoiceField)
        successor.queryset = Grantee.objects.exclude(pk=grantee.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.PROPOSE)
def propose(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes that another organisation follows a grantee."""
    user, grantee = acting(request), get_object_or_404(Grantee, pk=number)
    form = SuccessionForm(request.POST or None, request.FILES or None, by=user, grantee=grantee, initial={"starts": timezone.localdate()})
    if form.is_valid():
        try:
            proposal = succession.propose(user, grantee, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Forslaget venter nu på, at en anden i ledelsen godkender det.")
            return redirect(proposal)
    form.focus()
    return page(request, "receiving/propose.html", f"Foreslå afløsning af {grantee}", form=form, lead=LEAD, grantee=grantee)
