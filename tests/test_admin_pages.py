"""The admin's pages in a real Chromium, at a desk and on a phone: see tests/browser.py for what each visit checks."""

import uuid
from datetime import date

import pytest
from django import forms
from django.test.html import parse_html
from djmoney.money import Money

from ensomhed.widgets import LongSelect, LongSelectMultiple
from initiatives import decisions, demo, movements, payments, vouchers
from initiatives.models import Earmark, Frame
from ledger.kinds import Cause
from ledger.models import Account, Refusal, Transfer
from tests import documents

REGISTER = "/admin/initiatives/payment/register/"


@pytest.fixture
def story(people, lift):
    """One of everything that a page can show."""
    voucher = vouchers.keep(people.sofie, documents.pdf("Faktura 17"), "faktura.pdf")

    def register(amount):
        return payments.register_disbursement(
            people.sofie,
            lift,
            amount=Money(amount, "DKK"),
            value_date=date(2023, 4, 1),
            voucher=voucher,
            key=uuid.uuid4(),
            text="1. rate",
            case_number="2023-1102",
        )

    posted = payments.approve(people.anders, register("500000"), key=uuid.uuid4())
    payments.reject(people.anders, register("1"), reason="Forkert bilag", key=uuid.uuid4())
    movements.repay(people.sofie, lift, amount=Money("40000", "DKK"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())
    Refusal.objects.create(
        asked_by=people.sofie, rule="account_limit_debits_never_exceed_credits", message="Der er 0,00 kr. tilbage.", request={"left": "0.00"}
    )
    window = decisions.propose_window(people.mette, Frame.objects.first(), opens=date(2023, 1, 1), closes=date(2026, 3, 31), voucher=voucher, key=uuid.uuid4())
    return {"posted": posted, "pending": register("1650000.50"), "voucher": voucher, "window": window}


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_every_page_of_the_case_officer_reads_well(visit, people, lift, story, size):
    posted, pending = story["posted"], story["pending"]
    sofie = visit("sofie", size=size)
    for address in (
        "",
        f"initiatives/payment/register/?earmark={lift.slug}",
        f"initiatives/payment/repay/?earmark={lift.slug}",
        "initiatives/payment/waiting/",
        f"initiatives/payment/{pending.pk}/settle/",
        f"initiatives/payment/{posted.pk}/reverse/",
        "ledger/transfer/?kind__exact=disbursement&trin=moved&q=rate",
        "ledger/transfer/?q=findes-ikke",
        f"ledger/transfer/{posted.pk}/change/",
        f"ledger/account/{lift.account_id}/change/",
        f"ledger/refusal/{Refusal.objects.latest('pk').pk}/change/",
        f"ledger/window/{story['window'].pk}/change/",
        f"initiatives/earmark/{lift.pk}/change/",
        f"initiatives/grantee/{lift.grantee_id}/change/",
        f"initiatives/voucher/{story['voucher'].pk}/change/",
    ):
        sofie.go(f"/admin/{address}")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_of_approver_management_controller_and_access_administrator_read_well(visit, people, story, size):
    for username, addresses in {
        "anders": ["", f"initiatives/payment/{story['pending'].pk}/settle/"],
        "lars": ["", f"initiatives/window/{story['window'].pk}/settle/"],
        "mette": ["initiatives/payment/propose/", "initiatives/window/propose/"],
        "karen": ["ledger/period/2023-01/change/"],
        "adam": [
            "ensomhed/user/add/",
            f"ensomhed/user/{people.sofie.pk}/change/",
            f"ensomhed/user/{people.adam.pk}/change/",
            f"ensomhed/user/{people.sofie.pk}/password/",
            f"ensomhed/user/{people.sofie.pk}/history/",
        ],
    }.items():
        visitor = visit(username, size=size)
        for address in addresses:
            visitor.go(f"/admin/{address}")


def fill_in(page, amount: str, voucher: bytes | None = documents.pdf("Faktura"), scripted: bool = True) -> None:
    page.get_by_label("Øremærkning", exact=True).select_option(str(Earmark.objects.get(slug="lift-mary-fonden").pk))
    if scripted:
        page.locator("[data-earmark]").wait_for()
    page.get_by_label("Beløb i kr.").fill(amount)
    page.get_by_label("Valørdato").fill("01.04.2023")
    if voucher:
        page.get_by_label("Bilag").set_input_files({"name": "faktura.pdf", "mimeType": "application/pdf", "buffer": voucher})


def test_what_would_be_left_follows_the_amount_to_the_oere(visit):
    sofie = visit("sofie")
    sofie.go(REGISTER)
    for typed, said in {
        "1": "3.799.999,00 kr.",
        "1.234,5": "3.798.765,50 kr.",
        "3.800.000": "0,00 kr.",
        "3800000,01": "Beløbet er 0,01 kr. for stort",
        "999999999999999": "Beløbet er 999.999.996.199.999,00 kr. for stort",
        "1,234.50": "–",
        "0,005": "–",
        "": "–",
    }.items():
        fill_in(sofie.page, typed, voucher=None)
        assert f"Rest efter denne udbetaling\n{said}" in sofie.text(), typed
    sofie.page.get_by_label("Øremærkning", exact=True).select_option("")
    sofie.page.locator("[data-earmark]").wait_for(state="detached")
    assert "Vælg en øremærkning for at se, hvad der er tilbage." in sofie.text()


def test_the_page_works_without_javascript(visit):
    sofie = visit(java_script_enabled=False)  # nor can the page be judged by axe-core then
    sofie.page.goto(f"{sofie.site}/log-ind/?next={REGISTER}")
    sofie.page.get_by_label("Brugernavn").fill("sofie")
    sofie.page.get_by_label("Adgangskode").fill(demo.PASSWORD)
    sofie.page.get_by_role("button", name="Log ind").click()
    fill_in(sofie.page, "3.800.000,01", scripted=False)
    sofie.page.get_by_role("button", name="Registrer udbetalingen").click()
    assert "Der er 3.800.000,00 kr. tilbage, og der blev bedt om 3.800.000,01 kr." in sofie.text()
    assert "Beløbet er 0,01 kr. for stort" in sofie.text()
    assert "Vedlagt: faktura.pdf" in sofie.text()
    sofie.page.get_by_label("Beløb i kr.").fill("3.800.000")
    sofie.page.get_by_role("button", name="Registrer udbetalingen").click()
    assert Transfer.objects.get(kind="disbursement").amount == Money("3800000", "DKK")


def test_a_registration_is_made_from_the_keyboard_alone(visit):
    sofie = visit("sofie")
    sofie.go(f"{REGISTER}?earmark=lift-mary-fonden")
    keys = sofie.page.keyboard
    keys.press("Tab")  # the earmark is chosen and has the focus; the amount is next
    keys.type("75.000")
    keys.press("Tab")
    keys.press("Control+A")
    keys.type("01.04.2023")
    keys.press("Tab")
    assert sofie.page.evaluate("document.activeElement.name") == "voucher"
    sofie.page.get_by_label("Bilag").set_input_files({"name": "faktura.pdf", "mimeType": "application/pdf", "buffer": documents.pdf("Faktura")})
    keys.press("Tab")
    keys.type("2023-1102")
    keys.press("Tab")
    keys.type("1. rate")
    keys.press("Enter")
    sofie.page.wait_for_url("**/settle/")
    assert Account.objects.get(code="earmark:lift-mary-fonden").reserved == Money("75000", "DKK")


@pytest.mark.parametrize(("long", "stock", "chosen"), [(LongSelect, forms.Select, "1"), (LongSelectMultiple, forms.SelectMultiple, ["1", "2"])])
def test_a_long_select_is_written_as_django_writes_it(long, stock, chosen):
    attributes, choices = {"id": "x", "required": True, "aria-describedby": 'a "b"'}, [("", "Vælg"), ("1", 'Æblet "<b>"'), ("2", "Ø & å")]
    assert parse_html(long(attributes, choices).render("navn", chosen)) == parse_html(stock(attributes, choices).render("navn", chosen))
