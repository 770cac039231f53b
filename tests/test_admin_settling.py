"""A second person approves or rejects in the admin; one's own is withdrawn."""

import re
import uuid
from datetime import date

import pytest
from djmoney.money import Money

from initiatives import decisions, payments
from initiatives.models import Earmark, Frame
from ledger.models import Account, Period, Transfer, Window
from tests.test_admin_front import words

QUEUE = "/admin/initiatives/payment/waiting/"


def keys_of(response) -> dict[str, str]:
    return dict(re.findall(r'name="(\w+)-key" value="([0-9a-f-]{36})"', response.content.decode()))


def register(by, earmark, voucher, amount="500000", day=date(2023, 4, 1)):
    return payments.register_disbursement(
        by, earmark, amount=Money(amount, "DKK"), value_date=day, voucher=voucher, key=uuid.uuid4(), text="1. rate", case_number="2023-1102"
    )


@pytest.fixture
def pending(people, lift, voucher):
    return register(people.sofie, lift, voucher)


def page_of(pending) -> str:
    return f"/admin/initiatives/payment/{pending.pk}/settle/"


def approval(client, pending, **changes):
    """The approval as the page offers it."""
    page = client.get(page_of(pending))
    day = re.search(r'name="approve-value_date" value="([\d.]+)"', page.content.decode())[1]
    return {"decision": "approve", "approve-key": keys_of(page)["approve"], "approve-value_date": day, "approve-period": "", **changes}


def left(earmark) -> Money:
    return Account.objects.get(pk=earmark.account_id).left


def paid(earmark) -> Money:
    return Account.objects.get(pk=earmark.grantee_account_id).balance


def test_the_queue_shows_all_that_waits_with_its_sum_frame_by_frame(client, people, lift, voucher):
    secretariat = Earmark.objects.with_accounts().get(slug="sekretariat-sbst")
    first, second, other = (
        register(people.sofie, lift, voucher),
        register(people.søren, lift, voucher, "0.50"),
        register(people.sofie, secretariat, voucher, "1000"),
    )
    decisions.propose_window(people.mette, Frame.objects.first(), opens=date(2023, 1, 1), closes=date(2026, 3, 31), voucher=voucher, key=uuid.uuid4())
    client.force_login(people.anders)
    page = client.get(QUEUE)
    said = words(page)
    for pending in (first, second, other):
        assert page_of(pending) in page.content.decode()
    assert f"/bilag/{voucher.pk}/" in page.content.decode()
    assert "Udbetalinger, der venter, i alt 500.000,50" in said
    assert "Udbetalinger, der venter, i alt 1.000,00" in said
    assert "501.000,50" not in said
    assert "Betalingsvindue 01.01.2023–31.03.2026" in said


def test_the_page_tells_the_whole_story_and_what_is_left_before_and_after(client, people, lift, voucher, pending):
    register(people.søren, lift, voucher, "200000")
    client.force_login(people.anders)
    said = words(client.get(page_of(pending)))
    for part in ("500.000,00 kr.", "Sofie Lund", "1. rate", "2023-1102", "01.04.2023, periode 2023-04", "Hent faktura.pdf", "Pengene skal gives videre"):
        assert part in said
    assert "Saldo nu 3.800.000,00 kr. Denne registrering 500.000,00 kr. Saldo efter godkendelse 3.300.000,00 kr." in said
    assert "Reserveret af andre registreringer 200.000,00 kr. Rest efter godkendelse 3.100.000,00 kr." in said


def test_an_approval_by_another_person_moves_the_money(client, people, lift, pending):
    client.force_login(people.anders)
    answer = client.post(page_of(pending), approval(client, pending), follow=True)
    assert f"Udbetaling nr. {pending.pk} på 500.000,00 kr. er godkendt." in words(answer)
    assert (paid(lift), left(lift)) == (Money("500000", "DKK"), Money("3300000", "DKK"))
    assert Transfer.objects.get(pending=pending).booked_by == people.anders


