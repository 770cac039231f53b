"""What a close-out lacks, and how a grant stands. PostgreSQL says what is missing (initiatives_close_out_missing); here it gets its words and the page where it is done."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from ensomhed.templatetags.danish import antal
from initiatives import rights
from initiatives.models import CloseOut, Deadline, Earmark, Proposal
from initiatives.paying.findings import WORDS as FINDINGS
from ledger.formats import date_text, kroner, number
from ledger.kinds import Kind

Figures = dict[str, Any]
OFFICER, MANAGEMENT, APPROVER = "en sagsbehandler", "ledelsen", "en, der kan godkende"


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way: what it is, where it is done, and who does it."""

    need: str
    words: str
    url: str
    by: str
    right: str = rights.READ_ALL
    """what the page behind the address opens with"""


@dataclass(frozen=True)
class Need:
    """One thing that a close-out takes, and what is missing of it."""

    words: str
    missing: list[Missing]

    @property
    def is_met(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class Standing:
    """How a grant stands: closed out or not, by which decision, and what waits for one."""

    closing: Proposal | None
    """the proposal whose approval closed the grant; None while it is open"""
    waiting: Proposal | None

    @property
    def is_closed(self) -> bool:
        return self.closing is not None

    @property
    def close_out(self) -> CloseOut:
        """The figures and the letter of a grant that is closed out."""
        assert self.closing
        return self.closing.decision.close_out


NEEDS = {
    ("granted",): "Bevillingen er godkendt",
    ("reports",): "Vilkårene er accepteret, og statusrapporterne er modtaget",
    ("accounts",): "Regnskaber for alle år med penge er modtaget og godkendt, det sidste som afsluttende",
    ("documented",): "Alt modtaget er dokumenteret, betalt tilbage eller afskrevet",
    ("claims",): "Alle krav er betalt, opgivet eller trukket tilbage",
    ("sent", "paid"): "Alle udbetalinger er sendt, og økonomisystemet har bekræftet dem",
    ("left",): "Det, der aldrig blev udbetalt, er bortfaldet",
    ("planned",): "Rateplanen svarer til det, der er udbetalt",
    ("waiting", "proposals"): "Intet venter på godkendelse",
    ("objections",): "Ingen indsigelse er åben",
}
"""what a close-out takes, in the order in which it is done"""

MISSING = """
    SELECT e.id, m.need, m.figures FROM unnest(%s::bigint[]) AS e(id) CROSS JOIN LATERAL initiatives_close_out_missing(e.id) AS m
"""


def missing_of(earmarks: Iterable[Earmark]) -> dict[int, list[Missing]]:
    """What stands in the way of closing each of these grants, by number, in one query; nothing where nothing does."""
    asked = {earmark.pk: earmark for earmark in earmarks}
    found: dict[int, list[Missing]] = {number: [] for number in asked}
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [list(asked)])
        for pk, need, figures in cursor.fetchall():
            found[pk].append(TELLERS[need](asked[pk], json.loads(figures) if isinstance(figures, str) else figures))
    order = [need for needs in NEEDS for need in needs]
    return {pk: sorted(things, key=lambda thing: order.index(thing.need)) for pk, things in found.items()}


def missing(earmark: Earmark) -> list[Missing]:
    """What stands in the way of closing a grant, in the order in which it is done; empty when nothing does."""
    return missing_of([earmark])[earmark.pk]


def checklist(earmark: Earmark) -> list[Need]:
    """Everything that a close-out takes, each met or with what is missing."""
    found = missing(earmark)
    return [Need(words, [thing for thing in found if thing.need in needs]) for needs, words in NEEDS.items()]


def standing_of(earmark: Earmark) -> Standing:
    """How a grant stands, in one query."""
    return standing_by(with_letter(Proposal.objects.told()).filter(kind="close_out", earmark=earmark))


