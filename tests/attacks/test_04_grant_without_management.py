"""Weakness 4: no management approval when a grant was created.

She would create a grant on her own and pay it out. Here a grant is an earmarking that takes effect when a second person with management's right approves it
against the agreement's document, and it is described beforehand for a grantee that was approved the same way. Anna, who has every role, tries to grant
alone, to grant without management's right, to grant without the document, to describe afterwards what was granted, and to pay from what she granted.
"""

import uuid

import pytest
from djmoney.money import Money

from initiatives import decisions, payments
from initiatives.models import Earmark
from ledger import booking
from ledger.kinds import Kind, Step
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests.attacks.blows import book, key, refused_by_postgresql
from tests.granting import AMOUNT, GRANTED, describe
from tests.granting import propose as propose_grant
from tests.receiving import MARCH, decide, document, register, settle

FRAME = "frame:ensomhed-2023-2025"


@pytest.fixture
def room(people, voucher) -> Earmark:
    """Money in the frame that is not earmarked, and an earmark that is only described."""
    earmark = describe()
    lift = Earmark.objects.with_accounts().get(slug="lift-mary-fonden")
    released = decisions.release(people.mette, lift, amount=AMOUNT, value_date=GRANTED, voucher=voucher, key=uuid.uuid4())
    payments.approve(people.lars, released, key=uuid.uuid4())
    return Earmark.objects.with_accounts().get(pk=earmark.pk)


def left(earmark: Earmark) -> Money:
    earmark.account.refresh_from_db()
    return earmark.account.balance


def test_alone_she_grants_nothing(room, committed, insider, people, client):
    pending = decisions.earmark(insider, room, amount=AMOUNT, value_date=GRANTED, voucher=document(people), key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal:
        payments.approve(insider, pending, key=uuid.uuid4())
    assert refusal.value.rule == "second_person_approves"
    client.force_login(insider)
    forged = client.post(f"/admin/initiatives/payment/{pending.pk}/settle/", {"decision": "approve", "approve-key": key(), "approve-value_date": "01.03.2023"})
    assert forged.status_code == 403
    with committed.connect() as connection:
        refused_by_postgresql("second_person_approves", lambda: book(connection, "post", insider, pending=pending.pk))
    assert left(room) == Money("0", "DKK")


@pytest.mark.parametrize("step", ["pending", "post"])
def test_nobody_grants_without_managements_right_not_even_by_sql(room, committed, people, step):
    blow = {"kind": "earmarking", "debit": FRAME, "credit": room.account.code, "amount": 1, "day": GRANTED}
    if step == "post":
        blow = {"pending": decisions.earmark(people.mette, room, amount=AMOUNT, value_date=GRANTED, voucher=document(people), key=uuid.uuid4()).pk}
    with committed.connect() as connection:
        for person in (people.sofie, people.anders, people.karen, people.adam):
            refused_by_postgresql("booker_holds_the_right", lambda person=person: book(connection, step, person, **blow))
            connection.rollback()
    assert left(room) == Money("0", "DKK")


def test_there_is_no_grant_without_the_agreements_document(room, insider):
    with pytest.raises(LedgerError) as refusal:
        booking.book(
            insider,
            Kind.EARMARKING,
            Step.PENDING,
            debit=room.initiative.frame.account,
            credit=room.account,
            amount=AMOUNT,
            value_date=GRANTED,
            key=uuid.uuid4(),
        )
    assert refusal.value.rule == "transfer_has_the_voucher_it_needs"


def test_what_was_approved_is_not_described_otherwise_afterwards(committed, people):
    earmark = describe()
    payments.approve(people.lars, propose_grant(people.by_name, earmark), key=uuid.uuid4())
    with committed.connect() as connection:
        for change in ("grantee_id = 1", "amount = 9999999", "condition = ''", "must_pass_on = true", "source = 'Anna'"):
            refused_by_postgresql("42501", lambda change=change: connection.execute(f"UPDATE initiatives_earmark SET {change} WHERE id = {earmark.pk}"))
            connection.rollback()


def test_money_that_was_granted_to_a_bare_account_is_paid_to_nobody(committed, insider, people, room):
    """She opens accounts of her own by SQL and has management earmark to them: there is no earmark, so there is nobody to pay."""
    with committed.connect() as connection:
        for code, kind, parent, holder in (
            ("earmark:anna", "earmark", FRAME, ""),
            ("grantee:anna", "grantee", "earmark:anna", "anna"),
            ("used:anna", "used", "earmark:anna", ""),
            ("written-off:anna", "written_off", "earmark:anna", ""),
        ):
            connection.execute("SELECT ledger_open_account(%s, 'Anna', %s, %s, %s)", [code, kind, parent, holder])
        book(connection, "pending", insider, kind="earmarking", debit=FRAME, credit="earmark:anna", amount=1000, day=GRANTED)
        connection.commit()
    pending = Transfer.objects.filter(kind=Kind.EARMARKING, step=Step.PENDING).latest("pk")
    payments.approve(people.lars, pending, key=uuid.uuid4())
    with committed.connect() as connection:
        refused_by_postgresql(
            "details_in_force",
            lambda: book(connection, "pending", people.sofie, kind="disbursement", debit="earmark:anna", credit="grantee:anna", amount=1000, day=MARCH),
        )


def test_whoever_granted_does_not_pay_from_it(insider, people, room):
    pending = decisions.earmark(insider, room, amount=AMOUNT, value_date=GRANTED, voucher=document(people), key=uuid.uuid4())
    payments.approve(people.lars, pending, key=uuid.uuid4())
    decide(people, room.grantee)
    with pytest.raises(LedgerError) as refusal:
        register(people, room, by=insider)
    assert refusal.value.rule == "grant_hands_do_not_pay"


def test_whoever_made_the_grantee_does_not_approve_its_payments(committed, appoint, people, lift):
    """Lars approved Mary Fonden and its earmark; with new details that he had no hand in, and an approver's role, he still does not pay it."""
    decide(people, lift.grantee, approver=people.mette)
    pending = register(people, lift)
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending, by=appoint(people.lars, "Godkender"))
    assert refusal.value.rule == "grant_hands_do_not_pay"
    settle(people, pending)
