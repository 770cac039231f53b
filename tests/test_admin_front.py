"""The admin's front page: what waits for me, and where each frame's money is."""

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from djmoney.money import Money

from initiatives import decisions, movements, payments, plans
from initiatives.access import roles
from initiatives.admin import agenda, front
from initiatives.exceptions import alarms, found
from initiatives.models import Earmark
from ledger.kinds import Cause


def words(response) -> str:
    """What a page says, without markup, spaces made plain."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("&nbsp;", " "))


def register(by, earmark, voucher, amount="500000"):
    return payments.register_disbursement(by, earmark, amount=Money(amount, "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())


def test_the_two_frames_stand_apart_and_are_never_added(client, people):
    client.force_login(people.sofie)
    said = words(client.get("/admin/"))
    assert "25,5 mio. kr. blev afsat til strategien; heraf udmøntes 20,8; ved siden af står 1,5." in said
    assert "20.800.000,00" in said
    assert "1.500.000,00" in said
    for invented in ("22.300.000", "22,3", "4.700.000", "4,7", "3.200.000", "3,2 "):
        assert invented not in said


def test_each_earmark_shows_what_is_earmarked_reserved_disbursed_documented_and_left(client, people, lift, voucher):
    payments.approve(people.anders, register(people.sofie, lift, voucher), key=uuid.uuid4())
    register(people.sofie, lift, voucher, "300000.50")
    client.force_login(people.sofie)
    said = words(client.get("/admin/"))
    assert "Mary Fonden Fællesskaber og støtte til unge, der oplever ensomhed 3.800.000,00 300.000,50 500.000,00 0,00 2.999.999,50" in said
    assert "I alt i rammen 20.800.000,00 300.000,50 500.000,00 0,00 19.999.999,50" in said
    assert "I alt i rammen 1.500.000,00 0,00 0,00 0,00 1.500.000,00" in said


def test_money_that_came_back_is_told_beside_its_earmark(client, people, lift, voucher):
    payments.approve(people.anders, register(people.sofie, lift, voucher), key=uuid.uuid4())
    movements.repay(people.sofie, lift, amount=Money("40000", "DKK"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())
    client.force_login(people.sofie)
    assert "Tilbagebetalt 40.000,00 kr. 3.800.000,00 0,00 500.000,00 0,00 3.340.000,00" in words(client.get("/admin/"))


def test_what_waits_for_me_is_what_others_registered_and_i_may_approve(client, committed, appoint, people, lift, voucher):
    pending = register(people.sofie, lift, voucher)
    link = f"/admin/initiatives/payment/{pending.pk}/settle/"
    client.force_login(people.anders)
    front = client.get("/admin/")
    assert [(task.url, task.day, task.amount) for task in front.context["tasks"]] == [(link, date(2023, 4, 1), Money("500000", "DKK"))]
    assert link in front.content.decode()
    assert "Afkryds og godkend" not in words(front)  # one is approved on its own page
    client.force_login(people.sofie)
    front = client.get("/admin/")
    assert front.context["tasks"] == []
    assert [item.what for item in front.context["mine"]] == [pending]
    appoint(people.sofie, "Godkender")  # even with both rights, one's own waits for somebody else
    assert client.get("/admin/").context["tasks"] == []
    client.force_login(people.mette)  # approves decisions, not payments
    assert client.get("/admin/").context["tasks"] == []


def test_the_number_of_queries_does_not_grow_with_the_rows(client, people, lift, voucher):
    client.force_login(people.anders)

    def queries(address: str) -> int:
        client.get(address)  # what is kept for each state of the books is known from here on
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    pages = (
        "/admin/",
        "/admin/initiatives/payment/waiting/",
        "/admin/ledger/transfer/",
        "/admin/ledger/account/",
        f"/admin/ledger/account/{lift.account_id}/change/",
    )
    for earmark in Earmark.objects.with_accounts():
        register(people.sofie, earmark, voucher, "1000")
    assert "/admin/initiatives/payment/ticking/" in client.get("/admin/").content.decode()
    before = {page: queries(page) for page in pages}
    for _ in range(3):
        for earmark in Earmark.objects.with_accounts():
            register(people.sofie, earmark, voucher, "1000")
            payments.approve(people.anders, register(people.søren, earmark, voucher, "2000"), key=uuid.uuid4())
    assert {page: queries(page) for page in pages} == before


def test_the_access_administrator_sees_no_money(client, people):
    client.force_login(people.adam)
    front = client.get("/admin/")
    assert "kr." not in words(front).replace("Prøveudgave", "")
    for address in (
        "initiatives/payment/register/",
        "initiatives/payment/repay/",
        "initiatives/payment/waiting/",
        "ledger/transfer/",
        "ledger/account/",
        "ledger/refusal/",
        "initiatives/voucher/",
        "initiatives/earmark/",
    ):
        assert client.get(f"/admin/{address}").status_code == 403, address


@pytest.mark.parametrize("username", ["maria", "rikke"])
def test_grantees_and_auditors_have_no_way_into_the_admin(client, people, username):
    client.force_login(getattr(people, username))
    for address in ("", "initiatives/payment/register/", "ledger/transfer/"):
        assert client.get(f"/admin/{address}", follow=True).status_code == 403, address


def test_how_the_code_is_divided_is_no_page(client, people):
    client.force_login(people.sofie)
    for app in ("ledger", "initiatives"):
        assert client.get(f"/admin/{app}/")["Location"] == "/admin/"


def test_who_is_not_logged_in_is_sent_to_the_one_log_in(client, people):
    answer = client.get("/admin/initiatives/payment/waiting/", follow=True)
    assert answer.redirect_chain[-1][0] == "/log-ind/?next=/admin/initiatives/payment/waiting/"


def test_a_superuser_without_a_role_sees_no_books(client, people):
    roles.take_away(people.adam, people.lars)
    type(people.lars).objects.filter(pk=people.lars.pk).update(is_superuser=True)
    client.force_login(people.lars)
    assert client.get("/admin/ledger/transfer/").status_code == 403
    assert client.get("/admin/initiatives/payment/waiting/").status_code == 403
    assert client.get("/admin/auth/group/").status_code == 404


def test_the_next_instalments_stand_in_the_list_by_their_day_as_the_plan_has_them(client, people, lift, voucher):
    days = [date(2023, 4, 1), date(2023, 7, 1), date(2024, 1, 2)]
    plans.make(people.sofie, lift, [plans.Planned(day, Money("400000", "DKK"), f"{n}. rate") for n, day in enumerate(days, 1)], reason="", key=uuid.uuid4())
    payments.approve(people.anders, register(people.sofie, lift, voucher, "500000"), key=uuid.uuid4())
    client.force_login(people.sofie)
    due = plans.due(timezone.localdate() + timedelta(days=30))
    told = [(task.what, task.day, task.amount, task.url) for task in client.get("/admin/").context["tasks"]]
    assert told == [
        (f"Registrer {one.instalment}", one.instalment.day, one.missing, f"/admin/initiatives/payment/register/?rate={one.instalment.pk}") for one in due
    ]
    assert [str(task[2].amount) for task in told] == ["300000.00", "400000.00"]
    assert re.search(r"01\.07\.2023 planlagt, [\d.]+ dage siden Registrer 2\. rate", words(client.get("/admin/")))
    lapse = {"amount": Money("2900000", "DKK"), "value_date": date(2026, 1, 5), "voucher": voucher}
    payments.approve(people.lars, decisions.lapse(people.mette, lift, key=uuid.uuid4(), **lapse), key=uuid.uuid4())
    due = plans.due(timezone.localdate() + timedelta(days=30))
    told = [(task.url, task.amount) for task in client.get("/admin/").context["tasks"]]
    assert told == [(f"/admin/initiatives/payment/register/?rate={one.instalment.pk}", one.missing) for one in due]
    assert [one.missing.amount for one in due] == [300000, 100000], "what lapsed of the last one is due no more"
    client.force_login(people.karen)  # registers nothing, and closes what is over, one period after the other
    assert [task.what for task in client.get("/admin/").context["tasks"]] == ["Luk perioden 2023-01"]


@pytest.mark.parametrize(("days", "age"), [(0, "i dag"), (1, "1 dag siden"), (1400, "1.400 dage siden"), (-1, "om 1 dag"), (-12, "om 12 dage")])
def test_a_task_says_how_long_ago_or_how_soon(days, age):
    assert agenda.Task(timezone.localdate() - timedelta(days=days), "valørdato", "Godkend", "/").age == age


def test_what_is_red_is_counted_and_leads_where_it_is_told(client, people, lift, voucher):
    client.force_login(people.karen)
    assert "Der er ingen røde punkter: alt stemmer, og ingen frist er overskredet." in words(client.get("/admin/"))
    for _ in range(2):  # what looks like one payment in two on one day
        payments.approve(people.anders, register(people.sofie, lift, voucher, "300000"), key=uuid.uuid4())
    alarms.COUNTED._known = None  # ten minutes pass
    told = client.get("/admin/")
    assert found.count() > 0
    assert f"{found.count()} undtagelse" in words(told)
    assert "Der er ingen røde punkter" not in words(told)
    assert 'href="/admin/initiatives/exceptions/"' in told.content.decode()


def test_of_many_earmarks_the_urgent_and_the_largest_are_shown():
    known = [(number, (Decimal(number),)) for number in range(1, 101)]
    chosen = [number for number, _ in front._chosen(known, {3, 7})]
    assert chosen == [7, 3, *range(100, 82, -1)]
    assert front._chosen(known[:20], {3}) == known[:20]


@pytest.mark.parametrize("username", ["sofie", "anders", "mette", "karen", "pia", "ida", "nina"])
def test_the_front_page_asks_at_most_twenty_questions(client, people, lift, voucher, username):
    register(people.søren, lift, voucher)
    client.force_login(getattr(people, username))
    client.get("/admin/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/")
    assert len(asked) <= 20
