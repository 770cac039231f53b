"""Registering, approving, rejecting and withdrawing over HTTP: once per key, never more than is left, never alone."""

import threading
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test.client import MULTIPART_CONTENT

from initiatives import payments, vouchers
from initiatives.models import Voucher
from ledger.models import Account, Refusal, Transfer
from tests import documents
from tests.api import Caller, _unhurried, registration  # noqa: F401

INVOICE = documents.pdf("the invoice")


def with_file(content: bytes = INVOICE, **other):
    """A registration as a form with its voucher."""
    return {**registration(**other), "voucher": SimpleUploadedFile("faktura.pdf", content)}


def left() -> str:
    return f"{Account.objects.get(code='earmark:lift-mary-fonden').left.amount:.2f}"


def test_a_disbursement_is_registered_with_its_voucher_and_approved_by_another(people):
    registered = Caller(people.sofie, token=True).post("/disbursements/", with_file(), content_type=MULTIPART_CONTENT)
    assert registered.status_code == 201, registered.json()
    row = registered.json()
    assert (row["kind"], row["step"], row["amount"], row["amount_currency"]) == ("disbursement", "pending", "500000.00", "DKK")
    assert (row["debit_account"], row["credit_account"]) == ("earmark:lift-mary-fonden", "grantee:lift-mary-fonden")
    assert (row["value_date"], row["period"], row["case_number"], row["text"]) == ("2023-04-01", "2023-04", "2023-1102", "1. rate")
    assert bytes(Voucher.objects.get(pk=row["voucher_sha256"]).content) == INVOICE
    assert left() == "3300000.00"
    approved = Caller(people.anders).post(f"/disbursements/{row['id']}/approve/")
    assert approved.status_code == 200, approved.json()
    assert (approved.json()["step"], approved.json()["pending"], approved.json()["booked_by"]) == ("post", row["id"], "Anders Holm")
    assert Account.objects.get(code="grantee:lift-mary-fonden").balance.amount == 500000


