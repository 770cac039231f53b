"""What the tests of grantees and payment details share: a change proposed by Nina, verified by Karen and approved by Lars, unless told otherwise."""

import uuid
from datetime import date

from djmoney.money import Money

from initiatives import payments, vouchers
from initiatives.control import proposals
from initiatives.models import Earmark, Grantee, Proposal, Voucher
from initiatives.receiving import details, grantees
from ledger.models import Transfer
from tests import documents

MARCH = date(2023, 3, 1)
ACCOUNT = {"method": "account", "registration_number": "9990", "account_number": "0000123456"}
HOW = "Ringet til organisationens hovednummer"


def document(people, text: str = "Brev fra organisationen") -> Voucher:
    return vouchers.keep(people.nina, documents.pdf(text), "brev.pdf")


def propose(people, grantee: Grantee, *, by=None, **changes) -> Proposal:
    content = {**ACCOUNT, "effective_from": date(2023, 1, 1), "reason": "Ny bank", "voucher": document(people), "key": uuid.uuid4(), **changes}
    return details.propose(by or people.nina, grantee, **content)


def verify(people, proposal: Proposal, *, by=None) -> Proposal:
    proposals.verify(by or people.karen, proposal, how=HOW)
    return proposal


def approve(people, proposal: Proposal, *, by=None) -> Proposal:
    proposals.approve(by or people.lars, proposal, key=uuid.uuid4())
    return proposal


def decide(people, grantee: Grantee, *, proposer=None, verifier=None, approver=None, **changes) -> Proposal:
    """New details, proposed, verified and approved."""
    return approve(people, verify(people, propose(people, grantee, by=proposer, **changes), by=verifier), by=approver)


def register(people, earmark: Earmark, *, by=None, amount: str = "1000", day: date = MARCH) -> Transfer:
    content = {"amount": Money(amount, "DKK"), "value_date": day, "voucher": document(people, "Faktura"), "key": uuid.uuid4()}
    return payments.register_disbursement(by or people.sofie, earmark, **content)


def settle(people, pending: Transfer, *, by=None, **changes) -> Transfer:
    return payments.approve(by or people.anders, pending, key=uuid.uuid4(), **changes)


def propose_grantee(people, *, by=None, **changes) -> Proposal:
    content = {
        "name": "Fonden Nyt Håb",
        "cvr": "99999934",
        "state_agency": False,
        "reason": "Nævnt i aftalen",
        "voucher": document(people),
        "key": uuid.uuid4(),
    }
    return grantees.propose(by or people.mette, **{**content, **changes})


def new_grantee(people) -> Grantee:
    """A grantee that was proposed and approved, and has neither earmark nor payment details."""
    proposal = propose_grantee(people)
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    return Grantee.objects.get(slug=proposal.subject)
