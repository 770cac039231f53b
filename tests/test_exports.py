"""What leaves the ledger as CSV: read back by another reader, to the øre, without formulas, and the same bytes each time."""

import csv
import hashlib
import io
import re
import threading
import tracemalloc
import uuid
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from djmoney.money import Money

from initiatives import demo, movements, payments
from ledger import exports
from ledger.canonical import digest
from ledger.models import Account, Transfer
from tests.books import Books
from tests.rebuilt import superuser

HISTORY = """
    2023-04-01  earmark -> grantee       500000.00  as paid
    2023-04-10  earmark -> grantee       300000.07  rejected
    2023-04-12  grantee -> local:havnen  100000.25
    2023-06-01  grantee -> treasury       50000.00  because unspent
    2024-02-01  earmark -> grantee       400000.99  approved 2024-03-01
    2024-05-01  earmark -> grantee         1000.00  pending
"""


@pytest.fixture
def history(people) -> Books:
    books = Books(people.by_name)
    books.play(HISTORY)
    return books


def read(export: exports.Export) -> list[dict[str, str]]:
    """The file as another reader takes it: one dictionary a row."""
    content = b"".join(export)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def kroner(text: str) -> Decimal:
    assert re.fullmatch(r"-?\d+,\d\d", text), text
    return Decimal(text.replace(",", "."))


