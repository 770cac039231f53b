"""The pages where many payments are registered from a sheet, and ticked by whoever approves them."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from initiatives import decisions
from initiatives.admin import bulk
from initiatives.bulk import registering
from initiatives.models import Batch, Event, Voucher
from ledger.models import Refusal, Transfer
from tests import documents
from tests.browser import SIZES
from tests.bulk import AELDRE, KORS, csv, row, xlsx
from tests.steps import Telephone, enter, set_back, somebody
from tests.test_admin_front import words

REGISTER, TICKING, BATCHES = "/admin/initiatives/batch/register/", "/admin/initiatives/payment/ticking/", "/admin/initiatives/batch/"
FIRST, SECOND = documents.pdf("Faktura 17"), documents.pdf("Faktura 18")


def file(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def hidden(page) -> dict[str, str]:
    return {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.content.decode())[1] for name in ("key", "carried", "carried_name", "kept")}


def upload(client, sheet: bytes, *files: SimpleUploadedFile, name: str = "april.xlsx", **changes):
    return client.post(REGISTER, {"key": str(uuid.uuid4()), "sheet": file(sheet, name), "vouchers": list(files), **changes})


def batch_of(people, voucher, *rows: list) -> Batch:
    return registering.register(people.sofie, content=xlsx(*rows), name="april.xlsx", vouchers={"faktura.pdf": voucher}, key=uuid.uuid4())


def test_a_sheet_is_shown_corrected_and_registered_without_choosing_its_vouchers_again(client, people):
    client.force_login(people.sofie)
    page = upload(client, xlsx(row(amount="1,5.0"), row(AELDRE, 20)), file(FIRST, "æble.pdf"))
    assert "1 felt skal rettes" in words(page)
    assert "Det kan ikke læses som et beløb" in words(page)
    assert "Registrer alle" not in words(page)
    page = client.post(REGISTER, {**hidden(page), "sheet": file(xlsx(row(amount=10), row(AELDRE, 20)), "rettet.xlsx")})
    assert "2 udbetalinger på i alt 30,00 kr. kan registreres. Intet er registreret endnu." in words(page)
    assert "Registrer alle 2 udbetalinger (30,00 kr.)" in words(page)
    assert Transfer.objects.filter(kind="disbursement").count() == 0
    answer = client.post(REGISTER, {**hidden(page), "register": "ja"}, follow=True)
    batch = Batch.objects.get()
    assert answer.redirect_chain == [(f"{BATCHES}{batch.pk}/change/", 302)]
    assert "2 af 2 udbetalinger venter på godkendelse, i alt 30,00 kr." in words(answer)
    assert {each.transfer.voucher_sha256 for each in batch.rows.select_related("transfer")} == {Voucher.objects.get(name="æble.pdf").pk}
    client.post(REGISTER, {**hidden(page), "register": "ja"})
    assert (Batch.objects.count(), Transfer.objects.waiting().count(), batch.name) == (1, 2, "rettet.xlsx")


def test_several_vouchers_come_at_once_and_one_is_taken_away_again(client, people):
    client.force_login(people.sofie)
    page = upload(
        client, xlsx(row(voucher="b.pdf")), file(FIRST, "a.pdf"), file(SECOND, "b.pdf"), file(b"MZ\x90", "c.pdf"), file(FIRST, "d.pdf"), file(SECOND, "d.pdf")
    )
    assert "c.pdf: Filen er et program" in words(page)
    assert "flere filer, som hedder d.pdf" in words(page)
    assert re.findall(r'name="drop" value="(\w+)"', page.content.decode()) == [Voucher.objects.get(name=name).pk for name in ("a.pdf", "b.pdf")]
    page = client.post(REGISTER, {**hidden(page), "drop": Voucher.objects.get(name="a.pdf").pk})
    assert "1 udbetaling på i alt 1.000,00 kr. kan registreres" in words(page)
    assert "a.pdf" not in words(page)
    forged = {**hidden(page), "kept": "forged"}
    assert "Uden bilag kan der ikke registreres" in words(client.post(REGISTER, {**forged, "register": "ja"}))
    client.force_login(people.søren)
    assert "Uden bilag kan der ikke registreres" in words(client.post(REGISTER, {**hidden(page), "register": "ja"})), (
        "somebody else's reference counts for nothing"
    )
    assert Batch.objects.count() == 0


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Vælg det ark, du har udfyldt."),
        ({"sheet": file(b"", "tom.xlsx")}, "Filen er tom. Vælg det ark, du har udfyldt."),
        ({"sheet": file(b"x" * (12 * 2**20), "stor.xlsx")}, "Arket fylder mere end 2 MB."),
        ({"carried": "!"}, "Arket gik tabt undervejs. Vælg det igen."),
        ({"carried": "æ"}, "Arket gik tabt undervejs. Vælg det igen."),
        ({"carried": "eJwDAAAAAAE=", "register": "ja"}, "Vælg det ark, du har udfyldt."),
        ({"sheet": file(documents.pdf("x"), "faktura.pdf")}, "Filen er hverken en CSV-fil eller et regneark"),
        ({"sheet": file(csv("x"), "ark.csv"), "key": ""}, "Siden kan ikke bruges længere."),
        ({"sheet": file(csv("x"), "ark.csv"), "vouchers": [file(b"x", f"{number}.pdf") for number in range(51)]}, "Du har valgt 51 filer."),
    ],
    ids=["nothing", "empty", "large", "lost", "letters", "carried empty", "pdf", "no key", "many"],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_nothing_is_registered(client, people, sent, message):
    client.force_login(people.sofie)
    answer = client.post(REGISTER, {"key": str(uuid.uuid4()), **sent})
    assert (answer.status_code, message in words(answer)) == (200, True)
    assert (Batch.objects.count(), Refusal.objects.count()) == (0, 0)


def test_more_than_can_be_read_at_once_is_turned_away_with_what_to_do(client, people):
    client.force_login(people.sofie)
    answer = upload(client, xlsx(row()), *[file(FIRST, f"{number}.pdf") for number in range(100)])
    assert answer.status_code == 400
    assert "mere end 100 filer på én gang. Gå tilbage, og vælg færre ad gangen" in words(answer)
    answer = client.post(REGISTER, {"key": str(uuid.uuid4()), **{f"drop{number}": "x" for number in range(1000)}})
    assert "mere end 1000 felter på én gang. Gå tilbage, og tag færre ad gangen" in words(answer)
    assert not Batch.objects.exists()


def test_markup_and_formulas_in_a_sheet_are_text_on_the_page(client, people):
    client.force_login(people.sofie)
    page = upload(client, xlsx(row(text="<script>alert(1)</script>"), row(amount="<b>1</b>"), row(text='@SUM("A1")'), headings=None), file(FIRST, "a.pdf"))
    assert "<script>alert" not in page.content.decode()
    assert "&lt;b&gt;1&lt;/b&gt;" in page.content.decode()


def test_templates_and_the_sheet_itself_are_handed_out_and_noted(client, people, voucher):
    batch = batch_of(people, voucher, row())
    client.force_login(people.sofie)
    for kind, start in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        answer = client.get(f"{BATCHES}template.{kind}")
        assert answer.content.startswith(start)
        assert answer["Content-Disposition"] == f'attachment; filename="flerudbetaling.{kind}"'
    assert client.get(f"{BATCHES}template.exe").status_code == 404
    fetched = client.get(f"{BATCHES}{batch.pk}/fetch/")
    assert (b"".join(fetched.streaming_content), fetched["Content-Disposition"]) == (bytes(batch.content), 'attachment; filename="april.xlsx"')
    assert [event.about for event in Event.objects.order_by("id")][-3:] == [
        "Skabelon flerudbetaling.xlsx", "Skabelon flerudbetaling.csv", f"Flerudbetaling nr. {batch.pk}: arket",
    ]  # fmt: skip


def test_the_batches_are_listed_with_what_waits_and_taken_out(client, people, voucher):
    batch = batch_of(people, voucher, row(amount=10), row(AELDRE, 20))
    client.force_login(people.anders)
    assert f"Flerudbetaling nr. {batch.pk}" in words(client.get(BATCHES))
    lines = b"".join(client.get(f"{BATCHES}export.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "Flerudbetaling;Registreret;Registreret af;Udbetalinger;Sum, kr.;Venter"
    assert lines[1].endswith(";Sofie Lund;2;30,00;2")
    assert "2 30,00 2" in words(client.get(f"{BATCHES}?q=Rate"))
    assert f"Flerudbetaling nr. {batch.pk}" not in words(client.get(f"{BATCHES}?q=findes+ikke"))
    page = client.get(f"{BATCHES}{batch.pk}/change/")
    assert "Sæt kryds, og godkend" in words(page)
    assert f"{BATCHES}{batch.pk}/ticking/" in page.content.decode()
    client.force_login(people.sofie)
    assert "Kan godkendes af Anders" in words(client.get(f"{BATCHES}{batch.pk}/change/"))


def ticked(client, path: str, *pending: Transfer, decision: str = "approve", **changes):
    key = re.search(r'name="key" value="([^"]*)"', client.get(path).content.decode())
    return client.post(path, {"key": key[1] if key else str(uuid.uuid4()), "tick": [row.pk for row in pending], "decision": decision, **changes}, follow=True)


def test_only_what_is_ticked_is_approved_and_its_sum_is_said_first(client, people, voucher):
    batch = batch_of(people, voucher, row(amount=10), row(AELDRE, 20), row(KORS, 30))
    first, second, third = (each.transfer for each in batch.rows.select_related("transfer"))
    path = f"{BATCHES}{batch.pk}/ticking/"
    client.force_login(people.anders)
    page = client.get(path)
    assert "3 udbetalinger venter." in words(page)
    assert "0 valgt, i alt 0,00 kr." in words(page)
    assert " checked" not in page.content.decode()
    assert "Sæt kryds ved de udbetalinger, du vil godkende." in words(ticked(client, path))
    counted = ticked(client, path, first, third, decision="count")
    assert "2 valgt, i alt 40,00 kr." in words(counted)
    assert counted.content.decode().count(" checked") == 2
    assert Transfer.objects.waiting().count() == 3
    assert "2 udbetalinger på i alt 40,00 kr. er godkendt." in words(ticked(client, path, first, third))
    assert list(Transfer.objects.waiting()) == [second]
    for nonsense in ([10**30], ["x"], [voucher.pk[:5]], [second.pk, 999]):
        answer = client.post(path, {"key": str(uuid.uuid4()), "tick": nonsense, "decision": "approve"})
        assert "Listen er ændret" in words(answer)
    assert list(Transfer.objects.waiting()) == [second]


def test_what_gets_another_day_while_it_is_looked_at_is_looked_at_again(client, people, voucher):
    pending = batch_of(people, voucher, row()).rows.get().transfer
    client.force_login(people.anders)
    assert f'name="day-{pending.pk}" value="2023-04-03"' in client.get(TICKING).content.decode()
    for number in range(1, 5):
        decisions.close_period(people.karen, f"2023-0{number}", reason="Følges op i næste måned")
    sent = {"key": str(uuid.uuid4()), "decision": "approve", "tick": pending.pk, f"day-{pending.pk}": "2023-04-03"}
    page = client.post(TICKING, sent)
    assert "Listen er ændret" in words(page)
    assert "01.05.2023" in words(page)
    client.post(TICKING, {**sent, f"day-{pending.pk}": "2023-05-01"})
    assert Transfer.objects.get(pending=pending).value_date == date(2023, 5, 1)


def test_a_refusal_stands_at_its_row_and_nothing_is_approved(client, people, voucher):
    batch = batch_of(people, voucher, row(amount=10), row(AELDRE, 20))
    first, second = (each.transfer for each in batch.rows.select_related("transfer"))
    registering.payments.withdraw(people.sofie, first, key=uuid.uuid4())
    client.force_login(people.anders)
    page = ticked(client, TICKING, first, second)
    assert f"Intet er godkendt. Nr. {first.pk}" in words(page)
    assert "1 valgt, i alt 20,00 kr." in words(page), "what was ticked stays ticked"
    assert list(Transfer.objects.waiting()) == [second]


def test_whoever_may_not_approve_reads_why_at_each_row_and_cannot_send_it(client, people, appoint, voucher):
    batch = batch_of(people, voucher, row(amount=10))
    both = appoint(people.sofie, "Godkender")
    client.force_login(both)
    page = client.get(TICKING)
    assert "1 udbetaling venter. 0 af dem kan du godkende." in words(page)
    assert "Du har selv registreret den. En anden skal godkende den." in words(page)
    assert 'name="tick"' not in page.content.decode()
    assert "Den, der har registreret, kan ikke selv godkende" in words(ticked(client, TICKING, batch.rows.get().transfer))
    client.force_login(people.karen)
    assert client.get(TICKING).status_code == 403
    assert client.post(TICKING, {"decision": "approve"}).status_code == 403
    assert Transfer.objects.waiting().count() == 1


def test_approving_asks_for_the_second_step_again_and_carries_every_tick(client, people, voucher):
    hanne = somebody("hanne", "Godkender")
    telephone = Telephone(hanne)
    batch = batch_of(people, voucher, row(amount=10), row(AELDRE, 20))
    enter(client, hanne, telephone)
    set_back(client, 301, "factor")
    sent = {"key": str(uuid.uuid4()), "tick": [str(each.transfer_id) for each in batch.rows.all()], "decision": "approve"}
    asked = client.post(TICKING, sent)
    assert "Bekræft, at det er dig" in words(asked)
    assert re.findall(r'<textarea name="tick" hidden>\n(\d+)</textarea>', asked.text) == sent["tick"]
    assert Transfer.objects.waiting().count() == 2
    client.post(TICKING, {**sent, "factor-asked": "1", "factor-code": telephone.code()})
    assert Transfer.objects.waiting().count() == 0


def test_many_rows_cost_no_more_queries_than_a_few(client, people, voucher, django_assert_max_num_queries):
    batch = batch_of(people, voucher, *(row((AELDRE, KORS)[number % 2], 1 + number) for number in range(60)))
    client.force_login(people.anders)
    for path in (TICKING, f"{BATCHES}{batch.pk}/ticking/", f"{BATCHES}{batch.pk}/change/", BATCHES):
        with django_assert_max_num_queries(20):
            assert client.get(path).status_code == 200
    client.force_login(people.sofie)
    with django_assert_max_num_queries(20):
        client.get(REGISTER)
    assert bulk.MOST_FILES < 100, "the framework turns more files away unread"


def test_a_sheet_is_uploaded_corrected_and_registered_in_the_browser(people, visit, tmp_path):
    wrong, right, invoice = tmp_path / "forkert.xlsx", tmp_path / "april.xlsx", tmp_path / "faktura.pdf"
    wrong.write_bytes(xlsx(row(amount="1,234.50"), row("aeldre", 20, day="31.04.2023"), row(KORS, 3_800_000.01)))
    right.write_bytes(xlsx(row(amount=1234.5, text="2. rate til Lift"), row(AELDRE, 20), row(KORS, 30, case="2023-1102"), row(KORS, 30)))
    invoice.write_bytes(FIRST)
    sofie = visit("sofie")
    sofie.go(REGISTER)
    sofie.page.get_by_label("Ark med udbetalinger").set_input_files(wrong)
    sofie.page.get_by_label("Bilag", exact=True).set_input_files(invoice)
    sofie.click("Se, hvad arket giver", role="button")
    assert "4 felter skal rettes" in sofie.text()
    narrow(sofie)
    sofie.page.get_by_label("Ark med udbetalinger").set_input_files(right)
    sofie.click("Se, hvad arket giver", role="button")
    assert "4 udbetalinger på i alt 1.314,50 kr. kan registreres" in sofie.text()
    wide(sofie)
    sofie.click("Registrer alle 4 udbetalinger (1.314,50 kr.)", role="button")
    assert "4 af 4 udbetalinger venter på godkendelse" in sofie.text()
    narrow(sofie)


def test_ticking_counts_and_adds_up_as_one_ticks(people, visit, voucher):
    batch_of(people, voucher, row(amount=1234.5), row(AELDRE, 20), row(KORS, 30, text="Rate"))
    anders = visit("anders")
    anders.go("/admin/initiatives/payment/waiting/")
    anders.click("Godkend flere udbetalinger på én gang")
    assert "0 valgt, i alt 0,00 kr." in anders.text()
    for name in ("Mary Fonden", "Røde Kors"):
        anders.page.get_by_label(re.compile(f"Godkend nr. .* {name}")).press("Space")
    assert "2 valgt, i alt 1.264,50 kr." in anders.text()
    narrow(anders)
    anders.page.get_by_role("button", name="Godkend de valgte").press("Enter")
    anders.look()
    assert "2 udbetalinger på i alt 1.264,50 kr. er godkendt." in anders.page.locator(".messagelist").inner_text().replace("\u00a0", " ")
    assert Transfer.objects.waiting().count() == 1


def narrow(visitor) -> None:
    """The same page on a telephone."""
    visitor.size = "phone"
    visitor.page.set_viewport_size(SIZES["phone"])
    visitor.look()


def wide(visitor) -> None:
    visitor.size = "desk"
    visitor.page.set_viewport_size(SIZES["desk"])
    visitor.look()
