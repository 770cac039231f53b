"""Registering who may receive re-grants, one name in one municipality under one earmark; and the page on which what they got, and gave back, is registered."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from djmoney.money import Money

from initiatives import movements, payments, rebooking, vouchers
from initiatives.models import LocalActor
from ledger.kinds import Cause
from ledger.models import Account, Transfer
from ledger.refusals import NotSoBooked
from tests import documents
from tests.paid import pay
from tests.test_admin_front import words


def test_the_same_actor_again_is_the_one_that_exists(people, lift):
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    assert movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751") == actor
    assert LocalActor.objects.count() == 1


def test_the_same_name_in_another_municipality_is_not_taken_for_the_first_one(people, lift):
    movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    with pytest.raises(NotSoBooked, match=r"Havnen er allerede registreret under øremærkningen, i kommune 751\. Ret kommunekoden") as refusal:
        movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="461")
    assert (refusal.value.rule, refusal.value.field) == ("local_actor_is_unique_in_its_earmark", "municipality_code")
    assert LocalActor.objects.get().municipality_code == "751"


@pytest.mark.parametrize("code", ["", "75", "7510", "7 1", "abc", "751\n", "٧٥١", "75\0"])
def test_a_municipality_has_a_code_of_three_digits(people, lift, code):
    with pytest.raises(NotSoBooked, match="tre cifre") as refusal:
        movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code=code)
    assert (refusal.value.rule, refusal.value.field) == ("local_actor_has_a_municipality_code", "municipality_code")
    assert not Account.objects.filter(kind="local").exists()


def test_a_name_with_a_nul_in_it_is_refused_in_words(people, lift):
    with pytest.raises(NotSoBooked, match="NUL"):
        movements.open_local_actor(people.sofie, lift, name="Hav\0nen", municipality_code="751")


def test_only_those_who_register_open_one(people, lift):
    with pytest.raises(PermissionDenied):
        movements.open_local_actor(people.anders, lift, name="Havnen", municipality_code="751")


# The page


def page_of(earmark) -> str:
    return f"/admin/initiatives/passing-on/{earmark.slug}/"


def typed(**changes) -> dict[str, str]:
    return {"key": str(uuid.uuid4()), "way": "ud", "actor": "", "name": "", "municipality_code": "", "amount": "1.000", "value_date": "03.05.2023", **changes}


def test_what_is_passed_on_and_given_back_is_registered_from_the_grants_page(client, people, lift):
    pay(people, lift, "500000")
    client.force_login(people.sofie)
    assert page_of(lift) in client.get(f"/admin/initiatives/earmark/{lift.pk}/change/").text
    assert "Hos tilskudsmodtageren 500.000,00 kr." in words(client.get(page_of(lift)))
    sent = typed(name="Havnen", municipality_code="751", text="Fællesspisning", case_number="2023-9")
    client.post(page_of(lift), sent)
    client.post(page_of(lift), sent)  # a double click
    actor, booked = LocalActor.objects.get(), Transfer.objects.get(kind="regrant")
    assert (booked.credit_account, booked.amount.amount, booked.booked_by, booked.text) == (actor.account, 1000, people.sofie, "Fællesspisning")
    assert "Havnen, kommune 751: har 1.000,00 kr." in words(client.get(page_of(lift)))
    answer = client.post(page_of(lift), typed(way="tilbage", actor=str(actor.pk), amount="400"), follow=True)
    assert "Tilbageført videreformidling på 400,00 kr. er bogført." in words(answer)
    assert Account.objects.get(pk=actor.account_id).balance.amount == 600


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({}, "name", "Skriv navnet, eller vælg en lokal aktør på listen."),
        ({"name": "Havnen"}, "municipality_code", "Skriv kommunekoden."),
        ({"name": "Havnen", "municipality_code": "75"}, "municipality_code", "En kommunekode er tre cifre"),
        ({"name": "Havnen", "municipality_code": "751", "amount": "500.000,01"}, "amount", "500.000,00 kr."),
        ({"way": "tilbage"}, "actor", "Vælg den lokale aktør, pengene kom tilbage fra."),
        ({"way": "op"}, "way", "Vælg, hvad der er sket."),
        ({"actor": "999999"}, "actor", "Vælg en lokal aktør på listen."),
        ({"name": "æ" * 201, "municipality_code": "751"}, "name", "højst 200 tegn"),
        ({"name": "Havnen", "municipality_code": "751", "value_date": "2023"}, "value_date", "dag.måned.år"),
    ],
)
def test_what_cannot_be_passed_on_is_said_beside_its_field_and_nothing_is_registered(client, people, lift, changes, field, said):
    pay(people, lift, "500000")
    client.force_login(people.sofie)
    answer = client.post(page_of(lift), typed(**changes))
    assert said in " ".join(answer.context["form"].errors[field]).replace("\u00a0", " ")
    assert not LocalActor.objects.exists()
    assert not Account.objects.filter(kind="local").exists()


def test_a_wrong_one_is_reversed_and_its_registration_opens_filled_in(client, people, lift):
    pay(people, lift, "500000")
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    what = {"amount": Money("700", "DKK"), "value_date": date(2023, 5, 3)}
    wrong = movements.regrant(people.sofie, actor, key=uuid.uuid4(), text="1. del", **what)
    voucher = vouchers.keep(people.sofie, documents.pdf("Notat"), "notat.pdf")
    reversal = payments.reverse(people.sofie, wrong, cause=Cause.ERROR, value_date=date(2023, 5, 4), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, reversal, key=uuid.uuid4())
    client.force_login(people.sofie)
    again = f"{page_of(lift)}?i-stedet-for={wrong.pk}"
    assert again in client.get(f"/admin/ledger/transfer/{wrong.pk}/change/").text
    initial = client.get(again).context["form"].initial
    assert (initial["actor"], initial["amount"], initial["text"], initial["instead_of"]) == (actor, "700,00", "1. del", wrong.pk)
    client.post(again, typed(actor=str(actor.pk), amount="70", instead_of=str(wrong.pk)))
    right = Transfer.objects.get(kind="regrant", amount=70)
    assert rebooking.standing(wrong) == right


def test_only_where_it_must_be_passed_on_and_by_those_who_register(client, people, lift):
    client.force_login(people.sofie)
    assert client.get("/admin/initiatives/passing-on/faellesskabsguides-roede-kors/").status_code == 404
    client.force_login(people.anders)
    assert client.get(page_of(lift)).status_code == 403
    assert "Det, der gives videre, registreres af Sofie Lund eller Søren Østergård." in words(client.get(f"/admin/initiatives/earmark/{lift.pk}/change/"))
