"""Who may do what: given by two persons, never both ends of a payment, gone through each quarter. Through the verbs, the pages and SQL as the application."""

import uuid
from datetime import date, datetime

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ensomhed.models import User
from initiatives.access import review, roles
from initiatives.control import proposals
from initiatives.models import AccessReview, Conflict, RoleChange
from ledger.refusals import LedgerError, SecondPerson
from tests.appointing import appointed

EVERY_CONFLICT = 42


@pytest.fixture
def newcomer(people) -> User:
    return User.objects.create_user("dorte", first_name="Dorte", last_name="Ny", is_staff=True)


def propose(by, person, *names, **changes):
    return roles.propose(by, person, list(Group.objects.filter(name__in=names)), **{"reason": "Nyt arbejde", "key": uuid.uuid4(), **changes})


def refused(call, *args, **kwargs) -> LedgerError:
    with pytest.raises(LedgerError) as refusal:
        call(*args, **kwargs)
    return refusal.value


def test_a_role_counts_when_management_has_approved_it_and_the_change_names_both(people, newcomer):
    proposal = propose(people.adam, newcomer, "Sagsbehandler")
    assert not User.objects.get(pk=newcomer.pk).may("initiatives.register_payment")
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert User.objects.get(pk=newcomer.pk).may("initiatives.register_payment")
    change = roles.history_of(newcomer).get()
    assert (change.role, change.given, change.proposal) == ("Sagsbehandler", True, proposal)


def test_other_roles_replace_those_held_and_an_approved_nothing_takes_all(people, newcomer):
    appointed(newcomer, "Sagsbehandler")
    appointed(newcomer, "Godkender")
    appointed(newcomer)
    told = [(change.role, change.given) for change in roles.history_of(newcomer)]
    assert told == [("Godkender", False), ("Godkender", True), ("Sagsbehandler", False), ("Sagsbehandler", True)]


def test_two_ends_of_a_payment_are_refused_when_proposed(people, newcomer):
    refusal = refused(propose, people.adam, newcomer, "Sagsbehandler", "Godkender")
    assert isinstance(refusal, SecondPerson)
    assert "både have ret til at registrere og at godkende udbetalinger" in str(refusal)


def test_nobody_proposes_or_decides_their_own_roles(people):
    assert refused(propose, people.adam, people.adam, "Revisor").rule == "nobody_gives_themselves_a_role"
    proposal = propose(people.adam, people.mette, "Ledelse", "Controller")
    assert proposals.barred(proposal, people.mette) == "own"
    assert refused(proposals.approve, people.mette, proposal, key=uuid.uuid4()).rule == "barred_person_does_not_decide"
    proposals.approve(people.lars, proposal, key=uuid.uuid4())


@pytest.mark.parametrize("name", ["sofie", "mette", "karen", "rikke", "maria"])
def test_only_the_access_administrator_proposes_and_takes_away(people, newcomer, name):
    with pytest.raises(PermissionDenied):
        propose(people.by_name[name], newcomer, "Revisor")
    with pytest.raises(PermissionDenied):
        roles.take_away(people.by_name[name], people.anders)
    assert people.anders.groups.exists()


def test_a_role_is_taken_away_at_once_and_whoever_leaves_keeps_none(people):
    assert roles.take_away(people.adam, people.anders, Group.objects.get(name="Godkender")) == 1
    assert roles.take_away(people.adam, people.anders) == 0
    assert roles.history_of(people.anders).first().changed_by == people.adam
    User.objects.filter(pk=people.sofie.pk).update(is_active=False)
    User.objects.filter(pk=people.sofie.pk).update(is_active=True)
    assert not people.sofie.groups.exists()
    assert refused(propose, people.adam, User.objects.create_user("væk", is_active=False), "Revisor").rule == "role_is_for_somebody"


# SQL


