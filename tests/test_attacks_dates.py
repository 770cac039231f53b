"""Attacks in plain SQL on dates, on what came back, and on the payment window: what no verb would send, and beside it what is let through."""

import uuid

import pytest

from tests.intruder import LIFT, Intruder, Row

EARMARK, GRANTEE = LIFT["p_debit"], LIFT["p_credit"]
FRAME = "frame:ensomhed-2023-2025"
MONTHS = [f"2023-{month:02}" for month in range(1, 13)]


def repay(application: Intruder, amount: str, day: str, cause: str = "error", to: str = EARMARK) -> Row:
    """Mary Fonden pays back."""
    return application.book(
        p_step="single", p_booked_by=application.sofie, p_kind="repayment", p_debit=GRANTEE, p_credit=to, p_amount=amount, p_value_date=day, p_cause=cause
    )


def lapse(application: Intruder, amount: str, day: str, cause: str = "", **more: str) -> Row:
    document = {"p_voucher_sha256": ""} if cause == "year_end" else {}  # the books themselves say what came back
    return application.disburse(p_kind="lapse", p_credit="treasury", p_amount=amount, p_value_date=day, p_cause=cause, **document, **more)


def propose_window(application: Intruder, opens: str, closes: str) -> int:
    propose = "SELECT id FROM ledger_decide_window(%s, 'pending', %s, %s, %s, %s, NULL, 'why', %s)"
    return application.one(propose, uuid.uuid4(), application.mette, FRAME, opens, closes, application.voucher)


def approve_window(application: Intruder, pending: int) -> None:
    application.run("SELECT ledger_decide_window(%s, 'post', %s, p_pending => %s)", uuid.uuid4(), application.lars, pending)


def close(application: Intruder, *codes: str) -> None:
    for code in codes:
        application.close(code)


@pytest.fixture
def came_back(application) -> Intruder:
    """The application's credential, after 1.000,00 kr. was paid in March 2023 and 400,00 kr. of it came back in June."""
    application.pay()
    repay(application, "400.00", "2023-06-01")
    return application


# Days


def test_an_approval_is_not_dated_before_its_registration(application):
    pending = application.disburse(p_value_date="2023-03-30")
    for day in ("2023-03-29", "2023-01-01"):
        with application.refused("approval_is_not_dated_before_registration"):
            application.settle(pending, p_value_date=day)
    assert application.settle(pending, p_value_date="2023-03-30")["step"] == "post"


def test_a_back_dated_booking_takes_nothing_that_came_later(application):
    application.pay(p_amount="1000000.00")
    application.pay(p_amount="2800000.00", p_value_date="2023-09-01")
    repay(application, "500000.00", "2023-10-01")
    for day in ("2023-01-01", "2023-03-01", "2023-06-01", "2023-09-30"):
        with application.refused("day_limit_debits_never_exceed_credits"):
            application.disburse(p_amount="0.01", p_value_date=day)
    with application.refused("day_limit_debits_never_exceed_credits"):
        repay(application, "0.01", "2023-02-28", "unspent", "treasury")  # nothing had been paid to anybody yet
    application.pay(p_amount="500000.00", p_value_date="2023-10-01")


# Booked anew


def test_a_payment_booked_anew_inherits_one_payment_and_is_settled_whole_or_not_at_all(application):
    wrong = {"p_debit": "earmark:landsindsats-sbst", "p_credit": "grantee:landsindsats-sbst"}
    right = {"p_debit": "earmark:sekretariat-sbst", "p_credit": "grantee:sekretariat-sbst"}
    paid = application.pay(**wrong)
    reversal = application.reverse(paid, p_debit=wrong["p_credit"], p_credit=wrong["p_debit"], p_cause="booked_anew")
    with application.refused("booked_anew_settles_as_one"):
        application.settle(reversal)  # nothing inherits the payment
    for lie in ({"p_amount": "999.99"}, LIFT, {"p_replaces": paid["pending_id"]}, {"p_replaces": 10**9}):  # another amount, organisation, or payment
        with application.refused("booked_anew_inherits_one_payment"):
            application.disburse(**{**right, "p_replaces": paid["id"], **lie})
    anew = application.disburse(**right, p_replaces=paid["id"])
    with application.refused("booked_anew_inherits_one_payment"):
        application.disburse(**right, p_replaces=paid["id"])  # one payment is inherited once
    for step in ("post", "void"):
        with application.refused("booked_anew_settles_as_one"):
            application.settle(anew, step)  # the other half waits
    application.settle(reversal)
    assert application.one("SELECT step FROM ledger_transfer WHERE pending_id = %s", anew["id"]) == "post"


