"""Weakness 6: the reminder for final accounts could be switched off.

She paid a grant that nobody was ever to account for, and clicked a box so that the system never asked: no reminder went out, and no payment stopped. Here
there is no box. The deadlines follow from the grant, the reminders from the deadlines and the clock, and PostgreSQL writes both. What is left to her is to
record that the accounts came, with her name and the document on it, or to ask management for more time. Everything else is tried below, as somebody who sits
in every group: through the pages, the verbs, the models, and SQL as the application and even as the owner.
"""

import uuid
from datetime import date, timedelta

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ensomhed import roles
from initiatives import deadlines, vouchers
from initiatives.control import proposals
from initiatives.deadlines import reminders
from initiatives.models import Deadline, Notice, Proposal, Receipt, ReceiptRejection, Reminder
from ledger.refusals import LedgerError
from tests import documents
from tests.granting import grant

TABLES = ("initiatives_deadline", "initiatives_receipt", "initiatives_receiptrejection", "initiatives_reminder")


@pytest.fixture
def late(people, insider) -> Deadline:
    """What she wants nobody to ask for: it was due a week ago."""
    earmark = grant(people.by_name, timezone.localdate() - timedelta(days=37))
    return Deadline.objects.get(earmark=earmark, what="terms")


@pytest.fixture
def paper(insider):
    return vouchers.keep(insider, documents.pdf("Alt er i orden"), "alt-er-i-orden.pdf")


def refused(rule: str):
    return pytest.raises(LedgerError, check=lambda refusal: refusal.rule == rule)


def asked_for(deadline: Deadline) -> bool:
    """Whether the next run of the timer reminds of it."""
    before = set(Reminder.objects.values_list("pk", flat=True))
    reminders.send()
    return Reminder.objects.exclude(pk__in=before).filter(deadline=deadline).exists()


def test_no_page_and_no_list_offers_to_switch_a_reminder_off(client, insider, late):
    client.force_login(insider)
    listed, shown = client.get("/admin/initiatives/deadline/"), client.get(late.get_absolute_url())
    assert listed.context["cl"].model_admin.actions is None
    for page in (listed, shown):
        assert "Slet" not in page.content.decode()
    for address in ("/admin/initiatives/deadline/", late.get_absolute_url()):
        assert client.post(address, {"action": "delete_selected", "_selected_action": late.pk, "due": "31.12.9999", "post": "yes"}).status_code == 405
    for gone in ("add/", f"{late.pk}/delete/", f"{late.pk}/history/"):
        assert client.post(f"/admin/initiatives/deadline/{gone}").status_code == 404
    assert asked_for(late)


def test_the_longer_deadline_that_she_asks_for_is_not_hers_to_grant(client, insider, late, paper):
    client.force_login(insider)
    typed = {"key": str(uuid.uuid4()), "due": f"{late.due + timedelta(days=300):%d.%m.%Y}", "reason": "Vi har aftalt det"}
    client.post(f"/admin/initiatives/deadline/{late.pk}/extend/", {**typed, "voucher": SimpleUploadedFile("aftale.pdf", documents.pdf())})
    proposal = Proposal.objects.get(kind="extension", subject=late.subject)
    client.post(proposal.get_absolute_url(), {"decision": "approve", "approve-key": str(uuid.uuid4())})
    with refused("second_person_decides"):
        proposals.approve(insider, proposal, key=uuid.uuid4())
    with pytest.raises(DatabaseError, match="cannot approve"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_at, decided_by_id) VALUES (%s, %s, true, '', now(), %s)",
            [uuid.uuid4(), proposal.pk, insider.pk],
        )
    assert Deadline.objects.in_force().get(pk=late.pk).due_in_force == late.due
    assert asked_for(late)


def test_not_even_management_moves_a_deadline_out_of_sight(insider, people, late, paper):
    for day in (date(9999, 12, 31), late.due + timedelta(days=400)):
        with refused("extension_is_later_and_ends"):
            deadlines.extend(insider, late, due=day, reason="Vi har aftalt det", voucher=paper, key=uuid.uuid4())


def test_paying_in_spite_of_it_stops_no_reminder_and_is_listed_for_ever(insider, people, late, paper):
    proposal = deadlines.override(insider, late, until=timezone.localdate(), reason="Det haster", voucher=paper, key=uuid.uuid4())
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    assert deadlines.overrides().filter(pk=proposal.pk).exists()
    assert asked_for(late)


