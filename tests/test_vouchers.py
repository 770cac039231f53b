"""A voucher is a whole document of a listed type, told from its bytes: by the verb, and by PostgreSQL for whoever goes around it."""

import hashlib
import io
import zipfile

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from ensomhed.uploads import UpToTheLimit
from initiatives import filetypes, paper, vouchers
from initiatives.models import Voucher
from ledger.refusals import VoucherMissing
from tests import documents

KEEP = "INSERT INTO initiatives_voucher (sha256, content, size, name, kept_by_id) VALUES (%s, %s, %s, 'bilag', %s) RETURNING content_type"
MACROS = {**documents.parts("spreadsheetml.sheet", "xl/workbook.xml", ""), "xl/vbaProject.bin": b"\xcc\x61"}
ENABLED = {
    name: str(part).replace("sheet.main", "sheet.macroEnabled.main") for name, part in documents.parts("spreadsheetml.sheet", "xl/workbook.xml", "").items()
}
ENCRYPTED = documents.docx().replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
BOMB = documents.package({**documents.parts("spreadsheetml.sheet", "xl/workbook.xml", ""), "xl/media/a.bin": b"\0" * (filetypes.UNPACKED_MAX + 1)})
MANY = documents.package({f"word/{number}.xml": "" for number in range(filetypes.PARTS_MAX + 1)})
REFUSED = {
    "a program": (b"MZ\x90\x00" + b"\0" * 60, "et program"),
    "a program that is called a PDF further down": (b"MZ\x90\x00" + documents.pdf(), "et program"),
    "plain text": (b"Faktura 17: 250.000,00 kr. til udbetaling", "en tekstfil"),
    "a web page": (b"<html><script>alert(1)</script></html>" * 3, "en webside"),
    "an old or encrypted Office document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "ældre Office-format eller beskyttet med adgangskode"),
    "noise": (b"\x00\x01\x02" * 30, "af en anden slags"),
    "a photo from a telephone": (b"\0\0\0\x18ftypheic" + b"\0" * 60, "et HEIC-billede"),
    "a zip": (documents.package({"a.txt": "faktura"}), "en zip-fil"),
    "a workbook with macros": (documents.package(MACROS), "makroer"),
    "a workbook that may have macros": (documents.package(ENABLED), "makroer"),
    "a letter with a program in it": (documents.docx(**{"word/embeddings/a.exe": b"MZ"}), "makroer eller et program"),
    "a letter behind a password": (ENCRYPTED, "adgangskode"),
    "a bomb": (BOMB, "pakket på en måde"),
    "very many parts": (MANY, "pakket på en måde"),
    "half a letter": (documents.docx()[:-40], "ikke hel"),
    "a letter with something after it": (documents.docx() + b"MZ", "ikke hel"),
    "half a PDF": (documents.pdf()[:-30], "ikke hel"),
    "a PDF with something after it": (documents.pdf() + b"MZ\x90", "ikke hel"),
    "half a picture": (documents.png()[:-4], "ikke hel"),
    "a picture with something after it": (documents.png() + b"#!/bin/sh", "ikke hel"),
    "a picture that was changed on its way": (documents.png().replace(b"Faktura", b"Fuktura"), "ikke hel"),
    "half a photo": (documents.jpeg()[:-2], "ikke hel"),
    "a photo of nothing": (b"\xff\xd8\xff\xd9" + b"\xff\xd9" * 20, "ikke hel"),
    "a PDF that is also a zip": (documents.pdf()[:-6] + documents.package({"a.exe": b"MZ"}) + b"\n%%EOF\n", "to ting på én gang"),
    "a photo that is also a PDF": (documents.jpeg("%PDF-1.7 "), "to ting på én gang"),
    "a mail without a sender": (b"Subject: Faktura 17\r\nTo: sofie@example.dk\r\n\r\nSe vedlagte.\r\n", "en tekstfil"),
}


