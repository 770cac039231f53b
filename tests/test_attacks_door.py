"""Lies told to the door itself: `ledger_book`, called with the application's credential and arguments that no verb would send."""

import hashlib
import uuid

import psycopg
import pytest

from tests import documents
from tests.intruder import LIFT

AMOUNT = "transfer_amount_is_positive_and_whole_oere"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "0", "0.00", "-1", "-0.01", "0.005", "0.001", "999.999", "1e-20", "1e12", "1e300", None])
def test_an_amount_is_more_than_nothing_less_than_a_billion_and_whole_oere(application, amount):
    with application.refused(AMOUNT):
        application.disburse(p_amount=amount)


def test_the_smallest_and_an_exact_amount_are_kept_with_two_decimals(application):
    assert str(application.disburse(p_amount="0.01")["amount"]) == "0.01"
    assert str(application.disburse(p_amount="12.5000")["amount"]) == "12.50"
    assert str(application.disburse(p_amount="3e2")["amount"]) == "300.00"


@pytest.mark.parametrize("currency", ["EUR", "dkk", "", None])
def test_the_books_keep_danish_kroner(application, currency):
    with application.refused("transfer_is_in_danish_kroner"):
        application.disburse(p_currency=currency)


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (None, "transfer_has_a_value_date"),
        ("infinity", "transfer_has_a_value_date"),
        ("-infinity", "transfer_has_a_value_date"),
        ("12023-03-01", "period_exists"),
        ("0203-03-01", "period_exists"),
        ("0044-03-15 BC", "period_exists"),
        ("2028-01-01", "period_exists"),
    ],
)
def test_a_value_date_is_a_day_of_a_fiscal_year_that_exists(application, day, rule):
    with application.refused(rule):
        application.disburse(p_value_date=day)


@pytest.mark.parametrize("year", [-44, 0, 203, 20230])
def test_a_fiscal_year_has_four_digits(application, year):
    with application.refused("period_code_is_a_month_or_year_end"):
        application.run("SELECT ledger_open_year(%s)", year)


@pytest.mark.parametrize("missing", [{"p_key": None}, {"p_booked_by": None}, {"p_step": None}, {"p_step": "approved"}, {"p_step": "POST"}])
def test_a_booking_has_a_key_a_person_and_a_step(application, missing):
    with application.refused("booking_is_complete"):
        application.disburse(**missing)


def test_a_booking_is_signed_by_somebody_who_exists(application):
    with application.refused("booker_holds_the_right"):  # and behind it the foreign key
        application.disburse(p_booked_by=10**9)
    assert application.one("SELECT count(*) FROM pg_constraint WHERE conrelid = 'ledger_transfer'::regclass AND conname ~ 'booked_by_id.*_fk'") == 1


# Two persons


def test_nobody_approves_what_they_registered(application):
    pending = application.disburse()
    with application.refused("second_person_approves"):
        application.settle(pending, p_booked_by=application.sofie)


def test_a_two_person_kind_is_never_booked_in_one_step(application):
    with application.refused("transfer_step_fits_kind"):
        application.disburse(p_step="single")


def test_a_one_step_kind_is_never_left_pending(application):
    application.pay()
    with application.refused("transfer_step_fits_kind"):
        application.disburse(p_kind="repayment", p_debit=LIFT["p_credit"], p_credit="treasury", p_cause="unspent")


def test_an_approval_names_a_registration_that_waits(application):
    posted, rejected = application.pay(), application.disburse()
    application.settle(rejected, "void")
    for nothing in (None, -1, 10**9, posted["id"]):
        with application.refused("settling_names_a_pending"):
            application.book(p_step="post", p_booked_by=application.anders, p_pending=nothing)
    for settled in (posted["pending_id"], rejected["id"]):
        for step in ("post", "void"):
            with application.refused("pending_is_settled_once"):
                application.book(p_step=step, p_booked_by=application.anders, p_pending=settled)


