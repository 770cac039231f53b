"""What is refused when a period is held or closed, in Danish, with the next step."""

from ledger.refusals import BooksClosed, Figures, NotSoBooked, PeriodRefused, Rules

POINTS = {
    "reservations": ("registrering, der venter", "registreringer, der venter"),
    "payments": ("udbetaling, der ikke er afstemt", "udbetalinger, der ikke er afstemt"),
    "bank_lines": ("række i betalingslisterne, der ikke stemmer", "rækker i betalingslisterne, der ikke stemmer"),
    "unreturned": ("øremærkning med penge, der skal bortfalde", "øremærkninger med penge, der skal bortfalde"),
}


def _open_items(f: Figures) -> str:
    found = f.get("open", {})
    counts = {code: int(found[code]["count"]) for code in POINTS if code in found}
    said = ", og ".join(f"{count} {POINTS[code][count != 1]}" for code, count in counts.items())
    return f"Der står noget åbent: {said}. Få det på plads først, eller skriv, hvorfor perioden lukkes alligevel."


def _audit(f: Figures) -> str:
    first = "".join(f" {breach}." for breach in f.get("first", [])[:1])
    return f"Gennemregningen af bøgerne fandt {f.get('breaches', 'noget, der')} brud, og perioden kan ikke lukkes.{first} Sig det til den, der driver systemet."


RULES: Rules = {
    "period_is_held": (
        PeriodRefused,
        "value_date",
        lambda f: (
            f"Perioden {f.get('period', '')} er tilbageholdt, mens den gøres klar til at blive lukket. Vælg en valørdato i en åben periode, eller bed controlleren om at registrere det."
        ),
    ),
    "open_items_have_a_reason": (NotSoBooked, "reason", _open_items),
    "closing_has_a_trial_balance_that_agrees": (
        PeriodRefused,
        None,
        lambda f: (
            f"Saldobalancen stemmer ikke: {f.get('differing', 'nogle')} af {f.get('accounts', 'alle')} konti siger noget andet end deres posteringer, og perioden kan ikke lukkes. Sig det til den, der driver systemet."
        ),
    ),
    "closing_stands_on_a_sound_audit": (PeriodRefused, None, _audit),
    "closing_follows_its_audit": (PeriodRefused, None, lambda f: "Der blev bogført i perioden, mens bøgerne blev regnet igennem. Luk den igen."),
    "closing_has_its_checklist": (BooksClosed, None, lambda f: "En periode lukkes sammen med sine kontrolpunkter. Åbn periodens side, og luk den derfra."),
}
