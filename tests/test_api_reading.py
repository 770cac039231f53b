"""What the API shows, and to whom: the same as the pages."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from initiatives import decisions, demo, payments
from initiatives.models import Earmark
from initiatives.story import Story
from ledger.models import Account, Transfer
from tests.api import Caller, _unhurried  # noqa: F401

EARMARKS = {
    "landsindsats-folkebevaegelsen", "landsindsats-sbst", "lift-mary-fonden", "faellesskabsguides-aeldre-sagen", "faellesskabsguides-roede-kors", "sekretariat-sbst",
}  # fmt: skip
READERS = ("sofie", "anders", "mette", "karen", "rikke")


@pytest.fixture
def story(people):
    Story(people.by_name).play()
    return people


def test_a_case_officer_sees_each_earmark_with_the_numbers_that_are_never_mixed_up(people, lift, voucher):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    payments.register_disbursement(people.sofie, lift, amount=Money("0.05", "DKK"), value_date=date(2023, 5, 1), voucher=voucher, key=uuid.uuid4())
    rows = {row["slug"]: row for row in Caller(people.sofie).rows("/earmarks/")}
    assert set(rows) == EARMARKS
    assert rows["lift-mary-fonden"]["numbers"] == {
        "earmarked": "3800000.00", "reserved": "0.05", "on_its_way": "0.05", "disbursed": "500000.00", "repaid": "0.00", "passed_on": "0.00",
        "documented": "0.00", "written_off": "0.00", "lapsed": "0.00", "left": "3299999.95", "to_document": "500000.00",
    }  # fmt: skip
    assert rows["lift-mary-fonden"] == Caller(people.sofie).get("/earmarks/lift-mary-fonden/").json()
    assert rows["lift-mary-fonden"]["must_pass_on"] is True
    assert rows["lift-mary-fonden"]["account"] == "earmark:lift-mary-fonden"


@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_the_books_reads_all_of_them(story, reader):
    caller = Caller(story.by_name[reader])
    assert {row["slug"] for row in caller.rows("/earmarks/")} == EARMARKS
    assert len(caller.rows("/accounts/", page_size=7)) == Account.objects.count()
    assert [row["id"] for row in caller.rows("/transfers/", page_size=13)] == list(Transfer.objects.order_by("-id").values_list("id", flat=True))


@pytest.mark.parametrize("person", [person for person in demo.PEOPLE if person.grantee], ids=lambda person: person.username)
def test_a_grantee_sees_its_own_and_nothing_of_anybody_else(story, person):
    caller = Caller(story.by_name[person.username], token=True)
    own = list(Earmark.objects.filter(grantee__slug=person.grantee))
    codes = {f"{kind}:{earmark.slug}" for earmark in own for kind in ("earmark", "grantee", "used", "written-off")}
    codes |= {actor.account.code for earmark in own for actor in earmark.local_actors.select_related("account")}

    assert {row["slug"] for row in caller.rows("/earmarks/")} == {earmark.slug for earmark in own}
    assert {row["code"] for row in caller.rows("/accounts/")} == codes
    seen = caller.rows("/transfers/", page_size=20)
    assert seen
    for row in seen:
        assert {row["debit_account"], row["credit_account"]} & codes
        for side in ("debit", "credit"):  # the frame's and the treasury's balances are not theirs to read
            assert (row[f"{side}_balance"] is None) == (row[f"{side}_account"] not in codes)
            assert (row[f"{side}_entry_no"] is None) == (row[f"{side}_account"] not in codes)

    for earmark in Earmark.objects.exclude(grantee__slug=person.grantee):
        assert caller.get(f"/earmarks/{earmark.slug}/").status_code == 404
    for account in Account.objects.exclude(code__in=codes):
        assert caller.get(f"/accounts/{account.pk}/").status_code == 404
        assert caller.get(f"/accounts/{account.pk}/statement/").status_code == 404
    shown = {row["id"] for row in seen}
    for transfer in Transfer.objects.exclude(pk__in=shown):
        assert caller.get(f"/transfers/{transfer.pk}/").status_code == 404
    reserved = Transfer.objects.filter(debit_account__code__in=codes)
    received = Transfer.objects.filter(credit_account__code__in=codes, step__in=["single", "post"])
    assert shown == set((reserved | received).values_list("pk", flat=True))


def test_a_grantee_reads_neither_who_in_the_ministry_did_it_nor_why_it_was_rejected(people, lift, voucher):
    pending = payments.register_disbursement(
        people.sofie, lift, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4(), text="1. rate"
    )
    void = payments.reject(people.anders, pending, reason="Bilaget passer ikke", key=uuid.uuid4())
    answers = [Caller(people.maria).get(path).content.decode() for path in (f"/transfers/{void.pk}/", "/transfers/", f"/accounts/{lift.account.pk}/statement/")]
    for answer in answers:
        assert '"void"' in answer
        assert "1. rate" in answer
        assert "Bilaget passer ikke" not in answer
        assert "Anders" not in answer
        assert "Sofie" not in answer
    row = Caller(people.rikke).get(f"/transfers/{void.pk}/").json()
    assert (row["text"], row["booked_by"]) == ("Bilaget passer ikke", "Anders Holm")


def test_a_grantee_does_not_see_what_the_ministry_only_considers_to_grant(people, lift, voucher):
    frame = lift.initiative.frame
    release = decisions.release(
        people.mette,
        Earmark.objects.get(slug="landsindsats-sbst"),
        amount=Money("100000", "DKK"),
        value_date=date(2023, 3, 1),
        voucher=voucher,
        key=uuid.uuid4(),
    )
    payments.approve(people.lars, release, key=uuid.uuid4())
    considered = decisions.earmark(people.mette, lift, amount=Money("100000", "DKK"), value_date=date(2023, 3, 1), voucher=voucher, key=uuid.uuid4())
    assert considered.debit_account_id == frame.account_id
    caller, paths = Caller(people.maria), (f"/transfers/{considered.pk}/", "/transfers/", f"/accounts/{lift.account.pk}/statement/")
    before = [caller.get(path) for path in paths]
    assert before[0].status_code == 404
    assert str(considered.key) not in before[1].content.decode() + before[2].content.decode()
    granted = payments.approve(people.lars, considered, key=uuid.uuid4())
    assert str(granted.key) in caller.get("/transfers/").content.decode()
    assert str(granted.key) in caller.get(f"/accounts/{lift.account.pk}/statement/").content.decode()


def test_an_access_administrator_and_a_superuser_see_no_money(story):
    story.adam.is_superuser = True
    story.adam.save()
    caller = Caller(story.adam)
    assert caller.rows("/earmarks/") == caller.rows("/accounts/") == caller.rows("/transfers/") == []
    assert caller.get("/earmarks/lift-mary-fonden/").status_code == 404
    assert caller.get(f"/transfers/{Transfer.objects.first().pk}/").status_code == 404


def test_a_statement_runs_from_the_newest_entry_to_the_first_and_back(story, lift):
    account = Account.objects.get(pk=lift.account.pk)
    caller = Caller(story.rikke)
    entries = caller.rows(f"/accounts/{account.pk}/statement/", page_size=3)
    assert [entry["number"] for entry in entries] == list(range(account.entry_count, 0, -1))
    assert entries[0]["balance"] == f"{account.balance.amount:.2f}"
    running = Decimal(0)
    for entry in reversed(entries):
        if entry["moves"]:
            running += Decimal(entry["credit"] or 0) - Decimal(entry["debit"] or 0)
        assert Decimal(entry["balance"]) == running
    second = caller.client.get(caller.get(f"/accounts/{account.pk}/statement/", page_size=3).json()["next"]).json()
    first = caller.client.get(second["previous"]).json()
    assert [entry["number"] for entry in first["results"]] == [entry["number"] for entry in entries[:3]]
    assert first["previous"] is None


def test_transfers_are_found_by_account_kind_step_day_and_case(story):
    caller, rows = Caller(story.sofie), Caller(story.sofie).rows("/transfers/")

    def found(**query):
        return [row["id"] for row in caller.rows("/transfers/", page_size=17, **query)]

    def kept(matches):
        chosen = [row["id"] for row in rows if matches(row)]
        assert 0 < len(chosen) < len(rows)
        return chosen

    assert found(account="earmark:lift-mary-fonden") == kept(lambda row: "earmark:lift-mary-fonden" in (row["debit_account"], row["credit_account"]))
    assert found(kind="repayment") == kept(lambda row: row["kind"] == "repayment")
    assert found(step="void") == kept(lambda row: row["step"] == "void")
    assert found(value_date_from="2024-02-15", value_date_to="2024-03-01") == kept(lambda row: "2024-02-15" <= row["value_date"] <= "2024-03-01")
    assert found(case_number="2023-1107") == kept(lambda row: row["case_number"] == "2023-1107")
    assert found(account="earmark:lift-mary-fonden", kind="disbursement", step="post") == kept(
        lambda row: (row["debit_account"], row["kind"], row["step"]) == ("earmark:lift-mary-fonden", "disbursement", "post")
    )
    assert found(account="there:is-none") == []
    assert [row["code"] for row in caller.rows("/accounts/", kind="frame")] == ["frame:ensomhed-2023-2025", "frame:sekretariat-2023-2025"]
    assert [row["left"] for row in caller.rows("/accounts/", code="earmark:sekretariat-sbst")] == [
        f"{Account.objects.get(code='earmark:sekretariat-sbst').left.amount:.2f}"
    ]


def test_a_pending_transfer_says_what_settled_it(people, lift, voucher):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    caller = Caller(people.sofie)
    assert caller.get(f"/transfers/{pending.pk}/").json()["settlement"] is None
    post = payments.approve(people.anders, pending, key=uuid.uuid4())
    assert caller.get(f"/transfers/{pending.pk}/").json()["settlement"] == {"id": post.pk, "step": "post"}
    assert caller.get(f"/transfers/{post.pk}/").json()["pending"] == pending.pk


@pytest.mark.parametrize("reader", ["sofie", "maria"])
def test_no_list_asks_more_questions_when_it_has_more_rows(people, lift, voucher, reader):
    caller = Caller(people.by_name[reader])
    paths = ("/earmarks/", "/accounts/", "/transfers/", f"/accounts/{lift.account.pk}/statement/", "/transfers/?account=earmark:lift-mary-fonden")

    def asked() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert caller.client.get(f"/api/v1{path}").status_code == 200
            counts.append(len(queries))
        return counts

    asked()  # the session's first request keeps the session
    few, rows = asked(), [len(caller.get("/transfers/").json()["results"])]
    for number in range(12):
        pending = payments.register_disbursement(
            people.sofie, lift, amount=Money("100", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4(), text=str(number)
        )
        if number % 2:
            payments.approve(people.anders, pending, key=uuid.uuid4())
    assert len(caller.get("/transfers/").json()["results"]) == rows[0] + 18
    assert asked() == few


def test_a_page_is_never_larger_than_the_largest(people):
    caller = Caller(people.sofie)
    assert len(caller.get("/transfers/", page_size=2).json()["results"]) == 2
    for size in ("201", "0", "-1", "all", ""):
        answer = caller.get("/transfers/", page_size=size)
        assert (answer.status_code, answer.json()["field"]) == (400, "page_size"), size


def test_answers_are_kept_by_nobody(people):
    caller = Caller(people.sofie)
    for path in ("/earmarks/", "/transfers/999999/", "/schema/", "/nowhere/"):
        assert caller.get(path)["Cache-Control"] == "no-store", path
    assert Caller(None).get("/earmarks/")["Cache-Control"] == "no-store"
