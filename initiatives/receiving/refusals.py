"""What is refused about who receives, and where to, in the words of the person who asked."""

from ledger.formats import date_text
from ledger.refusals import BooksClosed, NotSoBooked, Rules, SecondPerson

COLLEAGUE = "Få en kollega, der ikke har, til at gøre det; siden viser hvem."

RULES: Rules = {
    "grantee_is_described": (
        NotSoBooked,
        "name",
        lambda f: "En tilskudsmodtager har et navn på højst 200 tegn, et CVR-nummer eller intet endnu, og er statslig myndighed eller ikke. Ret oplysningerne.",
    ),
    "grantee_cvr_is_eight_digits": (NotSoBooked, "cvr", lambda f: "Et CVR-nummer er otte cifre. Ret nummeret; et, der er godkendt, kan ikke fjernes igen."),
    "grantee_name_is_its_own": (NotSoBooked, "name", lambda f: "En anden tilskudsmodtager har allerede dette navn. Brug den, der findes, eller ret navnet."),
    "grantee_cvr_is_its_own": (
        NotSoBooked,
        "cvr",
        lambda f: "En anden tilskudsmodtager har allerede dette CVR-nummer. Brug den, der findes, eller ret nummeret.",
    ),
    "grantee_stays_what_it_is": (
        NotSoBooked,
        "state_agency",
        lambda f: "Det kan ikke ændres, om en tilskudsmodtager er statslig myndighed, når den har en øremærkning. Ret oplysningen tilbage.",
    ),
    "grantee_is_as_approved": (
        BooksClosed,
        None,
        lambda f: "En tilskudsmodtager oprettes og ændres kun ved et forslag, som en anden har godkendt. Vælg tilskudsmodtageren, og foreslå ændringen dér.",
    ),
    "earmark_facts_never_change": (
        BooksClosed,
        None,
        lambda f: "Hvem der får hvad og på hvilke vilkår, ændres aldrig, når det er skrevet. Få en ny øremærkning besluttet, eller brug en omdisponering.",
    ),
    "earmark_goes_to_an_approved_grantee": (
        SecondPerson,
        None,
        lambda f: (
            f"{f.get('grantee') or 'Tilskudsmodtageren'} er ikke godkendt endnu. Få ledelsen til at godkende tilskudsmodtageren, før der øremærkes til den."
        ),
    ),
    "earmark_has_accounts_of_its_own": (
        NotSoBooked,
        None,
        lambda f: "Øremærkningen skal have sine egne konti i sin egen ramme, og kontoen skal være tilskudsmodtagerens. Ret kontiene.",
    ),
    "earmark_is_described_before_it_is_granted": (
        NotSoBooked,
        None,
        lambda f: "Der er allerede bogført på kontoen, og øremærkningen skal være beskrevet, før den godkendes. Brug en ny konto.",
    ),
    "tie_is_true": (
        NotSoBooked,
        "person",
        lambda f: "Det er allerede noteret, eller det passer ikke med det, der er noteret før. Genindlæs siden, og ret oplysningerne.",
    ),
    "tie_is_recorded_by_the_keepers_of_access": (
        SecondPerson,
        None,
        lambda f: "Kun adgangsadministratorer og ledelsen noterer, hvem der behandler en myndigheds egen bevilling. Få en af dem til det.",
    ),
    "only_an_agency_handles_its_own_earmark": (
        NotSoBooked,
        None,
        lambda f: "Kun en statslig myndighed behandler sin egen bevilling. Vælg en anden tilskudsmodtager.",
    ),
    "details_are_of_a_known_method": (NotSoBooked, "method", lambda f: "Vælg, om der udbetales til NemKonto, til en bankkonto eller ved intern overførsel."),
    "details_are_of_an_approved_grantee": (
        SecondPerson,
        None,
        lambda f: (
            f"{f.get('grantee') or 'Tilskudsmodtageren'} er ikke godkendt endnu. Få ledelsen til at godkende tilskudsmodtageren, før betalingsoplysningerne foreslås."
        ),
    ),
    "details_fit_the_grantee": (
        NotSoBooked,
        "method",
        lambda f: "Vælg intern overførsel, når modtageren er en statslig myndighed, og kun da. Andre får pengene på NemKonto eller en bankkonto.",
    ),
    "nemkonto_has_a_cvr_number": (
        NotSoBooked,
        "cvr",
        lambda f: "En NemKonto findes ved et CVR-nummer på otte cifre. Ret nummeret, og lad feltet være tomt, når der ikke udbetales til NemKonto.",
    ),
    "nemkonto_is_the_grantees_own": (
        NotSoBooked,
        "cvr",
        lambda f: (
            f"{f.get('grantee') or 'Tilskudsmodtageren'} er godkendt med CVR-nummer {f.get('own') or '–'}. Ret nummeret, eller få først tilskudsmodtagerens CVR-nummer ændret."
        ),
    ),
    "registration_number_is_four_digits": (
        NotSoBooked,
        "registration_number",
        lambda f: "Et registreringsnummer er fire cifre. Ret nummeret, og lad feltet være tomt, når der ikke udbetales til en bankkonto.",
    ),
    "account_number_is_up_to_ten_digits": (
        NotSoBooked,
        "account_number",
        lambda f: "Et kontonummer er højst ti cifre. Ret nummeret, og lad feltet være tomt, når der ikke udbetales til en bankkonto.",
    ),
    "details_count_from_a_day": (NotSoBooked, "effective_from", lambda f: "Angiv den dag, oplysningerne gælder fra, for eksempel 23.11.2026."),
    "tied_hands_do_not_propose": (
        SecondPerson,
        None,
        lambda f: "Du hører eller hørte til tilskudsmodtageren og kan ikke foreslå noget om den. Få en kollega, der ikke gør, til det.",
    ),
    "details_in_force": (
        SecondPerson,
        "earmark",
        lambda f: (
            f"{f.get('grantee') or 'Modtageren'} har ingen godkendte betalingsoplysninger, der gælder {date_text(f.get('value_date')) or 'den dag'}. "
            "Få dem foreslået, kontrolleret og godkendt på tilskudsmodtagerens side, før der udbetales."
        ),
    ),
    "details_are_those_registered": (
        SecondPerson,
        None,
        lambda f: (
            f"Betalingsoplysningerne for {f.get('grantee') or 'modtageren'} er ændret, efter at udbetalingen blev registreret. "
            "Afvis den, og få den registreret på ny, så begge har set, hvor pengene går hen."
        ),
    ),
    "details_hands_do_not_pay": (
        SecondPerson,
        None,
        lambda f: (
            f"Den, der har foreslået, kontrolleret eller godkendt betalingsoplysningerne for {f.get('grantee') or 'modtageren'}, "
            f"kan hverken registrere eller godkende udbetalinger på dem. {COLLEAGUE}"
        ),
    ),
    "grant_hands_do_not_pay": (
        SecondPerson,
        None,
        lambda f: (
            f"Den, der har foreslået eller godkendt {f.get('grantee') or 'modtageren'} eller øremærkningen, "
            f"kan hverken registrere eller godkende udbetalinger fra den. {COLLEAGUE}"
        ),
    ),
    "tied_hands_do_not_pay": (
        SecondPerson,
        None,
        lambda f: (
            f"Den, der hører eller hørte til {f.get('grantee') or 'modtageren'}, eller som behandler dens egen bevilling, "
            f"kan hverken registrere eller godkende dens penge. {COLLEAGUE}"
        ),
    ),
    "payer_does_not_grant": (
        SecondPerson,
        None,
        lambda f: (
            "Den, der har registreret eller godkendt udbetalinger fra øremærkningen, kan ikke også bevilge penge til den. "
            "Få en kollega i ledelsen, der ikke har, til det."
        ),
    ),
    "local_actor_has_its_own_account": (
        NotSoBooked,
        "name",
        lambda f: (
            "En lokal aktør registreres på den øremærkning, som den får penge fra, og har sin egen konto dér. Vælg den øremærkning, og registrer den igen."
        ),
    ),
    "basis_comes_with_its_payment": (
        BooksClosed,
        None,
        lambda f: "Det, en udbetaling er sket på, skrives kun, når den registreres. Brug »Registrer udbetaling«.",
    ),
}