def day(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 — a date has no zone


def test_the_journal_is_the_ledger_row_by_row_and_to_the_oere(history):
    rows = read(exports.journal())
    transfers = list(Transfer.objects.select_related("debit_account", "credit_account", "booked_by").order_by("id"))
    assert len(rows) == len(transfers)
    for row, transfer in zip(rows, transfers, strict=True):
        moved = transfer.step in ("single", "post")
        assert (int(row["Nr."]), uuid.UUID(row["Nøgle"])) == (transfer.pk, transfer.key)
        assert (row["Artskode"], row["Trinkode"], row["Årsagskode"]) == (transfer.kind, transfer.step, transfer.cause)
        assert (row["Art"], row["Trin"], row["Årsag"]) == (transfer.get_kind_display(), transfer.get_step_display(), transfer.get_cause_display())
        assert (row["Debetkonto i hovedbogen"], row["Kreditkonto i hovedbogen"]) == (transfer.debit_account.code, transfer.credit_account.code)
        assert (row["Debetkontoens navn"], row["Kreditkontoens navn"]) == (transfer.debit_account.name, transfer.credit_account.name)
        assert kroner(row["Beløb"]) == transfer.amount.amount
        assert [row["Debet i hovedbogen"], row["Kredit i hovedbogen"]] == [row["Beløb"] if moved else ""] * 2
        assert (day(row["Valørdato"]), row["Periode"]) == (transfer.value_date, transfer.period)
        assert row["Bogført (UTC)"] == transfer.booked_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert row["Bogført (dansk tid)"] == transfer.booked_at.astimezone(ZoneInfo("Europe/Copenhagen")).strftime("%d.%m.%Y %H:%M:%S")
        assert (row["Bogført af"], row["Brugernavn"], int(row["Bruger-id"])) == (str(transfer.booked_by), transfer.booked_by.username, transfer.booked_by_id)
        assert (kroner(row["Debetkontoens saldo efter"]), kroner(row["Kreditkontoens saldo efter"])) == (transfer.debit_balance, transfer.credit_balance)
        assert row["Afgør nr."] == str(transfer.pending_id or "")


def test_every_exported_row_proves_its_own_digest(history):
    """With nothing but the file and Python's standard library."""
    heads: dict[str, str] = {}
    for row in read(exports.journal()):
        debit, credit = row["Debetkonto i hovedbogen"], row["Kreditkonto i hovedbogen"]
        parts = [row["Debetkontoens kontrolsum før"], row["Kreditkontoens kontrolsum før"], int(row["Nr."]), row["Nøgle"], row["Artskode"], row["Trinkode"]]
        parts += [int(row[name]) if row[name] else None for name in ("Afgør nr.", "Tilbagefører nr.", "Bogfører på ny nr.")]
        parts += [row["Årsagskode"], debit, credit, row["Beløb"].replace(",", "."), row["Valuta"], day(row["Valørdato"]).isoformat(), row["Periode"]]
        parts += [row["Bogført (UTC)"], int(row["Bruger-id"]), row["Tekst"].removeprefix("'"), row["Journalnummer"].removeprefix("'"), row["Bilagets SHA-256"]]
        parts += [int(row["Postnr. på debetkontoen"]), int(row["Postnr. på kreditkontoen"])]
        parts += [row["Debetkontoens saldo efter"].replace(",", "."), row["Kreditkontoens saldo efter"].replace(",", ".")]
        assert row["Kontrolsum"] == digest(parts)
        assert heads.get(debit, parts[0]) == parts[0]
        assert heads.get(credit, parts[1]) == parts[1]
        heads[debit] = heads[credit] = row["Kontrolsum"]
    assert dict(Account.objects.filter(entry_count__gt=0).values_list("code", "head")) == heads


def test_totals_and_digest_on_the_page_are_those_of_the_file(history):
    export = exports.journal()
    promised = export.measure()
    content = b"".join(exports.journal(up_to=export.up_to))
    rows = read(export)
    assert promised.sha256 == hashlib.sha256(content).hexdigest()
    assert (promised.count, promised.size) == (Transfer.objects.count(), len(content))
    assert promised.debit == promised.credit == sum(transfer.amount.amount for transfer in Transfer.objects.moved())
    assert promised.debit == sum(kroner(row["Debet i hovedbogen"]) for row in rows if row["Debet i hovedbogen"])


def test_what_is_booked_meanwhile_does_not_change_a_promised_file(history):
    export, account = exports.journal(), history.account("earmark")
    statement = exports.account_statement(account)
    promised, promised_statement = export.measure().sha256, statement.measure()
    history.play("2023-05-01  earmark -> grantee  1.00\n 2023-05-02  grantee -> local:havnen  1.00")
    assert exports.journal(up_to=export.up_to).measure().sha256 == promised
    assert exports.account_statement(account, up_to=export.up_to).measure() == promised_statement
    assert exports.journal().measure().sha256 != promised
    assert exports.journal(up_to=export.up_to).filename == export.filename


def test_a_number_beyond_the_newest_is_the_newest(history):
    assert exports.journal(up_to=10**12).up_to == Transfer.objects.latest("id").pk


def test_a_statement_opens_moves_and_closes_on_every_row(history):
    for account in Account.objects.all():
        export = exports.account_statement(account)
        rows = read(export)
        measured = export.measured
        assert measured.opening + measured.credit - measured.debit == measured.closing == account.credits_posted - account.debits_posted
        assert [int(row["Postnr."]) for row in rows] == list(range(1, account.entry_count + 1))
        balance = measured.opening
        for row in rows:
            assert kroner(row["Saldo før"]) == balance
            balance += kroner(row["Kredit i hovedbogen"] or "0,00") - kroner(row["Debet i hovedbogen"] or "0,00")
            side = "Debet" if row["Debetkonto i hovedbogen"] == account.code else "Kredit"
            assert kroner(row["Saldo efter"]) == balance == kroner(row[f"{side}kontoens saldo efter"])
        assert sum(kroner(row["Ændring i reserveret"]) for row in rows) == account.debits_pending


def test_a_statement_between_two_dates_opens_with_the_balance_of_the_day_before(history):
    account = history.account("earmark")
    export = exports.account_statement(account, first=date(2023, 4, 2), last=date(2024, 2, 29))
    rows = read(export)
    assert export.measured.opening == Decimal("3300000.00")
    assert export.measured.closing == Decimal("3300000.00")
    assert {row["Valørdato"] for row in rows} == {"10.04.2023", "01.02.2024"}
    assert kroner(rows[-1]["Saldo efter"]) == export.measured.closing
    assert exports.journal(first=date(2023, 4, 2), last=date(2023, 4, 10)).measure().count == 2
    assert "fra-2023-04-02-til-2024-02-29" in export.filename


DANGEROUS = [
    "=1+1",
    "+45 12 34 56 78",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1",
    "  =1+1",
    "\u00a0=1",
    "\ufeff=1+1",
    "＝1+1",
    "'=1+1",
    "'",
    '=cmd|" /C calc"!A0',
]
HARMLESS = ["Rate 2023", "1-2-3", "a=b", "», »", 'han sagde "nej"; så', "to\r\nlinjer", "æøå ÆØÅ é 🙂", "", "kr. = 5"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_text_never_becomes_a_formula_and_reads_back_exactly(people, lift, voucher, text):
    asked = Money("10", "DKK")
    transfer = payments.register_disbursement(
        people.sofie, lift, amount=asked, value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4(), text=text, case_number=text[:50]
    )
    row = read(exports.journal())[-1]
    assert (row["Tekst"], row["Journalnummer"]) == (f"'{text}", f"'{text}")
    assert read(exports.account_statement(lift.account))[-1]["Tekst"].removeprefix("'") == transfer.text


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(people, lift, voucher, text):
    payments.register_disbursement(people.sofie, lift, amount=Money("10", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4(), text=text)
    assert read(exports.journal())[-1]["Tekst"] == text


def test_names_of_people_and_accounts_are_text_too(people, lift):
    people.sofie.first_name, people.sofie.username = "=HYPERLINK(1)", "@sofie"
    people.sofie.save()
    actor = movements.open_local_actor(people.sofie, lift, name="+Stedet", municipality_code="751")
    Books(people.by_name).play("2023-04-01  earmark -> grantee  10.00")
    movements.regrant(people.sofie, actor, amount=Money("5", "DKK"), value_date=date(2023, 4, 2), key=uuid.uuid4())
    row = read(exports.journal())[-1]
    assert (row["Kreditkontoens navn"], row["Brugernavn"], row["Bogført af"]) == ("'+Stedet", "'@sofie", "'=HYPERLINK(1) Lund")


def test_numbers_are_never_neutralised(history):
    rows = read(exports.account_statement(history.account("treasury")))
    assert rows[-1]["Saldo efter"].startswith("-")
    assert kroner(rows[-1]["Saldo efter"]) < 0


def test_the_file_is_what_danish_excel_opens(history):
    content = b"".join(exports.journal())
    assert content.startswith(b"\xef\xbb\xbfNr.;")
    assert content.endswith(b"\r\n")
    assert b"Udbetaling" not in content
    assert "Øremærkning".lower().encode() in content
    lines = content.decode("utf-8-sig").split("\r\n")[:-1]
    assert len(lines) == Transfer.objects.count() + 1
    assert lines[0].split(";") == list(exports.JOURNAL)


def test_an_empty_export_is_a_header(people):
    export = exports.journal(first=date(1999, 1, 1), last=date(1999, 1, 2))
    assert b"".join(export) == b"\xef\xbb\xbf" + ";".join(exports.JOURNAL).encode() + b"\r\n"
    assert (export.measured.count, export.measured.debit, export.measured.credit) == (0, 0, 0)
    assert read(exports.account_statement(Account.objects.get(code="used:lift-mary-fonden"))) == []


def test_the_columns_name_the_whole_contract():
    """Issue 2, section 2: every column of a transfer is in the export."""
    held = {name.partition(".")[0] for name in exports.JOURNAL.values()}
    assert {field.name for field in Transfer._meta.concrete_fields} - {"amount_currency"} <= held
    assert len(exports.JOURNAL) == len(set(exports.JOURNAL)) == len(exports.COMMON) + 3


def test_the_demo_story_leaves_as_the_books_that_it_is(people):
    demo.play_story(people.by_name)
    balances: dict[str, Decimal] = {}
    for row in read(exports.journal()):
        amount = kroner(row["Debet i hovedbogen"] or "0,00")
        for side, sign in (("Debet", -1), ("Kredit", 1)):
            code = row[f"{side}konto i hovedbogen"]
            balances[code] = balances.get(code, Decimal(0)) + sign * amount
    assert balances == {account.code: account.balance.amount for account in Account.objects.filter(entry_count__gt=0)}


def test_an_export_waits_for_what_was_being_booked_when_it_began(committed, people, lift):
    """A number that is drawn and not yet committed could come to stand inside a file that was promised."""
    books = Books(people.by_name)
    slow = committed.connect()
    book = "SELECT (ledger_book(gen_random_uuid(), 'pending', %s, 'disbursement', %s, %s, 1, '2023-04-01', p_voucher_sha256 => %s)).id"
    (early,) = slow.execute(book, [people.sofie.pk, "earmark:landsindsats-sbst", "grantee:landsindsats-sbst", books.voucher]).fetchone()
    with committed.connect(autocommit=True) as quick:
        (late,) = quick.execute(book, [people.sofie.pk, "earmark:lift-mary-fonden", "grantee:lift-mary-fonden", books.voucher]).fetchone()
    assert early < late
    committing = threading.Timer(0.3, slow.commit)
    committing.start()
    rows = read(exports.journal())
    committing.join()
    slow.close()
    assert [int(row["Nr."]) for row in rows][-2:] == [early, late]


def test_an_export_that_waited_too_long_promises_nothing(committed, people, monkeypatch):
    monkeypatch.setattr(exports, "PATIENCE_SECONDS", 0.05)
    with committed.connect() as slow:
        slow.execute("SELECT pg_advisory_xact_lock_shared(7302300)")  # as every booking does
        with pytest.raises(TimeoutError, match="is not settled"):
            exports.journal()
    assert exports.journal().measure().count == Transfer.objects.count()


def test_a_long_journal_takes_no_more_memory_than_a_short_one(committed, people, lift):
    Books(people.by_name).play("2023-04-01  earmark -> grantee  100.00")
    with superuser(committed) as intruder:  # the rows' content does not matter here
        intruder.execute(
            "INSERT INTO ledger_transfer SELECT (jsonb_populate_record(t, jsonb_build_object('id', t.id + n, 'key', gen_random_uuid(), 'text', repeat('x', 100)))).* "
            "FROM ledger_transfer t, generate_series(1, 50000) n WHERE t.id = (SELECT max(id) FROM ledger_transfer)"
        )
        intruder.execute(
            "CREATE INDEX ON ledger_transfer (debit_account_id, debit_entry_no); CREATE INDEX ON ledger_transfer (credit_account_id, credit_entry_no)"
        )
    tracemalloc.start()
    try:
        measured = exports.journal().measure()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert measured.count > 50_000
    assert measured.size > 30_000_000
    assert peak < 16_000_000


def test_the_command_writes_the_file_and_prints_what_it_holds(committed, people, tmp_path):
    Books(people.by_name).play(HISTORY)
    said = io.StringIO()
    call_command("export_journal", output=tmp_path / "journal.csv", stdout=said)
    content = (tmp_path / "journal.csv").read_bytes()
    assert f"SHA-256     {hashlib.sha256(content).hexdigest()}" in said.getvalue()
    assert f"{Transfer.objects.count()} posteringer" in said.getvalue()
    said = io.StringIO()
    call_command("export_journal", "--account", "earmark:lift-mary-fonden", "--from", "2024-01-01", "-o", str(tmp_path / "kontokort.csv"), stdout=said)
    assert "Primosaldo  3.300.000,00\xa0kr." in said.getvalue()
    assert "Ultimosaldo 2.899.999,01\xa0kr." in said.getvalue()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.csv", "kontokort.csv"]


def test_the_command_says_what_it_cannot_do(committed, tmp_path):
    with pytest.raises(CommandError, match="Kontoen earmark:x findes ikke"):
        call_command("export_journal", account="earmark:x", output=tmp_path / "x.csv")
    with pytest.raises(CommandError, match="Kan ikke skrive"):
        call_command("export_journal", output=tmp_path / "intet" / "x.csv")
