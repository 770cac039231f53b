"""A grantee's own pages: what it was granted, what it got, what is on its way, and what it has still to receive."""

from dataclasses import replace
from operator import attrgetter
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from initiatives import accounts, claims, closeout, deadlines, rights
from initiatives.history import succession
from initiatives.models import AccountsReport, Deadline, Earmark
from initiatives.receiving import details
from initiatives.views.access import Request, reading
from initiatives.views.claims import owed, still_owed
from initiatives.views.entries import entries_of, line
from initiatives.views.figures import figures_of, sum_of_what_is_left
from initiatives.views.pages import rows, turned
from ledger.questions import Numbers, numbers_of


@reading
def grants(request: Request) -> HttpResponseBase:
    """Every earmark that this person may see; a single one is shown straight."""
    if not request.user.may(rights.SEE_OWN):
        rights.require(request.user, rights.READ_ALL)
    earmarks = list(Earmark.objects.visible_to(request.user).with_accounts())
    if len(earmarks) == 1:
        return _shown(request, earmarks[0])
    numbers = numbers_of(earmark.account for earmark in earmarks)
    missing = still_owed(earmarks)
    stops = deadlines.stops_of(earmarks, timezone.localdate())
    shown = [
        {"earmark": earmark, "owed": missing.get(earmark.pk, []), "stops": stops.get(earmark.pk, []), **_figures(earmark, numbers[earmark.account_id])}
        for earmark in earmarks
    ]
    return render(request, "grantee/grants.html", {"earmarks": shown, "own": not request.user.may(rights.READ_ALL)})


@reading
def earmark(request: Request, slug: str) -> HttpResponseBase:
    """One earmark; whoever may not see it learns not even that it exists."""
    return _shown(request, get_object_or_404(Earmark.objects.visible_to(request.user).with_accounts(), slug=slug))


def _shown(request: Request, earmark: Earmark) -> HttpResponseBase:
    page = turned(request, rows(entries_of(earmark)), attrgetter("pk"))
    paid_to = details.paid_on_each(page.rows)
    context = {
        "earmark": earmark,
        "page": page,
        "succession": succession.of(earmark.grantee),
        "lines": [replace(line(earmark, transfer), paid_to=paid_to.get(transfer.pk, "")) for transfer in page.rows],
        "paid_to": details.in_force(earmark.grantee, timezone.localdate()),
        "proposed": details.history(earmark.grantee).waiting().first(),
        "own": not request.user.may(rights.READ_ALL),
        "deadlines": Deadline.objects.told().filter(earmark=earmark),
        "stops": deadlines.stops(earmark, timezone.localdate()),
        "today": timezone.localdate(),
        "claims": owed(earmark),
        "close_out": closeout.standing_of(earmark),
        "reports": _reports(earmark),
        "receiving_account": claims.receiving_account(timezone.localdate()),
        **_figures(earmark, numbers_of([earmark.account])[earmark.account_id]),
    }
    return render(request, "grantee/earmark.html", context)


def _reports(earmark: Earmark) -> list[tuple[AccountsReport, accounts.Standing]]:
    """The accounts that came in, the newest first, with what came of them."""
    reports = list(AccountsReport.objects.told().filter(earmark=earmark))
    figures = accounts.standings(reports)
    return [(report, figures[report.pk]) for report in reports]


def _figures(earmark: Earmark, numbers: Numbers) -> dict[str, Any]:
    return {"left": numbers.left, "figures": figures_of(earmark, numbers), "sum": sum_of_what_is_left(numbers)}
