"""Roles: proposed by the access administrator, taken away at once, and gone through each quarter by somebody else."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.lists import column
from ensomhed.models import User
from initiatives import rights
from initiatives.access import review, roles
from initiatives.admin.forms import Deed, reason_field
from initiatives.admin.listings import Filter, Listing
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.exceptions import found
from initiatives.models import AccessReview
from ledger.refusals import LedgerError

IDLE, IN_USE = "Ikke brugt i 90 dage", "I brug"
Row = tuple[found.Check, found.Exceptional]


class RolesForm(Deed):
    """The roles that a person shall have."""

    roles = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label="Roller",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sæt flueben ved alle de roller, personen skal have. To roller, der mødes i den samme betaling, kan ikke gives til én person.",
    )
    reason = reason_field("Hvilke opgaver personen har. Kan læses af ledelsen og af revisor.")


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


class ExceptionsList(Listing):
    """What should not be there, of every kind."""

    title = "Undtagelser"
    names = ("undtagelse", "undtagelser")
    route = "initiatives/exceptions/"
    rights = (rights.READ_ALL,)
    columns = ("what", "question", "day", "why", "amount_kr")
    filters = (Filter("Spørgsmål", "spoergsmaal", lambda one: one[0].title),)
    search_help_text = "Søg på nummer, tekst eller beløb"
    empty = "Ingen af spørgsmålene nedenfor gav svar."

    def rows(self, request: HttpRequest) -> list[Row]:
        return [(answer.check, one) for answer in found.answers() for one in answer.found]

    def address_of(self, row: Row, user: User) -> str:
        return row[1].address_for_staff

    @column("Hvad")
    def what(self, row: Row) -> str:
        return row[1].title

    @column("Spørgsmål")
    def question(self, row: Row) -> str:
        return row[0].title

    @column("Dag")
    def day(self, row: Row) -> date | None:
        return row[1].day

    @column("Hvorfor den står her")
    def why(self, row: Row) -> str:
        return row[1].text

    @column("Beløb, kr.")
    def amount_kr(self, row: Row) -> Money | None:
        return row[1].amount


EXCEPTIONS = ExceptionsList()


@require_safe
@opens_with(rights.READ_ALL)
def exceptions(request: HttpRequest) -> HttpResponse:
    """What should not be there, asked of the books now."""
    shown = EXCEPTIONS.shown(request)
    found_of = Counter(check for check, _ in shown.everything)
    asked = [(check, found_of[check], found_of[check] > found.MOST) for check in found.CHECKS]
    return page(request, "exceptions/page.html", "Undtagelser", cl=shown, asked=asked, most=found.MOST)


class AccessList(Listing):
    """Every role of everybody who can log in."""

    title = "Adgange"
    names = ("adgang", "adgange")
    route = "initiatives/access/"
    rights = (rights.READ_ALL, rights.MANAGE_USERS)
    columns = ("person", "job_title", "role", "can", "since", "given_by", "last_used", "last_login", "use")
    filters = (Filter("Rolle", "rolle", lambda one: one.role), Filter("Brug", "brug", lambda one: IDLE if one.is_idle else IN_USE))
    search_help_text = "Søg på navn, stilling, rolle eller hvad rollen kan"
    empty = "Ingen har en rolle."

    def rows(self, request: HttpRequest) -> list[review.Access]:
        return review.access()

    def address_of(self, row: review.Access, user: User) -> str:
        return reverse("admin:initiatives_access_roles", args=[row.person.pk]) if user.may(rights.MANAGE_USERS) else ""

    @column("Person")
    def person(self, one: review.Access) -> str:
        return str(one.person)

    @column("Stilling")
    def job_title(self, one: review.Access) -> str:
        return one.person.job_title

    @column("Rolle")
    def role(self, one: review.Access) -> str:
        return one.role

    @column("Kan")
    def can(self, one: review.Access) -> str:
        return ", ".join(one.can)

    @column("Siden")
    def since(self, one: review.Access) -> datetime | None:
        return one.since

    @column("Givet af", drawn=lambda one, words: format_html('<a href="{}">{}</a>', one.proposal.get_absolute_url(), words) if one.proposal else words)
    def given_by(self, one: review.Access) -> str:
        return str(one.proposal.decision.decided_by) if one.proposal else "Driften"

    @column("Sidst brugt")
    def last_used(self, one: review.Access) -> datetime | None:
        return one.last_used

    @column("Sidst logget ind")
    def last_login(self, one: review.Access) -> datetime | None:
        return one.last_login

    @column("Brug", drawn=lambda one, words: format_html("<strong>{}</strong>", words) if one.is_idle else words)
    def use(self, one: review.Access) -> str:
        return IDLE if one.is_idle else IN_USE


ACCESS = AccessList()


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
        "cl": ACCESS.shown(request),
        "due": review.due(),
        "reviews": AccessReview.objects.select_related("reviewed_by")[:12],
        "form": form,
    }
    return page(request, "access/review.html", "Adgange", **context)
