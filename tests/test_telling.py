"""The grantee is told by the system itself: of each payment, repayment, reversal, change of details, claim and reminder, in the transaction that it happens in."""

import uuid
from datetime import date

import psycopg
import pytest
from django.db import transaction
from djmoney.money import Money

from initiatives import movements, payments, vouchers
from initiatives.claims import verbs as claims
from initiatives.control import proposals
from initiatives.models import Delivery, Notice, PaymentBasis
from initiatives.receiving import details
from initiatives.telling.letters import letter
from ledger import questions
from ledger.kinds import Cause
from tests import documents

DAY = date(2023, 4, 3)
TABLES = ("notice", "delivery", "deliveryattempt", "formercontact")


def kr(amount: str) -> Money:
    return Money(amount, "DKK")


def pay(people, earmark, voucher, amount="500000", **more):
    pending = payments.register_disbursement(people.sofie, earmark, amount=kr(amount), value_date=DAY, voucher=voucher, key=uuid.uuid4(), **more)
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def newest(grantee) -> Notice:
    return grantee.notices.told().latest("pk")


def test_a_payment_is_told_to_the_grantee_with_its_figures(people, lift, voucher):
    paid = pay(people, lift, voucher, text="1. rate 2023", case_number="2023-1102")
    notice = newest(lift.grantee)
    assert (notice.what, notice.transfer_id, notice.earmark_id) == ("paid", paid.pk, lift.pk)
    assert (notice.account, notice.entry_no, notice.head) == ("grantee:lift-mary-fonden", paid.credit_entry_no, paid.digest)
    told = letter(notice)
    assert told.subject == "Udbetaling på 500.000,00 kr. til Mary Fonden"
    facts = {label: value.replace("\u00a0", " ") for label, value in told.facts}
    last_four = PaymentBasis.objects.get(transfer=paid.pending_id).details.after["account_number"][-4:]
    assert facts["Betalt til"] == f"den konto, der ender på {last_four}"
    assert (facts["Udbetalt i alt"], facts["Rest at modtage"]) == ("500.000,00 kr.", "3.300.000,00 kr.")
    assert (facts["Valørdato"], facts["Tekst"], facts["Journalnummer"]) == ("03.04.2023", "1. rate 2023", "2023-1102")


