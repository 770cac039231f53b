"""The one page of a grant: what it tells first, what stops a payment, and that it costs the same however much there is."""

import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from djmoney.money import Money

from initiatives import accounts, claims, deadlines, movements, payments, vouchers
from initiatives.models import Earmark
from initiatives.receiving import details
from ledger.kinds import Cause
from tests import documents, granting, receiving
from tests.test_admin_front import words

LISTED = "/admin/initiatives/voucher/"


def page_of(earmark: Earmark) -> str:
    return f"/admin/initiatives/earmark/{earmark.pk}/change/"


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return client


def register(people, earmark, voucher, amount, text="1. rate"):
    return payments.register_disbursement(
        people.sofie, earmark, amount=Money(amount, "DKK"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4(), text=text
    )


def live(people, lift, times: int) -> None:
    """So many of everything that can happen to a grant."""
    for number in range(times):
        paper = vouchers.keep(people.sofie, documents.pdf(f"Bilag {uuid.uuid4()}"), f"bilag {number}.pdf")
        payments.approve(people.anders, register(people, lift, paper, "1000", f"Rate {number}"), key=uuid.uuid4())
        register(people, lift, paper, "500", f"Venter {number}")
        actor = movements.open_local_actor(people.sofie, lift, name=f"Hus {uuid.uuid4()}", municipality_code="492")
        movements.regrant(people.sofie, actor, amount=Money("10", "DKK"), value_date=date(2023, 5, 1), key=uuid.uuid4())
        accounts.receive(
            people.sofie, lift, actor=actor, starts=date(2023, 5, 1), ends=date(2023, 12, 31), used=Money("5", "DKK"), received_on=date(2024, 2, 1),
            voucher=paper, auditors_statement=paper, performance_audit=paper, key=uuid.uuid4(),
        )  # fmt: skip
        claims.expect(
            people.sofie, lift, amount=Money("5", "DKK"), cause=Cause.UNSPENT, due=date(2023, 7, 1), raised_on=date(2023, 6, 1), text="Rest", key=uuid.uuid4()
        )


def test_everything_of_a_grant_is_told_in_few_questions_however_much_there_is(sofie, people, lift):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert sofie.get(page_of(lift)).status_code == 200
        return len(captured)

    live(people, lift, 1)
    queries()  # what is asked once
    before = queries()
    live(people, lift, 6)
    assert queries() == before <= 20


def test_the_rest_stands_first_and_every_section_after_it(sofie, people, lift, voucher):
    payments.approve(people.anders, register(people, lift, voucher, "500000"), key=uuid.uuid4())
    pending = register(people, lift, voucher, "300000.50", "2. rate")
    said = words(sofie.get(page_of(lift)))
    told = [
        "Rest at udbetale 2.999.999,50 kr.", "Udbetalt 500.000,00 kr.", "Reserveret 300.000,50 kr.", "Det næste", "Rateplan",
        f"Udbetaling nr. {pending.pk} 2. rate 03.04.2023", "Venter på godkendelse", "Udbetaling nr.", "Bogført", "Frister og rapporter", "Regnskaber",
        "Krav om tilbagebetaling", "Lokale aktører", "Kan godkende udbetalinger", "Anders Holm", "Tilskudsmodtagerens brugere Maria", "Udbetales til Bankkonto",
        "Accepteret", "Direkte tilskud", "Dokumenter", "faktura.pdf Udbetaling", "Konti", "Afslutning",
    ]  # fmt: skip
    at = 0
    for part in told:
        assert part in said[at:], part
        at = said.index(part, at)


def test_whoever_must_have_partners_says_where_they_are_told(sofie, people, lift):
    guides = Earmark.objects.get(slug="faellesskabsguides-roede-kors")
    report = guides.deadlines.get(what="status_report", year=2023)
    page = sofie.get(page_of(guides)).text
    assert (
        f'<a href="/admin/initiatives/deadline/{report.pk}/change/">Statusrapport for 2023</a>' in page.partition('id="partnere"')[2].partition("</section>")[0]
    )
    assert 'id="partnere"' not in sofie.get(page_of(lift)).text


def test_each_movement_stands_once_as_it_ended(sofie, people, lift, voucher):
    paid = payments.approve(people.anders, register(people, lift, voucher, "100"), key=uuid.uuid4())
    void = payments.reject(people.anders, register(people, lift, voucher, "200"), reason="Forkert", key=uuid.uuid4())
    waits = register(people, lift, voucher, "300")
    undone = payments.approve(people.anders, register(people, lift, voucher, "400"), key=uuid.uuid4())
    reversal = payments.reverse(people.sofie, undone, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    back = payments.approve(people.anders, reversal, key=uuid.uuid4())
    stands = {entry.transfer.pk: entry.state for entry in sofie.get(page_of(lift)).context["entries"]}
    expected = {paid.pk: "Bogført", void.pk: "Annulleret", waits.pk: "Venter på godkendelse", undone.pk: "Tilbageført", back.pk: "Bogført"}
    assert expected.items() <= stands.items()
    assert not stands.keys() & {paid.pending_id, undone.pending_id, reversal.pk}


def test_what_stops_a_payment_and_who_can_make_it_is_said_where_one_would(client, people, lift):
    def said(person) -> str:
        client.force_login(person)
        return words(client.get(page_of(lift)))

    pays = f"/admin/initiatives/payment/register/?earmark={lift.slug}"
    client.force_login(people.sofie)
    assert pays in client.get(page_of(lift)).text
    client.force_login(people.anders)
    assert pays not in client.get(page_of(lift)).text
    assert "Udbetalinger registreres af Sofie Lund eller Søren Østergård." in said(people.anders)
    closes = client.get(page_of(lift)).context["original"].window_closes
    assert (f"Betalingsvinduet sluttede {closes:%d.%m.%Y}" in said(people.sofie)) == (timezone.localdate() > closes)
    deadlines.reject(people.søren, lift.deadlines.get(what="terms").receipts.get(), reason="Ikke underskrevet")
    assert "Tilskudsmodtageren havde ikke accepteret vilkårene." in said(people.sofie)
    details.propose(
        people.nina,
        lift.grantee,
        method=details.Method.ACCOUNT,
        registration_number="1234",
        account_number="12345678",
        effective_from=timezone.localdate(),
        reason="Ny bank",
        voucher=vouchers.keep(people.nina, documents.pdf("Bank"), "bank.pdf"),
        key=uuid.uuid4(),
    )
    assert "et forslag fra Nina" in said(people.sofie)
    assert "venter på at blive kontrolleret" in said(people.sofie)


def test_a_grant_that_nobody_has_approved_yet_says_so_and_pays_nothing(sofie, people):
    proposed = granting.describe()
    answer = sofie.get(page_of(proposed))
    assert "Bevillingen er ikke godkendt endnu." in words(answer)
    assert "payment/register/?earmark=" not in answer.text
    assert sofie.get("/admin/initiatives/earmark/999999999999999999999/change/").status_code == 404


def test_a_grantee_without_approved_payment_details_says_so_where_one_would_pay(sofie, people):
    fond = receiving.new_grantee(people)
    earmark = granting.describe("nyt-haab", fond)
    hindrance = "Fonden Nyt Håb har ingen godkendte betalingsoplysninger, der gælder i dag."
    assert hindrance in words(sofie.get(page_of(earmark)))
    assert f'<a href="/admin/initiatives/grantee/{fond.pk}/change/">Fonden Nyt Håb</a> har ingen' in sofie.get(page_of(earmark)).text
    waits = receiving.verify(people, receiving.propose(people, fond))
    assert hindrance in words(sofie.get(page_of(earmark))), "what waits is not in force"
    receiving.approve(people, waits)
    assert hindrance not in words(sofie.get(page_of(earmark)))


def test_the_documents_of_a_grant_are_its_own_and_all_of_them_are_in_the_register(sofie, people, lift, voucher):
    register(people, lift, voucher, "100")
    other = Earmark.objects.with_accounts().get(grantee__name="Ældre Sagen")
    elsewhere = vouchers.keep(people.sofie, documents.pdf("Andet"), "andet.pdf")
    register(people, other, elsewhere, "100")
    shown = {document.name for document in sofie.get(page_of(lift)).context["documents"]}
    assert "faktura.pdf" in shown
    assert "andet.pdf" not in shown
    answer = sofie.get(LISTED, {"tilskud": lift.pk})
    assert "faktura.pdf" in words(answer)
    assert "andet.pdf" not in words(answer)
    assert sofie.get(LISTED, {"tilskud": "x"}).status_code in (200, 302)


def test_the_page_of_a_grant_and_the_search_can_be_used_at_a_desk_and_with_a_phone(visit, people, lift, voucher):
    live(people, lift, 2)
    sofie = visit("sofie")
    sofie.go(page_of(lift))
    sofie.page.set_viewport_size({"width": 390, "height": 844})
    sofie.go(page_of(lift))
    sofie.page.get_by_label("Find i hele systemet").fill("rate 1.000")
    sofie.page.keyboard.press("Enter")
    sofie.page.wait_for_url("**/find/**")
    sofie.look()
    assert "Udbetaling nr." in sofie.text()
    sofie.page.set_viewport_size({"width": 1280, "height": 900})
    sofie.go("/admin/find/?q=findes+ikke")
    assert "Der er ikke fundet noget." in sofie.text()
