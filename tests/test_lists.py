"""Every list of the admin can be taken out exactly as it is shown. The lists are found, not named: a new one is tried without anybody thinking of it."""

import csv
import io
import re
import uuid
from datetime import date, datetime
from decimal import Decimal
from html import unescape

import openpyxl
import pytest
from django.contrib import admin
from django.urls import reverse

from ensomhed.lists import ExportedAdmin, in_words
from initiatives import claims, payments
from initiatives.models import Event
from ledger import sheets
from ledger.kinds import Cause
from ledger.models import Refusal
from tests.accounts import kr

def of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def sheet_of(content: bytes, name: str | None = None) -> list[tuple]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return list((book[name] if name else book.worksheets[0]).iter_rows(values_only=True))


def cells(page: str) -> list[list[str]]:
    """The rows of the list on a page, as they are read."""
    table = re.search(r'<table id="result_list".*?</table>', page, re.DOTALL)
    body = re.search(r"<tbody>.*</tbody>", table.group(), re.DOTALL).group() if table else ""
    read = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)]
    return [[unescape(re.sub(r"<[^>]+>|\s+", " ", cell)).replace("\u00a0", " ").strip() for cell in row] for row in read]


def typed(cell) -> object:
    """A spreadsheet's cell as the value that went in."""
    return Decimal(str(cell.value)).quantize(Decimal("0.01")) if cell.number_format == "#,##0.00" and cell.value is not None else cell.value


def read(value: object) -> str:
    """A value as a page tells it."""
    return f"{value:%d.%m.%Y kl. %H.%M}" if isinstance(value, datetime) else in_words(value.date() if isinstance(value, date) and not isinstance(value, datetime) else value)


def asked(client, address: str, shown) -> str:
    """A query string that filters, searches and sorts: found in the list itself."""
    order = next((f"o=-{place}" for place, header in enumerate(shown.list_display, 1) if getattr(getattr(shown.model_admin, str(header), None), "admin_order_field", None)), "o=1")
    for spec in shown.filter_specs:
        for choice in spec.choices(shown):
            found = client.get(f"{address}{choice['query_string']}")
            if not choice["selected"] and found.status_code == 200 and found.context["cl"].result_count:
                return f"{choice['query_string']}&{order}"
    return f"?{order}"


@pytest.fixture
def story(people, lift, voucher):
    """Something for every list to show."""
    pending, posted = (
        payments.register_disbursement(
            people.sofie, lift, amount=kr(amount), value_date=date(2023, 4, day), voucher=voucher, key=uuid.uuid4(), text="=1+1", case_number="2023-1102"
        )
        for day, amount in ((3, "475000.50"), (4, "1200"))
    )
    payments.approve(people.anders, posted, key=uuid.uuid4())
    Refusal.objects.create(asked_by=people.sofie, rule="booking_is_complete", message="Afvist", request={})
    claims.expect(people.sofie, lift, amount=kr("100"), cause=Cause.ERROR, raised_on=date(2023, 5, 1), due=date(2023, 6, 1), text="For meget", key=uuid.uuid4())


def test_every_register_is_taken_out_as_it_is_shown(client, people, story):
    for register in admin.site._registry.values():
        assert isinstance(register, ExportedAdmin), f"{register}: a register without files; let its admin be a ReadOnlyAdmin"
        client.force_login(people.adam if register.opts.model_name == "user" else people.karen)
        address = reverse(f"admin:{register.opts.app_label}_{register.opts.model_name}_changelist")
        query = asked(client, address, client.get(address).context["cl"])
        shown = client.get(address + query)
        taken_out_as_shown(client, address, query, shown.text, shown.context["cl"].result_count)


def taken_out_as_shown(client, address: str, query: str, page: str, count: int) -> None:
    """The page, the CSV and the spreadsheet say the same, cell by cell."""
    noted = Event.objects.filter(what="exported").count()
    on_screen = cells(page)
    book = openpyxl.load_workbook(io.BytesIO(of(client.get(f"{address}export.xlsx{query}"))))
    table = list(book.worksheets[0].iter_rows())
    titles, rows = [cell.value for cell in table[0]], [[typed(cell) for cell in row] for row in table[1:]]
    in_csv = list(csv.reader(io.StringIO(of(client.get(f"{address}export.csv{query}")).decode("utf-8-sig")), delimiter=";"))
    assert count == len(rows) > 0, "nothing to compare"
    assert len(on_screen) == min(count, 50)
    for row, told in zip(rows, on_screen, strict=False):
        for value, said in zip(row, told, strict=True):
            assert (read(value) or "–").replace("\u00a0", " ") in said or said.rstrip("…") in str(value), (titles, row, told)
    assert in_csv == [titles, *([sheets.in_csv(value) for value in row] for row in rows)]
    about = {label: value for label, value in book["Om udtrækket"].iter_rows(max_col=2, values_only=True)}
    assert about["Antal rækker"] == count
    assert "Sorteret efter" in about
    assert Event.objects.filter(what="exported").count() == noted + 2
