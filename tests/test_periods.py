"""A period is open, held, closed: what each takes, who does it, and what a closing keeps."""

import json
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from djmoney.money import Money
from psycopg.types.json import Jsonb

from ensomhed import roles
from initiatives import closing, decisions, movements, payments
from initiatives.control import proposals
from initiatives.models import Closing
from initiatives.paying import explaining, findings
from ledger import questions
from ledger.kinds import Cause
from ledger.models import Period
from ledger.refusals import LedgerError
from tests.around import Around
from tests.intruder import AUDITED, LIFT
from tests.paid import released, taken

HOLD = "SELECT ledger_hold_period(%s, %s, %s)"
AUDIT = "SELECT initiatives_close_period('2023-01', %s, %s, %s)"


def kr(amount: str) -> Money:
    return Money(amount, "DKK")


def registered(people, lift, voucher, day=date(2023, 1, 10), amount="500000"):
    return payments.register_disbursement(people.sofie, lift, amount=kr(amount), value_date=day, voucher=voucher, key=uuid.uuid4())


def points(period: str) -> dict[str, closing.Point]:
    return {point.code: point for point in closing.checklist(Period.objects.get(pk=period))}


def close_up_to(people, last: str) -> Closing:
    for period in Period.objects.filter(code__startswith=last[:4], code__lte=last, closed=False):
        kept = decisions.close_period(people.karen, period.code, reason="Følges op i næste periode")
    return kept


# Held


def test_a_held_period_takes_nothing_new_but_from_the_controller_and_lets_what_waits_be_settled(people, lift, voucher):
    pending, other, moved = registered(people, lift, voucher), registered(people, lift, voucher), registered(people, lift, voucher)
    earlier = registered(people, lift, voucher, day=date(2023, 1, 31))
    assert closing.hold(people.karen, "2023-02").standing == "Tilbageholdt"
    with pytest.raises(LedgerError, match="2023-02 er tilbageholdt") as refusal, transaction.atomic():
        registered(people, lift, voucher, day=date(2023, 2, 1))
    assert (refusal.value.rule, refusal.value.field) == ("period_is_held", "value_date")
    with pytest.raises(LedgerError, match="2023-02 er tilbageholdt"), transaction.atomic():
        payments.approve(people.anders, moved, key=uuid.uuid4(), value_date=date(2023, 2, 1))
    closing.hold(people.karen, "2023-01")
    payments.approve(people.anders, pending, key=uuid.uuid4())
    payments.reject(people.anders, other, reason="Forkert bilag", key=uuid.uuid4())
    payments.withdraw(people.sofie, earlier, key=uuid.uuid4())
    assert closing.let_go(people.knud, "2023-02").standing == "Åben"
    assert registered(people, lift, voucher, day=date(2023, 2, 1)).step == "pending"


def test_only_those_who_close_periods_hold_them_or_let_them_go(people):
    for deed in (closing.hold, closing.let_go, decisions.close_period):
        with pytest.raises(PermissionDenied):
            deed(people.sofie, "2023-01")


def test_sql_books_nothing_new_into_a_held_period(application):
    pending = application.disburse(p_value_date="2023-01-10")
    earlier = application.settle(application.disburse(p_value_date="2023-01-05"))
    application.run(HOLD, "2023-01", application.karen, True)
    with application.refused("period_is_held"):
        application.disburse(p_value_date="2023-01-31")
    with application.refused("period_is_held"):
        application.disburse(p_step="single", p_kind="repayment", p_debit=LIFT["p_credit"], p_credit="treasury", p_cause="unspent", p_value_date="2023-01-31")
    with application.refused("period_is_held"):
        application.reverse(earlier)
    application.settle(pending)
    application.run(HOLD, "2023-01", application.karen, False)
    application.disburse(p_value_date="2023-01-31")


