"""Many payments from one sheet: what a sheet may look like, what each mistake is called, and that all of it is registered or nothing."""

import hashlib
import io
import threading
import uuid
import zipfile
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import psycopg
import pytest
from django.db import connection, connections
from djmoney.money import Money

from ensomhed import roles
from ensomhed.postgres.base import running
from initiatives import deadlines, payments, vouchers
from initiatives.bulk import reading, registering, rows, template, ticking
from initiatives.bulk.trying import ManyRefused
from initiatives.models import Batch, BatchRow, Deadline, Earmark
from ledger.models import Account, Refusal, Transfer
from ledger.refusals import KeyReused, LedgerError
from tests import documents, receiving
from tests.around import Around
from tests.bulk import AELDRE, DAY, HEADINGS, KORS, LIFT, csv, row, xlsx


@pytest.fixture
def one(voucher):
    """A voucher that stands behind every row."""
    return {"faktura.pdf": voucher}


def read(content: bytes, attached) -> rows.Sheet:
    return rows.read(content, attached)


def asked(content: bytes, attached) -> list[tuple]:
    """What a sheet asks for, when nothing is wrong with it."""
    sheet = read(content, attached)
    assert sheet.bad == []
    return [(each.number, each.earmark.slug, each.amount.amount, each.value_date, each.case_number, each.text) for each in sheet.rows]


def wrong(content: bytes, attached) -> list[tuple[int, str, str]]:
    return [(bad.row, bad.column, bad.advice) for bad in read(content, attached).bad]


def test_a_sheet_reads_the_same_in_every_form_that_it_comes_in(one):
    expected = [(2, LIFT, 1234.5, date(2023, 4, 3), "2023-7", "Rate; æøå"), (4, AELDRE, 1, date(2023, 4, 4), "", "")]
    second = [AELDRE, 1, datetime(2023, 4, 4), None, None, None]  # noqa: DTZ001
    assert asked(xlsx(row(amount=1234.5, text="Rate; æøå"), [], second), one) == expected
    assert asked(xlsx(row(amount="1.234,50 kr.", day="3.4.2023", text="Rate; æøå"), [None, "  "], second), one) == expected
    semicolons = (f'{LIFT};1.234,50;03.04.2023;2023-7;"Rate; æøå";', ";;;;;", f"{AELDRE};1;2023-04-04;;;")
    for encoding in ("utf-8-sig", "utf-8", "cp1252"):
        assert asked(csv(*semicolons, encoding=encoding), one) == expected
    commas = (f'{LIFT},"1234,5",03-04-2023,2023-7,"Rate; æøå",', "", f"{AELDRE},1,04/04/2023,,,")
    assert asked(csv(*commas, headings=",".join(HEADINGS)), one) == expected
    help_above = csv(*semicolons, headings="Udfyld beløb, dato\r\n" + ";".join(reversed(HEADINGS)))
    assert {place for place, _, _ in wrong(help_above, one)} == {3, 5}, "columns stand where their headings say"


def test_the_template_is_filled_in_and_read_as_it_is_handed_out(one):
    book = openpyxl.load_workbook(io.BytesIO(template.as_xlsx()))
    sheet, codes = book["Udbetalinger"], book["Øremærkninger"]
    assert [sheet.column_dimensions[letter].number_format for letter in "ABCDEF"] == ["@", "#,##0.00", "dd.mm.yyyy", "@", "@", "@"]
    assert (LIFT, 3_800_000) in [(codes.cell(number, 1).value, codes.cell(number, 4).value) for number in range(2, 8)]
    with pytest.raises(reading.Unreadable, match="ingen udbetalinger under overskrifterne"):
        read(template.as_xlsx(), one)
    sheet.append(row(amount=7.25))
    file = io.BytesIO()
    book.save(file)
    assert asked(file.getvalue(), one) == [(3, LIFT, 7.25, date(2023, 4, 3), "2023-7", "Rate")]
    assert asked(template.as_csv() + f"{LIFT};7,25;03.04.2023;2023-7;Rate;\r\n".encode(), one) == [(3, LIFT, 7.25, date(2023, 4, 3), "2023-7", "Rate")]


