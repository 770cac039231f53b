"""The payment file: what was approved leaves in it, all of it and once, by somebody without a hand in any of it."""

import hashlib
import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from djmoney.money import Money

from initiatives import payments
from initiatives.models import Earmark, PaymentFile, PaymentLine, Voucher
from initiatives.paying import files, references
from initiatives.receiving import details
from ledger import booking
from ledger.kinds import Cause
from ledger.refusals import LedgerError
from tests.paid import pay, released, taken
from tests.receiving import decide
from tests.test_races import at_once  # noqa: F401 — a fixture


def undo(people, row, cause=Cause.NEVER_SENT):
    pending = payments.reverse(people.sofie, row, cause=cause, value_date=date(2023, 6, 1), key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def asked(query, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def test_what_was_approved_leaves_with_its_details_and_its_control_line(people, lift):
    first = pay(people, lift, "500000", text="1. rate 2023")
    second = pay(people, lift, "0.05", day=date(2023, 4, 28), text='=1+1; "æøå"')
    file = files.release(people.pia, key=uuid.uuid4())
    one, two = references.reference_of(first), references.reference_of(second)
    to = "Konto;;9999;0001234567"
    assert bytes(file.content).decode() == (
        "Post;Reference;Beløb;Valuta;Valørdato;Modtager;Betalingsmåde;CVR-nr.;Reg.nr.;Kontonr.;Tekst;Journalnummer\r\n"
        f"BETALING;{one};500000,00;DKK;03.04.2023;Mary Fonden;{to};1. rate 2023;\r\n"
        f'BETALING;{two};0,05;DKK;28.04.2023;Mary Fonden;{to};"\'=1+1; ""æøå""";\r\n'
        "KONTROL;FIL-00001;500000,05;DKK;;2 betalinger;;;;;;\r\n"
    )
    assert (file.line_count, file.total, file.sha256) == (2, Money("500000.05", "DKK"), hashlib.sha256(bytes(file.content)).hexdigest())


def test_a_state_agencys_draw_leaves_too_and_is_marked_as_internal(people):
    pay(people, Earmark.objects.with_accounts().get(slug="landsindsats-sbst"), "1000")
    assert ";Social- og Boligstyrelsen;Intern overførsel;;;;" in bytes(files.release(people.pia, key=uuid.uuid4()).content).decode()


def test_each_payment_leaves_once(people, lift):
    released(people, lift, "1000")
    with pytest.raises(LedgerError) as refusal:
        files.release(people.pia, key=uuid.uuid4())
    assert refusal.value.rule == "something_is_ready_to_release"
    new = pay(people, lift, "7")
    file = files.release(people.pia, key=uuid.uuid4())
    assert (file.number, [line.transfer_id for line in file.lines.all()]) == (2, [new.pk])


def test_pressed_twice_it_is_one_file_and_fetched_again_it_is_the_same(people, lift):
    pay(people, lift)
    key = uuid.uuid4()
    first, again = files.release(people.pia, key=key), files.release(people.pia, key=key)
    assert (first.pk, files.content_of(first)) == (again.pk, files.content_of(PaymentFile.objects.get(pk=first.pk)))
    with pytest.raises(LedgerError) as refusal:
        files.release(people.pia, key=key, up_to=date(2023, 4, 1))
    assert refusal.value.rule == "key_books_one_thing"
    first.content = bytes(first.content).replace(b"0001234567", b"0007654321")
    assert files.content_of(first) is None


def test_only_what_has_its_value_date_by_then_leaves(people, lift):
    early, late = pay(people, lift, "1"), pay(people, lift, "2", day=date(2023, 5, 2))
    assert [line.transfer_id for line in files.release(people.pia, key=uuid.uuid4(), up_to=date(2023, 5, 1)).lines.all()] == [early.pk]
    assert [payment.transfer.pk for payment in files.waiting_to_leave()] == [late.pk]


def test_a_payment_that_is_being_undone_is_held_back_and_one_that_is_undone_never_leaves(people, lift):
    held, stays = pay(people, lift, "1"), pay(people, lift, "2")
    pending = payments.reverse(people.sofie, held, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    assert [(payment.transfer.pk, payment.held) for payment in files.waiting_to_leave()] == [(held.pk, "reversal_waits"), (stays.pk, "")]
    assert files.release(people.pia, key=uuid.uuid4()).line_count == 1
    payments.approve(people.anders, pending, key=uuid.uuid4())
    assert files.waiting_to_leave() == []


def test_a_payment_whose_details_were_changed_meanwhile_is_held_back_and_changed_back_helps_nobody(people, lift):
    row = pay(people, lift, "1000")
    was = details.in_force(lift.grantee, row.value_date).after
    decide(people, lift.grantee)
    assert [(payment.transfer.pk, payment.held) for payment in files.waiting_to_leave()] == [(row.pk, "details_changed")]
    decide(people, lift.grantee, **{name: value for name, value in was.items() if name != "effective_from"})
    with pytest.raises(LedgerError) as refusal:
        files.release(people.pia, key=uuid.uuid4())
    assert refusal.value.rule == "something_is_ready_to_release"
    undo(people, row)
    assert files.waiting_to_leave() == []


def test_a_payment_whose_reversal_was_rejected_leaves(people, lift):
    row = pay(people, lift, "1")
    pending = payments.reverse(people.sofie, row, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    payments.reject(people.anders, pending, reason="Den skal sendes", key=uuid.uuid4())
    assert files.release(people.pia, key=uuid.uuid4()).line_count == 1


def test_a_payment_booked_anew_is_sent_once_under_its_first_reference(people):
    campaign, secretariat = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    first = pay(people, campaign, "1000")
    reversal = payments.book_anew(
        people.sofie, first, secretariat, value_date=date(2023, 4, 10), voucher=Voucher.objects.get(pk=first.voucher_sha256), key=uuid.uuid4()
    )
    assert [payment.held for payment in files.waiting_to_leave()] == ["reversal_waits"]
    payments.approve(people.anders, reversal, key=uuid.uuid4())
    file = files.release(people.pia, key=uuid.uuid4())
    assert [(line.transfer_id, line.reference) for line in file.lines.all()] == [(first.pk, references.reference_of(first))]
    assert files.waiting_to_leave() == []


@pytest.mark.parametrize("name", ["sofie", "anders", "karen", "mette", "rikke"])
def test_only_who_may_release_releases(people, lift, name):
    pay(people, lift)
    with pytest.raises(PermissionDenied):
        files.release(getattr(people, name), key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal, transaction.atomic():
        booking.ask(PaymentFile, "initiatives_release_payments(%s, %s, NULL)", [uuid.uuid4(), getattr(people, name).pk])
    assert refusal.value.rule == "releaser_holds_the_right"
    assert not PaymentFile.objects.exists()


@pytest.mark.parametrize("part", ["registers", "approves"])
def test_who_had_a_hand_in_one_of_the_payments_does_not_release_any(people, appoint, lift, part):
    pia = appoint(people.pia, "Sagsbehandler", "Godkender")
    pay(people, lift, "1")
    mine = pay(people, lift, "2", **({"by": pia} if part == "registers" else {"approved_by": pia}))
    with pytest.raises(LedgerError) as refusal:
        files.release(pia, key=uuid.uuid4())
    assert refusal.value.rule == "releaser_has_no_hand_in_the_payments"
    assert references.reference_of(mine) in str(refusal.value)
    assert files.hands(pia, files.waiting_to_leave()) == [references.reference_of(mine)]
    assert not PaymentFile.objects.exists()


@pytest.mark.parametrize("part", ["proposed", "verified", "approved"])
def test_who_settled_the_details_does_not_release_what_goes_to_them(people, appoint, lift, part):
    row = pay(people, lift, "1")
    settled = files.waiting_to_leave()[0].details
    hands = {"proposed": settled.proposed_by, "verified": settled.verification.verified_by, "approved": settled.decision.decided_by}
    person = appoint(hands[part], "Udbetaler")
    with pytest.raises(LedgerError) as refusal:
        files.release(person, key=uuid.uuid4())
    assert refusal.value.rule == "releaser_has_no_hand_in_the_payments"
    assert files.hands(person, files.waiting_to_leave()) == [references.reference_of(row)]


def test_what_left_is_never_sent_only_when_a_list_that_should_have_it_has_it_not(people, lift):
    row = pay(people, lift, "1000")
    files.release(people.pia, key=uuid.uuid4())
    for first, last in [(None, None), (date(2023, 4, 1), date(2023, 4, 3))]:
        if first:
            taken(people, first=first, last=last)
        with pytest.raises(LedgerError) as refusal, transaction.atomic():
            undo(people, row)
        assert refusal.value.rule == "released_payment_was_not_made"
    taken(people, last=date(2023, 4, 5))
    assert undo(people, row).cause == "never_sent"


def test_what_the_list_says_was_paid_is_not_never_sent(people, lift):
    row = pay(people, lift, "1000")
    files.release(people.pia, key=uuid.uuid4())
    taken(people, f"{references.reference_of(row)};1000,00;03.04.2023;betalt")
    with pytest.raises(LedgerError) as refusal:
        undo(people, row)
    assert refusal.value.rule == "released_payment_was_not_made"


def test_a_list_that_comes_while_the_reversal_waits_stops_its_approval(people, lift):
    row = pay(people, lift, "1000")
    files.release(people.pia, key=uuid.uuid4())
    taken(people)
    pending = payments.reverse(people.sofie, row, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    taken(people, f"{references.reference_of(row)};1000,00;20.04.2023;betalt", last=date(2023, 5, 1))
    with pytest.raises(LedgerError) as refusal:
        payments.approve(people.anders, pending, key=uuid.uuid4())
    assert refusal.value.rule == "released_payment_was_not_made"


@pytest.mark.parametrize("number", [1, 9, 10, 17, 99, 123456, 9007199254740993])
def test_page_and_database_call_a_payment_the_same(db, number):
    assert asked("SELECT initiatives_payment_reference(%s)", number) == references.reference(number)


def test_the_check_digit_catches_a_wrong_digit_and_two_that_changed_places(db):
    def digit(number):
        return references.reference(number)[-1]

    assert all(digit(1234) != digit(other) for other in (1235, 1244, 1334, 2234, 1243, 1324, 2134))
    assert digit(79927398713 // 10) == "3"  # the example that everybody uses for Luhn's digit


def test_the_application_writes_no_file_itself(people, lift):
    released(people, lift, "1000")
    for statement in (
        "INSERT INTO initiatives_paymentline SELECT * FROM initiatives_paymentline",
        "UPDATE initiatives_paymentfile SET content = '\\x00'",
        "UPDATE initiatives_paymentline SET amount = 1",
        "DELETE FROM initiatives_paymentfile",
        "TRUNCATE initiatives_paymentline",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            asked(statement)
    assert PaymentLine.objects.count() == 1


def test_two_who_release_at_the_same_moment_make_one_file_of_each_payment(at_once, people, lift):  # noqa: F811 — the fixture
    for amount in range(1, 6):
        pay(people, lift, str(amount))
    release = "SELECT number, line_count FROM initiatives_release_payments(%s, %s, NULL)"

    def deed(key):
        return lambda connection: connection.execute(release, [key, people.pia.pk]).fetchone()

    outcomes = at_once([deed(uuid.uuid4()) for _ in range(6)])
    assert [outcome for outcome in outcomes if isinstance(outcome, dict)] == [{"number": 1, "line_count": 5}]
    assert outcomes.count("something_is_ready_to_release") == 5
    assert PaymentLine.objects.count() == 5


def test_a_payment_that_is_undone_while_the_file_is_made_is_either_in_it_or_undone(at_once, people, lift):  # noqa: F811 — the fixture
    rows = [pay(people, lift, str(amount)) for amount in range(1, 5)]
    reverse = "SELECT id FROM ledger_book(%s, 'pending', %s, 'reversal', %s, %s, %s, '2023-04-03', NULL, %s, NULL, 'never_sent')"

    def undone(row):
        values = [uuid.uuid4(), people.sofie.pk, lift.grantee_account.code, lift.account.code, row.amount.amount, row.pk]
        return lambda connection: connection.execute(reverse, values).fetchone()

    def leave(connection):
        return connection.execute("SELECT line_count FROM initiatives_release_payments(%s, %s, NULL)", [uuid.uuid4(), people.pia.pk]).fetchone()

    *undoing, _ = at_once([*(undone(row) for row in rows), leave])
    left = set(PaymentLine.objects.values_list("transfer_id", flat=True))
    for row, outcome in zip(rows, undoing, strict=True):
        assert (row.pk in left) == (outcome == "released_payment_was_not_made"), outcome


def test_the_overview_tells_how_each_file_stands(people, lift):
    one, two = (*released(people, lift, "1"), *released(people, lift, "2"))
    waits = released(people, lift, "3", day=date(2023, 4, 28))
    taken(people, f"{one};1,00;03.04.2023;betalt", f"{two};2,01;03.04.2023;betalt", last=date(2023, 4, 27))
    assert [(file.number, file.disagreeing, file.waiting) for file in files.released()] == [(3, 0, 1), (2, 1, 0), (1, 0, 0)]
    assert waits
