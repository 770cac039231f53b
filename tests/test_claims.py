"""Claims: what is expected back, what answers it, and what is still missing. Through the verbs, and in SQL as the application's role."""

import uuid
from contextlib import contextmanager
from datetime import date

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from djmoney.money import Money

from initiatives import claims, movements, payments
from initiatives.models import Claim, Earmark
from ledger.kinds import Cause
from ledger.models import Transfer
from ledger.refusals import LedgerError

DAY, DUE = date(2023, 6, 1), date(2023, 7, 1)


def kr(text: str) -> Money:
    return Money(text.replace(".", "").replace(",", "."), "DKK")


def pay(people, earmark, voucher, amount="500.000") -> Transfer:
    pending = payments.register_disbursement(people.sofie, earmark, amount=kr(amount), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


@pytest.fixture
def paid(people, lift, voucher):
    """Mary Fonden holds 500.000 kr."""
    return pay(people, lift, voucher)


def expect(by, earmark, amount="1.000", cause=Cause.UNSPENT, **changes) -> Claim:
    given = {"due": DUE, "raised_on": DAY, "text": "Uforbrugt i 2022", "key": uuid.uuid4(), **changes}
    return claims.expect(by, earmark, amount=kr(amount), cause=cause, **given)


def repay(by, earmark, amount, cause=Cause.UNSPENT, claim=None, **changes) -> Transfer:
    return movements.repay(by, earmark, amount=kr(amount), cause=cause, claim=claim, **{"value_date": date(2023, 6, 10), "key": uuid.uuid4(), **changes})


@contextmanager
def refused(rule: str, saying: str = ""):
    with pytest.raises(LedgerError) as refusal, transaction.atomic():
        yield
    assert refusal.value.rule == rule, str(refusal.value)
    assert saying in str(refusal.value).replace("\u00a0", " ")


@contextmanager
def refused_in_sql(rule: str):
    """Fails unless PostgreSQL refuses by this rule, whether at once or when it would be committed."""
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:  # noqa: PT012 — what comes at commit belongs to it
        yield cursor
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert refusal.value.__cause__.diag.constraint_name == rule, str(refusal.value)


INSERT = """
    INSERT INTO initiatives_claim (key, earmark_id, actor_id, amount, amount_currency, cause, raised_on, due, reason, raised_by_id)
    VALUES (gen_random_uuid(), %(earmark)s, %(actor)s, %(amount)s, 'DKK', %(cause)s, %(raised_on)s, %(due)s, %(reason)s, %(by)s)
"""
MATCH = """
    INSERT INTO initiatives_claimmatch (claim_id, transfer_id, amount, amount_currency, matched_by_id)
    VALUES (%(claim)s, %(transfer)s, %(amount)s, 'DKK', %(by)s)
"""


def row(people, earmark, **changes) -> dict:
    sound = {
        "earmark": earmark.pk,
        "actor": None,
        "amount": "1000.00",
        "cause": "unspent",
        "raised_on": "2023-06-01",
        "due": "2023-07-01",
        "reason": "Uforbrugt",
    }
    return {**sound, "by": people.sofie.pk, **changes}


# What is missing


def test_a_claim_is_open_until_what_came_answers_all_of_it(people, lift, paid):
    claim = expect(people.sofie, lift, "1.000")
    repay(people.sofie, lift, "400", claim=claim)
    standing = claims.standing_of(claim)
    assert (standing.paid, standing.rest, standing.state(DAY)) == (kr("400"), kr("600"), "delvist betalt, ikke forfalden")
    assert claims.open_claims(lift) == [standing]
    repay(people.sofie, lift, "600", claim=claim)
    assert claims.standing_of(claim).state(date(2023, 12, 31)) == "betalt"
    assert claims.open_claims(lift) == []


def test_a_claim_is_late_from_the_day_after_it_fell_due(people, lift, paid):
    claim = expect(people.sofie, lift, "1.000")
    assert claims.overdue(DUE) == []
    (late,) = claims.overdue(date(2023, 7, 11))
    assert (late.claim, late.days_late(date(2023, 7, 11)), late.state(date(2023, 7, 11))) == (claim, 10, "forfalden")
    repay(people.sofie, lift, "1.000", claim=claim)
    assert claims.overdue(date(2023, 7, 11)) == []


def test_no_more_is_booked_on_a_claim_than_is_missing_of_it(people, lift, paid):
    claim = expect(people.sofie, lift, "1.000")
    repay(people.sofie, lift, "400", claim=claim)
    with refused("claim_is_not_overpaid", "Bogfør 600,00 kr. på kravet og resten som en tilbagebetaling uden krav."):
        repay(people.sofie, lift, "600,01", claim=claim)
    assert Transfer.objects.filter(kind="repayment").count() == 1, "the repayment came no further than its claim"
    more = repay(people.sofie, lift, "700")
    with refused_in_sql("claim_is_not_overpaid") as cursor:
        cursor.execute(MATCH, {"claim": claim.pk, "transfer": more.pk, "amount": "600.01", "by": people.sofie.pk})


def test_what_comes_by_itself_is_matched_later_with_as_much_as_is_free_of_it(people, lift, paid):
    came = repay(people.sofie, lift, "1.000")
    first, second = expect(people.sofie, lift, "700"), expect(people.sofie, lift, "700")
    assert claims.match(people.sofie, first, came).amount == kr("700")
    assert [(one.pk, one.free) for one in claims.to_match(lift)] == [(came.pk, kr("300").amount)]
    assert claims.match(people.sofie, second, came).amount == kr("300")
    assert claims.match(people.sofie, second, came).amount == kr("300"), "asked twice, matched once"
    assert [claims.standing_of(one).rest for one in (first, second)] == [kr("0"), kr("400")]
    assert not claims.to_match(lift).exists()
    third = expect(people.sofie, lift, "1")
    with refused_in_sql("repayment_answers_no_more_than_it_brought") as cursor:
        cursor.execute(MATCH, {"claim": third.pk, "transfer": came.pk, "amount": "0.01", "by": people.sofie.pk})


@pytest.mark.parametrize("cause", ["error", "changed_conditions", "disallowed", "other"])
def test_a_repayment_has_the_cause_of_its_claim(people, lift, paid, cause):
    claim = expect(people.sofie, lift, cause=Cause.UNSPENT)
    with refused("repayment_has_the_claims_cause", "er rejst på grund af uforbrugte midler"):
        repay(people.sofie, lift, "1.000", cause=Cause(cause), claim=claim)
    came = repay(people.sofie, lift, "1.000", cause=Cause(cause))
    with refused_in_sql("repayment_has_the_claims_cause") as cursor:
        cursor.execute(MATCH, {"claim": claim.pk, "transfer": came.pk, "amount": "1", "by": people.sofie.pk})


def test_a_claim_is_answered_from_its_own_earmark_by_money_that_came_back(people, lift, paid, voucher):
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-aeldre-sagen")
    payment = pay(people, other, voucher)
    claim, elsewhere = expect(people.sofie, lift), repay(people.sofie, other, "1.000")
    with refused("claim_is_answered_from_its_own_earmark"):
        claims.match(people.sofie, claim, elsewhere)
    for nothing_came in (payment.pk, paid.pk, None):
        with refused_in_sql("claim_is_answered_from_its_own_earmark") as cursor:
            cursor.execute(MATCH, {"claim": claim.pk, "transfer": nothing_came or 10**9, "amount": "1", "by": people.sofie.pk})


def test_a_repayment_that_is_reversed_answers_no_claim(people, lift, paid, voucher):
    claim = expect(people.sofie, lift, "1.000")
    came = repay(people.sofie, lift, "1.000", claim=claim)
    undoing = payments.reverse(people.sofie, came, cause=Cause.ERROR, value_date=date(2023, 6, 12), voucher=voucher, key=uuid.uuid4())
    assert claims.standing_of(claim).rest == kr("0"), "nothing is undone before a second person agrees"
    payments.approve(people.anders, undoing, key=uuid.uuid4())
    assert claims.standing_of(claim).rest == kr("1.000")
    assert claim.matches.get().state == "ført tilbage"
    with refused_in_sql("claim_is_answered_from_its_own_earmark") as cursor:
        cursor.execute(MATCH, {"claim": expect(people.sofie, lift).pk, "transfer": came.pk, "amount": "1", "by": people.sofie.pk})


# How much, why, by whom


def test_no_more_is_claimed_than_is_held_and_not_claimed_already(people, lift, paid):
    expect(people.sofie, lift, "499.000")
    with refused("claim_is_within_what_is_held", "Der kan højst kræves 1.000,00 kr. tilbage"):
        expect(people.sofie, lift, "1.000,01")
    expect(people.sofie, lift, "1.000")
    with refused_in_sql("claim_is_within_what_is_held") as cursor:
        cursor.execute(INSERT, row(people, lift, amount="0.01"))


def test_what_a_local_actor_holds_is_claimed_of_its_grantee_and_once(people, lift, paid):
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    movements.regrant(people.sofie, actor, amount=kr("200.000"), value_date=date(2023, 5, 1), key=uuid.uuid4())
    with refused("claim_is_within_what_is_held", "300.000,00 kr."):
        expect(people.sofie, lift, "300.000,01")
    claim = expect(people.sofie, lift, "200.000", actor=actor)
    movements.return_regrant(people.sofie, actor, amount=kr("200.000"), value_date=date(2023, 6, 2), key=uuid.uuid4())
    with refused("claim_is_within_what_is_held", "300.000,00 kr."):
        expect(people.sofie, lift, "300.000,01")
    repay(people.sofie, lift, "200.000", claim=claim)
    assert claims.open_claims(lift) == []
    other = Earmark.objects.get(slug="faellesskabsguides-aeldre-sagen")
    with refused_in_sql("claim_is_of_its_own_earmark") as cursor:
        cursor.execute(INSERT, row(people, other, actor=actor.pk))


@pytest.mark.parametrize("amount", ["0", "-1", "0.005", "NaN", "Infinity", "1e12"])
def test_a_claim_is_more_than_nothing_and_whole_oere(people, lift, paid, amount):
    with refused_in_sql("transfer_amount_is_positive_and_whole_oere") as cursor:
        cursor.execute(INSERT, row(people, lift, amount=amount))
    claim, came = expect(people.sofie, lift), repay(people.sofie, lift, "1.000")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MATCH, {"claim": claim.pk, "transfer": came.pk, "amount": amount, "by": people.sofie.pk})