# What comes back

TREASURY_CAUSES = ("unspent", "disallowed", "other")


@pytest.mark.parametrize("cause", ["error", "changed_conditions", *TREASURY_CAUSES])
def test_nobody_chooses_where_a_repayment_goes(application, cause):
    application.pay()
    right, wrong = ("treasury", EARMARK) if cause in TREASURY_CAUSES else (EARMARK, "treasury")
    with application.refused("cause_decides_where_a_repayment_goes"):
        repay(application, "1.00", "2023-04-01", cause, wrong)
    repay(application, "1.00", "2023-04-01", cause, right)


def test_after_the_window_or_a_lapse_every_repayment_goes_to_the_treasury(application):
    application.pay()
    with application.refused("cause_decides_where_a_repayment_goes"):
        repay(application, "1.00", "2026-01-01")
    repay(application, "1.00", "2026-01-01", to="treasury")
    application.settle(lapse(application, "3799000.00", "2026-01-01"))
    approve_window(application, propose_window(application, "2023-01-01", "2026-06-30"))  # a longer window does not wake what lapsed
    with application.refused("cause_decides_where_a_repayment_goes"):
        repay(application, "1.00", "2026-02-01")
    repay(application, "1.00", "2026-02-01", to="treasury")


def test_what_came_back_is_not_paid_out_in_another_year(came_back):
    with came_back.refused("repaid_money_is_used_in_its_year"):
        came_back.disburse(p_amount="0.01", p_value_date="2024-01-02")
    late = came_back.disburse(p_amount="400.00", p_value_date="2023-12-31")
    with came_back.refused("repaid_money_is_used_in_its_year"):
        came_back.settle(late, p_value_date="2024-01-02")
    came_back.settle(late)
    came_back.pay(p_amount="0.01", p_value_date="2024-01-02")


@pytest.mark.parametrize("day", ["2023-07-01", "2024-01-02"])
def test_what_came_back_does_not_leave_its_earmark_by_another_name(came_back, day):
    """3.799.000,00 kr. was never paid and may go elsewhere; the 400,00 kr. that came back may not."""
    release = {"p_kind": "release", "p_credit": FRAME, "p_value_date": day}
    with came_back.refused("repaid_money_stays_in_its_earmark"):
        came_back.disburse(**release, p_amount="3799000.01")
    with came_back.refused("repaid_money_stays_in_its_earmark"):
        came_back.disburse(p_kind="reallocation", p_credit="earmark:faellesskabsguides-roede-kors", p_amount="3799000.01", p_value_date=day)
    earmarked = came_back.one(
        "SELECT max(t.id) FROM ledger_transfer t JOIN ledger_account e ON e.id = t.credit_account_id WHERE t.kind = 'earmarking' AND t.step = 'post' AND e.code = %s",
        EARMARK,
    )
    with came_back.refused("repaid_money_stays_in_its_earmark"):
        came_back.reverse({"id": earmarked, "kind": "earmarking", "amount": "3800000.00", "value_date": day}, p_debit=EARMARK, p_credit=FRAME, p_cause="error")
    came_back.settle(came_back.disburse(**release, p_amount="3799000.00"))
    with came_back.refused("repaid_money_stays_in_its_earmark"):
        came_back.disburse(**release, p_amount="0.01")


