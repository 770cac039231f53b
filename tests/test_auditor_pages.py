"""The auditor reads all the books, takes files away that prove themselves, and changes nothing."""

import hashlib
import re
import uuid
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from ensomhed import roles
from initiatives import decisions, demo, movements, payments, vouchers
from initiatives.models import Earmark, Voucher
from initiatives.views.pages import ROWS
from ledger import exports
from ledger.formats import number
from ledger.models import Account, Transfer
from tests import documents

DAY = date(2023, 4, 3)
PAGES = ("/revision/", "/revision/posteringer/", "/revision/konti/", "/revision/konti/earmark:lift-mary-fonden/", "/revision/hent/posteringsliste/")


def words(answer):
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL).group()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def numbers(answer):
    """The transfers that a page of the journal lists, in its order."""
    return [int(found) for found in re.findall(r'<td class="number"><a href="/revision/posteringer/(\d+)/">', answer.text)]


def body(answer):
    return b"".join(answer.streaming_content)


@pytest.fixture
def rikke(client, people):
    client.force_login(people.rikke)
    return client


@pytest.fixture
def pay(people, lift, voucher):
    def paid(amount="500000", text="1. rate", approved=True, earmark=lift, day=DAY):
        pending = payments.register_disbursement(
            people.sofie, earmark, amount=Money(amount, "DKK"), value_date=day, voucher=voucher, key=uuid.uuid4(), case_number="2023-7", text=text
        )
        return payments.approve(people.anders, pending, key=uuid.uuid4()) if approved else pending

    return paid


def test_each_frame_is_told_by_itself_and_frames_are_never_added(rikke, people):
    demo.play_story(people.by_name)
    said = words(rikke.get("/revision/"))
    totals = re.findall(r"I alt i rammen ([\d.,]+) ([\d.,]+) ([\d.,]+) ([\d.,]+)", said)
    assert totals == [("20.800.000,00", "12.865.000,00", "2.125.000,00", "5.810.000,00"), ("1.500.000,00", "775.000,00", "0,00", "725.000,00")]
    assert "22.300.000,00" not in said
    assert "Aftalen nævner 25.500.000,00 kr. til strategien." in said
    assert "4 registreringer venter på godkendelse." in said
    for earmark in Earmark.objects.with_accounts():
        assert number(earmark.account.left) in said


def test_the_journal_shows_every_transfer_once_the_newest_first_whoever_turns_its_pages(rikke, pay):
    for turn in range(ROWS):
        pay("1", text=f"rate {turn}")
    seen, address = [], "/revision/posteringer/"
    while address:
        page = rikke.get(address)
        seen += numbers(page)
        older = re.search(r'rel="next" href="(\?foer=\d+)#poster"', page.text)
        address = older and f"/revision/posteringer/{older.group(1)}"
    assert seen == list(Transfer.objects.order_by("-pk").values_list("pk", flat=True))
    back = re.search(r'rel="prev" href="(\?efter=\d+)#poster"', page.text).group(1)
    assert numbers(rikke.get(f"/revision/posteringer/{back}")) == seen[-len(numbers(page)) - ROWS : -len(numbers(page))]


