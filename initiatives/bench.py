"""The verb that a case officer uses, for `manage.py bench ledger`; and the people, document and earmarks that it needs."""

import uuid
from decimal import Decimal

from djmoney.money import Money

from ensomhed.models import User
from initiatives import paper, payments, vouchers
from initiatives.access.operator import appoint
from initiatives.models import Agreement, Earmark, Frame, Grantee, Initiative, Voucher
from ledger.bench_contenders import OERE, Post
from ledger.bench_ground import FIRST, LAST, Ground
from ledger.models import Account


def ground() -> Ground:
    """A registrar, an approver and the document behind everything they book."""
    registrar = User.objects.create(username="registrar")
    appoint(registrar, "Sagsbehandler")
    return Ground(registrar, User.objects.create(username="approver"), vouchers.keep(registrar, paper.pdf(["benchmark"]), "benchmark.pdf").sha256)


def lay() -> None:
    """An earmark as initiatives knows it for every earmark account of the books."""
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
    grantee = Grantee.objects.create(slug="bench", name="Bench")
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


def register_disbursement() -> Post:
    """The whole domain verb: the person's rights read afresh as in every request, a transaction of its own, the voucher looked up when it ends."""
    by = User.objects.get(username="registrar")
    voucher = Voucher.objects.defer("content").get()
    earmarks = {earmark.slug: earmark for earmark in Earmark.objects.with_accounts()}

    def post(pair: int) -> None:
        by.__dict__.pop("_rights", None)
        payments.register_disbursement(by, earmarks[f"bench-{pair}"], amount=OERE, value_date=LAST, voucher=voucher, key=uuid.uuid4())

    return post
