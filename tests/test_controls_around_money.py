"""The rules of money beside the books (claims, accounts, files, lists) met in plain SQL, as the application's role or as the owner with an earlier rule asleep."""

import json
import uuid

import pytest

from tests.around import Around
from tests.intruder import LIFT, Intruder

LIFT_SLUG, FME = "lift-mary-fonden", "landsindsats-folkebevaegelsen"
ACCOUNT = {"registration_number": "0216", "account_number": "4069012345", "name": "Statens konto", "effective_from": "2023-01-01"}


def key() -> str:
    return str(uuid.uuid4())


# Claims


def claim(around: Around, **changes) -> int:
    sound = {"amount": 600, "amount_currency": "DKK", "cause": "error", "raised_on": "2023-04-01", "due": "2023-05-01", "reason": "Udbetalt for meget"}
    return around.insert("claim", **{**sound, "earmark_id": around.earmark(), "raised_by_id": around.intruder.sofie, **changes})


def repay(intruder: Intruder, amount: str) -> int:
    swapped = {"p_debit": LIFT["p_credit"], "p_credit": LIFT["p_debit"]}
    return intruder.book(
        p_step="single", p_booked_by=intruder.sofie, p_kind="repayment", p_amount=amount, p_value_date="2023-04-15", p_cause="error", **swapped
    )["id"]


def match(around: Around, of: int, transfer: int, amount: object, by: str = "sofie") -> int:
    return around.insert("claimmatch", claim_id=of, transfer_id=transfer, amount=amount, amount_currency="DKK", matched_by_id=around.person(by))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("claim_is_raised_with_the_right", {"raised_by_id": "anders"}),
        ("claim_is_raised_with_the_right", {"raised_by_id": "ida"}),
        ("transfer_amount_is_positive_and_whole_oere", {"amount": "0.005"}),
        ("transfer_amount_is_positive_and_whole_oere", {"amount": "NaN"}),
        ("claim_is_due_on_or_after_its_day", {"due": "2023-03-31"}),
        ("claim_is_due_on_or_after_its_day", {"due": "infinity"}),
        ("claim_has_a_reason", {"reason": "\u00a0"}),
        ("claim_is_of_its_own_earmark", {"actor_id": -1}),
        ("claim_is_within_what_is_held", {"amount": "1000.01"}),
    ],
)
def test_sql_raises_no_claim_that_the_verb_would_not(application, rule, changes):
    around = Around(application)
    application.pay()
    by = {"raised_by_id": application.person(changes["raised_by_id"])} if "raised_by_id" in changes else {}
    with around.refused(rule):
        claim(around, **{**changes, **by})


def test_a_claim_is_answered_by_its_own_money_by_who_may_and_by_no_more_than_came_or_is_missing(application):
    around = Around(application)
    paid, claimed = application.pay()["id"], claim(around)
    large, small = repay(application, "700.00"), repay(application, "100.00")
    with around.refused("claim_is_answered_from_its_own_earmark"):
        match(around, claimed, paid, 100)
    with around.refused("claim_is_answered_with_the_right"):
        match(around, claimed, large, 100, by="anders")
    with around.refused("claim_is_not_overpaid"):
        match(around, claimed, large, "600.01")
    with around.refused("repayment_answers_no_more_than_it_brought"):
        match(around, claimed, small, "100.01")
    with around.refused("transfer_amount_is_positive_and_whole_oere"):
        match(around, claimed, small, 0)


@pytest.mark.parametrize(("subject", "after"), [("0", {"open": "0.00"}), ("claim", {"open": "1.00"})])
def test_what_is_withdrawn_is_an_open_claim_whole(application, subject, after):
    around = Around(application)
    application.pay()
    claimed = claim(around)
    with around.refused("withdrawal_names_an_open_claim"):
        around.propose("claim_withdrawal", "søren", after, subject=str(claimed) if subject == "claim" else subject, earmark=LIFT_SLUG)


