"""Reversals and repayments in the admin."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from djmoney.money import Money

from initiatives import movements, payments
from initiatives.models import Earmark
from ledger.kinds import Cause
from ledger.models import Account, Transfer
from tests import documents
from tests.test_admin_front import words

REPAY = "/admin/initiatives/payment/repay/"


def pay(people, earmark, voucher, amount="500000") -> Transfer:
    pending = payments.register_disbursement(people.sofie, earmark, amount=Money(amount, "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


@pytest.fixture
def payment(people, lift, voucher):
    return pay(people, lift, voucher)


def page_of(origin) -> str:
    return f"/admin/initiatives/payment/{origin.pk}/reverse/"


def filled_in(**changes) -> dict:
    return {"key": str(uuid.uuid4()), "cause": "never_sent", "value_date": "01.06.2023", "text": "Kom ikke med i kørslen", **changes}


def reversals() -> int:
    return Transfer.objects.filter(kind="reversal").count()


def test_a_payment_that_was_never_sent_is_reversed_by_two_persons(client, people, lift, payment):
    client.force_login(people.sofie)
    assert page_of(payment) in client.get(f"/admin/ledger/transfer/{payment.pk}/change/").content.decode()
    client.post(page_of(payment), filled_in())
    pending = Transfer.objects.get(kind="reversal")
    assert (pending.step, pending.cause, pending.reverses_id, pending.amount) == ("pending", "never_sent", payment.pk, payment.amount)
    client.force_login(people.anders)
    page = f"/admin/initiatives/payment/{pending.pk}/settle/"
    key = re.search(r'name="approve-key" value="([0-9a-f-]{36})"', client.get(page).content.decode())[1]
    client.post(page, {"decision": "approve", "approve-key": key, "approve-value_date": "01.06.2023"})
    assert Account.objects.get(pk=lift.account_id).left == Money("3800000", "DKK")
    assert page_of(payment) not in client.get(f"/admin/ledger/transfer/{payment.pk}/change/").content.decode()


def test_money_that_arrived_comes_back_as_a_repayment_and_the_page_says_so(client, people, lift, payment):
    client.force_login(people.sofie)
    page = client.get(page_of(payment))
    assert "Er pengene kommet frem til tilskudsmodtageren, skal betalingen ikke føres tilbage." in words(page)
    assert f'href="{REPAY}?earmark={lift.slug}"' in page.content.decode()
    answer = client.post(page_of(payment), filled_in(cause="error"))
    assert "Vælg en årsag" in answer.context["form"].errors["cause"][0]
    assert reversals() == 0


def test_what_the_bank_returned_needs_the_line_that_shows_it(client, people, payment):
    client.force_login(people.sofie)
    answer = client.post(page_of(payment), filled_in(cause="bank_returned"))
    assert "Vedlæg bilaget" in answer.context["form"].errors["voucher"][0]
    client.post(page_of(payment), filled_in(cause="bank_returned", voucher=SimpleUploadedFile("kontoudtog.pdf", documents.pdf("retur"))))
    assert Transfer.objects.get(kind="reversal").cause == "bank_returned"


def test_a_payment_on_the_wrong_earmark_is_booked_anew_on_another_of_the_same_organisation(client, people, voucher):
    campaign, secretariat = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    payment = pay(people, campaign, voucher)
    client.force_login(people.sofie)
    assert "Vælg den øremærkning" in words(client.post(page_of(payment), filled_in(cause="booked_anew")))
    client.post(page_of(payment), filled_in(cause="booked_anew", target=str(secretariat.pk)))
    pending = Transfer.objects.get(kind="reversal")
    replacement = Transfer.objects.get(replaces=payment)
    assert (replacement.debit_account, replacement.voucher_sha256) == (secretariat.account, payment.voucher_sha256)
    client.force_login(people.anders)
    assert "afgøres sammen med" in words(client.get(f"/admin/initiatives/payment/{replacement.pk}/settle/"))
    page = f"/admin/initiatives/payment/{pending.pk}/settle/"
    assert f"udbetaling nr. {replacement.pk}" in words(client.get(page))
    key = re.search(r'name="approve-key" value="([0-9a-f-]{36})"', client.get(page).content.decode())[1]
    client.post(page, {"decision": "approve", "approve-key": key, "approve-value_date": "01.06.2023"})
    assert Account.objects.get(pk=campaign.account_id).left == Money("2800000", "DKK")
    assert Account.objects.get(pk=secretariat.account_id).left == Money("1000000", "DKK")


def test_another_organisations_earmark_is_no_target(client, people, voucher):
    campaign, lift = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "lift-mary-fonden"))
    payment = pay(people, campaign, voucher)
    client.force_login(people.sofie)
    answer = client.post(page_of(payment), filled_in(cause="booked_anew", target=str(lift.pk)))
    assert "Vælg en øremærkning på listen." in answer.context["form"].errors["target"]
    assert reversals() == 0


def test_what_was_passed_on_must_come_back_before_a_reversal(client, people, lift, payment):
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    movements.regrant(people.sofie, actor, amount=Money("1", "DKK"), value_date=date(2023, 5, 1), key=uuid.uuid4())
    client.force_login(people.sofie)
    said = words(client.post(page_of(payment), filled_in()))
    assert "Det, der er givet videre eller dokumenteret, skal først føres tilbage." in said
    assert reversals() == 0


def test_a_second_reversal_is_not_offered_while_one_waits(client, people, payment):
    client.force_login(people.sofie)
    client.post(page_of(payment), filled_in())
    assert "en tilbageførsel venter på godkendelse" in words(client.get(page_of(payment)))
    assert "venter på godkendelse" in words(client.post(page_of(payment), filled_in()))
    assert reversals() == 1


def test_a_wrong_repayment_is_reversed_because_of_an_error(client, people, lift, payment):
    repaid = movements.repay(people.sofie, lift, amount=Money("1000", "DKK"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())
    client.force_login(people.sofie)
    without = client.post(page_of(repaid), filled_in(cause="error"))
    assert without.context["form"].errors["voucher"] == ["Vedlæg bilaget. Uden bilag kan der ikke bogføres."], "the repayment has none either"
    note = SimpleUploadedFile("notat.pdf", documents.pdf("Notat om fejlen"))
    client.post(page_of(repaid), filled_in(cause="error", voucher=note))
    assert Transfer.objects.get(kind="reversal").reverses_id == repaid.pk


def test_what_did_not_move_money_and_what_one_may_not_register_is_not_reversed(client, people, lift, voucher, payment):
    waiting = payments.register_disbursement(people.sofie, lift, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    appropriation = Transfer.objects.get(kind="appropriation", step="post", credit_account__code="frame:ensomhed-2023-2025")
    client.force_login(people.sofie)
    assert client.get(page_of(waiting)).status_code == 404
    assert client.post(page_of(appropriation), filled_in(cause="error")).status_code == 403
    client.force_login(people.anders)
    assert client.get(page_of(payment)).status_code == 403
    assert reversals() == 0


def repayment(lift, **changes) -> dict:
    return {
        "key": str(uuid.uuid4()),
        "earmark": str(lift.pk),
        "amount": "1.000,50",
        "cause": "error",
        "value_date": "01.06.2023",
        "case_number": "",
        "text": "",
        **changes,
    }


def shown_in(response) -> str:
    return re.search(r'name="shown" value="([^"]*)"', response.content.decode())[1]


@pytest.mark.parametrize(
    ("cause", "day", "to", "said"),
    [
        ("error", "01.06.2023", "earmark:lift-mary-fonden", "går tilbage til øremærkningen"),
        ("changed_conditions", "01.06.2023", "earmark:lift-mary-fonden", "går tilbage til øremærkningen"),
        ("unspent", "01.06.2023", "treasury", "tilfalder statskassen"),
        ("disallowed", "01.06.2023", "treasury", "tilfalder statskassen"),
        ("other", "01.06.2023", "treasury", "tilfalder statskassen"),
        ("error", "01.02.2026", "treasury", "uden for betalingsvinduet"),
    ],
)
def test_the_cause_decides_where_a_repayment_goes_and_the_page_shows_it_before_it_books(client, people, lift, payment, cause, day, to, said):
    client.force_login(people.sofie)
    sent = repayment(lift, cause=cause, value_date=day)
    first = client.post(REPAY, sent)
    assert said in words(first)
    assert shown_in(first) == to
    assert not Transfer.objects.filter(kind="repayment").exists()
    client.post(REPAY, {**sent, "shown": shown_in(first), "book": "1"})
    booked = Transfer.objects.get(kind="repayment")
    assert (booked.credit_account.code, booked.amount, booked.cause) == (to, Money("1000.50", "DKK"), cause)


def test_a_cause_changed_after_the_destination_was_shown_is_shown_again(client, people, lift, payment):
    client.force_login(people.sofie)
    first = client.post(REPAY, repayment(lift))
    second = client.post(REPAY, repayment(lift, cause="unspent", shown=shown_in(first), book="1"))
    assert "tilfalder statskassen" in words(second)
    assert not Transfer.objects.filter(kind="repayment").exists()


def test_nobody_pays_back_more_than_they_received(client, people, lift, payment):
    client.force_login(people.sofie)
    first = client.post(REPAY, repayment(lift, amount="500.000,01"))
    answer = client.post(REPAY, repayment(lift, amount="500.000,01", shown=shown_in(first), book="1"))
    assert "Der er 500.000,00\u00a0kr. tilbage" in answer.context["form"].errors["amount"][0]
    assert not Transfer.objects.filter(kind="repayment").exists()


def test_a_repayment_sent_twice_is_booked_once(client, people, lift, payment):
    client.force_login(people.sofie)
    sent = repayment(lift)
    sent |= {"shown": shown_in(client.post(REPAY, sent)), "book": "1"}
    first, second = client.post(REPAY, sent), client.post(REPAY, sent)
    assert first["Location"] == second["Location"]
    assert Transfer.objects.filter(kind="repayment").count() == 1


def test_only_who_may_register_registers_a_repayment(client, people, lift, payment):
    client.force_login(people.anders)
    assert client.post(REPAY, repayment(lift, shown="earmark:lift-mary-fonden", book="1")).status_code == 403