def test_at_year_end_no_more_lapses_than_came_back_and_was_not_used(came_back):
    with came_back.refused("year_end_returns_what_came_back"):
        lapse(came_back, "400.01", "2023-12-31", "year_end")
    with came_back.refused("year_end_returns_what_came_back"):
        lapse(came_back, "400.00", "2024-12-31", "year_end")
    first, second = (lapse(came_back, "400.00", "2023-12-31", "year_end") for _ in range(2))
    came_back.settle(first)
    with came_back.refused("year_end_returns_what_came_back"):
        came_back.settle(second)


def test_a_year_end_lapse_is_not_undone_in_the_next_year(came_back):
    lapsed = came_back.settle(lapse(came_back, "400.00", "2023-12-31", "year_end"))
    undo = {"p_debit": "treasury", "p_credit": EARMARK, "p_cause": "error", "p_voucher_sha256": came_back.voucher}
    with came_back.refused("year_end_lapse_is_reversed_in_its_year"):
        came_back.reverse(lapsed, **undo, p_value_date="2024-01-02")
    reversal = came_back.reverse(lapsed, **undo)
    with came_back.refused("year_end_lapse_is_reversed_in_its_year"):
        came_back.settle(reversal, p_value_date="2024-01-02")
    came_back.settle(reversal)


def test_a_year_does_not_close_on_what_came_back_and_was_not_returned(came_back):
    close(came_back, *MONTHS, "2023-13.1")
    with came_back.refused("year_closes_when_nothing_is_unreturned"):
        close(came_back, "2023-13.2")
    came_back.settle(lapse(came_back, "399.99", "2023-12-31", "year_end", p_period="2023-13.2"))
    with came_back.refused("year_closes_when_nothing_is_unreturned"):
        close(came_back, "2023-13.2")
    came_back.settle(lapse(came_back, "0.01", "2023-12-31", "year_end", p_period="2023-13.2"))
    close(came_back, "2023-13.2")


# The payment window


def test_nothing_lapses_before_the_window_closed_or_the_year_ended(came_back):
    for day, cause in (("2025-12-31", ""), ("2023-06-02", ""), ("2023-12-30", "year_end"), ("2024-01-01", "year_end")):
        with came_back.refused("lapse_follows_the_window_or_year_end"):
            lapse(came_back, "1.00", day, cause)
    pending = lapse(came_back, "1.00", "2026-01-01")
    approve_window(came_back, propose_window(came_back, "2023-01-01", "2026-01-31"))
    with came_back.refused("lapse_follows_the_window_or_year_end"):
        came_back.settle(pending)  # the window moved while it waited
    came_back.settle(pending, p_value_date="2026-02-01")


def test_a_payment_is_registered_and_approved_inside_the_window(application):
    with application.refused("disbursement_is_inside_the_payment_window"):
        application.disburse(p_value_date="2026-01-01")
    late = application.disburse(p_value_date="2025-12-31")
    with application.refused("disbursement_is_inside_the_payment_window"):
        application.settle(late, p_value_date="2026-01-01")
    waits = propose_window(application, "2023-04-01", "2026-03-31")
    with application.refused("disbursement_is_inside_the_payment_window"):
        application.settle(late, p_value_date="2026-01-01")  # proposed is not decided
    approve_window(application, waits)
    with application.refused("disbursement_is_inside_the_payment_window"):
        application.disburse(p_value_date="2023-03-31")
    application.settle(late, p_value_date="2026-03-31")


def test_a_window_does_not_move_away_from_what_was_paid(application):
    application.pay(p_value_date="2023-03-01")
    application.pay(p_value_date="2025-12-30")
    for opens, closes in (("2023-01-01", "2025-12-29"), ("2023-03-02", "2025-12-31"), ("2024-01-01", "2024-12-31")):
        pending = propose_window(application, opens, closes)
        with application.refused("window_keeps_what_was_paid"):
            approve_window(application, pending)
    approve_window(application, propose_window(application, "2023-03-01", "2025-12-30"))
