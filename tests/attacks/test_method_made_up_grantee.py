"""Her method: a made-up grantee with her own account.

She registered an association that did not exist, with her own bank account, granted it money and paid it. Here that takes a proposal with a document that
another person in management approves, details that a third and a fourth person verify and approve, an earmarking that management approves, and two more to
pay; and whoever had a hand in an earlier step has none in a later one. Anna, alone, with every role, gets nowhere; with one accomplice she still does not.
"""

import uuid

import pytest
from django.core.exceptions import PermissionDenied

from initiatives.control import proposals
from initiatives.models import Grantee
from initiatives.receiving import details
from ledger.refusals import LedgerError
from tests.attacks.blows import DECIDE, VERIFY, book, propose, refused_by_postgresql
from tests.receiving import ACCOUNT, MARCH, propose_grantee
from tests.receiving import propose as propose_details

ASSOCIATION = {"name": "Foreningen Varme Hænder", "cvr": "66666668", "state_agency": False}


def test_alone_she_makes_no_grantee(insider, people, committed):
    proposal = propose_grantee(people, by=insider, **ASSOCIATION)
    with pytest.raises(LedgerError) as refusal:
        proposals.approve(insider, proposal, key=uuid.uuid4())
    assert refusal.value.rule == "second_person_decides"
    with committed.connect() as connection:
        refused_by_postgresql("second_person_decides", lambda: connection.execute(DECIDE, [proposal.pk, insider.pk]))
        connection.rollback()
        refused_by_postgresql(
            "42501",
            lambda: connection.execute("INSERT INTO initiatives_grantee (slug, name, cvr, state_agency) VALUES ('varme', 'Varme', '', false)"),
        )
    assert not Grantee.objects.filter(name=ASSOCIATION["name"]).exists()


def test_no_earmark_is_described_for_a_grantee_that_nobody_approved(insider, people, committed):
    """What is only proposed has no row that an earmark could name."""
    proposal = propose_grantee(people, by=insider, **ASSOCIATION)
    with committed.connect() as connection:
        refused_by_postgresql(
            "earmark_goes_to_an_approved_grantee",
            lambda: connection.execute(
                "INSERT INTO initiatives_earmark (slug, grantee_id) VALUES ('varme', (SELECT id FROM initiatives_grantee WHERE slug = %s))", [proposal.subject]
            ),
        )


def test_with_one_accomplice_she_still_gets_no_account_on_it(insider, people, committed):
    """Lars approves the grantee without looking. The account needs two more people, and neither of them is she."""
    proposals.approve(people.lars, propose_grantee(people, by=insider, **ASSOCIATION), key=uuid.uuid4())
    grantee = Grantee.objects.get(name=ASSOCIATION["name"])
    account = propose_details(people, grantee, by=insider, account_number="6666666666")
    for blow in (
        lambda: proposals.verify(insider, account, how="Ringet"),
        lambda: proposals.approve(people.lars, account, key=uuid.uuid4()),
    ):
        with pytest.raises(LedgerError):
            blow()
    with pytest.raises(PermissionDenied):
        proposals.verify(people.lars, account, how="Ringet")
    with committed.connect() as connection:
        refused_by_postgresql("verifier_holds_the_right", lambda: connection.execute(VERIFY, [account.pk, people.lars.pk]))
    assert details.in_force(grantee, MARCH) is None


def test_with_everybody_fooled_until_then_she_does_not_pay_it(insider, people, committed, lift):
    """Grantee, details and grant were approved by honest people on false documents. The payment is not hers to register nor to approve."""
    proposals.approve(people.lars, propose_grantee(people, by=insider, **ASSOCIATION), key=uuid.uuid4())
    grantee = Grantee.objects.get(name=ASSOCIATION["name"])
    account = propose_details(people, grantee, **{**ACCOUNT, "account_number": "6666666666"})
    proposals.verify(people.karen, account, how="Ringet til det nummer, der stod i brevet")
    proposals.approve(people.mette, account, key=uuid.uuid4())
    slug = grantee.slug
    with committed.connect() as connection:
        for code, kind, parent, holder in (
            (f"earmark:{slug}", "earmark", "frame:ensomhed-2023-2025", ""),
            (f"grantee:{slug}", "grantee", f"earmark:{slug}", slug),
            (f"used:{slug}", "used", f"earmark:{slug}", ""),
            (f"written-off:{slug}", "written_off", f"earmark:{slug}", ""),
        ):
            connection.execute("SELECT ledger_open_account(%s, 'Varme Hænder', %s, %s, %s)", [code, kind, parent, holder])
        connection.execute(
            "INSERT INTO initiatives_earmark (slug, track, track_en, amount, amount_currency, award, must_pass_on, must_partner, condition, condition_en, source,"
            " initiative_id, grantee_id, account_id, grantee_account_id, used_account_id, written_off_account_id)"
            " SELECT %s, '', '', 1000, 'DKK', 'direct_grant', false, false, '', '', 'Aftalen', e.initiative_id, %s, a.id, r.id, u.id, w.id"
            " FROM initiatives_earmark e, ledger_account a, ledger_account r, ledger_account u, ledger_account w WHERE e.slug = 'lift-mary-fonden'"
            " AND a.code = 'earmark:' || %s AND r.code = 'grantee:' || %s AND u.code = 'used:' || %s AND w.code = 'written-off:' || %s",
            [slug, grantee.pk, slug, slug, slug, slug],
        )
        connection.commit()
        payment = {"kind": "disbursement", "debit": f"earmark:{slug}", "credit": f"grantee:{slug}", "amount": 1000, "day": MARCH}
        released = {"kind": "reallocation", "debit": lift.account.code, "credit": f"earmark:{slug}", "amount": 1000, "day": MARCH}
        book(connection, "pending", people.mette, **released)
        (pending,) = connection.execute("SELECT max(id) FROM ledger_transfer").fetchone()
        book(connection, "post", people.lars, pending=pending)
        connection.commit()
        refused_by_postgresql("grant_hands_do_not_pay", lambda: book(connection, "pending", insider, **payment))


def test_the_same_cvr_number_does_not_make_two_grantees(insider, people, committed):
    proposals.approve(people.lars, propose_grantee(people, by=insider, **ASSOCIATION), key=uuid.uuid4())
    with committed.connect() as connection:
        refused_by_postgresql(
            "grantee_cvr_is_its_own", lambda: propose(connection, insider, "grantee", {**ASSOCIATION, "name": "Varme Hænder 2"}, subject="varme-haender-2")
        )
