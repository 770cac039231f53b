"""What PostgreSQL itself writes when something happens, whichever way it comes: with SQL as the application, nothing is left out and nothing is backdated."""

from collections.abc import Callable

import pytest

from tests.around import Around

FME = "landsindsats-folkebevaegelsen"
DETAILS = {"method": "account", "cvr": "", "registration_number": "9999", "account_number": "7654321", "effective_from": "2023-01-01"}
NOTICES, TIES = "SELECT count(*) FROM initiatives_notice", "SELECT count(*) FROM initiatives_tie"


def pay(around: Around) -> None:
    around.intruder.pay()


def join(around: Around) -> None:
    around.insert("grantee_members", grantee_id=grantee(around), user_id=around.person("rikke"))


def move(around: Around) -> None:
    around.run("UPDATE ensomhed_user SET email = 'ny@example.dk' WHERE username = 'maria'")


def leave(around: Around) -> None:
    around.run("UPDATE ensomhed_user SET is_active = false WHERE username = 'sofie'")


def answer(around: Around) -> None:
    case = around.insert("case", grantee_id=grantee(around), opened_by_id=around.person("maria"), text="Beløbet er forkert")
    around.insert("casemessage", case_id=case, written_by_id=around.person("karen"), text="Vi ser på det")


def claim(around: Around) -> None:
    around.insert("claim", earmark_id=around.earmark(), raised_by_id=around.person("sofie"), amount=1, amount_currency="DKK", cause="error", due="2023-05-01")


def change_details(around: Around) -> None:
    proposal = around.propose("payment_details", "nina", DETAILS, grantee="mary-fonden")
    around.insert("verification", proposal_id=proposal, verified_by_id=around.person("karen"))
    around.decide(proposal, "mette")


def remind(around: Around) -> None:
    receipt = around.one("SELECT max(id) FROM initiatives_receipt WHERE deadline_id = %s", around.deadline("status_report"))
    around.insert("receiptrejection", receipt_id=receipt, rejected_by_id=around.person("anders"))
    around.run("SELECT initiatives_remind()")


def approve_grantee(around: Around) -> None:
    around.decide(around.propose("grantee", "mette", {"name": "Havnen", "cvr": "", "state_agency": False}, subject="havnen"), "lars")


def approve_accounts(around: Around) -> None:
    intruder, voucher = around.intruder, around.intruder.voucher
    intruder.pay(p_debit=f"earmark:{FME}", p_credit=f"grantee:{FME}")
    papers = {"voucher_id": voucher, "auditors_statement_id": voucher, "performance_audit_id": voucher}
    days = {"starts": "2023-01-01", "ends": "2023-12-31", "received_on": "2024-04-30"}
    accounts = around.insert("accountsreport", earmark_id=around.earmark(FME), used=900, used_currency="DKK", received_by_id=intruder.sofie, **papers, **days)
    use = intruder.book(
        p_step="pending", p_booked_by=intruder.sofie, p_kind="documented_use", p_debit=f"grantee:{FME}", p_credit=f"used:{FME}", p_amount="900.00",
        p_value_date="2024-04-30", p_voucher_sha256=voucher,
    )  # fmt: skip
    around.insert("accountsuse", accounts_id=accounts, transfer_id=use["id"])
    around.insert("accountsdecision", accounts_id=accounts, approved=True, value_date="2024-05-01", decided_by_id=intruder.ida)


def grantee(around: Around) -> int:
    return around.one("SELECT id FROM initiatives_grantee WHERE slug = 'mary-fonden'")


# The trigger, the deed, what is counted, and how much more there is of it afterwards.
WRITTEN: list[tuple[str, Callable[[Around], None], str, int]] = [
    ("member_is_tied", join, TIES, 1),
    ("grantee_is_told_of_its_people", join, NOTICES, 1),
    ("grantee_is_told_of_its_addresses", move, NOTICES, 1),
    ("grantee_is_told_of_answers", answer, NOTICES, 1),
    ("grantee_is_told_of_claim", claim, NOTICES, 1),
    ("grantee_is_told_of_details", change_details, NOTICES, 1),
    ("grantee_is_told_of_reminder", remind, NOTICES, 1),
    ("grantee_is_told_of_money", pay, NOTICES, 1),
    ("decision_takes_effect", approve_grantee, "SELECT count(*) FROM initiatives_grantee WHERE slug = 'havnen'", 1),
    ("accounts_decision_takes_effect", approve_accounts, "SELECT count(*) FROM ledger_transfer WHERE kind = 'documented_use' AND step = 'post'", 1),
    ("whoever_leaves_keeps_no_role", leave, "SELECT count(*) FROM initiatives_rolechange WHERE NOT given", 1),
]


@pytest.mark.parametrize(("trigger", "deed", "counted", "more"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_what_follows_is_written_in_the_same_breath(application, trigger, deed, counted, more):
    around = Around(application)
    application.pay()
    before = around.one(counted)
    deed(around)
    assert around.one(counted) - before == more


def test_an_earmark_has_its_deadlines_from_its_first_money_on(owner):
    """The trigger deadlines_follow_from_the_grant, on an earmark whose deadlines somebody took away."""
    around = Around(owner)
    around.sleep("deadline")
    around.run("DELETE FROM initiatives_deadline WHERE earmark_id = %s", around.earmark())
    frame = owner.one("SELECT p.code FROM ledger_account a JOIN ledger_account p ON p.id = a.parent_id WHERE a.code = 'earmark:lift-mary-fonden'")
    owner.settle(owner.book(
        p_step="pending", p_booked_by=owner.mette, p_kind="release", p_debit="earmark:lift-mary-fonden", p_credit=frame, p_amount="1.00", p_value_date="2023-03-01",
        p_voucher_sha256=owner.voucher,
    ))  # fmt: skip
    assert owner.one("SELECT count(*) FROM initiatives_deadline WHERE earmark_id = %s", around.earmark()) == 0
    owner.settle(owner.book(
        p_step="pending", p_booked_by=owner.mette, p_kind="earmarking", p_debit=frame, p_credit="earmark:lift-mary-fonden", p_amount="1.00",
        p_value_date="2023-03-01", p_voucher_sha256=owner.voucher,
    ))  # fmt: skip
    assert owner.one("SELECT count(*) FROM initiatives_deadline WHERE earmark_id = %s", around.earmark()) == 7


def test_what_is_noted_in_the_log_happens_now(application):
    """The trigger event_happens_now."""
    event = Around(application).insert("event", at="2020-01-01", what="export")
    assert application.one("SELECT at FROM initiatives_event WHERE id = %s", event).year > 2020
