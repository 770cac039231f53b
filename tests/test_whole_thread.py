"""From a case officer's click to an auditor's file, as the people themselves, in a real Chromium.

Every page on the way is checked by axe-core (WCAG 2.1 AA), for silence in the console, and for fitting the screen: see tests/browser.py.
"""

import csv
import hashlib
import io
import re

import pytest

from ledger.models import Account, Transfer
from tests import documents


def fill_in_payment(sofie, amount: str, *, day: str = "01.04.2023", voucher: bytes | None = documents.pdf("Faktura for 1. rate")) -> None:
    sofie.page.get_by_label("Øremærkning").select_option(
        label=next(label for label in sofie.page.locator("select option").all_inner_texts() if "Mary Fonden" in label)
    )
    sofie.page.locator("[data-earmark]").wait_for()
    sofie.page.get_by_label("Beløb i kr.").fill(amount)
    sofie.page.get_by_label("Valørdato").fill(day)
    sofie.page.get_by_label("Journalnummer").fill("2023-1102")
    sofie.page.get_by_label("Tekst").fill("1. rate til Lift, æøå")
    if voucher:
        sofie.page.get_by_label("Bilag").set_input_files({"name": "faktura.pdf", "mimeType": "application/pdf", "buffer": voucher})


def test_a_payment_from_the_case_officer_to_the_auditors_file(visit):
    sofie = visit("sofie")
    assert "Venter på mig" in sofie.text()
    sofie.click("Registrer udbetaling")

    # What is left stands beside the form and follows the amount while it is typed.
    fill_in_payment(sofie, "3.800.000,01")
    assert "Rest at udbetale\n3.800.000,00 kr." in sofie.text()
    assert "Beløbet er 0,01 kr. for stort" in sofie.text()
    sofie.click("Registrer udbetalingen", "button")
    assert "Der er 3.800.000,00 kr. tilbage, og der blev bedt om 3.800.000,01 kr." in sofie.text()
    assert Transfer.objects.filter(kind="disbursement").count() == 0

    # Nothing typed is lost, the document neither; the amount is put right and the form sent twice.
    assert sofie.page.get_by_label("Tekst").input_value() == "1. rate til Lift, æøå"
    assert "Vedlagt: faktura.pdf" in sofie.text()
    sofie.page.get_by_label("Beløb i kr.").fill("1.200.000,50")
    sofie.page.get_by_role("button", name="Registrer udbetalingen").dblclick()
    sofie.page.wait_for_url(re.compile(r"settle"))
    sofie.look()
    pending = Transfer.objects.get(kind="disbursement")
    assert "skal en anden godkende den" in sofie.text()
    assert sofie.page.get_by_role("button", name="Godkend", exact=False).count() == 0

    # The grantee sees it on its way, before it is paid.
    maria = visit("maria", size="phone")
    assert "På vej" in maria.text()
    assert "2.599.999,50 kr." in maria.text()

    anders = visit("anders")
    anders.click("Venter på godkendelse")
    anders.page.get_by_role("link", name=f"Udbetaling nr. {pending.pk}").first.click()
    anders.look()
    assert "1.200.000,50 kr." in anders.text()
    anders.click("Godkend 1.200.000,50 kr.", "button")
    assert Account.objects.get(code="grantee:lift-mary-fonden").balance.amount == pending.amount.amount

    maria.go("/tilskud/")
    text = maria.text()
    assert re.search(r"Rest at modtage\s+2\.599\.999,50 kr\.", text)
    assert "1. rate til Lift, æøå" in text
    maria.page.goto(f"{maria.site}/tilskud/landsindsats-folkebevaegelsen/")
    assert maria.page.title().startswith("Siden")
    maria.spoken.clear()  # the browser notes the 404 that was asked for

    # The auditor's file is the one that was promised, to the byte.
    rikke = visit("rikke")
    rikke.click("Hent filer")
    promised = rikke.page.locator("dt:has-text('SHA-256') + dd").inner_text().strip()
    with rikke.page.expect_download() as download:
        rikke.page.get_by_role("link", name="Hent filen").click()
    content = download.value.path().read_bytes()
    assert hashlib.sha256(content).hexdigest() == promised
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == Transfer.objects.count()
    assert sum("1200000,50" in row.values() for row in rows) == 2  # registered, approved


def test_the_back_button_and_one_more_submit_book_nothing_new(visit):
    sofie = visit("sofie")
    sofie.go("/admin/initiatives/payment/register/")
    fill_in_payment(sofie, "75.000")
    sofie.click("Registrer udbetalingen", "button")
    sofie.page.go_back()
    sofie.look()
    sofie.page.get_by_role("button", name="Registrer udbetalingen").click()  # as the browser shows it: filled in as before, or empty
    sofie.look()
    assert Transfer.objects.filter(kind="disbursement").count() == 1


def test_a_registration_is_rejected_with_a_reason_another_withdrawn(visit):
    sofie = visit("sofie", size="phone")
    for amount in ("100.000", "200.000"):
        sofie.go("/admin/initiatives/payment/register/")
        fill_in_payment(sofie, amount, voucher=documents.pdf(amount))
        sofie.click("Registrer udbetalingen", "button")
    first, second = Transfer.objects.filter(kind="disbursement").order_by("id")
    sofie.click("Træk registreringen tilbage", "button")
    assert second.settlement.step == "void"

    anders = visit("anders", size="phone")
    anders.go(f"/admin/initiatives/payment/{first.pk}/settle/")
    anders.click("Afvis registreringen", "button")  # without a reason
    assert "Skriv" in anders.text() or "Angiv" in anders.text()
    anders.page.get_by_label("Begrundelse").fill("Bilaget lyder på et andet beløb")
    anders.click("Afvis registreringen", "button")
    assert first.settlement.text == "Bilaget lyder på et andet beløb"
    assert Account.objects.get(code="earmark:lift-mary-fonden").left.amount == 3_800_000


def test_a_payment_that_was_never_sent_is_reversed_by_two_persons(visit):
    sofie, anders = visit("sofie"), visit("anders")
    sofie.go("/admin/initiatives/payment/register/")
    fill_in_payment(sofie, "50.000")
    sofie.click("Registrer udbetalingen", "button")
    pending = Transfer.objects.get(kind="disbursement")
    anders.go(f"/admin/initiatives/payment/{pending.pk}/settle/")
    anders.click("Godkend 50.000,00 kr.", "button")
    sofie.go(f"/admin/initiatives/payment/{pending.settlement.pk}/reverse/")
    sofie.page.get_by_label("Betalingen blev aldrig afsendt").check()
    sofie.click("Registrer tilbageførslen", "button")
    reversal = Transfer.objects.get(kind="reversal")
    anders.go(f"/admin/initiatives/payment/{reversal.pk}/settle/")
    anders.click("Godkend 50.000,00 kr.", "button")
    assert Account.objects.get(code="earmark:lift-mary-fonden").left.amount == 3_800_000


@pytest.mark.parametrize(
    ("username", "landing"), [("sofie", "/admin/"), ("mette", "/admin/"), ("adam", "/admin/"), ("rikke", "/revision/"), ("bo", "/tilskud/")]
)
def test_every_role_lands_where_it_belongs_and_every_page_of_its_menu_holds(visit, username, landing):
    visitor = visit(username, size="phone")
    assert visitor.page.url.endswith(landing)
    visitor.look()
    visitor = visit(username)
    assert visitor.page.url == visitor.site + landing
    visitor.look()
    for link in sorted({anchor.get_attribute("href") or "" for anchor in visitor.page.locator("nav a").all()}):
        if link.startswith("/") and "?" not in link:
            visitor.go(link)
