"""An instalment plan: never above its earmark, version by version, and kept by what would take the earmark below it."""

import uuid
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from djmoney.money import Money
from psycopg.types.json import Jsonb

from initiatives import decisions, movements, payments, plans
from initiatives.models import Earmark, Frame
from initiatives.plans import Planned
from ledger.kinds import Cause
from ledger.models import ZERO, Window
from ledger.refusals import LedgerError
from tests.around import Around
from tests.paid import pay

DAY = date(2023, 4, 3)
MAKE = "SELECT (initiatives_make_plan(%s, %s, %s, %s, %s, %s)).id"


def kr(amount) -> Money:
    return Money(Decimal(amount), "DKK")


def rows(*told: tuple[str, str]) -> list[Planned]:
    """("01.04.2023", "500000"), …"""
    return [Planned(date(int(day[6:]), int(day[3:5]), int(day[:2])), kr(amount), f"rate {number}") for number, (day, amount) in enumerate(told, 1)]


def made(people, earmark, *told: tuple[str, str], revises=None, reason="", by=None):
    return plans.make(by or people.sofie, earmark, rows(*told), key=uuid.uuid4(), reason=reason, revises=revises)


FOUR = (("01.04.2023", "500000"), ("01.04.2024", "900000"), ("01.04.2025", "1000000"), ("01.10.2025", "1400000"))


def states(earmark) -> list[str]:
    return [one.state(date(2024, 6, 1)) for one in plans.progress(earmark)]


def test_money_is_laid_on_the_instalments_in_order_whatever_they_were_registered_for(people, lift, voucher):
    assert plans.current(lift) is None
    assert plans.progress(lift) == []
    plan = made(people, lift, *FOUR)
    assert (plan.number, plan.made_by, plans.current(lift)) == (1, people.sofie, plan)
    pay(people, lift, "515000", day=DAY)
    movements.repay(people.sofie, lift, amount=kr(40000), cause=Cause.ERROR, value_date=date(2023, 5, 2), key=uuid.uuid4())
    payments.register_disbursement(people.sofie, lift, amount=kr(600000), value_date=date(2023, 5, 3), voucher=voucher, key=uuid.uuid4())
    first, second, third, last = plans.progress(lift)
    assert (first.paid, first.on_its_way, first.missing) == (kr(475000), kr(25000), ZERO), "515.000 kr. less the 40.000 kr. that came back"
    assert (second.paid, second.on_its_way, second.missing) == (ZERO, kr(575000), kr(325000))
    assert (third.missing, last.missing) == (kr(1000000), kr(1400000))
    assert states(lift) == ["venter på godkendelse", "delvist udbetalt, mangler", "planlagt", "planlagt"]
    assert plans.next_instalment(lift) == second
    assert plans.used_up(lift) == plans.UsedUp(date(2025, 10, 1), ZERO, ZERO)
    assert [one.instalment for one in plans.due(date(2025, 4, 1))] == [second.instalment, third.instalment]
    assert plans.due(date(2025, 4, 1))[0].instalment.plan.earmark == lift
    frame = Frame.objects.get(slug="ensomhed-2023-2025")
    assert plans.planned_by_month(frame)[:2] == [(date(2023, 4, 1), kr(500000)), (date(2024, 4, 1), kr(900000))]


def test_a_plan_that_takes_all_that_is_left_says_when_the_earmark_is_used_up(people, lift):
    made(people, lift, *FOUR)
    assert plans.used_up(lift) == plans.UsedUp(date(2025, 10, 1), ZERO, ZERO)
    assert plans.plannable(lift) == kr(3800000)


