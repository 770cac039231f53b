"""Terms, reports and accounts: the days follow from the grant, payments stop while something is missing, and the reminders go out by the clock."""

import threading
import uuid
from datetime import date, timedelta

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from djmoney.money import Money

from initiatives import deadlines, decisions, payments
from initiatives.control import proposals
from initiatives.models import Deadline, Earmark, Receipt, ReceiptRejection, Voucher
from initiatives.receiving import ties
from ledger import booking
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests.granting import GRANTED, describe, grant, propose

ACCEPTED, REPORTED, ACCOUNTED = date(2023, 3, 10), date(2024, 1, 20), date(2024, 4, 20)
DUE_REPORT = date(2024, 1, 31)


@pytest.fixture
def fresh(people) -> Earmark:
    """Granted on 1 March 2023; nothing has come in."""
    return grant(people.by_name)


@pytest.fixture
def receive(people, voucher):
    def received(deadline: Deadline, day: date, by: str = "sofie", key: uuid.UUID | None = None) -> Receipt:
        return deadlines.receive(getattr(people, by), deadline, received_on=day, voucher=voucher, key=key or uuid.uuid4())

    return received


@pytest.fixture
def pay(people, voucher):
    def registered(earmark: Earmark, day: date, amount: str = "1000") -> Transfer:
        return payments.register_disbursement(people.sofie, earmark, amount=Money(amount, "DKK"), value_date=day, voucher=voucher, key=uuid.uuid4())

    return registered


@pytest.fixture
def decide(people, voucher):
    """`decide("extend", deadline, due=…)`: Sofie proposes it and Mette approves it."""

    def decided(verb: str, deadline: Deadline, **day: date) -> None:
        proposal = getattr(deadlines, verb)(people.sofie, deadline, reason="Revisor er blevet syg", voucher=voucher, key=uuid.uuid4(), **day)
        proposals.approve(people.mette, proposal, key=uuid.uuid4())

    return decided


def deadline(earmark: Earmark, what: str, year: int | None = None) -> Deadline:
    return Deadline.objects.in_force().get(earmark=earmark, what=what, year=year)


def refused(rule: str):
    return pytest.raises(LedgerError, check=lambda refusal: refusal.rule == rule)


def days(earmark: Earmark) -> list[tuple]:
    return [(one.what, one.year, one.final, one.due_in_force) for one in Deadline.objects.in_force().filter(earmark=earmark)]


# The days


def test_the_deadlines_follow_from_the_day_of_the_grant_and_the_frames_years(fresh):
    assert days(fresh) == [
        ("terms", None, False, date(2023, 3, 31)),
        ("status_report", 2023, False, date(2024, 1, 31)),
        ("accounts", 2023, False, date(2024, 4, 30)),
        ("status_report", 2024, False, date(2025, 1, 31)),
        ("accounts", 2024, False, date(2025, 4, 30)),
        ("status_report", 2025, False, date(2026, 1, 31)),
        ("accounts", 2025, True, date(2026, 4, 30)),
    ]


def test_a_grant_of_a_later_year_owes_nothing_about_the_years_before_it(people):
    later = grant(people.by_name, date(2025, 6, 1))
    assert days(later) == [
        ("terms", None, False, date(2025, 7, 1)),
        ("status_report", 2025, False, date(2026, 1, 31)),
        ("accounts", 2025, True, date(2026, 4, 30)),
    ]


def test_an_earmarking_that_waits_gives_no_deadlines(people):
    described = describe()
    propose(people.by_name, described)
    assert days(described) == []