def test_a_registration_settles_nothing(application):
    with application.refused("transfer_settling_names_its_pending"):
        application.disburse(p_pending=application.disburse()["id"])


@pytest.mark.parametrize("step", ["post", "void"])
@pytest.mark.parametrize(
    "change",
    [
        {"p_amount": "999.99"},
        {"p_amount": "1000.01"},
        {"p_amount": "NaN"},
        {"p_debit": "earmark:faellesskabsguides-roede-kors"},
        {"p_credit": "grantee:faellesskabsguides-roede-kors"},
        {"p_kind": "regrant"},
        {"p_cause": "error"},
        {"p_currency": "EUR"},
        {"p_case_number": "2023-9999"},
        {"p_voucher_sha256": "0" * 64},
        {"p_reverses": 1},
        {"p_replaces": 1},
    ],
    ids=str,
)
def test_what_was_registered_is_settled_as_it_is(application, change, step):
    pending = application.disburse()
    with application.refused("settling_changes_nothing"):
        application.settle(pending, step, **change)


# The tree

HOLDERS = {"a": "lift-mary-fonden", "b": "faellesskabsguides-roede-kors", "s": "sekretariat-sbst"}
PLACES = {
    "treasury": "treasury",
    "frame": "frame:ensomhed-2023-2025",
    "other frame": "frame:sekretariat-2023-2025",
    "local a": "local:lift-mary-fonden/havnen",
    "local a2": "local:lift-mary-fonden/nord",
    **{f"{place} {key}": f"{place}:{slug}" for place in ("earmark", "grantee", "used", "written-off") for key, slug in HOLDERS.items()},
}
ALLOWED = {
    "appropriation": {("treasury", "frame"), ("treasury", "other frame")},
    "earmarking": {("frame", "earmark a"), ("frame", "earmark b"), ("other frame", "earmark s")},
    "release": {("earmark a", "frame"), ("earmark b", "frame"), ("earmark s", "other frame"), ("frame", "treasury"), ("other frame", "treasury")},
    "reallocation": {("earmark a", "earmark b"), ("earmark b", "earmark a")},
    "disbursement": {("earmark a", "grantee a"), ("earmark b", "grantee b"), ("earmark s", "grantee s")},
    "repayment": {(f"grantee {key}", to) for key in HOLDERS for to in ("treasury", f"earmark {key}")},
    "regrant": {("grantee a", "local a"), ("grantee a", "local a2")},
    "regrant_returned": {("local a", "grantee a"), ("local a2", "grantee a")},
    "documented_use": {("grantee b", "used b"), ("grantee s", "used s"), ("local a", "used a"), ("local a2", "used a")},  # a must be passed on
    "write_off": {(f"grantee {key}", f"written-off {key}") for key in HOLDERS} | {("local a", "written-off a"), ("local a2", "written-off a")},
    "lapse": {("earmark a", "treasury"), ("earmark b", "treasury"), ("earmark s", "treasury")},
}


@pytest.mark.parametrize("kind", [*ALLOWED, "gift", "", None])
def test_money_moves_along_the_tree_and_nowhere_else(application, kind):
    """Every kind between every two places: exactly the pairs of the rulebook get past the tree."""
    for actor in ("havnen", "nord"):
        application.open_local(actor)
    before, through = application.state(), set()
    for debit, debit_code in PLACES.items():
        for credit, credit_code in PLACES.items():
            if debit == credit:
                continue
            rule = rule_of(application, p_kind=kind, p_debit=debit_code, p_credit=credit_code, p_step="single")
            if rule != "money_moves_along_the_tree":
                through.add((debit, credit))
    assert through == ALLOWED.get(kind or "", set())
    assert application.state() == before


def rule_of(application, **content):
    """The rule that refuses this; what is not refused is undone again."""
    try:
        with application.connection.transaction():
            application.disburse(**content)
            raise psycopg.Rollback
    except psycopg.Error as refusal:
        return refusal.diag.constraint_name
    return ""