def test_the_same_key_with_the_same_content_answers_with_what_exists(people, voucher):
    caller, key = Caller(people.sofie), uuid.uuid4()
    first, again = (caller.post("/disbursements/", registration(voucher), key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert left() == "3300000.00"
    other = caller.post("/disbursements/", registration(voucher, amount="500000.01"), key=key)
    assert (other.status_code, other.json()["rule"], other.json()["figures"]["differs"]) == (409, "key_books_one_thing", "amount")
    stranger = Caller(people.søren).post("/disbursements/", with_file(documents.pdf("invoice")), key=key, content_type=MULTIPART_CONTENT)
    assert (stranger.status_code, stranger.json()["rule"]) == (409, "key_books_one_thing")
    assert Transfer.objects.filter(kind="disbursement").count() == 1


@pytest.mark.parametrize(("who", "deed", "content"), [("anders", "approve", {}), ("anders", "reject", {"reason": "Forkert beløb"}), ("sofie", "withdraw", {})])
def test_a_decision_is_repeated_without_harm_and_cannot_be_another(people, voucher, who, deed, content):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    caller, key = Caller(people.by_name[who]), uuid.uuid4()
    first, again = (caller.post(f"/disbursements/{number}/{deed}/", content, key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["step"] == ("post" if deed == "approve" else "void")
    other = Caller(people.anders).post(f"/disbursements/{number}/reject/", {"reason": "Fortrudt"})
    assert (other.status_code, other.json()["rule"]) == (409, "pending_is_settled_once")


def test_a_rejection_frees_what_was_reserved_and_keeps_its_reason(people, voucher):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    rejected = Caller(people.anders, token=True).post(f"/disbursements/{number}/reject/", {"reason": "Bilaget lyder på 50.000,00 kr."})
    assert (rejected.status_code, rejected.json()["text"]) == (200, "Bilaget lyder på 50.000,00 kr.")
    assert left() == "3800000.00"


def test_a_registration_is_withdrawn_by_the_one_who_made_it_and_nobody_else(people, voucher):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    for other in ("søren", "anders", "mette", "rikke", "maria"):
        answer = Caller(people.by_name[other], token=True).post(f"/disbursements/{number}/withdraw/")
        assert (answer.status_code, answer.json()["rule"]) == (403, "permission_denied"), other
    assert left() == "3300000.00"
    assert Caller(people.sofie, token=True).post(f"/disbursements/{number}/withdraw/").status_code == 200
    assert left() == "3800000.00"


def test_a_token_never_approves(people, voucher):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    both = Caller(people.anders, token=True)
    both.client.force_login(people.anders)  # a token beside a session is still a token
    for caller in (Caller(people.anders, token=True), both):
        answer = caller.post(f"/disbursements/{number}/approve/")
        assert (answer.status_code, answer.json()["rule"]) == (403, "approval_takes_a_log_in")
        assert "Log ind" in answer.json()["detail"]
    assert Transfer.objects.waiting().filter(pk=number).exists()


def test_nobody_approves_alone_not_even_with_both_rights(committed, appoint, people, voucher):
    appoint(people.sofie, "Godkender")
    caller = Caller(people.sofie)
    number = caller.post("/disbursements/", registration(voucher)).json()["id"]
    answer = caller.post(f"/disbursements/{number}/approve/")
    assert (answer.status_code, answer.json()["rule"]) == (403, "second_person_approves")


@pytest.mark.parametrize("who", ["anders", "mette", "karen", "adam", "rikke", "maria"])
def test_only_a_case_officer_registers_and_nothing_is_kept_for_others(people, who):
    before = Voucher.objects.count()
    answer = Caller(people.by_name[who], token=True).post("/disbursements/", with_file(), content_type=MULTIPART_CONTENT)
    assert (answer.status_code, answer.json()["rule"]) == (403, "permission_denied")
    assert Voucher.objects.count() == before
    assert not Transfer.objects.filter(kind="disbursement").exists()


@pytest.mark.parametrize("who", ["sofie", "søren", "mette", "karen", "rikke", "maria"])
def test_only_an_approver_approves_or_rejects(people, voucher, who):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    for deed, content in (("approve", {}), ("reject", {"reason": "Nej"})):
        answer = Caller(people.by_name[who]).post(f"/disbursements/{number}/{deed}/", content)
        assert answer.status_code == 403, deed
    assert left() == "3300000.00"


def test_another_grantees_registration_is_not_found_and_neither_is_another_kind_of_transfer(people, voucher):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    earmarking = Transfer.objects.filter(kind="earmarking", step="pending").first().pk
    post = Transfer.objects.filter(step="post").first().pk
    for who, transfer in (("åse", number), ("adam", number), ("anders", earmarking), ("anders", post), ("anders", 10**30)):
        for deed, content in (("approve", {}), ("reject", {"reason": "Nej"}), ("withdraw", {})):
            answer = Caller(people.by_name[who]).post(f"/disbursements/{transfer}/{deed}/", content)
            assert (answer.status_code, answer.json()["rule"]) == (404, "not_found"), (who, transfer, deed)


def test_a_voucher_that_somebody_else_sent_is_not_known_by_its_digest_but_the_file_itself_is_taken(people):
    theirs = vouchers.keep(people.søren, INVOICE, "a.pdf")
    answer = Caller(people.sofie).post("/disbursements/", registration(theirs))
    assert (answer.status_code, answer.json()["rule"], answer.json()["field"]) == (422, "voucher_is_kept", "voucher")
    assert Caller(people.sofie).post("/disbursements/", with_file(INVOICE), content_type=MULTIPART_CONTENT).status_code == 201
    assert Voucher.objects.filter(pk=theirs.pk).count() == 1


def test_a_voucher_is_neither_empty_nor_too_large(people, settings):
    settings.VOUCHER_MAX_BYTES = 1000
    caller = Caller(people.sofie)
    for content, rule in ((b"", "voucher_is_not_empty"), (b"x" * 1001, "voucher_is_not_too_large")):
        answer = caller.post("/disbursements/", with_file(content), content_type=MULTIPART_CONTENT)
        assert (answer.status_code, answer.json()["rule"]) == (422, rule)
    assert caller.post("/disbursements/", with_file(documents.pdf("x" * 20).ljust(1000)), content_type=MULTIPART_CONTENT).status_code == 201


def test_an_approval_after_the_months_end_gets_its_own_day_and_never_an_earlier_one(people, voucher):
    caller = Caller(people.sofie)
    number = caller.post("/disbursements/", registration(voucher)).json()["id"]
    earlier = Caller(people.anders).post(f"/disbursements/{number}/approve/", {"value_date": "2023-03-31"})
    assert (earlier.status_code, earlier.json()["rule"]) == (422, "approval_is_not_dated_before_registration")
    later = Caller(people.anders).post(f"/disbursements/{number}/approve/", {"value_date": "2023-05-02", "text": "Godkendt i maj"})
    assert (later.status_code, later.json()["value_date"], later.json()["period"]) == (200, "2023-05-02", "2023-05")


def test_a_year_end_period_is_named(people, voucher):
    row = Caller(people.sofie).post("/disbursements/", registration(voucher, value_date="2023-12-31", period="2023-13.1")).json()
    assert (row["value_date"], row["period"]) == ("2023-12-31", "2023-13.1")
    wrong = Caller(people.sofie).post("/disbursements/", registration(voucher, period="2023-13.1")).json()
    assert wrong["rule"] == "transfer_period_follows_the_value_date"


def test_a_refusal_by_the_books_is_kept_on_record(committed, people, voucher):
    answer = Caller(people.sofie, token=True).post("/disbursements/", registration(voucher, amount="3800000.01"))
    assert (answer.status_code, answer.json()["figures"]["left"]) == (409, "3800000.00")
    assert Refusal.objects.get().rule == answer.json()["rule"]


def together(count: int, deed) -> list:
    """Does it `count` times at once, each on a connection of its own."""
    start, answers = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            start.wait(10)
            answers.append(deed(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == count
    return answers


def test_two_approvals_at_once_approve_once(committed, people, voucher):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    callers = [Caller(people.anders), Caller(people.anders)]
    answers = together(2, lambda each: callers[each].post(f"/disbursements/{number}/approve/"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert Account.objects.get(code="grantee:lift-mary-fonden").balance.amount == 500000


def test_one_key_sent_by_many_at_once_books_once(committed, people, voucher):
    key, callers = uuid.uuid4(), [Caller(people.sofie, token=True) for _ in range(6)]
    answers = together(6, lambda each: callers[each].post("/disbursements/", registration(voucher), key=key))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert left() == "3300000.00"


def test_many_spending_one_earmark_at_once_end_at_exactly_its_limit(committed, people, voucher):
    callers = [Caller(people.sofie, token=True) for _ in range(8)]
    answers = together(8, lambda each: callers[each].post("/disbursements/", registration(voucher, amount="950000.00")))
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    assert left() == "0.00"


def test_what_the_api_booked_is_what_the_verbs_book(people, lift, voucher):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    payments.approve(people.anders, Transfer.objects.get(pk=number), key=uuid.uuid4())
    assert Caller(people.sofie).get("/earmarks/lift-mary-fonden/").json()["numbers"]["disbursed"] == "500000.00"