def test_approving_twice_from_the_same_page_books_once(client, people, lift, pending):
    client.force_login(people.anders)
    sent = approval(client, pending)
    client.post(page_of(pending), sent)
    answer = client.post(page_of(pending), sent, follow=True)
    assert "er godkendt" in words(answer)
    assert Transfer.objects.filter(pending=pending).count() == 1


def test_the_second_of_two_who_decide_at_once_is_told_that_it_was_decided(client, committed, appoint, people, lift, pending):
    client.force_login(people.anders)
    sent = approval(client, pending)
    payments.reject(appoint(people.lars, "Godkender"), pending, reason="Forkert bilag", key=uuid.uuid4())
    answer = client.post(page_of(pending), sent, follow=True)
    assert "allerede afgjort" in words(answer)
    assert "Afvist af Lars Bach" in words(answer)
    assert "Forkert bilag" in words(answer)
    assert paid(lift) == Money("0", "DKK")


def test_ones_own_registration_cannot_be_approved_and_the_page_says_why(client, committed, appoint, people, lift, pending):
    appoint(people.sofie, "Godkender")  # even with both rights
    client.force_login(people.sofie)
    page = client.get(page_of(pending))
    assert "Du har selv registreret den, og derfor skal en anden godkende den." in words(page)
    assert set(keys_of(page)) == {"withdraw"}
    for decision in ("approve", "reject"):
        forged = {"decision": decision, f"{decision}-key": str(uuid.uuid4()), "approve-value_date": "01.04.2023", "reject-reason": "x"}
        assert client.post(page_of(pending), forged).status_code == 403
    assert not Transfer.objects.filter(pending=pending).exists()


def test_ones_own_registration_can_be_withdrawn(client, people, lift, pending):
    client.force_login(people.sofie)
    key = keys_of(client.get(page_of(pending)))["withdraw"]
    answer = client.post(page_of(pending), {"decision": "withdraw", "withdraw-key": key}, follow=True)
    assert "er trukket tilbage. Beløbet er ikke længere reserveret." in words(answer)
    assert left(lift) == Money("3800000", "DKK")
    outcome = words(client.get(page_of(pending)))
    assert "Trukket tilbage af Sofie Lund" in outcome
    assert "Begrundelse" not in outcome


def test_nobody_withdraws_what_another_registered(client, people, pending):
    client.force_login(people.søren)
    assert client.post(page_of(pending), {"decision": "withdraw", "withdraw-key": str(uuid.uuid4())}).status_code == 403
    assert not Transfer.objects.filter(pending=pending).exists()


def test_a_rejection_needs_a_reason(client, people, lift, pending):
    client.force_login(people.anders)
    key = keys_of(client.get(page_of(pending)))["reject"]
    answer = client.post(page_of(pending), {"decision": "reject", "reject-key": key, "reject-reason": "  "})
    assert "Skriv, hvorfor du afviser." in words(answer)
    assert left(lift) == Money("3300000", "DKK")
    client.post(page_of(pending), {"decision": "reject", "reject-key": key, "reject-reason": "Bilaget lyder på 50.000 kr."})
    assert left(lift) == Money("3800000", "DKK")
    assert Transfer.objects.get(pending=pending).text == "Bilaget lyder på 50.000 kr."


def test_after_months_end_the_first_open_day_is_offered(client, people, lift, pending):
    for period in Period.objects.filter(code__lte="2023-05"):
        decisions.close_period(people.karen, period.code, reason="Godkendes i juni")
    client.force_login(people.anders)
    sent = approval(client, pending)
    assert sent["approve-value_date"] == "01.06.2023"
    client.post(page_of(pending), sent)
    assert Transfer.objects.get(pending=pending).period == "2023-06"


def test_a_day_that_cannot_be_used_is_refused_beside_it(client, people, lift, pending):
    client.force_login(people.anders)
    for day, said in (("31.03.2023", "tidligst"), ("01.02.2026", "fra 01.01.2023 til 31.12.2025"), ("i morgen", "Skriv en dag, der findes")):
        answer = client.post(page_of(pending), approval(client, pending, **{"approve-value_date": day}))
        assert said in answer.context["forms"]["approve"].errors["value_date"][0]
    assert paid(lift) == Money("0", "DKK")


