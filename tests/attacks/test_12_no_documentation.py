"""Weakness 12: the system did not check documentation.

What she did: she had payments approved that no document showed, or that a page of her own making showed; nobody could fetch it afterwards.

What stops her: PostgreSQL takes no payment without the digest of a document that it keeps itself, keeps nothing but whole documents of a listed type,
knows the type from the bytes, and changes or deletes none. What is fetched is checked against its digest first.
"""

import hashlib
import uuid
from datetime import date

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError
from django.test.client import MULTIPART_CONTENT
from djmoney.money import Money

from initiatives import payments, vouchers
from initiatives.models import Voucher
from ledger.models import Transfer
from ledger.refusals import VoucherMissing
from tests import documents
from tests.api import Caller, registration

PAGE = "/admin/initiatives/payment/register/"
PROGRAM = b"MZ\x90\x00" + bytes(60)
NOTHING_OF_THE_SORT = {
    "a program that is called an invoice": PROGRAM,
    "a text that she typed": b"Faktura: 500.000,00 kr. til Anna",
    "a page that runs in the auditor's browser": b"<html><script>alert(1)</script></html>",
    "a workbook that runs in Excel": documents.package({**documents.parts("spreadsheetml.sheet", "xl/workbook.xml", ""), "xl/vbaProject.bin": b"\xcc\x61"}),
    "half a document": documents.pdf()[:200],
    "nothing": b"",
}


def paid() -> int:
    return Transfer.objects.filter(kind="disbursement").count()


def pay(by, earmark, voucher) -> Transfer:
    return payments.register_disbursement(by, earmark, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())


@pytest.mark.parametrize("what", NOTHING_OF_THE_SORT)
def test_what_is_no_document_is_no_voucher_on_the_page_at_the_api_in_the_shell_or_in_sql(client, committed, insider, lift, what):
    content = NOTHING_OF_THE_SORT[what]
    client.force_login(insider)
    file = SimpleUploadedFile("faktura.pdf", content, content_type="application/pdf")
    typed = {"key": str(uuid.uuid4()), "earmark": str(lift.pk), "amount": "500.000", "value_date": "01.04.2023", "case_number": "1", "text": "Rate"}
    assert client.post(PAGE, {**typed, "voucher": file}).context["form"].errors["voucher"]
    sent = SimpleUploadedFile("faktura.pdf", content, content_type="application/pdf")
    answer = Caller(insider).post("/disbursements/", {**registration(), "voucher": sent}, content_type=MULTIPART_CONTENT)
    assert (answer.status_code, answer.json()["field"]) == (422, "voucher")
    with pytest.raises(VoucherMissing):
        vouchers.keep(insider, content, "faktura.pdf")
    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(IntegrityError):
        Voucher.objects.bulk_create([Voucher(sha256=digest, content=content, size=len(content), name="faktura.pdf", kept_by=insider)])
    with committed.connect() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "INSERT INTO initiatives_voucher (sha256, content, size, name, kept_by_id) VALUES (%s, %s, %s, 'faktura.pdf', %s)",
            [digest, content, len(content), insider.pk],
        )
    assert paid() == 0


def test_a_document_that_nobody_kept_shows_nothing(client, committed, people, insider, lift):
    nowhere = Voucher(sha256=hashlib.sha256(b"faktura").hexdigest())
    with pytest.raises(VoucherMissing) as refusal:
        pay(insider, lift, nowhere)
    assert refusal.value.rule == "voucher_is_kept"
    assert Caller(insider).post("/disbursements/", registration(nowhere)).status_code == 422
    client.force_login(insider)
    typed = {"key": str(uuid.uuid4()), "earmark": str(lift.pk), "amount": "500.000", "value_date": "01.04.2023", "kept": nowhere.sha256}
    assert "voucher" in client.post(PAGE, typed).context["form"].errors
    for digest, rule in (("", "transfer_has_the_voucher_it_needs"), (nowhere.sha256, "voucher_is_kept")):
        with pytest.raises(psycopg.Error) as said, committed.connect() as connection:  # noqa: PT012 — what comes at commit belongs to it
            connection.execute(
                "SELECT ledger_book(gen_random_uuid(), 'pending', %s, p_kind => 'disbursement', p_debit => %s, p_credit => %s, p_amount => 1000,"
                " p_value_date => '2023-04-01', p_voucher_sha256 => %s)",
                [insider.pk, lift.account.code, lift.grantee_account.code, digest],
            )
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert said.value.diag.constraint_name == rule
    assert paid() == 0


def test_the_document_is_not_put_in_another_ones_place_afterwards(committed, people, insider, lift):
    shown = vouchers.keep(insider, documents.pdf("Faktura paa 500.000,00 kr."), "faktura.pdf")
    payments.approve(people.anders, pay(people.sofie, lift, shown), key=uuid.uuid4())
    other = documents.pdf("Faktura paa 900.000,00 kr.")
    with pytest.raises(ProgrammingError, match="permission denied"):
        Voucher.objects.filter(pk=shown.pk).update(content=other)
    with pytest.raises(ProgrammingError, match="permission denied"):
        Voucher.objects.filter(pk=shown.pk)._raw_delete("default")
    with committed.connect() as connection:
        for statement in ("UPDATE initiatives_voucher SET name = 'x'", "DELETE FROM initiatives_voucher", "TRUNCATE initiatives_voucher CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
        with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
            connection.execute(
                "INSERT INTO initiatives_voucher (sha256, content, size, name, kept_by_id) VALUES (%s, %s, %s, 'x', %s)",
                ["0" * 64, other, len(other), insider.pk],
            )
    assert vouchers.content_of(Voucher.objects.get(pk=shown.pk)) == documents.pdf("Faktura paa 500.000,00 kr.")


def test_what_the_auditor_fetches_is_what_was_kept_and_never_opens_by_itself(client, people, insider):
    mail = documents.eml("<script>alert(1)</script>")
    kept = vouchers.keep(insider, mail, 'faktura".html')
    client.force_login(people.rikke)
    answer = client.get(f"/bilag/{kept.pk}/")
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == kept.pk
    assert answer["Content-Disposition"].startswith("attachment;")
    assert ".html.eml" in answer["Content-Disposition"]
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("message/rfc822", "nosniff")
