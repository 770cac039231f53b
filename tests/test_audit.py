"""The audit finds what the books cannot have become by themselves: each way of changing them behind the door, and where it was done."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from initiatives import demo
from ledger.audit import Audit
from ledger.models import Account, Transfer, Window
from tests.books import Books
from tests.rebuilt import rebuild, superuser
from tests.test_cases import CASES, read

HISTORY = """
    2023-04-01  earmark -> grantee       500000.00  as paid
    2023-04-10  earmark -> grantee       300000.00  rejected as refused
    2023-04-12  grantee -> local:havnen  100000.00  as passed
    2023-05-02  earmark -> grantee       200000.00  as lost
    2023-05-09  reverse lost             because never_sent as undone
    2023-06-01  grantee -> earmark        50000.00  because error as back
    2023-07-01  earmark:landsindsats-sbst -> grantee:landsindsats-sbst  70000.00  as misplaced
    2023-07-03  rebook misplaced  earmark:sekretariat-sbst -> grantee:sekretariat-sbst
    2023-08-01  earmark -> grantee       400000.00  pending as waiting
"""


@pytest.fixture
def numbers(committed, people) -> dict[str, int]:
    """The numbers of a small history's transfers by name; what was registered first is `<name>_registered`."""
    books = Books(people.by_name)
    books.play(HISTORY)
    named = {name: transfer.pk for name, transfer in books.named.items()}
    named |= {f"{name}_registered": transfer.pending_id for name, transfer in books.named.items() if transfer.pending_id}
    named |= {user.username: user.pk for user in people.by_name.values()}
    named |= {f"account_{code.replace(':', '_').replace('-', '_').replace('/', '_')}": pk for code, pk in Account.objects.values_list("code", "id")}
    named["newest"] = Transfer.objects.latest("id").pk
    named["replacement"] = Transfer.objects.get(replaces__isnull=False, step="post").pk
    named["window"] = Window.objects.filter(step="post", frame__code="frame:ensomhed-2023-2025").latest("id").pk
    return named


def breaches(against=None) -> list[str]:
    return [str(breach) for breach in Audit(against).breaches()]


def tamper(committed, numbers, statements: str, *, rebuilt: bool = False) -> None:
    with superuser(committed) as intruder:
        for statement in statements.format(**numbers).split(";"):
            assert intruder.execute(statement).rowcount > 0, f"this changed nothing: {statement}"
        if rebuilt:
            rebuild(intruder)


