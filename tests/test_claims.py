"""Claims: what is expected back, what answers it, and what is still missing."""

import uuid
from datetime import date

import pytest
from djmoney.money import Money

from initiatives import claims, decisions, movements, payments
from initiatives.control import proposals
from initiatives.models import Claim, ClaimMatch
from ledger.kinds import Cause
from ledger.refusals import LedgerError

DAY, DUE = date(2023, 6, 1), date(2023, 7, 1)


def kr(text: str) -> Money:
    return Money(text.replace(".", "").replace(",", "."), "DKK")


@pytest.fixture
def paid(people, lift, voucher):
    """Mary Fonden holds 500.000 kr."""
    pending = payments.register_disbursement(people.sofie, lift, amount=kr("500.000"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def expect(by, earmark, amount="1.000", cause=Cause.UNSPENT, **changes) -> Claim:
    given = {"due": DUE, "raised_on": DAY, "text": "Uforbrugt i 2022", "key": uuid.uuid4(), **changes}
    return claims.expect(by, earmark, amount=kr(amount), cause=cause, **given)


def repay(by, earmark, amount, cause=Cause.UNSPENT, claim=None, **changes):
    return movements.repay(by, earmark, amount=kr(amount), cause=cause, claim=claim, **{"value_date": date(2023, 6, 10), "key": uuid.uuid4(), **changes})


def refused(rule: str):
    return pytest.raises(LedgerError, check=lambda refusal: refusal.rule == rule)


def test_a_claim_is_open_until_what_came_answers_all_of_it(people, lift, paid):
    claim = expect(people.sofie, lift, "1.000")
    repay(people.sofie, lift, "400", claim=claim)
    standing = claims.standing_of(claim)
    assert (standing.paid, standing.rest, standing.state(DAY)) == (kr("400"), kr("600"), "delvist betalt, ikke forfalden")
    assert claims.open_claims(lift) == [standing]
    repay(people.sofie, lift, "600", claim=claim)
    assert claims.standing_of(claim).state(date(2023, 12, 31)) == "betalt"
    assert claims.open_claims(lift) == []
