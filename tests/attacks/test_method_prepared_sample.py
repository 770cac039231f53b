"""Method: preparing the sample that the auditor gets to see.

What she did: the auditors asked for vouchers and lists, she fetched them, and what they saw was what she had chosen and tidied.

What stops her: auditors help themselves. The journal, its file, every voucher and the log come straight from the books to whoever audits; nobody's
selection, role or session stands between, a file is the same bytes for everybody, and not one row can be taken away, covered or kept out of the log.
"""

import hashlib
import uuid
from datetime import date

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import ProgrammingError
from djmoney.money import Money

from initiatives import payments, vouchers
from initiatives.access import roles
from initiatives.history import search
from initiatives.history.search import Sought
from initiatives.models import Event
from ledger.models import Transfer
from tests import documents

JOURNAL = "/revision/hent/posteringsliste.csv"
COVERS = (
    "CREATE TEMPORARY TABLE ledger_transfer AS SELECT 1",
    "CREATE VIEW pg_temp.ledger_transfer AS SELECT 1",
    "CREATE SCHEMA ensomhed_app",
    "ALTER TABLE ledger_transfer ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY hidden ON ledger_transfer USING (booked_by_id <> 1)",
    "CREATE RULE hidden AS ON SELECT TO ledger_transfer DO INSTEAD SELECT 1",
    "ALTER TABLE initiatives_voucher RENAME TO other",
    "ALTER TABLE ensomhed_user DISABLE TRIGGER ALL",
    "ALTER DATABASE ensomhed SET search_path = pg_temp",
    "DROP FUNCTION _pgtrigger_should_ignore",
)
ROWS = (
    "ledger_transfer",
    "ledger_refusal",
    "initiatives_voucher",
    "initiatives_proposal",
    "initiatives_decision",
    "initiatives_event",
    "initiatives_rolehistory",
)


@pytest.fixture
def payment(people, insider, lift) -> Transfer:
    """What she would rather not have looked at: registered by her, with a voucher of hers."""
    voucher = vouchers.keep(insider, documents.pdf("Faktura 17"), "faktura.pdf")
    pending = payments.register_disbursement(insider, lift, amount=Money("5000", "DKK"), value_date=date(2023, 3, 1), voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def file(client, person, address: str = JOURNAL) -> bytes:
    client.force_login(person)
    return b"".join(client.get(address).streaming_content)


def test_the_auditor_sees_it_in_the_journal_the_file_and_the_log_without_asking_anybody(client, people, insider, payment):
    client.force_login(people.rikke)
    assert client.get(f"/revision/posteringer/{payment.pk}/").status_code == 200
    kept = b"".join(client.get(f"/bilag/{payment.voucher_sha256}/").streaming_content)
    assert hashlib.sha256(kept).hexdigest() == payment.voucher_sha256
    lines = file(client, people.rikke).decode("utf-8-sig").split("\r\n")
    assert len(lines) - 2 == Transfer.objects.count()
    assert sum(str(payment.key) in line for line in lines) == 1


def test_the_file_is_the_same_bytes_whoever_takes_it_out_and_that_is_on_record(client, people, insider, payment):
    address = f"{JOURNAL}?til={payment.pk}"
    files = {file(client, person, address) for person in (people.rikke, insider, people.karen)}
    assert len(files) == 1
    noted = Event.objects.filter(what="exported").values_list("by__username", "figures__sha256")
    assert {who for who, _ in noted} == {"rikke", "anna", "karen"}
    assert {digest for _, digest in noted} == {hashlib.sha256(files.pop()).hexdigest()}


def test_no_row_is_taken_away_or_changed_by_orm_or_sql(committed, insider, payment):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Transfer.objects.filter(pk=payment.pk)._raw_delete("default")
    with pytest.raises(ProgrammingError, match="permission denied"):
        Transfer.objects.filter(pk=payment.pk).update(text="kontorartikler")
    with committed.connect() as connection:
        for table in ROWS:
            for statement in (
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
                f"UPDATE {table} SET id = DEFAULT" if table != "initiatives_voucher" else f"UPDATE {table} SET name = ''",
            ):
                with pytest.raises(psycopg.Error) as said, connection.transaction():
                    connection.execute(statement)
                assert said.value.sqlstate in ("42501", "42703"), statement


@pytest.mark.parametrize("statement", COVERS)
def test_nothing_is_laid_over_the_rows(committed, insider, payment, statement):
    with committed.connect(autocommit=True) as connection, pytest.raises(psycopg.Error) as said:
        connection.execute(statement)
    assert said.value.sqlstate in ("42501", "42P16", "3F000"), statement


def test_the_auditors_right_to_read_is_not_narrowed_and_taking_it_away_is_on_record(client, people, insider, payment):
    with pytest.raises(ProgrammingError, match="permission denied"):
        Group.objects.get(name="Revisor").permissions.clear()
    with pytest.raises(ProgrammingError, match="permission denied"):
        Permission.objects.filter(codename="read_all").delete()
    roles.take_away(insider, people.rikke, Group.objects.get(name="Revisor"))
    client.force_login(people.karen)
    told = [(row.person, row.about, row.before) for row in search.rows(Sought(deeds=("role:delete",)))]
    assert told == [(insider.pk, "rikke", {"rolle": "Revisor"})]
    assert "rolle fjernet" in client.get("/revision/log/", {"hvad": "adgang"}).text.lower()


def test_what_she_asks_of_the_database_does_not_keep_her_out_of_the_log(committed, insider, payment):
    with committed.connect() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("SET session_replication_role = replica")
        names = [name for (name,) in connection.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%%'")]
        connection.execute("SELECT set_config('pgtrigger.ignore', %s, false)", ["{" + ",".join(names) + "}"])
        connection.execute("UPDATE ensomhed_user SET first_name = 'Ukendt' WHERE id = %s", [insider.pk])
        connection.commit()
    newest = search.rows(Sought(deeds=("user:update",)), count=1)[0]
    assert (newest.about, newest.after["first_name"]) == ("anna", "Ukendt")
