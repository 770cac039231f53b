"""Weakness 10: repayments raised the budget frame.

What she did: money that a grantee paid back was added to the frame, so that there was more to grant, and what was granted twice was missed by nobody. Here the cause
decides: what is not an error or changed conditions goes to the treasury, and what does go back stands on its earmark, never on the frame, never above what was
earmarked, never longer than its year. An employee with every role at once tries every way to make a repayment worth more.
"""

import uuid
from datetime import date

import psycopg
import pytest
from django.db import DatabaseError, transaction

from initiatives import claims, decisions, payments
from initiatives.models import Earmark, Frame
from ledger.kinds import REPAYMENT_CAUSES, Cause
from ledger.models import Account, Transfer
from ledger.refusals import LedgerError
from tests.test_claims import expect, kr, pay, repay

REPAY = "/admin/initiatives/payment/repay/"
BOOK = "SELECT ledger_book(gen_random_uuid(), 'single', %s, 'repayment', %s, %s, 40000, %s, p_cause => %s)"


@pytest.fixture
def frame(insider, people, lift, voucher) -> Account:
    """Mary Fonden received 500.000 kr. from this frame."""
    pay(people, lift, voucher)
    return lift.initiative.frame.account


@pytest.fixture(autouse=True)
def nothing_grew(frame, lift):
    """Whatever was tried: the frame got what the agreement gave it, and the earmark never holds more than was earmarked."""
    yield
    now, earmark, grantee = (Account.objects.get(pk=account.pk) for account in (frame, lift.account, lift.grantee_account))
    assert (now.credits_posted, now.balance) == (frame.credits_posted, frame.balance)
    assert earmark.balance + grantee.balance <= kr("3.800.000")
    assert Frame.objects.get(account=frame).amount == kr("20.800.000")


@pytest.mark.parametrize("cause", [cause.value for cause in REPAYMENT_CAUSES])
def test_no_repayment_goes_to_the_frame(insider, committed, lift, frame, cause):
    with committed.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(BOOK, [insider.pk, lift.grantee_account.code, frame.code, "2023-06-10", cause])
    assert refusal.value.diag.constraint_name == "money_moves_along_the_tree"


@pytest.mark.parametrize(("cause", "day"), [("unspent", "2023-06-10"), ("disallowed", "2023-06-10"), ("other", "2023-06-10"), ("error", "2026-02-01")])
def test_what_belongs_to_the_treasury_does_not_go_back_to_the_earmark(insider, committed, client, lift, cause, day):
    with committed.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(BOOK, [insider.pk, lift.grantee_account.code, lift.account.code, day, cause])
    assert refusal.value.diag.constraint_name == "cause_decides_where_a_repayment_goes"
    client.force_login(insider)
    typed = {
        "key": str(uuid.uuid4()),
        "claim": "",
        "earmark": str(lift.pk),
        "amount": "40.000",
        "cause": cause,
        "value_date": f"{date.fromisoformat(day):%d.%m.%Y}",
    }
    client.post(REPAY, {**typed, "shown": lift.account.code, "book": "1"})  # a forged page: "I was told that it goes to the earmark"
    assert not Transfer.objects.filter(kind="repayment").exists()
    assert repay(insider, lift, "40.000", cause=Cause(cause), value_date=date.fromisoformat(day)).credit_account.code == "treasury"


def test_a_claim_is_no_money(insider, lift):
    before = Account.objects.get(pk=lift.account_id).left
    expect(insider, lift, "40.000", cause=Cause.ERROR)
    assert Account.objects.get(pk=lift.account_id).left == before
    assert not Transfer.objects.filter(kind="repayment").exists()


def test_what_came_back_is_not_released_to_the_frame_nor_moved_to_another_earmark(insider, people, lift, voucher):
    repay(insider, lift, "40.000", cause=Cause.ERROR)
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-aeldre-sagen")
    deed = {"amount": kr("3.300.000,01"), "value_date": date(2023, 6, 12), "voucher": voucher}
    for attempt in (
        lambda: decisions.release(insider, lift, key=uuid.uuid4(), **deed),
        lambda: decisions.reallocate(insider, lift, other, key=uuid.uuid4(), **deed),
    ):
        with pytest.raises(LedgerError) as refusal:
            attempt()
        assert refusal.value.rule == "repaid_money_stays_in_its_earmark"


def test_what_came_back_is_not_kept_for_another_year(insider, people, lift, voucher):
    repay(insider, lift, "40.000", cause=Cause.ERROR)
    with pytest.raises(LedgerError) as refusal:
        payments.register_disbursement(insider, lift, amount=kr("40.000"), value_date=date(2024, 1, 5), voucher=voucher, key=uuid.uuid4())
    assert refusal.value.rule == "repaid_money_is_used_in_its_year"


def test_the_same_money_is_not_paid_back_twice(insider, lift):
    claim = expect(insider, lift, "40.000", cause=Cause.ERROR)
    repay(insider, lift, "40.000", cause=Cause.ERROR, claim=claim)
    with pytest.raises(LedgerError):
        repay(insider, lift, "40.000", cause=Cause.ERROR, claim=claim)
    with pytest.raises(LedgerError) as refusal:
        repay(insider, lift, "460.000,01", cause=Cause.ERROR)
    assert refusal.value.rule == "account_limit_debits_never_exceed_credits"
    assert claims.open_claims(lift) == []


def test_she_does_not_write_a_larger_frame(insider, committed, client, frame, voucher):
    for attempt in (lambda: Frame.objects.update(amount=kr("99.000.000")), lambda: Account.objects.filter(pk=frame.pk).update(credits_posted=99)):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    granted = decisions.appropriate(
        insider, Frame.objects.get(account=frame), amount=kr("40.000"), value_date=date(2023, 6, 12), voucher=voucher, key=uuid.uuid4()
    )
    with pytest.raises(LedgerError) as refusal:
        payments.approve(insider, granted, key=uuid.uuid4())
    assert refusal.value.rule == "second_person_approves"
