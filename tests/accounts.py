"""What the tests of accounts share: a payment, the papers, accounts handed in, and a new earmark of any size."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from djmoney.money import Money

from ensomhed.models import User
from initiatives import accounts, decisions, payments, vouchers
from initiatives.models import AccountsDecision, AccountsReport, AccountsUse, Earmark, LocalActor
from ledger import booking
from ledger.kinds import AccountKind
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests import documents

FME, LIFT, SBST = "landsindsats-folkebevaegelsen", "lift-mary-fonden", "landsindsats-sbst"
YEAR = {"starts": date(2023, 1, 1), "ends": date(2023, 12, 31)}
DAY = date(2024, 4, 30)


def kr(text: str) -> Money:
    return Money(Decimal(text), "DKK")


def earmark(slug: str) -> Earmark:
    return Earmark.objects.with_accounts().get(slug=slug)


@pytest.fixture
def papers(people):
    """The accounts, the auditor's statement and the performance audit."""
    return [vouchers.keep(people.sofie, documents.pdf(name), f"{name}.pdf") for name in ("regnskab", "erklæring", "forvaltningsrevision")]


@pytest.fixture
def pay(people, voucher):
    """Sofie registers a payment and Anders approves it."""

    def paid(to: Earmark, amount: str, day: date = date(2023, 3, 1)) -> Transfer:
        pending = payments.register_disbursement(people.sofie, to, amount=kr(amount), value_date=day, voucher=voucher, key=uuid.uuid4())
        return payments.approve(people.anders, pending, key=uuid.uuid4())

    return paid


@pytest.fixture
def receive(people, papers):
    """Sofie receives whole accounts for 2023, but for the changes."""

    def received(of: Earmark, used: str, /, **changes) -> AccountsReport:
        report, statement, audit = papers
        sound = {
            **YEAR,
            "used": kr(used),
            "received_on": DAY,
            "voucher": report,
            "auditors_statement": statement,
            "performance_audit": audit,
            "key": uuid.uuid4(),
        }
        return accounts.receive(changes.pop("by", people.sofie), of, **{**sound, **changes})

    return received


@pytest.fixture
def new_earmark_of(people, voucher):
    """Opens an earmark of this amount for Røde Kors, with money that another one gives back: decided by Mette and Lars, nothing received yet."""

    def opened(amount: str) -> Earmark:
        other = earmark("faellesskabsguides-roede-kors")
        frame = other.initiative.frame
        payments.approve(
            people.lars,
            decisions.release(people.mette, other, amount=kr(amount), value_date=date(2023, 1, 5), voucher=voucher, key=uuid.uuid4()),
            key=uuid.uuid4(),
        )
        account = booking.open_account("earmark:proeve", "Prøve", AccountKind.EARMARK, parent=frame.account)
        beside = {
            kind: booking.open_account(f"{prefix}:proeve", "Prøve", kind, parent=account, holder="roede-kors" if kind == AccountKind.GRANTEE else "")
            for prefix, kind in (("grantee", AccountKind.GRANTEE), ("used", AccountKind.USED), ("written-off", AccountKind.WRITTEN_OFF))
        }
        opened = Earmark.objects.create(
            slug="proeve", initiative=other.initiative, grantee=other.grantee, amount=kr(amount), award=Earmark.Award.DIRECT_AWARD, source="en prøve",
            account=account, grantee_account=beside[AccountKind.GRANTEE], used_account=beside[AccountKind.USED],
            written_off_account=beside[AccountKind.WRITTEN_OFF],
        )  # fmt: skip
        proposed = decisions.earmark(people.mette, opened, amount=kr(amount), value_date=date(2023, 1, 5), voucher=voucher, key=uuid.uuid4())
        payments.approve(people.lars, proposed, key=uuid.uuid4())
        return opened

    return opened


@pytest.fixture
def new_earmark(new_earmark_of) -> Earmark:
    return new_earmark_of("600000.00")


def balance(account) -> str:
    account.refresh_from_db()
    return f"{account.balance.amount:.2f}"


@contextmanager
def refused(rule: str) -> Iterator[None]:
    """Fails unless what happens inside is refused by this rule."""
    with pytest.raises(LedgerError) as refusal:
        yield
    assert refusal.value.rule == rule, str(refusal.value)


def give_accounts_to(use: Transfer, received_by: User, checked_by: User) -> None:
    """Puts approved accounts behind a use that was registered in the books: received for a day of their own, counting as used what it documents."""
    of = Earmark.objects.with_accounts().get(used_account=use.credit_account_id)
    actor = None
    if use.debit_account_id != of.grantee_account_id:
        account = use.debit_account
        actor, _ = LocalActor.objects.get_or_create(
            earmark=of, slug=account.holder, defaults={"name": account.name, "municipality_code": "461", "account": account}
        )
    day = date(2023, 1, 1) + timedelta(days=AccountsReport.objects.filter(earmark=of, actor=actor).count())
    report = AccountsReport(
        key=uuid.uuid4(), earmark=of, actor=actor, starts=day, ends=day, used=use.amount, received_on=day, received_by=received_by,
        voucher_id=use.voucher_sha256, auditors_statement_id=use.voucher_sha256, performance_audit_id=use.voucher_sha256,
    )  # fmt: skip
    booking.insert(report)
    booking.insert(AccountsDecision(key=uuid.uuid4(), accounts_id=report.pk, approved=True, value_date=day, decided_by=checked_by))
    booking.insert(AccountsUse(accounts=report, transfer=use))
