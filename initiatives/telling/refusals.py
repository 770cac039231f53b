"""What PostgreSQL refuses of notices and cases, in the words of the person who asked."""

from initiatives.telling.cases import HANDS
from ledger.refusals import AlreadySettled, BooksClosed, Figures, NotSoBooked, Rules, SecondPerson


def _hand(f: Figures) -> str:
    why = HANDS.get(str(f.get("hand")), "har haft med sagen at gøre")
    return f"Den, der {why}, kan ikke lukke indsigelsen. Få en kollega uden del i sagen til at gøre det; siden viser, hvem der kan."


RULES: Rules = {
    "case_is_raised_by_the_grantee": (
        SecondPerson,
        None,
        lambda f: "Kun tilskudsmodtagerens egne folk kan gøre indsigelse. Bed dem om selv at gøre det fra deres side.",
    ),
    "case_says_what_is_wrong": (NotSoBooked, "text", lambda f: "Angiv, hvad der ikke er rigtigt, eller hvad der skal svares."),
    "case_is_about_its_grantee": (NotSoBooked, None, lambda f: "Indsigelsen skal handle om én ting, der er jeres egen. Åbn den fra jeres side igen."),
    "case_is_closed_by_the_ministry": (
        SecondPerson,
        None,
        lambda f: "En indsigelse lukkes af ministeriets svar. Angiv, at den er løst, hvis den er det: så lukker den, der svarer.",
    ),
    "case_is_answered_with_the_right": (
        SecondPerson,
        None,
        lambda f: "Personen har ikke ret til at besvare indsigelser. Bed en controller eller ledelsen om at gøre det.",
    ),
    "case_is_open": (AlreadySettled, None, lambda f: "Indsigelsen er allerede lukket. Genindlæs siden for at se svaret."),
    "case_is_closed_by_clean_hands": (SecondPerson, None, _hand),
    "delivery_is_taken_before_it_is_tried": (
        BooksClosed,
        None,
        lambda f: "Kun den, der sender en besked, kan sige, hvordan det gik. Brug kommandoen send_mail.",
    ),
}