def test_where_repayments_go_is_written_whole_and_is_no_grantees(application):
    around = Around(application)
    for wrong in ({"account_number": "12345678901"}, {"name": " "}, {"effective_from": "2023-02-30"}, {"iban": "DK"}):
        with around.refused("receiving_account_is_written_whole"):
            around.propose("receiving_account", "nina", {**ACCOUNT, **wrong})
    with around.refused("receiving_account_is_no_grantees"):
        around.propose("receiving_account", "nina", {**ACCOUNT, "registration_number": "9999", "account_number": "1234567"})


def test_who_handled_a_repayment_does_not_say_where_they_go(owner):
    around = Around(owner)
    around.sleep("claim")
    claim(around, raised_by_id=owner.person("nina"))
    with around.refused("receiving_account_is_apart_from_repayments"):
        around.propose("receiving_account", "nina", ACCOUNT)


# Accounts


def accounts(around: Around, **changes) -> int:
    voucher = around.intruder.voucher
    sound = {"starts": "2023-01-01", "ends": "2023-12-31", "used": 900, "used_currency": "DKK", "received_on": "2024-04-30", "voucher_id": voucher}
    papers = {"auditors_statement_id": voucher, "performance_audit_id": voucher}
    return around.insert("accountsreport", **{**sound, **papers, "earmark_id": around.earmark(FME), "received_by_id": around.intruder.sofie, **changes})


def decide(around: Around, of: int, by: str = "ida", **changes) -> int:
    return around.insert("accountsdecision", **{"accounts_id": of, "approved": True, "value_date": "2024-05-01", "decided_by_id": around.person(by), **changes})


def use(intruder: Intruder, slug: str = FME, **changes) -> int:
    between = {"p_debit": f"grantee:{slug}", "p_credit": f"used:{slug}"}
    sound = {"p_kind": "documented_use", "p_amount": "900.00", "p_value_date": "2024-04-30", "p_voucher_sha256": intruder.voucher}
    return intruder.book(**{"p_step": "pending", "p_booked_by": intruder.sofie, **sound, **between, **changes})["id"]


def paid_to_fme(application: Intruder) -> Around:
    application.pay(p_debit=f"earmark:{FME}", p_credit=f"grantee:{FME}")
    return Around(application)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("accounts_cover_days_that_are_over", {"ends": "2024-05-01"}),
        ("accounts_cover_days_that_are_over", {"starts": "2022-12-31"}),
        ("accounts_cover_days_that_are_over", {"received_on": "2999-01-01"}),
        ("accounts_are_of_the_earmarks_own_actor", {"actor_id": -1}),
        ("passed_on_money_is_used_by_local_actors", {"earmark_id": LIFT_SLUG}),
        ("accounts_meet_a_deadline_of_theirs", {"deadline_id": "status_report"}),
        ("corrected_accounts_follow_a_rejection", {"corrects_id": -1}),
    ],
)
def test_sql_receives_no_accounts_that_the_verb_would_not(application, rule, changes):
    around = Around(application)
    found = {"earmark_id": around.earmark, "deadline_id": lambda what: around.deadline(what, earmark=FME)}
    with around.refused(rule):
        accounts(around, **{name: found.get(name, lambda same: same)(value) for name, value in changes.items()})


def test_accounts_are_decided_once_by_another_who_may_and_on_a_day(application):
    around = Around(application)
    received = accounts(around)
    with around.refused("accounts_wait"):
        decide(around, -1)
    with around.refused("accounts_are_checked_by_another"):
        decide(around, received, "sofie")
    with around.refused("accounts_checker_holds_the_right"):
        decide(around, received, "anders")
    with around.refused("transfer_has_a_value_date"):
        decide(around, received, value_date=None)
    with around.refused("rejection_has_a_reason"):
        decide(around, received, approved=False, reason=" ")
    with around.refused("accounts_count_a_day_once"):
        accounts(around, starts="2023-12-31")
    decide(around, received)
    with around.refused("accounts_are_decided_once"):
        decide(around, received)


def test_final_accounts_wait_for_the_others(application):
    around = Around(application)
    accounts(around)
    final = accounts(around, starts="2024-01-01", ends="2024-03-31", final=True)
    with around.refused("final_accounts_are_decided_last"):
        decide(around, final)


