"""Doing many things as one: each is tried on its own, so that every refusal is known and stands at its row, and then all of them are done or none."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection, transaction

from ledger.refusals import LedgerError, translated

R = TypeVar("R")


class ManyRefused(LedgerError):
    """Some of many were refused, and so all of them. `refused` has each refusal by the number of its row; the first one's rule and words speak for it."""

    def __init__(self, refused: dict[int, LedgerError], named: Callable[[int], str]) -> None:
        number, first = min(refused.items())
        others = len(refused) - 1
        more = f" (og {others} {'anden' if others == 1 else 'andre'})" if others else ""
        super().__init__(first.rule, f"{named(number)}{more}: {first}", {**first.figures, "rows": len(refused)}, first.field)
        self.status = first.status
        self.refused = refused


def alone(deed: Callable[[], R]) -> R:
    """One of many, inside a transaction. What PostgreSQL would say only when that ends, it says here, so that it is known whom it is about. Raises LedgerError."""
    with transaction.atomic():
        answer = deed()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except DatabaseError as trouble:
            refusal = translated(trouble)
            if refusal is None:
                raise
            raise refusal from trouble
        return answer