def test_every_mistake_of_every_row_is_told_at_once_with_its_column_and_what_to_do(one):
    content = xlsx(
        row(amount=100.125),
        row(amount="1,234.50"),
        row(amount=-5),
        row(amount=1e12),
        row(amount=datetime(2023, 4, 4)),  # noqa: DTZ001
        row(amount=True),
        row(amount="=1+1"),
        row(amount="100,005"),
        row(amount=None, earmark=None, text="I alt"),
        row(day="31.04.2023"),
        row(day=45019),
        row(day=datetime(2023, 4, 3, 14, 5)),  # noqa: DTZ001
        row(day=None),
        row(case=datetime(2023, 7, 1)),  # noqa: DTZ001
        row(text="x" * 501),
        row(text="to\nlinjer"),
        row(earmark="lift"),
        row(earmark="Social- og Boligstyrelsen"),
        row(voucher="mangler.pdf"),
        row(earmark="#REF!", text="nul"),
    )
    said = {number: (column, advice) for number, column, advice in wrong(content, one)}
    assert {number: column for number, (column, _) in said.items()} == {
        **dict.fromkeys(range(2, 11), "Beløb"), **dict.fromkeys(range(11, 15), "Valørdato"), 15: "Journalnummer", 16: "Tekst", 17: "Tekst",
        18: "Øremærkning", 19: "Øremærkning", 20: "Bilag", 21: "Øremærkning",
    }  # fmt: skip
    advice = [words for _, words in said.values()]
    for expected, words in zip(
        [
            "mere end to decimaler", "Skriv beløbet på dansk", "over 0 kr.", "kan bøgerne ikke føre", "dato eller et klokkeslæt", "sand eller falsk", "en formel",
            "højst to decimaler", "Er rækken en sum", "dag.måned.år", "et tal, ikke en dato", "et klokkeslæt", "Angiv valørdatoen", "lavet cellen om til en dato",
            "højst 500 tegn", "på én linje", f"Mener du {LIFT}?", "landsindsats-sbst eller sekretariat-sbst", "Vedlagt er faktura.pdf", "Regnearket viser en fejl",
        ],
        advice,
        strict=True,
    ):  # fmt: skip
        assert expected in words
    assert [column for number, column, _ in wrong(content, one) if number == 10] == ["Øremærkning", "Beløb"]


def test_a_number_that_only_looks_like_whole_oere_is_not_rounded(one):
    written = xlsx(row(amount=0.3))
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        changed = {name: parts.read(name).replace(b"<v>0.3</v>", b"<v>0.30000000000000004</v>") for name in parts.namelist()}
    assert asked(written, one)[0][2] == Decimal("0.30")
    assert [(number, column) for number, column, words in wrong(documents.package(changed), one) if "mere end to decimaler" in words] == [(2, "Beløb")]


def hide(book):
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["E"].hidden = True
    book.active.merge_cells("D2:E2")


def test_what_cannot_be_seen_on_the_sheet_is_not_registered_from_it(one):
    said = wrong(xlsx(row(text=None), row(), changed=hide), one)
    assert [(number, column) for number, column, _ in said] == [(0, "Kolonne nr. 5"), (2, ""), (3, "")]
    assert [words.split(".")[0] for _, _, words in said] == ["Kolonnen er skjult", "Cellerne er flettet", "Rækken er skjult"]
    for sight in (' ht="0"', ' hidden = "1"', ' hidden="&#49;"', f' x="{"a" * 2**17}" hidden="true"'):
        assert wrong(rewritten(b'<row r="2"', f'<row r="2"{sight}'.encode()), one) == [(2, "", reading.HIDDEN_ROW)]
    assert wrong(rewritten(b"<sheetData>", b'<cols><col min="2" max="2" width="0.0"/></cols><sheetData>'), one) == [(0, "Kolonne nr. 2", reading.HIDDEN_COLUMN)]
    assert wrong(csv(f"{LIFT};1;03.04.2023;;en;;mere"), one) == [(2, "", reading.BESIDE)]
    assert read(xlsx([*row(), "x"], headings=[*HEADINGS, "Note"]), one).ignored == ["Note"]


