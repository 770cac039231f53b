"""What PostgreSQL refuses about accounts, in the words of the person who asked."""

from decimal import Decimal

from initiatives.accounts.questions import BARS, STATEMENTS
from ledger.formats import date_text, kroner
from ledger.refusals import AlreadySettled, DateRefused, Figures, LimitExceeded, NotSoBooked, Rules, SecondPerson, VoucherMissing

ASK = "Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren."


def _money(f: Figures, name: str) -> str:
    return kroner(Decimal(str(f.get(name) or 0)))


def _barred(f: Figures) -> str:
    why = BARS.get(str(f.get("why")), BARS["paid"])
    return f"Den, der {why}, kan ikke kontrollere regnskabet. Få en kollega med ret til regnskabskontrol, som ikke har haft med betalingerne at gøre."


def _statements(f: Figures) -> str:
    missing = " og ".join(STATEMENTS[name] for name in f.get("missing", []) if name in STATEMENTS)
    return f"Regnskabet mangler {missing}. Bed tilskudsmodtageren om det, eller vedlæg det, hvis det er kommet."


RULES: Rules = {
    "accounts_receiver_holds_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at registrere regnskaber. {ASK}"),
    "accounts_checker_holds_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at kontrollere regnskaber. {ASK}"),
    "accounts_are_checked_by_another": (
        SecondPerson,
        None,
        lambda f: "Den, der har registreret regnskabet, kan hverken godkende eller afvise det. Få en kollega med ret til regnskabskontrol til det.",
    ),
    "accounts_checker_has_no_hand_in_payments": (SecondPerson, None, _barred),
    "payer_did_not_check_the_accounts": (
        SecondPerson,
        None,
        lambda f: "Den, der har godkendt tilskudsmodtagerens regnskab, kan ikke være med til dens betalinger. Få en kollega til at registrere eller godkende.",
    ),
    "accounts_state_whole_oere": (NotSoBooked, "used", lambda f: "Angiv det anvendte beløb i hele øre, for eksempel 1.234,50. Er intet anvendt, så skriv 0."),
    "accounts_cover_days_that_are_over": (
        DateRefused,
        "ends",
        lambda f: (
            f"Et regnskab dækker dage fra {date_text(f.get('first'))}, begynder, før det slutter, og modtages tidligst på periodens sidste dag og senest i dag. Ret datoerne."
        ),
    ),
    "accounts_are_of_the_earmarks_own_actor": (
        NotSoBooked,
        "actor",
        lambda f: "Den lokale aktør hører ikke til øremærkningen. Vælg en aktør, der har fået midler fra den.",
    ),
    "passed_on_money_is_used_by_local_actors": (
        NotSoBooked,
        "actor",
        lambda f: (
            "Pengene skal videreformidles, så det er de lokale aktører, der bruger dem. Vælg aktøren, eller skriv 0, når regnskabet er tilskudsmodtagerens eget."
        ),
    ),
    "accounts_meet_a_deadline_of_theirs": (NotSoBooked, None, lambda f: "Fristen gælder noget andet end dette regnskab. Genindlæs siden, og prøv igen."),
    "accounts_come_with_their_statements": (VoucherMissing, "auditors_statement", _statements),
    "corrected_accounts_follow_a_rejection": (
        AlreadySettled,
        None,
        lambda f: (
            "Et rettet regnskab erstatter ét, som er afvist, fra samme afsender, og kun én gang. Åbn det afviste regnskab, og registrer rettelsen derfra."
        ),
    ),
    "accounts_count_a_day_once": (
        AlreadySettled,
        "starts",
        lambda f: (
            f"Regnskab nr. {f.get('accounts')} dækker allerede nogle af dagene, eller det var det afsluttende. Ret perioden, eller få det andet regnskab afvist først."
        ),
    ),
    "documented_use_is_of_its_accounts": (
        NotSoBooked,
        None,
        lambda f: "Forbruget hører ikke til regnskabet. Registrer det fra regnskabets egen side.",
    ),
    "accounts_document_no_more_than_was_used": (
        LimitExceeded,
        "amount",
        lambda f: (
            f"Regnskabet viser et godkendt forbrug på {_money(f, 'used')}, og {_money(f, 'documented')} er allerede registreret. Sæt beløbet ned til højst resten."
        ),
    ),
    "nothing_more_is_documented": (
        LimitExceeded,
        "value_date",
        lambda f: (
            "Der er ikke noget at bogføre: regnskabet er ikke godkendt, alt er bogført, eller afsenderen har ikke fået flere penge på den valørdato. Vælg en dag, hvor de er kommet."
        ),
    ),
    "accounts_wait": (AlreadySettled, None, lambda f: "Der er intet regnskab med det nummer, som venter på kontrol. Genindlæs listen, og vælg igen."),
    "accounts_are_decided_once": (AlreadySettled, None, lambda f: "Regnskabet er allerede afgjort. Åbn det for at se, hvem der gjorde det."),
    "final_accounts_are_decided_last": (
        AlreadySettled,
        None,
        lambda f: f"Regnskab nr. {f.get('accounts')} venter på kontrol. Afgør det, før det afsluttende godkendes.",
    ),
    "accounts_decide_on_their_use": (
        AlreadySettled,
        None,
        lambda f: f"Forbruget afgøres sammen med regnskab nr. {f.get('accounts')}. Åbn regnskabet, og godkend eller afvis det dér.",
    ),
    "documented_use_has_accounts": (
        NotSoBooked,
        None,
        lambda f: "Forbrug bogføres kun på et regnskab, der er modtaget, og godkendes sammen med det. Registrer regnskabet under Regnskaber.",
    ),
    "disallowance_is_of_approved_accounts": (
        NotSoBooked,
        None,
        lambda f: "Kun forbrug i et godkendt regnskab kan underkendes. Venter regnskabet, så afvis det i stedet.",
    ),
    "disallowance_leaves_less": (
        NotSoBooked,
        "used",
        lambda f: f"Angiv det forbrug, der stadig er godkendt, i hele øre: mindre end {_money(f, 'used')} og mindst 0 kr.",
    ),
    "disallowance_follows_what_waits": (
        AlreadySettled,
        None,
        lambda f: f"Postering nr. {f.get('transfer')} på regnskabet venter på godkendelse. Få den afgjort først.",
    ),
}
