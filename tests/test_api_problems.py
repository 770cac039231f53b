"""Every refusal in one shape, one line each: what is sent, and the status, rule and field that answer."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from djmoney.money import Money
from rest_framework.throttling import UserRateThrottle

from initiatives import decisions, payments
from ledger.models import Transfer
from tests.api import ROOT, Caller, _unhurried, registration  # noqa: F401

SHAPE = {"type", "title", "status", "detail", "instance", "rule", "figures", "field", "errors"}
ENGLISH = ("not ", "the ", "field", " is ", "must", "invalid", "required", "Ensure", "valid ", "error")


def checked(answer, status: int, rule: str, field: str | None = None) -> dict:
    """The problem in an answer, held to the one shape."""
    problem = answer.json()
    assert (answer.status_code, problem["rule"], problem["field"]) == (status, rule, field), problem
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert set(problem) == SHAPE
    assert problem["type"] == f"urn:ensomhed:problem:{rule}"
    assert problem["status"] == status
    assert problem["instance"] == answer.request["PATH_INFO"] + (f"?{answer.request['QUERY_STRING']}" if answer.request.get("QUERY_STRING") else "")
    assert problem["title"]
    assert problem["detail"][-1] in ".>"
    assert not [word for word in ENGLISH if word in problem["detail"]], problem["detail"]
    assert all(isinstance(figure, str) for figure in problem["figures"].values())
    return problem


READ_ONLY = ("/earmarks/", "/earmarks/lift-mary-fonden/", "/accounts/", "/accounts/1/", "/accounts/1/statement/", "/transfers/", "/transfers/1/")
ADDRESSES = (*READ_ONLY, "/disbursements/", "/disbursements/1/approve/", "/disbursements/1/reject/", "/disbursements/1/withdraw/", "/schema/", "/nowhere/")


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_a_name_every_address_says_log_in(db, address):
    for answer in (Client().get(ROOT + address), Client().post(ROOT + address), Client(headers={"Authorization": "Token wrong"}).get(ROOT + address)):
        checked(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "Token"


def test_a_token_of_somebody_who_left_opens_nothing(people):
    caller = Caller(people.rikke, token=True)
    assert caller.get("/earmarks/").status_code == 200
    people.rikke.is_active = False
    people.rikke.save()
    checked(caller.get("/earmarks/"), 401, "not_authenticated")


@pytest.mark.parametrize("address", READ_ONLY)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_what_is_read_is_not_written(people, address, method):
    answer = getattr(Caller(people.sofie).client, method)(ROOT + address, content_type="application/json")
    checked(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("address", ["/nowhere/", "/earmarks", "/earmarks/lift-mary-fonden", "/transfers/0/", "/transfers/99999999999999999999999/", "/accounts/x/",
                                     "/transfers/?cursor=bm90aGluZw==", "/transfers/?cursor=cD1hYmM=", "/transfers/?cursor=%00", "/earmarks/there-is-none/"])  # fmt: skip
def test_what_is_not_there_is_not_found(people, address):
    checked(Caller(people.sofie).client.get(ROOT + address), 404, "not_found")


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/transfers/?page_size=0", "page_size"),
        ("/transfers/?page_size=1000000", "page_size"),
        ("/transfers/?kind=gift", "kind"),
        ("/transfers/?step=maybe", "step"),
        ("/transfers/?value_date_from=01.04.2023", "value_date_from"),
        ("/transfers/?value_date_to=2023-02-30", "value_date_to"),
        ("/transfers/?case_number=%00", "case_number"),
        ("/accounts/?kind=purse", "kind"),
        ("/accounts/?kind=", "kind"),
        ("/transfers/?cursor=", "cursor"),
        ("/transfers/?value_date_form=2023-01-01", "value_date_form"),
        ("/accounts/1/statement/?before=0", "before"),
        ("/accounts/1/statement/?after=x", "after"),
        ("/accounts/1/statement/?before=3&after=1", None),
        ("/accounts/1/statement/?page_size=201", "page_size"),
    ],
)
def test_a_question_that_cannot_be_read_is_not_guessed_at(people, address, field):
    account = Transfer.objects.first().debit_account_id
    checked(Caller(people.sofie).client.get(ROOT + address.replace("/1/", f"/{account}/")), 400, "invalid_input", field)


AMOUNTS = ["1.234,50", "1234,50", "12.345", "12.3", "12", "500,000.00", "-5.00", "+5.00", " 5.00", "5.00 ", "05.00", "1e3", "NaN", "Infinity", "", "٥.٠٠",
           "1000000000000.00", "5.00\n", 500000, 500000.0, 12.345, True, None, [], {}, ["5.00"]]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS, ids=repr)
def test_an_amount_is_a_string_with_two_decimals_and_nothing_else(people, voucher, amount):
    problem = checked(Caller(people.sofie).post("/disbursements/", registration(voucher, amount=amount)), 400, "invalid_input", "amount")
    assert len(problem["errors"]) == 1
    if amount not in (None,):
        assert '"500000.00"' in problem["detail"]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_what_json_does_not_know_is_no_amount(people, literal):
    body = '{"earmark": "lift-mary-fonden", "amount": ' + literal + "}"
    problem = Caller(people.sofie).post("/disbursements/", body).json()
    assert (problem["status"], problem["rule"] in ("not_readable", "invalid_input")) == (400, True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"earmark": "there-is-none"}, "earmark"),
        ({"earmark": "../etc"}, "earmark"),
        ({"earmark": None}, "earmark"),
        ({"amount_currency": "EUR"}, "amount_currency"),
        ({"value_date": "01.04.2023"}, "value_date"),
        ({"value_date": "20230401"}, "value_date"),
        ({"value_date": "2023-02-29"}, "value_date"),
        ({"value_date": 20230401}, "value_date"),
        ({"text": "x" * 501}, "text"),
        ({"text": 7}, "text"),
        ({"text": "nul\x00"}, "text"),
        ({"text": "half a character \ud800"}, "text"),
        ({"case_number": "x" * 51}, "case_number"),
        ({"period": "2023-14"}, "period"),
        ({"period": "2023-04\n"}, "period"),
        ({"period": 2023}, "period"),
        ({"voucher_sha256": "abc"}, "voucher_sha256"),
        ({"voucher_sha256": None}, "voucher_sha256"),
        ({"case_numer": "2023-1"}, "case_numer"),
        ({"\ud800": "2023-1"}, "\\ud800"),
        ({"voucher": "faktura.pdf"}, "voucher"),
    ],
    ids=repr,
)
def test_each_field_says_what_is_wrong_with_it(people, voucher, wrong, field):
    checked(Caller(people.sofie).post("/disbursements/", registration(voucher, **wrong)), 400, "invalid_input", field)
    assert not Transfer.objects.filter(kind="disbursement").exists()


def test_everything_that_is_wrong_is_said_at_once(people):
    problem = checked(Caller(people.sofie).post("/disbursements/", {"amount": "5"}), 400, "invalid_input", "earmark")
    assert [error["field"] for error in problem["errors"]] == ["earmark", "amount", "value_date", "voucher_sha256"]


@pytest.mark.parametrize(
    "key",
    ["", "1", "not-a-uuid", "{6f1c2b52-9f0a-4a57-9d57-0d5a4a2c6f11}", "6f1c2b529f0a4a579d570d5a4a2c6f11", "urn:uuid:6f1c2b52-9f0a-4a57-9d57-0d5a4a2c6f11"],
)
def test_every_write_needs_a_key(people, voucher, key):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    for who, path, content in (("sofie", "", registration(voucher)), ("anders", f"{number}/approve/", {}), ("anders", f"{number}/reject/", {"reason": "Nej"}),
                               ("sofie", f"{number}/withdraw/", {})):  # fmt: skip
        headers = {"Idempotency-Key": key} if key else {}
        answer = Caller(people.by_name[who]).client.post(f"{ROOT}/disbursements/{path}", content, content_type="application/json", headers=headers)
        checked(answer, 400, "idempotency_key_is_a_uuid")
    assert Transfer.objects.filter(kind="disbursement").count() == 1


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"text"', "7", "[" * 30_000, b"\xff\xfe", '{"amount": ' + "9" * 5000 + "}"], ids=lambda body: repr(body)[:12]
)
def test_a_body_that_is_no_registration_is_refused(people, body):
    problem = Caller(people.sofie).post("/disbursements/", body).json()
    assert problem["status"] == 400
    assert problem["rule"] in ("not_readable", "invalid_input")


@pytest.mark.parametrize("body", ["[]", '[{"amount": "500000.00"}]', "null", '"text"', "7", "true"])
@pytest.mark.parametrize("path", ["", "{number}/approve/", "{number}/reject/"])
def test_json_that_is_no_object_is_told_to_be_one(people, voucher, path, body):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    problem = checked(Caller(people.anders if path else people.sofie).post("/disbursements/" + path.format(number=number), body), 400, "invalid_input")
    assert problem["detail"] == "Ret det, og send igen. Send ét JSON-objekt med felterne ved navn, som beskrevet i /api/v1/schema/."
    assert Transfer.objects.filter(kind="disbursement").count() == 1


def test_what_is_wrong_with_a_call_is_one_table(people, voucher, monkeypatch):
    number = Caller(people.sofie).post("/disbursements/", registration(voucher)).json()["id"]
    sofie, anders = Caller(people.sofie), Caller(people.anders)
    checked(sofie.post("/disbursements/", "earmark=lift", content_type="application/x-www-form-urlencoded"), 415, "unsupported_media_type")
    checked(anders.post(f"/disbursements/{number}/approve/", "<a/>", content_type="text/xml"), 415, "unsupported_media_type")
    checked(sofie.post("/disbursements/", "no boundary here", content_type="multipart/form-data"), 400, "not_readable")
    checked(sofie.post("/disbursements/", registration(text="x" * 70_000)), 413, "body_is_too_large")
    checked(sofie.post("/disbursements/", {f"field{n}": "x" for n in range(1001)}, content_type=MULTIPART_CONTENT), 400, "not_readable")
    checked(sofie.post("/disbursements/", registration(), content_type=MULTIPART_CONTENT), 400, "invalid_input", "voucher")
    checked(anders.post(f"/disbursements/{number}/reject/", {}), 400, "invalid_input", "reason")
    checked(anders.post(f"/disbursements/{number}/reject/", {"reason": " "}), 400, "invalid_input", "reason")
    checked(anders.post(f"/disbursements/{number}/approve/", {"amount": "1.00"}), 400, "invalid_input", "amount")
    checked(sofie.client.get(f"{ROOT}/earmarks/", headers={"Accept": "text/html"}), 406, "not_acceptable")
    assert sofie.client.get(f"{ROOT}/earmarks/?format=xml").status_code == 200  # a form in the address is nothing we know

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.sofie)
    for body, content_type in ((registration(voucher), "application/json"), ({"voucher": SimpleUploadedFile("a", b"a")}, MULTIPART_CONTENT)):
        answer = strict.post(f"{ROOT}/disbursements/", body, content_type=content_type, headers={"Idempotency-Key": str(uuid.uuid4())})
        checked(answer, 403, "csrf_failed")

    monkeypatch.setattr(UserRateThrottle, "get_rate", lambda self: "2/min")
    calls = [Caller(people.karen).get("/earmarks/") for _ in range(3)]
    assert [call.status_code for call in calls[:2]] == [200, 200]
    problem = checked(calls[2], 429, "throttled")
    assert 0 < int(calls[2]["Retry-After"]) == int(problem["figures"]["seconds"]) <= 60


def test_a_session_with_the_sites_own_code_writes(people, voucher):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.sofie)
    code = "a" * 32
    strict.cookies["csrftoken"] = code
    headers = {"Idempotency-Key": str(uuid.uuid4()), "X-CSRFToken": code}
    assert strict.post(f"{ROOT}/disbursements/", registration(voucher), content_type="application/json", headers=headers).status_code == 201


def test_a_limit_says_what_is_left_what_is_reserved_and_what_to_do(people, voucher):
    caller = Caller(people.sofie)
    caller.post("/disbursements/", registration(voucher, amount="3387500.00"))
    problem = checked(caller.post("/disbursements/", registration(voucher)), 409, "account_limit_debits_never_exceed_credits", "amount")
    assert problem["figures"] == {
        "account": "earmark:lift-mary-fonden",
        "kind": "disbursement",
        "left": "412500.00",
        "reserved": "3387500.00",
        "asked": "500000.00",
    }
    for words in ("412.500,00\u00a0kr. tilbage", "500.000,00\u00a0kr.", "3.387.500,00\u00a0kr. er reserveret", "Sæt beløbet ned til højst"):
        assert words in problem["detail"]


def test_what_the_books_refuse_keeps_its_rule_and_its_status(people, lift, voucher):
    for month in ("2023-01", "2023-02"):
        decisions.close_period(people.karen, month)
    caller, anders = Caller(people.sofie), Caller(people.anders)
    for wrong, status, rule, field in (
        ({"amount": "0.00"}, 422, "transfer_amount_is_positive_and_whole_oere", "amount"),
        ({"amount": "999999999999.99"}, 409, "account_limit_debits_never_exceed_credits", "amount"),
        ({"value_date": "2023-02-28"}, 409, "period_is_open", "value_date"),
        ({"value_date": "9999-12-31"}, 409, "period_exists", "value_date"),
        ({"value_date": "0001-01-01"}, 409, "period_exists", "value_date"),
        ({"period": "2023-05"}, 422, "transfer_period_follows_the_value_date", "period"),
        ({"voucher_sha256": "0" * 64}, 422, "voucher_is_kept", "voucher"),
    ):
        checked(caller.post("/disbursements/", registration(voucher, **wrong)), status, rule, field)
    decisions.approve_window(
        people.lars,
        decisions.propose_window(people.mette, lift.initiative.frame, opens=date(2023, 3, 1), closes=date(2023, 6, 30), voucher=voucher, key=uuid.uuid4()),
        key=uuid.uuid4(),
    )
    checked(caller.post("/disbursements/", registration(voucher, value_date="2023-07-01")), 422, "disbursement_is_inside_the_payment_window", "value_date")
    assert not Transfer.objects.filter(kind="disbursement").exists()

    key = uuid.uuid4()
    number = caller.post("/disbursements/", registration(voucher), key=key).json()["id"]
    checked(caller.post("/disbursements/", registration(voucher, text="2. rate"), key=key), 409, "key_books_one_thing")
    checked(caller.post(f"/disbursements/{number}/reject/", {"reason": "Nej"}), 403, "permission_denied")
    checked(anders.post(f"/disbursements/{number}/approve/", {"value_date": "2023-03-31"}), 422, "approval_is_not_dated_before_registration", "value_date")
    payments.approve(people.anders, Transfer.objects.get(pk=number), key=uuid.uuid4())
    checked(anders.post(f"/disbursements/{number}/approve/"), 409, "pending_is_settled_once")
    assert lift.account.__class__.objects.get(pk=lift.account.pk).left == Money("3300000", "DKK")
