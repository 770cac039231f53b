"""The pages of periods, as the controller walks them from a held December to a closed year; and what the others see there."""

import uuid
from datetime import date

import pytest

from initiatives import closing, decisions, movements, payments
from initiatives.models import Closing
from ledger.kinds import Cause
from ledger.models import Period, Transfer
from tests.browser import SIZES
from tests.test_admin_front import words
from tests.test_periods import close_up_to, kr, registered

LIST, BALANCE = "/admin/ledger/period/", "/admin/initiatives/balance/"


def page_of(code: str) -> str:
    return f"/admin/ledger/period/{code}/change/"


def deed(code: str, what: str) -> str:
    return f"/admin/initiatives/period/{code}/{what}/"


@pytest.fixture
def came_back(people, lift, voucher):
    """A payment of January 2023 that nobody reconciled; 40.000 kr. of it came back in May."""
    payments.approve(people.anders, registered(people, lift, voucher), key=uuid.uuid4())
    return movements.repay(people.sofie, lift, amount=kr("40000"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())


def test_the_list_opens_at_the_year_that_is_not_closed_and_says_who_did_what(client, people):
    close_up_to(people, "2023-13.2")
    closing.hold(people.knud, "2024-01")
    client.force_login(people.sofie)
    said = words(client.get(LIST))
    assert "2024-01 januar 2024 Tilbageholdt" in said
    assert "Knud Holst" in said
    assert "2024-13.2 supplementsperiode 13.2, 2024 Åben" in said
    assert "2023-01" not in said
    closed = words(client.get(f"{LIST}?finansaar=2023"))
    assert "2023-01 januar 2023 Lukket" in closed
    assert "Karen Friis" in closed
    assert "2027-13.2" in words(client.get(f"{LIST}?finansaar=alle&p=2"))
    assert "2024-01" in words(client.get(f"{LIST}?finansaar=alle&tilstand=held"))


def test_a_period_is_held_and_let_go_by_the_controller_and_the_others_read_who_can(client, people):
    client.force_login(people.sofie)
    assert "Perioder tilbageholdes og lukkes af Karen Friis eller Knud Holst." in words(client.get(page_of("2023-01")))
    for what in ("hold", "close"):
        assert client.post(deed("2023-01", what)).status_code == 403
    client.force_login(people.karen)
    assert client.get(deed("2023-01", "hold")).status_code == 405
    assert "Perioden 2023-01 er tilbageholdt" in words(client.post(deed("2023-01", "hold"), follow=True))
    assert "Tilbageholdt" in words(client.get(page_of("2023-01")))
    client.post(deed("2023-01", "hold"))  # pressed twice
    assert Period.objects.get(pk="2023-01").held
    assert "ikke længere tilbageholdt" in words(client.post(deed("2023-01", "hold"), {"deed": "let_go"}, follow=True))
    assert client.post(deed("2023-14", "hold")).status_code == client.post(deed("2023-14", "close")).status_code == 404


def test_what_stands_open_takes_a_reason_and_the_page_keeps_what_was_written(client, people, came_back):
    client.force_login(people.karen)
    said = words(client.get(page_of("2023-01")))
    assert "1 udbetaling er ikke afstemt, i alt 500.000,00 kr." in said
    assert "Hvorfor perioden lukkes, selv om noget står åbent" in said
    for reason, answer in (("", "Der står noget åbent: 1 udbetaling, der ikke er afstemt."), ("æ" * 2001, "Begrundelsen er for lang"), ("\0", "NUL")):
        refused = client.post(deed("2023-01", "close"), {"reason": reason})
        assert answer in words(refused) or "tegn" in words(refused)
        assert not Period.objects.get(pk="2023-01").closed
    assert "æ" * 2001 in client.post(deed("2023-01", "close"), {"reason": "æ" * 2001}).content.decode()
    for _ in range(2):  # a double click closes once
        client.post(deed("2023-01", "close"), {"reason": "Filen sendes i februar"})
    assert Closing.objects.get().reason == "Filen sendes i februar"
    said = words(client.get(page_of("2023-01")))
    assert "Begrundelse for at lukke med noget åbent: »Filen sendes i februar«" in said
    assert "Luk perioden" not in said
    assert "ingen brud" in said


def test_the_trial_balance_shows_every_account_of_the_period_and_is_taken_out_as_it_is(client, people, came_back):
    client.force_login(people.sofie)
    said = words(client.get(f"{BALANCE}?periode=2023-05"))
    assert "Saldobalance for maj 2023" in said
    assert "I alt 27 0,00 40.000,00 40.000,00 0,00" in said
    file = b"".join(client.get(f"{BALANCE}export.csv?periode=2023-05&bevaegelse=Med+bevægelse+i+perioden").streaming_content).decode("utf-8-sig")
    rows = [line.split(";") for line in file.splitlines()]
    assert [row[2:6] for row in rows[1:]] == [["3300000,00", "0,00", "40000,00", "3340000,00"], ["500000,00", "40000,00", "0,00", "460000,00"]]
    for asked in ("", "?periode=2023-99", "?periode=æøå"):
        assert client.get(f"{BALANCE}{asked}").status_code == 200


def test_few_queries_whatever_the_size(client, people, lift, voucher, django_assert_max_num_queries):
    for _ in range(15):
        registered(people, lift, voucher, amount="1000")
    client.force_login(people.karen)
    for address in (LIST, page_of("2023-01"), page_of("2023-12"), f"{BALANCE}?periode=2023-01"):
        with django_assert_max_num_queries(20):
            said = words(client.get(address))
    assert "… og 5 mere." in words(client.get(page_of("2023-01"))), said


def test_the_controller_walks_from_a_held_december_to_a_closed_year(visit, people, lift, came_back):
    close_up_to(people, "2023-11")
    karen = visit("karen")
    karen.go(LIST)
    karen.page.get_by_role("link", name="2023-12").click()
    karen.click("Tilbagehold perioden", role="button")
    assert "Tilbageholdt" in karen.text()
    karen.page.get_by_role("link", name="Registrer bortfaldet").click()
    karen.look()
    karen.page.get_by_role("button", name="Registrer bortfaldet").click()
    payments.approve(people.lars, Transfer.objects.waiting().get(kind="lapse"), key=uuid.uuid4())
    karen.go(page_of("2023-12"))
    assert "Intet mangler at bortfalde." in karen.text()
    karen.page.get_by_role("button", name="Luk perioden 2023-12").click()
    assert "er lukket og tager ikke imod flere posteringer" in karen.page.content()
    decisions.close_period(people.karen, "2023-13.1")
    karen.page.goto(karen.site + page_of("2023-13.2"))
    karen.page.get_by_role("button", name="Luk perioden 2023-13.2").click()
    karen.look()
    assert "Bøgerne siger det samme i dag." in karen.text()
    karen.page.set_viewport_size(SIZES["phone"])
    karen.size = "phone"
    karen.look()
    karen.go(page_of("2024-01"))
    karen.go(f"{BALANCE}?periode=2023-05")