# What was done, and what the audit says of it: a rule, and words that name the place.
CHANGED = {
    "an amount": ("UPDATE ledger_transfer SET amount = 500000.01 WHERE id = {paid}", "chain_of_digests_is_unbroken", "nr. {paid} (earmark:lift-mary-fonden post 4"),
    "the balance behind it": ("UPDATE ledger_transfer SET amount = 1.00 WHERE id = {passed}", "balance_follows_from_the_entries", "local:lift-mary-fonden/havnen: saldo"),
    "a value date": ("UPDATE ledger_transfer SET value_date = '2023-04-02' WHERE id = {back}", "chain_of_digests_is_unbroken", "nr. {back} "),
    "a value date, on its day": ("UPDATE ledger_transfer SET value_date = '2023-04-14' WHERE id = {passed}", "days_follow_from_the_transfers", "2023-04-14 mangler"),
    "a person": ("UPDATE ledger_transfer SET booked_by_id = {søren} WHERE id = {passed}", "chain_of_digests_is_unbroken", "nr. {passed} "),
    "a text": ("UPDATE ledger_transfer SET text = text || '.' WHERE id = {paid}", "chain_of_digests_is_unbroken", "nr. {paid} "),
    "a voucher": ("UPDATE ledger_transfer SET voucher_sha256 = repeat('0', 64) WHERE id = {paid}", "chain_of_digests_is_unbroken", "nr. {paid} "),
    "a case number": ("UPDATE ledger_transfer SET case_number = '2023-1' WHERE id = {paid}", "chain_of_digests_is_unbroken", "nr. {paid} "),
    "a time": ("UPDATE ledger_transfer SET booked_at = booked_at + interval '1 microsecond' WHERE id = {paid}", "chain_of_digests_is_unbroken", "nr. {paid} "),
    "half an øre": ("UPDATE ledger_transfer SET amount = 100000.005 WHERE id = {passed}", "transfer_amount_is_positive_and_whole_oere", "100000.005"),
    "not a number": ("UPDATE ledger_transfer SET amount = 'NaN' WHERE id = {passed}", "transfer_amount_is_positive_and_whole_oere", "NaN"),
    "a deleted row": ("DELETE FROM ledger_transfer WHERE id = {passed}", "entries_are_numbered_without_gaps", "grantee:lift-mary-fonden: postnummer"),
    "a deleted last row": ("DELETE FROM ledger_transfer WHERE id = {waiting}", "entries_are_numbered_without_gaps", "earmark:lift-mary-fonden: antal poster"),
    "an inserted row": (
        ("INSERT INTO ledger_transfer SELECT (jsonb_populate_record(t, jsonb_build_object('id', {newest} + 1, 'key', gen_random_uuid()))).* "
        "FROM ledger_transfer t WHERE id = {passed}"), "entries_are_numbered_without_gaps", "nr. ",
    ),
    "swapped rows": (
        ("UPDATE ledger_transfer SET id = -1 WHERE id = {passed}; UPDATE ledger_transfer SET id = {passed} WHERE id = {back}; "
        "UPDATE ledger_transfer SET id = {back} WHERE id = -1"), "entries_are_numbered_without_gaps", "nr. {back} ",
    ),
    "an entry number": ("UPDATE ledger_transfer SET credit_entry_no = 9 WHERE id = {passed}", "entries_are_numbered_without_gaps", "forventet 1, fundet 9"),
    "a total": ("UPDATE ledger_account SET credits_posted = credits_posted + 1 WHERE code = 'earmark:lift-mary-fonden'", "account_totals_follow_from_the_transfers", "earmark:lift-mary-fonden: kredit bogført"),
    "a reservation": ("UPDATE ledger_account SET debits_pending = 0 WHERE code = 'earmark:lift-mary-fonden'", "account_totals_follow_from_the_transfers", "reserveret: forventet 400.000,00"),
    "a count": ("UPDATE ledger_account SET entry_count = entry_count + 1 WHERE code = 'treasury'", "entries_are_numbered_without_gaps", "treasury: antal poster"),
    "a head": ("UPDATE ledger_account SET head = repeat('0', 64) WHERE code = 'treasury'", "chain_of_digests_is_unbroken", "treasury: nyeste kontrolsum"),
    "a day": ("UPDATE ledger_day SET credits = credits + 1 WHERE account_id = {account_earmark_lift_mary_fonden} AND day = '2023-06-01'", "days_follow_from_the_transfers", "earmark:lift-mary-fonden: kredit 2023-06-01"),
    "what a day carries": ("UPDATE ledger_day SET carried = carried + 1 WHERE account_id = {account_earmark_lift_mary_fonden} AND day = '2023-06-01'", "days_follow_from_the_transfers", "overført til 2023-06-01"),
    "a deleted day": ("DELETE FROM ledger_day WHERE account_id = {account_earmark_lift_mary_fonden} AND day = '2023-06-01'", "days_follow_from_the_transfers", "dagen 2023-06-01 mangler"),
    "a day too many": ("INSERT INTO ledger_day (account_id, day, carried, credits, debits, reserved) VALUES ({account_treasury}, '2023-01-01', 0, 0, 0, 0)", "days_follow_from_the_transfers", "treasury: en dag uden"),
    "an account's name": ("UPDATE ledger_account SET name = 'Min egen konto' WHERE code = 'grantee:lift-mary-fonden'", "chain_of_digests_is_unbroken", "stamdata"),
    "the name of one without entries": ("UPDATE ledger_account SET name = 'Min egen konto' WHERE code = 'used:lift-mary-fonden'", "chain_of_digests_is_unbroken", "used:lift-mary-fonden: er uden poster"),
    "an account's parent": ("UPDATE ledger_account SET parent_id = {account_earmark_landsindsats_sbst} WHERE code = 'grantee:lift-mary-fonden'", "account_has_its_place_in_the_tree", "grantee:lift-mary-fonden: står ikke"),
    "that it must be passed on": ("UPDATE ledger_account SET passes_on = false WHERE code = 'grantee:lift-mary-fonden'", "account_has_its_place_in_the_tree", "grantee:lift-mary-fonden: står ikke"),
    "a local actor that is the grantee itself": (
        "UPDATE ledger_account SET holder = (SELECT holder FROM ledger_account WHERE code = 'grantee:lift-mary-fonden') WHERE kind = 'local'",
        "account_has_its_place_in_the_tree", "local:lift-mary-fonden/havnen: står ikke",
    ),
    "a window": ("UPDATE ledger_window SET closes = '2030-12-31' WHERE id = {window}", "chain_of_digests_is_unbroken", "Betalingsvindue nr. {window}"),
    "a deleted window": ("DELETE FROM ledger_window WHERE id = {window}", "disbursement_is_inside_the_payment_window", "nr. {paid} "),
    "a period closed too early": ("UPDATE ledger_period SET closed = true, closed_at = '2023-01-01', closed_by_id = {karen} WHERE code LIKE '2023%'", "period_is_open", "nr. {paid} "),
    "a period opened again": ("UPDATE ledger_period SET closed = true, closed_at = now(), closed_by_id = {karen} WHERE code = '2024-02'", "periods_close_in_order", "Periode 2024-01"),
    "one account on both sides": ("UPDATE ledger_transfer SET credit_account_id = debit_account_id WHERE id = {passed}", "accounts_exist", "nr. {passed} "),
    "a balance that is no number": ("UPDATE ledger_transfer SET credit_balance = 'NaN' WHERE id = {passed}", "balance_follows_from_the_entries", "fundet NaN"),
    "a total that is no number": ("UPDATE ledger_account SET debits_posted = 'NaN' WHERE code = 'treasury'", "account_totals_follow_from_the_transfers", "fundet NaN"),
    "a proposed window gone": ("DELETE FROM ledger_window WHERE step = 'pending'", "pending_is_settled_once", "Betalingsvindue nr. {window}"),
    "a key used twice": ("UPDATE ledger_transfer SET key = (SELECT key FROM ledger_transfer WHERE id = {paid}) WHERE id = {passed}", "key_books_one_thing", "Nøgle "),
}  # fmt: skip