@pytest.mark.parametrize("kind", documents.ALL)
def test_every_listed_type_is_known_by_its_bytes_whatever_it_is_called(application, people, kind):
    content = documents.ALL[kind]()
    kept = vouchers.keep(people.sofie, content, "regnskab.exe")
    assert kept.content_type == filetypes.type_of(content) == application.one("SELECT initiatives_type_of(%s)", content)
    assert filetypes.named(kept.name, kept.content_type) == f"regnskab.exe.{kind}"
    assert filetypes.named(f"Bilag.{kind.upper()}", kept.content_type) == f"Bilag.{kind.upper()}"


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_whole_document_of_a_listed_type_is_refused_in_words(people, what):
    content, said = REFUSED[what]
    with pytest.raises(VoucherMissing, match=said) as refusal:
        vouchers.keep(people.sofie, content, "faktura.pdf")
    assert (refusal.value.rule, refusal.value.field) == ("voucher_is_of_a_listed_type", "voucher")
    assert not Voucher.objects.filter(pk=hashlib.sha256(content).hexdigest()).exists()


@pytest.mark.parametrize(
    "what", ["a program", "plain text", "a web page", "noise", "a zip", "a workbook with macros", "half a letter", "half a picture", "a mail without a sender"]
)
def test_postgresql_keeps_none_of_them_for_whoever_goes_around_the_verb(application, what):
    content = REFUSED[what][0]
    with application.refused("voucher_is_of_a_listed_type"):
        application.run(KEEP, hashlib.sha256(content).hexdigest(), content, len(content), application.sofie)


def test_nobody_states_the_type_and_nobody_changes_it(application):
    content = documents.eml("<script>")
    assert application.one(KEEP, hashlib.sha256(content).hexdigest(), content, len(content), application.sofie) == "message/rfc822"
    with pytest.raises(psycopg.errors.GeneratedAlways), application.connection.transaction():
        application.run(
            KEEP.replace("name,", "content_type, name,").replace("'bilag'", "'text/html', 'bilag'"), "0" * 64, content, len(content), application.sofie
        )
    for statement in ("UPDATE initiatives_voucher SET name = 'b'", "DELETE FROM initiatives_voucher", "TRUNCATE initiatives_voucher"):
        with application.refused("42501"):
            application.run(statement)


def test_a_letter_with_a_workbook_in_it_is_a_letter(application):
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as packed:  # stored, not packed: its names stand readable in the letter
        packed.writestr("[Content_Types].xml", "")
        packed.writestr("xl/workbook.xml", "")
    letter = documents.docx(**{"word/embeddings/Microsoft_Excel_Sheet.xlsx": sheet.getvalue()})
    assert filetypes.type_of(letter) == filetypes.DOCX == application.one("SELECT initiatives_type_of(%s)", letter)


def test_the_pages_that_the_system_writes_are_the_same_for_the_same_lines():
    lines = ["Æblegrød (på én linje) \\ 100 %", "x" * 300, *(f"linje {number}" for number in range(120))]
    assert paper.pdf(lines) == paper.pdf(iter(lines))
    assert filetypes.type_of(paper.pdf(lines)) == "application/pdf"
    assert paper.pdf(lines).count(b"/Type /Page ") == 3
    assert "Æblegrød".encode("cp1252") in paper.pdf(lines)


def test_a_large_file_is_let_go_as_it_comes_in(settings):
    settings.VOUCHER_MAX_BYTES = 1000
    assert settings.FILE_UPLOAD_HANDLERS == ["ensomhed.uploads.UpToTheLimit"]
    handler: TemporaryFileUploadHandler = UpToTheLimit()
    handler.new_file("voucher", "stor.pdf", "application/pdf", None)
    for start in range(0, 50_000, 700):
        assert handler.receive_data_chunk(b"x" * 700, start) is None
    file = handler.file_complete(50_400)
    assert (file.size, len(file.read())) == (50_400, 1001)


def test_the_form_says_beside_the_field_that_a_file_is_too_large_and_keeps_what_was_typed(client, people, lift, settings):
    client.force_login(people.sofie)
    large = SimpleUploadedFile("stor.pdf", documents.pdf() + b" " * settings.VOUCHER_MAX_BYTES)
    answer = client.post("/admin/initiatives/payment/register/", {"earmark": str(lift.pk), "amount": "500,00", "text": "1. rate", "voucher": large})
    assert answer.context["form"].errors["voucher"] == ["Filen fylder mere end 10 MB. Vælg en mindre fil."]
    assert 'value="1. rate"' in answer.text
