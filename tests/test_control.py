"""The one mechanism: somebody proposes, another person decides. Through the verbs, and around them with SQL as the application."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from initiatives.control import proposals, words
from initiatives.models import Decision, Proposal, Verification
from ledger.models import Period
from ledger.refusals import AlreadySettled, KeyReused, LedgerError, NotSoBooked, SecondPerson

REOPENING = {"after": {"closed": []}, "reason": "Et bilag kom for sent"}


@pytest.fixture
def closed(books) -> str:
    """The whole of 2023 up to May is closed."""
    books.play("2023-06-01 close 2023-05")
    return "period:2023-05"


def reopening(people, document, closed, **changes) -> Proposal:
    return proposals.propose(people.karen, "reopening", **{"subject": closed, "voucher": document, "key": uuid.uuid4(), **REOPENING, **changes})


def refused(call, *args, **kwargs) -> LedgerError:
    with pytest.raises(LedgerError) as refusal:
        call(*args, **kwargs)
    return refusal.value


# Through the verbs


def test_a_proposal_takes_effect_when_another_person_approves_it(people, voucher, closed):
    proposal = reopening(people, voucher, closed)
    assert proposal.before == {"closed": ["2023-05"]}
    assert Period.objects.get(pk="2023-05").closed
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert not Period.objects.get(pk="2023-05").closed
    assert Period.objects.get(pk="2023-04").closed


def test_a_rejected_or_withdrawn_proposal_changes_nothing(people, voucher, closed):
    rejected = proposals.reject(people.mette, reopening(people, voucher, closed), reason="Bogfør i juni", key=uuid.uuid4())
    withdrawn = proposals.withdraw(people.karen, reopening(people, voucher, closed), key=uuid.uuid4())
    assert (rejected.outcome, withdrawn.outcome) == ("afvist", "trukket tilbage")
    assert Period.objects.get(pk="2023-05").closed


def test_whoever_proposed_cannot_approve_even_with_both_rights(committed, appoint, people, voucher, closed):
    refusal = refused(proposals.approve, appoint(people.karen, "Ledelse"), reopening(people, voucher, closed), key=uuid.uuid4())
    assert (type(refusal), refusal.rule) == (SecondPerson, "second_person_decides")


def test_whoever_lacks_the_right_neither_proposes_nor_decides(people, voucher, closed):
    with pytest.raises(PermissionDenied):
        proposals.propose(people.sofie, "reopening", subject=closed, voucher=voucher, key=uuid.uuid4(), **REOPENING)
    with pytest.raises(PermissionDenied):
        proposals.approve(people.anders, reopening(people, voucher, closed), key=uuid.uuid4())


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"voucher": None}, "proposal_has_its_document"),
        ({"reason": " \u00a0 "}, "proposal_has_a_reason"),
        ({"after": {"closed": ["2023-05"]}}, "reopening_names_a_closed_period"),
        ({"subject": "period:2023-06"}, "reopening_names_a_closed_period"),
        ({"subject": "period:2023-99"}, "reopening_names_a_closed_period"),
    ],
)
def test_an_incomplete_proposal_is_refused(people, voucher, closed, changes, rule):
    assert refused(reopening, people, voucher, closed, **changes).rule == rule
    assert not Proposal.objects.filter(kind="reopening").exists()


def test_one_proposal_about_the_same_waits_at_a_time(people, voucher, closed):
    first = reopening(people, voucher, closed)
    refusal = refused(reopening, people, voucher, closed)
    assert (type(refusal), refusal.figures) == (AlreadySettled, {"proposal": first.pk})


def test_the_same_key_proposes_and_decides_once(people, voucher, closed):
    key, decided = uuid.uuid4(), uuid.uuid4()
    proposal = reopening(people, voucher, closed, key=key)
    assert reopening(people, voucher, closed, key=key) == proposal
    assert isinstance(refused(reopening, people, voucher, closed, key=key, reason="Noget andet"), KeyReused)
    decision = proposals.approve(people.mette, proposal, key=decided)
    assert proposals.approve(people.mette, proposal, key=decided) == decision
    assert refused(proposals.approve, people.lars, proposal, key=uuid.uuid4()).rule == "proposal_is_decided_once"


def test_a_rejection_says_why(people, voucher, closed):
    refusal = refused(proposals.reject, people.mette, reopening(people, voucher, closed), reason=" ", key=uuid.uuid4())
    assert (type(refusal), refusal.field) == (NotSoBooked, "reason")


def test_what_changed_after_the_proposal_is_proposed_anew(people, voucher, closed, books):
    proposal = reopening(people, voucher, closed)
    books.play("2023-07-01 close 2023-06")
    assert refused(proposals.approve, people.mette, proposal, key=uuid.uuid4()).rule == "proposal_still_fits"


def test_what_needs_no_verification_takes_none(people, voucher, closed):
    with pytest.raises(PermissionDenied):
        proposals.verify(people.karen, reopening(people, voucher, closed), how="Spurgt")


def test_a_proposal_is_told_in_words(people, voucher, closed):
    proposal = Proposal.objects.told().get(pk=reopening(people, voucher, closed).pk)
    assert words.words_of(proposal).headline(proposal) == "Genåbning af perioden 2023-05"
    assert [(line.label, line.before, line.after) for line in words.lines_of(proposal)] == [("Lukkede perioder", "2023-05", "–")]
    assert words.why_barred(proposal, proposals.barred(proposal, people.karen)) == "Du har selv foreslået det."
    assert proposals.barred(proposal, people.mette) is None


# Around the verbs: SQL as the application's role


CHANGED = {"initiatives_proposalkind": "name", "initiatives_proposal": "reason", "initiatives_verification": "how", "initiatives_decision": "reason"}
PROPOSE = """
    INSERT INTO initiatives_proposal (key, kind_id, grantee_id, earmark_id, subject, before, after, reason, voucher_id, proposed_by_id, proposed_at)
    VALUES (gen_random_uuid(), %(kind)s, %(grantee)s, NULL, %(subject)s, %(before)s, %(after)s, %(reason)s, %(voucher)s, %(by)s, '2020-01-01') RETURNING id, before, proposed_at
