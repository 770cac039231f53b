"""A payment takes two persons, and never more than is left."""

import uuid
from datetime import date

import pytest
from djmoney.money import Money

from initiatives import payments
from ledger.models import Account, Refusal
from ledger.refusals import LimitExceeded, SecondPerson


def test_what_one_registers_another_approves(committed, appoint, people, lift, voucher):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    with pytest.raises(SecondPerson):
        payments.approve(appoint(people.sofie, "Godkender"), pending, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    assert Account.objects.get(pk=lift.account.pk).left == Money("3300000", "DKK")


def test_a_krone_too_much_is_refused_and_the_refusal_is_kept(committed, people, lift, voucher):
    with pytest.raises(LimitExceeded, match=r"Der er 3\.800\.000,00\skr\. tilbage"):
        payments.register_disbursement(people.sofie, lift, amount=Money("3800000.01", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    assert Refusal.objects.get().rule == "account_limit_debits_never_exceed_credits"
