"""An instalment plan in the browser: seen, made, revised; and its next instalment registered by keyboard alone."""

import re
import time
import uuid
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from initiatives import payments, plans, vouchers
from initiatives.bulk import registering
from initiatives.models import Earmark
from initiatives.plans import Planned
from ledger.models import Transfer
from tests import documents
from tests.bulk import AELDRE, row, xlsx
from tests.paid import pay
from tests.steps import said
from tests.test_plans import FOUR, kr, made, rows

PLAN = "/admin/initiatives/plan/lift-mary-fonden/"
REVISE = f"{PLAN}revise/"
REGISTER = "/admin/initiatives/payment/register/"


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return people.sofie


def fields(page) -> dict[str, str]:
    """Every input of the page's form as a browser would send it."""
    text = page.content.decode()
    found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', text))
    blank = dict.fromkeys(re.findall(r'<input[^>]* name="(rate-\d+-\w+)"', text), "")
    return {**blank, **found, "reason": ""}


def typed(page) -> list[tuple[str, str]]:
    sent = fields(page)
    return [(sent[f"rate-{row}-day"], sent[f"rate-{row}-amount"]) for row in range(int(sent["rate-TOTAL_FORMS"])) if sent[f"rate-{row}-amount"]]


def test_a_first_plan_opens_with_what_is_left_spread_and_is_made_as_it_was_changed_by_hand(client, sofie, people, lift, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda: date(2023, 2, 1))
    assert "Der er ikke lagt nogen rateplan endnu" in said(client.get(PLAN))
    page = client.get(REVISE)
    assert typed(page)[0] == ("01.04.2023", "345.454,54")
    assert len(typed(page)) == 11
    assert "Ikke planlagt 0,00 kr." in said(page)
    half = client.get(f"{REVISE}?fordeling=halvår")
    assert [day for day, _ in typed(half)] == ["01.07.2023", "01.01.2024", "01.07.2024", "01.01.2025", "01.07.2025"]
    sent = {**fields(half), "rate-0-day": "02.01.2025", "rate-0-text": "Sidst tilføjet æøå", "rate-4-day": "", "rate-4-amount": "", "rate-4-text": ""}
    answer = client.post(REVISE, sent)
    assert answer["Location"] == PLAN
    instalments = plans.current(lift).instalments.all()
    assert [(str(one.day), one.amount) for one in instalments] == [
        ("2024-01-01", kr(760000)), ("2024-07-01", kr(760000)), ("2025-01-01", kr(760000)), ("2025-01-02", kr(760000)),
    ]  # fmt: skip
    assert instalments[3].text == "Sidst tilføjet æøå"
    client.post(REVISE, sent)
    assert lift.plans.count() == 1, "a double click makes one plan"
    page = client.get(PLAN)
    assert "760.000,00 kr. er ikke planlagt" in said(page)
    assert f'href="{REGISTER}?rate={instalments[0].pk}" autofocus' in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        ({"rate-0-amount": "0,005"}, (0, "amount"), "højst to decimaler"),
        ({"rate-0-amount": "-5"}, (0, "amount"), "over 0 kr."),
        ({"rate-0-amount": "=1+1"}, (0, "amount"), "kan ikke læses som et beløb"),
        ({"rate-0-amount": ""}, (0, "amount"), "Angiv beløbet, eller ryd hele rækken."),
        ({"rate-0-day": ""}, (0, "day"), "Angiv datoen, eller ryd hele rækken."),
        ({"rate-0-day": "31.02.2024"}, (0, "day"), "Skriv en dag, der findes"),
        ({"rate-1-day": "01.01.2026"}, (1, "day"), "fra 01.01.2023 til 31.12.2025"),
        ({"rate-0-text": "æ" * 101}, (0, "text"), "højst 100 tegn"),
        ({"rate-1-amount": "3.800.000,01"}, None, "Sæt raterne ned med"),
        ({"rate-TOTAL_FORMS": "9999"}, None, "højst 120 rater"),
        ({"rate-TOTAL_FORMS": ""}, None, "Åbn den igen"),
        ({"revises": "7"}, None, "revideret, siden du åbnede siden"),
        ({"key": "x"}, None, "Åbn den igen"),
        ({"reason": "x" * 501}, None, "højst 500 tegn"),
    ],
)
def test_a_plan_that_cannot_be_made_is_explained_where_it_is_wrong_and_nothing_typed_is_lost(client, sofie, people, lift, changes, where, words):
    made(people, lift, *FOUR[:2])
    sent = {**fields(client.get(REVISE)), "reason": "Færre unge", **changes}
    answer = client.post(REVISE, sent)
    assert answer.status_code == 200
    if where:
        assert words in answer.context["rows"].forms[where[0]].errors[where[1]][0]
    else:
        assert words in said(answer)
    if "rate-TOTAL_FORMS" not in changes:
        kept = fields(answer)
        assert all(kept[name] == value for name, value in sent.items() if name.startswith("rate-") and name in kept)
        assert "Færre unge" in answer.content.decode() or "reason" in changes
    assert lift.plans.count() == 1