@pytest.mark.parametrize(("raised_on", "due"), [("2023-06-01", "2023-05-31"), ("2023-06-01", "infinity"), ("-infinity", "2023-06-01"), ("2023-06-01", None)])
def test_a_claim_falls_due_on_a_day_that_everybody_can_read(people, lift, paid, raised_on, due):
    with refused_in_sql("claim_is_due_on_or_after_its_day") as cursor:
        cursor.execute(INSERT, row(people, lift, raised_on=raised_on, due=due))


def test_a_claim_has_a_cause_of_repayments_and_says_why(people, lift, paid):
    with refused_in_sql("claim_has_a_cause_of_repayments") as cursor:
        cursor.execute(INSERT, row(people, lift, cause="waived"))
    for nothing in ("", " \u00a0\n"):
        with refused_in_sql("claim_has_a_reason") as cursor:
            cursor.execute(INSERT, row(people, lift, reason=nothing))
    with refused("claim_has_a_reason", "Angiv, hvad kravet skyldes"):
        expect(people.sofie, lift, text="  ")


def test_who_may_claim(people, lift, paid):
    for by in (people.anders, people.mette, people.karen, people.nina, people.rikke, people.maria, people.adam):
        with pytest.raises(PermissionDenied):
            expect(by, lift)
        with refused_in_sql("claim_is_raised_with_the_right") as cursor:
            cursor.execute(INSERT, row(people, lift, by=by.pk))
    expect(people.ida, lift, "1", cause=Cause.UNSPENT)  # whoever checks accounts claims what they show
    expect(people.ida, lift, "1", cause=Cause.DISALLOWED)
    with pytest.raises(PermissionDenied):
        expect(people.ida, lift, "1", cause=Cause.ERROR)
    with refused_in_sql("claim_is_raised_with_the_right") as cursor:
        cursor.execute(INSERT, row(people, lift, by=people.ida.pk, cause="error"))