def with_letter(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Proposals with the letter that a close-out gave rise to, but for its bytes."""
    return proposals.select_related("decision__close_out__letter").defer("decision__close_out__letter__content")


def standing_by(proposals: Iterable[Proposal]) -> Standing:
    """How a grant stands by all proposals to close it out and to open it again."""
    told = sorted(proposals, key=lambda one: one.decision.pk if hasattr(one, "decision") else 0, reverse=True)
    newest = next((proposal for proposal in told if hasattr(proposal, "decision") and proposal.decision.approved), None)
    return Standing(
        closing=newest if newest and newest.after["closed"] else None,
        waiting=next((proposal for proposal in told if not hasattr(proposal, "decision")), None),
    )


# Each thing in words


def _kr(f: Figures) -> str:
    return kroner(Decimal(f["amount"]))


def _page(name: str, *args: Any, **asked: Any) -> str:
    return reverse(f"admin:{name}", args=args) + (f"?{urlencode(asked)}" if asked else "")


def _granted(earmark: Earmark, f: Figures) -> Missing:
    return Missing("granted", "Der er ikke øremærket penge endnu, så der er intet at afslutte.", _page("initiatives_earmark_change", earmark.pk), MANAGEMENT)


def _waiting(earmark: Earmark, f: Figures) -> Missing:
    words = f"{Kind(f['kind']).label.capitalize()} på {_kr(f)} venter på godkendelse."
    return Missing("waiting", words, _page("initiatives_payment_settle", f["transfer"]), APPROVER)


def _proposals(earmark: Earmark, f: Figures) -> Missing:
    return Missing("proposals", f"Et forslag venter på afgørelse: {f['kind']}.", _page("initiatives_proposal_settle", f["proposal"]), APPROVER)


def _payments(f: Figures) -> str:
    many = f["count"] > 1
    return f"{antal(f['count'])} udbetalinger, i alt {_kr(f)}, er" if many else f"En udbetaling på {_kr(f)} er"


def _sent(earmark: Earmark, f: Figures) -> Missing:
    words = f"{_payments(f)} godkendt, men ikke sendt i en betalingsfil."
    return Missing("sent", words, _page("initiatives_paymentfile_list"), "en udbetaler")


def _paid(earmark: Earmark, f: Figures) -> Missing:
    words = f"{_payments(f)} sendt, men ikke bekræftet af økonomisystemet: {FINDINGS[f['finding']].lower()}."
    return Missing("paid", words, _page("initiatives_bankstatement_list"), "en controller")


def _reports(earmark: Earmark, f: Figures) -> Missing:
    name = Deadline(what=f["what"], year=f["year"], final=f["final"]).name
    if f["what"] == Deadline.What.ACCOUNTS:
        return Missing("accounts", f"{name} er ikke modtaget.", _page("initiatives_accounts_receive", earmark.slug), OFFICER, rights.REGISTER)
    return Missing("reports", f"{name} er ikke modtaget.", _page("initiatives_deadline_receive", f["deadline"]), OFFICER, rights.REGISTER)


def _accounts(earmark: Earmark, f: Figures) -> Missing:
    if "deadline" in f:
        return _reports(earmark, f)
    if "accounts" in f:
        words = f"Regnskabet for {date_text(f['starts'])}–{date_text(f['ends'])} venter på kontrol."
        return Missing("accounts", words, _page("initiatives_accounts_check", f["accounts"]), "regnskabskontrollen")
    receive = _page("initiatives_accounts_receive", earmark.slug)
    if "year" in f:
        return Missing(
            "accounts", f"Tilskudsmodtageren havde penge i {f['year']}, og der er intet godkendt regnskab for året.", receive, OFFICER, rights.REGISTER
        )
    return Missing("accounts", "Der er intet afsluttende regnskab. Det sidste regnskab registreres som afsluttende.", receive, OFFICER, rights.REGISTER)


def _documented(earmark: Earmark, f: Figures) -> Missing:
    words = f"{f['name']} har {_kr(f)}, som hverken er dokumenteret, betalt tilbage eller krævet. Rejs kravet, eller registrer regnskabet."
    asked = {"earmark": earmark.slug, "beloeb": number(Decimal(f["amount"])), **({"aktoer": f["actor"]} if f["actor"] else {})}
    return Missing("documented", words, _page("initiatives_claim_raise", **asked), OFFICER, rights.REGISTER)


def _claims(earmark: Earmark, f: Figures) -> Missing:
    return Missing(
        "claims", f"Der mangler {_kr(f)} på krav nr. {f['claim']}, som forfalder {date_text(f['due'])}.", _page("initiatives_claim_change", f["claim"]), OFFICER
    )


def _left(earmark: Earmark, f: Figures) -> Missing:
    closes = f["closes"]
    over = closes and closes < timezone.localdate().isoformat()
    asked = {"beslutning": "lapse" if over else "release", "earmark": earmark.slug, "beloeb": number(Decimal(f["amount"]))}
    if over:
        words = f"{_kr(f)} blev aldrig udbetalt. Foreslå, at beløbet bortfalder til statskassen."
    elif closes:
        words = f"{_kr(f)} er ikke udbetalt. Beløbet kan bortfalde, når betalingsvinduet er slut {date_text(closes)}; til da kan det frigives til rammen."
    else:
        words = f"{_kr(f)} er ikke udbetalt, og rammen har intet betalingsvindue. Beløbet kan frigives til rammen."
    return Missing("left", words, _page("initiatives_payment_propose", **asked), MANAGEMENT, rights.PROPOSE)


def _planned(earmark: Earmark, f: Figures) -> Missing:
    words = f"Rateplanen viser {kroner(Decimal(f['planned']))}, men kun {kroner(Decimal(f['paid']))} er udbetalt. Ret planen, så den svarer til det udbetalte."
    return Missing("planned", words, _page("initiatives_plan", earmark.slug), OFFICER)


def _objections(earmark: Earmark, f: Figures) -> Missing:
    return Missing(
        "objections", f"Indsigelse nr. {f['case']} er åben.", _page("initiatives_case_show", f["case"]), "en, der kan besvare indsigelser", rights.READ_CASES
    )


TELLERS: dict[str, Callable[[Earmark, Figures], Missing]] = {
    "granted": _granted,
    "waiting": _waiting,
    "proposals": _proposals,
    "sent": _sent,
    "paid": _paid,
    "reports": _reports,
    "accounts": _accounts,
    "documented": _documented,
    "claims": _claims,
    "left": _left,
    "planned": _planned,
    "objections": _objections,
}
