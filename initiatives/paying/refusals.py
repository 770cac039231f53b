"""What PostgreSQL refuses about payment files and lists of payments made, in the words of the person who asked."""

from datetime import datetime

from django.utils import timezone

from ledger.refusals import AlreadySettled, BooksClosed, DateRefused, Figures, NotSoBooked, Rules, SecondPerson

HANDS = {"registered": "registreret", "approved": "godkendt", "released": "frigivet"}


def _hand(f: Figures) -> str:
    return "haft med betalingsoplysningerne at gøre bag" if f.get("hand") == "details" else HANDS.get(str(f.get("hand")), "haft hånd i")


def _taken(f: Figures) -> str:
    moment = timezone.localtime(datetime.fromisoformat(str(f["taken_at"]))) if f.get("taken_at") else None
    when = f" {moment:%d.%m.%Y kl. %H.%M}" if moment else ""
    return f"Den samme fil blev indlæst{when} af {f.get('taken_by', 'en kollega')}. Den tæller kun én gang; vælg en anden fil, hvis det var en fejl."


RULES: Rules = {
    "releaser_holds_the_right": (
        SecondPerson,
        None,
        lambda f: "Personen har ikke ret til at frigive betalinger. Bed en kollega med rettigheden om at gøre det.",
    ),
    "releaser_has_no_hand_in_the_payments": (
        SecondPerson,
        None,
        lambda f: f"Du har selv {_hand(f)} {f.get('reference')} og kan derfor ikke frigive filen. Få en kollega, der ikke har, til at frigive den.",
    ),
    "something_is_ready_to_release": (AlreadySettled, None, lambda f: "Der er ingen godkendte betalinger, der venter på at blive frigivet. Genindlæs siden."),
    "payment_file_says_what_was_approved": (
        BooksClosed,
        None,
        lambda f: "En betalingsfil indeholder de betalinger, der er godkendt, med de oplysninger, de blev godkendt på. Frigiv den fra systemet.",
    ),
    "reconciler_holds_the_right": (
        SecondPerson,
        None,
        lambda f: "Personen har ikke ret til at afstemme betalinger. Bed en kollega med rettigheden om at gøre det.",
    ),
    "reconciler_has_no_hand_in_the_payments": (
        SecondPerson,
        None,
        lambda f: f"Du har selv {_hand(f)} {f.get('reference') or 'betalingen'} og kan derfor ikke afstemme den. Få en kollega, der ikke har, til at gøre det.",
    ),
    "bank_list_is_taken_once": (AlreadySettled, "file", _taken),
    "bank_list_ends_after_it_begins": (DateRefused, "last_day", lambda f: "Listens sidste dag kan ikke ligge før dens første. Ret datoerne."),
    "bank_line_lies_within_its_list": (
        DateRefused,
        "first_day",
        lambda f: f"Række {f.get('row')} har en dato, der ligger uden for de dage, listen dækker. Ret de to dage, så alle rækker ligger imellem dem.",
    ),
    "bank_list_is_whole": (NotSoBooked, "file", lambda f: "En liste indlæses hel, med alle sine rækker på én gang. Indlæs filen igen."),
    "released_payment_was_not_made": (
        NotSoBooked,
        "cause",
        lambda f: (
            f"{f.get('reference')} er sendt i betalingsfil nr. {f.get('file')}. Få controlleren til at indlæse en liste over betalinger, der rækker forbi valørdatoen;"
            " har den ikke betalingen med, kan den tilbageføres som aldrig afsendt."
        ),
    ),
    "returned_payment_stands_on_a_list": (
        NotSoBooked,
        "cause",
        lambda f: (
            f"{f.get('reference')} er sendt, og ingen liste over betalinger siger, at banken har returneret den. Få controlleren til at indlæse listen, hvor den står som returneret."
        ),
    ),
    "explanation_is_of_a_finding": (
        NotSoBooked,
        None,
        lambda f: "Der er ikke noget at forklare: linjen stemmer. Genindlæs afstemningen.",
    ),
}
