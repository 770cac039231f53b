"""Accounts from grantees: received with the statements that they need, checked by somebody without a hand in the payments, and what follows in the books."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from initiatives import accounts, claims, movements, payments, vouchers
from initiatives.control import proposals
from initiatives.models import AccountsDecision, AccountsReport, AccountsUse, Claim, Deadline, Receipt
from ledger import questions
from ledger.kinds import Cause, Kind, Step
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests import documents
from tests.accounts import DAY, FME, LIFT, SBST, balance, earmark, kr, refused


def test_accounts_document_what_was_used_when_another_person_approves_them(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "1100000")
    report = receive(fme, "1037500")
    assert balance(fme.used_account) == "0.00"
    decision = accounts.approve(people.ida, report, key=uuid.uuid4(), value_date=date(2024, 5, 21))
    assert decision.outcome == "godkendt"
    assert (balance(fme.used_account), balance(fme.grantee_account)) == ("1037500.00", "62500.00")
    posted = Transfer.objects.get(kind=Kind.DOCUMENTED_USE, step=Step.POST)
    assert (posted.value_date, posted.booked_by, posted.text) == (date(2024, 5, 21), people.ida, "Regnskab 2023")
    assert not Claim.objects.exists(), "interim accounts leave the rest with the grantee"


def test_final_accounts_turn_what_is_left_into_an_expected_repayment(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "1100000")
    accounts.approve(people.ida, receive(fme, "1037500", final=True), key=uuid.uuid4())
    claim = Claim.objects.get()
    assert (claim.amount, claim.cause, claim.earmark, claim.raised_by) == (kr("62500"), Cause.UNSPENT, fme, people.ida)
    assert claim.raised_on == DAY
    assert (claim.due - claim.raised_on).days == 30


def test_what_is_claimed_or_reserved_already_is_not_claimed_again(people, pay, receive, papers):
    fme = earmark(FME)
    pay(fme, "1100000")
    claims.expect(people.sofie, fme, amount=kr("50000"), cause=Cause.ERROR, due=date(2024, 6, 1), raised_on=DAY, text="For meget i 1. rate", key=uuid.uuid4())
    report = receive(fme, "1037500", final=True)
    numbers, standing = questions.numbers_of([fme.account])[fme.account_id], accounts.standing_of(report)
    assert accounts.spent_otherwise(report, numbers, standing) == (kr("0"), kr("50000")), "the figures beside accounts add up to what was paid out"
    accounts.approve(people.ida, report, key=uuid.uuid4())
    assert Claim.objects.get(cause=Cause.UNSPENT).amount == kr("12500")


def test_a_surplus_is_kept_and_booked_with_a_later_instalment_by_two_persons(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "620000")
    accounts.approve(people.ida, report, key=uuid.uuid4())
    standing = accounts.standing_of(AccountsReport.objects.told().get())
    assert (standing.documented, standing.surplus, standing.can_be_booked) == (kr("500000"), kr("120000"), kr("0"))
    with refused("nothing_more_is_documented"):
        accounts.book_surplus(people.sofie, report, value_date=date(2024, 6, 3), key=uuid.uuid4())
    pay(fme, "100000", date(2024, 6, 3))
    assert accounts.standing_of(AccountsReport.objects.told().get()).can_be_booked == kr("100000")
    key = uuid.uuid4()
    pending = accounts.book_surplus(people.sofie, report, value_date=date(2024, 6, 3), key=key)
    assert accounts.book_surplus(people.sofie, report, value_date=date(2024, 6, 3), key=key) == pending
    assert pending.amount == kr("100000")
    payments.approve(people.ida, pending, key=uuid.uuid4())
    assert balance(fme.used_account) == "600000.00"
    assert accounts.standing_of(AccountsReport.objects.told().get()).surplus == kr("20000")


def test_use_is_documented_up_to_what_stood_with_the_sender_on_the_day(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    pay(fme, "400000", date(2024, 6, 3))
    report = receive(fme, "620000")
    assert report.uses.get().transfer.amount == kr("500000")


def test_accounts_of_nothing_used_book_nothing_and_still_take_a_second_person(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "0", final=True)
    assert not report.uses.exists()
    accounts.approve(people.ida, report, key=uuid.uuid4())
    assert Claim.objects.get().amount == kr("500000")


def test_what_is_passed_on_is_documented_by_the_local_actors(people, pay, receive):
    lift = earmark(LIFT)
    pay(lift, "500000")
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    movements.regrant(people.sofie, actor, amount=kr("220000"), value_date=date(2023, 4, 12), key=uuid.uuid4())
    with refused("passed_on_money_is_used_by_local_actors"):
        receive(lift, "220000")
    report = receive(lift, "200000", actor=actor, final=True)
    own = receive(lift, "0")
    accounts.approve(people.ida, report, key=uuid.uuid4())
    accounts.approve(people.ida, own, key=uuid.uuid4())
    assert (balance(lift.used_account), balance(actor.account), balance(lift.grantee_account)) == ("200000.00", "20000.00", "280000.00")
    claim = Claim.objects.get()
    assert (claim.actor, claim.amount) == (actor, kr("20000"))
    assert str(report) == "Regnskab 2023 fra Havnen"


def test_accounts_meet_their_deadline_and_a_rejection_makes_it_stand_again(people, pay, receive, papers, new_earmark):
    report = receive(new_earmark, "0")
    deadline = Deadline.objects.get(earmark=new_earmark, what="accounts", year=2023)
    assert report.deadline == deadline
    assert Receipt.objects.standing().get(deadline=deadline).voucher == papers[0]
    accounts.reject(people.ida, report, reason="Underskriften mangler", key=uuid.uuid4())
    assert not Receipt.objects.standing().filter(deadline=deadline).exists()
    corrected = receive(new_earmark, "0", corrects=report, voucher=vouchers.keep(people.sofie, documents.pdf("rettet"), "rettet.pdf"))
    assert Receipt.objects.standing().filter(deadline=deadline).exists()
    assert report.corrected_by == corrected


def test_rejected_accounts_document_nothing_and_corrected_ones_replace_them(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "480000")
    with refused("rejection_has_a_reason"):
        accounts.reject(people.ida, report, reason=" ", key=uuid.uuid4())
    accounts.reject(people.ida, report, reason="Bilag 7 mangler", key=uuid.uuid4())
    assert report.uses.get().transfer.settlement.text == "Bilag 7 mangler"
    assert earmark(FME).grantee_account.left == kr("500000")
    with refused("accounts_are_decided_once"):
        accounts.approve(people.ida, report, key=uuid.uuid4())
    corrected = receive(fme, "470000", corrects=report)
    with refused("corrected_accounts_follow_a_rejection"):
        receive(fme, "460000", corrects=report)
    with refused("corrected_accounts_follow_a_rejection"):
        receive(fme, "1", corrects=corrected, starts=date(2024, 1, 1), ends=date(2024, 3, 31))
    with refused("corrected_accounts_follow_a_rejection"):
        receive(earmark(SBST), "1", corrects=report)
    accounts.approve(people.ida, corrected, key=uuid.uuid4())
    assert balance(fme.used_account) == "470000.00"


@pytest.mark.parametrize(
    ("slug", "given", "missing"),
    [
        (FME, {"auditors_statement": None}, "revisorerklæring (kræves over 100.000 kr.)"),
        (FME, {"performance_audit": None}, "forvaltningsrevision (kræves over 500.000 kr.)"),
        (FME, {"auditors_statement": None, "performance_audit": None}, "revisorerklæring (kræves over 100.000 kr.) og forvaltningsrevision"),
    ],
)
def test_the_grants_amount_says_which_statements_accounts_come_with(receive, slug, given, missing):
    with pytest.raises(LedgerError) as refusal:
        receive(earmark(slug), "0", **given)
    assert refusal.value.rule == "accounts_come_with_their_statements"
    assert missing in str(refusal.value)


def test_a_state_agency_owes_no_auditors_statement(receive):
    agency = earmark(SBST)
    assert accounts.required(agency) == []
    receive(agency, "0", auditors_statement=None, performance_audit=None)


@pytest.mark.parametrize(
    ("amount", "needed"),
    [
        ("100000.00", []),
        ("100000.01", ["auditors_statement"]),
        ("500000.00", ["auditors_statement"]),
        ("500000.01", ["auditors_statement", "performance_audit"]),
    ],
)
def test_the_limits_are_above_and_not_at(people, new_earmark_of, amount, needed):
    assert accounts.required(new_earmark_of(amount)) == needed


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"used": kr("-1")}, "accounts_state_whole_oere"),
        ({"used": kr("0.005")}, "accounts_state_whole_oere"),
        ({"used": kr("1000000000000")}, "accounts_state_whole_oere"),
        ({"starts": date(2022, 12, 31)}, "accounts_cover_days_that_are_over"),
        ({"starts": date(2024, 1, 1)}, "accounts_cover_days_that_are_over"),
        ({"received_on": date(2023, 12, 30)}, "accounts_cover_days_that_are_over"),
        ({"received_on": date(9999, 12, 31)}, "accounts_cover_days_that_are_over"),
        ({"received_on": date(2023, 12, 31)}, None),
    ],
    ids=str,
)
def test_what_accounts_say_is_sound(receive, changes, rule):
    if rule is None:
        assert receive(earmark(FME), "0", **changes).pk
        return
    with refused(rule):
        receive(earmark(FME), "0", **changes)


def test_a_day_is_counted_once_and_nothing_comes_after_the_final_accounts(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    first = receive(fme, "100000")
    with refused("accounts_count_a_day_once"):
        receive(fme, "1", starts=date(2023, 12, 31), ends=date(2024, 1, 31))
    last = receive(fme, "1", starts=date(2024, 1, 1), ends=date(2024, 3, 31), final=True)
    with refused("final_accounts_are_decided_last"):
        accounts.approve(people.ida, last, key=uuid.uuid4())
    accounts.approve(people.ida, first, key=uuid.uuid4())
    accounts.approve(people.ida, last, key=uuid.uuid4())
    with refused("accounts_count_a_day_once"):
        receive(fme, "1", starts=date(2024, 4, 1), ends=date(2024, 4, 15))


def test_the_same_key_receives_once_and_decides_once(people, pay, receive):
    fme, key = earmark(FME), uuid.uuid4()
    pay(fme, "500000")
    report = receive(fme, "480000", key=key)
    assert receive(fme, "480000", key=key) == report
    with refused("key_decides_one_thing"):
        receive(fme, "490000", key=key)
    decided = accounts.approve(people.ida, report, key=key)
    assert accounts.approve(people.ida, report, key=key) == decided
    assert (AccountsReport.objects.count(), AccountsUse.objects.count(), AccountsDecision.objects.count()) == (1, 1, 1)


def test_use_disallowed_later_is_reversed_booked_less_and_claimed_one_step_for_each_of_two_persons(people, pay, receive, papers):
    fme = earmark(FME)
    pay(fme, "1100000")
    report = receive(fme, "1037500")
    accounts.approve(people.ida, report, key=uuid.uuid4())
    proposal = accounts.disallow(
        people.sofie, report, used=kr("1000000"), value_date=date(2024, 9, 2), reason="Rejser til messe", voucher=papers[1], key=uuid.uuid4()
    )
    assert balance(fme.used_account) == "1037500.00"
    proposals.approve(people.ida, proposal, key=uuid.uuid4())
    assert (balance(fme.used_account), balance(fme.grantee_account)) == ("1000000.00", "100000.00")
    claim = Claim.objects.get()
    assert (claim.amount, claim.cause, claim.reason, claim.raised_on) == (kr("37500"), Cause.DISALLOWED, "Rejser til messe", date(2024, 9, 2))
    standing = accounts.standing_of(AccountsReport.objects.told().get())
    assert (standing.accepted, standing.documented, standing.surplus) == (kr("1000000"), kr("1000000"), kr("0"))
    with refused("nothing_more_is_documented"):
        accounts.book_surplus(people.sofie, report, value_date=date(2024, 9, 3), key=uuid.uuid4())
    with refused("disallowance_leaves_less"):
        accounts.disallow(people.sofie, report, used=kr("1000000"), value_date=date(2024, 9, 3), reason="Igen", voucher=papers[1], key=uuid.uuid4())
    nothing = accounts.disallow(people.sofie, report, used=kr("0"), value_date=date(2024, 9, 3), reason="Intet bilag", voucher=papers[1], key=uuid.uuid4())
    proposals.approve(people.ida, nothing, key=uuid.uuid4())
    assert balance(fme.used_account) == "0.00"
    assert sum(claim.amount.amount for claim in Claim.objects.all()) == 1037500


def test_disallowing_a_surplus_that_was_never_booked_claims_nothing(people, pay, receive, papers):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "620000")
    accounts.approve(people.ida, report, key=uuid.uuid4())
    less = accounts.disallow(
        people.sofie, report, used=kr("600000"), value_date=date(2024, 9, 2), reason="Uden for formålet", voucher=papers[1], key=uuid.uuid4()
    )
    proposals.approve(people.ida, less, key=uuid.uuid4())
    assert (balance(fme.used_account), Claim.objects.count()) == ("500000.00", 0)
    assert accounts.standing_of(AccountsReport.objects.told().get()).surplus == kr("100000")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"used": kr("480000")}, "disallowance_leaves_less"),
        ({"used": kr("480000.01")}, "disallowance_leaves_less"),
        ({"used": kr("-1")}, "disallowance_leaves_less"),
        ({"used": kr("0.005")}, "disallowance_leaves_less"),
        ({"value_date": date(2024, 4, 29)}, "reversal_is_not_dated_before_its_origin"),
        ({"voucher": None}, "proposal_has_its_document"),
        ({"reason": " "}, "proposal_has_a_reason"),
    ],
    ids=str,
)
def test_a_disallowance_is_sound(people, pay, receive, papers, changes, rule):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "480000")
    accounts.approve(people.ida, report, key=uuid.uuid4())
    sound = {"used": kr("400000"), "value_date": date(2024, 9, 2), "reason": "Rejser", "voucher": papers[1], "key": uuid.uuid4()}
    with refused(rule):
        accounts.disallow(people.sofie, report, **{**sound, **changes})


def test_only_approved_accounts_are_disallowed(people, pay, receive, papers):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "480000")
    with refused("disallowance_is_of_approved_accounts"):
        accounts.disallow(people.sofie, report, used=kr("1"), value_date=DAY, reason="Rejser", voucher=papers[1], key=uuid.uuid4())


def test_receiving_and_checking_take_rights_of_their_own(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    for username in ("anders", "mette", "karen", "ida", "adam", "rikke", "freja"):
        with pytest.raises(PermissionDenied):
            receive(fme, "1", by=getattr(people, username))
    report = receive(fme, "480000")
    for username in ("sofie", "anders", "mette", "karen", "adam", "rikke", "freja"):
        with pytest.raises(PermissionDenied):
            accounts.approve(getattr(people, username), report, key=uuid.uuid4())
        with pytest.raises(PermissionDenied):
            accounts.reject(getattr(people, username), report, reason="Nej", key=uuid.uuid4())


def test_use_is_not_settled_beside_its_accounts(people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    pending = receive(fme, "480000").uses.get().transfer
    for settle in (
        lambda: payments.approve(people.ida, pending, key=uuid.uuid4()),
        lambda: payments.reject(people.ida, pending, reason="Nej", key=uuid.uuid4()),
        lambda: payments.withdraw(people.sofie, pending, key=uuid.uuid4()),
    ):
        with refused("accounts_decide_on_their_use"):
            settle()


def test_use_is_not_booked_without_accounts(people, pay, voucher):
    fme = earmark(FME)
    pay(fme, "500000")
    movements.document_use(people.sofie, fme, amount=kr("1"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    with pytest.raises(Exception, match="documented as used without accounts"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
