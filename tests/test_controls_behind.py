"""Behind the triggers stand the tables' own constraints: the owner, with every trigger asleep, still meets them."""

import hashlib

import psycopg
import pytest

from tests.around import Around

FILE = {"content": b"x", "sha256": hashlib.sha256(b"x").hexdigest()}
KEY = {"key": "00000000-0000-4000-8000-000000000001"}
PAID = {"total": 1, "total_currency": "DKK", **FILE}
DAYS = {"first_day": "2023-03-01", "last_day": "2023-03-31"}
ROW = {"amount": 1, "amount_currency": "DKK", "status": "paid"}
CLAIM = {"cause": "error", "due": "2023-04-01", "raised_on": "2023-03-01"}
TERMS = {"what": "terms", "year": None}
STREET = {"municipality_code": "751"}
ACCOUNTS = {"account_id": -1, "grantee_account_id": -2, "used_account_id": -3, "written_off_account_id": -4}
OTHERS = {"account_id": -5, "grantee_account_id": -6, "used_account_id": -7, "written_off_account_id": -8}

# The constraint, its table, and the row that it refuses.
REFUSED = [
    ("voucher_digest_is_its_contents", "voucher", {"sha256": "0" * 64, "content": b"%PDF-", "size": 5}),
    ("voucher_is_of_a_listed_type", "voucher", {**FILE, "size": 1}),
    ("earmark_amount_is_positive", "earmark", {"amount": 0}),
    ("earmark_amount_is_positive", "earmark", {"amount": 10**12}),
    ("local_actor_has_a_municipality_code", "localactor", {"municipality_code": "75"}),
    ("tie_is_of_a_known_kind", "tie", {"why": "friend"}),
    ("deadline_has_its_year", "deadline", {"what": "terms", "year": 2023}),
    ("deadline_has_its_year", "deadline", {"what": "accounts", "year": None}),
    ("claim_amount_is_positive", "claim", {**CLAIM, "amount": 0}),
    ("claim_amount_is_positive", "claim", {**CLAIM, "amount": "NaN"}),
    ("claim_has_a_cause_of_repayments", "claim", {**CLAIM, "cause": "bank_returned"}),
    ("claim_is_due_on_or_after_its_day", "claim", {**CLAIM, "due": "2023-02-28"}),
    ("claim_match_amount_is_positive", "claimmatch", {"amount": 0}),
    ("payment_file_digest_is_its_contents", "paymentfile", {**PAID, "content": b"y"}),
    ("payment_file_is_not_empty", "paymentfile", {**PAID, "line_count": 0}),
    ("payment_file_is_not_empty", "paymentfile", {**PAID, "total_currency": "EUR"}),
    ("payment_line_is_in_danish_kroner", "paymentline", {"amount_currency": "EUR"}),
    ("bank_list_digest_is_its_contents", "bankstatement", {**FILE, **DAYS, "content": b"y"}),
    ("bank_list_ends_after_it_begins", "bankstatement", {**FILE, "first_day": "2023-03-31", "last_day": "2023-03-01"}),
    ("bank_line_amount_is_positive_and_whole_oere", "bankline", {**ROW, "amount": "0.005"}),
    ("bank_line_amount_is_positive_and_whole_oere", "bankline", {**ROW, "amount": -1}),
    ("bank_line_status_is_known", "bankline", {**ROW, "status": "lost"}),
]

