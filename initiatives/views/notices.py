"""What the system told a grantee, and the control sum that each letter carries: read by the grantee itself, and by whoever reads the books."""

from operator import attrgetter

from django import forms
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Earmark, Notice, NoticeQuerySet
from initiatives.telling.letters import letter
from initiatives.views.access import Request, reading
from initiatives.views.pages import rows, turned
from ledger import witness
from ledger.models import Account

LARGEST = 10**18
SUM = r"^[0-9a-f]{64}$"


@reading
def notices(request: Request) -> HttpResponseBase:
    """Everything that was told, the newest first."""
    page = turned(request, rows(_visible(request.user).told()), attrgetter("pk"))
    context = {"page": page, "letters": [letter(notice) for notice in page.rows], "own": not request.user.may(rights.READ_ALL)}
    return render(request, "telling/notices.html", context)


@reading
def notice(request: Request, number: int) -> HttpResponseBase:
    """One notice as it was mailed, and to whom; whoever may not see it learns not even that it exists."""
    shown = get_object_or_404(_visible(request.user).told(), pk=number)
    context = {"notice": shown, "letter": letter(shown), "deliveries": shown.deliveries.with_outcome().select_related("person")}
    return render(request, "telling/notice.html", {**context, "own": not request.user.may(rights.READ_ALL)})


def _visible(user: User) -> NoticeQuerySet:
    if not user.may(rights.SEE_OWN):
        rights.require(user, rights.READ_ALL)
    return Notice.objects.visible_to(user)


class HeadForm(forms.Form):
    """What stands in a mail: the account, how many entries it had, and its control sum."""

    use_required_attribute = False
    konto = forms.CharField(label="Konto", max_length=200, error_messages={"required": "Skriv kontoen, som den står i mailen."})
    post = forms.IntegerField(
        label="Post nr.",
        min_value=0,
        max_value=LARGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": "Skriv postens nummer.",
            "invalid": "Postens nummer er et helt tal.",
            "min_value": "Postens nummer er 0 eller mere.",
            "max_value": "Så mange poster har ingen konto.",
        },
    )
    sum = forms.RegexField(
        SUM,
        label="Kontrolsum",
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Skriv kontrolsummen.", "invalid": "En kontrolsum er 64 tegn: tallene 0–9 og bogstaverne a–f. Kopiér den fra mailen."},
    )

    def __init__(self, data: object, accounts: QuerySet[Account]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.accounts = accounts

    def clean_konto(self) -> Account:
        account = self.accounts.filter(code=self.cleaned_data["konto"]).select_related("parent").first()
        if account is None:
            raise forms.ValidationError("Den konto findes ikke blandt dem, du kan se. Skriv den, som den står i mailen.")
        return account


@reading
def check(request: Request) -> HttpResponseBase:
    """Tries a control sum from an old mail: whether everything booked on the account up to then is still there, unchanged."""
    asked = any(name in request.GET for name in HeadForm.base_fields)
    form = HeadForm(request.GET if asked else None, _accounts(request.user))
    answer = None
    if form.is_valid():
        answer = witness.ask(form.cleaned_data["konto"], form.cleaned_data["post"], form.cleaned_data["sum"])
    return render(request, "telling/witness.html", {"form": form, "answer": answer, "own": not request.user.may(rights.READ_ALL)})


def _accounts(user: User) -> QuerySet[Account]:
    """Every account for whoever reads the books; a grantee's own and what lies below them."""
    if user.may(rights.READ_ALL):
        return Account.objects.all()
    rights.require(user, rights.SEE_OWN)
    own = Earmark.objects.visible_to(user)
    top = own.values("account")
    return Account.objects.filter(Q(pk__in=top) | Q(parent__in=top) | Q(parent__in=own.values("grantee_account")))
