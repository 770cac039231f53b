"""Weakness 9: nobody looked at grants that one employee had committed and paid.

What she did: she made the grant, told the system that it was approved, registered its payments and approved them. No report showed which grants had
passed through one pair of hands.

What stops her: each step takes a second person; whoever granted does not approve payments, and whoever registered does not approve, whatever roles
they hold. The exceptions page asks the books for such payments each time it is opened, and it is empty because PostgreSQL lets none of them in.
"""

import uuid
from datetime import date

import pytest
from djmoney.money import Money

from initiatives import decisions, payments
from initiatives.models import Earmark
from ledger.models import Transfer
from ledger.refusals import SecondPerson


@pytest.fixture
def own_earmark(people, insider, voucher) -> Earmark:
    """A grant that she proposed and Lars approved: 10.000,00 kr. more to Lift, from what was released."""
    lift = Earmark.objects.with_accounts().get(slug="lift-mary-fonden")
    money, day = Money("10000", "DKK"), date(2023, 2, 1)
    payments.approve(people.lars, decisions.release(people.mette, lift, amount=money, value_date=day, voucher=voucher, key=uuid.uuid4()), key=uuid.uuid4())
    pending = decisions.earmark(insider, lift, amount=money, value_date=day, voucher=voucher, key=uuid.uuid4())
    with pytest.raises(SecondPerson):
        payments.approve(insider, pending, key=uuid.uuid4())
    payments.approve(people.lars, pending, key=uuid.uuid4())
    return lift


def pay(by, earmark, voucher):
    return payments.register_disbursement(by, earmark, amount=Money("5000", "DKK"), value_date=date(2023, 3, 1), voucher=voucher, key=uuid.uuid4())


def test_whoever_granted_neither_registers_nor_approves_a_payment(people, insider, voucher, own_earmark):
    with pytest.raises(SecondPerson):
        pay(insider, own_earmark, voucher)
    pending = pay(people.sofie, own_earmark, voucher)
    with pytest.raises(SecondPerson):
        payments.approve(insider, pending, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())


def test_whoever_registers_does_not_approve_by_page_bulk_api_shell_or_sql(client, committed, people, insider, voucher):
    lift = Earmark.objects.with_accounts().get(slug="lift-mary-fonden")
    pending = pay(insider, lift, voucher)
    client.force_login(insider)
    page = f"/admin/initiatives/payment/{pending.pk}/settle/"
    assert client.post(page, {"decision": "approve", "approve-key": str(uuid.uuid4()), "approve-value_date": "01.03.2023"}).status_code == 403
    client.post("/admin/ledger/transfer/", {"action": "approve", "_selected_action": [pending.pk]})
    answer = client.post(
        f"/api/v1/disbursements/{pending.pk}/approve/", headers={"Idempotency-Key": str(uuid.uuid4())}, content_type="application/json", data="{}"
    )
    assert answer.status_code == 403
    with pytest.raises(SecondPerson):
        payments.approve(insider, pending, key=uuid.uuid4())
    with committed.connect() as connection, pytest.raises(Exception, match="cannot approve"):
        connection.execute("SELECT ledger_book(gen_random_uuid(), 'post', %s, p_pending => %s)", [insider.pk, pending.pk])
    assert Transfer.objects.waiting().filter(pk=pending.pk).exists()


def test_no_payment_in_the_books_has_the_same_person_at_two_ends(people, insider, voucher):
    payments.approve(people.anders, pay(insider, Earmark.objects.with_accounts().get(slug="lift-mary-fonden"), voucher), key=uuid.uuid4())
    for approval in Transfer.objects.filter(step="post", kind="disbursement").select_related("pending"):
        granted = Transfer.objects.filter(kind="earmarking", credit_account=approval.debit_account)
        assert approval.booked_by_id != approval.pending.booked_by_id
        assert approval.booked_by_id not in set(granted.values_list("booked_by_id", flat=True))
