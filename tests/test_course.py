"""The course of an amount: every step with its person, its time and its document, from the plan to what came back; and the way from there to undo it."""

import re
import uuid
from datetime import date

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from ensomhed import roles
from ensomhed.postgres.base import running
from initiatives import decisions, demo, movements, payments, plans, vouchers
from initiatives.course import Step, course_of
from initiatives.models import Earmark, Instalment, Rebooking
from initiatives.paying import files
from ledger.kinds import Cause, Kind
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests import documents
from tests.around import Around
from tests.paid import pay, taken
from tests.test_admin_front import words

MOST_QUERIES = 20
DAY = date(2023, 6, 1)


def told(transfer: Transfer, reader) -> list[tuple[str, str]]:
    """What happened and who did it, in order."""
    return [(step.what, step.who) for step in course_of(transfer, reader)]


def step(transfer: Transfer, reader, what: str) -> Step:
    (found,) = [step for step in course_of(transfer, reader) if step.what == what]
    return found


def page_of(transfer: Transfer) -> str:
    return f"/admin/ledger/transfer/{transfer.pk}/change/"


def reverse(people, origin: Transfer, cause: Cause = Cause.NEVER_SENT, **more) -> Transfer:
    pending = payments.reverse(people.sofie, origin, cause=cause, value_date=DAY, key=uuid.uuid4(), text="Kom ikke med i kørslen", **more)
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def again(people, lift, voucher, origin: Transfer, **changes) -> Transfer:
    content = {"amount": origin.amount, "value_date": DAY, "voucher": voucher, "key": uuid.uuid4(), **changes}
    return payments.register_disbursement(people.sofie, lift, instead_of=origin, **content)


def registration(client, origin: Transfer, earmark: Earmark, day: str) -> dict:
    """What the page that was opened from a reversed payment sends."""
    form = client.get(f"/admin/initiatives/payment/register/?i-stedet-for={origin.pk}").context["form"]
    filled = {field.html_name: getattr(field.value(), "pk", field.value()) for field in form if field.name != "voucher" and field.value() is not None}
    return {**filled, "earmark": str(earmark.pk), "value_date": day}


def test_the_demo_tells_every_amount_from_the_plan_to_what_came_back(client, people):
    assert demo.play_story(people.by_name)
    paid = Transfer.objects.get(kind=Kind.DISBURSEMENT, step="post", text="2. rate 2023", amount=515000)
    assert told(paid, people.mette) == [
        ("Registreret", "Sofie Lund"),
        ("Godkendt", "Anders Holm"),
        ("Frigivet i en betalingsfil", "Pia Thomsen"),
        ("Banken: stemmer", "Karen Friis"),
        ("Fortalt til modtageren", "systemet selv"),
        ("Indsigelse", "Åse Winther"),
        ("Regnskab modtaget", "Sofie Lund"),
        ("Regnskab afvist", "Ida Nørgaard"),
        ("Regnskab modtaget", "Sofie Lund"),
        ("Regnskab godkendt", "Ida Nørgaard"),
        ("Siden krævet tilbage", "Sofie Lund"),
        ("Siden betalt tilbage", "Sofie Lund"),
        ("Siden krævet tilbage", "Søren Østergård"),
    ]
    steps = course_of(paid, people.mette)
    assert [one.document for one in steps[:2]] == [paid.voucher_sha256, ""]
    assert [one.when for one in steps[:2]] == [paid.pending.booked_at, paid.booked_at]
    assert "Fejl, valørdato 20.11.2023. Gik til øremærkningen" in steps[-2].words
    assert course_of(paid.pending, people.mette) == steps, "the registration tells the same"
    assert "Indsigelse" not in [one.what for one in course_of(paid, people.sofie)], "whoever pays does not read what is objected to"

    undone = Transfer.objects.get(kind=Kind.REVERSAL, step="post")
    assert course_of(undone, people.mette) == course_of(undone.reverses, people.mette), "a reversal tells the course of what it reverses"
    anew = Transfer.objects.get(rebooking__instead_of=undone.reverses)
    assert step(undone, people.mette, "Registreret på ny").url == page_of(anew.settlement)
    assert step(anew, people.mette, "Træder i stedet for").url == page_of(undone.reverses)
    assert step(anew, people.mette, "Planlagt").who == "Søren Østergård"

    passed_on = Transfer.objects.get(kind=Kind.DISBURSEMENT, step="post", text="1. rate 2023", debit_account__code="earmark:lift-mary-fonden")
    assert "Regnskab 2023 fra Klubben Lyspunktet modtaget 02.05.2024: 180.000,00 kr. anvendt." in [
        one.words.replace("\u00a0", " ") for one in course_of(passed_on, people.mette)
    ]
    rejected = Transfer.objects.get(kind=Kind.DISBURSEMENT, step="pending", amount=1550000)
    assert told(rejected, people.mette) == [("Registreret", "Sofie Lund"), ("Afvist", "Anders Holm")]
    assert "Begrundelse: »Bilaget lyder på 550.000,00 kr.«" in step(rejected, people.mette, "Afvist").words
    written_off = Transfer.objects.get(kind=Kind.WRITE_OFF, step="post")
    assert told(written_off, people.mette)[0] == ("Krævet tilbage", "Sofie Lund")

    client.force_login(people.mette)
    for shown in Transfer.objects.exclude(kind__in=["appropriation", "earmarking"]).order_by("kind", "step", "-id").distinct("kind", "step"):
        for path in (page_of(shown), f"/admin/initiatives/payment/{shown.pk}/settle/"):
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(path)
            if answer.status_code == 200:
                assert len(asked) <= MOST_QUERIES, f"{path} ({shown}, {shown.step}): {len(asked)}"
    with CaptureQueriesContext(connection) as asked:
        assert client.get(page_of(paid)).status_code == 200
    assert len(asked) <= MOST_QUERIES


