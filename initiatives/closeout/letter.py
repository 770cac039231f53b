"""The settlement letter: what a closed-out grant was, in figures, to its grantee. Tagged PDF/UA by typst; the same decision gives the same bytes."""

import json
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import typst
from django.db import connection
from django.utils import timezone

from ensomhed.models import User
from ensomhed.templatetags.danish import tidspunkt
from initiatives.models import Decision
from ledger.formats import THIN, date_text, number

LAYOUT = Path(__file__).with_suffix(".typ").read_bytes()
SENDER = "Ministeriet"
Figures = dict[str, Any]
MOVED = {
    "earmarked": "Øremærket",
    "disbursed": "Udbetalt",
    "passed_on": "Givet videre til lokale aktører",
    "documented": "Dokumenteret anvendt",
    "repaid_to_earmark": "Betalt tilbage til øremærkningen",
    "repaid_to_treasury": "Betalt tilbage til statskassen",
    "written_off": "Afskrevet",
    "lapsed": "Bortfaldet til statskassen",
}
STOOD = {"left": "Ikke udbetalt, rest", "held": "Hos tilskudsmodtageren, rest"}
SHOWN = ((" ", "~"), ("\u00a0", "\u02ff"), ("\u0370", "\u04ff"), ("\u1e00", "\u1eff"), ("\u2010", "\u2040"), ("€", "€"))  # what the letter's font has


def in_all(figures: Figures) -> list[tuple[str, Decimal]]:
    """What moved in all, in words: what is nothing is left out."""
    return [(label, Decimal(figures["in_all"][name])) for name, label in MOVED.items() if Decimal(figures["in_all"][name])]


def of(decision: Decision) -> tuple[str, bytes]:
    """The letter of an approved close-out: its name and its bytes."""
    earmark, moment = decision.proposal.earmark, timezone.localtime(decision.decided_at)
    assert earmark
    return f"afslutning-{earmark.slug}-{moment:%Y-%m-%d}.pdf", _pdf(_told(decision, figures_of(earmark.pk)), int(decision.decided_at.timestamp()))


def figures_of(earmark: int) -> Figures:
    """What PostgreSQL counts of a grant, year by year and in all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT initiatives_close_out_figures(%s)", [earmark])
        (figures,) = cursor.fetchone()
    return json.loads(figures) if isinstance(figures, str) else figures


def _told(decision: Decision, f: Figures) -> dict[str, Any]:
    """The words of the letter."""
    proposal, day = decision.proposal, date_text(timezone.localtime(decision.decided_at))
    what = f"{f['initiative']} ({f['track']})" if f["track"] else f["initiative"]
    moved = {name: label for name, label in MOVED.items() if name != "passed_on" or f["passes_on"]}
    years, in_all = _every(f["years"]), f["in_all"]
    return {
        "title": f"Afslutning af tilskud: {what}",
        "sender": SENDER,
        "keywords": [f["grantee"], *f["case_numbers"]],
        "footer": f"Afslutning nr. {decision.pk}, {day}",
        "grantee": f["grantee"],
        "cvr": f["cvr"],
        "date": day,
        "cases": ", ".join(f["case_numbers"]),
        "opening": [
            f"Tilskuddet til {what} blev givet {date_text(f['granted_on'])} af bevillingen »{f['frame']}«. Det er afsluttet {day}.",
            "Alt, hvad der er udbetalt, er dokumenteret som brugt, betalt tilbage eller afskrevet, og der står intet tilbage at udbetale.",
        ],
        "figures": [[label, _kr(in_all[name])] for name, label in (moved | STOOD).items()],
        "years": [str(year["year"]) for year in years] + ["I alt"],
        "lines": [[label, [_kr(year[name]) for year in years] + [_kr(in_all[name])]] for name, label in moved.items()]
        + [[label, [_kr(amount) for amount in accumulate(Decimal(year[name]) for year in years)] + [_kr(in_all[name])]] for name, label in STOOD.items()],
        "years_note": "Hvert beløb står i det finansår, det er bogført i. De to sidste linjer er det, der stod tilbage ved årets slutning.",
        "accounts": [
            [_days(one) + (", afsluttende" if one["final"] else ""), one["actor"] or f["grantee"], _kr(one["used"]), date_text(one["approved_on"])]
            for one in f["accounts"]
        ],
        "closing": [
            f"Tallene er talt op af de bogførte posteringer {tidspunkt(decision.decided_at)}. Er noget ikke rigtigt, så skriv en indsigelse fra jeres side i systemet.",
            "Der kan ikke længere udbetales, indsendes regnskab eller rejses krav på tilskuddet. Kun en ny beslutning af to personer kan åbne det igen.",
        ],
        "signed": f"Foreslået af {_person(proposal.proposed_by)} {date_text(timezone.localtime(proposal.proposed_at))}. Besluttet af {_person(decision.decided_by)} {day}.",
    }


def _every(years: list[Figures]) -> list[Figures]:
    """The years from the first to the last, also those in which nothing was booked."""
    told = {year["year"]: year for year in years}
    return [told.get(year) or {"year": year, **dict.fromkeys(MOVED | STOOD, "0.00")} for year in range(min(told), max(told) + 1)] if told else []


def _kr(amount: Decimal | str) -> str:
    return number(Decimal(amount))


def _days(accounts: Figures) -> str:
    return f"{date_text(accounts['starts'])}–{date_text(accounts['ends'])}"


def _person(user: User) -> str:
    return f"{user} ({user.job_title})" if user.job_title else str(user)


def _pdf(told: dict[str, Any], moment: int) -> bytes:
    """The letter set: what was typed goes in as data and is never read as markup."""
    pdf = typst.compile(
        LAYOUT, format="pdf", sys_inputs={"letter": json.dumps(_legible(told))}, pdf_standards=["ua-1"], timestamp=moment, ignore_system_fonts=True
    )
    assert isinstance(pdf, bytes)
    return pdf


def _legible(told: Any) -> Any:
    """The same words in letters that the font has; an accessible PDF shows no others. A question mark stands for each of the rest."""
    if isinstance(told, str):
        return "".join(letter if any(low <= letter <= high for low, high in SHOWN) else "?" for letter in told if letter == THIN or letter.isprintable())
    if isinstance(told, dict):
        return {name: _legible(value) for name, value in told.items()}
    return [_legible(part) for part in told]
