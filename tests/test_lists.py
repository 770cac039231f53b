"""Every list of the admin can be taken out exactly as it is shown. The lists are found, not named: a new one is tried without anybody thinking of it."""

import csv
import functools
import io
import re
import tracemalloc
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ensomhed.lists import ExportedAdmin, in_words
from initiatives import claims, deadlines, payments
from initiatives.admin.listings import Listing
from initiatives.bulk import registering
from initiatives.models import Deadline, Event
from initiatives.telling import cases
from ledger import sheets
from ledger.kinds import Cause
from ledger.models import Refusal
from tests.accounts import FME, earmark, kr
from tests.bulk import csv as csv_sheet
from tests.paid import pay, released, taken


def of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def cells(page: str) -> list[list[str]]:
    """The rows of the list on a page, as they are read."""
    table = re.search(r'<table id="result_list".*?</table>', page, re.DOTALL)
    body = re.search(r"<tbody>.*</tbody>", table.group(), re.DOTALL).group() if table else ""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)]
    return [[unescape(re.sub(r"<[^>]+>|\s+", " ", cell)).replace("\u00a0", " ").strip() for cell in row] for row in rows]


def typed(cell) -> object:
    """A spreadsheet's cell as the value that went in."""
    if cell.value is None:
        return None
    if cell.number_format == "#,##0.00":
        assert cell.data_type == "n"
        return Decimal(str(cell.value)).quantize(Decimal("0.01"))
    if cell.number_format == "dd.mm.yyyy":
        return cell.value.date()
    return cell.value


def read(value: object) -> str:
    """A value as a page tells it."""
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y kl. %H.%M}"
    return in_words(value).replace("\u00a0", " ") or "–"


@pytest.fixture
def story(people, lift, voucher, receive):
    """Something for every list to show."""
    _, posted = (
        payments.register_disbursement(
            people.sofie, lift, amount=kr(amount), value_date=date(2023, 4, day), voucher=voucher, key=uuid.uuid4(), text="=1+1", case_number="2023-1102"
        )
        for day, amount in ((3, "475000.50"), (4, "1200"))
    )
    payments.approve(people.anders, posted, key=uuid.uuid4())
    released(people, lift, "500000", "7")
    taken(people, "UDEN-4;9,00;05.04.2023;betalt")
    pay(people, lift, "20000")
    pay(people, lift, "30000")
    fme = earmark(FME)
    pay(people, fme, "500000", day=date(2023, 3, 1))
    receive(fme, "480000")
    cases.raise_case(people.maria, lift.grantee, transfer=posted, text="Det er ikke rigtigt", key=uuid.uuid4())
    Refusal.objects.create(asked_by=people.sofie, rule="booking_is_complete", message="Afvist", request={})
    for person, amount in ((people.sofie, "17,00"), (people.søren, "18,00")):
        sheet = csv_sheet(f"lift-mary-fonden;{amount};05.04.2023;2023-1102;1. rate;")
        registering.register(person, content=sheet, name="april.csv", vouchers={voucher.name: voucher}, key=uuid.uuid4())
    claims.expect(people.sofie, lift, amount=kr("100"), cause=Cause.ERROR, raised_on=date(2023, 5, 1), due=date(2023, 6, 1), text="For meget", key=uuid.uuid4())


def rows_at(client, address: str) -> int:
    answer = client.get(address)
    return answer.context["cl"].result_count if answer.status_code == 200 else 0


def asked(client, address: str) -> str:
    """A query string that filters, searches and sorts, found in the list itself; each part still leaves something to compare."""
    shown = client.get(address).context["cl"]
    query = "?"
    for spec in shown.filter_specs:
        choices = spec["choices"] if isinstance(spec, dict) else list(spec.choices(shown))
        narrower = [choice["query_string"] for choice in choices if not choice["selected"] and rows_at(client, address + choice["query_string"])]
        if narrower:
            query = narrower[-1]
            break
    seen = cells(client.get(address + query).text)
    sought = next((word for word in re.findall(r"\w{3,}", " ".join(seen[0] if seen else [])) if rows_at(client, f"{address}{query}&q={word}")), "")
    return f"{query}&q={sought}&o=-2.1"


def taken_out_as_shown(client, address: str) -> None:
    """The page, the CSV and the spreadsheet say the same, cell by cell."""
    query = asked(client, address)
    assert re.fullmatch(r"\?.+&q=.+&o=-2.1", query), f"{address}: a list is filtered, searched and sorted ({query})"
    shown = client.get(address + query)
    assert not re.search(r"<td(?! data-label=)", shown.text.partition('id="result_list"')[2].partition("</table>")[0]), "a phone shows each row as a card"
    on_screen, count = cells(shown.text), shown.context["cl"].result_count
    noted = Event.objects.filter(what="exported").count()
    book = openpyxl.load_workbook(io.BytesIO(of(client.get(f"{address}export.xlsx{query}"))))
    table = list(book.worksheets[0].iter_rows())
    titles, rows = [cell.value for cell in table[0]], [[typed(cell) for cell in row] for row in table[1:]]
    in_csv = list(csv.reader(io.StringIO(of(client.get(f"{address}export.csv{query}")).decode("utf-8-sig")), delimiter=";"))
    assert count == len(rows)
    assert count, f"{address}{query}: nothing to compare"
    assert len(on_screen) == min(count, 50)
    for row, told in zip(rows, on_screen, strict=False):
        for value, said in zip(row, told, strict=True):
            assert read(value) in said or said.rstrip("…") in read(value), (address, titles, row, told)
    assert in_csv == [titles, *([sheets.in_csv(value) for value in row] for row in rows)]
    about = dict(book["Om udtrækket"].iter_rows(max_col=2, values_only=True))
    assert about["Antal rækker"] == count
    assert Event.objects.filter(what="exported").count() == noted + 2, "who took it out is noted"


