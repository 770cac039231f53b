"""Whatever PostgreSQL refuses is said in Danish, with the figures and the next step."""

import re
import uuid
from datetime import date
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from djmoney.money import Money

from ledger import booking
from ledger.kinds import Kind, Step
from ledger.refusals import CHECKED, RULES, LedgerError, LimitExceeded, NotSoBooked, refused, translated

ROOT = Path(__file__).parent.parent

# What each rule's detail carries, and the figures that must be read in the sentence.
FIGURES = {
    "account_limit_debits_never_exceed_credits": (
        {"left": "412500.00", "asked": "500000.00", "reserved": "100000.00"},
        ["412.500,00", "500.000,00", "100.000,00"],
    ),
    "day_limit_debits_never_exceed_credits": ({"left": "0.50", "asked": "1.00", "value_date": "2023-06-01"}, ["0,50", "1,00", "01.06.2023"]),
    "year_end_returns_what_came_back": ({"left": "25000.00"}, ["25.000,00"]),
    "repaid_money_is_used_in_its_year": ({"amount": "40000.00", "year": 2023}, ["40.000,00", "31.12.2023"]),
    "repaid_money_stays_in_its_earmark": ({"amount": "40000.00", "left": "2800000.00"}, ["40.000,00", "2.800.000,00"]),
    "claim_is_within_what_is_held": ({"left": "412500.00", "asked": "500000.00"}, ["412.500,00", "500.000,00"]),
    "claim_is_not_overpaid": ({"claim": 7, "rest": "600.00", "asked": "600.01"}, ["nr. 7", "600,00", "600,01"]),
    "repayment_has_the_claims_cause": ({"claim": 7, "cause": "unspent", "paid_for": "error"}, ["nr. 7", "uforbrugte midler", "fejl"]),
    "repayment_answers_no_more_than_it_brought": ({"left": "600.00", "asked": "600.01"}, ["600,00", "600,01"]),
    "waived_claims_stay_small_together": ({"waived": "450.00", "claimed": "450.01", "under": "500.00"}, ["450,00", "450,01", "500,00"]),
    "terms_are_accepted": ({"value_date": "2023-03-01", "received_on": "2023-03-10"}, ["01.03.2023", "10.03.2023"]),
    "reports_are_not_overdue": (
        {"what": "accounts", "year": 2025, "final": True, "due": "2026-04-30", "value_date": "2026-05-01", "stops": 3},
        ["Afsluttende regnskab for 2025", "30.04.2026", "01.05.2026", "2 andre frister"],
    ),
    "receipt_is_dated_when_it_came": ({"earliest": "2023-03-01", "today": "2023-06-01"}, ["01.03.2023", "01.06.2023"]),
    "extension_is_later_and_ends": ({"due": "2024-01-31", "latest": "2025-01-31"}, ["31.01.2024", "31.01.2025"]),
    "override_ends": ({"latest": "2027-11-23"}, ["23.11.2027"]),
    "year_closes_when_nothing_is_unreturned": ({"amount": "40000.00", "year": 2023}, ["40.000,00", "31.12.2023"]),
    "year_end_lapse_is_reversed_in_its_year": ({"origin": "2023-12-31"}, ["31.12.2023"]),
    "disbursement_is_inside_the_payment_window": ({"opens": "2023-01-01", "closes": "2025-12-31"}, ["01.01.2023", "31.12.2025"]),
    "window_keeps_what_was_paid": ({"value_date": "2025-12-20"}, ["20.12.2025"]),
    "approval_is_not_dated_before_registration": ({"registered": "2023-03-01"}, ["01.03.2023"]),
    "reversal_is_not_dated_before_its_origin": ({"origin": "2023-03-01"}, ["01.03.2023"]),
    "period_exists": ({"period": "2028-01"}, ["2028-01"]),
    "period_is_open": ({"period": "2023-03"}, ["2023-03"]),
    "periods_close_in_order": ({"open": "2023-01"}, ["2023-01"]),
    "key_books_one_thing": ({"differs": ["amount", "value_date"]}, ["beløb", "valørdato"]),
    "transfer_write_off_is_small_or_a_bankruptcy": ({"asked": "500.01", "under": "500.00"}, ["500,01", "500,00"]),
    "account_is_opened_once": ({"code": "earmark:x"}, ["earmark:x"]),
    "accounts_count_a_day_once": ({"accounts": 7}, ["nr. 7"]),
    "accounts_document_no_more_than_was_used": ({"used": "900.00", "documented": "500.00"}, ["900,00", "500,00"]),
    "final_accounts_are_decided_last": ({"accounts": 7}, ["nr. 7"]),
    "accounts_decide_on_their_use": ({"accounts": 7}, ["nr. 7"]),
    "accounts_come_with_their_statements": ({"missing": ["auditors_statement", "performance_audit"]}, ["revisor", "forvaltningsrevision"]),
    "disallowance_follows_what_waits": ({"transfer": 7}, ["nr. 7"]),
    "disallowance_leaves_less": ({"used": "900.00"}, ["900,00"]),
    "releaser_has_no_hand_in_the_payments": ({"reference": "ENS-7-5", "hand": "approved"}, ["ENS-7-5", "godkendt"]),
    "reconciler_has_no_hand_in_the_payments": ({"reference": "ENS-7-5", "hand": "released"}, ["ENS-7-5", "frigivet"]),
    "bank_list_is_taken_once": ({"taken_at": "2023-06-01T08:30:00+00:00", "taken_by": "Karen Holm"}, ["01.06.2023 kl. 10.30", "Karen Holm"]),
    "bank_line_lies_within_its_list": ({"row": 3}, ["Række 3"]),
    "released_payment_was_not_made": ({"reference": "ENS-7-5", "file": 2}, ["ENS-7-5", "nr. 2"]),
    "returned_payment_stands_on_a_list": ({"reference": "ENS-7-5"}, ["ENS-7-5"]),
    "one_proposal_waits_at_a_time": ({"proposal": 7}, ["nr. 7"]),
    "roles_do_not_conflict": ({"why": "at registrere og at godkende udbetalinger"}, ["at registrere og at godkende"]),
    "year_profile_says_why_it_changed": ({"number": 2}, ["version 2"]),
    "year_figure_is_in_whole_oere": ({"year": 2024, "amount": "0.005"}, ["2024"]),
    "details_in_force": ({"grantee": "Mary Fonden", "value_date": "2023-03-01"}, ["Mary Fonden", "01.03.2023"]),
    "nemkonto_is_the_grantees_own": ({"grantee": "Mary Fonden", "own": "99999934"}, ["Mary Fonden", "99999934"]),
    "close_out_lacks_nothing": ({"missing": ["claims", "left"]}, ["et krav er åbent", "der står penge på øremærkningen"]),
    "sheet_is_registered_once": (
        {"batch": 7, "made_at": "2023-06-01T08:30:00+00:00", "made_by": "Sofie Lund"},
        ["01.06.2023 kl. 10.30", "Sofie Lund", "nr. 7"],
    ),
    "rebooking_answers_a_reversal": ({"instead_of": 7}, ["nr. 7"]),
    "transfer_is_rebooked_once": ({"instead_of": 17, "transfer": 9}, ["Nr. 17", "nr. 9"]),
    "plan_is_within_its_earmark": (
        {"asked": "600.00", "left": "500.00", "over": "100.00", "leaving": "50.00"},
        ["600,00", "500,00", "100,00", "50,00"],
    ),
    "plan_keeps_what_was_paid": ({"paid": "412500.00"}, ["412.500,00"]),
    "earmark_keeps_its_plan": ({"planned": "600.00", "over": "100.00", "free": "50.00"}, ["600,00", "100,00", "50,00"]),
    "instalment_is_inside_the_payment_window": ({"opens": "2023-01-01", "closes": "2025-12-31"}, ["01.01.2023", "31.12.2025"]),
    "local_actor_is_unique_in_its_earmark": ({"name": "Havnen", "municipality_code": "751"}, ["Havnen", "751"]),
}
IMPERATIVES = [
    "Sæt",
    "Vælg",
    "Angiv",
    "Luk",
    "Bogfør",
    "bogfør",
    "Åbn",
    "Afvis",
    "afvis",
    "Vedlæg",
    "Brug",
    "Ret",
    "Afgør",
    "Udfyld",
    "Genindlæs",
    "Gør",
    "Sig",
    "Bed",
    "få",
    "Få",
    "Registrer",
    "Frigiv",
    "Indlæs",
    "vælg",
    "Foreslå",
    "Gem",
    "Fordel",
    "Tag",
    "Skriv",
    "Godkend",
    "foreslå",
    "Træk",
    "Se",
]
NEXT_STEP = re.compile(rf"\b({'|'.join(IMPERATIVES)})\b")


