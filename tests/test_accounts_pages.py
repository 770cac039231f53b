"""The pages about accounts, as the people who use them see them."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from initiatives import accounts, demo
from initiatives.models import AccountsReport, Proposal
from ledger.models import Transfer
from tests import documents
from tests.accounts import FME, LIFT, SBST, earmark, kr

LIST, ACCOUNTS = "/admin/initiatives/accountsreport/", "/admin/initiatives/accounts/"


def words(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def files(*names: str) -> dict:
    return {name: SimpleUploadedFile(f"{name}.pdf", documents.pdf(f"{name} fra prøven")) for name in names}


def typed(**changes) -> dict:
    sound = {"key": uuid.uuid4(), "starts": "01.01.2023", "ends": "31.12.2023", "used": "480.000,00", "received_on": "30.04.2024"}
    return {**sound, **files("voucher", "auditors_statement", "performance_audit"), **changes}


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return client


def test_accounts_are_received_checked_and_told_on_every_page(visit, people, pay, tmp_path):
    demo.play_story(people.by_name)
    for size in ("desk", "phone"):
        sofie = visit("sofie", size=size)
        sofie.go(LIST)
        said = sofie.text()
        assert "Regnskab 2024 fra Folkebevægelsen mod Ensomhed" in said
        assert "Kan nu bogføres" in said
        sofie.go(f"{ACCOUNTS}receive/{FME}/")
        assert "Tilskuddet er på mere end 500.000 kr." in sofie.text()
        sofie.go(f"{ACCOUNTS}receive/{LIFT}/")
        sofie.go(f"{ACCOUNTS}receive/{SBST}/")
        assert "En statslig myndighed skal ikke sende revisorerklæring." in sofie.text()
        surplus = AccountsReport.objects.get(actor__slug="moedestedet-nord")
        sofie.go(surplus.get_absolute_url())
        assert "12.500,00 kr. kan nu dokumenteres." in sofie.text()
        sofie.go(f"{surplus.get_absolute_url()}disallow/")
        waiting = AccountsReport.objects.waiting().get(earmark__slug=FME)
        sofie.go(waiting.get_absolute_url())
        assert "Kan godkendes af Ida Nørgaard." in sofie.text()
        sofie.go(AccountsReport.objects.get(earmark__slug=FME, decision__approved=False).get_absolute_url())
        assert "Udgifterne på 70.000,00 kr. til messen hører ikke til formålet" in sofie.text()
        ida = visit("ida", size=size)
        ida.go(waiting.get_absolute_url())
        ida.click("Afvis regnskabet", role="button")
        assert "Skriv, hvorfor du afviser." in ida.text()
        ida.go(LIST)
        freja = visit("freja", size=size)
        freja.go("/tilskud/")
        assert "Regnskab 2024" in freja.text()


def test_the_form_receives_whole_accounts_once_however_often_it_is_sent(sofie, people, pay):
    pay(earmark(FME), "500000")
    sent = typed(text="", case_number="2023-1101", final="")
    answer = sofie.post(f"{ACCOUNTS}receive/{FME}/", sent)
    report = AccountsReport.objects.get()
    assert answer["Location"] == report.get_absolute_url()
    assert (report.used, report.text, report.case_number, report.final) == (kr("480000"), "Regnskab 2023", "2023-1101", False)
    sofie.post(f"{ACCOUNTS}receive/{FME}/", {**sent, **files("voucher", "auditors_statement", "performance_audit")})
    assert AccountsReport.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"used": ""}, "used", "Angiv det anvendte beløb, eller 0."),
        ({"used": "-1"}, "used", "Angiv 0 kr. eller mere."),
        ({"used": "1,005"}, "used", "højst to decimaler"),
        ({"used": "1,000.50"}, "used", "på dansk"),
        ({"used": "æøå"}, "used", "kan ikke læses"),
        ({"used": "9" * 30}, "used", "Så stort et beløb"),
        ({"starts": "31.02.2023"}, "starts", "Skriv en dag, der findes"),
        ({"ends": "01.01.2022"}, "ends", "begynder, før det slutter"),
        ({"received_on": "01.01.2999"}, "ends", "senest i dag"),
        ({"auditors_statement": ""}, "auditors_statement", "Vedlæg revisorerklæring (kræves over 100.000 kr.)."),
        ({"performance_audit": ""}, "performance_audit", "Vedlæg forvaltningsrevision (kræves over 500.000 kr.)."),
        ({"voucher": SimpleUploadedFile("regnskab.exe", b"MZ" + b"\0" * 200)}, "voucher", "Filen"),
        ({"performance_audit": SimpleUploadedFile("tom.pdf", b"")}, "performance_audit", "Filen er tom"),
        ({"text": "NUL\0"}, "text", "tegn"),
    ],
    ids=str,
)
def test_what_cannot_be_received_is_said_beside_its_field_and_nothing_is_lost(sofie, changes, field, words):
    answer = sofie.post(f"{ACCOUNTS}receive/{FME}/", typed(**changes))
    form = answer.context["form"]
    assert words in " ".join(form.errors[field])
    assert AccountsReport.objects.count() == 0
    again = {name: value for name, value in typed().items() if name not in ("voucher", "auditors_statement", "performance_audit", *changes)}
    kept = {name: form[name].value() or "" for name in ("kept", "kept_auditors_statement", "kept_performance_audit")}
    missing = files(*({"voucher", "auditors_statement", "performance_audit"} & changes.keys()))
    healed = {name: typed()[name] for name in changes if name not in missing and name != "text"}
    assert sofie.post(f"{ACCOUNTS}receive/{FME}/", {**again, **kept, **missing, **healed}).status_code == 302


def test_somebody_elses_kept_file_counts_for_nothing(sofie, client, people):
    answer = sofie.post(f"{ACCOUNTS}receive/{FME}/", typed(used=""))
    kept = answer.context["form"]["kept_auditors_statement"].value()
    client.force_login(people.søren)
    answer = client.post(f"{ACCOUNTS}receive/{FME}/", typed(auditors_statement="", kept_auditors_statement=kept))
    assert "auditors_statement" in answer.context["form"].errors


def test_nothing_used_is_typed_as_nought(sofie):
    for typed_as in ("0", "0,00", "0 kr.", "0,00 kr."):
        AccountsReport.objects.count()
        form = sofie.post(f"{ACCOUNTS}receive/{LIFT}/", typed(used=typed_as, received_on="")).context["form"]
        assert "used" not in form.errors, typed_as


def test_who_may_not_receive_check_or_disallow_is_told(client, people, pay, receive):
    pay(earmark(FME), "500000")
    report = receive(earmark(FME), "480000")
    page = report.get_absolute_url()
    client.force_login(people.anders)
    assert client.get(f"{ACCOUNTS}receive/{FME}/").status_code == 403
    assert "Din rolle giver ikke ret til at kontrollere regnskaber." in words(client.get(page))
    assert client.post(page, {"decision": "approve", "approve-key": uuid.uuid4(), "approve-value_date": "30.04.2024"}).status_code == 403
    client.force_login(people.ida)
    assert client.get(f"{page}disallow/").status_code == 403
    assert client.get(f"/admin/initiatives/payment/{report.uses.get().transfer.pk}/settle/")["Location"] == page
    answer = client.post(page, {"decision": "approve", "approve-key": uuid.uuid4(), "approve-value_date": "29.04.2024"})
    assert "tidligst have valørdato 30.04.2024" in words(answer)
    client.post(page, {"decision": "approve", "approve-key": uuid.uuid4(), "approve-value_date": "30.04.2024"})
    assert "Regnskabet er allerede afgjort." in words(client.post(page, {"decision": "reject", "reject-reason": "For sent"}, follow=True))


def test_a_surplus_and_a_disallowance_go_through_their_pages(client, people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "620000")
    accounts.approve(people.ida, report, key=uuid.uuid4())
    pay(fme, "100000")
    client.force_login(people.sofie)
    page = report.get_absolute_url()
    assert "Kan nu bogføres" in words(client.get(LIST))
    client.post(page, {"decision": "surplus", "surplus-key": uuid.uuid4(), "surplus-value_date": "03.06.2024"})
    booked = Transfer.objects.latest("pk")
    client.force_login(people.ida)
    client.post(f"/admin/initiatives/payment/{booked.pk}/settle/", {"decision": "approve", "approve-key": uuid.uuid4(), "approve-value_date": "03.06.2024"})
    assert accounts.standing_of(AccountsReport.objects.told().get()).documented == kr("600000")
    client.force_login(people.sofie)
    asked = {"key": uuid.uuid4(), "used": "700.000,00", "value_date": "02.09.2024", "reason": "Rejser til messe", **files("voucher")}
    assert "mindre end 620.000,00 kr." in words(client.post(f"{page}disallow/", asked)).replace("\u00a0", " ")
    answer = client.post(f"{page}disallow/", {**asked, "used": "550.000,00", **files("voucher")})
    proposal = Proposal.objects.get(kind="disallowance")
    assert answer["Location"] == proposal.get_absolute_url()
    client.force_login(people.ida)
    said = words(client.get(proposal.get_absolute_url())).replace("\u00a0", " ")
    assert "Forbrug, der ikke godkendes: Regnskab 2023 fra Folkebevægelsen mod Ensomhed" in said
    assert "Godkendt forbrug 620.000,00 kr. 550.000,00 kr." in said
    client.post(proposal.get_absolute_url(), {"decision": "approve", "approve-key": uuid.uuid4()})
    assert accounts.standing_of(AccountsReport.objects.told().get()).documented == kr("550000")


def test_rejected_accounts_are_corrected_from_their_own_page(client, people, pay, receive):
    pay(earmark(FME), "500000")
    report = receive(earmark(FME), "480000")
    accounts.reject(people.ida, report, reason="Bilag 7 mangler", key=uuid.uuid4())
    client.force_login(people.sofie)
    address = f"{ACCOUNTS}receive/{FME}/?retter={report.pk}"
    assert address in client.get(report.get_absolute_url()).content.decode()
    assert "Bilag 7 mangler" in words(client.get(address))
    client.post(address, typed(used="470.000,00"))
    assert AccountsReport.objects.get(corrects=report).used == kr("470000")
    for nonsense in ("0", "x", "9" * 40, "٣", str(report.pk)):
        assert client.get(f"{ACCOUNTS}receive/{FME}/?retter={nonsense}").status_code == 200


def test_the_grantee_sees_what_came_of_its_accounts(client, people, pay, receive):
    fme = earmark(FME)
    pay(fme, "500000")
    report = receive(fme, "480000")
    client.force_login(people.freja)
    assert "Ministeriet kontrollerer det." in words(client.get("/tilskud/"))
    accounts.reject(people.ida, report, reason="Bilag 7 mangler", key=uuid.uuid4())
    assert "»Bilag 7 mangler«. Send et rettet regnskab" in words(client.get("/tilskud/"))
    corrected = receive(fme, "470000", corrects=report)
    accounts.approve(people.ida, corrected, key=uuid.uuid4())
    assert "470.000,00 kr. er dokumenteret." in words(client.get("/tilskud/")).replace("\u00a0", " ")


def test_the_list_costs_the_same_however_many_accounts_there_are(client, people, pay, receive, django_assert_max_num_queries):
    demo.play_story(people.by_name)
    client.force_login(people.ida)
    with django_assert_max_num_queries(40):
        client.get(LIST)
