"""What PostgreSQL refuses about claims, in the words of the person who asked."""

from decimal import Decimal

from ledger.formats import kroner
from ledger.kinds import Cause
from ledger.refusals import DateRefused, Figures, LimitExceeded, NotSoBooked, Rules, SecondPerson


def _money(f: Figures, name: str) -> str:
    return kroner(Decimal(str(f.get(name) or 0)))


def _cause(f: Figures, name: str) -> str:
    code = f.get(name)
    return Cause(code).label if code in Cause.values else "en anden"


RULES: Rules = {
    "claim_is_raised_with_the_right": (
        SecondPerson,
        None,
        lambda f: (
            "Personen har ikke ret til at rejse krav. Bed en sagsbehandler om det; den, der kontrollerer regnskaber, kan rejse de krav, som regnskabet viser."
        ),
    ),
    "claim_is_due_on_or_after_its_day": (DateRefused, "due", lambda f: "Et krav forfalder tidligst den dag, det rejses. Vælg en senere forfaldsdag."),
    "claim_has_a_cause_of_repayments": (NotSoBooked, "cause", lambda f: "Vælg en årsag, som penge kan komme tilbage af."),
    "claim_has_a_reason": (NotSoBooked, "text", lambda f: "Angiv, hvad kravet skyldes, så tilskudsmodtageren kan forstå det."),
    "claim_names_no_account": (
        NotSoBooked,
        "text",
        lambda f: (
            "Begrundelsen ligner et kontonummer. Tilskudsmodtageren ser selv ministeriets godkendte konto ved kravet, og der må ikke nævnes andre. Ret teksten, så tallet ikke står der."
        ),
    ),
    "claim_is_of_its_own_earmark": (NotSoBooked, "actor", lambda f: "Den lokale aktør har ikke fået penge fra denne øremærkning. Vælg en anden aktør."),
    "claim_is_within_what_is_held": (
        LimitExceeded,
        "amount",
        lambda f: (
            f"Der kan højst kræves {_money(f, 'left')} tilbage: det, der står hos modtageren og ikke allerede er krævet. Der blev bedt om {_money(f, 'asked')}. Sæt beløbet ned."
        ),
    ),
    "claim_is_answered_from_its_own_earmark": (
        NotSoBooked,
        "claim",
        lambda f: "Kravet kan kun afregnes med en tilbagebetaling, der står ved magt, fra den samme øremærkning. Vælg et andet krav, eller bogfør uden krav.",
    ),
    "claim_is_answered_with_the_right": (
        SecondPerson,
        None,
        lambda f: "Personen har ikke ret til at afregne krav. Bed en sagsbehandler om at gøre det, eller spørg adgangsadministratoren.",
    ),
    "repayment_has_the_claims_cause": (
        NotSoBooked,
        "cause",
        lambda f: (
            f"Krav nr. {f.get('claim')} er rejst på grund af {_cause(f, 'cause')}, og tilbagebetalingen har årsagen {_cause(f, 'paid_for')}. Vælg kravets årsag, eller bogfør uden krav."
        ),
    ),
    "claim_is_not_overpaid": (
        LimitExceeded,
        "amount",
        lambda f: (
            f"Der mangler {_money(f, 'rest')} på krav nr. {f.get('claim')}, og der blev bedt om {_money(f, 'asked')}. Bogfør {_money(f, 'rest')} på kravet og resten som en tilbagebetaling uden krav. Er kravet foreslået opgivet, så få det afgjort først."
        ),
    ),
    "repayment_answers_no_more_than_it_brought": (
        LimitExceeded,
        "amount",
        lambda f: f"Der er {_money(f, 'left')} tilbage af beløbet at afregne krav med, og der blev bedt om {_money(f, 'asked')}. Sæt beløbet ned.",
    ),
    "claim_match_is_made_once": (NotSoBooked, None, lambda f: "Tilbagebetalingen er allerede knyttet til kravet. Genindlæs siden, og se, hvad der mangler."),
    "waived_claims_stay_small_together": (
        LimitExceeded,
        "amount",
        lambda f: (
            f"Kun krav på under {_money(f, 'under')} i alt kan opgives efter bagatelgrænsen. Her ville {_money(f, 'waived')} være opgivet i året, og {_money(f, 'claimed')} er stadig krævet hos den samme modtager. Få det opkrævet, eller vælg konkurs, og vedlæg dokumentet for den."
        ),
    ),
    "write_off_answers_a_claim": (
        NotSoBooked,
        "claim",
        lambda f: "Kun et krav, der er rejst, kan opgives. Vælg kravet, eller rejs det først, så tilskudsmodtageren også får det at vide.",
    ),
    "withdrawal_names_an_open_claim": (
        NotSoBooked,
        None,
        lambda f: "Kun et åbent krav, som ingen har foreslået at opgive, kan trækkes tilbage. Genindlæs kravet, og se, hvordan det står.",
    ),
    "receiving_account_is_written_whole": (
        NotSoBooked,
        "account_number",
        lambda f: (
            "En konto skrives med et registreringsnummer på fire cifre, et kontonummer på højst ti cifre, et navn og den dag, den gælder fra. Ret oplysningerne."
        ),
    ),
    "receiving_account_is_no_grantees": (
        NotSoBooked,
        "account_number",
        lambda f: "Kontoen er foreslået som en tilskudsmodtagers konto og kan ikke være ministeriets. Ret nummeret.",
    ),
    "receiving_account_is_apart_from_repayments": (
        SecondPerson,
        None,
        lambda f: (
            "Den, der rejser krav eller registrerer tilbagebetalinger, kan ikke foreslå den konto, de skal betales til. Bed en kollega, der ikke gør, om det."
        ),
    ),
}
