"""A voucher is a whole document of a listed type, told from its bytes: by the verb, and by PostgreSQL for whoever goes around it."""

import hashlib
import io
import uuid
import zipfile
from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from djmoney.money import Money

from ensomhed.uploads import UpToTheLimit
from initiatives import claims, decisions, filetypes, movements, paper, payments, vouchers
from initiatives.models import Voucher
from ledger.kinds import Cause
from ledger.models import Transfer
from ledger.refusals import VoucherMissing, refused
from tests import documents
from tests.intruder import LIFT

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


# What takes two persons takes a document as well

RULE = "nothing_is_approved_without_its_document"
DAY = date(2023, 6, 1)


def kr(amount: str) -> Money:
    return Money(amount, "DKK")


def pay(people, earmark, voucher) -> Transfer:
    return payments.register_disbursement(people.sofie, earmark, amount=kr("1000"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())


def undocumented(deed: Callable[[Voucher | None], Transfer], voucher: Voucher, said: str) -> Transfer:
    """What is registered with its document, and was refused in words without it."""
    with pytest.raises(VoucherMissing, match=said) as refusal:
        deed(None)
    assert (refusal.value.rule, refusal.value.field) == (RULE, "voucher")
    return deed(voucher)


def test_a_release_a_lapse_and_a_waiver_are_proposed_with_the_document_in_which_they_are_decided(people, lift, voucher):
    payments.approve(people.anders, pay(people, lift, voucher), key=uuid.uuid4())
    claim = claims.expect(people.sofie, lift, amount=kr("300"), cause=Cause.UNSPENT, due=DAY, raised_on=DAY, text="Rest", key=uuid.uuid4())
    deeds: list[tuple[str, Callable[..., Transfer]]] = [
        ("frigivelse ikke foreslås", lambda **more: decisions.release(people.mette, lift, amount=kr("1"), value_date=DAY, **more)),
        ("frigivelse ikke foreslås", lambda **more: decisions.release(people.mette, lift.initiative.frame, amount=kr("1"), value_date=DAY, **more)),
        ("bortfald ikke foreslås", lambda **more: decisions.lapse(people.mette, lift, amount=kr("1"), value_date=date(2026, 1, 2), **more)),
        ("afskrivning ikke foreslås", lambda **more: decisions.write_off(people.mette, claim, cause=Cause.WAIVED, amount=kr("300"), value_date=DAY, **more)),
    ]
    payments.approve(people.lars, decisions.release(people.mette, lift, amount=kr("10"), value_date=DAY, voucher=voucher, key=uuid.uuid4()), key=uuid.uuid4())
    for said, deed in deeds:
        pending = undocumented(lambda given, deed=deed: deed(voucher=given, key=uuid.uuid4()), voucher, f"Uden det kan {said}")
        assert payments.approve(people.lars, pending, key=uuid.uuid4()).voucher_sha256 == voucher.pk


def test_a_reversal_stands_on_the_document_of_what_it_reverses_or_brings_its_own(people, lift, voucher):
    def undo(origin: Transfer, cause: Cause, given: Voucher | None = None) -> Transfer:
        return payments.reverse(people.sofie, origin, cause=cause, value_date=DAY, voucher=given, key=uuid.uuid4())

    paid = payments.approve(people.anders, pay(people, lift, voucher), key=uuid.uuid4())
    assert payments.approve(people.anders, undo(paid, Cause.NEVER_SENT), key=uuid.uuid4()).voucher_sha256 == ""
    payments.approve(people.anders, pay(people, lift, voucher), key=uuid.uuid4())
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    given = movements.regrant(people.sofie, actor, amount=kr("100"), value_date=DAY, key=uuid.uuid4())
    returned = movements.return_regrant(people.sofie, actor, amount=kr("10"), value_date=DAY, key=uuid.uuid4())
    repaid = movements.repay(people.sofie, lift, amount=kr("10"), cause=Cause.ERROR, value_date=DAY, key=uuid.uuid4())
    for origin in (returned, repaid, given):
        pending = undocumented(lambda given, origin=origin: undo(origin, Cause.ERROR, given), voucher, "har ikke selv et bilag")
        assert payments.approve(people.anders, pending, key=uuid.uuid4()).voucher_sha256 == voucher.pk


def test_what_lapses_at_year_end_is_what_the_books_say_came_back_and_undoing_it_takes_a_document(people, lift, voucher):
    payments.approve(people.anders, pay(people, lift, voucher), key=uuid.uuid4())
    movements.repay(people.sofie, lift, amount=kr("10"), cause=Cause.ERROR, value_date=DAY, key=uuid.uuid4())
    last = date(2023, 12, 31)
    pending = decisions.lapse(people.mette, lift, amount=kr("10"), value_date=last, at_year_end=True, voucher=None, key=uuid.uuid4())
    lapsed = payments.approve(people.lars, pending, key=uuid.uuid4())
    undocumented(
        lambda given: payments.reverse(people.mette, lapsed, cause=Cause.ERROR, value_date=last, voucher=given, key=uuid.uuid4()),
        voucher,
        "har ikke selv et bilag",
    )


FRAME = "frame:ensomhed-2023-2025"
GIVEN_UP = {"p_kind": "write_off", "p_debit": LIFT["p_credit"], "p_credit": "written-off:lift-mary-fonden", "p_cause": "waived", "p_amount": "1.00"}


@pytest.mark.parametrize("digest", ["", None])
@pytest.mark.parametrize(
    "deed",
    [
        {"p_kind": "release", "p_credit": FRAME},
        {"p_kind": "release", "p_debit": FRAME, "p_credit": "treasury", "p_amount": "1.00"},
        {"p_kind": "lapse", "p_credit": "treasury", "p_value_date": "2026-01-02"},
        GIVEN_UP,
    ],
    ids=["release to the frame", "release to the treasury", "lapse", "waiver"],
)
def test_postgresql_reserves_nothing_without_its_document_for_whoever_goes_around_the_verb(application, deed, digest):
    application.pay()
    application.settle(application.disburse(p_kind="release", p_credit=FRAME, p_amount="1.00"))
    with application.refused("nothing_is_approved_without_its_document"):
        application.disburse(**deed, p_voucher_sha256=digest)
    assert application.settle(application.disburse(**deed))["step"] == "post"


def test_postgresql_lends_a_reversal_no_other_document_than_that_of_what_it_reverses(application):
    paid = application.pay()
    local = application.open_local("havnen")
    single = {"p_step": "single", "p_booked_by": application.sofie, "p_amount": "10.00", "p_value_date": "2023-03-01"}
    given = application.book(**single, p_kind="regrant", p_debit=LIFT["p_credit"], p_credit=local)
    repaid = application.book(**single, p_kind="repayment", p_debit=LIFT["p_credit"], p_credit=LIFT["p_debit"], p_cause="error")
    for origin, debit, credit in ((given, local, LIFT["p_credit"]), (repaid, LIFT["p_debit"], LIFT["p_credit"])):
        with application.refused("nothing_is_approved_without_its_document"):
            application.reverse(origin, p_debit=debit, p_credit=credit, p_cause="error")
        pending = application.reverse(origin, p_debit=debit, p_credit=credit, p_cause="error", p_voucher_sha256=application.voucher)
        assert application.settle(pending)["step"] == "post"
    assert application.settle(application.reverse(paid))["voucher_sha256"] == ""


def test_what_waited_without_its_document_before_the_rule_is_not_approved(owner):
    """Registered while the trigger slept, as before it was there."""
    owner.run(f"ALTER TABLE ledger_transfer DISABLE TRIGGER {RULE}")
    pending = owner.disburse(p_kind="release", p_credit=FRAME, p_voucher_sha256="")
    owner.run("SET CONSTRAINTS ALL IMMEDIATE")
    owner.run(f"ALTER TABLE ledger_transfer ENABLE TRIGGER {RULE}")
    with owner.refused(RULE):
        owner.settle(pending)
    assert owner.settle(pending, "void")["step"] == "void"
    assert "Afvis den, og få den registreret på ny" in str(refused(RULE, {"kind": "release", "step": "post"}))