def test_through_the_models_nothing_is_moved_deleted_or_made_up(people, late):
    deadlines.reject(people.anders, Receipt.objects.first(), reason="Forkert")
    assert asked_for(late)
    deeds = {
        "the deadline moved": lambda: Deadline.objects.update(due=date(2099, 1, 1)),
        "the deadline deleted": lambda: Deadline.objects.filter(pk=late.pk)._raw_delete("default"),
        "a deadline of one's own": lambda: Deadline.objects.create(earmark=late.earmark, what="accounts", year=2099, due=date(2099, 1, 1)),
        "a reminder made up": lambda: Reminder.objects.create(deadline=late, due=late.due, rung=21),
        "the reminders deleted": lambda: Reminder.objects.all()._raw_delete("default"),
        "a receipt changed": lambda: Receipt.objects.update(deadline=late),
        "the rejections deleted": lambda: ReceiptRejection.objects.all()._raw_delete("default"),
    }
    done = []
    for name, deed in deeds.items():
        try:
            with transaction.atomic():
                deed()
        except DatabaseError:
            continue
        done.append(name)
    assert done == []


@pytest.mark.parametrize("role", [roles.APPLICATION, roles.OWNER])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = DEFAULT", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_sql_changes_and_deletes_nothing_neither_as_the_application_nor_as_the_owner(committed, people, late, role, statement):
    reminders.send()
    deadlines.reject(people.anders, Receipt.objects.first(), reason="Forkert")
    for table in TABLES:
        with committed.connect(role) as sql, pytest.raises(psycopg.Error) as refusal:
            sql.execute(statement.format(table))
        assert refusal.value.sqlstate == "42501" or refusal.value.diag.constraint_name == "controls_are_only_added_to", table


def test_sql_makes_up_neither_a_deadline_nor_a_reminder_that_went_out(committed, late):
    made_up = (
        f"INSERT INTO initiatives_reminder (deadline_id, due, rung, sent_at) VALUES ({late.pk}, '{late.due}', 7, now())",
        f"INSERT INTO initiatives_deadline (earmark_id, what, year, final, due, made_at) VALUES ({late.earmark_id}, 'accounts', 2099, true, '2099-01-01', now())",
        "CREATE OR REPLACE FUNCTION initiatives_today() RETURNS date LANGUAGE sql AS 'SELECT NULL::date'",
        "DROP TRIGGER grantee_is_told_of_reminder ON initiatives_reminder",
    )
    for statement in made_up:
        with committed.connect() as sql, pytest.raises(psycopg.errors.InsufficientPrivilege):
            sql.execute(statement)
    assert asked_for(late)


def test_the_one_function_that_writes_reminders_writes_only_what_is_due_and_the_grantee_is_told(committed, people, late):
    with committed.connect(autocommit=True) as sql:
        sql.execute("SET TimeZone = 'Pacific/Kiritimati'")  # her own clock is nobody's
        sql.execute("SELECT * FROM initiatives_remind()")
        assert sql.execute("SELECT * FROM initiatives_remind()").fetchall() == []
    reminder = Reminder.objects.get(deadline=late)
    assert (reminder.due, reminder.rung) == (late.due, 7)
    notice = Notice.objects.get(reminder=reminder)
    assert notice.grantee == late.earmark.grantee
    assert notice.deliveries.filter(address=people.maria.email).exists()


def test_what_she_says_has_come_carries_her_name_and_her_document_and_falls_when_somebody_looks(insider, people, late, paper):
    receipt = deadlines.receive(insider, late, received_on=timezone.localdate(), voucher=paper, key=uuid.uuid4())
    assert (receipt.recorded_by, receipt.voucher) == (insider, paper)
    assert not asked_for(late)
    with refused("receipt_is_rejected_by_another"):  # nor does she tidy up after herself
        deadlines.reject(insider, receipt, reason="Den kom alligevel ikke")
    deadlines.reject(people.søren, receipt, reason="Dokumentet er ikke tilskudsmodtagerens")
    assert asked_for(late)
    assert Receipt.objects.filter(pk=receipt.pk).exists()


def test_she_does_not_say_that_it_came_before_it_could_or_on_a_day_that_has_not_been(insider, late, paper):
    for day in (late.due - timedelta(days=31), timezone.localdate() + timedelta(days=1)):
        with refused("receipt_is_dated_when_it_came"):
            deadlines.receive(insider, late, received_on=day, voucher=paper, key=uuid.uuid4())


def test_while_it_is_missing_no_money_leaves_whoever_asks_and_however(committed, insider, people, paper):
    grant(people.by_name)
    book = """
        SELECT * FROM ledger_book(p_key => gen_random_uuid(), p_step => 'pending', p_booked_by => %s, p_kind => 'disbursement', p_amount => 1000.00,
            p_debit => 'earmark:ny-indsats', p_credit => 'grantee:ny-indsats', p_value_date => %s, p_voucher_sha256 => %s)
    """
    for person in (insider.pk, people.sofie.pk):
        with committed.connect() as sql, pytest.raises(psycopg.Error) as refusal:
            sql.execute(book, [person, date(2023, 4, 3), paper.sha256])
        assert refusal.value.diag.constraint_name == "terms_are_accepted"
