"""An earmark's figures in plain Danish, each with what it means."""

from dataclasses import dataclass

from djmoney.money import Money

from initiatives.models import Earmark
from ledger.models import ZERO
from ledger.questions import Numbers


@dataclass(frozen=True)
class Figure:
    name: str
    amount: Money
    meaning: str


def figures_of(earmark: Earmark, numbers: Numbers) -> list[Figure]:
    """What a grantee needs beside the headline, rest at modtage. Bevilget, udbetalt and på vej always; the others when they concern it."""
    accountable = not earmark.grantee.state_agency
    by = "de lokale aktører" if earmark.must_pass_on else "I"
    told = [
        (True, "Bevilget", numbers.earmarked, "Det beløb, der er øremærket til jer. Det ændres kun ved en beslutning, som to personer står bag."),
        (True, "Udbetalt", numbers.disbursed, "Det, I har fået udbetalt. Betalinger, der aldrig blev sendt, eller som banken sendte retur, er trukket fra."),
        (True, "På vej", numbers.on_its_way, "Udbetalinger, der er registreret og venter på, at en anden person godkender dem. De kan stadig blive afvist."),
        (earmark.must_pass_on, "Givet videre", numbers.passed_on, "Det, I har givet videre til lokale aktører, fraregnet det, de har givet tilbage."),
        (accountable, "Dokumenteret", numbers.documented, f"Det, {by} har dokumenteret at have brugt, i regnskaber, som er godkendt."),
        (False, "Tilbagebetalt", numbers.repaid, "Det, I har betalt tilbage. Årsagen afgør, om beløbet kan udbetales igen eller går til statskassen."),
        (accountable, "Ikke dokumenteret endnu", numbers.to_document, "Det, I har fået udbetalt og endnu ikke har betalt tilbage eller fået godkendt i et regnskab."),
        (False, "Eftergivet", numbers.written_off, "Krav, som ministeriet har opgivet at få betalt tilbage."),
        (False, "Bortfaldet", numbers.lapsed, "Det, der ikke blev udbetalt, og som er gået tilbage til statskassen."),
    ]  # fmt: skip
    hidden = {"Ikke dokumenteret endnu"} if not accountable else set()
    return [Figure(name, amount, meaning) for always, name, amount, meaning in told if (always or amount != ZERO) and name not in hidden]


def sum_of_what_is_left(numbers: Numbers) -> list[tuple[str, Money]]:
    """How rest at modtage comes about, line by line: the lines add up to it, always."""
    elsewhere = numbers.reserved - numbers.on_its_way
    came_back = numbers.left + numbers.reserved + numbers.lapsed + numbers.disbursed - numbers.earmarked
    lines = [
        (True, "Bevilget", numbers.earmarked),
        (True, "Udbetalt", -numbers.disbursed),
        (True, "På vej", -numbers.on_its_way),
        (False, "Reserveret til en anden beslutning, der venter", -elsewhere),
        (False, "Betalt tilbage og til rådighed igen", came_back),
        (False, "Bortfaldet", -numbers.lapsed),
    ]
    return [(name, amount) for always, name, amount in lines if always or amount != ZERO]
