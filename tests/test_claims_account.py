"""The account that repayments are asked into: one proposes, another verifies, a third approves, and none of them handles repayments."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from initiatives import claims
from initiatives.control import proposals
from initiatives.models import Proposal
from ledger.refusals import LedgerError
from tests.test_claims import expect, paid, refused, repay  # noqa: F401 — a fixture among them

SOUND = {"name": "Tilbagebetaling af tilskud", "registration_number": "9999", "account_number": "0000999999", "effective_from": date(2023, 5, 1)}


def propose(by, voucher, **changes) -> Proposal:
    return claims.propose_receiving_account(by, reason="Ny aftale med banken", voucher=voucher, key=uuid.uuid4(), **{**SOUND, **changes})


def test_an_account_holds_when_three_persons_stand_behind_it_from_its_day_on(people, voucher):
    before = claims.receiving_account(date(2023, 5, 1))
    proposal = propose(people.nina, voucher)
    with refused("proposal_is_verified_first"):
        proposals.approve(people.lars, proposal, key=uuid.uuid4())
    proposals.verify(people.karen, proposal, how="Ringet til banken")
    assert claims.receiving_account(date(2023, 5, 1)) == before
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    assert claims.receiving_account(date(2023, 4, 30)) == before
    assert str(claims.receiving_account(date(2023, 5, 1))) == "9999 0000999999"


def test_the_same_person_does_not_do_two_of_the_three(people, voucher, appoint):
    both = appoint(people.karen)  # every role at once
    proposal = propose(people.nina, voucher)
    proposals.verify(both, proposal, how="Ringet til banken")
    with refused("barred_person_does_not_decide"):
        proposals.approve(both, proposal, key=uuid.uuid4())
    proposals.approve(people.lars, proposal, key=uuid.uuid4())


@pytest.mark.parametrize("username", ["sofie", "anders", "mette", "ida", "pia", "adam", "rikke", "maria"])
def test_nobody_else_proposes_it(people, voucher, username):
    with pytest.raises(PermissionDenied):
        propose(getattr(people, username), voucher)


def test_whoever_handles_repayments_has_no_hand_in_where_they_are_paid_to(people, lift, paid, voucher, appoint):  # noqa: F811
    sofie = appoint(people.sofie)
    with transaction.atomic():
        proposal = propose(people.nina, voucher)
    claim = expect(sofie, lift)
    with refused("receiving_account_is_apart_from_repayments"):
        propose(sofie, voucher, account_number="1")
    with refused("barred_person_does_not_decide"):
        proposals.verify(sofie, proposal, how="Ringet til banken")
    søren = appoint(people.søren)
    proposals.verify(people.karen, proposal, how="Ringet til banken")
    repay(søren, lift, "1.000", claim=claim)
    with refused("barred_person_does_not_decide"):
        proposals.approve(søren, proposal, key=uuid.uuid4())


@pytest.mark.parametrize(
    "after",
    [
        {"registration_number": "999"},
        {"registration_number": "99999"},
        {"registration_number": "９９９９"},  # digits, but not those of an account
        {"account_number": ""},
        {"account_number": "12345678901"},
        {"account_number": "12 34"},
        {"account_number": 1234},
        {"name": " "},
        {"name": "x" * 101},
        {"effective_from": "2023-02-30"},
        {"effective_from": "snart"},
        {"effective_from": None},
        {"iban": "DK5000400440116243"},
    ],
)
def test_an_account_is_written_whole_whichever_way_it_comes(people, voucher, after):
    whole = {**SOUND, "effective_from": "2023-05-01", **after}
    with refused("receiving_account_is_written_whole"):
        proposals.propose(people.nina, "receiving_account", after=whole, reason="Ny konto", voucher=voucher, key=uuid.uuid4())


def test_a_grantees_account_is_not_the_ministrys(people, voucher):
    for account_number in ("0001234567", "1234567"):
        with refused("receiving_account_is_no_grantees"):
            propose(people.nina, voucher, account_number=account_number)


def test_without_its_document_it_is_not_proposed(people):
    with pytest.raises(LedgerError) as refusal:
        proposals.propose(people.nina, "receiving_account", after={**SOUND, "effective_from": "2023-05-01"}, reason="Ny konto", key=uuid.uuid4())
    assert refusal.value.rule == "proposal_has_its_document"


@pytest.mark.parametrize(
    "text",
    [
        "Indbetal til 1234 5678901",
        "Indbetal til reg. 1234 konto 567 890 1234",
        "Konto 12345678901234",
        "IBAN DK50 0040 0440 1162 43",
        "Konto 1234-567890",
        "Konto 1234\u00a0567\u00a0890",
        "Konto 1234.56.78.90",
    ],
)
def test_no_claim_names_an_account(people, lift, paid, text):  # noqa: F811
    with refused("claim_names_no_account", "Ret teksten, så tallet ikke står der."):
        expect(people.sofie, lift, text=text)


@pytest.mark.parametrize(
    "text", ["Perioden 01.01.2023-31.12.2023", "Sag 2023-1112", "Uforbrugt: 1.032.500,75 kr. af 3.800.000,00 kr.", "CVR 99999918", "Ring 33 92 93 00"]
)
def test_dates_amounts_and_case_numbers_are_no_accounts(people, lift, paid, text):  # noqa: F811
    assert expect(people.sofie, lift, text=text).reason == text
