"""What PostgreSQL refuses beside the books, in the words of the person who asked: the same shape as ledger.refusals.RULES, and looked up together with it.

Each area keeps the words of its own rules; this module has those of the one mechanism and puts all of them together.
"""

from initiatives import filetypes, rebooking
from initiatives.accounts import refusals as accounts
from initiatives.bulk import refusals as bulk
from initiatives.claims import refusals as claims
from initiatives.closeout import refusals as closeout
from initiatives.closing import refusals as closing
from initiatives.deadlines import refusals as deadlines
from initiatives.history import succession
from initiatives.paying import refusals as paying
from initiatives.plans import refusals as plans
from initiatives.receiving import refusals as receiving
from initiatives.telling import refusals as telling
from initiatives.years import refusals as years
from ledger.kinds import Kind, Step
from ledger.refusals import AlreadySettled, BooksClosed, Figures, KeyReused, NotSoBooked, PeriodRefused, Rules, SecondPerson, VoucherMissing

ASK = "Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren."


def _waiting(f: Figures) -> str:
    return f"Forslag nr. {f.get('proposal')} om det samme venter allerede på en afgørelse. Få det afgjort, eller træk det tilbage, før der foreslås noget nyt."


def _undocumented(f: Figures) -> str:
    kind = f.get("kind")
    what = Kind(kind).label if kind in Kind.values else "den slags"
    if f.get("step") == Step.POST:
        return (
            f"Der er intet bilag til registreringen, og uden kan {what} ikke godkendes. Afvis den, og få den registreret på ny med det dokument, der viser den."
        )
    if kind == Kind.REVERSAL:
        return "Vedlæg det dokument, der viser fejlen, for eksempel et notat. Posteringen, der føres tilbage, har ikke selv et bilag."
    return f"Vedlæg det dokument, beslutningen står i, for eksempel et notat. Uden det kan {what} ikke foreslås."


RULES: Rules = {
    **accounts.RULES,
    **bulk.RULES,
    **claims.RULES,
    **closeout.RULES,
    **closing.RULES,
    **deadlines.RULES,
    **paying.RULES,
    **plans.RULES,
    **rebooking.RULES,
    **receiving.RULES,
    **succession.RULES,
    **telling.RULES,
    **years.RULES,
    "booker_holds_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at bogføre dette. {ASK}"),
    "controls_are_only_added_to": (
        BooksClosed,
        None,
        lambda f: "Det, der er foreslået og besluttet, ændres og slettes ikke. Foreslå en ny ændring i stedet, så får den også en anden persons blik.",
    ),
    "proposal_kind_is_known": (NotSoBooked, None, lambda f: "Den slags forslag findes ikke. Genindlæs siden, og prøv igen."),
    "proposer_holds_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at foreslå dette. {ASK}"),
    "proposal_has_a_reason": (NotSoBooked, "reason", lambda f: "Angiv begrundelsen, så den, der skal afgøre forslaget, kan se, hvorfor det er stillet."),
    "proposal_has_its_document": (
        VoucherMissing,
        "voucher",
        lambda f: "Vedlæg det dokument, der viser, at ændringen er rigtig. Uden det kan forslaget ikke stilles.",
    ),
    "proposal_changes_something": (NotSoBooked, None, lambda f: "Forslaget ændrer ikke noget: det gælder allerede. Ret det, der skal være anderledes."),
    "one_proposal_waits_at_a_time": (AlreadySettled, None, _waiting),
    "proposal_waits": (AlreadySettled, None, lambda f: "Der er intet forslag med det nummer, som venter på dette. Genindlæs listen, og vælg igen."),
    "proposal_is_decided_once": (AlreadySettled, None, lambda f: "Forslaget er allerede afgjort. Genindlæs siden for at se, hvem der gjorde det."),
    "proposal_is_verified_once": (AlreadySettled, None, lambda f: "Forslaget er allerede kontrolleret. Genindlæs siden for at se, hvem der gjorde det."),
    "proposal_is_verified_first": (
        SecondPerson,
        None,
        lambda f: "Oplysningerne skal kontrolleres, før de kan godkendes. Få en kollega med den rettighed til at kontrollere dem først.",
    ),
    "proposal_still_fits": (
        AlreadySettled,
        None,
        lambda f: "Det, der gælder i dag, er ændret, efter at forslaget blev stillet. Afvis forslaget, og få det stillet på ny.",
    ),
    "second_person_decides": (
        SecondPerson,
        None,
        lambda f: "Den, der har foreslået, kan ikke selv godkende. Få en anden med ret til det til at godkende, eller træk forslaget tilbage.",
    ),
    "decider_holds_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at afgøre dette forslag. {ASK}"),
    "verifier_holds_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at kontrollere dette forslag. {ASK}"),
    "verifier_is_another_person": (
        SecondPerson,
        None,
        lambda f: "Den, der har foreslået, kan ikke selv kontrollere. Få en anden med ret til det til at gøre det.",
    ),
    "verification_says_how": (
        NotSoBooked,
        "how",
        lambda f: "Angiv, hvordan oplysningerne er kontrolleret, for eksempel hvem der er ringet til, og på hvilket nummer.",
    ),
    "barred_person_does_not_decide": (
        SecondPerson,
        None,
        lambda f: "Du har selv haft med sagen at gøre og kan derfor ikke afgøre den. Få en kollega, der ikke har, til at gøre det.",
    ),
    "key_decides_one_thing": (
        KeyReused,
        None,
        lambda f: "Det er allerede sendt med et andet indhold. Genindlæs siden, og se, hvad der er gemt, før du sender igen.",
    ),
    "voucher_is_of_a_listed_type": (
        VoucherMissing,
        "voucher",
        lambda f: f"Filen er ikke et dokument, der kan være bilag. {filetypes.LISTED} Gem dokumentet som PDF, og vælg den fil.",
    ),
    "nothing_is_approved_without_its_document": (VoucherMissing, "voucher", _undocumented),
    "factor_reset_takes_all_away": (NotSoBooked, None, lambda f: "En nulstilling fjerner alt andet trin på én gang. Foreslå den fra personens side."),
    "roles_do_not_conflict": (
        SecondPerson,
        "roles",
        lambda f: f"Én person kan ikke både have ret til {f.get('why')}. Fordel rollerne på to personer.",
    ),
    "role_is_for_somebody": (NotSoBooked, "roles", lambda f: "Roller foreslås for en person, der kan logge ind. Genindlæs siden, og vælg rollerne på ny."),
    "nobody_gives_themselves_a_role": (SecondPerson, None, lambda f: "Ingen foreslår roller for sig selv. Bed en anden adgangsadministrator om at gøre det."),
    "roles_are_taken_with_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at tage roller fra andre. {ASK}"),
    "address_stays_with_the_role": (
        SecondPerson,
        "email",
        lambda f: (
            "Linket til en ny adgangskode sendes til adressen, og derfor ændres den ikke for den, der har en rolle. "
            "Tag rollerne fra personen, ret adressen, og foreslå rollerne på ny, så ledelsen afgør det."
        ),
    ),
    "access_is_reviewed_with_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at gennemgå adgange. {ASK}"),
    "review_says_what_was_found": (NotSoBooked, "note", lambda f: "Angiv, hvad gennemgangen viste, også når alt var i orden."),
    "reopening_names_a_closed_period": (PeriodRefused, None, lambda f: "Kun en lukket periode kan genåbnes. Vælg en periode, der er lukket."),
}