def test_the_door_of_holdings_knows_the_period_and_the_person(application):
    for code, person, rule in (("2023-14", application.karen, "period_exists"), ("2023-01", None, "booking_is_complete"), ("2022-01", 1, "period_exists")):
        with application.refused(rule):
            application.run(HOLD, code, person, True)
    application.close("2023-01")
    with application.refused("period_is_open"):
        application.run(HOLD, "2023-01", application.karen, True)
    application.run(HOLD, "2023-02", application.karen, True)
    for code, hold in (("2023-02", False), ("2023-03", True)):
        for person in (application.sofie, application.anders, application.mette, -1):
            with application.refused("booker_holds_the_right"):
                application.run(HOLD, code, person, hold)
    before = application.state()
    application.run(HOLD, "2023-02", application.person("knud"), True)  # it is so already: the first one's hand stands
    assert application.state() == before


def test_closing_ends_the_holding(owner):
    owner.run(HOLD, "2023-01", owner.karen, True)
    owner.close("2023-01")
    assert owner.one("SELECT (closed, held, held_at, held_by_id)::text FROM ledger_period WHERE code = '2023-01'") == "(t,f,,)"
    owner.run(HOLD, "2023-02", owner.karen, True)
    owner.run("SET CONSTRAINTS ALL IMMEDIATE")
    owner.run("ALTER TABLE ledger_period DISABLE TRIGGER closing_ends_the_holding")
    with owner.refused("period_holding_is_signed"):
        owner.close("2023-02")