@pytest.mark.parametrize(
    "accounts",
    [{"p_credit": LIFT["p_debit"]}, {"p_debit": LIFT["p_credit"]}, {"p_debit": None}, {"p_credit": "grantee:me"}, {"p_credit": "Grantee:lift-mary-fonden"}],
    ids=str,
)
def test_a_transfer_has_two_different_accounts_that_exist(application, accounts):
    with application.refused("accounts_exist"):
        application.disburse(**accounts)


@pytest.mark.parametrize(
    ("code", "kind", "parent", "holder", "passes_on"),
    [
        ("treasury2", "treasury", None, "", False),
        ("frame:mine", "frame", "frame:ensomhed-2023-2025", "", False),
        ("frame:Mine", "frame", "treasury", "", False),
        ("earmark:mine", "earmark", "treasury", "", False),
        ("grantee:me", "grantee", "earmark:lift-mary-fonden", "me", True),  # one grantee an earmark
        ("grantee:lift-mary-fonden", "grantee", "earmark:faellesskabsguides-roede-kors", "me", False),
        ("local:lift-mary-fonden/me", "local", "grantee:faellesskabsguides-roede-kors", "me", False),
        ("local:faellesskabsguides-roede-kors/me", "local", "grantee:faellesskabsguides-roede-kors", "me", False),  # it passes nothing on
        ("local:lift-mary-fonden/me", "local", "grantee:lift-mary-fonden", "", False),
        ("local:lift-mary-fonden/me", "local", "grantee:lift-mary-fonden", "mary-fonden", False),  # passing on to oneself is not passing on
        ("used:other", "used", "earmark:lift-mary-fonden", "", False),
        ("written-off:lift-mary-fonden", "written_off", "grantee:lift-mary-fonden", "", False),
        ("earmark:mine\nfrom", "earmark", "frame:ensomhed-2023-2025", "", False),
        ("pot", "pot", "treasury", "", False),
    ],
)
def test_an_account_has_its_place_in_the_tree(application, code, kind, parent, holder, passes_on):
    with application.refused("account_has_its_place_in_the_tree"):
        application.run("SELECT ledger_open_account(%s, 'Mine', %s, %s, %s, %s)", code, kind, parent, holder, passes_on)


def test_an_account_is_opened_once_and_keeps_its_holder(application):
    with application.refused("account_is_opened_once"):
        application.run("SELECT ledger_open_account('grantee:lift-mary-fonden', 'Mary Fonden', 'grantee', 'earmark:lift-mary-fonden', 'me', true)")


# Keys


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"p_amount": "1000.01"}, "amount"),
        ({"p_value_date": "2023-03-02"}, "value_date"),
        ({"p_debit": "earmark:faellesskabsguides-roede-kors"}, "debit_account"),
        ({"p_credit": "grantee:faellesskabsguides-roede-kors"}, "credit_account"),
        ({"p_kind": "release"}, "kind"),
        ({"p_step": "single"}, "step"),
        ({"p_text": "another"}, "text"),
        ({"p_case_number": "2023-2"}, "case_number"),
        ({"p_voucher_sha256": "0" * 64}, "voucher_sha256"),
        ({"p_currency": "EUR"}, "amount_currency"),
        ({"p_cause": "error"}, "cause"),
        ({"p_period": "2023-13.1"}, "period"),
        ({"p_reverses": 1}, "reverses"),
        ({"p_replaces": 1}, "replaces"),
        ({"p_pending": 1}, "pending"),
    ],
    ids=str,
)
def test_a_key_books_one_thing_and_the_refusal_says_what_differs(application, change, named):
    key = uuid.uuid4()
    application.disburse(p_key=key, p_text="rate", p_case_number="2023-1")
    with application.refused("key_books_one_thing"):
        application.disburse(**{"p_key": key, "p_text": "rate", "p_case_number": "2023-1", **change})
    with application.connection.transaction(), pytest.raises(Exception, match=rf"with another content: .*\b{named}\b"), application.connection.transaction():
        application.disburse(**{"p_key": key, "p_text": "rate", "p_case_number": "2023-1", **change})


