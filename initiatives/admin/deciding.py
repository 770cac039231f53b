"""One page for every proposal: what stands before and after, who did what, and what this person may do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.forms import Deed, ProposalForm, RejectionForm, VerificationForm, WithdrawalForm
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.control import proposals, words
from initiatives.models import Proposal
from ledger.models import Period
from ledger.refusals import AlreadySettled, LedgerError


@dataclass(frozen=True)
class Pending:
    """A proposal that waits, as one person sees it."""

    proposal: Proposal
    by: User
    bars: Mapping[int, str | None] | None = None
    """of many that were asked together: why this person may not take the next step, by the proposals' numbers"""

    @property
    def bar(self) -> str | None:
        return proposals.barred(self.proposal, self.by) if self.bars is None else self.bars[self.proposal.pk]

    @property
    def headline(self) -> str:
        return words.words_of(self.proposal).headline(self.proposal)

    @property
    def is_own(self) -> bool:
        return self.proposal.proposed_by_id == self.by.pk

    @property
    def wants_verification(self) -> bool:
        return bool(self.proposal.kind.verified_with) and not self.proposal.is_verified

    @property
    def right(self) -> str:
        """The right that the next step takes."""
        return self.proposal.kind.verified_with if self.wants_verification else self.proposal.kind.decided_with

    @property
    def next_step(self) -> str:
        return "kontrolleres" if self.wants_verification else "afgøres"

    @property
    def for_me(self) -> bool:
        return not self.is_own and self.by.may(self.right) and self.bar is None

    @property
    def barred(self) -> str:
        """Why this person, who has the right, may still not take the next step; empty when nothing bars."""
        return words.why_barred(self.proposal, self.bar)


def all_pending(user: User) -> list[Pending]:
    """Every proposal that waits, as this person sees it."""
    waiting = list(proposals.waiting())
    bars = proposals.bars_of(waiting, user) if waiting else {}
    words.prepare(waiting)
    return [Pending(proposal, user, bars) for proposal in waiting]


def others_who_can(pending: Pending) -> list[User]:
    """The colleagues who can take the next step."""
    app, codename = pending.right.split(".")
    with_right = User.objects.filter(is_active=True, groups__permissions__codename=codename, groups__permissions__content_type__app_label=app).distinct()
    return [person for person in with_right if proposals.barred(pending.proposal, person) is None]


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.READ_ALL, rights.MANAGE_USERS)
@asked_again
def settle(request: HttpRequest, number: int) -> HttpResponse:
    """A proposal's whole story, and the steps that this person may take."""
    user = acting(request)
    proposal = get_object_or_404(Proposal.objects.told(), pk=number)
    if not user.may(rights.READ_ALL) and proposal.kind.proposed_with != rights.MANAGE_USERS:
        raise PermissionDenied("Dette forslag hører ikke til dine opgaver.")
    pending, decided = Pending(proposal, user), hasattr(proposal, "decision")
    chosen = request.POST.get("decision", "") if request.method == "POST" else ""
    if decided and chosen:
        messages.error(request, "Forslaget er allerede afgjort.")
        return redirect(request.path)
    forms = {} if decided else _forms(pending, chosen, request)
    form = forms.get(chosen)
    if chosen and form is None:
        raise PermissionDenied("Du kan ikke afgøre dette forslag. Siden fortæller, hvem der kan.")
    if form is not None and form.is_valid():
        try:
            outcome = _decide(user, proposal, chosen, form)
        except AlreadySettled as refusal:
            messages.error(request, str(refusal))
            return redirect(request.path)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, outcome)
            return redirect("admin:initiatives_payment_waiting" if chosen != "verify" and user.may(rights.READ_ALL) else request.path)
    context: dict[str, Any] = {
        "pending": pending,
        "proposal": proposal,
        "lines": words.lines_of(proposal),
        "words": words.words_of(proposal),
        "warnings": words.words_of(proposal).warnings(proposal),
        "decided": decided,
        "sees_queue": user.may(rights.READ_ALL),
        "forms": forms,
        "others": [] if decided or forms.keys() - {"withdraw", "reject"} else others_who_can(pending),
    }
    return page(request, "proposal/settle.html", pending.headline, **context)


def _forms(pending: Pending, chosen: str, request: HttpRequest) -> dict[str, Deed]:
    """The steps that this person may take, each with its form."""

    def bound(name: str, *, files: bool = False) -> dict[str, Any]:
        given = {"files": request.FILES if chosen == name else None} if files else {}
        return {"by": pending.by, "prefix": name, "data": request.POST if chosen == name else None, **given}

    if pending.is_own:
        return {"withdraw": WithdrawalForm(**bound("withdraw"))}
    forms: dict[str, Deed] = {}
    if pending.for_me and pending.wants_verification:
        forms["verify"] = VerificationForm(**bound("verify", files=True))
    elif pending.for_me:
        forms["approve"] = Deed(**bound("approve"))
    if pending.by.may(pending.proposal.kind.decided_with):
        forms["reject"] = RejectionForm(**bound("reject"))
    return forms


def _decide(user: User, proposal: Proposal, decision: str, form: Deed) -> str:
    """Carries the step out and says so."""
    if decision == "verify":
        proposals.verify(user, proposal, how=form.cleaned_data["how"], voucher=form.cleaned_data["voucher"])
        return "Kontrollen er registreret. Forslaget kan nu afgøres."
    key = form.cleaned_data["key"]
    if decision == "approve":
        proposals.approve(user, proposal, key=key)
        return f"{words.words_of(proposal).headline(proposal)} er godkendt."
    if decision == "reject":
        proposals.reject(user, proposal, reason=form.cleaned_data["reason"], key=key)
        return f"{words.words_of(proposal).headline(proposal)} er afvist."
    proposals.withdraw(user, proposal, key=key)
    return "Forslaget er trukket tilbage."


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.CLOSE)
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Proposes that a closed period is opened again."""
    user, period = acting(request), get_object_or_404(Period, pk=code)
    form = ProposalForm(request.POST or None, request.FILES or None, by=user)
    if form.is_valid():
        try:
            proposal = proposals.propose(user, "reopening", subject=f"period:{period.code}", after={"closed": []}, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Genåbningen er foreslået og venter nu på, at ledelsen afgør den.")
            return redirect(proposal)
    form.focus()
    lead = "Perioden og årets senere perioder åbnes igen, når ledelsen har godkendt det. De skal lukkes igen bagefter."
    return page(request, "proposal/propose.html", f"Foreslå genåbning af {period}", form=form, lead=lead, period=period)