def test_every_pair_of_conflicting_rights_is_refused_to_one_person(people):
    """Role by role: whichever two roles carry a conflicting pair, PostgreSQL refuses them together; all others may be held by one."""
    conflicts = [{conflict.one, conflict.other} for conflict in Conflict.objects.all()]
    assert len(conflicts) == EVERY_CONFLICT
    held = {group: {f"{app}.{name}" for app, name in group.permissions.values_list("content_type__app_label", "codename")} for group in Group.objects.all()}
    person, together = User.objects.create_user("prøve"), 0
    for one in held:
        for other in held:
            if one.name < other.name:
                collide = any(pair <= held[one] | held[other] for pair in conflicts)
                if collide:
                    assert refused(propose, people.adam, person, one.name, other.name).rule == "roles_do_not_conflict"
                else:
                    proposals.withdraw(people.adam, propose(people.adam, person, one.name, other.name), key=uuid.uuid4())
                    together += 1
    assert together > 0


def test_sql_as_the_application_gives_nobody_a_role(application):
    adam, godkender = application.person("adam"), application.one("SELECT id FROM auth_group WHERE name = 'Godkender'")
    for statement in (
        f"INSERT INTO ensomhed_user_groups (user_id, group_id) VALUES ({adam}, {godkender})",
        f"UPDATE ensomhed_user_groups SET group_id = {godkender} WHERE user_id = {adam}",
        "DELETE FROM ensomhed_user_groups",
        f"INSERT INTO auth_group_permissions (group_id, permission_id) SELECT {godkender}, id FROM auth_permission",
        "INSERT INTO initiatives_rolechange (person_id, role, given) VALUES (1, 'x', true)",
        "DELETE FROM initiatives_conflict",
        "UPDATE initiatives_accessreview SET note = ''",
    ):
        with application.refused("42501"):
            application.run(statement)
    with application.refused("roles_are_taken_with_the_right"):
        application.run("SELECT initiatives_take_roles(%s, %s, NULL)", application.sofie, application.anders)


def test_not_even_the_owner_gives_one_person_both_ends(owner):
    both = (owner.sofie, owner.one("SELECT id FROM auth_group WHERE name = 'Godkender'"))
    with owner.refused("roles_do_not_conflict"):
        owner.run("INSERT INTO ensomhed_user_groups (user_id, group_id) VALUES (%s, %s)", *both)
    with owner.refused("roles_do_not_conflict"):
        owner.run(
            "INSERT INTO auth_group_permissions (group_id, permission_id) SELECT g.id, p.id FROM auth_group g, auth_permission p WHERE g.name = 'Sagsbehandler' AND p.codename = 'approve_payment'"
        )


