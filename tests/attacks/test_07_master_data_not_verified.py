"""Weakness 7: master data was not verified.

She would type in an account number that nobody compared with anything. Payment details carry who verified them, how and when, and are verified by somebody
else than whoever proposed and whoever approves them; until then there is no payment on them. Anna tries to skip the verification, to do it herself, to do it
and approve as well, to verify without saying how, and to verify after the decision.
"""

import uuid

import pytest

from initiatives.control import proposals
from initiatives.models import Proposal
from initiatives.receiving import details
from ledger.refusals import LedgerError
from tests.attacks.blows import DECIDE, VERIFY, key, refused_by_postgresql
from tests.receiving import MARCH, approve, propose, register, verify


@pytest.fixture
def unverified(people, lift) -> Proposal:
    return propose(people, lift.grantee, account_number="6666666666")


@pytest.fixture
def hers(insider, people, lift) -> Proposal:
    return propose(people, lift.grantee, by=insider, account_number="6666666666")


def test_what_nobody_verified_is_not_approved_and_not_paid_on(unverified, committed, insider, people, lift):
    with pytest.raises(LedgerError) as refusal:
        approve(people, unverified, by=insider)
    assert refusal.value.rule == "proposal_is_verified_first"
    with committed.connect() as connection:
        refused_by_postgresql("proposal_is_verified_first", lambda: connection.execute(DECIDE, [unverified.pk, insider.pk]))
    assert details.paid_on(register(people, lift)).after["account_number"] != "6666666666"


def test_she_does_not_verify_what_she_proposed(hers, committed, insider, people, client):
    with pytest.raises(LedgerError) as refusal:
        verify(people, hers, by=insider)
    assert refusal.value.rule == "verifier_is_another_person"
    with committed.connect() as connection:
        refused_by_postgresql("verifier_is_another_person", lambda: connection.execute(VERIFY, [hers.pk, insider.pk]))
    client.force_login(insider)
    forged = client.post(hers.get_absolute_url(), {"decision": "verify", "verify-key": key(), "verify-how": "Ringet"})
    assert forged.status_code == 403
    assert not Proposal.objects.get(pk=hers.pk).is_verified


def test_she_does_not_approve_what_she_verified(unverified, committed, insider, people, client):
    verify(people, unverified, by=insider)
    with pytest.raises(LedgerError) as refusal:
        approve(people, unverified, by=insider)
    assert refusal.value.rule == "barred_person_does_not_decide"
    with committed.connect() as connection:
        refused_by_postgresql("barred_person_does_not_decide", lambda: connection.execute(DECIDE, [unverified.pk, insider.pk]))
    client.force_login(insider)
    assert client.post(unverified.get_absolute_url(), {"decision": "approve", "approve-key": key()}).status_code == 403
    assert "en tredje person skal derfor godkende dem" in client.get(unverified.get_absolute_url()).text


def test_a_verification_says_how_and_stands(unverified, committed, insider, people):
    with pytest.raises(LedgerError) as refusal:
        proposals.verify(insider, unverified, how=" \u00a0")
    assert refusal.value.rule == "verification_says_how"
    verify(people, unverified)
    with pytest.raises(LedgerError) as refusal:
        verify(people, unverified, by=insider)
    assert refusal.value.rule == "proposal_is_verified_once"
    with committed.connect() as connection:
        refused_by_postgresql("42501", lambda: connection.execute("UPDATE initiatives_verification SET how = 'Kontrolleret grundigt'"))


def test_nothing_is_verified_after_it_was_decided(unverified, committed, insider, people):
    proposals.reject(people.lars, unverified, reason="Ikke kontrolleret", key=uuid.uuid4())
    with committed.connect() as connection:
        refused_by_postgresql("proposal_is_decided_once", lambda: connection.execute(VERIFY, [unverified.pk, insider.pk]))


def test_the_payment_tells_who_verified_where_it_went_how_and_when(people, lift, client):
    check = details.paid_on(register(people, lift)).verification
    assert (str(check.verified_by), bool(check.how), bool(check.verified_at)) == ("Karen Friis", True, True)
    assert details.in_force(lift.grantee, MARCH).verification == check
