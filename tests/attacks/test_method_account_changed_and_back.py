"""Her method: changing an account number just before a payment, and back after.

She let the grantee's real account stand in the books, put her own in for the minutes that a payment needed, and changed it back. Here an approval stands on
the very details that the payment was registered on, or it is refused, also when the numbers are back to what they were; every payment keeps its own; the
change and the change back are both in the history that everybody reads; and three people are needed each time, none of whom pays.
"""

import uuid
from datetime import date

import pytest

from initiatives import payments
from initiatives.receiving import details
from ledger.refusals import LedgerError
from tests.attacks.blows import book, refused_by_postgresql
from tests.receiving import MARCH, decide, register, settle


def numbers(proposal) -> dict[str, str]:
    return {name: value for name, value in proposal.after.items() if name != "effective_from"}


def test_a_registered_payment_does_not_go_to_an_account_that_came_afterwards(insider, people, lift, committed):
    pending = register(people, lift)
    decide(people, lift.grantee, proposer=insider, account_number="6666666666")
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending)
    assert refusal.value.rule == "details_are_those_registered"
    with committed.connect() as connection:
        refused_by_postgresql("details_are_those_registered", lambda: book(connection, "post", people.anders, pending=pending.pk))


def test_a_payment_registered_on_the_wrong_account_is_not_approved_once_it_is_changed_back(insider, people, lift):
    honest = details.in_force(lift.grantee, MARCH)
    decide(people, lift.grantee, proposer=insider, account_number="6666666666")
    pending = register(people, lift)
    decide(people, lift.grantee, proposer=insider, **numbers(honest))
    assert details.in_force(lift.grantee, MARCH).after == honest.after
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending)
    assert refusal.value.rule == "details_are_those_registered"


def test_changed_and_changed_back_in_between_is_not_the_same(insider, people, lift):
    honest = details.in_force(lift.grantee, MARCH)
    pending = register(people, lift)
    decide(people, lift.grantee, proposer=insider, account_number="6666666666")
    decide(people, lift.grantee, proposer=insider, **numbers(honest))
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending)
    assert refusal.value.rule == "details_are_those_registered"
    payments.reject(people.anders, pending, reason="Ændret to gange", key=uuid.uuid4())


def test_a_later_value_date_does_not_carry_a_payment_over_to_another_account(insider, people, lift):
    pending = register(people, lift)
    decide(people, lift.grantee, proposer=insider, account_number="6666666666", effective_from=date(2023, 4, 1))
    with pytest.raises(LedgerError) as refusal:
        settle(people, pending, value_date=date(2023, 4, 1))
    assert refusal.value.rule == "details_are_those_registered"
    settle(people, pending, value_date=date(2023, 3, 31))
    assert details.paid_on(pending).after["account_number"] != "6666666666"


def test_what_a_payment_went_to_is_kept_with_it_whatever_came_later(insider, people, lift, client):
    honest = details.in_force(lift.grantee, MARCH)
    decide(people, lift.grantee, proposer=insider, account_number="6666666666")
    paid = settle(people, register(people, lift))
    decide(people, lift.grantee, proposer=insider, **numbers(honest))
    assert details.paid_on(paid).after["account_number"] == "6666666666"
    client.force_login(people.rikke)
    assert "666 666 6666" in client.get(f"/revision/posteringer/{paid.pk}/").text.replace("\u00a0", " ")
    client.force_login(people.maria)
    assert "666 666 6666" in client.get("/tilskud/").text.replace("\u00a0", " "), "the grantee sees where it went"


def test_the_change_and_the_change_back_stand_in_the_history(insider, people, lift, client):
    honest = details.in_force(lift.grantee, MARCH)
    decide(people, lift.grantee, proposer=insider, account_number="6666666666")
    decide(people, lift.grantee, proposer=insider, **numbers(honest))
    client.force_login(people.rikke)
    assert [one.after["account_number"] for one in details.history(lift.grantee)] == [
        honest.after["account_number"],
        "6666666666",
        honest.after["account_number"],
    ]
    client.force_login(people.sofie)
    page = client.get(f"/admin/initiatives/grantee/{lift.grantee_id}/change/").text.replace("\u00a0", " ")
    assert "666 666 6666" in page
    assert page.count("Anna Bruun") >= 2
