"""Weakness 11: payments outside the system were approved by nobody.

She paid through the accounting system directly, with no grant behind it, and nobody laid the two side by side. Here whatever the accounting system paid
comes back in its list, and what did not leave from here is red on everybody's front page until a second person decides why. She takes the list herself and
leaves her row out, explains her own row and approves it, gives her payment the reference of an honest one, reconciles what she paid herself, and erases.
"""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from psycopg import Error

from initiatives import vouchers
from initiatives.control import proposals
from initiatives.models import BankLine, Proposal
from initiatives.paying import explaining, findings, statements
from ledger.refusals import LedgerError
from tests import documents
from tests.paid import FIRST, LAST, listed, released, taken
from tests.test_admin_front import words

HERS = ";121000,00;05.04.2023;betalt"


@pytest.fixture
def paper(insider):
    return vouchers.keep(insider, documents.pdf("Alt er i orden"), "forklaring.pdf")


def red(client, person) -> bool:
    client.force_login(person)
    return "Betalinger, der ikke stemmer" in words(client.get("/admin/"))


def test_what_she_paid_outside_stands_red_on_everybodys_front_page(client, people, insider):
    taken(people, HERS)
    assert all(red(client, person) for person in (people.sofie, people.anders, people.karen, people.mette))
    assert [found.code for found in findings.unexplained()] == ["only_there"]


def test_she_explains_it_and_cannot_approve_her_own_explanation(client, people, insider, paper, committed):
    taken(people, HERS)
    (found,) = findings.unexplained()
    proposal = explaining.explain(insider, found, reason="Det er i orden", voucher=paper, key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal:
        proposals.approve(insider, proposal, key=uuid.uuid4())
    assert refusal.value.rule == "second_person_decides"
    client.force_login(insider)
    client.post(proposal.get_absolute_url(), {"decision": "approve", "approve-key": str(uuid.uuid4())})
    with committed.connect() as sql, pytest.raises(Error) as said:
        sql.execute(
            "INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_by_id) VALUES (gen_random_uuid(), %s, true, '', %s)",
            [proposal.pk, insider.pk],
        )
    assert said.value.diag.constraint_name == "second_person_decides"
    assert red(client, people.mette)
    assert not Proposal.objects.approved().filter(kind="explanation").exists()


def test_she_takes_a_list_without_her_row_and_the_whole_one_tells_it_all_the_same(client, people, lift, insider):
    (honest,) = released(people, lift, "1000")
    row = f"{honest};1000,00;03.04.2023;betalt"
    taken(people, row, by=insider)
    assert not red(client, people.mette)
    taken(people, row, HERS, last=LAST.replace(month=5))
    assert [found.bank.amount.amount for found in findings.unexplained()] == [121000]


def test_she_gives_it_the_reference_of_an_honest_payment(client, people, lift, insider):
    (honest,) = released(people, lift, "121000")
    taken(people, f"{honest};121000,00;03.04.2023;betalt", f"{honest};121000,00;05.04.2023;betalt")
    assert [(found.reference, found.code) for found in findings.unexplained()] == [(honest, "paid_twice")]


def test_she_does_not_reconcile_what_she_registered_herself(client, people, lift, insider, committed):
    (hers,) = released(people, lift, "1000", by=insider)
    content = listed(f"{hers};1000,00;03.04.2023;betalt")
    with pytest.raises(LedgerError) as refusal:
        statements.take(insider, content=content, name="liste.csv", first_day=FIRST, last_day=LAST, key=uuid.uuid4())
    assert refusal.value.rule == "reconciler_has_no_hand_in_the_payments"
    client.force_login(insider)
    page = client.post(
        "/admin/initiatives/bankstatement/upload/",
        {"key": str(uuid.uuid4()), "first_day": "01.04.2023", "last_day": "30.04.2023", "file": SimpleUploadedFile("liste.csv", content)},
    )
    assert "Du har selv registreret" in words(page)
    rows = f'[{{"number": 2, "reference": "{hers}", "amount": "1000.00", "day": "2023-04-03", "account": "", "text": "", "status": "paid"}}]'
    with committed.connect() as sql, pytest.raises(Error) as said:
        sql.execute("SELECT initiatives_take_statement(gen_random_uuid(), %s, 'l', %s, '2023-04-01', '2023-04-30', %s)", [insider.pk, content, rows])
    assert said.value.diag.constraint_name == "reconciler_has_no_hand_in_the_payments"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM initiatives_bankline",
        "UPDATE initiatives_bankline SET reference = 'ENS-1-8'",
        "UPDATE initiatives_bankline SET repeats_id = id",
        "INSERT INTO initiatives_paymentline SELECT * FROM initiatives_paymentline",
        "TRUNCATE initiatives_bankstatement CASCADE",
        "CREATE OR REPLACE VIEW initiatives_bankfinding AS SELECT 1",
        "DROP VIEW initiatives_bankfinding",
    ],
)
def test_she_erases_nothing(people, insider, committed, statement):
    taken(people, HERS)
    with committed.connect() as sql, pytest.raises(Error) as said:
        sql.execute(statement)
    assert said.value.sqlstate == "42501"
    assert BankLine.objects.count() == 1


def test_not_even_the_owner_of_the_database_changes_a_row(people, insider, committed):
    taken(people, HERS)
    with committed.connect(role="ensomhed_owner", autocommit=True) as sql:
        for statement in ("DELETE FROM initiatives_bankline", "UPDATE initiatives_bankline SET amount = 1", "TRUNCATE initiatives_bankline CASCADE"):
            with pytest.raises(Error) as said:
                sql.execute(statement)
            assert said.value.diag.constraint_name == "controls_are_only_added_to"
        with pytest.raises(Error) as said:
            sql.execute(
                "INSERT INTO initiatives_bankline (statement_id, number, reference, amount, amount_currency, day, account, text, status, occurrence)"
                " SELECT statement_id, 99, 'X', 1, 'DKK', day, '', '', 'paid', 1 FROM initiatives_bankline"
            )
        assert said.value.diag.constraint_name == "bank_list_is_whole"
