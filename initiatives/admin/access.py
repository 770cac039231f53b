"""Roles: proposed by the access administrator, taken away at once, and gone through each quarter by somebody else."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ensomhed.adminsite import acting
from ensomhed.models import User
from initiatives import rights
from initiatives.access import review, roles
from initiatives.admin.forms import Deed
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.exceptions import found
from initiatives.models import AccessReview
from ledger.refusals import LedgerError


class RolesForm(Deed):
    """The roles that a person shall have."""

    roles = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label="Roller",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sæt flueben ved alle de roller, personen skal have. To roller, der mødes i den samme betaling, kan ikke gives til én person.",
    )
    reason = forms.CharField(
        label="Begrundelse",
        max_length=1000,
        help_text="Hvilke opgaver personen har. Kan læses af ledelsen og af revisor.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv begrundelsen."},
    )


class ReviewForm(Deed):
    note = forms.CharField(
        label="Hvad gennemgangen viste",
        max_length=1000,
        help_text="For eksempel: alle roller svarer til opgaverne, eller hvem der skal have taget en rolle fra sig.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv, hvad gennemgangen viste."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.MANAGE_USERS)
def propose(request: HttpRequest, number: int) -> HttpResponse:
    """Proposes a person's roles, and shows those that the person has and had."""
    user, person = acting(request), get_object_or_404(User, pk=number)
    waiting = roles.waiting_for(person)
    form = RolesForm(request.POST or None, by=user, initial={"roles": person.groups.all()})
    if form.is_valid():
        content = form.content
        try:
            proposal = roles.propose(user, person, list(content["roles"]), reason=content["reason"], key=content["key"])
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Rollerne er foreslået og venter nu på, at ledelsen afgør dem.")
            return redirect(proposal)
    context: dict[str, Any] = {
        "person": person,
        "held": person.groups.order_by("name"),
        "history": roles.history_of(person)[:50],
        "waiting": waiting,
        "is_own": person.pk == user.pk,
        "form": form,
    }
    return page(request, "access/roles.html", f"Roller for {person}", **context)


@require_POST
@opens_with(rights.MANAGE_USERS)
def take_away(request: HttpRequest, number: int, role: int) -> HttpResponse:
    """Takes a role from a person, at once."""
    person, taken = get_object_or_404(User, pk=number), get_object_or_404(Group, pk=role)
    try:
        count = roles.take_away(acting(request), person, taken)
    except LedgerError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person} har ikke længere rollen {taken.name}." if count else f"{person} havde ikke rollen {taken.name}.")
    return redirect("admin:initiatives_access_roles", person.pk)


@require_safe
@opens_with(rights.READ_ALL)
def exceptions(request: HttpRequest) -> HttpResponse:
    """What should not be there, asked of the books now."""
    return page(request, "exceptions/page.html", "Undtagelser", **found.context("staff"))


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL, rights.MANAGE_USERS)
def reviewing(request: HttpRequest) -> HttpResponse:
    """Who can do what; whoever may, records that it was gone through."""
    user = acting(request)
    may_review = user.may(rights.REVIEW_ACCESS)
    form = ReviewForm(request.POST or None, by=user) if may_review else None
    if form is not None and form.is_valid():
        try:
            review.record(user, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Gennemgangen er registreret.")
            return redirect("admin:initiatives_access_review")
    context: dict[str, Any] = {
        "access": review.access(),
        "due": review.due(),
        "reviews": AccessReview.objects.select_related("reviewed_by")[:12],
        "may_manage": user.may(rights.MANAGE_USERS),
        "form": form,
    }
    return page(request, "access/review.html", "Adgange", **context)
