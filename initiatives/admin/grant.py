"""The one page of a grant: its rest first, then what stops the next payment and what comes next, then everything else in short sections."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ensomhed.models import User
from initiatives import claims, rights
from initiatives.admin import closeout, plans
from initiatives.admin.deadlines import state_on, tagged
from initiatives.admin.front import Line
from initiatives.deadlines.questions import Stop
from initiatives.finding import grant
from initiatives.finding.grant import ACTORS, CLAIMS, DOCUMENTS
from initiatives.models import Deadline, Earmark, LocalActor
from initiatives.plans import Progress
from initiatives.receiving import hands
from initiatives.receiving.hands import Hands
from ledger import questions
from ledger.formats import date_text
from ledger.models import ZERO
from ledger.questions import Numbers


@dataclass(frozen=True)
class Next:
    """What stops the next payment, what it is, and who registers it: said where one would try it."""

    hindrances: list[str | SafeString]
    """what stops every payment today, but for what follows from deadlines"""
    stops: list[Stop]
    instalment: Progress | None
    late: bool
    why_not: str
    """why this person, who has the right, may not pay here"""
    may_pay: bool
    registrars: list[User]


def whole(user: User, earmark: Any) -> dict[str, Any]:
    """Everything that the page shows. `earmark` was read with the days of its window (finding.grant.with_window)."""
    today = timezone.localdate()
    numbers = questions.numbers_of([earmark.account])[earmark.account_id]
    papers = grant.papers(earmark.grantee, earmark)
    payers = hands.payers(earmark, today, papers.details)
    deadlines, actors, documents = grant.deadlines(earmark, today), grant.local_actors(earmark), grant.documents(earmark)
    planned, closing = plans.of_earmark(user, earmark, numbers), closeout.of_earmark(earmark, user, papers.close_out)
    is_closed = closing["close_out"].is_closed
    return {
        "line": Line(numbers, earmark),
        "next": _next(user, earmark, numbers, payers, deadlines, planned["planned"].next, is_closed=is_closed),
        "entries": grant.entries(earmark),
        "deadlines": [(deadline, tagged(state_on(deadline.due_in_force, vars(deadline)["received_on"], today))) for deadline in deadlines],
        "accepted": _accepted(deadlines),
        "told": [deadline for deadline in deadlines if deadline.what == Deadline.What.STATUS_REPORT and vars(deadline)["received_on"]],
        "reports": grant.reports(earmark),
        "claims": _claims(earmark, actors, today),
        "people": grant.people(earmark.grantee),
        "payers": payers,
        "papers": papers,
        "local_actors": actors[:ACTORS],
        "more_actors": len(actors) > ACTORS,
        "documents": documents[:DOCUMENTS],
        "more_documents": len(documents) > DOCUMENTS,
        "accounts": [earmark.account, earmark.grantee_account, earmark.used_account, earmark.written_off_account],
        "today": today,
        "is_closed": is_closed,
        "may_register": user.may(rights.REGISTER) and not is_closed,
        "may_propose": user.may(rights.PROPOSE) and not is_closed,
        **planned,
        **closing,
    }


def _next(user: User, earmark: Any, numbers: Numbers, payers: Hands, deadlines: list[Deadline], instalment: Progress | None, *, is_closed: bool) -> Next:
    why_not = payers.why_not(user) if user.may(rights.REGISTER) else ""
    hindrances = ["Tilskuddet er afsluttet."] if is_closed else list(_hindrances(earmark, numbers, payers))
    return Next(
        hindrances=hindrances,
        stops=[] if is_closed or numbers.earmarked == ZERO else _stops(deadlines),
        instalment=None if is_closed else instalment,
        late=bool(instalment and instalment.is_late(timezone.localdate())),
        why_not=why_not,
        may_pay=user.may(rights.REGISTER) and not why_not and not is_closed and numbers.left > ZERO,
        registrars=payers.register,
    )


def _hindrances(earmark: Any, numbers: Numbers, payers: Hands) -> Iterator[str | SafeString]:
    """What stops every payment today, in words."""
    today, opens, closes = timezone.localdate(), earmark.window_opens, earmark.window_closes
    if numbers.earmarked == ZERO:
        yield "Bevillingen er ikke godkendt endnu."
    elif numbers.left == ZERO:
        yield "Der er intet tilbage at udbetale."
    if opens is None:
        yield "Rammen har ikke noget betalingsvindue endnu."
    elif today > closes:
        yield f"Betalingsvinduet sluttede {date_text(closes)}: der kan kun bogføres med en valørdato inden for det."
    elif today < opens:
        yield f"Betalingsvinduet begynder {date_text(opens)}."
    if payers.details is None:
        where = reverse("admin:initiatives_grantee_change", args=[earmark.grantee_id])
        yield format_html('<a href="{}">{}</a> har ingen godkendte betalingsoplysninger, der gælder i dag.', where, earmark.grantee)


def _stops(deadlines: list[Deadline]) -> list[Stop]:
    """What stops a payment today: what PostgreSQL says of each deadline, and terms that were never asked for."""
    found = [Stop(vars(deadline)["stopped"], deadline, deadline.due_in_force) for deadline in deadlines if vars(deadline)["stopped"]]
    return found if any(deadline.what == Deadline.What.TERMS for deadline in deadlines) else [Stop(Deadline.What.TERMS, None, None), *found]


def _accepted(deadlines: list[Deadline]) -> date | None:
    """The day on which the grantee's accept of the terms came in."""
    return next((vars(deadline)["received_on"] for deadline in deadlines if deadline.what == Deadline.What.TERMS), None)


def _claims(earmark: Earmark, actors: list[LocalActor], today: date) -> list[tuple[claims.Standing, str, int]]:
    known = {actor.pk: actor for actor in actors}
    found = claims.standings_of(earmark, CLAIMS)
    for standing in found:
        if standing.claim.actor_id in known:
            standing.claim.actor = known[standing.claim.actor_id]
    return [(standing, standing.state(today), standing.days_late(today)) for standing in found]