def test_rows_are_added_without_a_script_and_what_was_typed_stays_right_or_wrong(client, sofie, people, lift):
    made(people, lift, *FOUR[:2])
    page = client.post(REVISE, {**fields(client.get(REVISE)), "reason": "Æ", "rate-2-amount": "mange", "add": "1"})
    sent = fields(page)
    assert (sent["rate-2-amount"], sent["rate-TOTAL_FORMS"], "Æ" in page.content.decode()) == ("mange", "5", True)
    assert lift.plans.count() == 1


def test_a_revision_opens_with_what_is_not_paid_and_the_versions_before_it_stay(client, sofie, people, lift):
    made(people, lift, *FOUR)
    pay(people, lift, "500000", day=date(2023, 4, 3))
    page = client.get(REVISE)
    assert [day for day, _ in typed(page)] == ["01.04.2024", "01.04.2025", "01.10.2025"]
    assert "01.04.2023 500.000,00 rate 1 udbetalt" in said(page)
    assert "Skriv, hvorfor" in said(client.post(REVISE, fields(page)))
    client.post(REVISE, {**fields(page), "rate-0-amount": "800.000", "reason": "Færre unge end ventet"})
    shown = said(client.get(PLAN))
    assert "Version 2, lagt" in shown
    assert "»Færre unge end ventet«" in shown
    assert "Version 1, lagt" in shown
    assert "100.000,00 kr. er ikke planlagt" in shown


def test_a_plan_made_late_begins_with_what_was_paid_before_it(client, sofie, people, lift):
    pay(people, lift, "500000", day=date(2023, 4, 3))
    page = client.get(REVISE)
    assert typed(page) == [("03.04.2023", "500.000,00"), ("31.12.2025", "3.300.000,00")]
    assert client.post(REVISE, fields(page)).status_code == 302


def test_the_next_instalment_opens_its_registration_filled_in(client, sofie, people, lift, voucher):
    made(people, lift, *FOUR)
    what = {"amount": kr(500000), "value_date": date(2023, 4, 3), "voucher": voucher, "case_number": "2023-1102"}
    payments.register_disbursement(people.søren, lift, key=uuid.uuid4(), **what)
    following = plans.next_instalment(lift).instalment
    page = client.get(f"{REGISTER}?rate={following.pk}")
    sent = fields(page)
    assert (sent["amount"], sent["value_date"], sent["case_number"], sent["text"]) == ("900.000,00", "31.12.2025", "2023-1102", "rate 2")
    assert 'type="file" name="voucher" accept' in page.content.decode()
    assert re.search(r'name="voucher"[^>]*autofocus', page.content.decode())
    assert f'<option value="{lift.pk}" selected>' in page.content.decode() or f'value="{lift.pk}"' in page.content.decode()
    document = SimpleUploadedFile("faktura.pdf", documents.pdf("Faktura 17"))
    client.post(REGISTER, {**sent, "earmark": str(lift.pk), "voucher": document})
    assert plans.instalment_of(Transfer.objects.latest("pk")) == following
    again = client.get(f"{REGISTER}?rate={following.pk}")
    assert "Raten er allerede registreret" in said(again)
    assert client.get(f"{REGISTER}?rate={'9' * 40}").status_code == 200


