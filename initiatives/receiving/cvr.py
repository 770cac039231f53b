"""CVR numbers: eight digits, of which the last checks the others (modulus 11). A number that fails is warned about, never refused: some real ones do."""

import re

WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)


def checks_out(cvr: str) -> bool:
    """Whether eight digits pass modulus 11."""
    return re.fullmatch("[0-9]{8}", cvr) is not None and sum(weight * int(digit) for weight, digit in zip(WEIGHTS, cvr, strict=True)) % 11 == 0


def warning(cvr: str) -> str | None:
    """What to say of a number that is complete and does not check out; None of every other."""
    if not re.fullmatch("[0-9]{8}", cvr) or checks_out(cvr):
        return None
    return f"CVR-nummeret {grouped(cvr)} består ikke kontrollen med modulus 11. Slå det op i CVR-registret: et ciffer kan være skrevet forkert."


def grouped(cvr: str) -> str:
    """12345678 → 12 34 56 78, with spaces that do not break."""
    return "\u00a0".join(cvr[at : at + 2] for at in range(0, len(cvr), 2))