"""
DECIDE = """
    INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_by_id, decided_at)
    VALUES (gen_random_uuid(), %(proposal)s, %(approved)s, %(reason)s, %(by)s, '2020-01-01') RETURNING decided_at
"""
VERIFY = "INSERT INTO initiatives_verification (proposal_id, how, verified_by_id, verified_at) VALUES (%(proposal)s, %(how)s, %(by)s, '2020-01-01')"


class Controls:
    """The three tables, written past the verbs."""

    def __init__(self, intruder):
        self.intruder = intruder
        self.grantee = intruder.one("SELECT id FROM initiatives_grantee WHERE slug = 'mary-fonden'")
        self.nina, self.lars, self.adam = (intruder.person(name) for name in ("nina", "lars", "adam"))

    def propose(self, **changes):
        """Sound new receiving account for repayments, but for the changes: a kind that is verified too."""
        after = {"registration_number": "0216", "account_number": "4069012345", "name": "Statens konto", "effective_from": "2023-01-01"}
        sound = {"kind": "receiving_account", "grantee": None, "subject": "", "before": "{}", "after": json.dumps(after), "reason": "Ny konto"}
        return self.intruder.connection.execute(PROPOSE, {**sound, "voucher": self.intruder.voucher, "by": self.nina, **changes}).fetchone()

    def verify(self, proposal, **changes):
        self.intruder.connection.execute(VERIFY, {"proposal": proposal, "how": "Ringet til banken", "by": self.intruder.karen, **changes})

    def decide(self, proposal, **changes):
        return self.intruder.connection.execute(DECIDE, {"proposal": proposal, "approved": True, "reason": "", "by": self.intruder.mette, **changes}).fetchone()

    def is_refused(self, rule, call, *args, **kwargs):
        with pytest.raises(psycopg.Error) as refusal, self.intruder.connection.transaction():
            call(*args, **kwargs)
        assert refusal.value.diag.constraint_name == rule, refusal.value


@pytest.fixture
def controls(application) -> Controls:
    return Controls(application)


def test_sql_as_the_application_proposes_verifies_and_decides_under_the_same_rules(controls):
    proposal, before, proposed_at = controls.propose(before=json.dumps({"name": "Løgn"}))
    assert before.get("name") != "Løgn"  # PostgreSQL says what stands, and when
    assert proposed_at.year > 2020
    controls.is_refused("proposal_is_verified_first", controls.decide, proposal)
    controls.verify(proposal)
    assert controls.decide(proposal)[0].year > 2020
    controls.is_refused("proposal_is_decided_once", controls.decide, proposal)
    controls.is_refused("proposal_is_decided_once", controls.verify, proposal)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("proposal_kind_is_known", {"kind": "wish"}),
        ("proposal_has_its_document", {"voucher": None}),
        ("proposal_has_a_reason", {"reason": "\u00a0"}),
        ("proposal_changes_something", {"after": "[]"}),
        ("proposer_holds_the_right", {"by": "sofie"}),
        ("proposer_holds_the_right", {"by": "adam"}),
    ],
)
def test_sql_cannot_propose_unlawfully(controls, rule, changes):
    by = {"by": controls.intruder.person(changes["by"])} if "by" in changes else {}
    controls.is_refused(rule, controls.propose, **{**changes, **by})


def test_two_proposals_about_the_same_do_not_wait_together(controls):
    controls.propose()
    controls.is_refused("one_proposal_waits_at_a_time", controls.propose)


def test_sql_cannot_verify_or_decide_as_the_wrong_person(controls):
    proposal = controls.propose()[0]
    controls.is_refused("verifier_is_another_person", controls.verify, proposal, by=controls.nina)
    controls.is_refused("verifier_holds_the_right", controls.verify, proposal, by=controls.intruder.sofie)
    controls.is_refused("verification_says_how", controls.verify, proposal, how="  ")
    controls.verify(proposal)
    controls.is_refused("proposal_is_verified_once", controls.verify, proposal)
    controls.is_refused("second_person_decides", controls.decide, proposal, by=controls.nina)
    controls.is_refused("decider_holds_the_right", controls.decide, proposal, by=controls.intruder.anders)
    controls.is_refused("rejection_has_a_reason", controls.decide, proposal, approved=False)
    controls.is_refused("proposal_waits", controls.decide, proposal + 1000)


@pytest.mark.parametrize("table", ["initiatives_proposalkind", "initiatives_proposal", "initiatives_verification", "initiatives_decision"])
def test_what_was_proposed_and_decided_is_only_added_to(owner, people, table):
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {CHANGED[table]} = {CHANGED[table]}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(psycopg.Error) as refusal, owner.connection.transaction():
            owner.run(statement)
        assert refusal.value.diag.constraint_name == "controls_are_only_added_to"


def test_the_application_cannot_change_or_delete_them_at_all(application):
    for table in ("initiatives_proposalkind", "initiatives_proposal", "initiatives_verification", "initiatives_decision"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {CHANGED[table]} = {CHANGED[table]}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), application.connection.transaction():
                application.run(statement)
    for statement in ("SELECT ledger_reopen_periods('2023-05', 1, 2)", "INSERT INTO initiatives_proposalkind VALUES ('wish', 'ønske', 'x', 'x', '', false)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), application.connection.transaction():
            application.run(statement)


def test_whoever_lacks_the_right_books_nothing_through_the_door_either(application):
    for name in ("anders", "karen", "adam"):
        with pytest.raises(psycopg.Error) as refusal, application.connection.transaction():
            application.disburse(p_booked_by=application.person(name))
        assert refusal.value.diag.constraint_name == "booker_holds_the_right"
    pending = application.disburse()
    for name in ("karen", "søren", "rikke"):
        with pytest.raises(psycopg.Error) as refusal, application.connection.transaction():
            application.settle(pending, p_booked_by=application.person(name))
        assert refusal.value.diag.constraint_name == "booker_holds_the_right"


def test_two_people_who_decide_at_the_same_moment_make_one_decision(committed, people, voucher):
    from tests.books import Books

    Books(people.by_name).play("2023-06-01 close 2023-05")
    proposal = reopening(people, voucher, "period:2023-05")

    def decide(person):
        try:
            return proposals.approve(person, proposal, key=uuid.uuid4())
        except AlreadySettled as refusal:
            return refusal.rule
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(decide, [people.mette, people.lars]))
    assert sorted(isinstance(outcome, Decision) for outcome in outcomes) == [False, True]
    assert "proposal_is_decided_once" in outcomes
    assert Decision.objects.filter(proposal=proposal).count() == 1
    assert not Verification.objects.filter(proposal=proposal).exists()
