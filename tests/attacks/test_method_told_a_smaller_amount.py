"""She told a grantee that it got less than the ministry paid, and kept the rest.

What she did: the grant was 500,000 kr., the letter to the grantee said 400,000 kr., and nobody at the grantee ever saw the ministry's own books. What she
would do today: stop or change the mail, be the one who receives it, take the grantee's people off before she pays, and close the grantee's objection herself.

What stops her: PostgreSQL writes what is told in the transaction that pays, to everybody who was to be told and for thirty days to whoever was taken away; what
is told can be changed by nobody; the grantee reads it on its own page too; and an objection is closed only by somebody who had no hand in the payment.
"""

import uuid
from datetime import date

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from djmoney.money import Money

from ensomhed import roles
from initiatives import payments
from initiatives.models import Case, CaseMessage, Delivery, Notice
from initiatives.telling import cases
from initiatives.telling.letters import letter
from ledger.refusals import LedgerError

MARIA = "maria@mary-fonden.example"


@pytest.fixture
def paid(insider, people, lift, voucher):
    """Anna registers 500,000.00 kr. and gets Anders to approve."""
    pending = payments.register_disbursement(insider, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


@pytest.fixture
def case(people, lift, paid) -> Case:
    return cases.raise_case(people.maria, lift.grantee, transfer=paid, text="Der kom kun 400.000 kr.", key=uuid.uuid4())


def is_open(case: Case) -> bool:
    return Case.objects.open().filter(pk=case.pk).exists()


def told(transfer) -> set[str]:
    return set(Delivery.objects.filter(notice__transfer=transfer).values_list("address", flat=True))


def test_the_grantee_is_told_the_whole_amount_and_reads_it_on_its_own_page(client, people, paid):
    assert MARIA in told(paid)
    assert "500.000,00 kr." in letter(paid.notices.get()).text().replace("\u00a0", " ")
    client.force_login(people.maria)
    page = client.get(paid.notices.get().get_absolute_url()).content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")
    assert "500.000,00 kr." in page


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE initiatives_notice SET figures = jsonb_set(figures, '{amount}', '\"400000.00\"')",
        "DELETE FROM initiatives_delivery",
        "DELETE FROM initiatives_notice",
        "TRUNCATE initiatives_notice CASCADE",
        "INSERT INTO initiatives_deliveryattempt (delivery_id, sent, answer) SELECT id, true, '' FROM initiatives_delivery",
        "INSERT INTO initiatives_notice (grantee_id, what, figures, account, head) SELECT id, 'paid', '{}', '', '' FROM initiatives_grantee",
        "UPDATE initiatives_formercontact SET left_at = now() - interval '1 year'",
        "ALTER TABLE ledger_transfer DISABLE TRIGGER grantee_is_told_of_money",
        "DROP FUNCTION initiatives_tell_of_money CASCADE",
        "SELECT initiatives_tell(1, 'paid', '{}')",
    ],
)
def test_with_the_applications_own_credential_she_stops_and_changes_no_notice(application, statement):
    paid = application.pay()
    with pytest.raises(psycopg.errors.InsufficientPrivilege), application.connection.transaction():
        application.run(statement)
    assert application.one("SELECT figures ->> 'amount' FROM initiatives_notice WHERE transfer_id = %s", paid["id"]) == "1000.00"
    assert application.one("SELECT count(*) FROM initiatives_deliveryattempt") == 0


@pytest.mark.parametrize(
    "deed",
    [
        lambda maria, grantee: type(maria).objects.filter(pk=maria.pk).update(email="anna@privat.example"),
        lambda maria, grantee: type(maria).objects.filter(pk=maria.pk).update(email=""),
        lambda maria, grantee: type(maria).objects.filter(pk=maria.pk).update(is_active=False),
        lambda maria, grantee: grantee.members.remove(maria),
        lambda maria, grantee: grantee.members.clear(),
        lambda maria, grantee: grantee.members.through.objects.filter(grantee=grantee).update(user=type(maria).objects.get(username="adam")),
    ],
)
def test_taking_the_grantees_people_or_their_addresses_away_before_she_pays_does_not_keep_them_from_knowing(people, lift, voucher, deed):
    deed(people.maria, lift.grantee)
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4())
    assert MARIA in told(payments.approve(people.anders, pending, key=uuid.uuid4()))


def test_making_herself_one_of_the_grantees_people_keeps_nobody_else_from_knowing_and_is_told_to_them(insider, people, lift, paid):
    lift.grantee.members.add(insider)
    notice = Notice.objects.filter(what="people").latest("pk")
    assert MARIA in set(notice.deliveries.values_list("address", flat=True))
    assert "Anna Bruun" in letter(notice).text()


def test_she_does_not_close_the_objection_to_her_own_payment(client, insider, case):
    with pytest.raises(LedgerError) as refusal:
        cases.close(insider, case, answer="Alt er i orden.", key=uuid.uuid4())
    assert refusal.value.rule == "case_is_closed_by_clean_hands"
    client.force_login(insider)
    page = f"/admin/initiatives/case/{case.pk}/"
    assert "Svar, og luk indsigelsen" not in client.get(page).content.decode()
    forged = client.post(page, {"key": str(uuid.uuid4()), "text": "Alt er i orden.", "close": "1"})
    assert "kan ikke lukke indsigelsen" in forged.content.decode()
    assert is_open(case)


def test_being_one_of_the_grantees_people_does_not_let_her_close_it_either(insider, people, lift, case):
    lift.grantee.members.add(insider)
    with pytest.raises(LedgerError):
        cases.close(insider, case, answer="Det var en misforståelse.", key=uuid.uuid4())
    lift.grantee.members.remove(insider)
    assert cases.bar(case, insider) is not None, "whoever ever was one of them stays barred"
    assert is_open(case)


def test_she_deletes_and_hides_no_objection(committed, insider, people, case):
    for attempt in (case.delete, lambda: Case.objects.all().delete(), lambda: Case.objects.filter(pk=case.pk).update(text="Tak!"), case.save):
        with pytest.raises(Exception, match="permission denied"):
            attempt()
    for statement in ("DELETE FROM initiatives_case", "UPDATE initiatives_case SET grantee_id = grantee_id + 1", "DELETE FROM initiatives_casemessage"):
        with committed.connect(roles.APPLICATION) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    assert is_open(case)
    assert Case.objects.visible_to(people.rikke).filter(text="Der kom kun 400.000 kr.").exists()


def test_with_sql_she_closes_it_in_nobodys_name_who_had_a_hand_in_it(committed, insider, people, case):
    close = (
        "INSERT INTO initiatives_casemessage (key, case_id, text, closes, by_grantee, written_by_id) VALUES (gen_random_uuid(), %s, 'Lukket', true, false, %s)"
    )
    for name in (insider, people.sofie, people.anders, people.karen, people.mette, people.lars, people.maria):
        with committed.connect(roles.APPLICATION) as connection, pytest.raises(psycopg.Error) as refusal:
            connection.execute(close, [case.pk, name.pk])
        assert refusal.value.sqlstate == "LG001"
    assert not CaseMessage.objects.exists()


def test_she_writes_no_objection_in_the_grantees_name_to_answer_it_herself(insider, lift, paid):
    with pytest.raises((LedgerError, PermissionDenied)):
        cases.raise_case(insider, lift.grantee, transfer=paid, text="Alt er, som det skal være.", key=uuid.uuid4())
    assert not Case.objects.exists()