# The same with everything rebuilt that follows from the rows, the chain included: the rules are told again.
REBUILT = {
    "self-approval": ("UPDATE ledger_transfer SET booked_by_id = {sofie} WHERE id IN ({paid}, {paid_registered})", "second_person_approves", "nr. {paid} "),
    "a window that one person decided": (
        "UPDATE ledger_window SET booked_by_id = (SELECT p.booked_by_id FROM ledger_window w JOIN ledger_window p ON p.id = w.pending_id WHERE w.id = {window}) WHERE id = {window}",
        "second_person_approves", "Betalingsvindue nr. {window}",
    ),
    "a window that was not the one proposed": ("UPDATE ledger_window SET closes = '2030-12-31' WHERE id = {window}", "settling_changes_nothing", "Betalingsvindue nr. {window}"),
    "a window that ends before it begins": ("UPDATE ledger_window SET closes = '2022-12-31' WHERE id = {window}", "window_ends_after_it_begins", "Betalingsvindue nr. {window}"),
    "an overspend that was repaid": (
        "UPDATE ledger_transfer SET amount = 4200000.00 WHERE id IN ({paid}, {paid_registered}); UPDATE ledger_transfer SET amount = 3750000.00 WHERE id = {back}",
        "account_limit_debits_never_exceed_credits", "nr. {paid_registered} ",
    ),
    "more spent on a day than there was": (
        "UPDATE ledger_transfer SET value_date = '2022-12-31' WHERE id IN ({paid}, {paid_registered})", "day_limit_debits_never_exceed_credits", "valørdato 2022-12-31",
    ),
    "another amount approved": ("UPDATE ledger_transfer SET amount = 400000.00 WHERE id = {paid}", "settling_changes_nothing", "(amount)"),
    "an approval dated before": ("UPDATE ledger_transfer SET value_date = '2023-03-31', period = '2023-03' WHERE id = {paid}", "approval_is_not_dated_before_registration", "nr. {paid} "),
    "approved what was rejected": ("UPDATE ledger_transfer SET pending_id = {refused} WHERE id = {lost}", "pending_is_settled_once", "nr. {lost} "),
    "an approval of nothing": ("UPDATE ledger_transfer SET pending_id = NULL WHERE id = {paid}", "pending_is_settled_once", "nr. {paid} "),
    "paid to another grantee": (
        "UPDATE ledger_transfer SET credit_account_id = {account_grantee_landsindsats_sbst} WHERE id IN ({paid}, {paid_registered})", "money_moves_along_the_tree", "nr. {paid_registered} ",
    ),
    "paid in one step": (
        "DELETE FROM ledger_transfer WHERE id = {paid_registered}; UPDATE ledger_transfer SET step = 'single', pending_id = NULL WHERE id = {paid}", "transfer_step_fits_kind", "nr. {paid} ",
    ),
    "a repayment for another cause": ("UPDATE ledger_transfer SET cause = 'unspent' WHERE id = {back}", "cause_decides_where_a_repayment_goes", "forventet treasury"),
    "a repayment without a cause": ("UPDATE ledger_transfer SET cause = '' WHERE id = {back}", "transfer_cause_fits_kind", "nr. {back} "),
    "a part reversed": ("UPDATE ledger_transfer SET amount = 1000.00 WHERE id IN ({undone}, {undone_registered})", "reversal_is_the_whole_opposite", "nr. {undone_registered} "),
    "something else reversed": ("UPDATE ledger_transfer SET reverses_id = {refused} WHERE id IN ({undone}, {undone_registered})", "reversal_undoes_a_booked_transfer", "nr. {undone} "),
    "a reversal for no payment's cause": ("UPDATE ledger_transfer SET cause = 'error' WHERE id IN ({undone}, {undone_registered})", "reversal_has_a_fitting_cause", "nr. {undone} "),
    "a reversal before its origin": (
        "UPDATE ledger_transfer SET value_date = '2023-05-01' WHERE id IN ({undone}, {undone_registered})", "reversal_is_not_dated_before_its_origin", "nr. {undone} ",
    ),
    "a payment reversed twice": (
        ("UPDATE ledger_transfer SET reverses_id = {lost}, amount = 200000.00, kind = 'reversal', cause = 'never_sent', step = 'pending', "
        "debit_account_id = {account_grantee_lift_mary_fonden}, credit_account_id = {account_earmark_lift_mary_fonden} WHERE id = {waiting}"),
        "transfer_is_reversed_at_most_once", "nr. {waiting} ",
    ),
    "a reversal that was approved for another": ("UPDATE ledger_transfer SET reverses_id = {paid} WHERE id = {undone}", "transfer_is_reversed_at_most_once", "nr. {undone} "),
    "booked anew without the new one": (
        "DELETE FROM ledger_transfer WHERE id = {replacement} OR replaces_id IS NOT NULL", "booked_anew_settles_as_one", "ingen udbetaling arver",
    ),
    "booked anew with less": ("UPDATE ledger_transfer SET amount = 1000.00 WHERE replaces_id IS NOT NULL", "booked_anew_inherits_one_payment", "nr. {replacement} "),
    "paid after the window": (
        "UPDATE ledger_transfer SET value_date = '2026-01-02', period = '2026-01' WHERE id IN ({paid}, {paid_registered})", "disbursement_is_inside_the_payment_window", "2023-01-01–2025-12-31",
    ),
    "the window moved away from what was paid": (
        ("INSERT INTO ledger_window SELECT (jsonb_populate_record(w, jsonb_build_object('id', w.id + 1000, 'pending_id', w.pending_id + 1000, 'key', gen_random_uuid(), "
        "'closes', '2023-04-15', 'booked_at', now()))).* FROM ledger_window w WHERE frame_id = {account_frame_ensomhed_2023_2025}"),
        "window_keeps_what_was_paid", "frame:ensomhed-2023-2025",
    ),
    "a year closed with what came back": (
        "UPDATE ledger_period SET closed = true, closed_at = now(), closed_by_id = {karen} WHERE code LIKE '2023%'",
        "year_closes_when_nothing_is_unreturned", "earmark:lift-mary-fonden: 2023",
    ),
    "more lapsed at year-end than came back": (
        "UPDATE ledger_transfer SET kind = 'lapse', cause = 'year_end', value_date = '2023-12-31', period = '2023-12', credit_account_id = {account_treasury} WHERE id = {waiting}",
        "year_end_returns_what_came_back", "højst 5000000, fundet 40000000",
    ),
    "a lapse while the window is open": (
        "UPDATE ledger_transfer SET kind = 'lapse', credit_account_id = {account_treasury} WHERE id = {waiting}", "lapse_follows_the_window_or_year_end", "efter 2025-12-31",
    ),
    "a year-end lapse in August": (
        "UPDATE ledger_transfer SET kind = 'lapse', cause = 'year_end', credit_account_id = {account_treasury} WHERE id = {waiting}",
        "lapse_follows_the_window_or_year_end", "31. december",
    ),
    "a year-end lapse undone the year after": (
        ("UPDATE ledger_transfer SET kind = 'lapse', cause = 'year_end', credit_account_id = {account_treasury}, value_date = '2023-12-31', period = '2023-12' "
        "WHERE id IN ({lost}, {lost_registered}); UPDATE ledger_transfer SET cause = 'error', debit_account_id = {account_treasury}, value_date = '2024-01-02', "
        "period = '2024-01' WHERE id IN ({undone}, {undone_registered})"), "year_end_lapse_is_reversed_in_its_year", "nr. {undone} ",
    ),
    "a claim waived that is not small": (
        ("UPDATE ledger_transfer SET kind = 'write_off', cause = 'waived', debit_account_id = {account_grantee_lift_mary_fonden}, "
        "credit_account_id = {account_written_off_lift_mary_fonden} WHERE id = {waiting}"), "transfer_write_off_is_small_or_a_bankruptcy", "fundet 400000.00",
    ),
    "a claim given up without a cause": (
        ("UPDATE ledger_transfer SET kind = 'write_off', debit_account_id = {account_grantee_lift_mary_fonden}, "
        "credit_account_id = {account_written_off_lift_mary_fonden} WHERE id = {waiting}"), "transfer_cause_fits_kind", "nr. {waiting} ",
    ),
    "a bankruptcy that no document shows": (
        ("UPDATE ledger_transfer SET kind = 'write_off', cause = 'bankruptcy', voucher_sha256 = '', debit_account_id = {account_grantee_lift_mary_fonden}, "
        "credit_account_id = {account_written_off_lift_mary_fonden} WHERE id = {waiting}"), "transfer_has_the_voucher_it_needs", "nr. {waiting} ",
    ),
    "one step that settles": ("UPDATE ledger_transfer SET pending_id = {waiting} WHERE id = {passed}", "transfer_settling_names_its_pending", "nr. {passed} "),
    "a payment that reverses": ("UPDATE ledger_transfer SET reverses_id = {paid} WHERE id = {waiting}", "transfer_reversal_names_what_it_reverses", "nr. {waiting} "),
    "booked anew by two who never met": ("UPDATE ledger_transfer SET booked_by_id = {mette} WHERE id = {replacement}", "booked_anew_settles_as_one", "nr. {replacement} "),
    "a rejection in another month": (
        "UPDATE ledger_transfer SET value_date = '2023-05-10', period = '2023-05' WHERE step = 'void' AND pending_id = {refused}", "settling_changes_nothing", "2023-05",
    ),
    "a rejection without a reason": ("UPDATE ledger_transfer SET text = ' ' WHERE step = 'void' AND pending_id = {refused}", "rejection_has_a_reason", "afviser nr. {refused} "),
    "a window rejected without a reason": ("UPDATE ledger_window SET step = 'void', text = '' WHERE id = {window}", "rejection_has_a_reason", "Betalingsvindue nr. {window}"),
    "another month's period": ("UPDATE ledger_transfer SET period = '2023-11' WHERE id = {passed}", "transfer_period_follows_the_value_date", "nr. {passed} "),
    "a period that nobody made": ("UPDATE ledger_transfer SET period = '2019-04', value_date = '2019-04-12' WHERE id = {passed}", "period_exists", "2019-04"),
    "no voucher": ("UPDATE ledger_transfer SET voucher_sha256 = '' WHERE id IN ({paid}, {paid_registered})", "transfer_has_the_voucher_it_needs", "nr. {paid_registered} "),
    "euros": ("UPDATE ledger_transfer SET amount_currency = 'EUR' WHERE id = {passed}", "transfer_is_in_danish_kroner", "nr. {passed} "),
    "nobody": ("UPDATE ledger_transfer SET booked_by_id = 999999 WHERE id = {passed}", "booking_is_complete", "fundet 999999"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
def test_a_change_behind_the_door_is_found_and_named(committed, numbers, what):
    statements, rule, words = CHANGED[what]
    assert breaches() == []
    tamper(committed, numbers, statements)
    assert [breach for breach in breaches() if breach.endswith(f"[{rule}]") and words.format(**numbers) in breach], breaches()


@pytest.mark.parametrize("what", REBUILT)
def test_a_rule_that_was_broken_is_found_when_everything_was_rebuilt_around_it(committed, numbers, what):
    statements, rule, words = REBUILT[what]
    tamper(committed, numbers, statements, rebuilt=True)
    found = breaches()
    assert [breach for breach in found if breach.endswith(f"[{rule}]") and words.format(**numbers) in breach], found
    assert not [breach for breach in found if "chain_of_digests" in breach or "totals" in breach or "days_follow" in breach], found


def test_the_demo_story_holds(committed, people):
    demo.play_story(people.by_name)
    said = io.StringIO()
    call_command("audit_ledger", stdout=said)
    assert said.getvalue().startswith(f"Regnskabet holder: {Transfer.objects.count()} posteringer på {Account.objects.count()} konti")
    everything = Transfer.objects.filter(step="pending", settlement__isnull=True).values_list("pk", flat=True)
    assert set(Transfer.objects.waiting().values_list("pk", flat=True)) == set(everything) != set(), "what waits is found by its day, and none is missed"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_everyday_case_holds(path, people):
    earmark, lines, _ = read(path)
    Books(people.by_name, at=earmark).play(lines)
    assert breaches() == []


def test_what_was_undone_in_order_holds(people):
    """A lapse that was reversed lets a repayment in again; a repayment that was reversed no longer came back."""
    Books(people.by_name).play("""
        2025-04-01  earmark -> grantee     100000.00
        2026-01-02  earmark -> treasury   3700000.00  as lapse
        2025-05-01  grantee -> treasury     10000.00  because error
        2026-01-05  reverse lapse                     because error
        2025-05-02  grantee -> earmark      10000.00  because error as back
        2025-05-03  reverse back                      because error
        2025-05-04  grantee -> earmark       5000.00  because error
        2025-12-31  earmark -> treasury      5000.00  because year_end
        2026-02-01  close 2025-13.2
    """)
    assert breaches() == []


def test_one_change_is_told_once_for_each_thing_that_it_makes_untrue(committed, numbers):
    tamper(committed, numbers, "UPDATE ledger_transfer SET text = 'noget andet' WHERE id = {paid}")
    assert len(breaches()) == 1
    tamper(committed, numbers, "UPDATE ledger_transfer SET amount = 500000.01 WHERE id = {paid}")
    balances = [breach for breach in breaches() if "balance_follows_from_the_entries" in breach]
    assert len(balances) == 2, "one for each account, though many entries follow"


def test_the_command_prints_each_breach_and_exits_with_one(committed, numbers):
    tamper(committed, numbers, "UPDATE ledger_transfer SET text = 'noget andet' WHERE id IN ({paid}, {passed})")
    said = io.StringIO()
    with pytest.raises(CommandError, match="2 brud i ") as ended:
        call_command("audit_ledger", stdout=said)
    assert ended.value.returncode == 1
    assert f"nr. {numbers['paid']} " in said.getvalue()
    assert len(said.getvalue().splitlines()) == 2


def test_rebuilding_what_was_not_changed_changes_nothing(committed, numbers):
    before = Transfer.objects.order_by("id").values_list("digest", flat=True)
    heads = list(before)
    with superuser(committed) as intruder:
        rebuild(intruder)
    assert list(before.all()) == heads
    assert breaches() == []


# A history that a superuser rebuilt whole holds in itself; only what was kept elsewhere shows it.


@pytest.fixture
def saved(numbers, tmp_path):
    path = tmp_path / "kontrolsummer.json"
    call_command("audit_ledger", write_heads=path, stdout=io.StringIO())
    return path


def test_what_was_only_added_to_holds_against_heads_kept_elsewhere(committed, people, saved):
    Books(people.by_name).play(
        "2023-09-01  earmark -> grantee  1000.00\n 2023-09-02  grantee -> local:nyt-sted  10.00\n 2023-10-01 window 2023-01-01 2026-06-30"
    )
    said = io.StringIO()
    call_command("audit_ledger", against=saved, stdout=said)
    assert "Historikken er kun føjet til" in said.getvalue()


AGAINST = {
    "a text changed": ("UPDATE ledger_transfer SET text = 'noget andet' WHERE id = {passed}", "grantee:lift-mary-fonden: kontrolsummen efter post"),
    "the newest rows gone": ("DELETE FROM ledger_transfer WHERE id = {waiting}", "earmark:lift-mary-fonden: post 12 var der"),
    "another row in its place": (
        "UPDATE ledger_transfer SET key = gen_random_uuid(), text = 'aldrig sket' WHERE id = {waiting}",
        "earmark:lift-mary-fonden: kontrolsummen efter post 12 er ikke",
    ),
    "an account's name": ("UPDATE ledger_account SET name = 'Min egen konto' WHERE code = 'used:lift-mary-fonden'", "used:lift-mary-fonden: kontoens stamdata"),
    "an account gone": ("DELETE FROM ledger_account WHERE code = 'used:lift-mary-fonden'", "used:lift-mary-fonden: post 0 var der"),
    "a window's text": ("UPDATE ledger_window SET text = 'noget andet' WHERE id = {window}", "Betalingsvindue nr. {window}"),
}


@pytest.mark.parametrize("what", AGAINST)
def test_a_history_rebuilt_whole_is_found_by_heads_kept_elsewhere(committed, numbers, saved, what):
    statements, words = AGAINST[what]
    tamper(committed, numbers, statements, rebuilt=True)
    assert breaches() == []
    found = breaches(json.loads(saved.read_text()))
    assert found
    assert all(breach.endswith("[history_is_only_added_to]") for breach in found)
    assert [breach for breach in found if words.format(**numbers) in breach], found


def test_heads_that_cannot_be_written_are_told_in_a_sentence(committed, tmp_path):
    with pytest.raises(CommandError, match="Kan ikke skrive"):
        call_command("audit_ledger", write_heads=tmp_path / "intet" / "x.json", stdout=io.StringIO())


def test_heads_that_cannot_be_read_are_refused_in_a_sentence(committed, tmp_path):
    with pytest.raises(CommandError, match="Kan ikke læse"):
        call_command("audit_ledger", against=tmp_path / "intet")
    (tmp_path / "andet").write_text("[]")
    with pytest.raises(CommandError, match="er ikke skrevet af audit_ledger"):
        call_command("audit_ledger", against=tmp_path / "andet")


def test_what_is_booked_while_the_audit_reads_belongs_to_the_next(committed, numbers, people, monkeypatch):
    monkeypatch.setattr("ledger.audit.PROGRESS_EVERY", 1)
    count = Transfer.objects.count()

    def meanwhile(done: int, total: int) -> None:
        assert total == count
        with committed.connect(autocommit=True) as other:
            other.execute(
                "SELECT ledger_book(gen_random_uuid(), 'single', %s, 'regrant', 'grantee:lift-mary-fonden', 'local:lift-mary-fonden/havnen', 1, '2023-04-12')",
                [people.sofie.pk],
            )

    audit = Audit()
    assert list(audit.breaches(meanwhile)) == []
    assert audit.transfers == count
    assert Transfer.objects.count() == 2 * count