def test_the_journal_is_narrowed_by_date_earmark_and_kind_and_stays_so_from_page_to_page(rikke, pay, people, lift):
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-roede-kors")
    here, elsewhere, later = pay(), pay(earmark=other), pay(day=date(2023, 6, 1))
    actor = movements.open_local_actor(people.sofie, lift, name="Klubben Lyspunktet", municipality_code="461")
    passed_on = movements.regrant(people.sofie, actor, amount=Money("1", "DKK"), value_date=DAY, key=uuid.uuid4())

    def found(**sought):
        return set(numbers(rikke.get("/revision/posteringer/", sought)))

    assert found(bevilling="lift-mary-fonden") >= {here.pk, later.pk, passed_on.pk}
    assert found(bevilling="lift-mary-fonden") & {elsewhere.pk} == set()
    assert found(art="regrant") == {passed_on.pk}
    assert found(fra_dag="03.04.2023", til_dag="03.04.2023", art="disbursement") == {here.pk, here.pending_id, elsewhere.pk, elsewhere.pending_id}
    assert found(fra_dag="04.04.2023") == {later.pk, later.pending_id}
    for turn in range(ROWS):
        pay("1", text=f"rate {turn}")
    page = rikke.get("/revision/posteringer/", {"bevilling": "lift-mary-fonden", "art": "disbursement"})
    assert re.search(r'href="\?bevilling=lift-mary-fonden&amp;art=disbursement&amp;foer=\d+#poster"', page.text)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ({"fra_dag": "31.02.2023"}, "Skriv en dag, der findes, som 23.11.2026."),
        ({"fra_dag": "02.01.2023", "til_dag": "01.01.2023"}, "Til-datoen ligger før fra-datoen."),
    ],
)
def test_dates_that_cannot_be_are_answered_beside_the_field(rikke, typed, answer):
    for address in ("/revision/posteringer/", "/revision/hent/posteringsliste/"):
        page = rikke.get(address, typed)
        assert answer in words(page)
        assert numbers(page) == []
        assert "SHA-256" not in page.text
    assert rikke.get("/revision/hent/posteringsliste.csv", typed).status_code == 404


def test_a_transfer_leads_to_what_it_settles_and_what_settled_it_and_to_its_voucher(rikke, pay, voucher):
    paid = pay()
    registered = rikke.get(f"/revision/posteringer/{paid.pending_id}/")
    approved = rikke.get(f"/revision/posteringer/{paid.pk}/")
    assert f"Afgjort af nr. {paid.pk}" in words(registered)
    assert f"Afgør nr. {paid.pending_id}" in words(approved)
    assert "registreret og godkendt" in words(registered)
    for page in (registered, approved):
        assert f'href="/bilag/{voucher.sha256}/">faktura.pdf</a>' in page.text
    for kept in (str(paid.key), paid.digest, paid.case_number, "Anders Holm (anders)", f"post {paid.debit_entry_no}, saldo efter 3.300.000,00 kr."):
        assert kept in words(approved)
    assert rikke.get("/revision/posteringer/999999999999/").status_code == 404


def test_every_account_has_its_statement_even_a_local_actors(rikke, people, lift, pay):
    pay()
    actor = movements.open_local_actor(people.sofie, lift, name="Ungefællesskabet Ærø", municipality_code="492")
    movements.regrant(people.sofie, actor, amount=Money("100", "DKK"), value_date=DAY, key=uuid.uuid4(), text="=1+1")
    listed = set(map(unescape, re.findall(r'<th scope="row"><a href="/revision/konti/([^"]+)/">', rikke.get("/revision/konti/").text)))
    assert listed == set(Account.objects.values_list("code", flat=True))
    assert "local:lift-mary-fonden/ungefaellesskabet-aeroe" in listed
    for code in listed:
        assert rikke.get(f"/revision/konti/{code}/").status_code == 200
        assert rikke.get(f"/revision/hent/kontokort/{code}/").status_code == 200
        assert rikke.get(f"/revision/hent/kontokort/{code}.csv")["Content-Type"] == "text/csv; charset=utf-8"
    assert rikke.get("/revision/konti/earmark:findes-ikke/").status_code == 404


