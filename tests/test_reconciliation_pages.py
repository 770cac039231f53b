"""The pages of payment files and of reconciliation, as the people use them: what waits, what is released, what comes back, what is explained."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from initiatives import payments
from initiatives.control import proposals
from initiatives.models import BankStatement, Earmark, Event, PaymentFile, Proposal
from initiatives.paying import explaining, findings, references
from ledger.kinds import Cause
from ledger.models import Transfer
from tests import documents
from tests.paid import listed, pay, released, taken
from tests.test_admin_front import words
from tests.test_reconciliation import document

FILES, RECONCILIATION = "/admin/initiatives/paymentfile/", "/admin/initiatives/bankstatement/"
UPLOAD = f"{RECONCILIATION}upload/"


def upload(client, content: bytes, name: str = "betalinger.csv", **changes):
    fields = {"key": str(uuid.uuid4()), "first_day": "01.04.2023", "last_day": "30.04.2023", "file": SimpleUploadedFile(name, content)}
    return client.post(UPLOAD, {**fields, **changes})


def hidden(page, name: str) -> str:
    return re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.content.decode())[1]


def keep(client, shown, **changes):
    fields = {name: hidden(shown, name) for name in ("key", "carried", "carried_name", "first_day", "last_day")}
    return client.post(UPLOAD, {**fields, "keep": "ja", **changes})


def test_whoever_releases_sees_what_leaves_and_releases_it_in_one_go(client, people, lift):
    row = pay(people, lift, "500000")
    client.force_login(people.pia)
    assert "1 godkendt betaling er klar til at blive frigivet" in words(client.get("/admin/"))
    page = client.get(FILES)
    assert "500.000,00 kr. i 1 betaling til 1 modtager" in words(page)
    assert references.reference_of(row) in words(page)
    answer = client.post(f"{FILES}release/", {"key": hidden(page, "key")}, follow=True)
    assert "Betalingsfil nr. 1 på 500.000,00 kr. er frigivet" in words(answer)
    fetched = client.get(f"{FILES}1/fetch/")
    assert (b"".join(fetched.streaming_content), fetched["Content-Disposition"]) == (
        bytes(PaymentFile.objects.get().content),
        'attachment; filename="betalingsfil-00001.csv"',
    )
    assert [(event.by, event.what, event.about) for event in Event.objects.filter(what="downloaded")] == [(people.pia, "downloaded", "Betalingsfil nr. 1")]
    assert "ingen godkendte betalinger, der venter" in words(client.post(f"{FILES}release/", {"key": str(uuid.uuid4())}, follow=True))


def test_whoever_may_not_release_is_told_who_may_and_gets_neither_button_nor_file(client, people, lift):
    released(people, lift, "1000")
    pay(people, lift, "7")
    client.force_login(people.sofie)
    page = client.get(FILES)
    assert "frigives af Pia Thomsen" in words(page)
    assert f"{FILES}release/" not in page.content.decode()
    assert "hentes af den, der frigiver eller afstemmer" in words(client.get(f"{FILES}1/"))
    assert client.get(f"{FILES}1/fetch/").status_code == 403
    assert client.post(f"{FILES}release/", {"key": str(uuid.uuid4())}).status_code == 403
    assert PaymentFile.objects.count() == 1


def test_whoever_had_a_hand_in_a_payment_is_told_so_where_the_button_would_be(client, people, appoint, lift):
    pia = appoint(people.pia, "Sagsbehandler")
    row = pay(people, lift, "7", by=pia)
    client.force_login(pia)
    page = client.get(FILES)
    assert f"Du har selv registreret eller godkendt {references.reference_of(row)}" in words(page)
    assert f"{FILES}release/" not in page.content.decode()
    assert "kan derfor ikke frigive filen" in words(client.post(f"{FILES}release/", {"key": str(uuid.uuid4())}, follow=True))


def test_a_payment_says_where_it_is_on_every_page_that_shows_it(client, people, lift):
    (reference,) = released(people, lift, "1000")
    row = Transfer.objects.get(kind="disbursement", step="post")
    taken(people, f"{reference};1000,00;03.04.2023;betalt")
    client.force_login(people.sofie)
    said = words(client.get(f"/admin/ledger/transfer/{row.pk}/change/"))
    assert f"Betalingsfil nr. 1 på i alt 1.000,00 kr. i 1 betaling. Reference {reference}." in said
    assert "Banken: stemmer Betalt 03.04.2023 med 1.000,00 kr. ifølge række 2 i listen." in said
    assert reference in words(client.get(f"/admin/initiatives/payment/{row.pending_id}/settle/"))
    client.force_login(people.rikke)
    assert reference in words(client.get(f"/revision/posteringer/{row.pk}/"))
    client.force_login(people.maria)
    assert f"Reference {reference}" in words(client.get(lift.get_absolute_url()))


def test_a_list_is_shown_first_and_kept_whole_on_the_second_submit(client, people, lift):
    (reference,) = released(people, lift, "1000")
    client.force_login(people.karen)
    shown = upload(client, listed(f"{reference};1000,00;03.04.2023;betalt", "UDEN-4;9,00;05.04.2023;betalt"))
    assert "Intet er gemt endnu" in words(shown)
    assert "Betalt, men ikke sendt herfra: 1" in words(shown)
    assert not BankStatement.objects.exists()
    kept = keep(client, shown)
    statement = BankStatement.objects.get()
    assert kept["Location"] == f"{RECONCILIATION}{statement.pk}/"
    assert bytes(statement.content) == listed(f"{reference};1000,00;03.04.2023;betalt", "UDEN-4;9,00;05.04.2023;betalt")
    assert keep(client, shown)["Location"] == kept["Location"], "pressed twice"
    assert BankStatement.objects.count() == 1
    assert b"".join(client.get(f"{kept['Location']}fetch/").streaming_content) == bytes(statement.content)
    again = upload(client, bytes(statement.content))
    assert "Den samme fil blev indlæst" in words(again)
    assert "af Karen Friis" in words(again)


def test_every_bad_row_is_shown_and_nothing_is_kept(client, people):
    client.force_login(people.karen)
    shown = upload(client, listed("R;-5,00;03.04.2023;betalt", "=1+1;7,00;32.04.2023;betalt"))
    said = words(shown)
    assert "3 felter skal rettes" in said
    assert "Intet er indlæst" in said
    assert "Cellen er en formel" in said
    assert 'name="carried"' not in shown.content.decode()
    assert not BankStatement.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * (50 * 2**20), "Filen fylder mere end 7 MB"),
        (b"", "Filen er tom"),
        (b"%PDF-1.7", "hverken en CSV-fil eller et regneark"),
        (b"a;b\r\n1;2", "Første række skal være overskrifter"),
    ],
    ids=["50 MB", "empty", "pdf", "headings"],
)
def test_a_bad_file_is_answered_beside_the_field(client, people, content, said):
    client.force_login(people.karen)
    assert said in upload(client, content).context["form"].errors["file"][0]


def test_days_that_do_not_fit_are_answered_beside_the_field_and_nothing_is_lost(client, people):
    client.force_login(people.karen)
    row = listed("UDEN-4;9,00;05.04.2023;betalt")
    assert upload(client, row, first_day="32.04.2023").context["form"].errors["first_day"]
    assert upload(client, row, last_day="01.03.2023").context["form"].errors["last_day"]
    assert "Række 2" in upload(client, row, first_day="06.04.2023").context["form"].errors["first_day"][0]
    assert "Vælg den liste" in client.post(UPLOAD, {"key": str(uuid.uuid4())}).context["form"].errors["file"][0]


def test_a_carried_file_that_was_tampered_with_is_asked_for_again(client, people):
    client.force_login(people.karen)
    shown = upload(client, listed("UDEN-4;9,00;05.04.2023;betalt"))
    for carried in ("ikke base64!", "bm9nZXQgYW5kZXQ="):
        assert "Vælg den igen" in keep(client, shown, carried=carried).context["form"].errors["file"][0]
    assert not BankStatement.objects.exists()


def test_what_does_not_agree_is_red_on_the_front_page_until_it_is_explained(client, people):
    taken(people, "GEBYR;375,00;05.04.2023;betalt")
    client.force_login(people.sofie)
    assert "Betalinger, der ikke stemmer" in words(client.get("/admin/"))
    assert "Controlleren skal forklare den" in words(client.get("/admin/"))
    client.force_login(people.karen)
    (found,) = findings.unexplained()
    assert "1 linje i afstemningen skal forklares" in words(client.get("/admin/"))
    assert found.address in client.get(RECONCILIATION).content.decode()
    page = client.get(found.address)
    answer = client.post(
        found.address, {"key": hidden(page, "key"), "reason": "Bankens gebyr", "voucher": SimpleUploadedFile("gebyr.pdf", documents.pdf("Gebyr"))}
    )
    proposal = Proposal.objects.get(kind="explanation")
    assert answer["Location"] == proposal.get_absolute_url()
    assert "1 linje i afstemningen skal forklares" not in words(client.get("/admin/"))
    assert "Betalinger, der ikke stemmer" in words(client.get("/admin/"))
    assert "Forklaring venter på ledelsen" in words(client.get(RECONCILIATION))
    client.force_login(people.mette)
    asked = words(client.get(proposal.get_absolute_url()))
    assert "Forklaring på GEBYR, 375,00 kr. 05.04.2023" in asked
    assert "Afstemningen viser: Betalt, men ikke sendt herfra" in asked
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert "Betalinger, der ikke stemmer" not in words(client.get("/admin/"))
    assert "Betalt, men ikke sendt herfra (forklaret)" in words(client.get(RECONCILIATION))
    client.force_login(people.karen)
    assert "Der er allerede foreslået en forklaring" in words(client.get(found.address))


def test_what_the_bank_returned_is_one_click_for_a_case_officer(client, people, lift):
    (reference,) = released(people, lift, "1000")
    taken(people, f"{reference};1000,00;06.04.2023;returneret")
    client.force_login(people.karen)
    assert "En sagsbehandler tilbagefører betalingen" in words(client.get(RECONCILIATION))
    client.force_login(people.sofie)
    assert "Returneret af banken: tilbagefør 1 betaling" in words(client.get("/admin/"))
    shown = client.get(RECONCILIATION)
    (found,) = [one for one in findings.to_do() if one.code == "returned"]
    answer = client.post(f"/admin/initiatives/bankline/{found.bank.pk}/reverse/", {"key": hidden(shown, "key")})
    pending = Transfer.objects.get(kind="reversal")
    assert answer["Location"] == f"/admin/initiatives/payment/{pending.pk}/settle/"
    assert "Returneret af banken: tilbagefør" not in words(client.get("/admin/"))


def test_an_address_that_means_nothing_is_not_there(client, people):
    client.force_login(people.karen)
    for path in (
        "/admin/initiatives/explanation/bankline/7/",
        "/admin/initiatives/explanation/konto/7/",
        f"{FILES}7/",
        f"{FILES}7/fetch/",
        f"{RECONCILIATION}7/",
    ):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_read_well_for_everybody_at_any_width(people, lift, visit, size):
    agency = Earmark.objects.with_accounts().get(slug="landsindsats-sbst")
    one, two, three, four = released(people, lift, "500000", "250000", "1000", "7", text="1. rate 2023")
    files_row = pay(people, agency, "350000", text="Kampagnens 1. halvår")
    held = pay(people, lift, "12345.67")
    payments.reverse(people.sofie, held, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    statement = taken(
        people,
        f"{one};500000,00;03.04.2023;betalt",
        f"{two};250.000,01;03.04.2023;betalt",
        f"{four};7,00;03.04.2023;betalt",
        f"{four};7,00;06.04.2023;returneret",
        "GEBYR-2023-1;375,00;05.04.2023;betalt",
    )
    fee = next(found for found in findings.unexplained() if found.reference.startswith("GEBYR"))
    proposal = explaining.explain(people.karen, fee, reason="Bankens gebyr for kontoen", voucher=document(people), key=uuid.uuid4())
    pia = visit("pia", size=size)
    for path in ("/admin/", FILES, f"{FILES}1/"):
        pia.go(path)
    karen = visit("karen", size=size)
    here = next(found for found in findings.unexplained() if found.code == "only_here")
    for path in ("/admin/", RECONCILIATION, f"{RECONCILIATION}{statement.pk}/", UPLOAD, here.address):
        karen.go(path)
    for name, content in (
        ("fejl.csv", listed("R;-5,00;03.04.2023;betalt", "=1+1;7,00;32.04.2023;sendt")),
        ("maj.csv", listed(f"{three};1000,00;02.05.2023;betalt", "X-1;9,00;03.05.2023;betalt")),
    ):
        karen.go(UPLOAD)
        karen.page.get_by_label("Liste over betalinger").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        karen.page.get_by_label("Listen dækker fra og med").fill("01.05.2023" if name == "maj.csv" else "01.04.2023")
        karen.page.get_by_label("Til og med", exact=True).fill("31.05.2023" if name == "maj.csv" else "30.04.2023")
        karen.click("Se, hvad listen giver", role="button")
    karen.click("Indlæs listen for 01.05.2023–31.05.2023", role="button")
    assert "Stemmer" in karen.text()
    sofie = visit("sofie", size=size)
    for path in ("/admin/", f"/admin/ledger/transfer/{files_row.pk}/change/", FILES):
        sofie.go(path)
    mette = visit("mette", size=size)
    mette.go(proposal.get_absolute_url())