def test_money_that_was_moved_to_an_earmark_gives_it_deadlines_too(people, lift, voucher):
    described = describe()
    moved = decisions.reallocate(people.mette, lift, described, amount=Money("500", "DKK"), value_date=date(2024, 5, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.lars, moved, key=uuid.uuid4())
    assert days(described)[0] == ("terms", None, False, date(2024, 5, 31))


def test_more_money_moves_no_deadline(people, fresh, lift, voucher):
    before = days(fresh)
    moved = decisions.reallocate(people.mette, lift, fresh, amount=Money("500", "DKK"), value_date=date(2025, 5, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.lars, moved, key=uuid.uuid4())
    assert days(fresh) == before


# The stop


def test_nothing_is_paid_before_the_terms_are_accepted(fresh, receive, pay):
    with refused("terms_are_accepted"):
        pay(fresh, GRANTED)
    receive(deadline(fresh, "terms"), ACCEPTED)
    with refused("terms_are_accepted") as refusal:
        pay(fresh, ACCEPTED - timedelta(days=1))
    assert "accepten kom 10.03.2023" in str(refusal.value)
    assert pay(fresh, ACCEPTED).value_date == ACCEPTED


@pytest.mark.parametrize(
    ("what", "due", "name"), [("status_report", DUE_REPORT, "Statusrapport for 2023"), ("accounts", date(2024, 4, 30), "Regnskab for 2023")]
)
def test_an_overdue_report_stops_payments_from_the_day_after_and_until_it_comes(fresh, receive, pay, what, due, name):
    receive(deadline(fresh, "terms"), ACCEPTED)
    if what == "accounts":
        receive(deadline(fresh, "status_report", 2023), REPORTED)
    pay(fresh, due)
    with refused("reports_are_not_overdue") as refusal:
        pay(fresh, due + timedelta(days=1))
    assert f"{name} skulle være modtaget senest {due:%d.%m.%Y}" in str(refusal.value)
    receive(deadline(fresh, what, 2023), due + timedelta(days=5))
    with refused("reports_are_not_overdue"):
        pay(fresh, due + timedelta(days=4))
    pay(fresh, due + timedelta(days=5))


def test_what_was_registered_in_time_is_not_approved_with_a_day_on_which_something_is_overdue(people, fresh, receive, pay):
    receive(deadline(fresh, "terms"), ACCEPTED)
    pending = pay(fresh, DUE_REPORT)
    with refused("reports_are_not_overdue"):
        payments.approve(people.anders, pending, key=uuid.uuid4(), value_date=DUE_REPORT + timedelta(days=1))
    assert payments.approve(people.anders, pending, key=uuid.uuid4()).value_date == DUE_REPORT


def test_what_was_registered_is_not_approved_once_the_acceptance_was_found_wrong(people, fresh, receive, pay):
    receipt = receive(deadline(fresh, "terms"), ACCEPTED)
    pending = pay(fresh, ACCEPTED)
    deadlines.reject(people.anders, receipt, reason="Brevet er ikke underskrevet")
    with refused("terms_are_accepted"):
        payments.approve(people.anders, pending, key=uuid.uuid4())
    payments.reject(people.anders, pending, reason="Vilkårene er ikke accepteret", key=uuid.uuid4())


def test_a_payment_booked_anew_sends_no_money_and_is_not_stopped(people, lift, fresh, pay, voucher):
    paid = payments.approve(people.anders, pay(lift, ACCEPTED), key=uuid.uuid4())
    undoing = payments.book_anew(people.sofie, paid, fresh, value_date=ACCEPTED, voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, undoing, key=uuid.uuid4())
    assert Transfer.objects.filter(replaces=paid, step="post", debit_account=fresh.account).exists()


def test_the_page_asks_what_the_books_ask(fresh, receive):
    assert [(stop.what, stop.due) for stop in deadlines.stops(fresh, ACCEPTED)] == [("terms", date(2023, 3, 31))]
    receive(deadline(fresh, "terms"), ACCEPTED)
    assert deadlines.stops(fresh, DUE_REPORT) == []
    late = deadlines.stops(fresh, date(2024, 5, 1))
    assert [stop.words for stop in late] == [
        "Statusrapport for 2023 skulle være modtaget senest 31.01.2024.",
        "Regnskab for 2023 skulle være modtaget senest 30.04.2024.",
    ]
    assert late[0].words_to_grantee == "Vi mangler statusrapport for 2023. Fristen var 31.01.2024."


def test_an_earmark_that_was_granted_nothing_is_stopped(people):
    described = describe()
    assert [(stop.what, stop.deadline) for stop in deadlines.stops(described, ACCEPTED)] == [("terms", None)]


# Receipts


def test_the_same_receipt_sent_twice_is_one(fresh, receive):
    key, terms = uuid.uuid4(), deadline(fresh, "terms")
    assert receive(terms, ACCEPTED, key=key) == receive(terms, ACCEPTED, key=key)
    with refused("key_decides_one_thing"):
        receive(terms, ACCEPTED + timedelta(days=1), key=key)
    with refused("deadline_is_met_once"):
        receive(terms, ACCEPTED)
    assert Receipt.objects.filter(deadline=terms).count() == 1


@pytest.mark.parametrize("day", [GRANTED - timedelta(days=1), date(2199, 1, 1)])
def test_nothing_came_before_the_grant_or_in_the_future(fresh, receive, day):
    with refused("receipt_is_dated_when_it_came"):
        receive(deadline(fresh, "terms"), day)


def test_a_report_does_not_come_before_the_year_it_tells_of(fresh, receive):
    with refused("receipt_is_dated_when_it_came"):
        receive(deadline(fresh, "status_report", 2024), date(2023, 12, 31))
    receive(deadline(fresh, "status_report", 2024), date(2024, 12, 31))


@pytest.mark.parametrize("username", ["anders", "mette", "karen", "rikke", "maria", "adam"])
def test_only_who_registers_records_a_receipt(fresh, receive, username):
    with pytest.raises(PermissionDenied):
        receive(deadline(fresh, "terms"), ACCEPTED, by=username)


def test_whoever_handles_the_agencys_own_earmark_does_not_record_what_it_handed_in(people, receive):
    own = Earmark.objects.get(slug="sekretariat-sbst")
    ties.name_handler(people.mette, own.grantee, people.søren, since=date(2023, 1, 1))
    receipt = Receipt.objects.get(deadline=deadline(own, "status_report", 2023))
    deadlines.reject(people.anders, receipt, reason="Det var en anden rapport")
    with refused("tied_hands_receive_nothing"):
        receive(receipt.deadline, REPORTED, by="søren")
    receive(receipt.deadline, REPORTED, by="sofie")


def test_a_wrong_receipt_is_rejected_by_another_for_a_reason_and_the_deadline_stands_again(people, fresh, receive):
    terms = deadline(fresh, "terms")
    receipt = receive(terms, ACCEPTED)
    with refused("receipt_is_rejected_by_another"):
        deadlines.reject(people.sofie, receipt, reason="Forkert brev")
    with refused("rejection_has_a_reason"):
        deadlines.reject(people.søren, receipt, reason=" \n\u00a0")
    for stranger in (people.mette, people.rikke):
        with pytest.raises(PermissionDenied):
            deadlines.reject(stranger, receipt, reason="Forkert brev")
    assert terms in Deadline.objects.exclude(pk__in=Deadline.objects.missing())
    deadlines.reject(people.søren, receipt, reason="Forkert brev")
    assert terms in Deadline.objects.missing()
    with refused("receipt_is_rejected_once"):
        deadlines.reject(people.anders, receipt, reason="Også forkert")
    receive(terms, ACCEPTED)
    assert [receipt.received_on for receipt in Deadline.objects.told().get(pk=terms.pk).standing_receipts] == [ACCEPTED]


def test_two_colleagues_who_record_the_same_at_once_record_it_once(committed, people):
    terms, paper = deadline(grant(people.by_name), "terms"), Voucher.objects.first()
    record = "INSERT INTO initiatives_receipt (key, deadline_id, received_on, voucher_id, recorded_by_id) VALUES (%s, %s, %s, %s, %s)"
    answers = []

    def second() -> None:
        with committed.connect() as other:
            try:
                other.execute(record, [uuid.uuid4(), terms.pk, ACCEPTED, paper.pk, people.søren.pk])
            except psycopg.Error as refusal:
                answers.append(refusal.diag.constraint_name)

    with committed.connect() as first:
        first.execute(record, [uuid.uuid4(), terms.pk, ACCEPTED, paper.pk, people.sofie.pk])
        late = threading.Thread(target=second)
        late.start()
        late.join(0.5)
        assert late.is_alive(), "the second waits for the first"
        first.commit()
        late.join(10)
    assert answers == ["deadline_is_met_once"]


# Extensions and overrides


def test_an_extension_counts_when_management_approved_it_and_moves_the_stop(people, fresh, receive, pay, voucher):
    receive(deadline(fresh, "terms"), ACCEPTED)
    report, later = deadline(fresh, "status_report", 2023), date(2024, 3, 15)
    proposal = deadlines.extend(people.sofie, report, due=later, reason="Sygdom", voucher=voucher, key=uuid.uuid4())
    with refused("reports_are_not_overdue"):
        pay(fresh, later)
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    report = deadline(fresh, "status_report", 2023)
    assert (report.due, report.due_in_force) == (DUE_REPORT, later)
    pay(fresh, later)
    with refused("reports_are_not_overdue"):
        pay(fresh, later + timedelta(days=1))


def test_an_extension_can_be_shortened_again_but_never_ends_before_the_deadlines_own_day_or_a_year_later(fresh, decide):
    report = deadline(fresh, "status_report", 2023)
    for day in (DUE_REPORT, DUE_REPORT - timedelta(days=1), date(2025, 2, 1), date(9999, 12, 31)):
        with refused("extension_is_later_and_ends"):
            decide("extend", report, due=day)
    decide("extend", report, due=date(2025, 1, 31))
    decide("extend", report, due=date(2024, 2, 29))
    assert deadline(fresh, "status_report", 2023).due_in_force == date(2024, 2, 29)


def test_an_extension_is_not_decided_by_its_proposer_or_without_its_document(people, fresh, voucher):
    report, day = deadline(fresh, "status_report", 2023), date(2024, 3, 1)
    proposal = deadlines.extend(people.sofie, report, due=day, reason="Sygdom", voucher=voucher, key=uuid.uuid4())
    with pytest.raises(PermissionDenied):
        proposals.approve(people.sofie, proposal, key=uuid.uuid4())
    with pytest.raises(PermissionDenied):
        deadlines.extend(people.mette, report, due=day, reason="Sygdom", voucher=voucher, key=uuid.uuid4())
    with refused("proposal_has_its_document"):
        proposals.propose(
            people.sofie,
            "extension",
            earmark=fresh,
            subject=deadline(fresh, "accounts", 2023).subject,
            after={"due": "2024-05-05"},
            reason="Sygdom",
            key=uuid.uuid4(),
        )


def test_an_extension_names_one_deadline_of_its_own_earmark(people, fresh, lift, voucher):
    def asked(**of):
        proposals.propose(people.sofie, "extension", reason="Sygdom", voucher=voucher, key=uuid.uuid4(), **of)

    report = deadline(fresh, "status_report", 2023)
    for of in (
        {"earmark": lift, "subject": report.subject},
        {"subject": report.subject},
        {"earmark": fresh, "grantee": fresh.grantee, "subject": report.subject},
        {"earmark": fresh, "subject": "deadline:0"},
    ):
        with refused("extension_names_a_deadline"):
            asked(after={"due": "2024-02-15"}, **of)
    for after in ({"due": "snart"}, {"due": "2024-02-30"}, {"due": None}, {}, {"due": "2024-02-15", "stop": "off"}):
        with refused("extension_is_later_and_ends"):
            asked(earmark=fresh, subject=report.subject, after=after)


def test_an_override_lets_payments_through_up_to_its_day_in_spite_of_one_thing(fresh, receive, pay, decide):
    decide("override", deadline(fresh, "terms"), until=date(2023, 6, 30))
    pay(fresh, date(2023, 6, 30))
    with refused("terms_are_accepted"):
        pay(fresh, date(2023, 7, 1))
    receive(deadline(fresh, "terms"), date(2023, 7, 1))
    decide("override", deadline(fresh, "status_report", 2023), until=date(2024, 12, 31))
    pay(fresh, date(2024, 4, 30))
    with refused("reports_are_not_overdue") as refusal:
        pay(fresh, date(2024, 5, 1))  # the accounts are another thing
    assert "Regnskab for 2023" in str(refusal.value)
    assert [proposal.subject for proposal in deadlines.overrides()] == [deadline(fresh, "status_report", 2023).subject, "stop:terms"]


def test_an_override_can_be_ended_and_stays_listed(fresh, pay, decide):
    terms = deadline(fresh, "terms")
    decide("override", terms, until=date(2023, 12, 31))
    decide("override", terms, until=date(2023, 3, 31))
    with refused("terms_are_accepted"):
        pay(fresh, date(2023, 4, 1))
    assert deadlines.overrides().count() == 2


def test_an_override_ends_and_names_a_stop(people, fresh, lift, voucher, decide):
    with refused("override_ends"):
        decide("override", deadline(fresh, "terms"), until=timezone.localdate() + timedelta(days=367))
    terms, of_lift = deadline(fresh, "terms"), deadline(lift, "status_report", 2023)
    for subject in ("stop:everything", "", terms.subject, of_lift.subject):
        with refused("override_names_a_stop"):
            proposals.propose(
                people.sofie, "override", earmark=fresh, subject=subject, after={"until": "2023-12-31"}, reason="Haster", voucher=voucher, key=uuid.uuid4()
            )


@pytest.mark.parametrize("verb", ["extend", "override"])
def test_whoever_handles_the_agencys_own_earmark_decides_neither_for_it(people, voucher, verb):
    own = Earmark.objects.get(slug="sekretariat-sbst")
    ties.name_handler(people.lars, own.grantee, people.mette, since=date(2023, 1, 1))
    day = {"due": date(2024, 3, 1)} if verb == "extend" else {"until": date(2024, 3, 1)}
    proposal = getattr(deadlines, verb)(people.sofie, deadline(own, "status_report", 2023), reason="Travlt", voucher=voucher, key=uuid.uuid4(), **day)
    with refused("barred_person_does_not_decide"):
        proposals.approve(people.mette, proposal, key=uuid.uuid4())
    proposals.approve(people.lars, proposal, key=uuid.uuid4())


def test_sql_records_and_rejects_a_receipt_only_for_who_has_the_right(people, fresh, receive, voucher):
    terms = deadline(fresh, "terms")
    with refused("receipt_is_recorded_with_the_right"):
        booking.insert(Receipt(key=uuid.uuid4(), deadline=terms, received_on=ACCEPTED, voucher=voucher, recorded_by=people.anders))
    receipt = receive(terms, ACCEPTED)
    with refused("receipt_is_recorded_with_the_right"):
        booking.insert(ReceiptRejection(receipt=receipt, reason="Forkert brev", rejected_by=people.mette))
