"""Many at once: whatever they do to each other, the books come out as if they had stood in line."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connections
from djmoney.money import Money
from psycopg.rows import dict_row

from initiatives import movements, payments
from initiatives.models import Earmark
from ledger.kinds import Cause
from ledger.models import Account, Period, Transfer
from ledger.refusals import LedgerError
from tests.intruder import CLOSE

MANY = 16
Deed = Callable[[psycopg.Connection], Any]


@pytest.fixture
def at_once(committed):
    """Runs deeds as the application, each on a connection of its own, all let go in the same moment; answers with what each got, or the rule that refused it.

    Anything but an answer of the books fails the test, a deadlock among them.
    """

    def run(deeds: Sequence[Deed]) -> list[Any]:
        start = Barrier(len(deeds))

        def one(deed: Deed) -> Any:
            with committed.connect(autocommit=True, row_factory=dict_row) as connection:
                start.wait(timeout=30)
                try:
                    return deed(connection)
                except psycopg.errors.RaiseException as refusal:
                    raise AssertionError("a refusal without a rule") from refusal
                except psycopg.Error as refusal:
                    if refusal.sqlstate != "LG001":
                        raise
                    return refusal.diag.constraint_name

        with ThreadPoolExecutor(len(deeds)) as pool:
            return list(pool.map(one, deeds))

    return run


def book(**content: Any) -> Deed:
    """A call of the door."""
    content = {"p_key": uuid.uuid4(), **content}
    query = f"SELECT * FROM ledger_book({', '.join(f'{name} => %({name})s' for name in content)})"
    return lambda connection: connection.execute(query, content).fetchone()


def disbursement(person, earmark: Earmark, amount: str, voucher, **more: Any) -> Deed:
    content = {"p_step": "pending", "p_booked_by": person.pk, "p_kind": "disbursement", "p_value_date": date(2023, 1, 15), "p_voucher_sha256": voucher.sha256}
    return book(**{**content, "p_amount": Decimal(amount), "p_debit": earmark.account.code, "p_credit": earmark.grantee_account.code, **more})


def settle(step: str, person, pending: Transfer) -> Deed:
    return book(p_step=step, p_booked_by=person.pk, p_pending=pending.pk, p_text="Forkert bilag" if step == "void" else "")


def pay(people, earmark: Earmark, amount: str, voucher) -> Transfer:
    money, day = Money(amount, "DKK"), date(2023, 1, 10)
    pending = payments.register_disbursement(people.sofie, earmark, amount=money, value_date=day, voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def test_sixteen_who_spend_one_earmark_at_once_end_at_exactly_the_limit(at_once, people, lift, voucher):
    """3.800.000 kr. in parts of 70.000 kr.: fifty-four registrations, and 20.000 kr. left."""
    parts = [[disbursement(people.sofie, lift, "70000", voucher) for _ in range(5)] for _ in range(MANY)]

    def spend(deeds: list[Deed]) -> Deed:
        def spender(connection: psycopg.Connection) -> list[str]:
            answers = []
            for deed in deeds:
                try:
                    answers.append(deed(connection)["step"])
                except psycopg.Error as refusal:
                    if refusal.sqlstate != "LG001":
                        raise
                    answers.append(refusal.diag.constraint_name)
            return answers

        return spender

    answers = Counter(answer for spender in at_once([spend(deeds) for deeds in parts]) for answer in spender)
    assert answers == {"pending": 54, "account_limit_debits_never_exceed_credits": 5 * MANY - 54}
    account = Account.objects.get(pk=lift.account.pk)
    assert (account.reserved, account.left) == (Money("3780000", "DKK"), Money("20000", "DKK"))
    assert at_once([disbursement(people.sofie, lift, "20000", voucher) for _ in range(MANY)]).count("account_limit_debits_never_exceed_credits") == MANY - 1
    assert Account.objects.get(pk=lift.account.pk).left == Money("0", "DKK")


def test_money_that_goes_both_ways_between_two_accounts_never_locks_itself(at_once, people, lift, voucher):
    pay(people, lift, "100000", voucher)
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    movements.regrant(people.sofie, actor, amount=Money("50000", "DKK"), value_date=date(2023, 1, 10), key=uuid.uuid4())
    ways = [("regrant", lift.grantee_account.code, actor.account.code), ("regrant_returned", actor.account.code, lift.grantee_account.code)]

    def back_and_forth(way: tuple[str, str, str]) -> Deed:
        kind, debit, credit = way

        def runner(connection: psycopg.Connection) -> int:
            for _ in range(20):
                content = {"p_step": "single", "p_booked_by": people.sofie.pk, "p_kind": kind, "p_debit": debit, "p_credit": credit}
                book(**content, p_amount=1, p_value_date=date(2023, 1, 15))(connection)
            return 20

        return runner

    assert at_once([back_and_forth(ways[n % 2]) for n in range(MANY)]) == [20] * MANY
    accounts = {account.pk: account for account in Account.objects.filter(pk__in=[lift.grantee_account.pk, actor.account.pk])}
    assert {account.balance for account in accounts.values()} == {Money("50000", "DKK")}
    numbers = sorted(Transfer.objects.filter(credit_account=actor.account).values_list("credit_entry_no", flat=True))
    numbers += Transfer.objects.filter(debit_account=actor.account).values_list("debit_entry_no", flat=True)
    assert sorted(numbers) == list(range(1, 20 * MANY + 2))


def test_one_key_from_eight_connections_books_once(at_once, people, lift, voucher):
    key = uuid.uuid4()
    answers = at_once([disbursement(people.sofie, lift, "500000", voucher, p_key=key) for _ in range(8)])
    assert len({answer["id"] for answer in answers}) == 1
    assert Account.objects.get(pk=lift.account.pk).reserved == Money("500000", "DKK")


def test_one_key_with_two_contents_books_one_of_them(at_once, people, lift, voucher):
    key = uuid.uuid4()
    answers = at_once([disbursement(people.sofie, lift, amount, voucher, p_key=key) for amount in ("1", "2")])
    assert answers.count("key_books_one_thing") == 1
    assert Transfer.objects.filter(key=key).count() == 1


@pytest.mark.parametrize("steps", [("post", "post"), ("post", "void"), ("void", "void")])
def test_a_registration_that_two_decide_at_once_is_decided_once(at_once, appoint, people, lift, voucher, steps):
    approvers = (people.anders, appoint(people.rikke, "Godkender"))
    amount, day = Money("1000", "DKK"), date(2023, 1, 15)
    for _ in range(5):
        pending = payments.register_disbursement(people.sofie, lift, amount=amount, value_date=day, voucher=voucher, key=uuid.uuid4())
        answers = at_once([settle(step, person, pending) for step, person in zip(steps, approvers, strict=True)])
        assert answers.count("pending_is_settled_once") == 1
        (decided,) = (answer for answer in answers if answer != "pending_is_settled_once")
        assert Transfer.objects.get(pending=pending).step == decided["step"]
    assert Account.objects.get(pk=lift.account.pk).reserved == Money("0", "DKK")


@pytest.mark.parametrize(
    ("deed", "rule", "moment"), [(CLOSE, "period_is_open", "closed_at"), ("SELECT ledger_hold_period(%s, %s, true)", "period_is_held", "held_at")]
)
def test_a_period_that_is_closed_or_held_under_the_hands_of_many_takes_nothing_afterwards(at_once, people, lift, voucher, deed, rule, moment):
    """Not one posting is both answered as booked and dated after the closing."""

    def register(connection: psycopg.Connection) -> Counter[str]:
        answers = Counter[str]()
        while rule not in answers:
            try:
                answers[disbursement(people.sofie, lift, "1", voucher)(connection)["step"]] += 1
            except psycopg.Error as refusal:
                answers[refusal.diag.constraint_name] += 1
        return answers

    def close(connection: psycopg.Connection) -> Counter[str]:
        while connection.execute("SELECT count(*) FROM ledger_transfer WHERE kind = 'disbursement'").fetchone()["count"] < 20:
            pass
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(7302300)")  # nobody books between what the audit would say and the closing
            connection.execute(deed, ["2023-01", people.karen.pk])
        return Counter[str]()

    answers = sum(at_once([register] * 8 + [close]), Counter[str]())
    assert set(answers) == {"pending", rule}
    assert answers["pending"] >= 20
    since = getattr(Period.objects.get(code="2023-01"), moment)
    booked = Transfer.objects.filter(kind="disbursement", period="2023-01")
    assert booked.count() == answers["pending"]
    assert booked.filter(booked_at__gte=since).count() == 0


def test_payments_that_change_places_are_booked_anew_without_a_deadlock_reaching_anybody(committed, people, voucher):
    """Each moves a payment of the agency to the other's earmark: they lock the same four accounts from opposite ends, and the verb tries again."""
    one, two = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    here, there = pay(people, one, "350000", voucher), pay(people, two, "125000", voucher)
    before = {account.pk: account.balance for account in Account.objects.all()}

    def approve(pending: Transfer) -> str:
        start.wait(timeout=30)
        try:
            return payments.approve(people.anders, pending, key=uuid.uuid4()).step
        finally:
            connections.close_all()

    for _ in range(6):
        day = date(2023, 1, 20)
        swaps = [
            payments.book_anew(people.sofie, origin, earmark, value_date=day, voucher=voucher, key=uuid.uuid4())
            for origin, earmark in (
                (here, two if here.debit_account_id == one.account.pk else one),
                (there, one if there.debit_account_id == two.account.pk else two),
            )
        ]
        start = Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(approve, swaps)) == ["post", "post"]
        here, there = (Transfer.objects.select_related("debit_account", "credit_account").get(replaces=origin, step="post") for origin in (here, there))
    assert {account.pk: account.balance for account in Account.objects.all()} == before


def test_a_payment_that_two_book_anew_at_once_is_booked_anew_once(committed, people, voucher):
    one, two = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    origin, start = pay(people, one, "350000", voucher), Barrier(4)

    def move(_: int) -> str:
        start.wait(timeout=30)
        try:
            return payments.book_anew(people.sofie, origin, two, value_date=date(2023, 1, 20), voucher=voucher, key=uuid.uuid4()).step
        except LedgerError as refusal:
            return refusal.rule
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(move, range(4))) == ["pending", *["transfer_is_reversed_at_most_once"] * 3]
    assert Transfer.objects.filter(reverses=origin, cause=Cause.BOOKED_ANEW).count() == Transfer.objects.filter(replaces=origin).count() == 1
