"""The pages about deadlines: what is missing, what came in, and the stop that is told before anybody types."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from djmoney.money import Money

from initiatives import deadlines, payments
from initiatives.control import proposals
from initiatives.models import Deadline, Earmark, Proposal, Receipt
from tests import documents
from tests.granting import GRANTED, grant

LIST = "/admin/initiatives/deadline/"
REGISTER = "/admin/initiatives/payment/register/"
ACCEPTED = date(2023, 3, 10)


@pytest.fixture
def fresh(people) -> Earmark:
    """Granted on 1 March 2023; nothing has come in."""
    return grant(people.by_name)


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return client


def words(answer) -> str:
    text = re.sub(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("&nbsp;", " "))


def of(earmark: Earmark, what: str, year: int | None = None) -> Deadline:
    return Deadline.objects.get(earmark=earmark, what=what, year=year)


def document(text: str = "Accept") -> SimpleUploadedFile:
    return SimpleUploadedFile("accept.pdf", documents.pdf(text))


def filled_in(**typed) -> dict:
    return {"key": str(uuid.uuid4()), "voucher": document(), **typed}


def at(deadline: Deadline, page: str = "change") -> str:
    return f"{LIST}{deadline.pk}/{page}/"


def test_the_list_shows_what_is_missing_the_earliest_first_and_on_demand_the_rest(sofie, fresh, lift):
    shown = sofie.get(LIST)
    assert [deadline.earmark_id for deadline in shown.context["cl"].result_list] == [fresh.pk] * 7
    assert "Accept af vilkår, Mary Fonden Overskredet i" in words(shown)
    late = sofie.get(LIST, {"tilstand": "overskredet"}).context["cl"].result_list
    assert {deadline.due_in_force < timezone.localdate() for deadline in late} == {True}
    received = sofie.get(LIST, {"tilstand": "modtaget", "earmark__grantee__id__exact": lift.grantee_id}).context["cl"].result_list
    assert {deadline.earmark_id for deadline in received} == {lift.pk}
    assert len(sofie.get(LIST, {"tilstand": "alle", "q": "Mary"}).context["cl"].result_list) == 14
    assert sofie.get(LIST, {"tilstand": "vrøvl"}).status_code == 200


def test_a_receipt_is_recorded_with_its_document_and_only_once(sofie, fresh):
    terms, typed = of(fresh, "terms"), filled_in(received_on="10.03.2023")
    answer = sofie.post(at(terms, "receive"), typed)
    assert answer["Location"] == at(terms)
    receipt = Receipt.objects.get(deadline=terms)
    assert (receipt.received_on, receipt.recorded_by.username) == (ACCEPTED, "sofie")
    sofie.post(at(terms, "receive"), {**typed, "voucher": document()})  # a double click
    assert Receipt.objects.filter(deadline=terms).count() == 1
    assert "allerede registreret som modtaget" in words(sofie.post(at(terms, "receive"), filled_in(received_on="10.03.2023")))
    assert "Modtaget 10.03.2023" in words(sofie.get(at(terms)))


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"received_on": "28.02.2023"}, "received_on", "fra 01.03.2023 til i dag"),
        ({"received_on": "01.01.2999"}, "received_on", "til i dag"),
        ({"received_on": "31.02.2023"}, "received_on", "Skriv en dag, der findes"),
        ({"received_on": ""}, "received_on", "Angiv dagen."),
        ({"received_on": "10.03.2023", "voucher": ""}, "voucher", "Vedlæg det, der er modtaget"),
        ({"received_on": "10.03.2023", "voucher": SimpleUploadedFile("accept.pdf", b"MZ")}, "voucher", "Filen er et program"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_recorded(sofie, fresh, typed, field, said):
    answer = sofie.post(at(of(fresh, "terms"), "receive"), filled_in(**typed))
    assert said in " ".join(answer.context["form"].errors[field])
    assert not Receipt.objects.filter(deadline__earmark=fresh).exists()


def test_the_document_outlives_a_wrong_date(sofie, fresh):
    terms = of(fresh, "terms")
    wrong = sofie.post(at(terms, "receive"), filled_in(received_on="28.02.2023"))
    kept = wrong.context["form"]["kept"].value()
    sofie.post(at(terms, "receive"), {"key": str(uuid.uuid4()), "received_on": "10.03.2023", "kept": kept})
    assert Receipt.objects.get(deadline=terms).voucher.name == "accept.pdf"


def test_another_rejects_a_wrong_receipt_and_its_recorder_is_told_who_can(client, people, fresh, voucher):
    receipt = deadlines.receive(people.sofie, of(fresh, "terms"), received_on=ACCEPTED, voucher=voucher, key=uuid.uuid4())
    page = f"/admin/initiatives/receipt/{receipt.pk}/reject/"
    client.force_login(people.sofie)
    assert page not in client.get(at(receipt.deadline)).content.decode()
    assert "kan en anden sagsbehandler, en godkender eller regnskabskontrollen afvise den" in words(client.get(at(receipt.deadline)))
    assert "kan ikke selv afvise den" in words(client.post(page, {"key": str(uuid.uuid4()), "reason": "Forkert"}))
    client.force_login(people.anders)
    assert page in client.get(at(receipt.deadline)).content.decode()
    assert client.post(page, {"key": str(uuid.uuid4()), "reason": ""}).context["form"].errors["reason"]
    assert client.post(page, {"key": str(uuid.uuid4()), "reason": "Ikke underskrevet"})["Location"] == at(receipt.deadline)
    assert "»Ikke underskrevet«" in words(client.get(at(receipt.deadline)))
    assert client.post(page, {"key": str(uuid.uuid4()), "reason": "Igen"})["Location"] == at(receipt.deadline)


def test_an_extension_is_proposed_from_its_deadline_and_both_days_are_shown(client, people, sofie, fresh):
    report = of(fresh, "status_report", 2023)
    too_late = sofie.post(at(report, "extend"), filled_in(due="01.02.2025", reason="Sygdom")).context["form"].errors["due"]
    assert "dog højst til 31.01.2025" in too_late[0]
    sofie.post(at(report, "extend"), filled_in(due="15.03.2024", reason="Sygdom"))
    proposal = Proposal.objects.get(kind="extension", subject=report.subject)
    assert "Venter på ledelsen" in words(sofie.get(at(report)))
    assert "venter allerede på en afgørelse" in words(sofie.post(at(report, "extend"), filled_in(due="16.03.2024", reason="Sygdom")))
    client.force_login(people.mette)
    settle = client.get(proposal.get_absolute_url())
    assert "Forlænget frist for statusrapport for 2023 fra Mary Fonden" in words(settle)
    assert "Frist 31.01.2024 15.03.2024" in words(settle)
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert "15.03.2024 forlænget fra 31.01.2024" in words(client.get(LIST))


def test_an_override_is_proposed_decided_and_listed_for_ever(client, people, sofie, fresh):
    terms = of(fresh, "terms")
    assert "højst" in sofie.post(at(terms, "override"), filled_in(until="01.01.2999", reason="Haster")).context["form"].errors["until"][0]
    sofie.post(at(terms, "override"), filled_in(until="30.06.2023", reason="Aktiviteten begynder i maj"))
    proposal = Proposal.objects.get(kind="override", subject="stop:terms")
    client.force_login(people.mette)
    assert "Betaling til Mary Fonden, selv om der mangler accept af vilkår" in words(client.get(proposal.get_absolute_url()))
    assert "Ledelsen har ikke besluttet at betale trods et stop." in words(client.get(LIST))
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert "Aktiviteten begynder i maj 30.06.2023 Sofie Lund" in words(client.get(LIST))


@pytest.mark.parametrize("username", ["anders", "mette", "karen"])
def test_who_does_not_register_sees_the_deadline_and_who_acts_on_it(client, people, fresh, username):
    client.force_login(getattr(people, username))
    assert "En sagsbehandler registrerer, når det er modtaget." in words(client.get(at(of(fresh, "terms"))))
    for page in ("receive", "extend", "override"):
        assert client.get(at(of(fresh, "terms"), page)).status_code == 403


def test_the_stop_is_told_before_anything_is_typed_and_again_when_it_is_sent(sofie, fresh, people, voucher):
    shown = words(sofie.get(REGISTER, {"earmark": fresh.slug}))
    assert "Der kan ikke udbetales med valørdato 31.12.2025. Tilskudsmodtageren havde ikke accepteret vilkårene." in shown
    assert "Regnskab for 2024 skulle være modtaget senest 30.04.2025." in shown
    typed = filled_in(earmark=str(fresh.pk), amount="1.000", value_date="10.03.2023", case_number="", text="")
    assert "Der udbetales først, når tilskudsmodtageren har accepteret vilkårene" in words(sofie.post(REGISTER, typed))
    deadlines.receive(people.sofie, of(fresh, "terms"), received_on=ACCEPTED, voucher=voucher, key=uuid.uuid4())
    assert "settle" in sofie.post(REGISTER, {**typed, "voucher": document("Faktura")})["Location"]


def test_the_stop_is_told_before_anybody_approves(client, people, fresh, voucher):
    receipt = deadlines.receive(people.sofie, of(fresh, "terms"), received_on=ACCEPTED, voucher=voucher, key=uuid.uuid4())
    pending = payments.register_disbursement(people.sofie, fresh, amount=Money("1000", "DKK"), value_date=ACCEPTED, voucher=voucher, key=uuid.uuid4())
    client.force_login(people.anders)
    page = f"/admin/initiatives/payment/{pending.pk}/settle/"
    assert "Der kan ikke udbetales" not in words(client.get(page))
    deadlines.reject(people.søren, receipt, reason="Ikke underskrevet")
    assert "Der kan ikke udbetales med valørdato 10.03.2023. Tilskudsmodtageren havde ikke accepteret vilkårene." in words(client.get(page))


def test_nothing_is_told_of_a_stop_where_there_is_none(sofie, lift):
    assert "Der kan ikke udbetales" not in words(sofie.get(REGISTER, {"earmark": lift.slug}))


def test_the_earmarks_page_shows_its_deadlines_and_what_stops_it_today(sofie, fresh, lift):
    stopped = words(sofie.get(f"/admin/initiatives/earmark/{fresh.pk}/change/"))
    assert f"Der kan ikke udbetales med valørdato {timezone.localdate():%d.%m.%Y}" in stopped
    assert "Afsluttende regnskab for 2025 30.04.2026" in stopped
    clear = words(sofie.get(f"/admin/initiatives/earmark/{lift.pk}/change/"))
    assert "Der kan ikke udbetales" not in clear
    assert "Statusrapport for 2023 31.01.2024 Modtaget 31.01.2024" in clear


def test_the_grantee_reads_its_deadlines_and_what_the_next_payment_waits_for(client, people, fresh, lift):
    client.force_login(people.maria)
    stopped = words(client.get(f"/tilskud/{fresh.slug}/"))
    assert "Der bliver ikke udbetalt, før det her er på plads: Vi mangler jeres accept af vilkårene." in stopped
    assert "Vi mangler statusrapport for 2023. Fristen var 31.01.2024." in stopped
    clear = words(client.get(f"/tilskud/{lift.slug}/"))
    assert "Der bliver ikke udbetalt" not in clear
    assert "Statusrapport for 2023 31.01.2024 Modtaget 31.01.2024" in clear


def test_management_sees_what_is_overdue_on_the_front_page(client, people, fresh):
    client.force_login(people.mette)
    front = client.get("/admin/")
    assert front.context["late"].count == Deadline.objects.overdue(timezone.localdate()).count() > 5
    assert "Frister, der er overskredet" in words(front)
    client.force_login(people.karen)
    assert "Frister, der er overskredet" not in words(client.get("/admin/"))


def test_the_front_page_says_when_the_timer_does_not_run(client, people):
    client.force_login(people.mette)
    assert "skulle være sendt" not in words(client.get("/admin/"))
    grant(people.by_name, timezone.localdate() - timedelta(days=25))
    assert "1 påmindelse skulle være sendt og er det ikke" in words(client.get("/admin/"))
    assert "1 påmindelse skulle være sendt og er det ikke" in words(client.get(LIST))


def test_every_page_can_be_used_at_a_desk_and_with_a_phone(visit, people, voucher):
    fresh = grant(people.by_name, GRANTED)
    terms, report = of(fresh, "terms"), of(fresh, "status_report", 2023)
    receipt = deadlines.receive(people.sofie, terms, received_on=ACCEPTED, voucher=voucher, key=uuid.uuid4())
    extension = deadlines.extend(people.sofie, report, due=date(2024, 3, 15), reason="Projektlederen er syg", voucher=voucher, key=uuid.uuid4())
    override = deadlines.override(people.sofie, report, until=date(2024, 12, 31), reason="Lønnen skal betales", voucher=voucher, key=uuid.uuid4())
    proposals.approve(people.mette, override, key=uuid.uuid4())
    for size in ("desk", "phone"):
        sofie, anders, mette, maria = (visit(name, size=size) for name in ("sofie", "anders", "mette", "maria"))
        for page in (LIST, at(report), at(terms), at(report, "receive"), at(report, "extend"), at(report, "override"), f"{REGISTER}?earmark={fresh.slug}"):
            sofie.go(page)
        anders.go(f"/admin/initiatives/receipt/{receipt.pk}/reject/")
        mette.go(extension.get_absolute_url())
        mette.go(override.get_absolute_url())
        sofie.go(f"/admin/initiatives/earmark/{fresh.pk}/change/")
        maria.go(f"/tilskud/{fresh.slug}/")
