"""How amounts lie in PostgreSQL."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from djmoney.models.fields import MoneyField
from djmoney.money import Money

DIGITS = {"max_digits": 14, "decimal_places": 2}


class ExactMoneyField(MoneyField):
    """Money in a plain `numeric` column: `numeric(14,2)` would round 0.006 to 0.01 before any CHECK sees it."""

    _pyi_private_set_type: Money  # type: ignore[assignment]
    _pyi_private_get_type: Money  # type: ignore[assignment]

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"


class TotalField(models.DecimalField):
    """A running total in kr., kept by the door alone, in a plain `numeric` column."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": 0, "editable": False, **DIGITS, **kwargs})

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric"
