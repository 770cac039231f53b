"""Claims that end otherwise than by payment: given up, because they are small or for a bankruptcy, or withdrawn because they were wrong."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from initiatives import claims, decisions, payments, vouchers
from initiatives.control import proposals
from initiatives.models import ClaimMatch, Earmark
from ledger.kinds import Cause
from ledger.models import Transfer
from tests import documents
from tests.test_claims import DAY, expect, kr, paid, refused, refused_in_sql, repay  # noqa: F401 — a fixture among them

pytestmark = pytest.mark.usefixtures("paid")


def give_up(by, claim, amount, cause=Cause.WAIVED, **changes) -> Transfer:
    """Proposes it, with a note in which it is decided."""
    sound = {"value_date": date(2023, 6, 20), "key": uuid.uuid4()}
    note = changes.pop("voucher") if "voucher" in changes else vouchers.keep(by, documents.pdf("Notat"), "notat.pdf")
    return decisions.write_off(by, claim, cause=cause, amount=kr(amount), voucher=note, **{**sound, **changes})


def test_a_small_claim_is_waived_by_two_persons(people, lift):
    claim = expect(people.sofie, lift, "499,99")
    with pytest.raises(PermissionDenied):
        give_up(people.sofie, claim, "499,99")
    pending = give_up(people.mette, claim, "499,99")
    assert claims.standing_of(claim).state(DAY) == "foreslået opgivet"
    with refused("claim_is_not_overpaid", "Er kravet foreslået opgivet, så få det afgjort først."):
        repay(people.sofie, lift, "499,99", claim=claim)
    with refused("second_person_approves"):
        payments.approve(people.mette, pending, key=uuid.uuid4())
    payments.approve(people.lars, pending, key=uuid.uuid4())
    assert claims.standing_of(claim).state(DAY) == "opgivet"
    assert (lift.written_off_account.__class__.objects.get(pk=lift.written_off_account_id).balance) == kr("499,99")


def test_a_waiver_that_is_rejected_or_undone_leaves_the_claim_open(people, lift):
    claim = expect(people.sofie, lift, "300")
    payments.reject(people.lars, give_up(people.mette, claim, "300"), reason="Opkræv det", key=uuid.uuid4())
    assert claims.standing_of(claim).rest == kr("300")
    waived = payments.approve(people.lars, give_up(people.mette, claim, "300"), key=uuid.uuid4())
    payments.approve(people.lars, payments.reverse(people.mette, waived, cause=Cause.ERROR, value_date=date(2023, 6, 21), key=uuid.uuid4()), key=uuid.uuid4())
    assert claims.standing_of(claim).rest == kr("300")


def test_a_large_claim_is_not_cut_into_small_ones(people, lift):
    large = expect(people.sofie, lift, "900")
    with refused("waived_claims_stay_small_together", "450,00 kr. er stadig krævet"):
        give_up(people.mette, large, "450")
    repay(people.sofie, lift, "900", claim=large)
    first, second = expect(people.sofie, lift, "250"), expect(people.sofie, lift, "250")
    with refused("waived_claims_stay_small_together", "250,00 kr. er stadig krævet"):
        give_up(people.mette, first, "250")
    repay(people.sofie, lift, "250", claim=second)
    payments.approve(people.lars, give_up(people.mette, first, "250"), key=uuid.uuid4())
    third = expect(people.sofie, lift, "250")
    with refused("waived_claims_stay_small_together", "500,00 kr. være opgivet i året"):
        give_up(people.mette, third, "250")
    give_up(people.mette, third, "250", value_date=date(2024, 1, 2))  # another year is another matter


def test_what_is_claimed_after_a_waiver_was_proposed_counts_when_it_is_approved(people, lift):
    pending = give_up(people.mette, expect(people.sofie, lift, "300"), "300")
    expect(people.sofie, lift, "200")
    with refused("waived_claims_stay_small_together"):
        payments.approve(people.lars, pending, key=uuid.uuid4())
    with refused_in_sql("waived_claims_stay_small_together") as cursor:
        cursor.execute("SELECT ledger_book(gen_random_uuid(), 'post', %s, p_pending => %s)", [people.lars.pk, pending.pk])


def test_only_what_was_claimed_is_given_up(people, lift, voucher):
    with refused_in_sql("write_off_answers_a_claim") as cursor:
        cursor.execute(
            """SELECT ledger_book(gen_random_uuid(), 'pending', %s, 'write_off', %s, %s, 100, '2023-06-20', p_cause => 'waived', p_voucher_sha256 => %s)""",
            [people.mette.pk, lift.grantee_account.code, lift.written_off_account.code, voucher.sha256],
        )


def test_a_claim_is_given_up_in_a_bankruptcy_that_its_document_shows(people, lift, voucher):
    claim = expect(people.sofie, lift, "40.000")
    with refused("transfer_has_the_voucher_it_needs"):
        give_up(people.mette, claim, "40.000", cause=Cause.BANKRUPTCY, voucher=None)
    repay(people.sofie, lift, "10.000", claim=claim)  # what the estate paid
    payments.approve(people.lars, give_up(people.mette, claim, "30.000", cause=Cause.BANKRUPTCY, voucher=voucher), key=uuid.uuid4())
    assert claims.standing_of(claim).state(DAY) == "betalt og opgivet"


# Withdrawn


def withdrawal(by, claim):
    document = vouchers.keep(by, documents.pdf("Notat om kravet"), "notat.pdf")
    return claims.withdraw(by, claim, reason="Regnskabet var læst forkert", voucher=document, key=uuid.uuid4())


def test_a_claim_is_withdrawn_by_two_persons_and_what_was_paid_on_it_stays_paid(people, lift):
    claim = expect(people.sofie, lift, "1.000")
    repay(people.sofie, lift, "400", claim=claim)
    proposal = withdrawal(people.sofie, claim)
    assert claims.standing_of(claim).is_open, "it takes a second person"
    with pytest.raises(PermissionDenied):
        proposals.approve(people.sofie, proposal, key=uuid.uuid4())
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    standing = claims.standing_of(claim)
    assert (standing.state(DAY), standing.paid, standing.rest) == ("trukket tilbage", kr("400"), kr("0"))
    with refused("withdrawal_names_an_open_claim"):
        withdrawal(people.sofie, claim)
    with refused("claim_is_not_overpaid"):
        repay(people.sofie, lift, "1", claim=claim)


def test_a_withdrawal_is_decided_on_what_is_missing_when_it_was_proposed(people, lift):
    claim = expect(people.sofie, lift, "1.000")
    proposal = withdrawal(people.sofie, claim)
    repay(people.sofie, lift, "400", claim=claim)
    with refused("proposal_still_fits"):
        proposals.approve(people.mette, proposal, key=uuid.uuid4())


def test_a_withdrawal_names_one_claim_whole(people, lift, voucher):
    claim = expect(people.sofie, lift, "1.000")
    given = {"reason": "Fejl", "voucher": voucher, "earmark": lift, "subject": str(claim.pk)}
    for changes in ({"after": {"open": "1.00"}}, {"subject": "0"}, {"subject": "andet"}, {"earmark": Earmark.objects.exclude(pk=lift.pk).first()}):
        with refused("withdrawal_names_an_open_claim"):
            proposals.propose(people.sofie, "claim_withdrawal", key=uuid.uuid4(), **{"after": {"open": "0.00"}, **given, **changes})


def test_whoever_raised_a_claim_does_not_approve_that_it_is_withdrawn(people, lift, appoint):
    both = appoint(people.mette)  # every role at once
    claim = expect(both, lift)
    proposal = withdrawal(people.sofie, claim)
    with refused("barred_person_does_not_decide"):
        proposals.approve(both, proposal, key=uuid.uuid4())
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    assert ClaimMatch.objects.count() == 0


def test_a_claim_is_not_withdrawn_without_its_document(people, lift):
    claim = expect(people.sofie, lift, "1.000")
    given = {"reason": "Fejl", "earmark": lift, "subject": str(claim.pk), "after": {"open": "0.00"}}
    with refused("proposal_has_its_document"):  # PostgreSQL asks; the verb takes nothing less
        proposals.propose(people.sofie, "claim_withdrawal", key=uuid.uuid4(), **given)