def test_who_may_match(people, lift, paid):
    claim, came = expect(people.sofie, lift), repay(people.sofie, lift, "1.000")
    with pytest.raises(PermissionDenied):
        claims.match(people.anders, claim, came)
    with refused_in_sql("claim_is_answered_with_the_right") as cursor:
        cursor.execute(MATCH, {"claim": claim.pk, "transfer": came.pk, "amount": "1", "by": people.anders.pk})


def test_the_same_key_claims_once_and_nothing_else(people, lift, paid):
    key = uuid.uuid4()
    first = expect(people.sofie, lift, key=key)
    assert expect(people.sofie, lift, key=key) == first
    assert Claim.objects.count() == 1
    with refused("key_decides_one_thing"):
        expect(people.sofie, lift, "1.001", key=key)


def test_what_was_claimed_and_matched_is_only_added_to(people, lift, paid):
    claim = expect(people.sofie, lift)
    repay(people.sofie, lift, "1.000", claim=claim)
    for deed in ("UPDATE initiatives_claim SET due = due + 365", "DELETE FROM initiatives_claimmatch", "TRUNCATE initiatives_claim CASCADE"):
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(deed)
        assert refusal.value.__cause__.sqlstate == "42501"


def test_not_even_the_owner_changes_a_claim(owner):
    for table in ("initiatives_claim", "initiatives_claimmatch"):
        with pytest.raises(psycopg.Error, match="only added to"), owner.connection.transaction():
            owner.run(f"TRUNCATE {table} CASCADE")


