"""What the pages ask of the books: each figure, against the same figure added up transfer by transfer, after the whole demo story and more."""

import json
import uuid
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from djmoney.money import Money

from ensomhed import roles
from initiatives import decisions, demo, movements, payments, plans, vouchers
from initiatives.models import Earmark, LocalActor
from ledger import questions
from ledger.kinds import Cause
from ledger.models import Transfer
from tests import documents


def kr(text: str) -> Money:
    return Money(Decimal(text), "DKK")


def added_up(earmark: Earmark) -> dict[str, Decimal]:
    """Every figure by its definition, from the rows alone: a reversal counts against the kind that it reverses."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    mine = {earmark.account_id, earmark.grantee_account_id, earmark.used_account_id, earmark.written_off_account_id}
    mine |= set(LocalActor.objects.filter(earmark=earmark).values_list("account_id", flat=True))
    for row in Transfer.objects.select_related("reverses", "settlement", "debit_account", "credit_account"):
        if row.debit_account_id not in mine and row.credit_account_id not in mine:
            continue
        amount = row.amount.amount
        if row.step == "pending" and not hasattr(row, "settlement") and row.debit_account_id == earmark.account_id:
            sums["reserved"] += amount
            sums["on_its_way"] += amount if row.kind == "disbursement" else 0
        if row.step not in ("single", "post"):
            continue
        kind, sign = (row.reverses.kind, -1) if row.reverses else (row.kind, 1)
        debit = row.credit_account_id if row.reverses else row.debit_account_id
        name = {"disbursement": "disbursed", "repayment": "repaid", "documented_use": "documented", "write_off": "written_off", "lapse": "lapsed"}.get(kind)
        if name:
            sums[name] += sign * amount
        elif kind in ("regrant", "regrant_returned"):
            sums["passed_on"] += sign * amount * (1 if kind == "regrant" else -1)
        else:
            sums["earmarked"] += sign * amount * (-1 if debit == earmark.account_id else 1)
    return sums


@pytest.fixture
def eventful(people):
    """The demo story, and beside it what it leaves out: reallocation, release, returns, repayments, and reversals of them."""
    demo.play_story(people.by_name)
    by_slug = {earmark.slug: earmark for earmark in Earmark.objects.with_accounts()}
    lift, fme, rk = by_slug["lift-mary-fonden"], by_slug["landsindsats-folkebevaegelsen"], by_slug["faellesskabsguides-roede-kors"]
    voucher = vouchers.keep(people.sofie, documents.pdf("decision"), "beslutning.pdf")
    day = date(2025, 12, 8)
    plan = plans.current(lift)
    assert plan
    *first, last = (plans.Planned(each.day, each.amount, each.text) for each in plan.instalments.all())
    plans.make(people.sofie, lift, [*first, replace(last, amount=last.amount - kr("2000"))], key=uuid.uuid4(), reason="Penge flyttes", revises=plan)

    def approved(pending: Transfer, by) -> Transfer:
        return payments.approve(by, pending, key=uuid.uuid4())

    moved = approved(decisions.reallocate(people.mette, lift, rk, amount=kr("1000.50"), value_date=day, voucher=voucher, key=uuid.uuid4()), people.lars)
    decisions.reallocate(people.mette, lift, rk, amount=kr("17"), value_date=day, voucher=voucher, key=uuid.uuid4())  # waits
    approved(payments.reverse(people.mette, moved, cause=Cause.ERROR, value_date=day, key=uuid.uuid4()), people.lars)
    approved(decisions.release(people.mette, lift, amount=kr("250"), value_date=day, voucher=voucher, key=uuid.uuid4()), people.lars)
    havnen = LocalActor.objects.get(slug="ungefaellesskabet-havnen")
    returned = movements.return_regrant(people.sofie, havnen, amount=kr("12.34"), value_date=day, key=uuid.uuid4())
    approved(payments.reverse(people.sofie, returned, cause=Cause.ERROR, value_date=day, voucher=voucher, key=uuid.uuid4()), people.anders)
    back = movements.repay(people.sofie, fme, amount=kr("99"), cause=Cause.ERROR, value_date=day, key=uuid.uuid4())
    approved(payments.reverse(people.sofie, back, cause=Cause.ERROR, value_date=day, voucher=voucher, key=uuid.uuid4()), people.anders)
    movements.repay(people.sofie, fme, amount=kr("101"), cause=Cause.CHANGED_CONDITIONS, value_date=day, key=uuid.uuid4())
    return by_slug.values()


def test_every_figure_of_every_earmark_is_what_its_transfers_add_up_to(eventful):
    numbers = questions.numbers_of([earmark.account for earmark in eventful])
    for earmark in eventful:
        told, sums = numbers[earmark.account_id], added_up(earmark)
        for name in ("earmarked", "reserved", "on_its_way", "disbursed", "repaid", "passed_on", "documented", "written_off", "lapsed"):
            assert getattr(told, name).amount == sums[name], f"{earmark}: {name}"
        earmark.account.refresh_from_db()
        assert told.left == earmark.account.left
    assert len({numbers[earmark.account_id].passed_on.amount for earmark in eventful}) > 1


def rows_read(plan: dict) -> int:
    """How many rows of the transfers a plan has touched, kept or thrown away."""
    here = plan.get("Relation Name") == "ledger_transfer"
    touched = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)) * plan["Actual Loops"] if here else 0
    return int(touched) + sum(rows_read(child) for child in plan.get("Plans", []))


def test_the_figures_are_read_from_totals_and_rare_kinds_never_from_every_payment(committed, people, lift, voucher):
    pending = payments.register_disbursement(people.sofie, lift, amount=kr("3000"), value_date=date(2025, 11, 5), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    actor = movements.open_local_actor(people.sofie, lift, name="Mødestedet", municipality_code="751")
    with connection.cursor() as cursor:
        book = "ledger_book(gen_random_uuid(), 'single', %s, 'regrant', %s, %s, 0.01, date '2025-11-05' + (number %% 7)::int)"
        cursor.execute(f"SELECT count({book}) FROM generate_series(1, 3000) AS number", [people.sofie.pk, lift.grantee_account.code, actor.account.code])
    with committed.connect(roles.OWNER, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE) ledger_transfer")
        owner.execute("ANALYZE ledger_account")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + questions.NUMBERS, [[lift.account_id]])
        [(plan,)] = cursor.fetchall()
    assert rows_read((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]) < 100
    assert questions.numbers_of([lift.account])[lift.account_id].passed_on == kr("30")


def test_a_repayment_sent_again_is_the_one_that_exists_wherever_its_cause_leads_by_now(people):
    earmark = Earmark.objects.with_accounts().get(slug="faellesskabsguides-aeldre-sagen")
    voucher, key = vouchers.keep(people.sofie, documents.pdf("invoice"), "faktura.pdf"), uuid.uuid4()
    paid = payments.register_disbursement(people.sofie, earmark, amount=kr("500"), value_date=date(2025, 12, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, paid, key=uuid.uuid4())
    said = {"amount": kr("100"), "cause": Cause.ERROR, "value_date": date(2025, 12, 20), "key": key}
    first = movements.repay(people.sofie, earmark, **said)
    lapse = decisions.lapse(people.mette, earmark, amount=kr("3799600"), value_date=date(2026, 1, 2), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.lars, lapse, key=uuid.uuid4())
    assert movements.repay(people.sofie, earmark, **said).pk == first.pk
    assert movements.repay(people.sofie, earmark, **(said | {"key": uuid.uuid4()})).credit_account.kind == "treasury"
