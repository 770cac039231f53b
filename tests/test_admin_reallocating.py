"""Management moves money between earmarks of one frame: the parties' decision, a second person, both earmarks before and after."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from initiatives import payments
from initiatives.models import Earmark
from ledger.models import Account, Transfer
from tests import documents
from tests.steps import said
from tests.test_plans import kr, made

PAGE = "/admin/initiatives/payment/reallocate/"
FROM = f"{PAGE}?fra=lift-mary-fonden"


@pytest.fixture
def mette(client, people):
    client.force_login(people.mette)
    return people.mette


@pytest.fixture
def other(lift) -> Earmark:
    return Earmark.objects.with_accounts().get(slug="faellesskabsguides-aeldre-sagen")


def document() -> SimpleUploadedFile:
    return SimpleUploadedFile("beslutning.pdf", documents.pdf("Partiernes beslutning"))


def typed(to: Earmark, **changes) -> dict:
    return {"key": str(uuid.uuid4()), "target": str(to.pk), "amount": "40.000", "value_date": "01.06.2023", "text": "", "voucher": document(), **changes}


def test_a_reallocation_waits_for_a_second_person_who_sees_both_earmarks_before_and_after(client, people, mette, lift, other):
    answer = client.post(FROM, typed(other))
    proposed = Transfer.objects.latest("pk")
    assert answer["Location"] == f"/admin/initiatives/payment/{proposed.pk}/settle/"
    assert (proposed.step, proposed.kind, proposed.credit_account, proposed.amount) == ("pending", "reallocation", other.account, kr(40000))
    client.force_login(people.lars)
    page = said(client.get(answer["Location"]))
    for words in (
        "Fra Mary Fonden",
        "Øremærket nu 3.800.000,00 kr. Øremærket efter 3.760.000,00 kr.",
        "Rest at udbetale nu 3.800.000,00 kr. Rest efter 3.760.000,00 kr.",
        "Til Ældre Sagen",
        "Øremærket nu 3.800.000,00 kr. Øremærket efter 3.840.000,00 kr.",
    ):
        assert words in page
    payments.approve(people.lars, proposed, key=uuid.uuid4())
    assert (Account.objects.get(pk=lift.account_id).balance, Account.objects.get(pk=other.account_id).balance) == (kr(3760000), kr(3840000))


def test_only_earmarks_of_the_same_frame_are_offered_and_no_other_is_taken(client, mette, lift, other):
    offered = client.get(FROM).context["form"].fields["target"].queryset
    assert {earmark.initiative.frame_id for earmark in offered} == {lift.initiative.frame_id}
    assert lift not in offered
    secretariat = Earmark.objects.get(slug="sekretariat-sbst")
    for wrong in (secretariat, lift):
        assert "Vælg en anden øremærkning i samme ramme." in client.post(FROM, typed(wrong)).context["form"].errors["target"]
    assert "Der er ingen andre øremærkninger i rammen" in said(client.get(f"{PAGE}?fra={secretariat.slug}"))
    assert not Transfer.objects.filter(kind="reallocation").exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"voucher": ""}, "voucher", "Vedlæg bilaget"),
        ({"target": ""}, "target", "Vælg den øremærkning, pengene flyttes til."),
        ({"amount": "0,005"}, "amount", "højst to decimaler"),
        ({"amount": ""}, "amount", "Angiv beløbet."),
        ({"amount": "3.300.000,01"}, "amount", "Der er 3.300.000,00\u00a0kr. tilbage"),
        ({"amount": "100.000,01"}, "amount", "højst 100.000,00\u00a0kr., eller få en sagsbehandler til at revidere rateplanen"),
        ({"value_date": "31.02.2023"}, "value_date", "Skriv en dag, der findes"),
    ],
)
def test_what_cannot_be_moved_is_said_with_the_sum_and_the_way_out(client, people, mette, lift, other, voucher, changes, field, words):
    payments.register_disbursement(people.sofie, lift, amount=kr(500000), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4())
    made(people, lift, ("01.04.2023", "500000"), ("01.04.2024", "3200000"))
    page = client.get(FROM)
    assert "Der kan højst flyttes 100.000,00 kr." in said(page)
    answer = client.post(FROM, typed(other, **changes))
    assert words in answer.context["form"].errors[field][0]
    if field == "amount" and "kr." in words:
        assert "større end det, der kan flyttes" in said(answer)
    assert Transfer.objects.filter(kind="reallocation").count() == 0


def test_the_earmark_that_gives_is_chosen_first_by_those_who_may(client, people, mette, lift):
    assert "Flyttes fra" in said(client.get(PAGE))
    assert "Vælg øremærkningen." in said(client.get(f"{PAGE}?fra="))
    assert "Vælg en øremærkning på listen." in said(client.get(f"{PAGE}?fra=findes-ikke"))
    client.force_login(people.sofie)
    assert client.get(FROM).status_code == 403
    assert client.post(FROM, {}).status_code == 403


def test_both_sides_follow_what_is_typed_at_a_desk_and_on_a_phone(visit, people, other):
    mette = visit("mette")
    mette.go(FROM)
    mette.page.get_by_label("Flyttes til", exact=True).select_option(label=str(other))
    mette.page.get_by_label("Beløb i kr.").fill("40.000,50")
    assert "Øremærket efter\n3.759.999,50" in mette.text().replace(" kr.", "")
    assert "Øremærket efter\n3.840.000,50" in mette.text().replace(" kr.", "")
    mette.page.get_by_label("Beløb i kr.").fill("4.000.000")
    assert "Beløbet er 200.000,00 kr. større" in mette.text()
    mette.page.get_by_role("button", name="Foreslå omdisponeringen").click()
    mette.look()
    mette.page.set_viewport_size({"width": 390, "height": 844})
    mette.look()
