"""Weakness 13: the payment file could be changed on its way from the grants system to the bank.

She opens the file and writes her own account number in it, a larger amount, or a line of her own; or she does it where the file is kept. Here PostgreSQL
writes the bytes from what was approved, keeps them under their digest, and lets nobody change them; she cannot release what she had a hand in; and what is
changed outside is told by the list of payments made, line by line: reference, amount and account.
"""

import hashlib
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from psycopg import Error

from initiatives.models import PaymentFile, PaymentLine
from initiatives.paying import files, findings, references, statements
from ledger.refusals import LedgerError
from tests.paid import FIRST, LAST, listed, pay, released
from tests.test_admin_front import words

HER_ACCOUNT = b"0006666666"


def the_list(people, *rows: str) -> None:
    content = listed(*rows, heading="Reference;Beløb;Dato;Status;Konto")
    statements.take(people.karen, content=content, name="liste.csv", first_day=FIRST, last_day=LAST, key=uuid.uuid4())


@pytest.fixture
def file(people, lift, insider) -> PaymentFile:
    released(people, lift, "1000", "2000")
    return PaymentFile.objects.get()


def told() -> list[str]:
    return [found.code for found in findings.unexplained()]


def test_her_account_number_in_the_file_is_told_by_the_list(people, file):
    one, two = file.lines.all()
    the_list(people, f"{one};1000,00;03.04.2023;betalt;9999 0006666666", f"{two};2000,00;03.04.2023;betalt;9999 0001234567")
    assert told() == ["account_differs"]


def test_a_larger_amount_a_line_of_her_own_and_a_line_left_out_are_told_by_the_list(people, file):
    one, two = file.lines.all()
    the_list(people, f"{one};121000,00;03.04.2023;betalt;9999 0001234567", "ENS-666-0;7,00;03.04.2023;betalt;9999 0006666666")
    assert told() == ["amount_differs", "only_there", "only_here"]
    assert findings.unexplained()[-1].reference == str(two)


def test_where_it_is_kept_it_is_changed_by_nobody(file, committed):
    changed = bytes(file.content).replace(b"0001234567", HER_ACCOUNT)
    for statement in (
        "UPDATE initiatives_paymentfile SET content = %s, sha256 = %s",
        "DELETE FROM initiatives_paymentfile WHERE content <> %s OR sha256 <> %s",
    ):
        with committed.connect() as sql, pytest.raises(Error) as said:
            sql.execute(statement, [changed, hashlib.sha256(changed).hexdigest()])
        assert said.value.sqlstate == "42501"
        with committed.connect(role="ensomhed_owner") as sql, pytest.raises(Error) as said:
            sql.execute(statement, [changed, hashlib.sha256(changed).hexdigest()])
        assert said.value.diag.constraint_name == "controls_are_only_added_to"
    with pytest.raises(DatabaseError, match="permission denied"):
        PaymentFile.objects.update(content=changed, sha256=hashlib.sha256(changed).hexdigest())


def test_a_file_of_her_own_making_is_refused_even_from_the_owner_of_the_database(people, insider, lift, file, committed):
    row = pay(people, lift, "7")
    details = PaymentLine.objects.first().details_id
    line = "INSERT INTO initiatives_paymentline (file_id, transfer_id, reference, amount, amount_currency, details_id) VALUES (%s, %s, %s, 7, 'DKK', %s)"
    header = (
        "INSERT INTO initiatives_paymentfile (id, key, number, released_by_id, line_count, total, total_currency, sha256, content)"
        " VALUES (99, gen_random_uuid(), 2, %s, 1, 7, 'DKK', encode(sha256(%s), 'hex'), %s)"
    )
    reference = references.reference_of(row)
    hers = bytes(file.content).replace(b"0001234567", HER_ACCOUNT)
    with committed.connect() as sql, pytest.raises(Error) as said:
        sql.execute(line, [file.pk, row.pk, reference, details])
    assert said.value.sqlstate == "42501"
    for deeds in ([(line, [file.pk, row.pk, reference, details])], [(line, [99, row.pk, reference, details]), (header, [people.pia.pk, hers, hers])]):
        with committed.connect(role="ensomhed_owner") as sql:
            for statement, parameters in deeds:
                sql.execute(statement, parameters)
            with pytest.raises(Error) as said:
                sql.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would be said at commit is said now
            assert said.value.diag.constraint_name == "payment_file_says_what_was_approved"
            sql.rollback()


def test_she_releases_nothing_that_she_registered_or_approved(client, people, insider, lift, committed):
    pay(people, lift, "1")
    hers = pay(people, lift, "2", approved_by=insider)
    with pytest.raises(LedgerError) as refusal:
        files.release(insider, key=uuid.uuid4())
    assert refusal.value.rule == "releaser_has_no_hand_in_the_payments"
    client.force_login(insider)
    answer = client.post("/admin/initiatives/paymentfile/release/", {"key": str(uuid.uuid4())}, follow=True)
    assert references.reference_of(hers) in words(answer)
    with committed.connect() as sql, pytest.raises(Error) as said:
        sql.execute("SELECT initiatives_release_payments(gen_random_uuid(), %s, NULL)", [insider.pk])
    assert said.value.diag.constraint_name == "releaser_has_no_hand_in_the_payments"
    assert not PaymentFile.objects.exists()


def test_nobody_is_lent_her_name(people, lift, committed):
    pay(people, lift, "1")
    with pytest.raises(PermissionDenied):
        files.release(people.sofie, key=uuid.uuid4())
    with committed.connect() as sql, pytest.raises(Error) as said:
        sql.execute("SELECT initiatives_release_payments(gen_random_uuid(), %s, NULL)", [people.sofie.pk])
    assert said.value.diag.constraint_name == "releaser_holds_the_right"


def test_the_auditor_and_the_bank_can_both_tell_the_file_by_its_digest_and_its_control_line(client, people, file):
    client.force_login(people.karen)
    assert file.sha256 in words(client.get(f"/admin/initiatives/paymentfile/{file.number}/"))
    fetched = b"".join(client.get(f"/admin/initiatives/paymentfile/{file.number}/fetch/").streaming_content)
    assert hashlib.sha256(fetched).hexdigest() == file.sha256
    assert fetched.decode().splitlines()[-1] == "KONTROL;FIL-00001;3000,00;DKK;;2 betalinger;;;;;;"
