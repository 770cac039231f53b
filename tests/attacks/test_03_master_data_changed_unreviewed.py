"""Weakness 3: changes of master data were not reviewed.

She would change a grantee's name, CVR number or account, and nobody would look. Every such change is a proposal with what stands before and after, its
document and its reason; it stands in the queue of everybody who may decide it, and nothing changes until another person has. Anna tries to change the rows
themselves, to change a proposal after it was verified, to settle her own, and to have an unreviewed one take effect.
"""

import json
import uuid

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.urls import NoReverseMatch, reverse

from initiatives.control import proposals
from initiatives.models import Grantee, Proposal
from initiatives.receiving import details
from ledger.refusals import LedgerError
from tests.attacks.blows import DECIDE, key, refused_by_postgresql
from tests.attacks.blows import propose as propose_by_sql
from tests.receiving import MARCH, propose, propose_grantee, verify


def facts(grantee: Grantee) -> tuple:
    return tuple(Grantee.objects.values_list("slug", "name", "cvr", "state_agency").get(pk=grantee.pk)), details.in_force(grantee, MARCH)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE initiatives_grantee SET name = 'Anna'",
        "UPDATE initiatives_grantee SET cvr = '66666666'",
        "INSERT INTO initiatives_grantee (slug, name, cvr, state_agency) VALUES ('anna', 'Anna', '', false)",
        "DELETE FROM initiatives_grantee",
        "UPDATE initiatives_proposal SET after = '{}'",
        "UPDATE initiatives_proposal SET proposed_by_id = 1",
        "DELETE FROM initiatives_decision",
        "UPDATE initiatives_verification SET verified_by_id = 1",
        "INSERT INTO initiatives_proposalkind VALUES ('mine', 'mine', 'initiatives.read_all', 'initiatives.read_all', '', false)",
    ],
)
def test_no_row_of_master_data_or_of_its_review_is_changed_by_sql(committed, insider, statement):
    with committed.connect() as connection:
        refused_by_postgresql("42501", lambda: connection.execute(statement))


def test_her_own_proposals_stay_proposals(committed, insider, people, lift):
    before = facts(lift.grantee)
    change = propose_grantee(people, by=insider, grantee=lift.grantee, name="Annas Fond", cvr="")
    account = propose(people, lift.grantee, by=insider, account_number="6666666666")
    for proposal in (change, account):
        with pytest.raises(LedgerError):
            proposals.approve(insider, proposal, key=uuid.uuid4())
        with committed.connect() as connection:
            refused_by_postgresql(
                "second_person_decides", lambda proposal=proposal, connection=connection: connection.execute(DECIDE, [proposal.pk, insider.pk])
            )
    assert facts(lift.grantee) == before


def test_what_is_reviewed_is_what_takes_effect_with_before_and_after(people, lift):
    change = propose_grantee(people, grantee=lift.grantee, name="Mary Fonden Danmark", cvr="")
    assert (change.before["name"], change.after["name"]) == ("Mary Fonden", "Mary Fonden Danmark")
    assert change in proposals.waiting()
    proposals.approve(people.lars, change, key=uuid.uuid4())
    assert Grantee.objects.get(pk=lift.grantee.pk).name == "Mary Fonden Danmark"


def test_before_is_filled_in_by_postgresql_whatever_she_writes(committed, insider, lift):
    with committed.connect() as connection:
        number = propose_by_sql(
            connection, insider, "grantee", {"name": "Annas Fond", "cvr": "", "state_agency": False}, grantee=lift.grantee_id, subject="mary-fonden"
        )
        (before,) = connection.execute("SELECT before FROM initiatives_proposal WHERE id = %s", [number]).fetchone()
        assert before == {"name": "Mary Fonden", "cvr": "", "state_agency": False}
        connection.rollback()


def test_somebody_elses_name_on_her_proposal_is_somebody_elses_right(committed, insider, people, lift):
    """She signs as Sofie, who has no such right: identity is the application's word, but the right is PostgreSQL's."""
    with committed.connect() as connection:
        refused_by_postgresql(
            "proposer_holds_the_right",
            lambda: propose_by_sql(connection, people.sofie, "grantee", {"name": "Annas Fond", "cvr": "", "state_agency": False}, subject="annas-fond"),
        )


def test_no_page_edits_a_grantee(client, insider, lift):
    client.force_login(insider)
    before = facts(lift.grantee)
    for action in ("add", "delete", "history"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:initiatives_grantee_{action}", args=[] if action == "add" else [lift.grantee_id])
    for address in (f"/admin/initiatives/grantee/{lift.grantee_id}/change/", "/admin/initiatives/grantee/"):
        for content in ({"name": "Annas Fond"}, {"action": "delete_selected", "_selected_action": [lift.grantee_id]}):
            assert client.post(address, content).status_code == 405
    assert facts(lift.grantee) == before


def test_a_forged_decision_on_her_own_proposal_is_not_taken(client, insider, people, lift):
    proposal = verify(people, propose(people, lift.grantee, by=insider, account_number="6666666666"))
    client.force_login(insider)
    before = facts(lift.grantee)
    assert client.post(proposal.get_absolute_url(), {"decision": "approve", "approve-key": key()}).status_code == 403
    assert facts(lift.grantee) == before
    assert Proposal.objects.waiting().filter(pk=proposal.pk).exists()


def test_the_api_has_no_way_to_change_master_data(client, insider, lift):
    client.force_login(insider)
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(
            f"/api/v1/earmarks/{lift.slug}/", json.dumps({"grantee": "anna"}), content_type="application/json", headers={"Idempotency-Key": key()}
        )
        assert answer.status_code in (403, 405)


def test_the_orm_in_a_shell_is_the_applications_role(insider, lift):
    for blow in (
        lambda: Grantee.objects.filter(pk=lift.grantee_id).update(name="Annas Fond"),
        lambda: Grantee.objects.create(slug="anna", name="Anna"),
        lambda: Proposal.objects.update(reason="Aftalt"),
    ):
        with pytest.raises(DatabaseError) as refusal, transaction.atomic():
            blow()
        assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)
