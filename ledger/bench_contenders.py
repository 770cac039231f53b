"""The ways to book one posting that are measured against each other, each as a function of the pair that it moves money in."""

import uuid
from collections.abc import Callable
from decimal import Decimal

from django.db import connection
from djmoney.money import Money

from ensomhed.models import User
from ledger import booking
from ledger.bench_ground import LAST, PAIRS
from ledger.kinds import Kind, Step
from ledger.models import Account, columns_of
from ledger.models import Transfer as Row

Post = Callable[[int], None]
OERE = Money(Decimal("0.01"), "DKK")


def smallest() -> Post:
    """The smallest correct SQL, through Django's cursor."""

    def post(pair: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT smallest.book(%s, %s, %s)", [pair, pair + PAIRS, OERE.amount])
            cursor.fetchone()

    return post


def door() -> Post:
    """The door with its whole row for an answer, through Django's cursor."""
    query = f"SELECT {', '.join(columns_of(Row))} FROM ledger_book(%s, 'single', %s, 'regrant', %s, %s, %s, %s)"  # noqa: S608 — columns of a model
    by = User.objects.get(username="registrar").pk

    def post(pair: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(query, [uuid.uuid4(), by, f"grantee:bench-{pair}", f"local:bench-{pair}/actor", OERE.amount, LAST])
            cursor.fetchone()

    return post


def book() -> Post:
    """The verb of the books, from its arguments to the transfer that it answers with."""
    by = User.objects.get(username="registrar")
    accounts = {account.code: account for account in Account.objects.all()}

    def post(pair: int) -> None:
        booking.book(
            by,
            Kind.REGRANT,
            Step.SINGLE,
            debit=accounts[f"grantee:bench-{pair}"],
            credit=accounts[f"local:bench-{pair}/actor"],
            amount=OERE,
            value_date=LAST,
            key=uuid.uuid4(),
        )

    return post