def rewritten(before: bytes, after: bytes, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A sheet of one row as no spreadsheet would write it."""
    with zipfile.ZipFile(io.BytesIO(xlsx(row()))) as parts:
        changed = {name: parts.read(name) for name in parts.namelist()}
    assert before in changed[part]
    return documents.package(changed | {part: changed[part].replace(before, after, 1)})


def unpacked_large() -> bytes:
    return documents.package({"[Content_Types].xml": "", "xl/workbook.xml": "", "xl/worksheets/sheet1.xml": b" " * (reading.MAX_UNPACKED_BYTES + 1)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Filen er tom"),
        (b"x" * (reading.MAX_BYTES + 1), "fylder mere end 2 MB"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "beskyttet med adgangskode"),
        (documents.pdf("Ark"), "hverken en CSV-fil eller et regneark"),
        ("Øremærkning;Beløb".encode("utf-16"), "hverken en CSV-fil eller et regneark"),
        (csv(f"{LIFT};1;03.04.2023;;;", encoding="mac-roman"), "Der mangler en kolonne med overskriften »Øremærkning«.* I arket står »¯rem¾rkning«"),
        (csv(f'{LIFT};1;03.04.2023;;"glemt;'), "et citationstegn mangler"),
        (csv(f"{LIFT};1", headings="Øremærkning;Beløb"), "overskriften »Valørdato«"),
        (csv(f"{LIFT};1", headings="Modtager;Kroner"), "blev ikke fundet øverst i arket; der står »Modtager«, »Kroner«"),
        (csv(f"{LIFT};1;1", headings="Øremærkning;Kode;Beløb"), "står der to gange"),
        (csv(*[f"{LIFT};1;03.04.2023;;;"] * 10_001), "mere end 1.000 udbetalinger"),
        (xlsx(row())[:-200], "beskadiget eller beskyttet"),
        (xlsx(row()).replace(b"sheet1.xml", b"sheet9.xml", 1), "beskadiget eller beskyttet"),
        (unpacked_large(), "alt for stort, når det pakkes ud"),
        (rewritten(b"<sheetData>", b"<row " + b"a" * 2**18 + b"><sheetData>"), "beskadiget eller beskyttet"),
        (rewritten(b'<cellXfs count="2"><xf numFmtId="', b'<cellXfs count="2"><xf numFmtId="9999999999', part="xl/styles.xml"), "beskadiget eller beskyttet"),
        (xlsx(row(), changed=lambda book: book.create_sheet("Kladde")), r"har 2 ark \(Udbetalinger, Kladde\)"),
        (xlsx(row(), changed=lambda book: book.active.cell(1_048_576, 1, "x")), "fortsætter længe efter udbetalingerne"),
    ],
    ids=["empty", "large", "password", "pdf", "utf-16", "mac", "quote", "missing", "other", "double", "rows", "cut off", "parts", "bomb", "tag", "style", "sheets", "far down"],
)  # fmt: skip
def test_a_sheet_that_cannot_be_read_says_why_and_what_to_do(one, content, message):
    with pytest.raises(reading.Unreadable, match=message):
        read(content, one)


def test_an_earmark_is_named_by_its_code_or_by_a_grantee_that_has_only_one(one):
    assert [slug for _, slug, *_ in asked(xlsx(row(f" {LIFT.upper()} "), row("mary  fonden"), row("Røde Kors"), row("Ro\u0308de Kors".replace("o\u0308", "ø"))), one)] == [
        LIFT, LIFT, KORS, KORS,
    ]  # fmt: skip


def test_a_voucher_is_found_by_its_file_name_and_one_alone_stands_behind_all(people, one):
    other = vouchers.keep(people.sofie, documents.pdf("Nr. 2"), "Årsfaktura.pdf")
    several = {**one, "Årsfaktura.pdf": other}
    sheet = read(xlsx(row(voucher="A\u030aRSFAKTURA.PDF"), row(voucher="faktura")), several)
    assert ([each.voucher for each in sheet.rows], sheet.unused) == ([other, one["faktura.pdf"]], [])
    assert "flere bilag" in wrong(xlsx(row()), several)[0][2]
    assert "Uden bilag" in wrong(xlsx(row()), {})[0][2]
    assert read(xlsx(row(voucher="faktura.pdf")), several).unused == ["Årsfaktura.pdf"]


def test_the_preview_says_what_each_row_would_do_and_nothing_of_it_stays(people, lift, one):
    before = (Transfer.objects.count(), Account.objects.get(pk=lift.account_id).reserved)
    content = xlsx(row(amount=3_000_000), row(AELDRE, 5), row(amount=900_000), row(amount=800_000), row(day=datetime(2022, 12, 31)))  # noqa: DTZ001
    shown = registering.preview(people.sofie, content=content, vouchers=one)
    assert [(each.row.number, each.before.amount, each.after.amount, bool(each.refusal)) for each in shown.outcomes] == [
        (2, 3_800_000, 800_000, False), (3, 3_800_000, 3_799_995, False), (4, 800_000, -100_000, True), (5, 800_000, 0, False), (6, 0, -1000, True),
    ]  # fmt: skip
    assert [(bad.row, bad.column, bad.value) for bad in shown.bad] == [(4, "Beløb", "900.000,00"), (6, "Valørdato", "31.12.2022")]
    assert "højst 800.000,00" in shown.bad[0].advice.replace("\u00a0", " ")
    assert [(each.earmark.slug, each.count, each.total.amount) for each in shown.earmarks] == [(LIFT, 4, 4_701_000), (AELDRE, 1, 5)]
    assert (Transfer.objects.count(), Account.objects.get(pk=lift.account_id).reserved, Batch.objects.count(), Refusal.objects.count()) == (*before, 0, 0)


def test_all_rows_are_registered_under_one_key_however_often_it_is_sent(people, one):
    content, key = xlsx(row(amount=100), row(AELDRE, 200), row(amount=300)), uuid.uuid4()
    batch = registering.register(people.sofie, content=content, name="april.xlsx", vouchers=one, key=key)
    again = registering.register(people.sofie, content=content, name="april.xlsx", vouchers=one, key=key)
    assert again == batch
    assert [(each.row, each.transfer.amount.amount, each.transfer.booked_by, each.transfer.step) for each in batch.rows.all()] == [
        (2, 100, people.sofie, "pending"), (3, 200, people.sofie, "pending"), (4, 300, people.sofie, "pending"),
    ]  # fmt: skip
    assert Transfer.objects.waiting().count() == 3
    assert registering.content_of(batch) == content
    with pytest.raises(KeyReused):
        registering.register(people.sofie, content=xlsx(row(amount=101)), name="x", vouchers=one, key=key)
    other = {"ny.pdf": vouchers.keep(people.sofie, documents.pdf("Et andet"), "ny.pdf")}
    with pytest.raises(ManyRefused, match=r"Række 2 \(og 2 andre\): .*andet indhold \(bilag\)"):
        registering.register(people.sofie, content=content, name="x", vouchers=other, key=key)


def test_a_race_that_makes_one_row_impossible_names_it_and_registers_nothing(people, lift, one):
    content = xlsx(row(AELDRE, 10), row(amount=3_800_000))
    assert registering.preview(people.sofie, content=content, vouchers=one).is_right
    payments.register_disbursement(people.søren, lift, amount=Money("0.01", "DKK"), value_date=date(2023, 4, 1), voucher=one["faktura.pdf"], key=uuid.uuid4())
    with pytest.raises(ManyRefused, match=r"Række 3: Der er 3\.799\.999,99") as refusal:
        registering.register(people.sofie, content=content, name="x", vouchers=one, key=uuid.uuid4())
    assert list(refusal.value.refused) == [3]
    assert Transfer.objects.waiting().count() == 1
    assert Batch.objects.count() == 0


def test_the_same_sheet_is_not_registered_twice_while_anything_of_it_stands(people, one):
    content = xlsx(row(amount=100))
    batch = registering.register(people.sofie, content=content, name="april.xlsx", vouchers=one, key=uuid.uuid4())
    shown = registering.preview(people.søren, content=content, vouchers=one)
    assert (shown.bad, shown.is_right) == ([], False)
    assert f"som flerudbetaling nr. {batch.pk}" in str(shown.refusal)
    with pytest.raises(LedgerError, match="Det samme ark blev registreret"):
        registering.register(people.søren, content=content, name="x", vouchers=one, key=uuid.uuid4())
    payments.withdraw(people.sofie, batch.rows.get().transfer, key=uuid.uuid4())
    assert registering.register(people.søren, content=content, name="x", vouchers=one, key=uuid.uuid4()) != batch


def test_a_double_click_on_two_connections_registers_once(committed, people, one):
    content, key, answers = xlsx(row(amount=100), row(AELDRE, 200)), uuid.uuid4(), []
    start = threading.Barrier(2)

    def click():
        start.wait()
        try:
            answers.append(registering.register(people.sofie, content=content, name="april.xlsx", vouchers=one, key=key).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert set(answers) == {Batch.objects.get().pk}
    assert Transfer.objects.waiting().count() == 2


def registered(people, one, *amounts: int, earmark: str = LIFT) -> list[Transfer]:
    batch = registering.register(people.sofie, content=xlsx(*(row(earmark, amount) for amount in amounts)), name="x", vouchers=one, key=uuid.uuid4())
    return [each.transfer for each in batch.rows.select_related("transfer__debit_account")]


def test_what_was_ticked_is_approved_together_and_sent_twice_it_is_approved_once(people, one):
    first, second, third = registered(people, one, 100, 200, 300)
    key = uuid.uuid4()
    posted = ticking.approve_all(people.anders, [third, first], key=key)
    assert ticking.approve_all(people.anders, [first, third], key=key) == posted
    assert [(row.pending_id, row.step, row.amount.amount, row.booked_by) for row in posted] == [
        (first.pk, "post", 100, people.anders), (third.pk, "post", 300, people.anders),
    ]  # fmt: skip
    assert list(Transfer.objects.waiting()) == [second]


def test_one_that_cannot_be_approved_keeps_all_back_and_is_named(people, one):
    first, second = registered(people, one, 100, 200)
    payments.withdraw(people.sofie, second, key=uuid.uuid4())
    with pytest.raises(ManyRefused, match=rf"Nr\. {second.pk}, .* 200,00.*allerede afgjort") as refusal:
        ticking.approve_all(people.anders, [first, second], key=uuid.uuid4())
    assert list(refusal.value.refused) == [second.pk]
    assert list(Transfer.objects.waiting()) == [first]


def test_every_tick_says_why_this_person_may_not_before_they_try(people, one, django_assert_max_num_queries):
    registered(people, one, 100, 200)
    with django_assert_max_num_queries(12):
        seen = ticking.ticks(people.anders, ticking.waiting())
    assert [(item.why_not, item.before.amount, item.after.amount) for item in seen] == [("", 3_800_000, 3_799_900), ("", 3_799_900, 3_799_700)]
    assert {item.why_not for item in ticking.ticks(people.sofie, ticking.waiting())} == {"Din rolle giver ikke ret til at godkende udbetalinger."}
    assert {item.day for item in seen} == {date(2023, 4, 3)}


MADE = """INSERT INTO initiatives_batch (key, name, content, sha256, made_by_id, made_at)
          VALUES (gen_random_uuid(), 'x', %s, encode(sha256(%s), 'hex'), %s, '2020-01-01') RETURNING id"""


def test_what_changed_since_it_was_registered_stands_at_its_tick_as_the_books_would_say_it(people, lift, one):
    first, second = registered(people, one, 100)[0], registered(people, one, 200, earmark=KORS)[0]
    receiving.decide(people, lift.grantee)
    terms = Earmark.objects.get(slug=KORS).deadlines.get(what=Deadline.What.TERMS)
    deadlines.reject(people.anders, terms.receipts.get(), reason="Ikke underskrevet")
    seen = {item.pending.pk: item.why_not for item in ticking.ticks(people.anders, ticking.waiting())}
    assert "Betalingsoplysningerne er ændret" in seen[first.pk]
    assert seen[second.pk] == "Tilskudsmodtageren havde ikke accepteret vilkårene."
    with pytest.raises(ManyRefused) as refusal:
        ticking.approve_all(people.anders, [first, second], key=uuid.uuid4())
    assert {number: each.rule for number, each in refusal.value.refused.items()} == {first.pk: "details_are_those_registered", second.pk: "terms_are_accepted"}


SHEET = {"key": str(uuid.UUID(int=18)), "content": b"Ark", "sha256": hashlib.sha256(b"Ark").hexdigest()}
PUT = "INSERT INTO initiatives_batchrow (batch_id, row, transfer_id) VALUES (%s, %s, %s)"


def test_sql_makes_no_batch_that_does_not_tell_the_truth(application):
    sheet = b"Det samme ark"
    with application.refused("batch_is_made_with_the_right"):
        application.one(MADE, sheet, sheet, application.anders)
    with application.refused("batch_digest_is_its_sheet"):
        application.one(MADE, sheet, b"Et andet", application.sofie)
    with application.refused("batch_has_rows"):
        application.one(MADE, sheet, sheet, application.sofie)
    with application.refused("batch_row_is_registered_with_its_batch"):  # somebody else's registration
        batch = application.one(MADE, sheet, sheet, application.person("søren"))
        application.run(PUT, batch, 2, application.disburse()["id"])
    with application.refused("batch_row_is_registered_with_its_batch"):  # what was settled already
        batch = application.one(MADE, sheet, sheet, application.sofie)
        application.run(PUT, batch, 2, application.pay()["id"])
    with application.refused("batch_row_is_registered_with_its_batch"):  # what undoes a payment is none
        batch = application.one(MADE, sheet, sheet, application.sofie)
        application.run(PUT, batch, 2, application.reverse(application.pay())["id"])
    with application.refused("batch_row_is_registered_once"):
        batch, first, second = application.one(MADE, sheet, sheet, application.sofie), application.disburse(), application.disburse()
        application.run(PUT, batch, 2, first["id"])
        application.run(PUT, batch, 2, second["id"])
    batch, pending = application.one(MADE, sheet, sheet, application.sofie), application.disburse()
    application.run(PUT, batch, 2, pending["id"])
    assert application.one("SELECT made_at = now() FROM initiatives_batch WHERE id = %s", batch), "the clock says when, not the writer"
    with application.refused("sheet_is_registered_once"):
        application.one(MADE, sheet, sheet, application.person("søren"))
    with psycopg.connect(**running().address(roles.APPLICATION), options="-c lock_timeout=200ms") as beside, pytest.raises(psycopg.errors.LockNotAvailable):
        beside.execute(MADE, [sheet, sheet, application.person("søren")])
    application.settle(pending, "void")
    assert application.one(MADE, sheet, sheet, application.sofie)


@pytest.mark.parametrize(
    ("rule", "table", "first", "second"),
    [
        ("initiatives_batch_key_key", "batch", SHEET, SHEET),
        ("initiatives_batchrow_transfer_id_key", "batchrow", {"row": 2}, {"row": 3}),
        ("batch_row_is_registered_once", "batchrow", {"transfer_id": -1}, {"transfer_id": -2}),
    ],
)
def test_what_stands_once_in_batches_stands_once_behind_the_triggers_too(owner, rule, table, first, second):
    behind = Around(owner)
    behind.sleep(table)
    behind.insert(table, **first)
    with pytest.raises(psycopg.errors.UniqueViolation) as refusal:
        behind.insert(table, **second)
    assert refusal.value.diag.constraint_name == rule


def test_sql_puts_nothing_into_a_batch_afterwards(committed, people, one):
    batch = registering.register(people.sofie, content=xlsx(row(amount=100)), name="x", vouchers=one, key=uuid.uuid4())
    later = payments.register_disbursement(
        people.sofie, Earmark.objects.with_accounts().get(slug=LIFT), amount=Money("1", "DKK"), value_date=DAY.date(), voucher=one["faktura.pdf"], key=uuid.uuid4()
    )  # fmt: skip
    with pytest.raises(Exception, match="registered with its batch"), connection.cursor() as cursor:
        cursor.execute(PUT, [batch.pk, 3, later.pk])
    for statement in ("UPDATE initiatives_batch SET name = 'y'", "DELETE FROM initiatives_batchrow"):
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(statement)
    assert BatchRow.objects.count() == 1