# The constraint, its table, and two rows that it does not let stand together.
TWICE = [
    ("initiatives_proposal_key_key", "proposal", KEY, KEY),
    ("initiatives_decision_key_key", "decision", KEY, {**KEY, "proposal_id": -2}),
    ("initiatives_receipt_key_key", "receipt", KEY, KEY),
    ("initiatives_claim_key_key", "claim", {**KEY, **CLAIM}, {**KEY, **CLAIM}),
    ("initiatives_accountsreport_key_key", "accountsreport", KEY, KEY),
    ("initiatives_accountsdecision_key_key", "accountsdecision", KEY, {**KEY, "accounts_id": -2}),
    ("initiatives_paymentfile_key_key", "paymentfile", {**KEY, **PAID}, {**KEY, **PAID, "number": 2}),
    ("initiatives_bankstatement_key_key", "bankstatement", {**KEY, **FILE, **DAYS}, {**KEY, **DAYS, "content": b"y", "sha256": hashlib.sha256(b"y").hexdigest()}),
    ("initiatives_case_key_key", "case", KEY, KEY),
    ("initiatives_casemessage_key_key", "casemessage", KEY, KEY),
    ("initiatives_accessreview_key_key", "accessreview", KEY, KEY),
    ("initiatives_verification_proposal_id_key", "verification", {}, {}),
    ("initiatives_decision_proposal_id_key", "decision", {}, {}),
    ("initiatives_grantee_slug_key", "grantee", {"slug": "havn", "name": "Havn", "cvr": ""}, {"slug": "havn", "name": "Havnen", "cvr": ""}),
    ("grantee_name_is_its_own", "grantee", {"slug": "havn", "name": "Havn", "cvr": ""}, {"slug": "havnen", "name": "HAVN", "cvr": ""}),
    ("grantee_cvr_is_its_own", "grantee", {"slug": "havn", "name": "Havn", "cvr": "99999900"}, {"slug": "ø", "name": "Ø", "cvr": "99999900"}),
    ("initiatives_grantee_members_grantee_id_user_id_3a0ce465_uniq", "grantee_members", {}, {}),
    ("initiatives_agreement_slug_key", "agreement", {}, {}),
    ("initiatives_frame_slug_key", "frame", {"account_id": -1}, {"account_id": -2}),
    ("initiatives_frame_account_id_key", "frame", {"account_id": -1, "slug": "a"}, {"account_id": -1, "slug": "b"}),
    ("initiatives_initiative_slug_key", "initiative", {}, {}),
    ("initiatives_earmark_slug_key", "earmark", ACCOUNTS, OTHERS),
    ("initiatives_earmark_account_id_key", "earmark", ACCOUNTS, {**OTHERS, "slug": "b", "account_id": -1}),
    ("initiatives_earmark_grantee_account_id_key", "earmark", ACCOUNTS, {**OTHERS, "slug": "b", "grantee_account_id": -2}),
    ("initiatives_earmark_used_account_id_key", "earmark", ACCOUNTS, {**OTHERS, "slug": "b", "used_account_id": -3}),
    ("initiatives_earmark_written_off_account_id_key", "earmark", ACCOUNTS, {**OTHERS, "slug": "b", "written_off_account_id": -4}),
    ("local_actor_is_unique_in_its_earmark", "localactor", {**STREET, "account_id": -1}, {**STREET, "account_id": -2}),
    ("initiatives_localactor_account_id_key", "localactor", {**STREET, "slug": "a"}, {**STREET, "slug": "b"}),
    ("initiatives_paymentbasis_transfer_id_key", "paymentbasis", {}, {}),
    ("deadline_is_one_of_its_kind", "deadline", TERMS, TERMS),
    ("reminder_is_sent_once", "reminder", {}, {}),
    ("initiatives_receiptrejection_receipt_id_key", "receiptrejection", {}, {}),
    ("claim_match_is_made_once", "claimmatch", {"amount_currency": "DKK"}, {"amount_currency": "DKK"}),
    ("initiatives_accountsreport_corrects_id_key", "accountsreport", {"corrects_id": -1}, {"corrects_id": -1}),
    ("initiatives_accountsdecision_accounts_id_key", "accountsdecision", {}, {}),
    ("initiatives_accountsuse_transfer_id_key", "accountsuse", {}, {}),
    ("initiatives_paymentfile_number_key", "paymentfile", PAID, PAID),
    ("initiatives_paymentline_transfer_id_key", "paymentline", {"amount_currency": "DKK", "reference": "a"}, {"amount_currency": "DKK", "reference": "b"}),
    ("initiatives_paymentline_reference_key", "paymentline", {"amount_currency": "DKK"}, {"amount_currency": "DKK", "transfer_id": -2}),
    ("bank_list_is_taken_once", "bankstatement", {**FILE, **DAYS}, {**FILE, **DAYS}),
    ("bank_line_stands_once_in_its_list", "bankline", ROW, ROW),
    ("delivery_is_one_to_an_address", "delivery", {"person_id": None}, {"person_id": None}),
    ("delivery_is_sent_once", "deliveryattempt", {"sent": True}, {"sent": True}),
    ("conflict_is_said_once", "conflict", {}, {}),
    ("initiatives_closeout_decision_id_key", "closeout", {}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "table", "row"), REFUSED, ids=[f"{row[0]}-{at}" for at, row in enumerate(REFUSED)])
def test_a_row_that_breaks_a_constraint_is_refused_behind_the_triggers_too(owner, rule, table, row):
    behind = Around(owner)
    behind.sleep(table)
    with behind.refused(rule):
        behind.insert(table, **row)


@pytest.mark.parametrize(("rule", "table", "first", "second"), TWICE, ids=[row[0] for row in TWICE])
def test_what_stands_once_stands_once_behind_the_triggers_too(owner, rule, table, first, second):
    behind = Around(owner)
    behind.sleep(table)
    behind.insert(table, **first)
    with pytest.raises(psycopg.errors.UniqueViolation) as refusal:
        behind.insert(table, **second)
    assert refusal.value.diag.constraint_name == rule
