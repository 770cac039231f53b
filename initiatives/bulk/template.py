"""The sheet to fill in: true text, numbers and dates, one line of help, and the earmarks' codes beside."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from initiatives.bulk.reading import HEADINGS, LOOKED_UP, MAX_ROWS, PAYMENTS
from initiatives.models import Earmark
from ledger import questions

TEXT, AMOUNT, DAY = "@", "#,##0.00", "dd.mm.yyyy"
FORMATS = {"earmark": TEXT, "amount": AMOUNT, "value_date": DAY, "case_number": TEXT, "text": TEXT, "voucher": TEXT}
WIDTHS = {"earmark": 38, "amount": 16, "value_date": 13, "case_number": 16, "text": 40, "voucher": 30}
FIRST_ROW = 3
"""below the line of help and the headings"""
IN_EXCEL = (
    "Udfyld én række for hver udbetaling. Kode: vælg på listen, se arket Øremærkninger. Bilag: filens navn; kan udelades, når ét bilag gælder alle rækker."
)
IN_CSV = "Udfyld én række for hver udbetaling: koden, beløbet som 1.234,50, dagen som 23.11.2026. Bilag er filens navn og kan udelades, når ét bilag gælder alle rækker."


def as_xlsx() -> bytes:
    """The template as a workbook."""
    book = Workbook()
    payments = book.active
    assert isinstance(payments, Worksheet)
    payments.title = PAYMENTS
    payments["A1"] = IN_EXCEL
    payments["A1"].font = Font(italic=True)
    for place, (name, heading) in enumerate(HEADINGS.items(), 1):
        head = payments.cell(FIRST_ROW - 1, place, heading)
        head.font, head.alignment = Font(bold=True), Alignment(horizontal="right" if name == "amount" else "left")
        column = payments.column_dimensions[head.column_letter]
        column.width, column.number_format = WIDTHS[name], FORMATS[name]
    payments.freeze_panes = f"A{FIRST_ROW}"
    codes = _codes()
    _look_up(book.create_sheet(LOOKED_UP), codes)
    choice = DataValidation(type="list", formula1=f"{LOOKED_UP}!$A$2:$A${len(codes) + 1}", allow_blank=True, showErrorMessage=False)
    choice.add(f"A{FIRST_ROW}:A{FIRST_ROW + MAX_ROWS - 1}")
    payments.add_data_validation(choice)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_csv() -> bytes:
    """The template as Danish CSV: Excel opens it right."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([[IN_CSV], list(HEADINGS.values())])
    return text.getvalue().encode("utf-8-sig")


def _codes() -> list[tuple[str, str, str, Decimal]]:
    earmarks = list(Earmark.objects.with_accounts().order_by("grantee__name", "id"))
    numbers = questions.numbers_of(earmark.account for earmark in earmarks)
    return [(earmark.slug, earmark.grantee.name, earmark.title, numbers[earmark.account_id].left.amount) for earmark in earmarks]


def _look_up(sheet: Worksheet, codes: Sequence[tuple[str, str, str, Decimal]]) -> None:
    for place, (heading, width) in enumerate({"Kode": 42, "Tilskudsmodtager": 34, "Initiativ": 60, "Rest at udbetale, kr.": 22}.items(), 1):
        head = sheet.cell(1, place, heading)
        head.font = Font(bold=True)
        sheet.column_dimensions[head.column_letter].width = width
    for number, row in enumerate(codes, 2):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(number, place, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a name is a text, whatever it begins with
            else:
                cell.number_format = AMOUNT
    sheet.freeze_panes = "A2"
