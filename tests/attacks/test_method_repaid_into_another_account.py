"""Her method: grantees were asked to repay into another account, which was her own.

She wrote the letters, so she wrote the account. Here nobody writes it: every claim, every page of the grantee and every notice shows the one account that three other
persons stand behind (one proposed, another verified, a third of the management approved), and whoever handles repayments is none of them. A claim has no place for an
account, and its text refuses one. An employee with every role at once tries pages, forged POST, verbs, ORM and SQL.
"""

import uuid
from datetime import date

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction

from initiatives import claims
from initiatives.control import proposals
from initiatives.models import Claim, Decision, Notice, Proposal, Verification
from ledger.refusals import LedgerError
from tests import documents
from tests.test_claims import INSERT, expect, pay, row

HERS = {"name": "Tilbagebetaling af tilskud", "registration_number": "9999", "account_number": "0666666666", "effective_from": date(2023, 1, 1)}
MINISTRYS = "9999 0000123450"
ACCOUNT = "/admin/initiatives/claim/account/"
RAISE = "/admin/initiatives/claim/raise/"


@pytest.fixture(autouse=True)
def the_grantee_is_shown_the_ministrys_account(insider, people, lift, voucher, client):
    """Whatever was tried: Mary Fonden reads the ministry's account and no other."""
    pay(people, lift, voucher)
    yield
    expect(people.sofie, lift, "1.000")
    client.force_login(people.maria)
    page = client.get(f"/tilskud/{lift.slug}/").text
    assert MINISTRYS in page
    assert "666666" not in page
    told = Notice.objects.filter(what="claim").values_list("figures", flat=True)
    assert told
    assert "666666" not in str(list(told))


def propose(by, voucher) -> Proposal:
    return claims.propose_receiving_account(by, reason="Ny konto", voucher=voucher, key=uuid.uuid4(), **HERS)


def test_she_does_not_write_an_account_into_a_claim(insider, committed, client, people, lift):
    client.force_login(insider)
    typed = {"earmark": str(lift.pk), "actor": "", "amount": "1.000", "cause": "unspent", "raised_on": "01.06.2023", "due": "01.07.2023"}
    for text in ("Betal til 9999 0666666666", "Reg. 9999, konto 06 66 66 66 66", "Uforbrugt"):
        forged = {"account": "9999 0666666666", "registration_number": "9999", "account_number": "0666666666", "goes_to": "mig"}
        client.post(RAISE, {**typed, **forged, "text": text, "key": str(uuid.uuid4())})
    assert [claim.reason for claim in Claim.objects.all()] == ["Uforbrugt"], "what the form does not know is not kept"
    with pytest.raises(LedgerError) as refusal:
        expect(insider, lift, text="Betal til 9999 0666666666")
    assert refusal.value.rule == "claim_names_no_account"
    with committed.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(INSERT, row(people, lift, by=insider.pk, reason="Betal til 9999-0666666666"))
    assert refusal.value.diag.constraint_name == "claim_names_no_account"


def test_she_does_not_change_the_account_alone(insider, committed, client, voucher):
    proposal = propose(insider, voucher)
    client.force_login(insider)
    page = proposal.get_absolute_url()
    for step in ("verify", "approve"):
        assert client.post(page, {"decision": step, f"{step}-key": str(uuid.uuid4()), f"{step}-how": "Ringet"}).status_code == 403
    for attempt in (lambda: proposals.verify(insider, proposal, how="Ringet"), lambda: proposals.approve(insider, proposal, key=uuid.uuid4())):
        with pytest.raises(LedgerError):
            attempt()
    for forged in (
        Verification(proposal=proposal, how="Ringet", verified_by=insider),
        Decision(key=uuid.uuid4(), proposal=proposal, approved=True, decided_by=insider),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(forged).objects.bulk_create([forged])
    with committed.connect() as connection, pytest.raises(psycopg.Error):
        connection.execute("UPDATE initiatives_proposal SET after = after || '{\"account_number\": \"0666666666\"}' WHERE kind_id = 'receiving_account'")


def test_one_deceived_colleague_is_not_enough(insider, people, voucher):
    proposal = propose(insider, voucher)
    proposals.verify(people.karen, proposal, how="Anna sagde det")
    with pytest.raises(LedgerError) as refusal:
        proposals.approve(insider, proposal, key=uuid.uuid4())
    assert refusal.value.rule == "second_person_decides"
    other = claims.receiving_account(date(2023, 6, 1))
    assert str(other) == MINISTRYS
    proposals.reject(people.lars, proposal, reason="Kontoen er ikke ministeriets", key=uuid.uuid4())


def test_a_colleagues_proposal_is_not_verified_and_approved_by_her(insider, people, voucher):
    proposal = propose(people.nina, voucher)  # nina was talked into it
    proposals.verify(insider, proposal, how="Ringet")
    with pytest.raises(LedgerError) as refusal:
        proposals.approve(insider, proposal, key=uuid.uuid4())
    assert refusal.value.rule == "barred_person_does_not_decide"


def test_once_she_handles_repayments_she_has_no_step_in_it_at_all(insider, people, lift, client, voucher):
    expect(insider, lift, "1.000")
    with pytest.raises(LedgerError) as refusal:
        propose(insider, voucher)
    assert refusal.value.rule == "receiving_account_is_apart_from_repayments"
    client.force_login(insider)
    typed = {"key": str(uuid.uuid4()), **HERS, "effective_from": "01.01.2023", "reason": "Ny", "voucher": SimpleUploadedFile("a.pdf", documents.pdf("Aftale"))}
    assert "kan ikke foreslå den konto, de skal betales til" in client.post(ACCOUNT, typed).text
    proposal = propose(people.nina, voucher)
    with pytest.raises(LedgerError) as refusal:
        proposals.verify(insider, proposal, how="Ringet")
    assert refusal.value.rule == "barred_person_does_not_decide"


def test_a_grantees_account_does_not_become_the_ministrys(insider, voucher):
    with pytest.raises(LedgerError) as refusal:
        claims.propose_receiving_account(insider, reason="Ny", voucher=voucher, key=uuid.uuid4(), **{**HERS, "account_number": "1234567"})
    assert refusal.value.rule == "receiving_account_is_no_grantees"