def test_a_statement_runs_and_puts_what_is_only_reserved_in_brackets(rikke, pay):
    pay()
    pay("7", approved=False)
    assert "Saldo efter sidste post 3.300.000,00 kr." in words(rikke.get("/revision/hent/kontokort/earmark:lift-mary-fonden/"))
    rows = re.findall(r"<tr class=\"\w+\">.*?</tr>", rikke.get("/revision/konti/earmark:lift-mary-fonden/").text, re.DOTALL)
    said = [re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", row))).strip() for row in rows]
    assert [re.sub(r"nr\. \d+", "nr.", line) for line in said[:3]] == [
        "5 03.04.2023 Udbetaling venter på godkendelse Mary Fonden grantee:lift-mary-fonden (7,00) 3.300.000,00 1. rate 2023-7",
        "4 03.04.2023 Udbetaling godkendt, afgør nr. Mary Fonden grantee:lift-mary-fonden 500.000,00 3.300.000,00 1. rate 2023-7",
        "3 03.04.2023 Udbetaling registreret, godkendt ved nr. Mary Fonden grantee:lift-mary-fonden (500.000,00) 3.800.000,00 1. rate 2023-7",
    ]


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("/revision/hent/posteringsliste/", "posteringsliste"),
        ("/revision/hent/posteringsliste/?fra_dag=01.01.2023&til_dag=30.04.2023", "posteringsliste"),
        ("/revision/hent/kontokort/earmark:lift-mary-fonden/", "kontokort-earmark-lift-mary-fonden"),
    ],
)
def test_the_file_is_the_one_that_its_page_describes_whatever_is_booked_meanwhile(rikke, pay, page, name):
    pay()
    offered = rikke.get(page)
    digest = re.search(r"<code>([0-9a-f]{64})</code>", offered.text).group(1)
    address = unescape(re.search(r'<a class="button" href="([^"]+)"', offered.text).group(1))
    pay("1", text="bogført imens")

    answer = rikke.get(address)
    assert answer.streaming
    assert re.fullmatch(rf'attachment; filename="{name}[\w-]*-nr-\d+\.csv"', answer["Content-Disposition"])
    content = body(answer)
    assert hashlib.sha256(content).hexdigest() == digest
    assert content.startswith(b"\xef\xbb\xbf")
    rows = content.count(b"\r\n") - 1
    assert f"Antal posteringer {rows} " in words(offered)
    assert f"{len(content):,} byte".replace(",", ".") in words(offered)
    assert hashlib.sha256(body(rikke.get(address.split("til=")[0]))).hexdigest() != digest, "unpinned, it holds what was booked since"


def test_while_a_posting_is_under_way_there_is_no_file_that_could_miss_it(committed, client, people, monkeypatch):
    monkeypatch.setattr(exports, "PATIENCE_SECONDS", 0.05)
    client.force_login(people.rikke)
    with committed.connect() as booking:
        booking.execute("SELECT pg_advisory_xact_lock_shared(7302300)")
        for address in (
            "/revision/hent/posteringsliste/",
            "/revision/hent/posteringsliste.csv",
            "/revision/hent/kontokort/treasury/",
            "/revision/hent/kontokort/treasury.csv",
        ):
            answer = client.get(address)
            assert answer.status_code == 503
            assert "Vent et øjeblik" in answer.text
    assert client.get("/revision/hent/posteringsliste/").status_code == 200


def test_totals_beside_the_file_are_what_moved_and_no_reservation(rikke, pay):
    before = exports.journal().measure()
    pay("1000")
    pay("7", approved=False)
    said = words(rikke.get("/revision/hent/posteringsliste/"))
    assert f"Antal posteringer {before.count + 3}" in said
    assert f"Debet i alt {number(before.debit + 1000)} kr. Kredit i alt {number(before.debit + 1000)} kr." in said


@pytest.mark.parametrize(
    "address", ["/revision/hent/posteringsliste.csv?til=x", "/revision/hent/kontokort/treasury.csv?til=-1", "/revision/posteringer/?foer=x"]
)
def test_a_number_that_is_none_is_not_found(rikke, address):
    assert rikke.get(address).status_code == 404


def test_a_voucher_comes_as_it_was_kept_and_is_never_shown_in_the_browser(client, people):
    sent = documents.eml("<script>alert(1)</script>")
    kept = vouchers.keep(people.sofie, sent, 'faktura "1"\r\nX-Injected: 1.html')
    for reader in (people.rikke, people.sofie, people.karen):
        client.force_login(reader)
        answer = client.get(f"/bilag/{kept.sha256}/")
        assert body(answer) == sent
        assert answer["Content-Type"] == "message/rfc822"
        assert answer["Content-Disposition"].startswith("attachment; filename")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "X-Injected" not in answer
    for outsider, status in ((people.maria, 403), (people.adam, 403)):
        client.force_login(outsider)
        assert client.get(f"/bilag/{kept.sha256}/").status_code == status
        assert client.get(f"/bilag/{'0' * 64}/").status_code == status


