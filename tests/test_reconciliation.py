"""Reconciliation: what left from here, line by line beside what the accounting system says that it paid."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from initiatives import payments, vouchers
from initiatives.control import proposals
from initiatives.models import BankLine, BankStatement, Earmark, Voucher
from initiatives.paying import explaining, files, findings, references, statements
from initiatives.receiving import details
from ledger.kinds import Cause
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests import documents
from tests.paid import FIRST, LAST, listed, pay, released, taken


def codes(found) -> list[tuple[str, str]]:
    return [(one.reference, one.code) for one in found]


def to_do(code: str) -> list[findings.Finding]:
    return [one for one in findings.to_do() if one.code == code]


@pytest.fixture(autouse=True)
def nothing_that_disagrees_is_out_of_doubt(request):
    """After each test: of every row on both sides, what does not simply agree is looked through each day, and told the same."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    yield
    every = """
        SELECT bank_line_id, line_id, finding, explained FROM initiatives_bankfinding
        UNION ALL SELECT NULL, line_id, finding, explained FROM initiatives_linefinding
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({every}) AS every WHERE finding <> 'both' EXCEPT SELECT * FROM initiatives_doubt")
        assert cursor.fetchall() == []
        cursor.execute(f"SELECT * FROM initiatives_doubt EXCEPT SELECT * FROM ({every}) AS every")
        assert cursor.fetchall() == []


def document(people) -> Voucher:
    return vouchers.keep(people.karen, documents.pdf("Forklaring"), "forklaring.pdf")


def explain(people, finding, by=None):
    return explaining.explain(by or people.karen, finding, reason="Bankens gebyr", voucher=document(people), key=uuid.uuid4())


def test_what_stands_in_both_agrees(people, lift):
    one, two = released(people, lift, "1000", "0.05")
    statement = taken(people, f"{one};1.000,00;03.04.2023;betalt", f"{two.lower()};0,05;04.04.2023;Betalt")
    assert codes(findings.of_statement(statement)) == [(one, "both"), (two, "both")]
    assert findings.unexplained() == []
    assert findings.count_of_agreeing() == 2


def test_what_stands_in_one_place_only_is_red_and_both_amounts_are_told(people, lift):
    here, differs, waits = (*released(people, lift, "1000", "2000"), *released(people, lift, "3000", day=LAST))
    taken(people, f"{differs};2.000,01;03.04.2023;betalt", "UDEN-4;9,00;05.04.2023;betalt", ";8,00;05.04.2023;betalt")
    assert codes(findings.unexplained()) == [(differs, "amount_differs"), ("UDEN-4", "only_there"), ("", "only_there"), (here, "only_here")]
    told = findings.unexplained()[0]
    assert (str(told.line.amount.amount), str(told.bank.amount.amount)) == ("2000.00", "2000.01")
    assert codes(to_do("waits")) == [(waits, "waits")]


@pytest.mark.parametrize("account", ["9999 0001234567", "99991234567", "9999-1234567", ""])
def test_the_account_of_the_details_is_the_same_however_it_is_written(people, lift, account):
    (one,) = released(people, lift, "1000")
    content = listed(f"{one};1000,00;03.04.2023;betalt;{account}", heading="Reference;Beløb;Dato;Status;Konto")
    statements.take(people.karen, content=content, name="a.csv", first_day=FIRST, last_day=LAST, key=uuid.uuid4())
    assert findings.unexplained() == []


@pytest.mark.parametrize("account", ["9999 0007654321", "1234 0001234567", "1234567", "12345678"])
def test_the_right_amount_on_another_account_is_red(people, lift, account):
    (one,) = released(people, lift, "1000")
    content = listed(f"{one};1000,00;03.04.2023;betalt;{account}", heading="Reference;Beløb;Dato;Status;Konto")
    statements.take(people.karen, content=content, name="a.csv", first_day=FIRST, last_day=LAST, key=uuid.uuid4())
    assert codes(findings.unexplained()) == [(one, "account_differs")]
    assert findings.of_payment(findings.unexplained()[0].line.transfer_id).code == "account_differs"


def test_a_nemkonto_paid_by_another_cvr_number_is_red(people):
    nemkonto = next(earmark for earmark in Earmark.objects.with_accounts() if details.in_force(earmark.grantee, FIRST).after["method"] == "nemkonto")
    right, wrong = released(people, nemkonto, "1000", "2000")
    own = details.in_force(nemkonto.grantee, FIRST).after["cvr"]
    rows = (f"{right};1000,00;03.04.2023;betalt;{own}", f"{wrong};2000,00;03.04.2023;betalt;10150817")
    content = listed(*rows, heading="Reference;Beløb;Dato;Status;Konto")
    statements.take(people.karen, content=content, name="a.csv", first_day=FIRST, last_day=LAST, key=uuid.uuid4())
    assert codes(findings.unexplained()) == [(wrong, "account_differs")]


def test_what_was_paid_twice_is_red_the_second_time(people, lift):
    (one,) = released(people, lift, "1000")
    row = f"{one};1000,00;03.04.2023;betalt"
    taken(people, row, row)
    assert [(found.bank.number, found.code) for found in findings.of_statement(BankStatement.objects.get())] == [(2, "both"), (3, "paid_twice")]
    taken(people, f"{one};1000,00;02.05.2023;betalt", first=date(2023, 5, 1), last=date(2023, 5, 31))
    assert codes(findings.unexplained()) == [(one, "paid_twice"), (one, "paid_twice")]


def test_a_row_that_an_earlier_list_had_counts_once(people, lift):
    (one,) = released(people, lift, "1000")
    row = f"{one};1000,00;03.04.2023;betalt"
    taken(people, row)
    again = taken(people, row, "UDEN-4;9,00;20.05.2023;betalt", last=date(2023, 5, 31))
    assert codes(findings.of_statement(again)) == [("UDEN-4", "only_there")]
    assert again.row_count == 2
    assert [line.repeats_id is not None for line in again.lines.all()] == [True, False]


def test_a_payment_that_was_never_released_is_only_there(people, lift):
    row = pay(people, lift, "1000")
    taken(people, f"{references.reference_of(row)};1000,00;03.04.2023;betalt")
    assert [found.code for found in findings.unexplained()] == ["only_there"]


def test_what_was_reversed_as_never_sent_and_paid_after_all_is_red(people, lift):
    row = pay(people, lift, "1000")
    files.release(people.pia, key=uuid.uuid4())
    taken(people)
    pending = payments.reverse(people.sofie, row, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    assert findings.unexplained() == []
    taken(people, f"{references.reference_of(row)};1000,00;03.05.2023;betalt", first=date(2023, 5, 1), last=date(2023, 5, 31))
    assert [found.code for found in findings.unexplained()] == ["paid_though_reversed"]


def test_the_same_file_is_known_again(people, lift):
    taken(people, "UDEN-4;9,00;05.04.2023;betalt")
    with pytest.raises(LedgerError) as refusal:
        taken(people, "UDEN-4;9,00;05.04.2023;betalt")
    assert refusal.value.rule == "bank_list_is_taken_once"
    assert "af Karen Friis" in str(refusal.value)
    assert statements.known(listed("UDEN-4;9,00;05.04.2023;betalt")).taken_by == people.karen


def test_two_months_without_a_payment_give_two_lists_with_the_same_bytes(people):
    taken(people)
    taken(people, first=date(2023, 5, 1), last=date(2023, 5, 31))
    with pytest.raises(LedgerError) as refusal:
        taken(people)
    assert refusal.value.rule == "bank_list_is_taken_once"


def test_pressed_twice_it_is_one_list(people):
    content, key = listed("UDEN-4;9,00;05.04.2023;betalt"), uuid.uuid4()
    one, two = (statements.take(people.karen, content=content, name="a.csv", first_day=FIRST, last_day=LAST, key=key) for _ in range(2))
    assert one.pk == two.pk


def test_a_preview_tells_exactly_what_would_be_kept_and_keeps_nothing(people, lift):
    (one,) = released(people, lift, "1000")
    content = listed(f"{one};1000,00;03.04.2023;betalt", "UDEN-4;9,00;05.04.2023;betalt")
    shown = statements.preview(people.karen, content=content, name="a.csv", first_day=FIRST, last_day=LAST)
    assert shown.tally == [("Stemmer", 1), ("Betalt, men ikke sendt herfra", 1)]
    assert (BankStatement.objects.count(), BankLine.objects.count(), findings.unexplained()) == (0, 0, [])


def test_a_row_outside_the_days_that_the_list_covers_is_refused(people):
    with pytest.raises(LedgerError) as refusal:
        taken(people, "UDEN-4;9,00;05.05.2023;betalt")
    assert (refusal.value.rule, refusal.value.figures["row"]) == ("bank_line_lies_within_its_list", 2)
    with pytest.raises(LedgerError) as refusal:
        taken(people, first=LAST, last=FIRST)
    assert refusal.value.rule == "bank_list_ends_after_it_begins"
    assert not BankStatement.objects.exists()


@pytest.mark.parametrize("name", ["sofie", "anders", "pia", "mette", "rikke"])
def test_only_who_may_reconcile_takes_a_list(people, name):
    with pytest.raises(PermissionDenied):
        taken(people, by=getattr(people, name))
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="Reconciling takes the right"), transaction.atomic():
        cursor.execute("SELECT initiatives_take_statement(gen_random_uuid(), %s, 'x', '\\x00', '2023-04-01', '2023-04-30', '[]')", [getattr(people, name).pk])


@pytest.mark.parametrize("part", ["registered", "approved", "released"])
def test_who_registered_approved_or_released_a_payment_does_not_reconcile_it(people, appoint, lift, part):
    anna = appoint(people.rikke, "Sagsbehandler", "Godkender", "Udbetaler", "Controller")
    row = pay(people, lift, "1000", **({"by": anna} if part == "registered" else {"approved_by": anna} if part == "approved" else {}))
    reference = references.reference_of(row)
    files.release(anna if part == "released" else people.pia, key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal:
        taken(people, "UDEN-4;9,00;05.04.2023;betalt", f"{reference};1000,00;05.04.2023;betalt", by=anna)
    assert refusal.value.rule == "reconciler_has_no_hand_in_the_payments"
    assert refusal.value.figures == {"row": 3, "reference": reference, "hand": part}
    assert not BankStatement.objects.exists()


def test_a_line_that_does_not_agree_stays_red_until_management_approves_why(people):
    taken(people, "GEBYR;375,00;05.04.2023;betalt")
    (found,) = findings.unexplained()
    proposal = explain(people, found)
    assert findings.unexplained()[0].proposal == proposal
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert findings.unexplained() == []
    assert [(one.code, one.proposal) for one in findings.to_do() if one.explained] == [("only_there", proposal)]


def test_a_rejected_explanation_leaves_the_line_red_and_another_can_be_proposed(people):
    taken(people, "GEBYR;375,00;05.04.2023;betalt")
    proposals.reject(people.mette, explain(people, findings.unexplained()[0]), reason="Ring til banken", key=uuid.uuid4())
    (found,) = findings.unexplained()
    assert found.proposal is None
    assert explain(people, found)


def test_a_payment_that_is_only_here_is_explained_too(people, lift):
    released(people, lift, "1000")
    taken(people)
    (found,) = findings.unexplained()
    proposals.approve(people.lars, explain(people, found), key=uuid.uuid4())
    assert findings.unexplained() == []


def test_what_agrees_is_not_explained(people, lift):
    (one,) = released(people, lift, "1000")
    statement = taken(people, f"{one};1000,00;03.04.2023;betalt")
    with pytest.raises(LedgerError) as refusal:
        explain(people, findings.of_statement(statement)[0])
    assert refusal.value.rule == "explanation_is_of_a_finding"
    for subject in ("bankline:999999", "paymentline:1; DROP TABLE", "periode:1"):
        with pytest.raises(LedgerError) as refusal:
            proposals.propose(
                people.karen, "explanation", after={"explained": True}, reason="Prøver", key=uuid.uuid4(), voucher=document(people), subject=subject
            )
        assert refusal.value.rule == "explanation_is_of_a_finding"


@pytest.mark.parametrize(("part", "role"), [("registered", "Sagsbehandler"), ("approved", "Godkender"), ("released", "Udbetaler")])
def test_who_had_a_hand_in_a_payment_neither_explains_it_nor_approves_why(people, appoint, lift, part, role):
    anna = appoint(people.rikke, role, "Controller", "Ledelse")
    row = pay(people, lift, "1000", **({"by": anna} if part == "registered" else {"approved_by": anna} if part == "approved" else {}))
    files.release(anna if part == "released" else people.pia, key=uuid.uuid4())
    taken(people, f"{references.reference_of(row)};1001,00;03.04.2023;betalt")
    (found,) = findings.unexplained()
    with pytest.raises(LedgerError) as refusal:
        explain(people, found, by=anna)
    assert (refusal.value.rule, refusal.value.figures["hand"]) == ("reconciler_has_no_hand_in_the_payments", part)
    proposal = explain(people, found)
    assert proposals.barred(proposal, anna) == part
    with pytest.raises(LedgerError) as refusal:
        proposals.approve(anna, proposal, key=uuid.uuid4())
    assert refusal.value.rule == "barred_person_does_not_decide"


def test_what_the_bank_returned_is_reversed_with_its_row_as_the_document(people, lift):
    (one,) = released(people, lift, "1000")
    taken(people, f"{one};1000,00;03.04.2023;betalt", f"{one};1000,00;06.04.2023;returneret")
    (found,) = to_do("returned")
    pending = explaining.reverse_returned(people.sofie, found, key=uuid.uuid4())
    assert (pending.cause, pending.reverses_id, pending.value_date, pending.amount) == (
        "bank_returned",
        found.line.transfer_id,
        date(2023, 4, 6),
        found.bank.amount,
    )
    shown = bytes(Voucher.objects.get(pk=pending.voucher_sha256).content)
    assert one.encode() in shown
    assert b"returneret" in shown
    assert to_do("returned") == []
    assert codes(findings.of_statement(BankStatement.objects.get())) == [(one, "both"), (one, "returned_being_reversed")]
    payments.approve(people.anders, pending, key=uuid.uuid4())
    assert codes(findings.of_statement(BankStatement.objects.get()))[1] == (one, "returned_and_reversed")
    assert lift.account.__class__.objects.get(pk=lift.account_id).left.amount == 3_800_000


def test_a_button_pressed_twice_registers_one_reversal(people, lift):
    (one,) = released(people, lift, "1000")
    taken(people, f"{one};1000,00;06.04.2023;returneret")
    (found,) = to_do("returned")
    key = uuid.uuid4()
    assert len({explaining.reverse_returned(people.sofie, findings.of_subject(found.subject), key=key).pk for _ in range(2)}) == 1
    with pytest.raises(LedgerError):
        explaining.reverse_returned(people.sofie, findings.of_subject(found.subject), key=uuid.uuid4())
    assert Transfer.objects.filter(kind="reversal").count() == 1


def test_what_left_is_not_returned_by_the_bank_because_somebody_says_so(people, lift):
    row = pay(people, lift, "1000")
    files.release(people.pia, key=uuid.uuid4())
    taken(people, f"{references.reference_of(row)};1000,00;03.04.2023;betalt")
    with pytest.raises(LedgerError) as refusal:
        payments.reverse(people.sofie, row, cause=Cause.BANK_RETURNED, value_date=date(2023, 4, 6), voucher=document(people), key=uuid.uuid4())
    assert refusal.value.rule == "returned_payment_stands_on_a_list"


def test_the_application_writes_no_list_itself(people):
    taken(people, "UDEN-4;9,00;05.04.2023;betalt")
    for statement in (
        "INSERT INTO initiatives_bankline SELECT * FROM initiatives_bankline",
        "UPDATE initiatives_bankline SET amount = 1",
        "DELETE FROM initiatives_bankline",
        "TRUNCATE initiatives_bankstatement CASCADE",
        "UPDATE initiatives_bankstatement SET last_day = '2030-01-01'",
    ):
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute(statement)


def test_not_even_the_owner_of_the_database_says_that_a_row_agrees(owner):
    """`bank_line_is_compared`: PostgreSQL says it."""
    said = owner.one(
        """INSERT INTO initiatives_bankline (statement_id, number, reference, amount, amount_currency, day, account, text, status, occurrence, agreed)
           VALUES (-1, 1, 'ENS-1', 1, 'DKK', '2023-04-03', '', '', 'paid', 1, true) RETURNING agreed"""
    )
    assert said is False
