"""A new earmark for Mary Fonden, as it stands on the day that it was granted: nothing has come in yet."""

import uuid
from datetime import date

from djmoney.money import Money

from ensomhed.models import User
from initiatives import decisions, payments, vouchers
from initiatives.models import Earmark, Grantee
from ledger import booking
from ledger.kinds import AccountKind
from ledger.models import Transfer
from tests import documents

AMOUNT = Money("100000", "DKK")
GRANTED = date(2023, 3, 1)


def describe(slug: str = "ny-indsats", grantee: Grantee | None = None) -> Earmark:
    """Described beside Mary Fonden's Lift, with accounts of its own and no money; for Mary Fonden unless told otherwise."""
    lift = Earmark.objects.with_accounts().get(slug="lift-mary-fonden")
    grantee = grantee or lift.grantee
    account = booking.open_account(f"earmark:{slug}", slug, AccountKind.EARMARK, parent=lift.account.parent)
    beside = {
        field: booking.open_account(f"{prefix}:{slug}", slug, kind, parent=account, holder=grantee.slug if kind == AccountKind.GRANTEE else "")
        for field, prefix, kind in (
            ("grantee_account", "grantee", AccountKind.GRANTEE),
            ("used_account", "used", AccountKind.USED),
            ("written_off_account", "written-off", AccountKind.WRITTEN_OFF),
        )
    }
    facts = {"initiative": lift.initiative, "grantee": grantee, "amount": AMOUNT, "award": Earmark.Award.DIRECT_GRANT, "source": "Aftalen"}
    return Earmark.objects.create(slug=slug, account=account, **facts, **beside)


def propose(people: dict[str, User], earmark: Earmark, day: date = GRANTED) -> Transfer:
    """Mette proposes 100.000,00 kr., which Lift gave back with Lars' approval; the earmarking waits."""
    lift = Earmark.objects.with_accounts().get(slug="lift-mary-fonden")
    voucher = vouchers.keep(people["sofie"], documents.pdf("the agreement"), "aftale.pdf")
    booking.open_year(day.year)
    given_back = decisions.release(people["mette"], lift, amount=AMOUNT, value_date=date(2023, 1, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people["lars"], given_back, key=uuid.uuid4())
    return decisions.earmark(people["mette"], earmark, amount=AMOUNT, value_date=day, voucher=voucher, key=uuid.uuid4())


def grant(people: dict[str, User], day: date = GRANTED, slug: str = "ny-indsats") -> Earmark:
    """Described, proposed and approved: the money is earmarked from this day on."""
    earmark = describe(slug)
    payments.approve(people["lars"], propose(people, earmark, day), key=uuid.uuid4())
    return Earmark.objects.with_accounts().get(pk=earmark.pk)