def test_an_approval_can_name_a_year_end_period(client, people, lift, voucher):
    pending = register(people.sofie, lift, voucher, day=date(2023, 12, 31))
    client.force_login(people.anders)
    answer = client.post(page_of(pending), approval(client, pending, **{"approve-period": "13.1", "approve-value_date": "02.01.2024"}))
    assert "13.1" in answer.context["forms"]["approve"].errors["period"][0]
    client.post(page_of(pending), approval(client, pending, **{"approve-period": "13.1"}))
    assert Transfer.objects.get(pending=pending).period == "2023-13.1"


def test_who_may_not_approve_reads_the_page_without_the_buttons(client, people, pending):
    client.force_login(people.karen)
    page = client.get(page_of(pending))
    assert keys_of(page) == {}
    assert "Din rolle giver ikke ret til at afgøre denne registrering." in words(page)
    assert client.post(page_of(pending), {"decision": "approve", "approve-key": str(uuid.uuid4()), "approve-value_date": "01.04.2023"}).status_code == 403


def test_nothing_is_decided_by_following_a_link(client, people, pending):
    client.force_login(people.anders)
    client.get(page_of(pending), approval(client, pending))
    assert not Transfer.objects.filter(pending=pending).exists()


def test_a_payment_window_is_approved_by_a_second_person(client, people, voucher):
    frame = Frame.objects.get(slug="ensomhed-2023-2025")
    pending = decisions.propose_window(people.mette, frame, opens=date(2023, 1, 1), closes=date(2026, 3, 31), voucher=voucher, key=uuid.uuid4())
    page = f"/admin/initiatives/window/{pending.pk}/settle/"
    client.force_login(people.mette)
    assert set(keys_of(client.get(page))) == {"withdraw"}
    client.force_login(people.lars)
    assert "Foreslået vindue 01.01.2023–31.03.2026" in words(client.get(page))
    answer = client.post(page, {"decision": "approve", "approve-key": keys_of(client.get(page))["approve"]}, follow=True)
    assert "Betalingsvinduet er godkendt." in words(answer)
    assert Window.objects.get(pending=pending).booked_by == people.lars


def test_the_list_of_payment_windows_says_that_one_waits_only_while_it_waits(client, people, voucher):
    def listed(query=""):
        return re.findall(r'class="field-standing">([^<]*)<', client.get(f"/admin/ledger/window/{query}").text)

    client.force_login(people.sofie)
    assert "Venter på godkendelse" not in listed()
    pending = decisions.propose_window(people.mette, Frame.objects.first(), opens=date(2023, 1, 1), closes=date(2026, 3, 31), voucher=voucher, key=uuid.uuid4())
    assert listed()[0] == "Venter på godkendelse"
    assert listed("?trin=waiting") == ["Venter på godkendelse"]
    decisions.approve_window(people.lars, pending, key=uuid.uuid4())
    assert listed()[:2] == ["Godkendt", "Registreret, godkendt"]
    assert listed("?trin=waiting") == []


def test_a_payment_window_is_rejected_with_a_reason_or_withdrawn(client, people, voucher):
    frame = Frame.objects.get(slug="ensomhed-2023-2025")
    first, second = (
        decisions.propose_window(people.mette, frame, opens=date(2023, 1, 1), closes=date(2026, 3, day), voucher=voucher, key=uuid.uuid4()) for day in (30, 31)
    )
    client.force_login(people.lars)
    page = f"/admin/initiatives/window/{first.pk}/settle/"
    client.post(page, {"decision": "reject", "reject-key": keys_of(client.get(page))["reject"], "reject-reason": "Partierne er ikke spurgt"})
    assert (Window.objects.get(pending=first).step, Window.objects.get(pending=first).text) == ("void", "Partierne er ikke spurgt")
    client.force_login(people.mette)
    page = f"/admin/initiatives/window/{second.pk}/settle/"
    client.post(page, {"decision": "withdraw", "withdraw-key": keys_of(client.get(page))["withdraw"]})
    assert Window.objects.get(pending=second).step == "void"