def test_a_voucher_that_somebody_changed_behind_our_back_is_not_served(committed, client, people):
    kept = vouchers.keep(people.sofie, documents.pdf("250.000,00 kr."), "faktura.pdf")
    with committed.connect(roles.OWNER) as owner:
        owner.execute("ALTER TABLE initiatives_voucher DISABLE TRIGGER USER, DROP CONSTRAINT voucher_digest_is_its_contents")
        owner.execute("UPDATE initiatives_voucher SET content = %s WHERE sha256 = %s", [documents.pdf("950.000,00 kr."), kept.sha256])
    client.force_login(people.rikke)
    answer = client.get(f"/bilag/{kept.sha256}/")
    assert answer.status_code == 500
    assert "Bilaget er ændret, siden det blev gemt" in answer.text
    assert "950.000" not in answer.text


def test_no_page_costs_more_when_there_are_more_rows(rikke, people, lift, pay, voucher):
    pay()
    pay(approved=False)

    def cost():
        costs = {}
        for address in (*PAGES, f"/revision/posteringer/?bevilling={lift.slug}", "/tilskud/", f"/bilag/{voucher.sha256}/"):
            with CaptureQueriesContext(connection) as asked:
                answer = rikke.get(address)
                assert answer.status_code == 200
            costs[address] = len(asked)
        return costs

    cost()  # the session's first request keeps the session
    before = cost()
    for turn in range(12):
        reversed_later = pay("10", text=f"rate {turn}")
        payments.reverse(people.sofie, reversed_later, cause="never_sent", value_date=DAY, key=uuid.uuid4())
        actor = movements.open_local_actor(people.sofie, lift, name=f"Aktør {turn}", municipality_code="461")
        movements.regrant(people.sofie, actor, amount=Money("1", "DKK"), value_date=DAY, key=uuid.uuid4())
    decisions.reallocate(
        people.mette,
        lift,
        Earmark.objects.with_accounts().get(slug="landsindsats-sbst"),
        amount=Money("1", "DKK"),
        value_date=DAY,
        voucher=voucher,
        key=uuid.uuid4(),
    )
    assert cost() == before
    assert max(before.values()) < 20


def test_nothing_here_writes(rikke, people, voucher):
    before = Transfer.objects.count(), Voucher.objects.count()
    for address in (*PAGES, "/revision/hent/posteringsliste.csv", f"/bilag/{voucher.sha256}/", "/tilskud/"):
        for method in (rikke.post, rikke.put, rikke.patch, rikke.delete):
            assert method(address).status_code == 405, address
    assert (Transfer.objects.count(), Voucher.objects.count()) == before


def test_the_auditors_way_to_the_file_in_a_real_browser(committed, people, pay, visit):
    pay()
    pay("7", text="Meget" * 90, approved=False)
    rikke = visit("rikke")
    assert rikke.page.url.endswith("/revision/")
    rikke.click("Posteringsliste")
    rikke.page.get_by_label("Art").select_option("disbursement")
    rikke.click("Vis", role="button")
    assert "MegetMeget" in rikke.text()
    rikke.click("Konti")
    rikke.click("Fællesskaber og støtte til unge, der oplever ensomhed")
    rikke.click("Hent kontokortet som fil")
    digest = rikke.page.locator("code").inner_text()
    with rikke.page.expect_download() as download:
        rikke.page.get_by_role("link", name="Hent filen").click()
    assert hashlib.sha256(download.value.path().read_bytes()).hexdigest() == digest
    rikke.page.set_viewport_size({"width": 320, "height": 640})
    for address in ("/revision/", "/revision/posteringer/", "/revision/hent/posteringsliste/"):
        rikke.go(address)
