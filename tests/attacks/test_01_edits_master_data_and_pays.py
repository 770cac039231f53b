"""Weakness 1: the same person could edit master data and pay.

She would put her own account number on a grantee and then register, or approve, a payment to it. Anna has every role: she can propose new payment details,
verify them, or approve them; but whichever of the three she does, PostgreSQL lets her neither register nor approve a payment on those details. Not through
the page, not through a forged request, not through the API, not through the verbs, not through SQL as the application's role.
"""

import io
import json
import uuid

import psycopg
import pytest

from initiatives import payments
from initiatives.models import Proposal
from initiatives.receiving import hands
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests import documents
from tests.attacks.blows import book, key, refused_by_postgresql
from tests.receiving import MARCH, approve, decide, document, propose, register, settle, verify


@pytest.fixture(params=["proposed", "verified", "approved"])
def her_account(request, insider, people, lift):
    """Mary Fonden is paid to an account that Anna had a hand in."""
    parts = {"proposed": {"proposer": insider}, "verified": {"verifier": insider}, "approved": {"approver": insider}}
    return decide(people, lift.grantee, account_number="6666666666", **parts[request.param])


def test_by_the_verbs_she_neither_registers_nor_approves(her_account, insider, people, lift):
    with pytest.raises(LedgerError) as refusal:
        register(people, lift, by=insider)
    assert refusal.value.rule == "details_hands_do_not_pay"
    pending = register(people, lift)
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending, by=insider)
    assert refusal.value.rule == "details_hands_do_not_pay"
    assert not Transfer.objects.filter(kind="disbursement", step="post").exists()
    settle(people, pending)
    assert Transfer.objects.filter(kind="disbursement", step="post").count() == 1, "Sofie and Anders may"


def test_by_sql_she_neither_registers_nor_approves(her_account, committed, insider, people, lift):
    pending = register(people, lift)
    with committed.connect() as connection:
        refused_by_postgresql(
            "details_hands_do_not_pay",
            lambda: book(
                connection, "pending", insider, kind="disbursement", debit=lift.account.code, credit=lift.grantee_account.code, amount=1000, day=MARCH
            ),
        )
        connection.rollback()
        refused_by_postgresql("details_hands_do_not_pay", lambda: book(connection, "post", insider, pending=pending.pk))


def test_by_the_pages_and_forged_requests_she_neither_registers_nor_approves(her_account, client, insider, people, lift):
    client.force_login(insider)
    pending = register(people, lift)
    content = {"key": key(), "earmark": lift.pk, "amount": "1000", "value_date": "01.03.2023", "kept": ""}
    with document_file() as file:
        page = client.post("/admin/initiatives/payment/register/", {**content, "voucher": file})
    assert page.status_code == 200
    assert "hverken registrere eller godkende" in page.text
    forged = client.post(f"/admin/initiatives/payment/{pending.pk}/settle/", {"decision": "approve", "approve-key": key(), "approve-value_date": "01.03.2023"})
    assert forged.status_code == 403
    assert Transfer.objects.filter(kind="disbursement").count() == 1


def document_file():
    file = io.BytesIO(documents.pdf("Faktura"))
    file.name = "faktura.pdf"
    return file


def test_by_the_api_she_neither_registers_nor_approves(her_account, client, insider, people, lift):
    client.force_login(insider)
    pending = register(people, lift)
    headers = {"Idempotency-Key": key()}
    asked = {"earmark": lift.slug, "amount": "1000.00", "value_date": "2023-03-01", "voucher": document(people, "Faktura").pk}
    registered = client.post("/api/v1/disbursements/", json.dumps(asked), content_type="application/json", headers=headers)
    approved = client.post(f"/api/v1/disbursements/{pending.pk}/approve/", "{}", content_type="application/json", headers={"Idempotency-Key": key()})
    assert registered.status_code in (400, 403, 422)
    assert approved.status_code == 403
    assert Transfer.objects.filter(kind="disbursement").count() == 1
    assert not Transfer.objects.filter(pending=pending).exists()


def test_with_a_payment_of_hers_already_waiting_the_new_account_does_not_get_it(insider, people, lift):
    """The other order: she registers first, and then has a hand in the details."""
    pending = register(people, lift, by=insider)
    verify(people, propose(people, lift.grantee, account_number="6666666666"), by=insider)
    approve(people, Proposal.objects.filter(kind="payment_details", grantee=lift.grantee).latest("pk"))
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending)
    assert refusal.value.rule == "details_are_those_registered"
    payments.reject(people.anders, pending, reason="Ny konto", key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal:
        register(people, lift, by=insider)
    assert refusal.value.rule == "details_hands_do_not_pay"


def test_the_page_says_beforehand_who_may_and_why_she_may_not(her_account, insider, lift):
    told = hands.payers(lift, MARCH)
    assert insider not in told.register + told.approve
    assert "betalingsoplysningerne" in told.why_not(insider)
    assert told.register
    assert told.approve


def test_the_row_that_says_what_was_paid_on_is_not_hers_to_change(her_account, committed, people, lift):
    register(people, lift)
    with committed.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE initiatives_paymentbasis SET details_id = 1")
