"""A case officer registers a disbursement in the admin."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from djmoney.money import Money

from initiatives import payments
from initiatives.models import Earmark, Voucher
from ledger.models import Account, Refusal, Transfer
from tests import documents
from tests.test_admin_front import words

PAGE = "/admin/initiatives/payment/register/"


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return people.sofie


def invoice(content: bytes = documents.pdf("Faktura 17"), name: str = "faktura.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def key_of(response) -> str:
    return re.search(r'name="key" value="([0-9a-f-]{36})"', response.content.decode())[1]


def kept_of(response) -> str:
    return re.search(r'name="kept" value="([^"]+)"', response.content.decode())[1]


def filled_in(lift, **changes) -> dict:
    typed = {"key": str(uuid.uuid4()), "earmark": str(lift.pk), "amount": "500.000", "value_date": "01.04.2023", "case_number": "2023-1102", "text": "1. rate"}
    return {**typed, "voucher": invoice(), **changes}


def disbursements() -> int:
    return Transfer.objects.filter(kind="disbursement").count()


def test_a_registration_reserves_the_amount_and_waits_for_another(client, sofie, lift):
    answer = client.post(PAGE, filled_in(lift, key=key_of(client.get(PAGE)), amount="1.234,5 kr."))
    pending = Transfer.objects.get(kind="disbursement")
    assert answer["Location"] == f"/admin/initiatives/payment/{pending.pk}/settle/"
    assert (pending.step, pending.amount, pending.value_date, pending.case_number, pending.text, pending.booked_by) == (
        "pending", Money("1234.50", "DKK"), date(2023, 4, 1), "2023-1102", "1. rate", sofie,
    )  # fmt: skip
    assert bytes(Voucher.objects.get(pk=pending.voucher_sha256).content) == documents.pdf("Faktura 17")
    assert Account.objects.get(pk=lift.account_id).reserved == Money("1234.50", "DKK")


def test_what_is_left_stands_beside_the_form_for_the_chosen_earmark_and_comes_for_every_other(client, sofie, people, lift, voucher):
    payments.register_disbursement(people.søren, lift, amount=Money("100000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    page = client.get(f"{PAGE}?earmark={lift.slug}")
    assert "Reserveret 100.000,00 kr. Rest at udbetale 3.700.000,00 kr." in words(page)
    assert f'data-earmark="{lift.pk}" data-left="370000000" aria-label' in page.content.decode()  # shown
    assert page.content.decode().count('class="panel"') == 1
    for earmark in Earmark.objects.with_accounts():
        fetched = client.get(f"/admin/initiatives/payment/figures/{earmark.pk}/?day=03.04.2023").content.decode()
        assert f'data-earmark="{earmark.pk}" data-left="{int(earmark.account.left.amount * 100)}" aria-label' in fetched
    assert re.search(r'name="value_date" value="31\.12\.2025"', page.content.decode())  # today lies after the payment window


def test_a_krone_too_much_is_refused_beside_the_amount_with_what_is_left_and_reserved(committed, client, people, lift, voucher):
    client.force_login(people.sofie)
    payments.register_disbursement(people.søren, lift, amount=Money("100000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    answer = client.post(PAGE, filled_in(lift, amount="3.700.000,01"))
    (error,) = answer.context["form"].errors["amount"]
    assert "Der er 3.700.000,00\u00a0kr. tilbage, og der blev bedt om 3.700.000,01\u00a0kr." in error
    assert "100.000,00\u00a0kr. er reserveret" in error
    assert "kr.." not in error
    assert "Beløbet er 0,01 kr. for stort" in words(answer)
    assert disbursements() == 1
    assert Refusal.objects.filter(asked_by=people.sofie).count() == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Angiv beløbet."),
        ("1,234.50", "Skriv beløbet på dansk"),
        ("1234.50", "Skriv beløbet på dansk"),
        ("0,005", "højst to decimaler"),
        ("0", "Angiv et beløb over 0 kr."),
        ("-500", "Angiv et beløb over 0 kr."),
        ("mange", "kan ikke læses som et beløb"),
        ("1e5", "kan ikke læses som et beløb"),
        ("NaN", "kan ikke læses som et beløb"),
        ("1.000.000.000.000", "Så stort et beløb"),
        ("9" * 400, "Så stort et beløb"),
        ("<b>1</b>", "kan ikke læses som et beløb"),
    ],
)
def test_an_amount_that_cannot_be_booked_is_explained_and_nothing_typed_is_lost(client, sofie, lift, typed, said):
    answer = client.post(PAGE, filled_in(lift, amount=typed))
    assert said in answer.context["form"].errors["amount"][0]
    content = answer.content.decode()
    assert 'value="2023-1102"' in content
    assert 'value="1. rate"' in content
    assert 'value="01.04.2023"' in content
    assert f'<option value="{lift.pk}" selected>' in content
    assert "Vedlagt: faktura.pdf" in words(answer)
    assert answer.context["form"].fields["amount"].widget.attrs["autofocus"]
    assert disbursements() == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Angiv valørdatoen."),
        ("31.02.2023", "Skriv en dag, der findes"),
        ("04/31/2023", "Skriv en dag, der findes"),
        ("01.01.2026", "fra 01.01.2023 til 31.12.2025"),
        ("01.01.0001", "ingen periode"),
    ],
)
def test_a_value_date_that_cannot_be_used_is_explained_beside_it(client, sofie, lift, typed, said):
    answer = client.post(PAGE, filled_in(lift, value_date=typed))
    assert said in answer.context["form"].errors["value_date"][0]
    assert disbursements() == 0


def test_without_a_voucher_nothing_is_booked(client, sofie, lift):
    answer = client.post(PAGE, filled_in(lift, voucher=""))
    assert "Vedlæg bilaget" in answer.context["form"].errors["voucher"][0]
    answer = client.post(PAGE, filled_in(lift, voucher=invoice(b"")))
    assert answer.context["form"].errors["voucher"]
    assert disbursements() == 0


def test_a_voucher_larger_than_allowed_is_refused_and_not_kept(client, sofie, lift, settings):
    settings.VOUCHER_MAX_BYTES = 10
    kept = Voucher.objects.count()
    answer = client.post(PAGE, filled_in(lift, voucher=invoice(b"elleve tegn")))
    assert "fylder mere end" in answer.context["form"].errors["voucher"][0]
    assert (disbursements(), Voucher.objects.count()) == (0, kept)


def test_an_uploaded_voucher_outlives_a_refusal(client, sofie, lift):
    refused = client.post(PAGE, filled_in(lift, amount="3.800.000,01", voucher=invoice(documents.pdf("Det rigtige bilag"), "bilag æøå.pdf")))
    assert "Vedlagt: bilag æøå.pdf" in words(refused)
    client.post(PAGE, filled_in(lift, key=key_of(refused), voucher="", kept=kept_of(refused)))
    pending = Transfer.objects.get(kind="disbursement")
    assert bytes(Voucher.objects.get(pk=pending.voucher_sha256).content) == documents.pdf("Det rigtige bilag")


def test_nobody_refers_to_a_voucher_that_another_person_uploaded(client, sofie, people, lift):
    refused = client.post(PAGE, filled_in(lift, amount="x"))
    kept = kept_of(refused)
    client.force_login(people.søren)
    for reference in (kept, kept[:-1] + ("a" if kept[-1] != "a" else "b"), Voucher.objects.first().pk):
        answer = client.post(PAGE, filled_in(lift, voucher="", kept=reference))
        assert "Vedlæg bilaget" in answer.context["form"].errors["voucher"][0]
        assert "Vedlagt" not in words(answer)
    assert disbursements() == 0


def test_a_double_click_and_the_back_button_book_once(client, sofie, lift):
    key = key_of(client.get(PAGE))
    first = client.post(PAGE, filled_in(lift, key=key))
    second = client.post(PAGE, filled_in(lift, key=key))
    assert first["Location"] == second["Location"]
    assert disbursements() == 1


def test_the_back_button_with_another_content_is_told_that_it_was_booked(client, sofie, lift):
    key = key_of(client.get(PAGE))
    client.post(PAGE, filled_in(lift, key=key))
    answer = client.post(PAGE, filled_in(lift, key=key, amount="400.000"))
    assert "allerede bogført med et andet indhold (beløb)" in words(answer)
    assert f"/admin/ledger/transfer/{Transfer.objects.get(kind='disbursement').pk}/change/" in answer.content.decode()
    assert disbursements() == 1


def test_a_page_with_a_lost_key_books_nothing(client, sofie, lift):
    answer = client.post(PAGE, filled_in(lift, key="ikke en nøgle"))
    assert "Åbn den igen" in words(answer)
    assert disbursements() == 0


@pytest.mark.parametrize("username", ["anders", "mette", "karen"])
def test_only_who_may_register_gets_the_form(client, people, lift, username):
    client.force_login(getattr(people, username))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, filled_in(lift)).status_code == 403
    assert disbursements() == 0


def test_a_registration_from_another_site_is_refused(people, lift):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(people.sofie)
    assert client.post(PAGE, filled_in(lift)).status_code == 403
    assert disbursements() == 0
