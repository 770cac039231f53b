"""What PostgreSQL refuses about instalment plans, in the words of the person who asked."""

from decimal import Decimal

from ledger.formats import date_text, kroner
from ledger.refusals import AlreadySettled, DateRefused, Figures, LimitExceeded, NotSoBooked, Rules, SecondPerson


def _money(f: Figures, name: str) -> str:
    return kroner(Decimal(str(f.get(name) or 0)))


def _too_much(f: Figures) -> str:
    leaving = Decimal(str(f.get("leaving") or 0))
    held = f" {kroner(leaving)} venter på at forlade øremærkningen og kan ikke planlægges." if leaving else ""
    return f"Raterne er tilsammen {_money(f, 'asked')}, og der kan planlægges {_money(f, 'left')}. Sæt raterne ned med {_money(f, 'over')}.{held}"


def _planned(f: Figures) -> str:
    free = Decimal(str(f.get("free") or 0))
    less = f"Sæt beløbet ned til højst {kroner(free)}, eller få" if free else "Få"
    return f"{_money(f, 'planned')} af øremærkningen står i dens rateplan, og der ville mangle {_money(f, 'over')}. {less} en sagsbehandler til at revidere rateplanen først."


RULES: Rules = {
    "plan_is_made_with_the_right": (
        SecondPerson,
        None,
        lambda f: "Kun den, der må registrere udbetalinger, kan lægge en rateplan. Bed en sagsbehandler om at gøre det.",
    ),
    "plan_has_its_instalments": (NotSoBooked, None, lambda f: "En rateplan har mindst én rate og højst 120. Udfyld dato og beløb for raterne."),
    "plan_follows_the_one_in_force": (
        AlreadySettled,
        None,
        lambda f: "Rateplanen er revideret, siden du åbnede siden. Åbn den igen for at se, hvad der gælder nu, og revider den version.",
    ),
    "revised_plan_has_a_reason": (NotSoBooked, "reason", lambda f: "Skriv, hvorfor rateplanen revideres."),
    "instalments_follow_each_other": (
        DateRefused,
        "day",
        lambda f: "Raterne står i den rækkefølge, de udbetales: ingen rate ligger før en, der allerede er udbetalt. Vælg en senere dato.",
    ),
    "instalment_is_inside_the_payment_window": (
        DateRefused,
        "day",
        lambda f: f"Der kan kun udbetales fra {date_text(f.get('opens'))} til {date_text(f.get('closes'))}. Vælg en dato inden for betalingsvinduet.",
    ),
    "plan_is_within_its_earmark": (LimitExceeded, None, _too_much),
    "plan_keeps_what_was_paid": (
        NotSoBooked,
        None,
        lambda f: (
            f"{_money(f, 'paid')} er allerede udbetalt. De udbetalte rater bliver stående, som de er, og kommer først. Åbn rateplanen igen, og ret de rater, der mangler."
        ),
    ),
    "earmark_keeps_its_plan": (LimitExceeded, "amount", _planned),
    "instalment_is_of_the_earmark": (
        NotSoBooked,
        "earmark",
        lambda f: "Raten hører til en anden øremærkning. Vælg ratens øremærkning, eller registrer udbetalingen uden rate fra menuen.",
    ),
    "instalment_is_named_when_registered": (
        AlreadySettled,
        None,
        lambda f: (
            "Hvilken rate en udbetaling hører til, siges, når den registreres, og ikke bagefter. Træk registreringen tilbage, og registrer den fra rateplanen."
        ),
    ),
    "instalment_is_of_the_plan_in_force": (
        AlreadySettled,
        None,
        lambda f: "Rateplanen er revideret, siden siden blev åbnet. Åbn den næste rate igen fra rateplanen.",
    ),
}