def test_a_use_is_of_its_own_accounts_and_settled_by_their_decision(application):
    around = paid_to_fme(application)
    received = accounts(around)
    with around.refused("documented_use_is_of_its_accounts"):
        around.insert("accountsuse", accounts_id=received, transfer_id=-1)
    used = use(application)
    around.insert("accountsuse", accounts_id=received, transfer_id=used)
    with around.refused("accounts_decide_on_their_use"):
        application.book(p_step="post", p_booked_by=application.ida, p_pending=used)


def test_what_is_disallowed_is_less_of_approved_accounts_dated_after_and_follows_what_waits(application):
    around = paid_to_fme(application)
    received = accounts(around)
    first = use(application, p_amount="500.00")
    around.insert("accountsuse", accounts_id=received, transfer_id=first)

    def disallow(used: str, day: str = "2024-06-01") -> int:
        return around.propose("disallowance", "sofie", {"used": used, "value_date": day}, subject=f"accounts:{received}", earmark=FME)

    with around.refused("disallowance_is_of_approved_accounts"):
        disallow("100.00")
    decide(around, received)
    with around.refused("disallowance_leaves_less"):
        disallow("900.00")
    with around.refused("reversal_is_not_dated_before_its_origin"):
        disallow("100.00", "2024-04-01")
    around.insert("accountsuse", accounts_id=received, transfer_id=use(application, p_amount="400.00"))
    disallowed = disallow("100.00")
    with around.refused("disallowance_follows_what_waits"):
        around.decide(disallowed, "ida")


# The payment file and reconciliation


TAKE = "SELECT (initiatives_take_statement(%s, %s, 'liste.csv', %s, %s, %s, %s)).id"


def take(
    around: Around, by: str = "karen", *, content: bytes = b"x", days: tuple[str, str] = ("2023-03-01", "2023-03-31"), rows: object = (), once: str = ""
) -> int:
    return around.one(TAKE, once or key(), around.person(by), content, *days, json.dumps(rows))


def row(reference: str = "UDEN-1", **changes) -> dict[str, object]:
    return {"number": 1, "reference": reference, "amount": 9, "day": "2023-03-02", "account": "", "text": "", "status": "paid", **changes}


def test_sql_takes_no_list_that_the_verb_would_not(application):
    around = Around(application)
    same = key()
    for rule, changes in (
        ("reconciler_holds_the_right", {"by": "pia"}),
        ("booking_is_complete", {"rows": {}}),
        ("bank_list_ends_after_it_begins", {"days": ("2023-03-31", "2023-03-01")}),
        ("bank_line_lies_within_its_list", {"rows": [row(day="2023-04-01")]}),
        ("bank_line_status_is_known", {"rows": [row(status="lost")]}),
    ):
        with around.refused(rule):
            take(around, **changes)
    take(around, rows=[row()], once=same)
    with around.refused("bank_list_is_taken_once"):
        take(around, rows=[row()])
    with around.refused("key_books_one_thing"):
        take(around, content=b"y", once=same)


def test_sql_releases_nothing_that_the_verb_would_not_and_what_left_is_undone_by_the_lists(application):
    around = Around(application)
    same = key()
    release = "SELECT (initiatives_release_payments(%s, %s)).id"
    for rule, once, by in (
        ("booking_is_complete", None, "pia"),
        ("releaser_holds_the_right", key(), "karen"),
        ("something_is_ready_to_release", key(), "pia"),
    ):
        with around.refused(rule):
            around.one(release, once, around.person(by))
    paid = application.pay()
    around.one(release, same, around.person("pia"))
    with around.refused("key_books_one_thing"):
        around.one(release, same, around.person("karen"))
    with around.refused("released_payment_was_not_made"):
        application.reverse(paid)
    with around.refused("returned_payment_stands_on_a_list"):
        application.reverse(paid, p_cause="bank_returned", p_voucher_sha256=application.voucher)


def test_what_agrees_is_not_explained_by_sql_either(application):
    around = Around(application)
    with around.refused("explanation_is_of_a_finding"):
        around.propose("explanation", "karen", {"explained": True}, subject="bankline:0")