def test_two_at_once_never_claim_more_than_is_held(committed, people, lift, voucher):
    pay(people, lift, voucher, "1.000")
    with committed.connect() as first, committed.connect(options="-c lock_timeout=300ms") as second:
        first.execute(INSERT, row(people, lift, amount="600"))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(INSERT, row(people, lift, amount="600"))
        second.rollback()
        first.commit()
        with pytest.raises(psycopg.Error) as refusal:
            second.execute(INSERT, row(people, lift, amount="600"))
        assert refusal.value.diag.constraint_name == "claim_is_within_what_is_held"
        second.rollback()
        second.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.Error) as refusal:
            second.execute(INSERT, row(people, lift, amount="1"))
        assert refusal.value.diag.constraint_name == "books_are_written_on_what_is_newest"


# Where it goes


@pytest.mark.parametrize(
    ("cause", "due", "reusable"),
    [
        ("error", DUE, True),
        ("changed_conditions", DUE, True),
        ("error", date(2026, 2, 1), False),
        ("unspent", DUE, False),
        ("disallowed", DUE, False),
        ("other", DUE, False),
    ],
)
def test_the_cause_and_the_day_decide_where_a_claim_goes(people, lift, paid, cause, due, reusable):
    standing = claims.standing_of(expect(people.sofie, lift, cause=Cause(cause), due=due))
    assert standing.destination(DAY).reusable is reusable
    booked = repay(people.sofie, lift, "1.000", cause=Cause(cause), claim=standing.claim, value_date=due)
    assert booked.credit_account == standing.destination(DAY).account
