"""The verb that a case officer uses, for `manage.py bench ledger`; and the people, document and earmarks that it needs."""

import uuid
from decimal import Decimal

from djmoney.money import Money

from ensomhed.models import User
from initiatives import paper, payments, vouchers
from initiatives.access.operator import appoint
from initiatives.control import proposals
from initiatives.deadlines.demo import accept_terms
from initiatives.models import Agreement, Earmark, Frame, Grantee, Initiative, Voucher
from initiatives.receiving import details, grantees
from ledger.bench_contenders import OERE, Post
from ledger.bench_ground import FIRST, LAST, Ground
from ledger.models import Account

DOCUMENT = "benchmark.pdf"


def ground() -> Ground:
    """Two who pay, two who grant, and the document behind everything they book."""
    registrar = _somebody("registrar", "Sagsbehandler")
    document = vouchers.keep(registrar, paper.pdf(["benchmark"]), DOCUMENT)
    return Ground(registrar, _somebody("approver", "Godkender"), _somebody("proposer", "Ledelse"), _somebody("decider", "Ledelse"), document.sha256)


def _somebody(name: str, role: str) -> User:
    person = User.objects.create(username=name)
    appoint(person, role)
    return person


def describe(ground: Ground) -> None:
    """An approved grantee, and an earmark as initiatives knows it for every earmark account of the books."""
    document = Voucher.objects.defer("content").get(name=DOCUMENT)
    proposal = grantees.propose(ground.proposer, name="Bench", state_agency=False, reason="bench", voucher=document, key=uuid.uuid4())
    proposals.approve(ground.decider, proposal, key=uuid.uuid4())
    nothing = Money(Decimal("1.00"), "DKK")
    agreement = Agreement.objects.create(slug="bench", name="Bench", name_en="Bench", stated_sum=nothing, source="bench")
    frame = Frame.objects.create(
        slug="bench",
        agreement=agreement,
        name="Bench",
        name_en="Bench",
        amount=nothing,
        starts=FIRST,
        ends=LAST,
        source="bench",
        account=Account.objects.get(code="frame:bench"),
    )
    initiative = Initiative.objects.create(slug="bench", frame=frame, name="Bench", name_en="Bench", purpose="bench", purpose_en="bench")
    grantee = Grantee.objects.get(slug="bench")
    for account in Account.objects.filter(code__startswith="earmark:bench-"):
        own = {child.kind: child for child in account.children.all()}
        Earmark.objects.create(
            slug=account.code.removeprefix("earmark:"),
            initiative=initiative,
            grantee=grantee,
            amount=nothing,
            award=Earmark.Award.DIRECT_GRANT,
            must_pass_on=True,
            source="bench",
            account=account,
            grantee_account=own["grantee"],
            used_account=own["used"],
            written_off_account=own["written_off"],
        )


def make_ready(ground: Ground) -> None:
    """What every payment needs: terms that are accepted, and payment details that others proposed, verified and approved."""
    accept_terms({"sofie": ground.registrar})
    grantee, document = Grantee.objects.get(slug="bench"), Voucher.objects.defer("content").get(name=DOCUMENT)
    content = {"method": details.Method.ACCOUNT, "registration_number": "9999", "account_number": "0000000001"}
    proposal = details.propose(_somebody("keeper", "Stamdata"), grantee, effective_from=FIRST, reason="bench", voucher=document, key=uuid.uuid4(), **content)
    proposals.verify(_somebody("verifier", "Stamdata"), proposal, how="bench")
    proposals.approve(ground.decider, proposal, key=uuid.uuid4())


def register_disbursement() -> Post:
    """The whole domain verb: the person's rights read afresh as in every request, a transaction of its own, the voucher looked up when it ends."""
    by = User.objects.get(username="registrar")
    voucher = Voucher.objects.defer("content").get(name=DOCUMENT)
    earmarks = {earmark.slug: earmark for earmark in Earmark.objects.with_accounts()}

    def post(pair: int) -> None:
        by.__dict__.pop("_rights", None)
        payments.register_disbursement(by, earmarks[f"bench-{pair}"], amount=OERE, value_date=LAST, voucher=voucher, key=uuid.uuid4())

    return post