def test_what_changed_is_kept_for_good(owner):
    for table, column in (("initiatives_rolechange", "role"), ("initiatives_conflict", "why"), ("initiatives_accessreview", "note")):
        for statement in (f"UPDATE {table} SET {column} = ''", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with owner.refused("controls_are_only_added_to"):
                owner.run(statement)


# The review


def test_the_list_says_who_can_what_since_when_by_whom_and_when_it_was_last_used(people, newcomer):
    appointed(newcomer, "Sagsbehandler")
    listed = {(one.person.username, one.role): one for one in review.access()}
    new, old = listed["dorte", "Sagsbehandler"], listed["mette", "Ledelse"]
    assert "registrerer udbetalinger" in new.can
    assert (new.proposal.decision.decided_by, new.last_used, new.is_idle) == (people.mette, None, False)
    assert (old.proposal, old.last_used is not None) == (None, True)


def test_the_list_costs_the_same_however_many_there_are(people):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            review.access()
        return len(asked)

    appointed(User.objects.create_user("ny"), "Revisor")
    before = queries()
    for number in range(5):
        appointed(User.objects.create_user(f"ny{number}"), "Revisor")
    assert queries() == before


def test_a_review_keeps_the_list_as_it_stood(people, newcomer):
    made = review.record(people.karen, note="Alt svarer til opgaverne", key=uuid.uuid4())
    assert {"username": "anders", "role": "Godkender"}.items() <= next(row for row in made.stood if row["username"] == "anders").items()
    assert made.quarter == review.quarter_of(timezone.localdate())
    with pytest.raises(PermissionDenied):
        review.record(people.adam, note="Fint", key=uuid.uuid4())
    assert refused(review.record, people.karen, note=" ", key=uuid.uuid4()).rule == "review_says_what_was_found"


def test_sql_cannot_review_without_the_right_nor_lie_about_the_list(application):
    content = "INSERT INTO initiatives_accessreview (key, quarter, stood, note, reviewed_at, reviewed_by_id) VALUES (gen_random_uuid(), '2020-K1', '[]', %s, '2020-01-01', %s) RETURNING quarter"
    with application.refused("access_is_reviewed_with_the_right"):
        application.run(content, "fint", application.sofie)
    with application.refused("review_says_what_was_found"):
        application.run(content, " ", application.karen)
    assert application.one(content, "fint", application.karen) != "2020-K1"
    assert application.one("SELECT jsonb_array_length(stood) > 5 FROM initiatives_accessreview ORDER BY id DESC LIMIT 1")


@pytest.mark.parametrize(
    ("today", "by", "overdue"),
    [
        (date(2026, 10, 1), date(2026, 12, 31), False),  # the quarter after the last review has until its own end
        (date(2026, 12, 31), date(2026, 12, 31), False),
        (date(2027, 1, 1), date(2026, 12, 31), True),  # nobody made it
        (date(2026, 9, 30), date(2026, 9, 30), False),
    ],
)
def test_it_is_due_each_quarter(committed, owner, today, by, overdue):
    with committed.connect("ensomhed_owner", autocommit=True) as setter:
        setter.execute("ALTER TABLE initiatives_accessreview DISABLE TRIGGER USER")
        setter.execute("UPDATE initiatives_accessreview SET quarter = '2026-K3'")
    due = review.due(today)
    assert (due.by, due.overdue, due.done) == (by, overdue, today == date(2026, 9, 30))


def test_the_operator_gives_the_first_roles_and_no_conflicting_ones(committed, people, capsys):
    User.objects.create_user("dorte", first_name="Dorte")
    call_command("appoint", "dorte", "Ledelse")
    assert "1 new role" in capsys.readouterr().out
    assert User.objects.get(username="dorte").may("initiatives.approve_decision")
    for arguments, words in (
        (["dorte", "Sagsbehandler"], "Én person kan ikke både"),
        (["ingen", "Ledelse"], "nobody called"),
        (["dorte", "Chef"], "no role called Chef"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("appoint", *arguments)


# The pages


def test_roles_are_proposed_on_the_page_and_a_conflict_is_said_beside_them(client, people, newcomer):
    client.force_login(people.adam)
    address = f"/admin/initiatives/access/{newcomer.pk}/roles/"
    key = client.get(address).context["form"]["key"].value()
    chosen = {name: Group.objects.get(name=name).pk for name in ("Sagsbehandler", "Godkender")}
    answer = client.post(address, {"key": key, "roles": list(chosen.values()), "reason": "Vikar"})
    assert "Fordel rollerne på to personer" in answer.text
    answer = client.post(address, {"key": key, "roles": [chosen["Godkender"]], "reason": "Vikar"}, follow=True)
    assert "venter nu på, at ledelsen afgør dem" in answer.text
    assert "venter allerede på ledelsens afgørelse" in client.get(address).text
    client.post(f"/admin/initiatives/access/{people.anders.pk}/roles/{chosen['Godkender']}/take-away/")
    assert not people.anders.groups.exists()
    assert RoleChange.objects.filter(person=people.anders, given=False, changed_by=people.adam).exists()


def test_everybody_looks_their_best(visit, people):
    for size in ("desk", "phone"):
        karen = visit("karen", size=size)
        karen.go("/admin/initiatives/access/")
        assert "Kvartalets gennemgang er sket: Karen Friis" in karen.text()
        karen.page.get_by_label("Hvad gennemgangen viste").fill("Søren skifter kontor i maj")
        karen.click("Jeg har gået listen igennem", role="button")
        assert "Søren skifter kontor i maj" in karen.text()
        adam = visit("adam", size=size)
        adam.go(f"/admin/initiatives/access/{people.anders.pk}/roles/")
        adam.go("/admin/initiatives/access/")
    assert AccessReview.objects.count() == 3


def test_moments_are_aware(people):
    assert all(isinstance(one.since, datetime) and timezone.is_aware(one.since) for one in review.access())
