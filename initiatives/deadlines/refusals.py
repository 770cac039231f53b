"""What PostgreSQL refuses about deadlines, receipts and stopped payments, in the words of the person who asked."""

from initiatives.models import Deadline
from ledger.formats import date_text
from ledger.refusals import AlreadySettled, DateRefused, Figures, NotSoBooked, Rules, SecondPerson

ASK = "Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren."


def _terms(f: Figures) -> str:
    if f.get("received_on"):
        return f"Vilkårene var ikke accepteret den {date_text(f.get('value_date'))}: accepten kom {date_text(f.get('received_on'))}. Vælg den valørdato eller en senere."
    return "Der udbetales først, når tilskudsmodtageren har accepteret vilkårene. Få accepten registreret under Frister, når den er kommet, eller foreslå ledelsen at betale trods stoppet."


def _report(f: Figures) -> str:
    name = Deadline(what=f.get("what", ""), year=f.get("year"), final=bool(f.get("final"))).name
    more = int(f.get("stops") or 1) - 1
    others = f" {more} {'anden frist er' if more == 1 else 'andre frister er'} også overskredet." if more else ""
    if f.get("received_on"):
        return f"{name} skulle være modtaget senest {date_text(f.get('due'))} og kom først {date_text(f.get('received_on'))}. Vælg den valørdato eller en senere.{others}"
    return (
        f"{name} skulle være modtaget senest {date_text(f.get('due'))} og mangler den {date_text(f.get('value_date'))}.{others}"
        " Få modtagelsen registreret under Frister, eller foreslå ledelsen at forlænge fristen eller at betale trods stoppet."
    )


RULES: Rules = {
    "terms_are_accepted": (DateRefused, "value_date", _terms),
    "reports_are_not_overdue": (DateRefused, "value_date", _report),
    "receipt_is_recorded_with_the_right": (SecondPerson, None, lambda f: f"Personen har ikke ret til at registrere eller afvise en modtagelse. {ASK}"),
    "tied_hands_receive_nothing": (
        SecondPerson,
        None,
        lambda f: "Den, der er knyttet til tilskudsmodtageren, registrerer ikke, hvad den har afleveret. Få en kollega, der ikke er, til at gøre det.",
    ),
    "receipt_is_dated_when_it_came": (
        DateRefused,
        "received_on",
        lambda f: f"Det kan være modtaget fra {date_text(f.get('earliest'))} til i dag, {date_text(f.get('today'))}. Ret datoen.",
    ),
    "deadline_is_met_once": (
        AlreadySettled,
        None,
        lambda f: "Det er allerede registreret som modtaget. Åbn fristen for at se det; er det forkert, kan en anden afvise registreringen.",
    ),
    "receipt_is_rejected_by_another": (
        SecondPerson,
        None,
        lambda f: "Den, der har registreret modtagelsen, kan ikke selv afvise den. Få en kollega til at gøre det.",
    ),
    "receipt_is_rejected_once": (AlreadySettled, None, lambda f: "Registreringen er allerede afvist. Genindlæs siden for at se, hvem der gjorde det."),
    "extension_names_a_deadline": (NotSoBooked, None, lambda f: "En forlængelse gælder én frist. Åbn fristen under Frister, og foreslå den derfra."),
    "extension_is_later_and_ends": (
        DateRefused,
        "due",
        lambda f: f"Fristen er {date_text(f.get('due'))} og kan forlænges til en senere dag, dog højst til {date_text(f.get('latest'))}. Vælg en dag imellem.",
    ),
    "override_names_a_stop": (NotSoBooked, None, lambda f: "Forslaget gælder ét stop. Åbn fristen under Frister, og foreslå det derfra."),
    "override_ends": (
        DateRefused,
        "until",
        lambda f: f"Angiv den sidste valørdato, der må betales med, højst {date_text(f.get('latest'))}.",
    ),
}