def test_every_register_is_taken_out_as_it_is_shown(client, people, story):
    assert reverse("admin:index")  # what is registered with the pages is, too
    for register in list(admin.site._registry.values()):
        assert isinstance(register, ExportedAdmin), f"{register}: a register without files; let its admin be a ReadOnlyAdmin"
        client.force_login(people.adam if register.opts.model_name == "user" else people.karen)
        taken_out_as_shown(client, reverse(f"admin:{register.list_name}"))


def test_every_other_list_is_taken_out_as_it_is_shown(client, people, story):
    client.force_login(people.karen)
    for listing in Listing.known:
        taken_out_as_shown(client, f"/admin/{listing.route}")


def test_what_waits_costs_the_same_however_much_waits(client, people, lift, voucher):
    def ask_later(deadline) -> None:
        deadlines.extend(people.sofie, deadline, due=deadline.due + timedelta(days=30), reason="Sygdom", voucher=voucher, key=uuid.uuid4())

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert "Forlænget frist" in client.get("/admin/initiatives/payment/waiting/").text
        return len(asked)

    client.force_login(people.karen)
    first, *others = Deadline.objects.filter(earmark=lift).exclude(what=Deadline.What.TERMS)[:4]
    ask_later(first)
    client.get("/admin/initiatives/payment/waiting/")
    before = queries()
    for deadline in others:
        ask_later(deadline)
    assert queries() == before <= 20


def test_a_spreadsheet_takes_no_text_for_a_formula_and_a_csv_neither(db):
    evil = ["=1+1", "+45 12345678", "-2", "@SUM(A1)", "\tx", "'x", "＝1", 'æøå; "citat"', "\x0b", "x" * 40000]
    rows = [[text, Decimal("-0.50"), date(2023, 4, 1), 7, None, True] for text in evil]
    columns = ["Tekst", "Beløb, kr.", "Dag", "Antal", "Intet", "Ja eller nej"]
    table = list(openpyxl.load_workbook(io.BytesIO(b"".join(sheets.xlsx_of("Prøve: [1]/2", columns, rows)))).worksheets[0].iter_rows(min_row=2))
    assert {row[0].data_type for row in table} == {"s"}
    assert [row[0].value for row in table[:8]] == evil[:8]
    assert [bool(row[0].quotePrefix) for row in table] == [True] * 7 + [False, False, False]
    assert table[-1][0].value == "x" * (sheets.LONGEST_TEXT - 1) + "…"
    assert [cell.value for cell in table[0][1:]] == [-0.5, datetime(2023, 4, 1), 7, None, "Ja"]  # noqa: DTZ001 — as a spreadsheet has it
    content = b"".join(sheets.csv_of(columns, rows))
    assert content.startswith("\ufeffTekst;Beløb, kr.;Dag".encode())
    read_back = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[0] for row in read_back[1:8]] == [f"'{text}" for text in evil[:7]]
    assert read_back[1][1:] == ["-0,50", "01.04.2023", "7", "", "Ja"]
    assert read_back[-1][0] == evil[-1]


def test_a_list_too_long_for_a_spreadsheet_says_so_and_is_offered_as_csv(client, people, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    client.force_login(people.karen)
    answer = client.get("/admin/ledger/account/export.xlsx?q=a", follow=True)
    assert "Et regneark kan højst rumme 3 rækker" in answer.text
    assert 'value="a"' in answer.text, "what was sought is kept"
    assert client.get("/admin/ledger/account/export.csv").status_code == 200
    with pytest.raises(sheets.TooManyRows):
        b"".join(sheets.xlsx_of("Prøve", ["Nr."], [[number] for number in range(4)]))


def test_nobody_takes_out_what_they_may_not_read(client, people):
    for person, address in (
        (people.sofie, "ensomhed/user/"),
        (people.adam, "ledger/transfer/"),
        (people.adam, "initiatives/payment/waiting/"),
        (people.maria, "ledger/transfer/"),
    ):
        client.force_login(person)
        for kind in ("csv", "xlsx"):
            assert client.get(f"/admin/{address}export.{kind}").status_code in (302, 403)
    assert not Event.objects.filter(what="exported").exists()


def test_a_query_that_means_nothing_leads_back_to_the_list(client, people):
    client.force_login(people.karen)
    assert client.get("/admin/ledger/transfer/export.csv?kind__exact=&p=x&id__in=æ")["Location"] == "./?e=1"
    for query in ("o=99.-x.²", "p=999", "p=x", "q=%00", "art=findes-ikke", "o=-"):
        assert client.get(f"/admin/initiatives/payment/waiting/?{query}").status_code in (200, 404)


def test_a_long_list_is_written_without_being_held():
    """Its memory is that of a short one: what is read is written, a thousand rows at a time."""

    def many(count):
        return ([f"Tekst {number}", Decimal(number), date(2023, 1, 1)] for number in range(count))

    def peak(write, count) -> int:
        tracemalloc.start()
        for _ in write(["A", "B", "C"], many(count)):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    for write in (sheets.csv_of, functools.partial(sheets.xlsx_of, "Prøve")):
        assert peak(write, 5000) < peak(write, 500) + 2**20
