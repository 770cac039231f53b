"""What the tests of payment files and of reconciliation share: a payment made by two persons, and a list as the accounting system gives it."""

import uuid
from datetime import date

from djmoney.money import Money

from initiatives import payments, vouchers
from initiatives.models import BankStatement, Earmark
from initiatives.paying import files, references, statements
from ledger.models import Transfer
from tests import documents

FIRST, LAST = date(2023, 4, 1), date(2023, 4, 30)


def pay(people, earmark: Earmark, amount: str = "500000", *, by=None, approved_by=None, day: date = date(2023, 4, 3), text: str = "", key=None) -> Transfer:
    """A disbursement registered by Sofie and approved by Anders: the row that moved the money."""
    voucher = vouchers.keep(people.sofie, documents.pdf("Faktura"), "faktura.pdf")
    pending = payments.register_disbursement(
        by or people.sofie, earmark, amount=Money(amount, "DKK"), value_date=day, voucher=voucher, key=key or uuid.uuid4(), text=text
    )
    return payments.approve(approved_by or people.anders, pending, key=uuid.uuid4())


def released(people, earmark: Earmark, *amounts: str, **more) -> list[str]:
    """Payments that left in one file, by their references."""
    rows = [pay(people, earmark, amount, **more) for amount in amounts]
    files.release(people.pia, key=uuid.uuid4())
    return [references.reference_of(row) for row in rows]


def listed(*rows: str, heading: str = "Reference;Beløb;Dato;Status") -> bytes:
    return "\r\n".join([heading, *rows, ""]).encode()


def taken(people, *rows: str, first: date = FIRST, last: date = LAST, by=None) -> BankStatement:
    """A list with these rows, taken by Karen."""
    return statements.take(by or people.karen, content=listed(*rows), name="betalinger.csv", first_day=first, last_day=last, key=uuid.uuid4())