def test_only_what_moved_is_told(people, lift, voucher):
    before = Notice.objects.count()
    pending = payments.register_disbursement(people.sofie, lift, amount=kr("7"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    payments.reject(people.anders, pending, reason="Forkert bilag", key=uuid.uuid4())
    assert Notice.objects.count() == before


def test_what_is_told_is_what_the_books_say_whatever_happened_before(people, lift, voucher):
    def agrees():
        numbers = questions.numbers_of([lift.account])[lift.account_id]
        figures = newest(lift.grantee).figures
        return (figures["paid_in_all"], figures["left"]) == (str(numbers.disbursed.amount), str(numbers.left.amount))

    first = pay(people, lift, voucher)
    assert agrees()
    payments.register_disbursement(people.søren, lift, amount=kr("1000"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    movements.regrant(people.sofie, actor, amount=kr("300000"), value_date=DAY, key=uuid.uuid4())
    pay(people, lift, voucher, "250000.25")
    assert agrees()
    for cause in (Cause.ERROR, Cause.UNSPENT):
        movements.repay(people.sofie, lift, amount=kr("10000.10"), cause=cause, value_date=DAY, key=uuid.uuid4())
        assert newest(lift.grantee).what == "repaid"
        assert agrees()
    for origin, cause in ((newest(lift.grantee).transfer, Cause.ERROR), (pay(people, lift, voucher, "90000"), Cause.NEVER_SENT)):
        reversal = payments.reverse(people.sofie, origin, cause=cause, value_date=DAY, key=uuid.uuid4(), voucher=voucher)
        payments.approve(people.anders, reversal, key=uuid.uuid4())
        assert newest(lift.grantee).what == "undone"
        assert agrees()
    assert first.pk


def test_what_sql_books_is_told_like_what_a_verb_books(application):
    paid = application.pay()
    told = application.one("SELECT figures ->> 'amount' FROM initiatives_notice WHERE transfer_id = %s AND head = %s", paid["id"], paid["digest"])
    assert told == "1000.00"
    maria = application.one("SELECT email FROM ensomhed_user WHERE username = 'maria'")
    sent_to = "SELECT d.address FROM initiatives_delivery d JOIN initiatives_notice n ON n.id = d.notice_id WHERE n.transfer_id = %s"
    assert application.one(sent_to, paid["id"]) == maria == "maria@mary-fonden.example"


def test_what_did_not_happen_is_not_told(people, lift, voucher):
    before = Notice.objects.count()
    with transaction.atomic():
        pay(people, lift, voucher)
        assert Notice.objects.count() == before + 1
        transaction.set_rollback(True)
    assert Notice.objects.count() == before


def test_new_payment_details_are_told_with_no_more_of_an_account_than_its_last_four_digits(people, lift):
    change(people, lift, account_number="9876543210")
    notice = newest(lift.grantee)
    assert notice.what == "details"
    assert notice.figures["paid_to"]["last_four"] == "3210"
    assert "987654" not in letter(notice).text() + str(notice.figures)
    assert "Har I ikke selv bedt om det, så sig det med det samme." in letter(notice).text()


def change(people, lift, account_number):
    document = vouchers.keep(people.nina, documents.pdf("Brev fra banken"), "brev.pdf")
    proposal = details.propose(
        people.nina, lift.grantee, method="account", registration_number="1234", account_number=account_number, effective_from=date(2023, 6, 1),
        reason="Ny bank", voucher=document, key=uuid.uuid4(),
    )  # fmt: skip
    proposals.verify(people.karen, proposal, how="Ringet til fondens hovednummer", voucher=document)
    proposals.approve(people.lars, proposal, key=uuid.uuid4())


def test_a_claim_is_told_with_the_one_account_it_is_paid_to(people, lift, voucher):
    pay(people, lift, voucher)
    claim = claims.expect(
        people.sofie, lift, amount=kr("40000"), cause=Cause.UNSPENT, due=date(2024, 6, 1), raised_on=date(2024, 5, 1), text="Uforbrugt i 2023", key=uuid.uuid4()
    )
    notice = newest(lift.grantee)
    assert (notice.what, notice.claim_id, notice.head) == ("claim", claim.pk, lift.grantee_account.__class__.objects.get(pk=lift.grantee_account_id).head)
    told = letter(notice).text()
    assert "Mary Fonden skal betale 40.000,00 kr. tilbage" in letter(notice).subject
    assert notice.figures["pay_to"]["account_number"] in told
    assert "01.06.2024" in told
    assert "Betal kun til den konto" in told


def test_a_claim_that_was_withdrawn_is_told(people, lift, voucher):
    pay(people, lift, voucher)
    claim = claims.expect(
        people.sofie, lift, amount=kr("40000"), cause=Cause.UNSPENT, due=date(2024, 6, 1), raised_on=date(2024, 5, 1), text="Uforbrugt", key=uuid.uuid4()
    )
    withdrawal = claims.withdraw(people.sofie, claim, reason="Regnskabet var læst forkert", voucher=voucher, key=uuid.uuid4())
    proposals.approve(people.mette, withdrawal, key=uuid.uuid4())
    assert "Kravet på 40.000,00 kr. er trukket tilbage" in letter(newest(lift.grantee)).subject


def test_somebody_without_an_address_shows_as_unreachable(people, lift, voucher):
    people.maria.email = ""
    people.maria.save()
    people.by_name["freja"].grantees.add(lift.grantee)
    pay(people, lift, voucher)
    unreachable = Delivery.objects.undeliverable().filter(notice=newest(lift.grantee))
    assert [delivery.person for delivery in unreachable] == [people.maria]


def test_a_grantee_without_people_is_told_and_shows_as_unreachable(owner):
    owner.run("DELETE FROM initiatives_grantee_members")
    owner.run("SET CONSTRAINTS ALL IMMEDIATE")
    owner.run("ALTER TABLE initiatives_formercontact DISABLE TRIGGER USER")
    owner.run("DELETE FROM initiatives_formercontact")
    paid = owner.pay()
    rows = owner.connection.execute(
        "SELECT d.person_id, d.address FROM initiatives_delivery d JOIN initiatives_notice n ON n.id = d.notice_id WHERE n.transfer_id = %s", [paid["id"]]
    ).fetchall()
    assert rows == [(None, "")]


TOLD = "SELECT d.address, d.former FROM initiatives_delivery d JOIN initiatives_notice n ON n.id = d.notice_id WHERE n.transfer_id = %s ORDER BY d.address"


def test_an_address_changed_just_before_a_payment_is_told_and_so_is_the_new_one(application):
    application.run("UPDATE ensomhed_user SET email = 'anna@elsewhere.example' WHERE username = 'maria'")
    paid = application.pay()
    assert application.connection.execute(TOLD, [paid["id"]]).fetchall() == [("anna@elsewhere.example", False), ("maria@mary-fonden.example", True)]


@pytest.mark.parametrize(
    "deed",
    ["DELETE FROM initiatives_grantee_members", "UPDATE initiatives_grantee_members SET user_id = (SELECT id FROM ensomhed_user WHERE username = 'adam')"],
)
def test_a_person_taken_off_just_before_a_payment_is_told(application, deed):
    application.run(f"{deed} WHERE user_id = (SELECT id FROM ensomhed_user WHERE username = 'maria')")
    paid = application.pay()
    assert ("maria@mary-fonden.example", True) in application.connection.execute(TOLD, [paid["id"]]).fetchall()
    assert application.one("SELECT figures ->> 'change' FROM initiatives_notice WHERE what = 'people' ORDER BY id LIMIT 1") == "removed"


def test_after_thirty_days_what_was_taken_away_is_told_no_more(owner):
    maria, grantee = owner.person("maria"), owner.one("SELECT id FROM initiatives_grantee WHERE slug = 'mary-fonden'")
    for days, told in ((29, True), (31, False)):
        address = f"{days}@mary-fonden.example"
        owner.run(
            "INSERT INTO initiatives_formercontact (grantee_id, person_id, address, left_at) VALUES (%s, %s, %s, now() - make_interval(days => %s))",
            grantee, maria, address, days,
        )  # fmt: skip
        assert bool(owner.one("SELECT 1 FROM initiatives_told(%s) WHERE address = %s AND former", grantee, address)) is told


def test_somebody_new_among_its_people_is_told_to_the_others(people, lift):
    lift.grantee.members.add(people.adam)
    notice = newest(lift.grantee)
    assert (notice.what, notice.figures) == ("people", {"change": "added", "person": "Adam Dahl"})
    assert {delivery.person.username for delivery in notice.deliveries.all()} == {"maria", "adam"}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "deed", ["INSERT INTO initiatives_{} DEFAULT VALUES", "UPDATE initiatives_{} SET id = DEFAULT", "DELETE FROM initiatives_{}", "TRUNCATE initiatives_{}"]
)
def test_nobody_with_the_applications_credential_writes_changes_or_removes_what_was_told(application, table, deed):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.run(deed.format(table))


@pytest.mark.parametrize("table", [*TABLES, "case", "casemessage"])
@pytest.mark.parametrize("deed", ["UPDATE initiatives_{} SET id = DEFAULT", "DELETE FROM initiatives_{}", "TRUNCATE initiatives_{} CASCADE"])
def test_not_even_the_owner_changes_or_removes_it(owner, table, deed):
    owner.run("UPDATE ensomhed_user SET email = 'ny@mary-fonden.example' WHERE username = 'maria'")
    paid = owner.pay()
    delivery = owner.one("SELECT d.id FROM initiatives_delivery d JOIN initiatives_notice n ON n.id = d.notice_id WHERE n.transfer_id = %s LIMIT 1", paid["id"])
    owner.run("SELECT initiatives_take_delivery(%s)", delivery)
    owner.run("SELECT initiatives_delivery_was_tried(%s, true, '')", delivery)
    case = owner.one(
        "INSERT INTO initiatives_case (key, grantee_id, opened_by_id, text, transfer_id) SELECT gen_random_uuid(), id, %s, 'Nej', %s FROM initiatives_grantee"
        " WHERE slug = 'mary-fonden' RETURNING id",
        owner.person("maria"), paid["id"],
    )  # fmt: skip
    owner.run(
        "INSERT INTO initiatives_casemessage (key, case_id, text, closes, by_grantee, written_by_id) VALUES (gen_random_uuid(), %s, 'Mere', false, false, %s)",
        case,
        owner.person("maria"),
    )
    owner.run("SET CONSTRAINTS ALL IMMEDIATE")
    with owner.refused("controls_are_only_added_to"):
        owner.run(deed.format(table))


def test_a_reminder_is_told(owner):
    deadline = owner.one(
        "SELECT d.id FROM initiatives_deadline d JOIN initiatives_earmark e ON e.id = d.earmark_id WHERE e.slug = 'lift-mary-fonden' AND d.what = 'accounts' LIMIT 1"
    )
    owner.run("INSERT INTO initiatives_reminder (deadline_id, due, rung, sent_at) VALUES (%s, '2024-04-30', -7, now())", deadline)
    assert owner.one("SELECT figures ->> 'due' FROM initiatives_notice WHERE what = 'reminder'") == "2024-04-30"