def test_a_plan_is_never_above_its_earmark_less_what_waits_to_leave_it(people, lift, voucher):
    with pytest.raises(LedgerError, match="Sæt raterne ned med 0,01") as refusal:
        made(people, lift, ("01.04.2023", "3800000.01"))
    assert refusal.value.rule == "plan_is_within_its_earmark"
    decisions.release(people.mette, lift, amount=kr(100000), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    with pytest.raises(LedgerError, match=r"der kan planlægges 3.700.000,00.kr\. .* 100.000,00.kr\. venter på at forlade"):
        made(people, lift, ("01.04.2023", "3800000"))
    assert made(people, lift, ("01.04.2023", "3700000")).number == 1


def test_what_would_take_an_earmark_below_its_plan_is_refused_with_the_way_out(people, lift, voucher):
    made(people, lift, ("01.04.2023", "3750000"))
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-aeldre-sagen")
    move = {"value_date": DAY, "voucher": voucher}
    for leave in (
        lambda amount: decisions.release(people.mette, lift, amount=kr(amount), key=uuid.uuid4(), **move),
        lambda amount: decisions.reallocate(people.mette, lift, other, amount=kr(amount), key=uuid.uuid4(), **move),
    ):
        with pytest.raises(LedgerError, match=r"højst 50.000,00.kr\., eller få en sagsbehandler til at revidere rateplanen") as refusal:
            leave("50000.01")
        assert (refusal.value.rule, refusal.value.field) == ("earmark_keeps_its_plan", "amount")
    pending = decisions.reallocate(people.mette, lift, other, amount=kr(50000), key=uuid.uuid4(), **move)
    with pytest.raises(LedgerError, match="Få en sagsbehandler"):
        decisions.release(people.mette, lift, amount=kr(1), key=uuid.uuid4(), **move)
    payments.approve(people.lars, pending, key=uuid.uuid4())
    assert plans.plannable(lift) == kr(3750000)
    assert plans.plannable(other) == kr(3850000)
    made(people, other, ("01.04.2023", "3850000"))
    back = pending.settlement
    with pytest.raises(LedgerError, match=r"der ville mangle 50.000,00"):
        payments.reverse(people.mette, back, cause=Cause.ERROR, value_date=DAY, key=uuid.uuid4())


def test_what_lapses_asks_no_plan_and_a_repayment_undone_takes_nothing_from_it(people, lift, voucher):
    made(people, lift, ("01.04.2023", "3800000"))
    pay(people, lift, "500000", day=DAY)
    other = {"cause": Cause.ERROR, "value_date": date(2023, 5, 2)}
    wrong = movements.repay(people.sofie, lift, amount=kr(30000), key=uuid.uuid4(), **other)
    payments.approve(people.anders, payments.reverse(people.sofie, wrong, voucher=voucher, key=uuid.uuid4(), **other), key=uuid.uuid4())
    assert plans.progress(lift)[0].paid == kr(500000)
    movements.repay(people.sofie, lift, amount=kr(40000), key=uuid.uuid4(), **other)
    lapse = decisions.lapse(people.mette, lift, amount=kr(40000), value_date=date(2023, 12, 31), at_year_end=True, voucher=None, key=uuid.uuid4())
    payments.approve(people.lars, lapse, key=uuid.uuid4())
    assert plans.plannable(lift) == kr(3760000)
    (one,) = plans.progress(lift)
    assert (one.paid, one.lapsed, one.missing) == (kr(460000), kr(40000), kr(3300000)), "what lapsed is due no more"
    assert plans.used_up(lift).beyond == ZERO


def test_what_lapsed_is_taken_from_the_last_instalments_and_is_never_due(people, lift, voucher):
    made(people, lift, *FOUR)
    pay(people, lift, "1500000", day=DAY)
    lapse = decisions.lapse(people.mette, lift, amount=kr(2000000), value_date=date(2026, 1, 5), voucher=voucher, key=uuid.uuid4())
    assert [one.missing for one in plans.progress(lift)] == [ZERO, ZERO, kr(900000), kr(1400000)], "as long as it only waits, it is still planned"
    payments.approve(people.lars, lapse, key=uuid.uuid4())
    assert [(one.lapsed, one.missing) for one in plans.progress(lift)] == [(ZERO, ZERO), (ZERO, ZERO), (kr(600000), kr(300000)), (kr(1400000), ZERO)]
    assert [one.instalment.number for one in plans.due(date(2025, 12, 31))] == [3]
    assert states(lift)[2:] == ["delvist udbetalt, planlagt", "bortfaldet"]
    assert plans.used_up(lift) == plans.UsedUp(date(2025, 4, 1), ZERO, ZERO)


def test_a_revision_is_a_new_version_that_keeps_what_was_paid(people, lift):
    first = made(people, lift, *FOUR)
    pay(people, lift, "500000", day=DAY)
    with pytest.raises(LedgerError, match="Skriv, hvorfor rateplanen revideres"):
        made(people, lift, *FOUR, revises=first)
    with pytest.raises(LedgerError, match=r"500.000,00.kr\. er allerede udbetalt"):
        made(people, lift, ("01.04.2023", "499999.99"), *FOUR[1:], revises=first, reason="Færre unge")
    second = made(people, lift, FOUR[0], ("01.06.2024", "3300000"), revises=first, reason="Færre unge")
    assert (second.number, second.reason, plans.current(lift)) == (2, "Færre unge", second)
    assert [plan.number for plan in lift.plans.all()] == [2, 1]
    with pytest.raises(LedgerError, match="revideret, siden du åbnede siden") as refusal:
        made(people, lift, *FOUR, revises=first, reason="Uden at have set version 2")
    assert refusal.value.rule == "plan_follows_the_one_in_force"


def test_a_first_plan_made_late_begins_with_what_was_paid_without_one(people, lift):
    pay(people, lift, "500000", day=DAY)
    with pytest.raises(LedgerError, match="er allerede udbetalt"):
        made(people, lift, ("01.06.2024", "900000"))
    made(people, lift, ("03.04.2023", "500000"), ("01.06.2024", "900000"))
    assert states(lift) == ["udbetalt", "skal registreres i dag"]


def test_the_same_plan_sent_twice_is_made_once(people, lift):
    key = uuid.uuid4()
    first = plans.make(people.sofie, lift, rows(*FOUR), key=key)
    assert plans.make(people.sofie, lift, rows(*FOUR), key=key) == first
    with pytest.raises(LedgerError) as refusal:
        plans.make(people.sofie, lift, rows(*FOUR[1:]), key=key)
    assert refusal.value.rule == "key_books_one_thing"
    assert lift.plans.count() == 1


def test_whoever_does_not_register_payments_makes_no_plan(people, lift):
    for person in (people.anders, people.mette, people.karen, people.rikke, people.maria):
        with pytest.raises(PermissionDenied):
            made(people, lift, *FOUR, by=person)


def test_a_payment_says_which_instalment_it_is_for_when_it_is_registered(people, lift, voucher):
    made(people, lift, *FOUR)
    instalment = plans.next_instalment(lift).instalment
    key, what = uuid.uuid4(), {"amount": kr(500000), "value_date": DAY, "voucher": voucher}
    pending = payments.register_disbursement(people.sofie, lift, key=key, instalment=instalment, **what)
    assert plans.instalment_of(pending) == instalment
    assert plans.instalment_of(payments.approve(people.anders, pending, key=uuid.uuid4())) == instalment
    assert payments.register_disbursement(people.sofie, lift, key=key, instalment=instalment, **what) == pending
    with pytest.raises(LedgerError, match="rate"):
        payments.register_disbursement(people.sofie, lift, key=key, instalment=plans.next_instalment(lift).instalment, **what)
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-aeldre-sagen")
    with pytest.raises(LedgerError, match="hører til en anden øremærkning"):
        payments.register_disbursement(people.sofie, other, key=uuid.uuid4(), instalment=instalment, **what)
    made(people, lift, FOUR[0], ("01.06.2024", "900000"), revises=plans.current(lift), reason="Senere")
    with pytest.raises(LedgerError, match="Rateplanen er revideret"):
        payments.register_disbursement(people.sofie, lift, key=uuid.uuid4(), instalment=instalment, **what)


@pytest.mark.parametrize(
    ("rhythm", "today", "begun", "expected"),
    [
        ("kvartal", date(2025, 2, 3), [], [("2025-04-01", "33.33", "1. rate 2025"), ("2025-07-01", "33.33", "2. rate 2025"), ("2025-10-01", "33.34", "3. rate 2025")]),
        ("kvartal", date(2025, 7, 1), [date(2025, 3, 1)], [("2025-07-01", "50", "2. rate 2025"), ("2025-10-01", "50", "3. rate 2025")]),
        ("halvår", date(2022, 5, 5), [], [(f"{year}-{month}-01", "16.66" if (year, month) != (2025, "07") else "16.70", None) for year in (2023, 2024, 2025) for month in ("01", "07")]),
        ("år", date(2024, 1, 1), [date(2024, 1, 1)], [("2025-01-01", "100", "1. rate 2025")]),
        ("år", date(2026, 11, 23), [], [("2025-12-31", "100", "1. rate 2025")]),
    ],
)  # fmt: skip
def test_what_is_left_is_spread_evenly_over_what_is_left_of_the_window_and_the_last_takes_the_rest(rhythm, today, begun, expected):
    window = Window(opens=date(2023, 1, 1), closes=date(2025, 12, 31))
    planned = plans.spread(kr(100), rhythm, window, today=today, begun=begun)
    assert [(one.day.isoformat(), one.amount) for one in planned] == [(day, kr(amount)) for day, amount, _ in expected]
    assert all(text in (None, one.text) for one, (_, _, text) in zip(planned, expected, strict=True))
    assert sum((one.amount for one in planned), ZERO) == kr(100)


def test_nothing_is_spread_without_a_window_or_without_anything_left():
    assert plans.spread(kr(100), "kvartal", None, today=DAY) == []
    assert plans.spread(ZERO, "kvartal", Window(opens=DAY, closes=DAY), today=DAY) == []


# Around the verb: SQL with the application's own credential.


@pytest.fixture
def sql(application) -> Around:
    return Around(application)


def make(sql: Around, *told: tuple[str, str], by: str = "sofie", number: int = 1, reason: str = "", earmark: str = "lift-mary-fonden", key=None) -> int:
    instalments = [{"day": day, "amount": amount} for day, amount in told]
    return sql.one(MAKE, key or uuid.uuid4(), sql.person(by), sql.earmark(earmark), number, Jsonb(instalments), reason)


def test_sql_makes_no_plan_that_the_verb_would_not(sql):
    sound = ("2023-04-01", "1000000")
    with sql.refused("plan_is_made_with_the_right"):
        make(sql, sound, by="anders")
    with sql.refused("plan_has_its_instalments"):
        make(sql)
    with sql.refused("plan_has_its_instalments"):
        make(sql, *[("2023-04-01", "1")] * 121)
    with sql.refused("booking_is_complete"):
        sql.one(MAKE, None, sql.person("sofie"), sql.earmark(), 1, Jsonb([]), "")
    for amount in ("0", "-1", "0.005", "NaN", "1e12", None):
        with sql.refused("transfer_amount_is_positive_and_whole_oere"):
            make(sql, ("2023-04-01", amount))
    for days in (("2023-04-02", "2023-04-01"), ("infinity",), (None,)):
        with sql.refused("instalments_follow_each_other"):
            make(sql, *[(day, "1") for day in days])
    for day in ("2022-12-31", "2026-01-01"):
        with sql.refused("instalment_is_inside_the_payment_window"):
            make(sql, (day, "1"))
    with sql.refused("plan_is_within_its_earmark"):
        make(sql, sound, ("2023-04-01", "2800000.01"))
    with sql.refused("plan_follows_the_one_in_force"):
        make(sql, sound, number=2)
    key = uuid.uuid4()
    first = make(sql, sound, key=key)
    assert make(sql, sound, key=key) == first
    for changed in ({"reason": "x"}, {"by": "søren"}, {"number": 2}, {"earmark": "faellesskabsguides-aeldre-sagen"}):
        with sql.refused("key_books_one_thing"):
            make(sql, sound, key=key, **changed)
    with sql.refused("key_books_one_thing"):
        make(sql, sound, sound, key=key)
    with sql.refused("revised_plan_has_a_reason"):
        make(sql, sound, number=2, reason=" \u00a0")
    with sql.refused("plan_follows_the_one_in_force"):
        make(sql, sound, number=1)


def test_whoever_belongs_to_a_grantee_plans_nothing_for_it(owner):
    sql = Around(owner)
    sql.insert(
        "tie",
        grantee_id=sql.one("SELECT grantee_id FROM initiatives_earmark WHERE id = %s", sql.earmark("landsindsats-sbst")),
        person_id=sql.person("sofie"),
        why="handler",
        since="2023-01-01",
        recorded_by_id=sql.person("mette"),
    )
    with sql.refused("tied_hands_do_not_propose"):
        make(sql, ("2023-04-01", "1"), earmark="landsindsats-sbst")


def test_sql_takes_no_money_from_under_a_plan_and_revises_none_away_from_what_was_paid(sql):
    make(sql, ("2023-03-01", "1000"), ("2023-05-01", "3798999"))
    leaving = {"p_kind": "release", "p_credit": "frame:ensomhed-2023-2025"}
    with sql.refused("earmark_keeps_its_plan"):
        sql.intruder.disburse(**leaving, p_amount="1.01")
    pending = sql.intruder.disburse(**leaving, p_amount="1")
    with sql.refused("plan_is_within_its_earmark"):
        make(sql, ("2023-03-01", "3800000"), number=2, reason="Mere")
    sql.intruder.settle(pending)
    sql.intruder.pay()
    with sql.refused("plan_keeps_what_was_paid"):
        make(sql, ("2023-03-02", "1000"), number=2, reason="En anden dag")
    with sql.refused("plan_keeps_what_was_paid"):
        make(sql, ("2023-03-01", "999"), ("2023-03-01", "1"), number=2, reason="I to")
    sql.intruder.pay(p_amount="500")
    with sql.refused("plan_keeps_what_was_paid"):
        make(sql, ("2023-03-01", "1000"), number=2, reason="Mindre, end der er udbetalt")
    make(sql, ("2023-03-01", "1000"), ("2023-05-01", "500"), number=2, reason="Resten aftales senere")


def test_a_plan_that_no_longer_fits_stops_the_approval_too(owner):
    """Only who makes rows behind the door can bring it about: registered before the plan, approved after it."""
    sql = Around(owner)
    make(sql, ("2023-03-01", "3799999"))
    pending = sql.intruder.disburse(p_kind="release", p_credit="frame:ensomhed-2023-2025", p_amount="1")
    plan = sql.insert("plan", earmark_id=sql.earmark(), number=2, made_by_id=sql.person("sofie"))
    sql.insert("instalment", plan_id=plan, number=1, day="2023-03-01", amount="3800000", amount_currency="DKK")
    with sql.refused("earmark_keeps_its_plan"):
        sql.intruder.settle(pending)


def test_sql_names_an_instalment_only_with_its_payment(sql):
    plan = make(sql, ("2023-03-01", "1000"))
    instalment = sql.one("SELECT id FROM initiatives_instalment WHERE plan_id = %s", plan)
    other = sql.intruder.disburse(p_debit="earmark:faellesskabsguides-aeldre-sagen", p_credit="grantee:faellesskabsguides-aeldre-sagen")
    release = sql.intruder.disburse(p_kind="release", p_credit="frame:ensomhed-2023-2025", p_amount="1")
    for transfer in (other["id"], release["id"], -1):
        with sql.refused("instalment_is_of_the_earmark"):
            sql.insert("instalmentpayment", transfer_id=transfer, instalment_id=instalment)
    settled = sql.intruder.disburse()
    sql.intruder.settle(settled)
    with sql.refused("instalment_is_named_when_registered"):
        sql.insert("instalmentpayment", transfer_id=settled["id"], instalment_id=instalment)
    make(sql, ("2023-03-01", "1000"), number=2, reason="Uændret")
    with sql.refused("instalment_is_of_the_plan_in_force"):
        sql.insert("instalmentpayment", transfer_id=sql.intruder.disburse()["id"], instalment_id=instalment)


def test_a_registration_that_waits_already_is_not_given_an_instalment(committed, people, lift, voucher):
    made(people, lift, *FOUR)
    pending = payments.register_disbursement(people.sofie, lift, amount=kr(500000), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    with committed.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(
            "INSERT INTO initiatives_instalmentpayment (transfer_id, instalment_id) VALUES (%s, %s)",
            [pending.pk, plans.next_instalment(lift).instalment.pk],
        )
    assert refusal.value.diag.constraint_name == "instalment_is_named_when_registered"
    instalments = Jsonb([{"day": DAY.isoformat(), "amount": "3800000"}])
    with committed.connect() as leaving, committed.connect(options="-c lock_timeout=200ms") as planning:  # a plan is made when what leaves has left
        leaving.execute("SELECT ledger_book(gen_random_uuid(), 'void', %s, p_pending => %s)", [people.sofie.pk, pending.pk])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            planning.execute(MAKE, [uuid.uuid4(), people.sofie.pk, lift.pk, 2, instalments, "Samlet"])


def test_behind_the_triggers_a_version_a_number_and_a_payment_stand_once(owner):
    sql = Around(owner)
    person, earmark, key = sql.person("sofie"), sql.earmark(), uuid.uuid4()
    plan = sql.insert("plan", key=key, earmark_id=earmark, number=1, made_by_id=person)
    with sql.refused("initiatives_plan_key_key"):
        sql.insert("plan", key=key, earmark_id=earmark, number=2, made_by_id=person)
    with sql.refused("plan_version_is_its_own"):
        sql.insert("plan", earmark_id=earmark, number=1, made_by_id=person)
    instalment = sql.insert("instalment", plan_id=plan, number=1, day="2023-03-01", amount="1000")
    with sql.refused("instalment_number_is_its_own"):
        sql.insert("instalment", plan_id=plan, number=1, day="2023-03-01", amount="1000")
    with sql.refused("instalment_amount_is_positive"):
        sql.insert("instalment", plan_id=plan, number=2, day="2023-03-01", amount="0")
    pending = sql.intruder.disburse()["id"]
    sql.insert("instalmentpayment", transfer_id=pending, instalment_id=instalment)
    with sql.refused("initiatives_instalmentpayment_transfer_id_key"):
        sql.insert("instalmentpayment", transfer_id=pending, instalment_id=instalment)
