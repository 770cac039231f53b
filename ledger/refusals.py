"""What the books refuse, in the words of the person who asked.

LedgerError
├── LimitExceeded        more than is left, in total or on a value date                      (409)
├── SecondPerson         whoever registered cannot approve                                    (403)
├── AlreadySettled       approved, rejected, withdrawn or reversed before                     (409)
├── KeyReused            the same key with another content                                    (409)
├── PeriodRefused        no such period, or a closed one                                      (409)
├── DateRefused          outside the payment window, or dated before what it answers          (422)
├── VoucherMissing       a booking without the document that it needs                         (422)
├── NotSoBooked          accounts, kinds, causes or amounts that the books do not know        (422)
└── BooksClosed          an attempt to go around the door                                     (403)

PostgreSQL names the rule (the constraint) and gives the figures; this module says them in Danish, with the next step.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from ledger.formats import date_text, kroner

Figures = dict[str, Any]
REFUSED = "LG001"  # SQLSTATE of ledger_refuse
CHECKED = ("23514", "23505", "23503", "23502", "22001", "22003", "22021")  # a CHECK, a unique index, a foreign key, a NULL, too long, too large, no character
FORBIDDEN = "42501"


class LedgerError(Exception):
    """The books refused. `rule` is the constraint's name, `figures` what it was about, `field` the input to look at, `status` the HTTP answer."""

    status = 422

    def __init__(self, rule: str, message: str, figures: Figures, field: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.figures = figures
        self.field = field


class LimitExceeded(LedgerError):
    status = 409


class SecondPerson(LedgerError):
    status = 403


class AlreadySettled(LedgerError):
    status = 409


class KeyReused(LedgerError):
    status = 409


class PeriodRefused(LedgerError):
    status = 409


class DateRefused(LedgerError):
    pass


class VoucherMissing(LedgerError):
    pass


class NotSoBooked(LedgerError):
    pass


class BooksClosed(LedgerError):
    status = 403


def _money(figures: Figures, name: str) -> str:
    return kroner(Decimal(str(figures.get(name) or 0)))


def _day(figures: Figures, name: str) -> str:
    return date_text(figures.get(name))


def _limit(f: Figures) -> str:
    asked, left = _money(f, "asked"), _money(f, "left")
    if f.get("kind") == "reversal":
        return f"Der kan ikke tilbageføres {asked}: kun {left} står tilbage på kontoen. Det, der er givet videre eller dokumenteret, skal først føres tilbage."
    reserved = Decimal(str(f.get("reserved") or 0))
    held = (
        f" {kroner(reserved)} er reserveret af registreringer, der venter på godkendelse; afvis eller træk en af dem tilbage, hvis den ikke skal bruges."
        if reserved
        else ""
    )
    return f"Der er {left} tilbage, og der blev bedt om {asked}. Sæt beløbet ned til højst {left}.{held}"


def _day_limit(f: Figures) -> str:
    return f"På valørdatoen {_day(f, 'value_date')} er der kun {_money(f, 'left')} at tage af, når senere bevægelser regnes med; der blev bedt om {_money(f, 'asked')}. Vælg en senere valørdato, eller sæt beløbet ned."


def _differs(f: Figures) -> str:
    names = {
        "amount": "beløb",
        "value_date": "valørdato",
        "text": "tekst",
        "case_number": "journalnummer",
        "voucher_sha256": "bilag",
        "debit_account": "konto",
        "credit_account": "konto",
        "cause": "årsag",
    }
    parts = sorted({names.get(name, name) for name in f.get("differs", [])})
    return f"Denne registrering er allerede bogført med et andet indhold ({', '.join(parts) or 'andet indhold'}). Åbn en ny registrering, hvis der skal bogføres én til."


Words = Callable[[Figures], str]
Rules = dict[str, tuple[type[LedgerError], str | None, Words]]
RULES: Rules = {
    "account_limit_debits_never_exceed_credits": (LimitExceeded, "amount", _limit),
    "day_limit_debits_never_exceed_credits": (LimitExceeded, "amount", _day_limit),
    "second_person_approves": (
        SecondPerson,
        None,
        lambda f: "Den, der har registreret, kan ikke selv godkende. Få en anden med ret til det til at godkende, eller træk registreringen tilbage.",
    ),
    "rejection_has_a_reason": (
        NotSoBooked,
        "reason",
        lambda f: "Angiv begrundelsen for afvisningen, så den, der har registreret, ved, hvad der skal ændres.",
    ),
    "pending_is_settled_once": (
        AlreadySettled,
        None,
        lambda f: "Registreringen er allerede afgjort og kan ikke afgøres igen. Åbn posteringen for at se, hvem der gjorde det.",
    ),
    "settling_names_a_pending": (
        AlreadySettled,
        None,
        lambda f: "Der er ingen registrering med det nummer, som venter på en afgørelse. Genindlæs listen, og vælg igen.",
    ),
    "settling_changes_nothing": (
        AlreadySettled,
        None,
        lambda f: "En registrering godkendes eller afvises, som den er. Afvis den, og registrer på ny, hvis noget skal ændres.",
    ),
    "transfer_is_reversed_at_most_once": (
        AlreadySettled,
        None,
        lambda f: "Posteringen er allerede tilbageført, eller en tilbageførsel venter på godkendelse. Åbn posteringen for at se den.",
    ),
    "transfer_is_replaced_at_most_once": (
        AlreadySettled,
        None,
        lambda f: "Betalingen er allerede bogført på ny. Åbn den oprindelige postering for at se hvor.",
    ),
    "key_books_one_thing": (KeyReused, None, _differs),
    "period_exists": (
        PeriodRefused,
        "value_date",
        lambda f: f"Der findes ingen periode {f.get('period')}. Vælg en valørdato i et regnskabsår, der er oprettet.",
    ),
    "period_is_open": (PeriodRefused, "value_date", lambda f: f"Perioden {f.get('period')} er lukket. Vælg en valørdato i en åben periode."),
    "periods_close_in_order": (PeriodRefused, None, lambda f: f"Perioden {f.get('open')} er stadig åben. Luk den først."),
    "year_closes_when_nothing_is_unreturned": (
        PeriodRefused,
        None,
        lambda f: (
            f"{_money(f, 'amount')} blev betalt tilbage i {f.get('year')} og er ikke brugt igen i året. Bogfør først bortfald af beløbet pr. 31.12.{f.get('year')}."
        ),
    ),
    "disbursement_is_inside_the_payment_window": (
        DateRefused,
        "value_date",
        lambda f: (
            f"Der kan udbetales fra {_day(f, 'opens')} til {_day(f, 'closes')}. Vælg en valørdato inden for betalingsvinduet, eller få det flyttet ved en beslutning af to personer."
        ),
    ),
    "frame_has_a_payment_window": (
        DateRefused,
        "value_date",
        lambda f: "Rammen har ikke noget betalingsvindue endnu. Få to personer til at beslutte det, før der udbetales.",
    ),
    "approval_is_not_dated_before_registration": (
        DateRefused,
        "value_date",
        lambda f: f"Godkendelsen kan tidligst have valørdato {_day(f, 'registered')}, som registreringen har. Vælg den dag eller en senere.",
    ),
    "reversal_is_not_dated_before_its_origin": (
        DateRefused,
        "value_date",
        lambda f: f"Tilbageførslen kan tidligst have valørdato {_day(f, 'origin')}, som den oprindelige postering har. Vælg den dag eller en senere.",
    ),
    "transfer_has_a_value_date": (DateRefused, "value_date", lambda f: "Angiv valørdatoen, den dag beløbet tæller fra."),
    "transfer_period_follows_the_value_date": (
        DateRefused,
        "period",
        lambda f: "Perioden følger valørdatoen; 13.1 og 13.2 bruges kun med valørdato 31.12. Ret perioden eller valørdatoen.",
    ),
    "window_ends_after_it_begins": (
        DateRefused,
        "closes",
        lambda f: "Et betalingsvindue hører til en ramme og slutter tidligst den dag, det begynder. Ret datoerne.",
    ),
    "window_keeps_what_was_paid": (
        DateRefused,
        "closes",
        lambda f: f"Der er allerede udbetalt med valørdato {_day(f, 'value_date')}. Vælg et vindue, som den dag ligger i.",
    ),
    "repaid_money_is_used_in_its_year": (
        DateRefused,
        "value_date",
        lambda f: (
            f"{_money(f, 'amount')} blev betalt tilbage i {f.get('year')} og er ikke brugt igen i det år. Beløbet tilfalder statskassen: bogfør først bortfald pr. 31.12.{f.get('year')}."
        ),
    ),
    "year_end_lapse_is_reversed_in_its_year": (
        DateRefused,
        "value_date",
        lambda f: f"Bortfaldet pr. {_day(f, 'origin')} kan kun tilbageføres i samme år. Vælg valørdato {_day(f, 'origin')}, hvis årets periode stadig er åben.",
    ),
    "repaid_money_stays_in_its_earmark": (
        LimitExceeded,
        "amount",
        lambda f: (
            f"{_money(f, 'amount')} blev betalt tilbage til øremærkningen og kan kun udbetales igen eller bortfalde. Sæt beløbet ned til højst {_money(f, 'left')}."
        ),
    ),
    "lapse_follows_the_window_or_year_end": (
        DateRefused,
        "value_date",
        lambda f: (
            "Bortfald bogføres efter betalingsvinduets slutning. Midler, der kom tilbage og ikke blev brugt igen i året, bortfalder pr. 31.12. Vælg den valørdato, der passer."
        ),
    ),
    "year_end_returns_what_came_back": (
        LimitExceeded,
        "amount",
        lambda f: f"Kun {_money(f, 'left')} kom tilbage i året uden at blive brugt igen. Sæt beløbet ned til det.",
    ),
    "transfer_has_the_voucher_it_needs": (VoucherMissing, "voucher", lambda f: "Vedlæg bilaget. Uden bilag kan der ikke bogføres."),
    "window_has_a_voucher": (VoucherMissing, "voucher", lambda f: "Vedlæg det dokument, beslutningen står i."),
    "voucher_is_kept": (VoucherMissing, "voucher", lambda f: "Bilaget findes ikke i systemet. Vedlæg filen, så den bliver gemt sammen med posteringen."),
    "transfer_amount_is_positive_and_whole_oere": (
        NotSoBooked,
        "amount",
        lambda f: "Angiv et beløb over 0 kr. i hele øre, for eksempel 1.234,50. Penge den anden vej bogføres som tilbagebetaling eller tilbageførsel.",
    ),
    "transfer_is_in_danish_kroner": (NotSoBooked, "amount", lambda f: "Bøgerne føres i danske kroner. Angiv beløbet i kroner."),
    "money_moves_along_the_tree": (
        NotSoBooked,
        None,
        lambda f: (
            "En omdisponering går fra én øremærkning til en anden i samme ramme. Vælg øremærkningerne igen."
            if f.get("kind") == "reallocation"
            else "Pengene kan ikke gå fra den ene til den anden af de to konti. En udbetaling går fra en øremærkning til dens egen tilskudsmodtager. Vælg kontiene igen."
        ),
    ),
    "accounts_exist": (NotSoBooked, None, lambda f: "En postering går mellem to forskellige konti, der findes. Vælg kontiene igen."),
    "transfer_cause_fits_kind": (NotSoBooked, "cause", lambda f: "Vælg en årsag, der passer til bevægelsen."),
    "transfer_write_off_is_small_or_a_bankruptcy": (
        NotSoBooked,
        "amount",
        lambda f: (
            f"Kun et krav under {_money(f, 'under')} kan opgives efter bagatelgrænsen, og her er beløbet {_money(f, 'asked')}. Vælg konkurs, og vedlæg dokumentet for den, eller lad kravet stå, og opkræv det."
            if f
            else "Kun et krav under bagatelgrænsen på 500 kr. kan opgives uden en konkurs. Vælg konkurs, og vedlæg dokumentet for den, eller lad kravet stå, og opkræv det."
        ),
    ),
    "cause_decides_where_a_repayment_goes": (
        NotSoBooked,
        "cause",
        lambda f: (
            "Årsagen afgør, hvor en tilbagebetaling går hen: "
            + ("den går tilbage til øremærkningen." if f.get("to") == "earmark" else "den tilfalder statskassen.")
            + " Ret årsagen, hvis den er forkert."
        ),
    ),
    "reversal_has_a_fitting_cause": (
        NotSoBooked,
        "cause",
        lambda f: (
            "En udbetaling tilbageføres kun, fordi den aldrig blev afsendt, fordi banken returnerede den, eller fordi den bogføres på ny. Er pengene kommet frem, så bogfør en tilbagebetaling i stedet."
        ),
    ),
    "reversal_undoes_a_booked_transfer": (
        NotSoBooked,
        None,
        lambda f: "Kun en postering, der har flyttet penge, kan tilbageføres, og en tilbageførsel tilbageføres ikke. Bogfør i stedet bevægelsen på ny.",
    ),
    "reversal_is_the_whole_opposite": (
        NotSoBooked,
        "amount",
        lambda f: "En tilbageførsel er det modsatte af hele posteringen: samme beløb, konti byttet om. Åbn posteringen, og tilbagefør den derfra.",
    ),
    "booked_anew_inherits_one_payment": (
        NotSoBooked,
        None,
        lambda f: (
            "Det, der bogføres på ny, har samme beløb og går til den samme organisation som den betaling, det overtager. Vælg en øremærkning, der hører til organisationen."
        ),
    ),
    "booked_anew_settles_as_one": (NotSoBooked, None, lambda f: "Tilbageførslen og den nye udbetaling afgøres sammen. Afgør tilbageførslen."),
    "local_actor_has_a_municipality_code": (
        NotSoBooked,
        "municipality_code",
        lambda f: "En kommunekode er tre cifre, for eksempel 461. Ret kommunekoden.",
    ),
    "local_actor_is_unique_in_its_earmark": (
        NotSoBooked,
        "municipality_code",
        lambda f: (
            f"{f.get('name')} er allerede registreret under øremærkningen, i kommune {f.get('municipality_code')}. Ret kommunekoden, eller vælg et andet navn, hvis det er en anden aktør."
        ),
    ),
    "account_has_its_place_in_the_tree": (NotSoBooked, None, lambda f: "Kontoen passer ikke ind i kontoplanen. Brug små bogstaver, tal og bindestreg i koden."),
    "account_is_opened_once": (
        NotSoBooked,
        None,
        lambda f: f"Kontoen {f.get('code')} findes allerede med et andet indhold. Brug den, der findes, eller vælg et andet navn.",
    ),
    "booking_is_complete": (NotSoBooked, None, lambda f: "Der mangler en nøgle, en person eller et trin. Åbn registreringen på ny, og prøv igen."),
    "books_are_written_on_what_is_newest": (
        NotSoBooked,
        None,
        lambda f: "Der kan kun bogføres på bøgernes nyeste stand. Genindlæs siden, og prøv igen.",
    ),
    "transfer_step_fits_kind": (
        NotSoBooked,
        None,
        lambda f: (
            "Tilbagebetalinger og videreformidlinger bogføres i ét trin; alt andet registreres af én person og godkendes af en anden. Vælg den rigtige handling."
        ),
    ),
    "transfer_reversal_names_what_it_reverses": (
        NotSoBooked,
        None,
        lambda f: "En tilbageførsel, og kun den, peger på den postering, den fører tilbage. Åbn posteringen, og tilbagefør den derfra.",
    ),
    # What PostgreSQL's own checks say when no sentence of the door came first.
    "22001": (NotSoBooked, "text", lambda f: "Teksten er for lang: højst 500 tegn, og højst 50 i journalnummeret. Gør den kortere."),
    "22021": (NotSoBooked, "text", lambda f: "Teksten indeholder et tegn, som ikke kan gemmes (NUL). Ret teksten, og prøv igen."),
    "22003": (NotSoBooked, "amount", lambda f: "Tallet er for stort. Ret det, og prøv igen."),
    "23502": (NotSoBooked, None, lambda f: "Der mangler en oplysning. Udfyld alle felter, og prøv igen."),
    "23503": (NotSoBooked, None, lambda f: "Der henvises til noget, som ikke findes. Genindlæs siden, og prøv igen."),
    "23505": (AlreadySettled, None, lambda f: "Det er allerede registreret. Genindlæs siden, og se, hvad der er bogført."),
    "23514": (
        NotSoBooked,
        None,
        lambda f: "Bøgernes egen kontrol sagde fra, og intet er bogført. Sig det til den, der driver systemet, og vis denne besked.",
    ),
}


def refused(rule: str, figures: Figures | None = None, state: str = "23514") -> LedgerError:
    """The refusal of a rule, in words. A constraint without words of its own is said by its kind, PostgreSQL's SQLSTATE."""
    kind, field, words = RULES.get(rule) or RULES.get(state) or RULES["23514"]
    said = words(figures or {}).replace("kr..", "kr.")  # a sentence may end with an amount
    return kind(rule, said, figures or {}, field)


def translated(error: DatabaseError) -> LedgerError | None:
    """The refusal inside PostgreSQL's error; None when it is another kind of trouble."""
    cause: Any = error.__cause__
    state = getattr(cause, "sqlstate", None)
    if state == REFUSED or state in CHECKED:
        rule = cause.diag.constraint_name or state
        if rule not in RULES and state == REFUSED and cause.diag.table_name:
            return BooksClosed(rule, "Bøgerne kan kun føjes til, og kun ad den ene vej, som systemet bruger.", {})
        detail = cause.diag.message_detail or "{}"
        return refused(rule, json.loads(detail) if state == REFUSED else {}, state)
    if state == FORBIDDEN:
        return BooksClosed("permission", "Bøgerne kan kun føjes til, og kun ad den ene vej, som systemet bruger.", {})
    return None
