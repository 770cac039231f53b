"""»Det er ikke rigtigt«: a grantee raises a case beside what it is about, follows it, and reads the answer. Auditors read along; staff works in the administration."""

import functools
import uuid
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from initiatives import rights
from initiatives.models import Case, Claim, Earmark, Grantee, Notice, Proposal
from initiatives.telling import cases
from initiatives.views.access import Request, reading
from initiatives.views.pages import number_in
from ledger.models import Transfer
from ledger.refusals import LedgerError

P = ParamSpec("P")
View = Callable[Concatenate[Request, P], HttpResponseBase]


def writing(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for whoever is logged in, on which something may be written."""

    @functools.wraps(view)
    def page(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return require_http_methods(["GET", "HEAD", "POST"])(never_cache(login_required(page)))


class WordsForm(forms.Form):
    """What is said, once: its key was made when the page was opened, so a double click says nothing twice."""

    use_required_attribute = False
    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label="Hvad er ikke rigtigt?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Skriv, hvad der ikke er rigtigt.", "max_length": "Teksten er for lang: højst 2.000 tegn. Gør den kortere."},
    )

    def __init__(self, data: object = None, *, label: str = "") -> None:
        super().__init__(data, initial={"key": uuid.uuid4()})  # type: ignore[arg-type]
        if label:
            self.fields["text"].label = label


@reading
def listed(request: Request) -> HttpResponseBase:
    """The grantee's own cases, or all of them for an auditor."""
    if request.user.is_staff and request.user.may(rights.READ_CASES):
        return redirect("admin:initiatives_case_list")
    if not request.user.may(rights.SEE_OWN):
        rights.require(request.user, rights.READ_CASES)
    context = {"cases": Case.objects.visible_to(request.user).told(), "own": not request.user.may(rights.READ_ALL)}
    return render(request, "telling/cases.html", context)


@writing
def new(request: Request) -> HttpResponseBase:
    """Raises a case about one payment, notice, set of details or claim, or about something else."""
    rights.require(request.user, rights.SEE_OWN)
    about = _about(request)
    grantees = list(Grantee.objects.filter(members=request.user))
    grantee = _grantee_of(about) or (grantees[0] if len(grantees) == 1 else next((one for one in grantees if one.slug == request.GET.get("hos")), None))
    if grantee is None:
        return render(request, "telling/which.html", {"grantees": grantees, "own": True})
    form = WordsForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            case = cases.raise_case(request.user, grantee, text=form.cleaned_data["text"], key=form.cleaned_data["key"], **about)
        except LedgerError as refusal:
            form.add_error("text" if refusal.field == "text" else None, str(refusal))
        else:
            messages.success(request, "Indsigelsen er sendt. Den kan kun lukkes af nogen, der ikke har haft med sagen at gøre.")
            return redirect("case", case.pk)
    return render(request, "telling/new_case.html", {"form": form, "about": Case(grantee=grantee, **about), "grantee": grantee, "own": True})


def _about(request: Request) -> dict[str, Any]:
    """What the address says that it is about, if this person's grantee has it. Raises Http404 for somebody else's, and for what is not there."""
    own = Earmark.objects.filter(grantee__members=request.user)
    accounts = Q()
    for side in ("debit_account", "credit_account"):
        for of in ("account", "grantee_account", "used_account", "written_off_account"):
            accounts |= Q(**{f"{side}__in": own.values(of)})
        accounts |= Q(**{f"{side}__parent__in": own.values("grantee_account")})
    sought: dict[str, tuple[str, QuerySet[Any]]] = {
        "postering": ("transfer", Transfer.objects.filter(accounts)),
        "besked": ("notice", Notice.objects.filter(grantee__members=request.user)),
        "oplysninger": ("proposal", Proposal.objects.filter(kind="payment_details", grantee__members=request.user).select_related("kind")),
        "krav": ("claim", Claim.objects.filter(earmark__in=own)),
    }
    named = [(name, number_in(request, name)) for name in sought if name in request.GET]
    if len(named) > 1:
        raise Http404("one thing at a time")
    return {sought[name][0]: get_object_or_404(sought[name][1], pk=number) for name, number in named}


def _grantee_of(about: dict[str, Any]) -> Grantee | None:
    match about:
        case {"transfer": transfer}:
            touches = Q()
            for account in (transfer.debit_account, transfer.credit_account):
                touches |= Q(account=account) | Q(account=account.parent_id) | Q(grantee_account=account.parent_id)
            return Earmark.objects.filter(touches).select_related("grantee").first().grantee  # type: ignore[union-attr]
        case {"claim": claim}:
            return claim.earmark.grantee
        case {"notice": told} | {"proposal": told}:
            return told.grantee
    return None


@writing
def case(request: Request, number: int) -> HttpResponseBase:
    """One case with everything said in it; the grantee can always say more."""
    shown = get_object_or_404(Case.objects.visible_to(request.user).told(), pk=number)
    if request.user.is_staff and request.user.may(rights.READ_CASES):
        return redirect("admin:initiatives_case_show", shown.pk)
    mine = request.user.may(rights.SEE_OWN) and shown.grantee.members.filter(pk=request.user.pk).exists()
    form = WordsForm(request.POST if request.method == "POST" else None, label="Skriv mere") if mine else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied("Kun tilskudsmodtagerens egne folk kan skrive her.")
        if form.is_valid():
            try:
                cases.write(request.user, shown, text=form.cleaned_data["text"], key=form.cleaned_data["key"])
            except LedgerError as refusal:
                form.add_error("text" if refusal.field == "text" else None, str(refusal))
            else:
                messages.success(request, "Det er sendt.")
                return redirect("case", shown.pk)
    context = {"case": shown, "said": shown.messages.select_related("written_by"), "form": form, "own": not request.user.may(rights.READ_ALL)}
    return render(request, "telling/case.html", context)
