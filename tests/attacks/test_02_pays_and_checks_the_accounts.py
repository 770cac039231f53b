"""Weakness 2: the same person paid and checked the accounts.

What she did: she paid grants that had no project behind them, and when their accounts were due she was the one who checked them. She wrote that they
were in order, and nobody else ever opened them.

What stops her: accounts are received by one person and approved by another, and whoever registered or approved any payment to the grantee, or from it,
cannot approve its accounts, whatever roles they hold; nor can whoever approved its accounts pay it afterwards. Nothing is documented as used without
accounts, and accounts come with the statements that the grant's size asks for. PostgreSQL says so, whichever way she comes.
"""

import uuid
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from djmoney.money import Money

from initiatives import accounts, decisions, movements, payments, vouchers
from initiatives.control import proposals
from initiatives.models import AccountsDecision, AccountsReport, AccountsUse, Claim, Earmark
from ledger.kinds import Cause
from ledger.models import Transfer
from ledger.refusals import LedgerError, SecondPerson
from tests import documents

DAY, RECEIVED = date(2023, 3, 1), date(2024, 4, 30)


def kr(amount: str) -> Money:
    return Money(Decimal(amount), "DKK")


@pytest.fixture
def fme(people) -> Earmark:
    return Earmark.objects.with_accounts().get(slug="landsindsats-folkebevaegelsen")


@pytest.fixture
def papers(people):
    return {name: vouchers.keep(people.sofie, documents.pdf(name), f"{name}.pdf") for name in ("voucher", "auditors_statement", "performance_audit")}


