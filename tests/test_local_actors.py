"""Registering who may receive re-grants: one name in one municipality under one earmark."""

import pytest
from django.core.exceptions import PermissionDenied

from initiatives import movements
from initiatives.models import LocalActor
from ledger.models import Account
from ledger.refusals import NotSoBooked


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