def test_what_has_not_happened_is_the_next_step_and_who_can_take_it(people, lift, voucher):
    instalment = Instalment.objects.filter(
        plan=plans.make(people.sofie, lift, [plans.Planned(date(2023, 4, 3), Money("1000", "DKK"), "1. rate")], key=uuid.uuid4())
    ).first()
    pending = payments.register_disbursement(
        people.sofie, lift, amount=Money("1000", "DKK"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4(), instalment=instalment
    )
    assert [one.what for one in course_of(pending, people.sofie)] == ["Planlagt", "Registreret", "Næste: godkendelse"]
    assert "Kan godkendes eller afvises af Anders Holm." in step(pending, people.sofie, "Næste: godkendelse").words
    row = payments.approve(people.anders, pending, key=uuid.uuid4())
    assert "Kan frigives af Pia Thomsen." in step(row, people.sofie, "Næste: frigives i en betalingsfil").words
    files.release(people.pia, key=uuid.uuid4())
    assert "Karen Friis eller Knud Holst" in step(row, people.sofie, "Næste: afstemning").words
    assert step(row, people.sofie, "Frigivet i en betalingsfil").digest
    taken(people, "UDEN-4;9,00;05.04.2023;betalt")
    assert step(row, people.sofie, "Banken: sendt, men ikke betalt").state == "wrong"


def test_a_payment_booked_anew_is_told_from_both_ends_and_its_money_left_once(client, people, voucher):
    campaign, secretariat = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    wrong = pay(people, campaign, "350000", text="Forkert tekst")
    files.release(people.pia, key=uuid.uuid4())
    client.force_login(people.sofie)
    page = f"/admin/initiatives/payment/{wrong.pk}/reverse/"
    assert f"{page}?paa-ny=1" in client.get(page_of(wrong)).content.decode()
    form = client.get(f"{page}?paa-ny=1").context["form"]
    assert (form["cause"].value(), form["new_text"].value()) == ("booked_anew", "Forkert tekst")
    sent = {
        "key": str(uuid.uuid4()),
        "cause": "booked_anew",
        "value_date": "01.06.2023",
        "text": "Forkert øremærkning",
        "case_number": "2023-77",
        "new_text": "Rigtig tekst",
    }
    client.post(page, {**sent, "target": str(secretariat.pk)})
    reversal, heir = Transfer.objects.get(kind="reversal"), Transfer.objects.get(replaces=wrong)
    assert (heir.text, heir.case_number, reversal.text) == ("Rigtig tekst", "2023-77", "Forkert øremærkning")
    client.force_login(people.anders)
    said = words(client.get(f"/admin/initiatives/payment/{reversal.pk}/settle/"))
    assert "Det, der gik forud" in said
    assert "Betalingsfil nr. 1" in said
    payments.approve(people.anders, reversal, key=uuid.uuid4())
    heir.refresh_from_db()
    assert step(wrong, people.mette, "Bogført på ny").url == page_of(heir.settlement)
    assert step(heir, people.mette, "Overtager betalingen").url == page_of(wrong)
    assert step(heir, people.mette, "Frigivet i en betalingsfil").words == step(wrong, people.mette, "Frigivet i en betalingsfil").words


def test_where_there_is_no_room_the_way_out_stands_beside_the_field(client, people):
    campaign, secretariat = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    wrong = pay(people, campaign, "1500001")
    client.force_login(people.sofie)
    sent = {"key": str(uuid.uuid4()), "cause": "booked_anew", "value_date": "01.06.2023", "target": str(secretariat.pk)}
    answer = client.post(f"/admin/initiatives/payment/{wrong.pk}/reverse/", sent)
    assert (
        answer.context["form"]
        .errors["target"][0]
        .startswith("Betalingen er på 1.500.001,00\u00a0kr., og øremærkningen har kun 1.500.000,00\u00a0kr. til rest. ")
    )
    assert not Transfer.objects.filter(kind="reversal").exists(), "nothing is half done"


def test_what_was_planned_is_still_the_same_instalment_when_it_is_registered_again(client, people, lift, voucher):
    plan = plans.make(people.sofie, lift, [plans.Planned(date(2023, 4, 3), Money("1000", "DKK"), "1. rate")], key=uuid.uuid4())
    instalment = plan.instalments.get()
    content = {"amount": instalment.amount, "value_date": instalment.day, "voucher": voucher, "key": uuid.uuid4(), "instalment": instalment}
    wrong = payments.approve(people.anders, payments.register_disbursement(people.sofie, lift, **content), key=uuid.uuid4())
    reverse(people, wrong)
    client.force_login(people.sofie)
    client.post(f"/admin/initiatives/payment/register/?i-stedet-for={wrong.pk}", registration(client, wrong, lift, "03.04.2023"))
    assert plans.instalment_of(Transfer.objects.get(rebooking__instead_of=wrong)) == instalment


def test_what_is_booked_again_is_dated_in_the_first_open_period(client, people, lift):
    wrong = pay(people, lift, "1000")
    reverse(people, wrong)
    for month in range(1, 5):
        decisions.close_period(people.karen, f"2023-0{month}", reason="Måneden er gjort op")
    client.force_login(people.sofie)
    assert client.get(f"/admin/initiatives/payment/register/?i-stedet-for={wrong.pk}").context["form"]["value_date"].value() == date(2023, 5, 1)
    closed = client.post(f"/admin/initiatives/payment/register/?i-stedet-for={wrong.pk}", registration(client, wrong, lift, "03.04.2023"))
    assert "2023-04" in closed.context["form"].errors["value_date"][0]
    assert not Rebooking.objects.exists()


def test_a_wrong_text_is_booked_anew_on_the_same_earmark(client, people, lift):
    wrong = pay(people, lift, "1000", text="Forkert tekst")
    client.force_login(people.sofie)
    sent = {"key": str(uuid.uuid4()), "cause": "booked_anew", "value_date": "01.06.2023", "text": "Rettelse", "new_text": "Rigtig", "target": str(lift.pk)}
    client.post(f"/admin/initiatives/payment/{wrong.pk}/reverse/", sent)
    payments.approve(people.anders, Transfer.objects.get(kind="reversal"), key=uuid.uuid4())
    heir = Transfer.objects.get(replaces=wrong, step="post")
    assert (heir.text, heir.debit_account_id) == ("Rigtig", lift.account_id)
    lift.account.refresh_from_db()
    assert lift.account.left == Money("3799000", "DKK")


def test_what_was_never_sent_is_registered_again_filled_in_and_linked_both_ways(client, people, lift):
    wrong = pay(people, lift, "1000", text="1. rate")
    client.force_login(people.sofie)
    assert "i-stedet-for" not in client.get(page_of(wrong)).content.decode(), "nothing is booked again before it is reversed"
    undone = reverse(people, wrong)
    page = f"/admin/initiatives/payment/register/?i-stedet-for={wrong.pk}"
    assert page in client.get(page_of(undone)).content.decode()
    opened = client.get(page)
    assert f"i stedet for udbetaling nr. {wrong.pk}" in words(opened)
    form = opened.context["form"]
    assert (form["amount"].value(), form["text"].value(), form.attached.pk) == ("1.000,00", "1. rate", wrong.voucher_sha256)
    sent = registration(client, wrong, lift, "03.04.2023")
    answer = client.post(page, sent)
    registered = Transfer.objects.get(rebooking__instead_of=wrong)
    assert answer["Location"] == f"/admin/initiatives/payment/{registered.pk}/settle/"
    assert registered.voucher_sha256 == wrong.voucher_sha256
    client.post(page, sent)
    assert Rebooking.objects.count() == 1, "the same page sent twice is one deed"
    assert step(wrong, people.sofie, "Registreret på ny").url == page_of(registered)
    assert step(registered, people.sofie, "Træder i stedet for").url == page_of(wrong)
    assert page not in client.get(page_of(undone)).content.decode()
    refused = client.post(page, {**sent, "key": str(uuid.uuid4())})
    assert f"er allerede registreret på ny som nr. {registered.pk}" in words(refused)
    client.force_login(people.anders)
    assert "Træder i stedet for" in words(client.get(answer["Location"])), "the approver reads what it stands instead of"
    payments.reject(people.anders, registered, reason="Forkert dag", key=uuid.uuid4())
    client.force_login(people.sofie)
    assert page in client.get(page_of(undone)).content.decode(), "what was rejected can be registered again"


def test_a_wrong_repayment_is_booked_again_from_its_course(client, people, lift):
    pay(people, lift, "5000")
    wrong = movements.repay(people.sofie, lift, amount=Money("1000", "DKK"), cause=Cause.ERROR, value_date=DAY, key=uuid.uuid4(), text="Forkert beløb")
    note = vouchers.keep(people.sofie, documents.pdf("Notat"), "notat.pdf")
    reverse(people, wrong, Cause.ERROR, voucher=note)
    client.force_login(people.sofie)
    page = f"/admin/initiatives/payment/repay/?i-stedet-for={wrong.pk}"
    assert page in client.get(page_of(wrong)).content.decode()
    form = client.get(page).context["form"]
    sent = {field.html_name: field.value() for field in form if field.name not in ("voucher", "claim") and field.value() is not None}
    sent |= {"earmark": str(lift.pk), "amount": "900,00", "value_date": "01.06.2023"}
    shown = client.post(page, sent)
    client.post(page, {**sent, "shown": re.search(r'name="shown" value="([^"]*)"', shown.content.decode())[1], "book": "1"})
    booked = Transfer.objects.get(rebooking__instead_of=wrong)
    assert (booked.amount, booked.cause, booked.text) == (Money("900", "DKK"), "error", "Forkert beløb")
    client.force_login(people.anders)
    said = words(client.get(page_of(booked)))
    assert "Træder i stedet for" in said
    assert "kan det føres tilbage af Sofie Lund eller Søren Østergård" in said
    assert "/reverse/" not in client.get(page_of(booked)).content.decode()


def test_an_auditor_reads_the_course_at_addresses_of_their_own(client, people, lift):
    row = pay(people, lift, "1000")
    client.force_login(people.rikke)
    page = client.get(f"/revision/posteringer/{row.pk}/")
    assert "Beløbets forløb" in words(page)
    assert f"/revision/posteringer/{row.pending_id}/" in page.content.decode()
    assert "/admin/" not in page.content.decode().partition("Beløbets forløb")[2]


@pytest.fixture
def around(application) -> Around:
    return Around(application)


def test_sql_links_nothing_that_the_verb_would_not(around):
    intruder = around.intruder
    other, wrong = intruder.pay(), intruder.pay()
    pending = intruder.disburse()
    with around.refused("rebooking_answers_a_reversal"):
        around.insert("rebooking", transfer_id=pending["id"], instead_of_id=wrong["id"])
    intruder.settle(intruder.reverse(wrong))
    with around.refused("rebooking_is_a_registration_of_the_same_kind"):
        around.insert("rebooking", transfer_id=other["id"], instead_of_id=wrong["id"])  # it moved money: no registration
    with around.refused("rebooking_is_a_registration_of_the_same_kind"):
        released = intruder.disburse(p_kind="release", p_credit="frame:ensomhed-2023-2025", p_amount="1")
        around.insert("rebooking", transfer_id=released["id"], instead_of_id=wrong["id"])
    with around.refused("rebooking_is_a_registration_of_the_same_kind"):  # it inherits another payment
        intruder.reverse(other, p_cause="booked_anew")
        around.insert("rebooking", transfer_id=intruder.disburse(p_replaces=other["id"])["id"], instead_of_id=wrong["id"])
    with around.refused("rebooking_answers_a_reversal"):  # its money was inherited
        anew, _ = intruder.reverse(other, p_cause="booked_anew"), intruder.disburse(p_replaces=other["id"])
        intruder.settle(anew)
        around.insert("rebooking", transfer_id=pending["id"], instead_of_id=other["id"])
    around.insert("rebooking", transfer_id=pending["id"], instead_of_id=wrong["id"])
    with psycopg.connect(**running().address(roles.APPLICATION), options="-c lock_timeout=200ms") as beside, pytest.raises(psycopg.errors.LockNotAvailable):
        beside.execute("INSERT INTO initiatives_rebooking (transfer_id, instead_of_id) VALUES (1, %s)", [wrong["id"]])
    second = intruder.disburse()
    with around.refused("transfer_is_rebooked_once"):
        around.insert("rebooking", transfer_id=second["id"], instead_of_id=wrong["id"])
    intruder.settle(intruder.reverse(other))
    with around.refused("initiatives_rebooking_transfer_id_key"):
        around.insert("rebooking", transfer_id=pending["id"], instead_of_id=other["id"])
    intruder.settle(pending, "void")
    around.insert("rebooking", transfer_id=second["id"], instead_of_id=wrong["id"])
    again = intruder.settle(second)
    intruder.settle(intruder.reverse(again))
    third = intruder.disburse()
    with around.refused("transfer_is_rebooked_once"):  # it has its heir: that one is booked again
        around.insert("rebooking", transfer_id=third["id"], instead_of_id=wrong["id"])
    around.insert("rebooking", transfer_id=third["id"], instead_of_id=again["id"])


def test_sql_does_not_say_it_afterwards(around):
    intruder = around.intruder
    columns = ("id", "kind", "amount", "value_date")
    granted = "SELECT t.id, t.kind, t.amount, t.value_date FROM ledger_transfer t JOIN ledger_account a ON a.id = t.credit_account_id WHERE t.kind = 'earmarking' AND t.step = %s AND a.code = %s"
    wrong = dict(zip(columns, intruder.connection.execute(granted, ["post", "earmark:lift-mary-fonden"]).fetchone(), strict=True))
    frame = intruder.one("SELECT code FROM ledger_account WHERE id = (SELECT debit_account_id FROM ledger_transfer WHERE id = %s)", wrong["id"])
    accounts = {"p_debit": "earmark:lift-mary-fonden", "p_credit": frame}
    intruder.settle(intruder.reverse(wrong, p_cause="error", p_voucher_sha256=intruder.voucher, **accounts))
    earlier = intruder.one("SELECT t.id FROM ledger_transfer t WHERE t.kind = 'earmarking' AND t.step = 'pending' LIMIT 1")
    with around.refused("rebooking_is_noted_with_its_registration"):
        around.insert("rebooking", transfer_id=earlier, instead_of_id=wrong["id"])


def test_a_link_is_refused_in_danish_with_the_way_out(people, lift, voucher):
    wrong = pay(people, lift, "1000")
    with pytest.raises(LedgerError, match="er ikke ført tilbage") as refusal:
        again(people, lift, voucher, wrong)
    assert refusal.value.rule == "rebooking_answers_a_reversal"
    reverse(people, wrong)
    key = uuid.uuid4()
    first = again(people, lift, voucher, wrong, key=key)
    assert again(people, lift, voucher, wrong, key=key) == first
    with pytest.raises(LedgerError, match=f"allerede registreret på ny som nr. {first.pk}"):
        again(people, lift, voucher, wrong)


def test_the_course_reads_well_at_a_desk_and_on_a_phone(people, lift, visit):
    wrong = pay(people, lift, "500000", text="1. rate 2023")
    reverse(people, wrong)
    sofie = visit("sofie")
    sofie.go(page_of(wrong))
    assert "Beløbets forløb" in sofie.text()
    sofie.page.set_viewport_size({"width": 390, "height": 844})
    sofie.look()
    sofie.click("Bogfør på ny")
    assert f"i stedet for udbetaling nr. {wrong.pk}" in sofie.text()
    sofie.page.get_by_role("button", name="Registrer udbetalingen").click()
    sofie.page.wait_for_url("**/settle/")
    sofie.page.set_viewport_size({"width": 1280, "height": 900})
    sofie.look()
    assert "Træder i stedet for" in sofie.text()
