"""Weakness 5: nobody went through who had access.

What she did: over 25 years she collected roles from the jobs that she had had, and kept those of systems that she no longer worked with; the list of
users was never gone through, and so nobody saw that one employee could make a grantee, pay it and check its accounts.

What stops her: a role is given by two persons, each change is written down by PostgreSQL itself, two ends of a payment never meet in one person, and the
quarterly review lists who can do what, since when, by whose decision and when it was last used. It cannot be recorded by her alone, antedated, or
recorded on another list than the one that stands; an overdue one is said on the page of everybody who could make it.
"""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from ensomhed.models import User
from initiatives.access import review, roles
from initiatives.control import proposals
from initiatives.models import AccessReview, RoleChange
from ledger.refusals import LedgerError


def test_she_gives_herself_no_role_in_any_way(client, people, insider):
    """Pages, a forged form, the shell, the ORM and SQL."""
    client.force_login(insider)
    godkender = Group.objects.get(name="Godkender")
    roles.take_away(people.adam, insider, godkender)
    forged = {"key": str(uuid.uuid4()), "roles": [godkender.pk], "reason": "Mine egne opgaver"}
    assert "Rollerne er dine egne" in client.post(f"/admin/initiatives/access/{insider.pk}/roles/", forged).text
    client.post(f"/admin/ensomhed/user/{insider.pk}/change/", {"username": "anna", "groups": [godkender.pk], "is_active": "on", "is_staff": "on"})
    client.post("/admin/ensomhed/user/", {"action": "make_approver", "_selected_action": [insider.pk], "groups": [godkender.pk]})
    with pytest.raises(LedgerError):
        roles.propose(insider, insider, [godkender], reason="Mine egne opgaver", key=uuid.uuid4())
    for attempt in (lambda: insider.groups.add(godkender), lambda: Group.objects.get(name="Revisor").permissions.add(*godkender.permissions.all())):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()
    assert not User.objects.get(pk=insider.pk).groups.filter(pk=godkender.pk).exists()


def test_a_second_account_of_her_own_gets_no_role_without_somebody_else(people, insider):
    """The sock puppet: she makes a user, proposes its roles, and approves them as herself."""
    puppet = User.objects.create_user("vikar", is_staff=True)
    proposal = roles.propose(insider, puppet, [Group.objects.get(name="Godkender")], reason="Vikar", key=uuid.uuid4())
    with pytest.raises(LedgerError, match="kan ikke selv godkende"):
        proposals.approve(insider, proposal, key=uuid.uuid4())
    with pytest.raises(PermissionDenied):
        proposals.approve(puppet, proposal, key=uuid.uuid4())
    assert not puppet.groups.exists()


def test_an_old_account_that_is_opened_again_starts_without_roles(people, insider):
    for active in (False, True):
        User.objects.filter(pk=people.anders.pk).update(is_active=active)  # a bulk update, as a page's action would make it
    assert not people.anders.groups.exists()
    assert RoleChange.objects.filter(person=people.anders, role="Godkender", given=False).exists()


def test_she_stands_on_the_list_with_everything_that_she_can_do(people, insider):
    assert {one.role for one in review.access() if one.person == insider} == set(Group.objects.values_list("name", flat=True))


def test_she_neither_removes_a_review_nor_what_it_says_of_her(people, insider):
    """A review that she records herself keeps the list as it stands, and is signed by her; what was recorded stays."""
    made = review.record(insider, note="Alt i orden", key=uuid.uuid4())
    assert {row["role"] for row in made.stood if row["username"] == "anna"} == set(Group.objects.values_list("name", flat=True))
    for attempt in (
        "DELETE FROM initiatives_accessreview",
        "UPDATE initiatives_accessreview SET stood = '[]'",
        "DELETE FROM initiatives_rolechange",
        "UPDATE initiatives_rolechange SET role = 'Revisor'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attempt)
    assert AccessReview.objects.filter(pk=made.pk, stood=made.stood).exists()
