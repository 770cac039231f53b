"""The pages of logging in with two steps, in a real browser: an app, a real passkey on a virtual key, and an approval."""

import re
import uuid
from datetime import date

import pytest
from djmoney.money import Money

from ensomhed import authenticators
from initiatives import payments
from ledger.models import Transfer
from tests.steps import PASSWORD, Telephone, somebody

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def with_key(visit):
    """Somebody at a site that has a name, with a security key in the machine."""

    def arrive(**options):
        visitor = visit(**options)
        visitor.site = visitor.site.replace("127.0.0.1", "localhost")
        session = visitor.context.new_cdp_session(visitor.page)
        session.send("WebAuthn.enable")
        visitor.key = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]
        visitor.cdp = session
        return visitor

    return arrive


def type_in(visitor, user) -> None:
    visitor.go("/log-ind/")
    visitor.page.get_by_label("Brugernavn").fill(user.username)
    visitor.page.get_by_label("Adgangskode").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log ind", exact=True).click()
    visitor.look()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_newcomer_sets_up_an_app_and_comes_in(people, visit, size):
    hanne = somebody("hanne", "Godkender", first_name="Hanne", last_name="Bro")
    visitor = visit(size=size)
    type_in(visitor, hanne)
    assert "Du skal have et andet trin, før du kan arbejde her" in visitor.text()
    visitor.click("Kode fra en app")
    visitor.page.get_by_text("Kan du ikke bruge kameraet?").click()
    visitor.look()
    telephone = Telephone.__new__(Telephone)
    telephone.secret, telephone.last = visitor.page.locator("details code").inner_text().replace(" ", ""), 0
    visitor.page.get_by_label("Kode fra appen").fill("12")
    visitor.click("Tag i brug", "button")
    assert "Koden passer ikke" in visitor.text()
    visitor.page.get_by_label("Kode fra appen").fill(telephone.code())
    visitor.click("Tag i brug", "button")
    assert len(re.findall(r"\b\d{4} \d{4}\b", visitor.text())) == 10
    visitor.click("Jeg har gemt dem")
    assert visitor.page.url.endswith("/admin/")
    visitor.click("Andet trin")
    assert "Du har 10 ubrugte nødkoder" in visitor.text()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_passkey_is_made_logs_in_and_approves(people, lift, voucher, with_key, size):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    hanne = somebody("hanne", "Godkender", first_name="Hanne", last_name="Bro")
    visitor = with_key(size=size)
    type_in(visitor, hanne)
    visitor.click("Adgangsnøgle")
    visitor.page.get_by_label("Hvad skal den hedde?").fill("Arbejdscomputer")
    visitor.page.get_by_role("button", name="Lav adgangsnøglen").click()
    visitor.page.wait_for_selector("text=Dine nødkoder")
    visitor.look()
    visitor.click("Jeg har gemt dem")
    visitor.click("Log ud", "button")
    type_in(visitor, hanne)
    assert visitor.page.url.endswith("/log-ind/andet-trin/")
    visitor.page.get_by_role("button", name="Brug din adgangsnøgle").click()
    visitor.page.wait_for_url("**/admin/")
    visitor.look()
    session = visitor.page.context.cookies()
    assert [cookie["httpOnly"] for cookie in session if cookie["name"] == "sessionid"] == [True]
    grow_old(session)
    visitor.go(f"/admin/initiatives/payment/{pending.pk}/settle/")
    visitor.page.get_by_role("button", name=re.compile("^Godkend")).click()
    visitor.look()
    assert "ikke gennemført endnu" in visitor.text()
    assert not Transfer.objects.filter(pending=pending).exists()
    visitor.page.get_by_role("button", name="Brug din adgangsnøgle").click()
    visitor.page.wait_for_url("**/waiting/")
    visitor.look()
    assert "er godkendt" in visitor.page.locator("body").inner_text()
    assert Transfer.objects.get(pending=pending).booked_by == hanne


def grow_old(cookies) -> None:
    """As if the second step had been shown six minutes ago."""
    from ensomhed.sessions import SessionStore

    (key,) = [cookie["value"] for cookie in cookies if cookie["name"] == "sessionid"]
    session = SessionStore(key)
    session["factor"] = {**session["factor"], "at": session["factor"]["at"] - 360}
    session.save()


def test_another_key_than_ones_own_is_said_and_a_code_still_works(people, with_key):
    hanne = somebody("hanne", "Godkender", first_name="Hanne", last_name="Bro")
    visitor = with_key()
    type_in(visitor, hanne)
    visitor.click("Adgangsnøgle")
    visitor.page.get_by_role("button", name="Lav adgangsnøglen").click()
    visitor.page.wait_for_selector("text=Dine nødkoder")
    code = re.search(r"\b\d{4} \d{4}\b", visitor.text())[0]
    visitor.click("Jeg har gemt dem")
    visitor.click("Log ud", "button")
    visitor.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": visitor.key})
    visitor.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**KEY, "automaticPresenceSimulation": True}})
    type_in(visitor, hanne)
    visitor.page.get_by_role("button", name="Brug din adgangsnøgle").click()
    visitor.page.wait_for_selector("#passkey-problem:visible")
    visitor.look()
    visitor.page.get_by_label("Nødkode").fill(code)
    visitor.click("Bekræft", "button")
    assert visitor.page.url.endswith("/admin/")
    visitor.go("/andet-trin/")
    assert "Du har 9 ubrugte nødkoder" in visitor.text()


def test_on_an_address_without_a_name_the_page_says_why_there_is_no_passkey(people, visit):
    visitor = visit("maria")
    visitor.click("Andet trin")
    visitor.click("Adgangsnøgle")
    assert "En adgangsnøgle hører til et navn" in visitor.text()
    assert not authenticators.of(people.maria).exists()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_one_click_lets_an_invented_person_in(people, visit, size):
    visitor = visit(size=size)
    visitor.go("/log-ind/")
    visitor.page.get_by_role("button", name="Sofie Lund").click()
    visitor.look()
    assert visitor.page.url.endswith("/admin/")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_access_administrator_sends_a_link_and_proposes_a_reset(people, visit, size):
    hanne = somebody("hanne", "Godkender", first_name="Hanne", last_name="Bro", email="hanne@example.dk")
    Telephone(hanne)
    visitor = visit("adam", size=size)
    visitor.go(f"/admin/ensomhed/user/{hanne.pk}/change/")
    visitor.click("Send link til adgangskode til hanne@example.dk", "button")
    assert "Linket er sendt til hanne@example.dk" in visitor.page.locator("body").inner_text()
    visitor.click("Foreslå nulstilling af andet trin")
    visitor.page.get_by_label("Begrundelse").fill("Telefonen er stjålet. Talt med Hanne på kontoret.")
    visitor.click("Foreslå", "button")
    assert "Kode fra en app" in visitor.text()