def pay(registrar, approver, earmark, voucher) -> Transfer:
    pending = payments.register_disbursement(registrar, earmark, amount=kr("500000"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    return payments.approve(approver, pending, key=uuid.uuid4())


def receive(by, earmark, papers, used: str = "480000", **changes) -> AccountsReport:
    sound = {"starts": date(2023, 1, 1), "ends": date(2023, 12, 31), "used": kr(used), "received_on": RECEIVED, "key": uuid.uuid4(), **papers}
    return accounts.receive(by, earmark, **{**sound, **changes})


def every_way(committed, client, insider, report) -> None:
    """Her attempts to approve accounts: page, forged forms, bulk action, API, verbs, ORM, SQL as the application. All must be refused."""
    client.force_login(insider)
    page, pending = report.get_absolute_url(), report.uses.get().transfer
    form = {"decision": "approve", "approve-key": str(uuid.uuid4()), "approve-value_date": "21.05.2024"}
    assert client.post(page, form).status_code == 403
    assert client.post(f"/admin/initiatives/payment/{pending.pk}/settle/", form).status_code in (302, 403)
    client.post("/admin/ledger/transfer/", {"action": "approve", "_selected_action": [pending.pk]})
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post(f"/api/v1/disbursements/{pending.pk}/approve/", headers=headers, content_type="application/json", data="{}").status_code in (
        403,
        404,
        409,
    )
    for attempt in (
        lambda: accounts.approve(insider, report, key=uuid.uuid4()),
        lambda: payments.approve(insider, pending, key=uuid.uuid4()),
    ):
        with pytest.raises(LedgerError):
            attempt()
    with pytest.raises(DatabaseError), transaction.atomic():
        AccountsDecision.objects.create(key=uuid.uuid4(), accounts=report, approved=True, value_date=RECEIVED, decided_by=insider)
    with pytest.raises(DatabaseError), transaction.atomic():
        AccountsDecision.objects.bulk_create([AccountsDecision(key=uuid.uuid4(), accounts=report, approved=True, value_date=RECEIVED, decided_by=insider)])
    with committed.connect(autocommit=True) as sql:
        for statement in (
            "INSERT INTO initiatives_accountsdecision (key, accounts_id, approved, reason, value_date, decided_by_id) VALUES (gen_random_uuid(), %(report)s, true, '', '2024-05-21', %(her)s)",
            "SELECT ledger_book(gen_random_uuid(), 'post', %(her)s, p_pending => %(pending)s)",
            "UPDATE initiatives_accountsreport SET received_by_id = %(her)s WHERE id = %(report)s",
            "DELETE FROM initiatives_accountsreport WHERE id = %(report)s",
        ):
            with pytest.raises(psycopg.Error):
                sql.execute(statement, {"report": report.pk, "her": insider.pk, "pending": pending.pk})
    assert not AccountsDecision.objects.filter(accounts=report).exists()
    assert not Transfer.objects.filter(pending=pending).exists()


def test_whoever_registered_a_payment_does_not_check_the_accounts(client, committed, people, insider, fme, papers):
    pay(insider, people.anders, fme, papers["voucher"])
    report = receive(people.sofie, fme, papers)
    with pytest.raises(SecondPerson, match="har registreret eller godkendt betalinger"):
        accounts.approve(insider, report, key=uuid.uuid4())
    every_way(committed, client, insider, report)
    accounts.approve(people.ida, report, key=uuid.uuid4())


def test_whoever_approved_a_payment_does_not_check_the_accounts(client, committed, people, insider, fme, papers):
    pay(people.sofie, insider, fme, papers["voucher"])
    every_way(committed, client, insider, receive(people.sofie, fme, papers))


def test_whoever_registered_what_came_back_does_not_check_the_accounts(client, committed, people, insider, fme, papers):
    pay(people.sofie, people.anders, fme, papers["voucher"])
    movements.repay(insider, fme, amount=kr("10"), cause=Cause.OTHER, value_date=date(2023, 6, 1), key=uuid.uuid4())
    every_way(committed, client, insider, receive(people.sofie, fme, papers))


def test_a_payment_on_another_grant_of_the_grantee_counts_as_well(people, insider, papers):
    """The agency has two earmarks: she pays on one and checks the accounts of the other."""
    campaign, office = (Earmark.objects.with_accounts().get(slug=slug) for slug in ("landsindsats-sbst", "sekretariat-sbst"))
    pay(insider, people.anders, campaign, papers["voucher"])
    pay(people.sofie, people.anders, office, papers["voucher"])
    with pytest.raises(SecondPerson):
        accounts.approve(insider, receive(people.sofie, office, papers), key=uuid.uuid4())


def test_whoever_received_the_accounts_does_not_approve_them(client, committed, people, insider, fme, papers):
    pay(people.sofie, people.anders, fme, papers["voucher"])
    report = receive(insider, fme, papers)
    every_way(committed, client, insider, report)
    with pytest.raises(LedgerError):
        accounts.reject(insider, report, reason="For sent", key=uuid.uuid4())


def test_whoever_approved_the_accounts_does_not_pay_afterwards(committed, people, insider, fme, papers):
    """The other order: she checks first and pays later, as registrar, as approver, by verb and by SQL."""
    pay(people.sofie, people.anders, fme, papers["voucher"])
    accounts.approve(insider, receive(people.sofie, fme, papers), key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal:
        payments.register_disbursement(insider, fme, amount=kr("1"), value_date=RECEIVED, voucher=papers["voucher"], key=uuid.uuid4())
    assert refusal.value.rule == "payer_did_not_check_the_accounts"
    pending = payments.register_disbursement(people.sofie, fme, amount=kr("1"), value_date=RECEIVED, voucher=papers["voucher"], key=uuid.uuid4())
    with pytest.raises(LedgerError):
        payments.approve(insider, pending, key=uuid.uuid4())
    with committed.connect() as sql, pytest.raises(psycopg.Error) as refused:
        sql.execute("SELECT ledger_book(gen_random_uuid(), 'post', %s, p_pending => %s)", [insider.pk, pending.pk])
    assert refused.value.diag.constraint_name == "payer_did_not_check_the_accounts"
    assert not Transfer.objects.filter(pending=pending).exists()


def test_nothing_is_documented_as_used_without_accounts(committed, people, insider, fme, papers):
    """She skips the accounts: a use registered and approved by the verbs of the books, by SQL, and one hung on somebody else's accounts."""
    pay(people.sofie, people.anders, fme, papers["voucher"])
    with pytest.raises(LedgerError) as refusal:
        movements.document_use(insider, fme, amount=kr("1"), value_date=RECEIVED, voucher=papers["voucher"], key=uuid.uuid4())
    assert refusal.value.rule == "documented_use_has_accounts"
    book = """SELECT (ledger_book(gen_random_uuid(), 'pending', %(her)s, 'documented_use', 'grantee:landsindsats-folkebevaegelsen', 'used:landsindsats-folkebevaegelsen',
              1, '2024-04-30', p_voucher_sha256 => %(voucher)s)).id"""
    hers = {"her": insider.pk, "voucher": papers["voucher"].pk}
    with committed.connect() as sql:
        (pending,) = sql.execute(book, hers).fetchone()
        sql.execute("SELECT ledger_book(gen_random_uuid(), 'post', %s, p_pending => %s)", [people.ida.pk, pending])
        with pytest.raises(psycopg.Error) as refused:
            sql.commit()
    assert refused.value.diag.constraint_name == "documented_use_has_accounts"
    report = receive(people.sofie, fme, papers)
    with committed.connect() as sql:
        (pending,) = sql.execute(book, hers).fetchone()
        with pytest.raises(psycopg.Error) as refused:
            sql.execute("INSERT INTO initiatives_accountsuse (accounts_id, transfer_id) VALUES (%s, %s)", [report.pk, pending])
    assert refused.value.diag.constraint_name == "accounts_document_no_more_than_was_used"
    assert AccountsUse.objects.count() == 1


def test_accounts_say_no_more_than_the_papers_behind_them(committed, people, insider, fme, papers):
    """She hands in accounts herself by SQL: without the auditor, with a number that is none, for money that was never passed on to an actor."""
    insert = """INSERT INTO initiatives_accountsreport (key, earmark_id, starts, ends, used, used_currency, final, received_on, received_by_id, voucher_id,
                auditors_statement_id, performance_audit_id, case_number, text)
                VALUES (gen_random_uuid(), %(earmark)s, '2023-01-01', '2023-12-31', %(used)s, 'DKK', false, '2024-04-30', %(her)s, %(paper)s, %(audit)s, %(audit)s, '', '')"""
    paper = papers["voucher"].pk
    for changes, rule in (
        ({"audit": None}, "accounts_come_with_their_statements"),
        ({"used": "NaN"}, "accounts_state_whole_oere"),
        ({"used": "0.006"}, "accounts_state_whole_oere"),
        ({"her": people.ida.pk}, "accounts_receiver_holds_the_right"),
    ):
        with committed.connect() as sql, pytest.raises(psycopg.Error) as refused:
            sql.execute(insert, {"earmark": fme.pk, "used": "1", "her": insider.pk, "paper": paper, "audit": paper, **changes})
        assert refused.value.diag.constraint_name == rule


def test_she_does_not_disallow_and_approve_it_herself(people, insider, fme, papers):
    """Disallowing use gives money back to a claim: as proposer, and as payer, she does not decide on it."""
    pay(people.sofie, insider, fme, papers["voucher"])
    report = receive(people.sofie, fme, papers)
    accounts.approve(people.ida, report, key=uuid.uuid4())
    asked = {"value_date": date(2024, 9, 2), "reason": "Rejser", "voucher": papers["auditors_statement"]}
    own = accounts.disallow(insider, report, used=kr("1"), key=uuid.uuid4(), **asked)
    with pytest.raises(SecondPerson):
        proposals.approve(insider, own, key=uuid.uuid4())
    proposals.withdraw(insider, own, key=uuid.uuid4())
    others = accounts.disallow(people.sofie, report, used=kr("1"), key=uuid.uuid4(), **asked)
    with pytest.raises(SecondPerson):
        proposals.approve(insider, others, key=uuid.uuid4())
    assert not Claim.objects.exists()


def test_paying_and_checking_in_the_same_moment_do_not_slip_past_each_other(committed, people, insider, fme, papers):
    """Two windows: in one she approves a payment and waits, in the other she approves the accounts. One of the two is refused."""
    pay(people.sofie, people.anders, fme, papers["voucher"])
    report = receive(people.sofie, fme, papers, used="0")
    pending = payments.register_disbursement(people.sofie, fme, amount=kr("1"), value_date=RECEIVED, voucher=papers["voucher"], key=uuid.uuid4())
    decide = "INSERT INTO initiatives_accountsdecision (key, accounts_id, approved, reason, value_date, decided_by_id) VALUES (gen_random_uuid(), %s, true, '', '2024-04-30', %s)"
    with committed.connect() as paying, committed.connect(options="-c lock_timeout=500ms") as checking:
        paying.execute("SELECT ledger_book(gen_random_uuid(), 'post', %s, p_pending => %s)", [insider.pk, pending.pk])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            checking.execute(decide, [report.pk, insider.pk])
        checking.rollback()
        paying.commit()
        with pytest.raises(psycopg.Error) as refused:
            checking.execute(decide, [report.pk, insider.pk])
        assert refused.value.diag.constraint_name == "accounts_checker_has_no_hand_in_payments"


def test_she_grants_and_checks_but_the_statements_stand(people, insider, fme):
    """Splitting the grant so that no auditor is asked: what was moved to it by decision counts as well."""
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-roede-kors")
    voucher = vouchers.keep(people.sofie, documents.pdf("beslutning"), "beslutning.pdf")
    before = accounts.granted(other)
    moved = decisions.reallocate(people.mette, fme, other, amount=kr("100"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    payments.approve(people.lars, moved, key=uuid.uuid4())
    assert accounts.granted(other) == before + kr("100")
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute("UPDATE initiatives_earmark SET amount = 1 WHERE id = %s", [other.pk])
