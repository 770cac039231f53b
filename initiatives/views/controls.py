"""What auditors see of the controls: the exceptions, who can do what, and every proposal with its decision."""

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from initiatives.access import review
from initiatives.control import words
from initiatives.exceptions import found
from initiatives.models import AccessReview, Proposal
from initiatives.views.access import Request, auditing


@auditing
def exceptions(request: Request) -> HttpResponseBase:
    return render(request, "auditor/exceptions.html", found.context())


@auditing
def access(request: Request) -> HttpResponseBase:
    context = {"access": review.access(), "due": review.due(), "reviews": AccessReview.objects.select_related("reviewed_by")[:12]}
    return render(request, "auditor/access.html", context)


@auditing
def proposal(request: Request, number: int) -> HttpResponseBase:
    told = get_object_or_404(Proposal.objects.told().select_related("voucher"), pk=number)
    spoken = words.words_of(told)
    context = {
        "proposal": told,
        "headline": spoken.headline(told),
        "lines": words.lines_of(told),
        "warnings": spoken.warnings(told),
        "decided": hasattr(told, "decision"),
    }
    return render(request, "auditor/proposal.html", context)