def test_the_same_key_with_the_same_content_answers_with_the_row_that_exists(application):
    register, approve = uuid.uuid4(), uuid.uuid4()
    pending = application.disburse(p_key=register)
    posted = application.settle(pending, p_key=approve)
    before = application.state()
    assert application.disburse(p_key=register) == pending
    assert application.settle(pending, p_key=approve) == posted
    assert application.state() == before
    with application.refused("key_books_one_thing"):
        application.settle(pending, p_key=approve, p_booked_by=application.mette)  # another person's approval
    with application.refused("key_books_one_thing"):
        application.settle(pending, "void", p_key=approve)
    with application.refused("key_books_one_thing"):
        application.settle(application.disburse(), p_key=approve)  # another registration under an old approval's key


def test_nothing_said_and_nothing_to_say_are_the_same_content(application):
    """A client that sends NULL where another sends an empty text repeats the same booking."""
    key, nothing = uuid.uuid4(), {"p_text": None, "p_case_number": None, "p_cause": None}
    first = application.disburse(p_key=key, **nothing)
    assert application.disburse(p_key=key, **nothing) == first
    assert application.disburse(p_key=key) == first
    approval = uuid.uuid4()
    posted = application.settle(first, p_key=approval, p_voucher_sha256=None, **nothing)
    assert application.settle(first, p_key=approval, p_voucher_sha256=None, **nothing) == posted


def test_a_windows_key_decides_one_thing(application):
    key, decide = uuid.uuid4(), "SELECT ledger_decide_window(%s, 'pending', %s, %s, '2023-01-01', '2026-01-31', NULL, 'why', %s)"
    application.run(decide, key, application.mette, "frame:ensomhed-2023-2025", application.voucher)
    application.run(decide, key, application.mette, "frame:ensomhed-2023-2025", application.voucher)
    with application.refused("key_books_one_thing"):
        application.run(decide, key, application.mette, "frame:sekretariat-2023-2025", application.voucher)
    with application.refused("key_books_one_thing"):
        application.run(decide, key, application.anders, "frame:ensomhed-2023-2025", application.voucher)


# Reversals


def test_a_reversal_is_the_whole_opposite_of_one_transfer_that_moved(application):
    paid = application.pay()
    for change in ({"p_amount": "999.99"}, {"p_credit": "earmark:faellesskabsguides-roede-kors"}, {"p_debit": "grantee:faellesskabsguides-roede-kors"}, LIFT):
        with application.refused("reversal_is_the_whole_opposite"):
            application.reverse(paid, **change)
    for origin in (paid["pending_id"], None, 10**9):
        with application.refused("reversal_undoes_a_booked_transfer"):
            application.reverse({**paid, "id": origin})
    with application.refused("reversal_is_not_dated_before_its_origin"):
        application.reverse(paid, p_value_date="2023-02-28")
    with application.refused("transfer_reversal_names_what_it_reverses"):
        application.disburse(p_reverses=paid["id"])
    with application.refused("transfer_only_a_disbursement_replaces"):
        application.reverse(paid, p_replaces=paid["id"])


def test_a_transfer_is_reversed_once_and_a_reversal_never(application):
    paid = application.pay()
    reversal = application.settle(application.reverse(paid))
    with application.refused("transfer_is_reversed_at_most_once"):
        application.reverse(paid)
    with application.refused("reversal_undoes_a_booked_transfer"):
        application.disburse(p_kind="reversal", p_reverses=reversal["id"], p_cause="error")


def test_a_rejected_reversal_makes_room_for_another(application):
    paid = application.pay()
    application.settle(application.reverse(paid), "void")
    assert application.settle(application.reverse(paid))["step"] == "post"


