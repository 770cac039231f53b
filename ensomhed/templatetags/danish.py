"""Danish notation in templates: `{{ money|kr }}`, `{{ money|tal }}`, `{{ day|dato }}`. Built in: no `{% load %}`. What is not there prints as nothing."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from djmoney.money import Money

from ledger import formats

register = template.Library()


@register.filter
def kr(amount: Decimal | Money | None) -> str:
    """1234567.89 → "1.234.567,89 kr.", figure and unit on one line."""
    return "" if amount in (None, "") else formats.kroner(amount)


@register.filter
def tal(amount: Decimal | Money | None) -> str:
    """1234567.89 → "1.234.567,89"."""
    return "" if amount in (None, "") else formats.number(amount)


@register.filter
def antal(count: int | None) -> str:
    """12345 → "12.345": how many. A number that names something, as a transfer's, is written without points."""
    return "" if count is None else f"{count:,}".replace(",", ".")


@register.filter
def dato(day: date | datetime | str | None) -> str:
    """23.11.2026; a moment gives its Danish day."""
    return formats.date_text(timezone.localtime(day) if isinstance(day, datetime) and timezone.is_aware(day) else day)


@register.filter
def tidspunkt(moment: datetime | None) -> str:
    """23.11.2026 kl. 14.05, Danish time."""
    return timezone.localtime(moment).strftime(f"%d.%m.%Y kl.{formats.THIN}%H.%M") if moment else ""
