"""Reading the accounting system's list: what it may look like, and what a bad one is answered with."""

import io
import time
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook

from initiatives.paying import lists
from tests.paid import listed

GOOD = "ENS-12-5;1.234,50;03.04.2023;betalt"
HEADINGS = ["Reference", "Beløb", "Dato", "Status"]


def sheet(*rows, sheets: int = 1) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet().append(["andet"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def advice(content: bytes) -> list[tuple[int, str, str]]:
    return [(bad.row, bad.column, bad.advice) for bad in lists.read(content).bad]


@pytest.mark.parametrize(
    "content",
    [
        listed(GOOD),
        b"\xef\xbb\xbf" + listed(GOOD),
        listed(GOOD).decode().encode("cp1252"),
        listed(GOOD).replace(b"\r\n", b"\n"),
        listed('ENS-12-5,"1.234,50",03.04.2023,betalt', heading="Reference,Beløb,Dato,Status"),
        listed("ENS-12-5,1234.50,2023-04-03,paid", heading="reference,amount,date,status"),
        listed(" ens-12-5 ;1234,5 kr.;3-4-2023;BETALT", "", ";;;"),
        sheet(HEADINGS, ["ENS-12-5", 1234.5, datetime(2023, 4, 3), "betalt"]),  # noqa: DTZ001 — a spreadsheet knows no time zone
        sheet(HEADINGS, [None] * 4, ["ENS-12-5", "1.234,50", date(2023, 4, 3), "Betalt"]),
    ],
    ids=["utf-8", "with a mark", "cp1252", "line feeds", "commas", "as machines write", "blank rows", "spreadsheet", "text in a spreadsheet"],
)
def test_a_list_is_read_whichever_way_it_was_saved(content):
    found = lists.read(content)
    assert found.bad == []
    (row,) = found.rows
    assert (row.reference, row.amount, row.day, row.status) == ("ENS-12-5", Decimal("1234.50"), date(2023, 4, 3), "paid")


def test_an_amount_of_a_spreadsheet_is_what_was_typed_to_the_last_oere():
    typed = ["0.01", "0.07", "1.1", "19.99", "4999999.99", "999999999999.99"]
    assert [
        row.amount for row in lists.read(sheet(HEADINGS, *([f"R{at}", float(text), date(2023, 4, 3), "betalt"] for at, text in enumerate(typed)))).rows
    ] == [Decimal(text) for text in typed]


def test_danish_letters_survive_and_columns_that_mean_nothing_are_named():
    found = lists.read(listed("R;1,00;03.04.2023;betalt;Ældre Sagen, Århus;x", heading="Reference;Beløb;Dato;Status;Tekst;Bilagsnr."))
    assert (found.rows[0].text, found.ignored) == ("Ældre Sagen, Århus", ["Bilagsnr."])


def test_every_bad_field_is_told_with_its_row_its_column_and_what_to_do():
    bad = lists.read(
        listed(
            "R;-5,00;03.04.2023;betalt",
            GOOD,
            "R;1,005;31.02.2023;betalt",
            "R;;03.04.2023;sendt",
            "R;1,234.50;03.04.2023;betalt",
            "R;0;03.04.2023;betalt",
            "R;9;;retur",
        )
    ).bad
    assert [(one.row, one.column, one.value) for one in bad] == [
        (2, "Beløb", "-5,00"), (4, "Beløb", "1,005"), (4, "Dato", "31.02.2023"), (5, "Beløb", ""), (5, "Status", "sendt"), (6, "Beløb", "1,234.50"), (7, "Beløb", "0"), (8, "Dato", ""),
    ]  # fmt: skip
    assert "skrives med sit beløb og status »returneret«" in bad[0].advice
    assert "højst to decimaler" in bad[1].advice
    assert "dag.måned.år" in bad[2].advice
    assert "»betalt« eller »returneret«" in bad[4].advice
    assert "på dansk" in bad[5].advice


@pytest.mark.parametrize("huge", ["1000000000000", "9" * 400, "1e9", "NaN", "uendelig", "١٢٣"])
def test_an_amount_that_the_books_cannot_hold_is_no_amount(huge):
    assert [(row, column) for row, column, _ in advice(listed(f"R;{huge};03.04.2023;betalt"))] == [(2, "Beløb")]


@pytest.mark.parametrize("number", [float("1e300"), 10**15, 0.005, True])
def test_a_number_of_a_spreadsheet_is_held_to_the_same(number):
    assert [(row, column) for row, column, _ in advice(sheet(HEADINGS, ["R", number, date(2023, 4, 3), "betalt"]))] == [(2, "Beløb")]


def test_a_formula_is_never_a_figure():
    assert [said for *_, said in advice(sheet(HEADINGS, ["=1+1", "=2*3", "=TODAY()", "betalt"]))] == [
        "Cellen er en formel. Gem regnearket med værdier i stedet for formler."
    ] * 3
    assert [(row, column) for row, column, _ in advice(listed("=1+1;=2*3;03.04.2023;betalt"))] == [(2, "Reference"), (2, "Beløb")]


def test_more_fields_than_headings_are_told_and_not_guessed_at():
    assert advice(listed("R;1,00;03.04.2023;betalt;noget")) == [
        (2, "", "Rækken har flere felter end overskriften. Et skilletegn i en tekst skal stå i citationstegn.")
    ]


def unreadable(content: bytes) -> str:
    with pytest.raises(lists.Unreadable) as problem:
        lists.read(content)
    return str(problem.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Filen er tom"),
        (b"\r\n\r\n", "Filen er tom"),
        (b"%PDF-1.7 liste", "hverken en CSV-fil eller et regneark"),
        (b"\xd0\xcf\x11\xe0 gammelt regneark", "hverken en CSV-fil eller et regneark"),
        (listed(GOOD).decode().encode("utf-16"), "hverken en CSV-fil eller et regneark"),
        (b"Reference;Bel\x81b;Dato;Status\r\n", "tegnsæt"),
        (b"PK\x03\x04 ikke en zip-fil", "beskadiget"),
        (listed(GOOD, heading="Nr.;Beløb"), "Der mangler Reference, Dato, Status"),
        (listed(GOOD, heading="Reference;Beløb;Dato;Status;Beløb"), "står der to gange"),
        (listed('R;"1,00;03.04.2023;betalt'), "citationstegn"),
        (sheet(HEADINGS, sheets=2), "2 ark"),
        (sheet(), "Filen er tom"),
    ],
)
def test_a_file_that_is_no_list_is_answered_with_what_to_do(content, said):
    assert said in unreadable(content)


def test_a_zip_file_that_is_no_spreadsheet_and_one_that_unpacks_to_a_mountain_are_refused():
    other, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(other, "w") as parts:
        parts.writestr("brev.txt", "hej")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/sharedStrings.xml", b"0" * (lists.MAX_UNPACKED_BYTES + 1))
    assert "beskadiget" in unreadable(other.getvalue())
    assert "alt for stort" in unreadable(bomb.getvalue())


def test_a_hundred_thousand_rows_and_fifty_megabytes_are_refused_at_once():
    began = time.monotonic()
    assert "mere end 20.000 rækker" in unreadable(listed(*["R;1;03.04.2023;betalt"] * 100_000))
    assert "mere end 7 MB" in unreadable(b"x" * 50 * 2**20)
    assert time.monotonic() - began < 10


def test_a_list_without_rows_is_a_list():
    assert lists.read(listed()) == lists.Listed()