@pytest.fixture
def raised(db) -> set[str]:
    """Every rule that a function of the books or of what guards them can raise by name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        sources = "\n".join(row[0] for row in cursor.fetchall())
    return set(re.findall(r"ledger_refuse\(\s*'(\w+)'", sources)) | set(re.findall(r"CONSTRAINT = '(\w+)'", sources))


def test_every_rule_that_a_function_raises_has_words_of_its_own(raised):
    assert len(raised) > 35
    assert raised <= RULES.keys()


def test_every_words_belong_to_a_rule_that_exists(raised):
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class WHERE relkind = 'i'")
        known = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'ledger_transfer_is_lawful'")
        known |= set(re.findall(r"THEN '(transfer_\w+)'", cursor.fetchone()[0]))
    known |= {rule for module in (ROOT / "initiatives").rglob("*.py") for rule in re.findall(r'refused\("(\w+)"', module.read_text(encoding="utf-8"))}
    assert RULES.keys() - raised - known - set(CHECKED) == set()


@pytest.mark.parametrize("rule", RULES)
def test_a_refusal_is_a_danish_sentence_with_its_figures_and_the_next_step(rule):
    figures, shown = FIGURES.get(rule, ({}, []))
    message = str(refused(rule, figures)).replace("\xa0", " ")
    assert not message[0].islower()
    assert message.endswith(".")
    assert rule not in message
    assert "None" not in message
    assert [figure for figure in shown if figure not in message] == []
    assert NEXT_STEP.search(message), message
    assert not re.search(r"\b(the|is|not|must|account|transfer|error|key)\b", message), "English left over"


@pytest.mark.parametrize("state", CHECKED)
def test_a_constraint_without_words_of_its_own_is_said_by_its_kind(state):
    assert str(refused("account_reserved_is_not_negative", {}, state)) == str(refused(state))
    assert isinstance(refused("account_reserved_is_not_negative", {}, state), LedgerError)


def test_what_postgresql_refuses_arrives_with_rule_figures_and_field(people, lift, voucher):
    with pytest.raises(LimitExceeded) as refusal:
        booking.book(
            people.sofie, Kind.DISBURSEMENT, Step.PENDING, debit=lift.account, credit=lift.grantee_account, amount=Money("3800000.01", "DKK"),
            value_date=date(2023, 3, 1), key=uuid.uuid4(), voucher_sha256=voucher.sha256,
        )  # fmt: skip
    assert refusal.value.rule == "account_limit_debits_never_exceed_credits"
    assert refusal.value.field == "amount"
    assert refusal.value.status == 409
    assert (refusal.value.figures["left"], refusal.value.figures["asked"]) == ("3800000.00", "3800000.01")
    assert "Sæt beløbet ned til højst 3.800.000,00" in str(refusal.value)


def test_a_text_that_is_too_long_is_said_in_words(people, lift, voucher):
    with pytest.raises(NotSoBooked, match="højst 500 tegn"):
        booking.book(
            people.sofie, Kind.DISBURSEMENT, Step.PENDING, debit=lift.account, credit=lift.grantee_account, amount=Money("1", "DKK"),
            value_date=date(2023, 3, 1), key=uuid.uuid4(), voucher_sha256=voucher.sha256, text="x" * 501,
        )  # fmt: skip


@pytest.mark.parametrize("where", ["text", "case_number", "cause", "voucher_sha256", "period"])
def test_a_nul_in_a_text_is_said_in_words(people, lift, voucher, where):
    sound = {"voucher_sha256": voucher.sha256, "text": "1. rate", where: "1. ra\0te"}
    with pytest.raises(NotSoBooked, match="tegn, som ikke kan gemmes"):
        booking.book(
            people.sofie, Kind.DISBURSEMENT, Step.PENDING, debit=lift.account, credit=lift.grantee_account, amount=Money("1", "DKK"),
            value_date=date(2023, 3, 1), key=uuid.uuid4(), **sound,
        )  # fmt: skip
    with pytest.raises(NotSoBooked, match="tegn, som ikke kan gemmes"):
        booking.close_period(people.karen, "2023-01\0")


def test_trouble_that_is_no_refusal_is_not_dressed_as_one(db):
    with pytest.raises(DatabaseError) as trouble, connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    assert translated(trouble.value) is None
