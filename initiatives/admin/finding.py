"""The one search: from a box on every page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from ensomhed.adminsite import acting
from initiatives import finding, rights
from initiatives.admin.pages import opens_with, page


@require_safe
@opens_with(rights.READ_ALL, rights.MANAGE_USERS)
def find(request: HttpRequest) -> HttpResponse:
    """What `?q=` names, register by register; a transfer that is named for certain, or is all there is, is opened at once."""
    user, text = acting(request), request.GET.get("q", "").replace("\x00", "").strip()
    named = finding.direct(user, text)
    if named:
        return redirect(named)
    groups = finding.find(user, text)
    if text.isdecimal() and [len(group.hits) for group in groups] == [1]:
        return redirect(groups[0].hits[0].url)
    title = f"Søgning efter »{text[:60]}{'…' if len(text) > 60 else ''}«" if text else "Søg"
    reads = user.may(rights.READ_ALL)
    return page(request, "finding/found.html", title, sought=text, groups=groups, is_reference=finding.is_reference(text), reads=reads)
