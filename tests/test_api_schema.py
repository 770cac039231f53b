"""The API against its own description: what it says it takes and answers is what it takes and answers."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from djmoney.money import Money
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from rest_framework.throttling import UserRateThrottle
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from ensomhed.models import ApiKey
from ensomhed.wsgi import application
from initiatives import payments
from initiatives.models import Earmark
from ledger.models import Account, Transfer
from tests.api import ROOT, Caller, _unhurried  # noqa: F401

EXAMPLES = settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
CSRF = "a" * 32


def test_the_description_is_sound_and_says_everything(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_the_description_covers_every_address_every_key_and_every_problem(people):
    described = Caller(people.sofie).get("/schema/").json()
    operations = {(path, method): operation for path, methods in described["paths"].items() for method, operation in methods.items()}
    assert {f"{method} {path.removeprefix(ROOT)}" for path, method in operations} == {
        "get /earmarks/", "get /earmarks/{slug}/", "get /accounts/", "get /accounts/{id}/", "get /accounts/{id}/statement/", "get /transfers/", "get /transfers/{id}/",
        "post /disbursements/", "post /disbursements/{id}/approve/", "post /disbursements/{id}/reject/", "post /disbursements/{id}/withdraw/",
    }  # fmt: skip
    for (path, method), operation in operations.items():
        headers = {parameter["name"]: parameter["required"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"}
        assert headers == ({"Idempotency-Key": True} if method == "post" else {}), path
        for status, answer in operation["responses"].items():
            expected = {"application/json"} if status < "300" else {"application/problem+json"}
            assert set(answer["content"]) == expected, (path, status)
    assert operations[f"{ROOT}/disbursements/{{id}}/approve/", "post"]["security"] == [{"session": []}]
    assert "409" in operations[f"{ROOT}/disbursements/", "post"]["responses"]


@pytest.fixture
def described(committed, people, monkeypatch) -> Any:
    monkeypatch.setattr(UserRateThrottle, "get_rate", lambda self: None)  # this many calls are not many people
    load_all_checks()
    schema = schemathesis.openapi.from_wsgi(f"{ROOT}/schema/", application, headers=by_token(people.rikke)["headers"])
    return [operation.ok() for operation in schema.get_all_operations()]


def by_token(user) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Token {ApiKey.make(user)}"}}


def by_session(user) -> dict[str, Any]:
    client = Caller(user).client
    return {"headers": {"X-CSRFToken": CSRF}, "cookies": {"sessionid": client.cookies["sessionid"].value, "csrftoken": CSRF}}


def tried(operation: Any, credentials: dict[str, Any], *, bend: Callable[[Any], None] | None = None) -> list[tuple[Any, Any]]:
    """Calls an operation rightly and wrongly, holds each answer to the description, and answers with the calls and their answers."""
    calls: list[tuple[Any, Any]] = []
    left_out = {"positive_data_acceptance"}  # what the description cannot say, such as how much is left, is refused although the form is right
    if "cookies" in credentials:
        left_out |= {"ignored_auth", "negative_data_rejection"}  # they take the credentials away, and the session stays
    checks = [check for check in CHECKS.get_all() if check.__name__ not in left_out]
    right, wrong = (operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    def call(case: Any) -> None:
        calls.append((case, case.call_and_validate(checks=checks, **credentials)))

    @EXAMPLES
    @given(case=right)
    def rightly(case: Any) -> None:
        if bend:
            bend(case)
        call(case)

    @EXAMPLES
    @given(case=wrong)
    def wrongly(case: Any) -> None:
        call(case)

    rightly()
    with suppress(Unsatisfiable):  # some calls cannot be wrong
        wrongly()
    return calls


def test_a_grantee_gets_what_is_described_and_never_a_word_of_another(committed, described, people, voucher):
    others = Earmark.objects.exclude(grantee__members=people.maria)
    for earmark in others:
        payments.register_disbursement(people.sofie, earmark, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    booked, foreign = Transfer.objects.count(), [earmark.slug for earmark in others]
    for operation in described:
        answers = tried(operation, by_token(people.maria))
        assert answers
        for case, answer in answers:
            assert case.method == "GET" or answer.status_code >= 400
            if answer.status_code == 200:
                assert not [slug for slug in foreign if slug in answer.text], answer.url
    assert Transfer.objects.count() == booked


def test_a_case_officer_gets_what_is_described_and_books_what_was_answered(committed, described, people, lift, voucher):
    before, booked, statuses = set(Transfer.objects.values_list("pk", flat=True)), set(), set()

    def real(case: Any) -> None:
        """Names what exists, so that the call reaches the books."""
        if case.method == "POST" and isinstance(case.body, dict) and "earmark" in case.body:
            case.body = {**case.body, "earmark": lift.slug, "value_date": "2023-04-01", "period": "2023-04"}
            if case.media_type == "application/json":
                case.body["voucher_sha256"] = voucher.sha256
        elif case.method == "POST":
            pending = payments.register_disbursement(
                people.sofie, lift, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4()
            )
            booked.add(pending.pk)
            case.path_parameters = {"id": pending.pk}

    for operation in described:
        answers = tried(operation, by_token(people.sofie), bend=real)
        for case, answer in answers:
            if case.method == "POST" and answer.status_code < 300:
                booked.add(answer.json()["id"])
                statuses.add(answer.status_code)
    assert set(Transfer.objects.values_list("pk", flat=True)) - before == booked
    assert statuses == {200, 201}
    for account in Account.objects.filter(capped=True):
        assert account.left.amount >= 0


def test_an_approver_who_is_logged_in_gets_what_is_described(committed, described, people, lift, voucher):
    approved: set[int] = set()

    def real(case: Any) -> None:
        if "{id}" in case.path and case.method == "POST":
            pending = payments.register_disbursement(
                people.sofie, lift, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4()
            )
            case.path_parameters = {"id": pending.pk}

    for operation in described:
        if operation.method.upper() == "POST":
            for case, answer in tried(operation, by_session(people.anders), bend=real):
                if case.path.endswith("/approve/") and answer.status_code == 200:
                    approved.add(answer.json()["id"])
    assert approved
    assert Account.objects.get(pk=lift.grantee_account_id).balance == Money(len(approved), "DKK")