@pytest.mark.parametrize("cause", ["", "error", "unspent", "year_end", "whim", None])
def test_a_payment_is_reversed_for_a_cause_of_payments_only(application, cause):
    paid = application.pay()
    with application.refused("reversal_has_a_fitting_cause"):
        application.reverse(paid, p_cause=cause)


# Giving up a claim

GIVEN_UP = {"p_kind": "write_off", "p_debit": LIFT["p_credit"], "p_credit": "written-off:lift-mary-fonden"}


@pytest.mark.parametrize("cause", ["", "error", "unspent", "bank_returned", "Waived", None])
def test_a_claim_is_given_up_for_a_cause_of_its_own(application, cause):
    paid = application.pay()
    with application.refused("transfer_has_the_voucher_it_needs" if cause == "bank_returned" else "transfer_cause_fits_kind"):
        application.disburse(**GIVEN_UP, p_cause=cause, p_amount="1.00", p_voucher_sha256="")
    with application.refused("transfer_cause_fits_kind"):
        application.disburse(**GIVEN_UP, p_cause=cause, p_amount="1.00")
    with application.refused("transfer_cause_fits_kind"):
        application.disburse(p_cause="waived")  # and nothing else has that cause
    with application.refused("reversal_has_a_fitting_cause"):
        application.reverse(paid, p_cause="waived", p_amount="1000.00")


def test_a_claim_is_given_up_when_it_is_small_or_for_a_bankruptcy(application):
    application.pay()
    for amount in ("500.00", "500", "500.01", "1000.00"):
        with application.refused("transfer_write_off_is_small_or_a_bankruptcy"):
            application.disburse(**GIVEN_UP, p_cause="waived", p_amount=amount)
    with application.refused("transfer_has_the_voucher_it_needs"):
        application.disburse(**GIVEN_UP, p_cause="bankruptcy", p_amount="400.00", p_voucher_sha256="")
    waived = application.settle(application.disburse(**GIVEN_UP, p_cause="waived", p_amount="499.99"))
    bankrupt = application.settle(application.disburse(**GIVEN_UP, p_cause="bankruptcy", p_amount="500.01"))
    assert [row["cause"] for row in (waived, bankrupt)] == ["waived", "bankruptcy"]


# Vouchers


@pytest.mark.parametrize("digest", ["", "abc", "0" * 63, "G" * 64, "A" * 64, None])
def test_a_payment_has_a_voucher(application, digest):
    with application.refused("transfer_has_the_voucher_it_needs"):
        application.disburse(p_voucher_sha256=digest)


def test_a_voucher_that_is_not_kept_is_refused_before_the_commit(application):
    with application.refused("voucher_is_kept"):
        application.disburse(p_voucher_sha256="0" * 64)
    with application.refused("voucher_is_kept"):
        application.run(
            "SELECT ledger_decide_window(%s, 'pending', %s, 'frame:ensomhed-2023-2025', '2023-01-01', '2026-01-31', NULL, '', %s)",
            uuid.uuid4(),
            application.mette,
            "0" * 64,
        )


def test_a_voucher_is_its_contents_and_stays(application, owner):
    paper = documents.pdf("Faktura")
    keep = "INSERT INTO initiatives_voucher (sha256, content, size, name, kept_at, kept_by_id) VALUES (%s, %s, %s, 'f', now(), %s)"
    with application.refused("voucher_digest_is_its_contents"):
        application.run(keep, "0" * 64, paper, len(paper), application.sofie)
    with application.refused("voucher_size_is_its_contents"):
        application.run(keep, hashlib.sha256(paper).hexdigest(), paper, len(paper) + 1, application.sofie)
    for change in ("UPDATE initiatives_voucher SET name = 'other'", "DELETE FROM initiatives_voucher"):
        with application.refused("42501"):
            application.run(change)
        with owner.refused("voucher_is_never_changed"):
            owner.run(change)
    application.connection.rollback()
    with owner.refused("voucher_is_never_truncated"):
        owner.run("TRUNCATE initiatives_voucher CASCADE")
