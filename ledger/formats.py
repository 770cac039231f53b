"""Danish notation, made and read in one place: 1.234.567,89 kr. and 23.11.2026."""

import re
from datetime import date, datetime
from decimal import Decimal

from djmoney.money import Money

OERE = Decimal("0.01")
THIN = "\u00a0"  # a figure and its unit stay on one line


def number(amount: Decimal | Money) -> str:
    """1234.5 → "1.234,50". Whole øre only: the books hold nothing else."""
    value = (amount.amount if isinstance(amount, Money) else amount).quantize(OERE)
    text = f"{abs(value):,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"-{text}" if value < 0 else text


def kroner(amount: Decimal | Money) -> str:
    """1234.5 → "1.234,50 kr."."""
    return f"{number(amount)}{THIN}kr."


def decimal_comma(amount: Decimal) -> str:
    """1234.5 → "1234,50", as files have it."""
    return f"{amount.quantize(OERE):f}".replace(".", ",")


def date_text(day: date | datetime | str | None) -> str:
    """23.11.2026, also from PostgreSQL's ISO text; "" for nothing."""
    if not day:
        return ""
    return (date.fromisoformat(day[:10]) if isinstance(day, str) else day).strftime("%d.%m.%Y")


class NotAnAmount(ValueError):
    """What was typed is not an amount in Danish notation; the message says how to type it."""


DANISH = re.compile(r"^-?(\d{1,3}(\.\d{3})+|\d+)(,\d{1,2})?$", re.ASCII)
HALF_OERE = re.compile(r"^-?[\d.]+,\d{3,}$", re.ASCII)
ENGLISH = re.compile(r"^-?(\d{1,3}(,\d{3})+|\d+)\.\d{1,2}$", re.ASCII)


def parse_amount(text: str) -> Decimal:
    """Reads "1.234,50", "1234,5", "1234" and "1.234,50 kr.". Raises NotAnAmount; English notation is refused, never guessed at."""
    typed = re.sub(r"\s|kr\.?$|DKK", "", text.strip().replace("\u2212", "-").replace("\u00a0", ""), flags=re.IGNORECASE)
    if ENGLISH.match(typed):
        raise NotAnAmount("Skriv beløbet på dansk: punktum mellem tusinder og komma før øre, for eksempel 1.234,50.")
    if HALF_OERE.match(typed):
        raise NotAnAmount("Et beløb har højst to decimaler: der findes ingen mindre del end én øre.")
    if not DANISH.match(typed):
        raise NotAnAmount("Det kan ikke læses som et beløb. Skriv for eksempel 1.234,50.")
    return Decimal(typed.replace(".", "").replace(",", "."))
