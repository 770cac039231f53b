"""The exceptions page: empty when all is well, and a line for each thing that got past a rule. The rules are switched off here as an owner could; the page asks the rows."""

import json
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from ensomhed import roles
from initiatives import claims, decisions, payments
from initiatives.control import proposals
from initiatives.exceptions import found
from initiatives.models import Grantee, Proposal
from ledger.kinds import Cause
from ledger.models import Transfer

TABLES = ("ledger_transfer", "initiatives_proposal", "initiatives_decision", "initiatives_verification", "initiatives_paymentbasis", "initiatives_accessreview")


@pytest.fixture
def tamper(committed):
    """Runs SQL with every trigger of the tables switched off, as their owner could."""

    def run(statement: str, *parameters) -> None:
        with committed.connect(roles.OWNER, autocommit=True) as owner:
            for table in TABLES:
                owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            owner.execute(statement, parameters)
            for table in TABLES:
                owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return run


def pay(people, earmark, voucher, amount="5000", day=date(2023, 3, 1)) -> Transfer:
    pending = payments.register_disbursement(people.sofie, earmark, amount=Money(amount, "DKK"), value_date=day, voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def told() -> dict[str, list[found.Exceptional]]:
    return {answer.check.code: answer.found for answer in found.answers() if answer.found}


def test_there_are_none_when_all_is_well(committed, people, lift, voucher):
    pay(people, lift, voucher)
    assert told() == {}


def test_a_payment_that_one_person_registered_and_approved(tamper, people, lift, voucher):
    paid = pay(people, lift, voucher)
    tamper("UPDATE ledger_transfer SET booked_by_id = %s WHERE id = %s", people.sofie.pk, paid.pk)
    (one,) = told()["two_ends"]
    assert (one.number, one.amount) == (paid.pk, Money("5000", "DKK"))
    assert "registreret og godkendt af samme person" in one.text
    assert one.address_for_staff == f"/admin/ledger/transfer/{paid.pk}/change/"
    assert one.address_for_auditor == f"/revision/posteringer/{paid.pk}/"


def test_a_payment_by_somebody_who_granted_it(tamper, people, lift, voucher):
    paid = pay(people, lift, voucher)
    tamper("UPDATE ledger_transfer SET booked_by_id = %s WHERE id = %s", people.lars.pk, paid.pk)
    assert "betalt af en, der gav tilskuddet" in told()["two_ends"][0].text


def test_a_person_whose_roles_meet(appoint, people):
    appoint(people.sofie, "Godkender")
    (one,) = told()["two_ends"]
    assert one.text == "Sofie Lund har ret til at registrere og at godkende udbetalinger"


def test_a_role_given_by_the_operator_after_the_first_review(committed, people):
    from initiatives.access.operator import appoint

    appoint(people.rikke, "Controller")
    (one,) = told()["roles"]
    assert "Rikke Vang fik rollen Controller af driften" in one.text


def test_a_payment_by_somebody_who_touched_the_details(tamper, people, lift, voucher):
    paid = pay(people, lift, voucher)
    tamper("UPDATE ledger_transfer SET booked_by_id = %s WHERE id = %s", people.nina.pk, paid.pending_id)
    (one,) = told()["details"]
    assert "Nina Bech" in one.text
    assert one.number == paid.pk


def test_a_payment_on_details_that_nobody_verified(tamper, people, lift, voucher):
    paid = pay(people, lift, voucher)
    tamper("DELETE FROM initiatives_verification WHERE proposal_id = (SELECT details_id FROM initiatives_paymentbasis WHERE transfer_id = %s)", paid.pending_id)
    assert "uden kontrollerede" in told()["details"][0].text


def test_an_override_stays_on_the_list(committed, people, lift, voucher):
    from initiatives import deadlines
    from initiatives.models import Deadline

    deadline = Deadline.objects.filter(earmark=lift, what="accounts").first()
    proposal = deadlines.override(people.sofie, deadline, until=date(2025, 12, 31), reason="Regnskabet er på vej", voucher=voucher, key=uuid.uuid4())
    assert "overrides" not in told()
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    (one,) = told()["overrides"]
    assert (one.number, one.text) == (proposal.pk, "Regnskabet er på vej")
    assert one.address_for_auditor == f"/revision/forslag/{proposal.pk}/"


def test_payments_split_on_one_day(committed, people, lift, voucher):
    first, second = pay(people, lift, voucher), pay(people, lift, voucher, amount="7000")
    pay(people, lift, voucher, day=date(2023, 3, 2))
    (one,) = told()["thresholds"]
    assert (one.number, one.amount, one.day) == (first.pk, Money("12000", "DKK"), date(2023, 3, 1))
    assert f"posteringerne {first.pk}, {second.pk}" in one.text


def test_waivers_just_under_the_threshold_or_in_parts(committed, people, lift, voucher):
    pay(people, lift, voucher)

    def waive(amount: str, year: int) -> None:
        money, day = Money(amount, "DKK"), date(year, 6, 1)
        claim = claims.expect(
            people.sofie, lift, amount=money, cause=Cause.UNSPENT, due=date(year, 7, 1), raised_on=day, text="Rest fra 2023", key=uuid.uuid4()
        )
        pending = decisions.write_off(people.mette, claim, cause=Cause.WAIVED, amount=money, value_date=day, voucher=voucher, key=uuid.uuid4())
        payments.approve(people.lars, pending, key=uuid.uuid4())

    waive("300.00", 2023)
    assert told() == {}
    waive("150.00", 2023)
    assert "opgivet i 2 dele på én dag" in told()["thresholds"][0].text
    waive("499.99", 2024)
    assert "lige under bagatelgrænsen" in told()["thresholds"][0].text


def details_of(people, grantee, voucher, day: date, account: str) -> Proposal:
    """Proposed by Nina, verified by Karen, approved by Mette."""
    after = {"method": "account", "cvr": "", "registration_number": "0216", "account_number": account, "effective_from": day.isoformat()}
    proposal = proposals.propose(people.nina, "payment_details", grantee=grantee, after=after, reason="Ny konto", voucher=voucher, key=uuid.uuid4())
    proposals.verify(people.karen, proposal, how="Ringet til foreningens kasserer")
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    return proposal


def test_details_changed_and_changed_back(committed, people, voucher):
    grantee, day = Grantee.objects.get(slug="mary-fonden"), date(2024, 1, 1)
    for number, account in enumerate(("4069000001", "4069000002", "4069000003")):
        details_of(people, grantee, voucher, day + timedelta(number), account)
    assert "changed_back" not in told()
    back = details_of(people, grantee, voucher, day + timedelta(5), "4069000002")
    (one,) = told()["changed_back"]
    assert (one.number, "Mary Fonden" in one.text) == (back.pk, True)


def test_an_account_number_shared_by_two_grantees(tamper, people, voucher):
    first = details_of(people, Grantee.objects.get(slug="mary-fonden"), voucher, date(2024, 1, 1), "4069000001")
    second = details_of(people, Grantee.objects.get(slug="roede-kors"), voucher, date(2024, 1, 1), "4069000009")
    assert "shared" not in told()
    tamper("UPDATE initiatives_proposal SET after = %s WHERE id = %s", json.dumps(first.after), second.pk)
    (one,) = told()["shared"]
    assert "0216 4069000001" in one.text
    assert "Mary Fonden og Røde Kors" in one.text


def test_a_review_that_is_overdue_is_said_to_those_who_can_make_it(client, tamper, people):
    tamper("UPDATE initiatives_accessreview SET quarter = '2020-K1'")
    for person, told_so in ((people.karen, True), (people.mette, True), (people.sofie, False)):
        client.force_login(person)
        assert ("skulle være sket senest" in client.get("/admin/").text) is told_so
    (one,) = told()["reviews"]
    assert one.address_for_staff == "/admin/initiatives/access/"


def test_the_questions_cost_the_same_however_many_payments_there_are(committed, people, lift, voucher):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            found.answers()
        return len(asked)

    pay(people, lift, voucher)
    before = queries()
    for day in range(2, 6):
        pay(people, lift, voucher, day=date(2023, 3, day))
    assert queries() == before


def test_staff_and_auditors_see_the_page_and_follow_a_line_to_its_story(visit, people, lift, voucher):
    paid = pay(people, lift, voucher)
    for size in ("desk", "phone"):
        karen = visit("karen", size=size)
        karen.go("/admin/initiatives/exceptions/")
        assert "Ingen undtagelser" in karen.text()
    pay(people, lift, voucher)
    for size in ("desk", "phone"):
        karen = visit("karen", size=size)
        karen.go("/admin/initiatives/exceptions/")
        karen.click(f"Postering nr. {paid.pk}")
        rikke = visit("rikke", size=size)
        rikke.go("/revision/undtagelser/")
        assert "udbetalt i 2 dele på én dag" in rikke.text()
        rikke.click(f"Postering nr. {paid.pk}")
        rikke.go("/revision/adgange/")
        rikke.go(f"/revision/forslag/{Proposal.objects.filter(kind='payment_details').first().pk}/")
