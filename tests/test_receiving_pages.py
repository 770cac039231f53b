"""The pages about who receives, where to, and who may pay: in a real browser, at a desk and on a phone."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from initiatives.control import proposals
from initiatives.models import Earmark, Grantee, Proposal
from initiatives.receiving import details
from tests import documents
from tests.granting import describe
from tests.granting import propose as propose_grant
from tests.receiving import MARCH, decide, propose, propose_grantee, register

LETTER = {"name": "brev.pdf", "mimeType": "application/pdf", "buffer": documents.pdf("Brev")}


@pytest.fixture
def mary_fonden(lift) -> Grantee:
    return lift.grantee


def words(visitor) -> str:
    return " ".join(visitor.text().split())


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_new_details_are_proposed_verified_and_approved_through_the_pages(visit, people, mary_fonden, size):
    nina = visit("nina", size=size)
    nina.go(f"/admin/initiatives/grantee/{mary_fonden.pk}/change/")
    assert "Bankkonto 9999 000 123 4567" in words(nina)
    assert "gælder nu" in words(nina)
    nina.click("Foreslå nye betalingsoplysninger")
    nina.click("Foreslå betalingsoplysningerne", role="button")
    assert "Der er noget, der skal rettes" in words(nina)
    nina.page.get_by_label("NemKonto", exact=True).check()
    nina.page.get_by_label("CVR-nummer").fill("99 99 99 35")
    nina.page.get_by_label("Gælder fra og med").fill("01.06.2025")
    nina.page.get_by_label("Begrundelse").fill("Foreningen går over til NemKonto")
    nina.page.get_by_label("Dokument").set_input_files(LETTER)
    nina.click("Foreslå betalingsoplysningerne", role="button")
    assert "modulus 11" in words(nina), "a number that fails is shown once more"
    assert not Proposal.objects.filter(kind="payment_details", grantee=mary_fonden, decision=None).exists()
    nina.click("Foreslå betalingsoplysningerne", role="button")
    proposal = Proposal.objects.get(kind="payment_details", grantee=mary_fonden, decision=None)
    assert (proposal.after["cvr"], proposal.voucher.name) == ("99999935", "brev.pdf")
    assert "Betalingsoplysninger for Mary Fonden" in words(nina)
    assert "modulus 11" in words(nina)
    karen = visit("karen", size=size)
    karen.go(proposal.get_absolute_url())
    karen.page.get_by_label("Sådan er det kontrolleret").fill("Ringet til hovednummeret")
    karen.click("Oplysningerne er kontrolleret", role="button")
    lars = visit("lars", size=size)
    lars.go(proposal.get_absolute_url())
    lars.click("Godkend forslaget", role="button")
    assert details.in_force(mary_fonden, date(2025, 6, 1)) == proposal
    lars.go(f"/admin/initiatives/grantee/{mary_fonden.pk}/change/")


def test_a_double_click_proposes_once(client, people, mary_fonden, committed):
    client.force_login(people.nina)
    address, content = f"/admin/initiatives/grantee/{mary_fonden.pk}/details/", {"key": str(uuid.uuid4()), "method": "account", "registration_number": "9990"}
    content |= {"account_number": "0000123456", "effective_from": "01.06.2025", "reason": "Ny bank"}
    for _ in range(2):
        answer = client.post(address, {**content, "voucher": SimpleUploadedFile("brev.pdf", documents.pdf("Brev"))})
        assert answer.status_code == 302
    assert Proposal.objects.filter(kind="payment_details", grantee=mary_fonden, decision=None).count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account_number": "12345678901"}, "højst ti cifre"),
        ({"account_number": "=1+1"}, "højst ti cifre"),
        ({"registration_number": "æøå1"}, "fire cifre"),
        ({"effective_from": "31.02.2025"}, "Skriv en dag, der findes"),
        ({"reason": ""}, "Skriv begrundelsen"),
        ({"method": "kontant"}, "Vælg på listen"),
        ({"voucher": b""}, "Filen er tom"),
        ({"voucher": b"MZ program"}, "et program"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(client, people, mary_fonden, changes, said):
    client.force_login(people.nina)
    content = {"key": str(uuid.uuid4()), "method": "account", "registration_number": "9990", "account_number": "0000123456", "effective_from": "01.06.2025"}
    content |= {"reason": "Ny bank", "voucher": documents.pdf("Brev"), **changes}
    file = SimpleUploadedFile("brev.pdf", content.pop("voucher"))
    page = client.post(f"/admin/initiatives/grantee/{mary_fonden.pk}/details/", {**content, "voucher": file})
    assert page.status_code == 200
    assert said in page.text.replace("\u00a0", " ")
    assert content["account_number"] in page.text.replace("&#x27;", "'")
    assert not Proposal.objects.filter(kind="payment_details", grantee=mary_fonden, decision=None).exists()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_new_grantee_is_proposed_and_stands_above_the_list_until_it_is_decided(visit, people, size):
    mette = visit("mette", size=size)
    mette.go("/admin/initiatives/grantee/")
    mette.click("Foreslå ny tilskudsmodtager")
    mette.page.get_by_label("Navn").fill("Fonden Nyt Håb")
    mette.page.get_by_label("CVR-nummer").fill("99999934")
    mette.page.get_by_label("Begrundelse").fill("Nævnt i aftalen")
    mette.page.get_by_label("Dokument").set_input_files(LETTER)
    mette.click("Foreslå", role="button")
    proposal = Proposal.objects.get(kind="grantee", subject="fonden-nyt-haab")
    lars = visit("lars", size=size)
    lars.go("/admin/initiatives/grantee/")
    assert "Fonden Nyt Håb, foreslået" in words(lars)
    lars.go(proposal.get_absolute_url())
    lars.click("Godkend forslaget", role="button")
    made = Grantee.objects.get(slug="fonden-nyt-haab")
    lars.go(f"/admin/initiatives/grantee/{made.pk}/change/")
    assert "derfor kan der ikke udbetales" in words(lars)
    mette.go(f"/admin/initiatives/grantee/{made.pk}/propose/")
    mette.page.get_by_label("Navn").fill("Mary Fonden")
    mette.page.get_by_label("Begrundelse").fill("x")
    mette.page.get_by_label("Dokument").set_input_files(LETTER)
    mette.click("Foreslå", role="button")
    assert "En anden tilskudsmodtager har allerede dette navn" in words(mette)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_whoever_may_not_pay_reads_why_and_who_can_before_trying(visit, committed, appoint, people, lift, size):
    pending = register(people, lift, day=date(2025, 12, 1))
    appoint(people.karen, "Sagsbehandler", "Godkender")
    karen = visit("karen", size=size)
    karen.go("/admin/initiatives/payment/register/?earmark=lift-mary-fonden")
    assert "Udbetales til Bankkonto 9999 000 123 4567" in words(karen)
    assert "Du kan ikke registrere udbetalinger her: du har foreslået, kontrolleret eller godkendt betalingsoplysningerne" in words(karen)
    assert "Sofie Lund eller Søren Østergård" in words(karen)
    karen.go(f"/admin/initiatives/payment/{pending.pk}/settle/")
    assert "Du kan ikke godkende" in words(karen)
    assert "kan godkendes af Anders Holm" in words(karen)
    assert karen.page.get_by_role("button", name="Afvis registreringen").is_visible()
    assert not karen.page.get_by_role("button", name="Godkend 1.000,00").is_visible()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_payment_whose_details_were_changed_says_so_to_whoever_would_approve(visit, people, lift, size):
    pending = register(people, lift, day=date(2025, 12, 1))
    decide(people, lift.grantee)
    anders = visit("anders", size=size)
    anders.go(f"/admin/initiatives/payment/{pending.pk}/settle/")
    assert "Betalingsoplysningerne er ændret, efter at udbetalingen blev registreret: nu gælder Bankkonto 9990 000 012 3456" in words(anders)
    assert not anders.page.get_by_role("button", name="Godkend 1.000,00").is_visible()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_management_names_who_handles_the_agencys_own_earmark(visit, people, size):
    agency = Grantee.objects.get(slug="sbst")
    mette = visit("mette", size=size)
    mette.go(f"/admin/initiatives/grantee/{agency.pk}/change/")
    mette.click("Notér, hvem der behandler myndighedens egen bevilling")
    mette.page.get_by_label("Medarbejder", exact=True).select_option(label="Søren Østergård")
    mette.page.get_by_label("Fra og med").fill("01.01.2023")
    mette.click("Notér", role="button")
    assert "Søren Østergård, fra 01.01.2023" in words(mette)
    mette.go(f"/admin/initiatives/grantee/{agency.pk}/change/")
    assert "Kan ikke: Søren Østergård" in words(mette)
    mette.go(f"/admin/initiatives/grantee/{agency.pk}/handlers/")
    mette.click("Søren Østergård behandler den ikke længere", role="button")
    assert "Ingen er noteret" in words(mette)
    adam = visit("adam", size=size)
    adam.go(f"/admin/initiatives/grantee/{agency.pk}/handlers/")
    assert "behandler ikke længere organisationens egen bevilling" in words(adam)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_grantee_sees_where_its_money_goes_and_what_is_proposed(visit, people, lift, size):
    register(people, lift, day=date(2025, 12, 1))
    propose(people, lift.grantee, effective_from=date(2026, 1, 1))
    maria = visit("maria", size=size)
    assert "Bankkonto 9999 000 123 4567" in words(maria)
    assert "Til Bankkonto 9999 000 123 4567" in words(maria)
    assert "Der er foreslået andre betalingsoplysninger: Bankkonto 9990 000 012 3456, fra 01.01.2026" in words(maria)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_an_earmarking_is_approved_against_what_the_agreement_says(visit, people, size):
    pending = propose_grant(people.by_name, describe())
    lars = visit("lars", size=size)
    lars.go(f"/admin/initiatives/payment/{pending.pk}/settle/")
    said = words(lars)
    for what in ("Beløb efter aftalen 100.000,00 kr.", "Skal videreformidles Nej", "Kilde Aftalen", "godkendt af Lars Bach"):
        assert what in said, what


def test_the_auditor_sees_the_details_of_every_payment(client, people, lift):
    pending = register(people, lift)
    client.force_login(people.rikke)
    page = client.get(f"/revision/posteringer/{pending.pk}/").text.replace("\u00a0", " ")
    assert "Bankkonto 9999 000 123 4567" in page
    assert "kontrolleret" in page
    assert "Ringet til organisationens hovednummer" in page
    client.force_login(people.sofie)
    assert "Bankkonto 9999 000 123 4567" in client.get(f"/admin/ledger/transfer/{pending.pk}/change/").text.replace("\u00a0", " ")


@pytest.mark.parametrize(("username", "may"), [("sofie", False), ("anders", False), ("karen", False), ("mette", False), ("nina", True)])
def test_only_master_data_staff_opens_the_form(client, people, mary_fonden, username, may):
    client.force_login(getattr(people, username))
    assert client.get(f"/admin/initiatives/grantee/{mary_fonden.pk}/details/").status_code == (200 if may else 403)


def test_a_grantee_that_is_not_there_is_not_found(client, people):
    client.force_login(people.nina)
    assert client.get("/admin/initiatives/grantee/99999999/details/").status_code == 404
    client.force_login(people.mette)
    lift = Earmark.objects.get(slug="lift-mary-fonden")
    assert client.get(f"/admin/initiatives/grantee/{lift.grantee_id}/handlers/").status_code == 404
    assert details.in_force(lift.grantee, MARCH)
    assert propose_grantee(people).subject == "fonden-nyt-haab"
    assert proposals.waiting().exists()
