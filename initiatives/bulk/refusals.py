"""What PostgreSQL refuses about batches, in the words of the person who asked."""

from datetime import datetime

from django.utils import timezone

from ledger.refusals import AlreadySettled, Figures, NotSoBooked, Rules, SecondPerson


def _registered(f: Figures) -> str:
    moment = timezone.localtime(datetime.fromisoformat(str(f["made_at"]))) if f.get("made_at") else None
    when = f" {moment:%d.%m.%Y kl. %H.%M}" if moment else ""
    return (
        f"Det samme ark blev registreret{when} af {f.get('made_by', 'en kollega')} som flerudbetaling nr. {f.get('batch')}. "
        "Skal udbetalingerne registreres igen, så afvis dem først, eller træk dem tilbage. Skal der udbetales mere, så udfyld et nyt ark."
    )


RULES: Rules = {
    "batch_is_made_with_the_right": (
        SecondPerson,
        None,
        lambda f: "Personen har ikke ret til at registrere udbetalinger. Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren.",
    ),
    "sheet_is_registered_once": (AlreadySettled, None, _registered),
    "batch_row_is_registered_with_its_batch": (
        NotSoBooked,
        None,
        lambda f: "En række er en udbetaling, der blev registreret sammen med sit ark, af den samme person. Åbn siden på ny, og registrer arket derfra.",
    ),
    "batch_has_rows": (NotSoBooked, None, lambda f: "Et ark registreres kun, når der er mindst én udbetaling i det. Udfyld arket, og vælg det igen."),
}