def test_a_row_that_is_its_earmarks_next_instalment_is_registered_as_that(client, people, lift, voucher):
    plan = made(people, lift, ("03.04.2023", "1000"), ("03.07.2023", "2000"), ("03.10.2023", "3000"))
    july = datetime(2023, 7, 3)  # noqa: DTZ001
    content = xlsx(row(), row(amount=2000.01, day=july), row(AELDRE, 1000), row(amount=2000, day=july), row(amount=3000))
    shown = registering.preview(people.sofie, content=content, vouchers={"faktura.pdf": voucher})
    assert [str(each.instalment or "") for each in shown.outcomes] == ["rate 1", "", "", "rate 2", ""], "to the øre and the day, and in their order"
    key = uuid.uuid4()
    batch = registering.register(people.sofie, content=content, name="april.xlsx", vouchers={"faktura.pdf": voucher}, key=key)
    assert registering.register(people.sofie, content=content, name="april.xlsx", vouchers={"faktura.pdf": voucher}, key=key) == batch
    rows = [(each.row, plans.instalment_of(each.transfer)) for each in batch.rows.order_by("row")]
    first, second, _ = plan.instalments.order_by("number")
    assert rows == [(2, first), (3, None), (4, None), (5, second), (6, None)]
    client.force_login(people.anders)
    assert client.get(f"/admin/initiatives/batch/{batch.pk}/change/").text.count("Rateplan: ") == 2


def test_who_does_not_register_sees_the_plan_and_who_can(client, people, lift):
    made(people, lift, *FOUR)
    client.force_login(people.karen)
    page = client.get(PLAN)
    assert "Raten kan registreres af Sofie Lund eller Søren Østergård." in said(page)
    assert "Revider" not in said(page)
    assert client.get(REVISE).status_code == 403
    assert client.get("/admin/initiatives/plan/findes-ikke/").status_code == 404


def test_a_page_of_a_plan_asks_few_questions_however_many_instalments(client, sofie, people, lift, django_assert_max_num_queries):
    monthly = [Planned(date(year, month, 1), kr(1000), "") for year in (2023, 2024, 2025) for month in range(1, 13)]
    plans.make(people.sofie, lift, monthly, key=uuid.uuid4())
    for _ in range(4):
        plans.make(people.sofie, lift, monthly, key=uuid.uuid4(), reason="Igen", revises=plans.current(lift))
    for address in (PLAN, REVISE, f"{REGISTER}?rate={plans.next_instalment(lift).instalment.pk}"):
        client.get(address)
        with django_assert_max_num_queries(20):
            assert client.get(address).status_code == 200


def test_the_next_instalment_is_registered_by_keyboard_alone_in_less_than_twenty_seconds(visit, people, lift, tmp_path, capsys):
    earmark = Earmark.objects.with_accounts().get(pk=lift.pk)
    plans.make(people.sofie, earmark, rows(*FOUR), key=uuid.uuid4())
    invoice = tmp_path / "faktura.pdf"
    invoice.write_bytes(documents.pdf("Faktura 17"))
    sofie = visit("sofie")
    sofie.go(PLAN)
    keyboard, begun = sofie.page.keyboard, time.monotonic()
    keyboard.press("Enter")  # the cursor stands on the next instalment
    sofie.page.wait_for_url("**/register/?rate=*")
    with sofie.page.expect_file_chooser() as chooser:
        assert sofie.page.evaluate("document.activeElement.name") == "voucher"
        keyboard.press("Space")  # … and here on the voucher
    chooser.value.set_files(invoice)
    keyboard.press("Tab")
    keyboard.press("Enter")
    sofie.page.wait_for_url("**/settle/")
    seconds = time.monotonic() - begun
    with capsys.disabled():
        print(f"\nFrom the plan to the registration by keyboard: {seconds:.1f} seconds, four keys")
    assert seconds < 20
    pending = Transfer.objects.get(kind="disbursement")
    assert (pending.amount, plans.instalment_of(pending).number) == (kr(500000), 1)
    assert vouchers.keep(people.sofie, invoice.read_bytes(), "faktura.pdf").pk == pending.voucher_sha256

    sofie.go(REVISE)  # rows typed by hand, one of them wrong; the sum follows while typing
    amount = sofie.page.get_by_label("Beløb i kr., række 1")
    amount.fill("999.999.999,00")
    assert "999.499.999,00 kr. for meget" in sofie.text()
    sofie.page.get_by_label("Dato, række 2").fill("31.02.2024")
    sofie.page.get_by_role("button", name="Gem som ny version").click()
    sofie.look()
    assert "Skriv en dag, der findes" in sofie.text()
    sofie.page.set_viewport_size({"width": 390, "height": 844})
    sofie.look()
    sofie.go(PLAN)