def test_those_who_close_register_the_lapse_at_year_end_and_the_reversal_of_an_error_and_nothing_else(people, lift, voucher):
    paid = payments.approve(people.anders, registered(people, lift, voucher), key=uuid.uuid4())
    back = movements.repay(people.sofie, lift, amount=kr("40000"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())
    wrong = movements.repay(people.sofie, lift, amount=kr("7000"), cause=Cause.ERROR, value_date=date(2023, 5, 2), key=uuid.uuid4())
    closing.hold(people.karen, "2023-12")
    undone = payments.reverse(people.karen, wrong, cause=Cause.ERROR, value_date=date(2023, 12, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, undone, key=uuid.uuid4())
    lapse = {"amount": kr("40000"), "value_date": date(2023, 12, 31), "voucher": None, "key": uuid.uuid4()}
    pending = decisions.lapse(people.karen, lift, at_year_end=True, **lapse)
    with pytest.raises(PermissionDenied):
        payments.approve(people.knud, pending, key=uuid.uuid4())
    payments.approve(people.lars, pending, key=uuid.uuid4())
    assert points("2023-13.1")["unreturned"].in_order
    for deed in (
        lambda: decisions.lapse(people.karen, lift, **lapse | {"voucher": voucher}),
        lambda: payments.reverse(people.karen, paid, cause=Cause.NEVER_SENT, value_date=date(2023, 12, 1), key=uuid.uuid4()),
        lambda: (
            registered(people, lift, voucher)
            and payments.register_disbursement(people.karen, lift, amount=kr("1"), value_date=date(2023, 2, 1), voucher=voucher, key=uuid.uuid4())
        ),
    ):
        with pytest.raises(PermissionDenied):
            deed()
    assert back.amount == kr("40000")


def test_sql_registers_nothing_as_a_controller_but_what_closing_takes(application):
    paid = application.pay()
    for content in ({}, {"p_kind": "lapse", "p_credit": "treasury", "p_value_date": "2026-02-01"}):
        with application.refused("booker_holds_the_right"):
            application.disburse(**content, p_booked_by=application.karen)
    with application.refused("booker_holds_the_right"):
        application.reverse(paid, p_booked_by=application.karen)
    given = application.settle(application.disburse(p_kind="release", p_credit="frame:ensomhed-2023-2025", p_amount="5.00"))
    error = {"p_cause": "error", "p_debit": "frame:ensomhed-2023-2025", "p_credit": LIFT["p_debit"], "p_booked_by": application.karen}
    undone = application.reverse(given, **error)
    with application.refused("booker_holds_the_right"):
        application.settle(undone, p_booked_by=application.person("knud"))


# Closed


def test_a_period_with_something_open_closes_with_a_reason_and_keeps_what_was_found(people, lift, voucher):
    payments.approve(people.anders, registered(people, lift, voucher), key=uuid.uuid4())
    waits = registered(people, lift, voucher, amount="1000")
    now = points("2023-01")
    assert {code: point.in_order for code, point in now.items()} == {
        "reservations": False, "payments": False, "bank_lines": True, "trial_balance": True, "audit": None,
    }  # fmt: skip
    assert now["reservations"].items[0].address == f"/admin/initiatives/payment/{waits.pk}/settle/"
    assert now["payments"].finding == "1 udbetaling er ikke afstemt, i alt 500.000,00\u00a0kr."
    for reason in ("", " \t\u00a0"):
        with pytest.raises(LedgerError, match="1 registrering, der venter, og 1 udbetaling, der ikke er afstemt") as refusal, transaction.atomic():
            decisions.close_period(people.karen, "2023-01", reason=reason)
        assert refusal.value.rule == "open_items_have_a_reason"
    kept = decisions.close_period(people.karen, "2023-01", reason="Sendes i februar")
    payments.reject(people.anders, waits, reason="Forkert", key=uuid.uuid4())
    assert (kept.reason, kept.settlement) == ("Sendes i februar", [])
    told = {point.code: point.in_order for point in closing.found(Closing.objects.get(pk=kept.pk))}
    assert told == {"reservations": False, "payments": False, "bank_lines": True, "trial_balance": True, "audit": True}


def test_what_the_lists_of_payments_say_is_counted_until_it_agrees_or_is_explained(people, lift, voucher):
    def stands_open(code: str) -> dict[str, int]:
        return {name: points(code)[name].count for name in ("reservations", "payments", "bank_lines")}

    registered(people, lift, voucher, day=date(2023, 3, 31), amount="7")
    sent, differs = released(people, lift, "1000", "2000")
    taken(people, f"{sent};1000,00;2023-04-03;Betalt", f"{differs};2000,01;2023-04-03;Betalt", "UDEN-4;9,00;2023-04-04;Betalt")
    assert stands_open("2023-04") == {"reservations": 1, "payments": 1, "bank_lines": 2}, "what waits from an earlier month is counted, too"
    found = next(found for found in findings.unexplained() if found.code == "amount_differs")
    explanation = explaining.explain(people.karen, found, reason="Bankens gebyr", voucher=voucher, key=uuid.uuid4())
    assert stands_open("2023-04")["bank_lines"] == 2, "an explanation counts when it is approved"
    proposals.approve(people.lars, explanation, key=uuid.uuid4())
    assert stands_open("2023-04") == {"reservations": 1, "payments": 0, "bank_lines": 1}
    close_up_to(people, "2023-04")
    assert stands_open("2023-05")["bank_lines"] == 0, "what one closing counted the next one does not, unless it is of its own days"
    taken(people, "UDEN-5;9,00;2023-03-02;Betalt", first=date(2023, 3, 1), last=date(2023, 3, 31))
    assert stands_open("2023-05")["bank_lines"] == 1, "a list that came late is counted by the next closing"


def test_sql_closes_nothing_that_the_verb_would_not(application):
    sound = json.loads(application.one(f"SELECT {AUDITED}::text"))
    application.disburse(p_value_date="2023-02-01")
    application.run(AUDIT, application.karen, "", json.dumps(sound))  # what waits is of a later period
    pending = application.disburse(p_value_date="2023-02-02")
    sound = json.loads(application.one(f"SELECT {AUDITED}::text"))
    february = AUDIT.replace("2023-01", "2023-02")
    for reason in ("", " \u00a0", None):
        with application.refused("open_items_have_a_reason"):
            application.run(february, application.karen, reason, json.dumps(sound))
    for audit in (sound | {"breaches": 1}, {}, None, {"transfers": 1}):
        with application.refused("closing_stands_on_a_sound_audit"):
            application.run(february, application.karen, "set", None if audit is None else json.dumps(audit))
    for audit in (sound | {"newest": pending["id"] - 1}, sound | {"transfers": 0}, {"breaches": 0, "transfers": 0}, {"breaches": 0}):
        with application.refused("closing_follows_its_audit"):
            application.run(february, application.karen, "set", json.dumps(audit))
    application.disburse(p_value_date="2023-03-01")  # booked after the audit, and in a later period
    application.run(february, application.karen, "set", json.dumps(sound))


def test_nobody_closes_a_period_beside_its_checklist(application):
    with application.refused("closing_has_its_checklist"):
        application.run("SELECT ledger_close_period('2023-01', %s)", application.karen)
    with application.refused("42501"):
        Around(application).insert("closing", period_id="2023-01", made_by_id=application.karen)
    application.close("2023-01")
    assert application.one("SELECT count(*) FROM initiatives_closing WHERE period_id = '2023-01'") == 1
    around = Around(application)
    around.decide(around.propose("reopening", "karen", {"closed": []}, subject="period:2023-01"), "lars")
    application.disburse(p_value_date="2023-01-31")
    with application.refused("closing_has_its_checklist"):  # the first one was written in this very transaction, and says nothing of what waits now
        application.run("SELECT ledger_close_period('2023-01', %s)", application.karen)
    application.close("2023-01")


def test_a_trial_balance_that_does_not_agree_closes_nothing(owner):
    owner.run("ALTER TABLE ledger_account DISABLE TRIGGER USER")
    owner.run("UPDATE ledger_account SET credits_posted = credits_posted + 0.01 WHERE kind = 'treasury'")
    with owner.refused("closing_has_a_trial_balance_that_agrees"):
        owner.close("2023-01")


def test_an_audit_that_finds_something_closes_nothing_and_says_what(committed, people):
    with committed.connect(roles.OWNER) as connection:
        connection.execute("ALTER TABLE ledger_account DISABLE TRIGGER USER")
        connection.execute("UPDATE ledger_account SET head = repeat('0', 64) WHERE code = 'used:lift-mary-fonden'")
        connection.execute("ALTER TABLE ledger_account ENABLE TRIGGER USER")
    with pytest.raises(LedgerError) as refusal:
        decisions.close_period(people.karen, "2023-01")
    assert not Closing.objects.exists()
    assert refusal.value.rule == "closing_stands_on_a_sound_audit"
    assert "1 brud" in str(refusal.value)
    assert "used:lift-mary-fonden" in str(refusal.value)


def test_whatever_a_closing_counts_waits_for_it(committed, people):
    """Otherwise a list that was taken meanwhile would be of the time before it, and the next closing would look past its rows."""
    take = "SELECT (initiatives_take_statement(gen_random_uuid(), %s, 'liste.csv', %s, '2023-01-01', '2023-02-28', %s)).taken_at"
    hold = "SELECT ledger_hold_period('2023-03', %s, true)"
    close = f"SELECT c.made_at, c.checklist -> 'bank_lines' ->> 'count' FROM initiatives_close_period(%s, %s, 'Set efter', {AUDITED}) c"
    line = {"number": 1, "reference": "UDEN-1", "amount": 9, "day": "2023-02-02", "account": "", "text": "", "status": "paid"}
    with committed.connect() as closing, committed.connect() as other, ThreadPoolExecutor(1) as apart:

        def kept_waiting(by: psycopg.Connection, whom: psycopg.Connection, *deed) -> Future:
            """Starts a deed and sees it wait for what the other one has begun."""
            doing = apart.submit(lambda: whom.execute(*deed).fetchone())
            while not by.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pid = %s", [whom.info.backend_pid]).fetchone():
                assert not doing.done(), "it did not wait"
            return doing

        closing.execute("SELECT pg_advisory_xact_lock(7302300)")
        taking = kept_waiting(closing, other, take, [people.karen.pk, b"tom", "[]"])
        closed_at, _ = closing.execute(close, ["2023-01", people.karen.pk]).fetchone()
        closing.commit()
        assert taking.result()[0] > closed_at, "list_waits_for_closing"
        other.execute(take, [people.karen.pk, b"liste", Jsonb([line])])
        counting = kept_waiting(other, closing, close, ["2023-02", people.karen.pk])
        other.commit()
        assert counting.result()[1] == "1", "and the closing for it"
        holding = kept_waiting(closing, other, hold, [people.knud.pk])
        closing.rollback()
        assert holding.result()


# The trial balance


def test_the_trial_balance_of_a_period_is_what_moved_in_it_between_what_stood_before_and_after(people, books, django_assert_num_queries):
    books.play("""
        2023-02-01  earmark -> grantee   500000.00
        2023-03-01  earmark -> grantee   300000.00
        2023-03-05  grantee -> earmark    40000.00  because error
        2023-03-09  earmark -> grantee    10000.00  pending
        2023-04-01  earmark -> grantee     1000.00
    """)
    with django_assert_num_queries(1):
        rows = questions.trial_balance("2023-03")
    told = {row.code: (row.opening, row.debit, row.credit, row.closing) for row in rows}
    assert told["grantee:lift-mary-fonden"] == tuple(map(kr, ("500000", "40000", "300000", "760000")))
    assert told["earmark:lift-mary-fonden"] == tuple(map(kr, ("3300000", "300000", "40000", "3040000")))
    assert sum(row.debit.amount for row in rows) == sum(row.credit.amount for row in rows) == 340000
    assert sum(row.opening.amount for row in rows) == sum(row.closing.amount for row in rows) == 0
    assert all(row.agrees for row in rows)
    after = {row.code: row for row in questions.trial_balance("2023-13.1")}
    assert after["grantee:lift-mary-fonden"].opening == after["grantee:lift-mary-fonden"].closing == kr("761000")


# The year


def test_a_year_ends_with_its_frames_settled_as_they_were_and_says_so_after_it_is_opened_again(people, lift, voucher):
    payments.approve(people.anders, registered(people, lift, voucher), key=uuid.uuid4())
    movements.repay(people.sofie, lift, amount=kr("40000"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())
    close_up_to(people, "2023-11")
    closing.hold(people.karen, "2023-12")
    close_up_to(people, "2023-12")
    assert points("2023-13.1")["unreturned"].finding == "1 øremærkning mangler bortfald, i alt 40.000,00\u00a0kr."
    pending = decisions.lapse(
        people.karen, lift, amount=kr("40000"), value_date=date(2023, 12, 31), at_year_end=True, voucher=None, period="2023-13.1", key=uuid.uuid4()
    )
    payments.approve(people.lars, pending, key=uuid.uuid4())
    kept = close_up_to(people, "2023-13.2")
    (frame, year), _ = closing.settlement_of(kept)
    assert (frame.slug, year.opening, year.granted) == ("ensomhed-2023-2025", kr("0"), kr("20800000"))
    assert (year.used, year.lapsed, year.closing) == (kr("460000"), kr("40000"), kr("20300000"))
    assert closing.settlement_now(2023) == closing.settlement_of(kept)
    proposal = proposals.propose(
        people.karen, "reopening", subject="period:2023-13.2", after={"closed": []}, reason="En fejl", voucher=voucher, key=uuid.uuid4()
    )
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert Period.objects.get(pk="2023-13.2").standing == "Åben"
    late = payments.register_disbursement(
        people.sofie, lift, amount=kr("100"), value_date=date(2023, 12, 31), period="2023-13.2", voucher=voucher, key=uuid.uuid4()
    )
    payments.approve(people.anders, late, key=uuid.uuid4())
    assert closing.settlement_of(Closing.objects.get(pk=kept.pk))[0][1].used == kr("460000")
    assert closing.settlement_now(2023)[0][1].used == kr("460100")
    close_up_to(people, "2023-13.2")
    assert Closing.objects.filter(period="2023-13.2").count() == 2
