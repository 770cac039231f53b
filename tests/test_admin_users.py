"""Access administrators make users and give them roles. They hold no right over money, and nobody changes their own roles."""

import re

import pytest
from django.contrib.auth.models import Group

from ensomhed.models import User
from initiatives.models import Earmark, Grantee
from tests.test_admin_front import words

USERS = "/admin/ensomhed/user/"


@pytest.fixture
def adam(client, people):
    client.force_login(people.adam)
    return people.adam


def fields_of(user, **changes) -> dict:
    typed = {"username": user.username, "first_name": user.first_name, "last_name": user.last_name, "email": user.email, "job_title": user.job_title}
    return {**typed, "is_active": "on", "is_staff": "on", "groups": [str(group.pk) for group in user.groups.all()], **changes}


def roles_of(user) -> set[str]:
    return set(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))


NEW = {"username": "tove", "first_name": "Tove", "last_name": "Møller", "job_title": "Sagsbehandler", "email": "tove@example.dk"}


def test_a_new_user_is_made_without_role_or_password(client, adam):
    answer = client.post(f"{USERS}add/", {**NEW, "password1": "en lang adgangskode 17", "password2": "en lang adgangskode 17", "_continue": "1"})
    tove = User.objects.get(username="tove")
    assert answer["Location"] == f"{USERS}{tove.pk}/change/"
    assert (tove.is_staff, tove.is_superuser, roles_of(tove), tove.has_usable_password()) == (False, False, set(), False)


@pytest.mark.parametrize(
    "changes", [{"email": ""}, {"email": "tove"}, {"username": "sofie"}, {"username": "to ve"}, {"username": "to\x00ve"}, {"first_name": "x" * 151}]
)
def test_a_user_who_cannot_be_reached_or_told_apart_is_not_made(client, adam, changes):
    answer = client.post(f"{USERS}add/", {**NEW, **changes})
    assert answer.context["adminform"].form.errors.keys() == changes.keys()
    assert not User.objects.filter(last_name="Møller").exists()


def test_a_role_is_taken_away_and_a_person_shut_out(client, adam, people):
    changed = fields_of(people.sofie, groups=[])
    del changed["is_active"]
    client.post(f"{USERS}{people.sofie.pk}/change/", changed)
    sofie = User.objects.get(username="sofie")
    assert (sofie.is_active, roles_of(sofie)) == (False, set())


def test_nobody_gives_themselves_a_role(client, adam):
    every = [str(group.pk) for group in Group.objects.all()]
    page = client.get(f"{USERS}{adam.pk}/change/")
    assert 'name="groups"' not in page.content.decode()
    answer = client.post(f"{USERS}{adam.pk}/change/", fields_of(adam, groups=every, job_title="Ny titel"))
    assert answer.status_code == 302
    assert User.objects.get(pk=adam.pk).job_title == "Ny titel"
    assert roles_of(adam) == {"Adgangsadministrator"}


def test_a_grantees_person_is_put_in_its_organisation_and_sees_its_grants(client, adam, people, lift):
    maria, page = people.maria, f"{USERS}{people.maria.pk}/change/"
    assert re.search(rf'name="grantees" value="{lift.grantee_id}"[^>]*checked', client.get(page).content.decode())
    aeldre_sagen = Grantee.objects.get(slug="aeldre-sagen")
    client.post(page, fields_of(maria, grantees=[str(aeldre_sagen.pk)]))
    assert {earmark.grantee for earmark in Earmark.objects.visible_to(User.objects.get(pk=maria.pk))} == {aeldre_sagen}
    client.post(f"{USERS}{adam.pk}/change/", fields_of(adam, grantees=[str(aeldre_sagen.pk)]))
    assert not adam.grantees.exists()


def test_nobody_makes_a_superuser_or_gives_single_rights(client, adam, people):
    client.post(f"{USERS}{people.sofie.pk}/change/", fields_of(people.sofie, is_superuser="on", user_permissions=["1", "2"]))
    sofie = User.objects.get(username="sofie")
    assert (sofie.is_superuser, sofie.user_permissions.count()) == (False, 0)


def test_users_are_not_deleted(client, adam, people):
    assert client.post(f"{USERS}{people.sofie.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(USERS, {"action": "delete_selected", "_selected_action": [people.sofie.pk], "post": "yes"})
    assert User.objects.filter(username="sofie").exists()


def test_no_password_digest_is_shown(client, adam, people):
    for address in (USERS, f"{USERS}{people.sofie.pk}/change/", f"{USERS}add/"):
        content = client.get(address).content.decode()
        assert people.sofie.password not in content
        assert people.sofie.password.split("$")[-1][:6] not in content
        assert "md5" not in content
    assert client.get(f"{USERS}?password__startswith=md5").status_code in (302, 400)


def test_what_an_access_administrator_did_is_on_record(client, adam, people):
    client.post(f"{USERS}{people.sofie.pk}/change/", fields_of(people.sofie, job_title="Specialkonsulent"))
    said = words(client.get(f"{USERS}{people.sofie.pk}/history/"))
    assert "Adam Dahl" in said
    assert "Stilling" in said


@pytest.mark.parametrize("username", ["sofie", "anders", "mette", "karen"])
def test_only_access_administrators_see_users(client, people, username):
    client.force_login(getattr(people, username))
    for address in (USERS, f"{USERS}add/", f"{USERS}{people.adam.pk}/change/", f"{USERS}{people.adam.pk}/factor/"):
        assert client.get(address).status_code == 403
    client.post(f"{USERS}{people.adam.pk}/change/", fields_of(people.adam, groups=[]))
    assert roles_of(people.adam) == {"Adgangsadministrator"}
