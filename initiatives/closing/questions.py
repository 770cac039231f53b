"""What stands open in a period, and what its closings found. PostgreSQL answers (migrations/0017_closing.sql); here it is put in words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.urls import reverse
from djmoney.money import Money

from initiatives.models import BankLine, Closing, Earmark, Frame
from initiatives.years.questions import Year
from ledger.formats import date_text, kroner
from ledger.models import Period, Transfer
from ledger.questions import Sum, trial_sums

SHOWN = 10
"""open items that a point lists; the rest is counted"""
OPEN = """
    SELECT point, transfer_id, bank_line_id, account_id, amount, count, sum FROM (
        SELECT *, count(*) OVER of_point, sum(amount) OVER of_point, row_number() OVER (PARTITION BY point ORDER BY transfer_id, bank_line_id, account_id) AS place
        FROM initiatives_open_items(%s) WINDOW of_point AS (PARTITION BY point)
    ) AS open WHERE place <= %s ORDER BY point, place
"""
DECEMBER = 12
NOW = "SELECT initiatives_settlements(%s)::text"


@dataclass(frozen=True)
class Item:
    """One thing that stands open, and where it is dealt with."""

    words: str
    amount: Money
    address: str
    earmark: Earmark | None = None
    """where what came back in the year falls to the treasury"""


@dataclass(frozen=True)
class Point:
    """One point of the checklist: in order, or what stands open."""

    code: str
    title: str
    finding: str
    in_order: bool | None
    """None: it is not known before the period is closed"""
    items: list[Item] = field(default_factory=list)
    count: int = 0

    @property
    def standing(self) -> str:
        """The answer in a word. What stands open can be closed with a reason; what is wrong cannot."""
        if self.in_order is None:
            return "Ved lukning"
        return "I orden" if self.in_order else "Fejl" if self.code in ("trial_balance", "audit") else "Åbent"

    @property
    def more(self) -> int:
        return self.count - len(self.items)


@dataclass(frozen=True)
class Words:
    title: str
    none: str
    one: str
    many: str


WORDS = {
    "reservations": Words("Alt er godkendt eller afvist", "Ingen registreringer venter.", "1 registrering venter", "{} registreringer venter"),
    "payments": Words("Periodens udbetalinger er afstemt", "Alle er afstemt.", "1 udbetaling er ikke afstemt", "{} udbetalinger er ikke afstemt"),
    "bank_lines": Words("Betalingslisterne stemmer", "Alle rækker stemmer eller er forklaret.", "1 række stemmer ikke", "{} rækker stemmer ikke"),
    "unreturned": Words(
        "Årets tilbagebetalte midler er brugt igen eller bortfaldet",
        "Intet mangler at bortfalde.",
        "1 øremærkning mangler bortfald",
        "{} øremærkninger mangler bortfald",
    ),
}


def checklist(period: Period, balance: Sum | None = None) -> list[Point]:
    """What stands open in a period that is not closed, as it would be found now. `balance`, the sums of its trial balance, where they are known already.

    The audit comes with the closing.
    """
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [period.pk, SHOWN])
        rows = cursor.fetchall()
    balance = balance or trial_sums(period.pk)[-1]
    says: dict[str, Any] = {code: {"count": 0, "amount": "0"} for code in WORDS if code != "unreturned" or period.last_day.month == DECEMBER}
    says |= {point: {"count": count, "amount": amount} for point, *_, count, amount in rows}
    says["trial_balance"] = {"accounts": balance.count, "differing": balance.differing, "debit": balance.debit.amount, "credit": balance.credit.amount}
    return _points(says, {code: _items(code, [row for row in rows if row[0] == code]) for code in WORDS})


def found(closing: Closing) -> list[Point]:
    """The checklist as PostgreSQL kept it when the period was closed; nothing, when it was closed before checklists were kept."""
    return _points(closing.checklist, {}) if closing.checklist else []


def _points(says: dict[str, Any], items: dict[str, list[Item]]) -> list[Point]:
    points = [_open(code, says[code], items.get(code, [])) for code in WORDS if code in says]
    return [*points, _balance(says["trial_balance"]), _audit(says.get("audit"))]


def _open(code: str, says: dict[str, Any], items: list[Item]) -> Point:
    words, count = WORDS[code], int(says["count"])
    finding = words.none if not count else f"{words.one if count == 1 else words.many.format(count)}, i alt {kroner(Money(says['amount'], 'DKK'))}"
    return Point(code, words.title, finding, not count, items, count)


def _balance(says: dict[str, Any]) -> Point:
    debit = kroner(Money(says["debit"], "DKK"))
    if says["differing"]:
        return Point(
            "trial_balance", "Saldobalancen stemmer", f"{says['differing']} af {says['accounts']} konti siger noget andet end deres posteringer.", False
        )
    return Point("trial_balance", "Saldobalancen stemmer", f"{says['accounts']} konti; debet og kredit er hver {debit}", says["debit"] == says["credit"])


def _audit(says: dict[str, Any] | None) -> Point:
    title = "Hele regnskabet regnet igennem"
    if says is None:
        return Point("audit", title, "Hver postering, konto og kontrolsum regnes efter, når perioden lukkes.", None)
    return Point("audit", title, f"{says['transfers']} posteringer læst, {says['breaches'] or 'ingen'} brud.", not says["breaches"])


def _items(code: str, rows: list[Any]) -> list[Item]:
    if code == "bank_lines":
        lines = BankLine.objects.select_related("statement").defer("statement__content").in_bulk([row[2] for row in rows])
        return [_line(lines[row[2]]) for row in rows]
    earmarks = {earmark.account_id: earmark for earmark in Earmark.objects.with_accounts().filter(account__in=[row[3] for row in rows])} if rows else {}
    if code == "unreturned":
        return [Item(str(earmarks[row[3]]), Money(row[4], "DKK"), earmarks[row[3]].get_absolute_url(), earmarks[row[3]]) for row in rows]
    known = Transfer.objects.select_related("debit_account", "credit_account").in_bulk([row[1] for row in rows])
    page = "admin:initiatives_payment_settle" if code == "reservations" else "admin:ledger_transfer_change"
    return [
        Item(
            f"{transfer} fra {transfer.debit_account} til {transfer.credit_account}, {date_text(transfer.value_date)}",
            transfer.amount,
            reverse(page, args=[transfer.pk]),
        )
        for transfer in (known[row[1]] for row in rows)
    ]


def _line(line: BankLine) -> Item:
    words = f"{line.reference or 'Uden reference'}, {date_text(line.day)}: {line.text}".rstrip(": ")
    return Item(words, line.amount, reverse("admin:initiatives_bankstatement_show", args=[line.statement_id]))


def unreturned(earmark: Earmark, year: int) -> Money:
    """What came back to an earmark in a year, was not used again, and falls to the treasury."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_unreturned(%s, %s)", [earmark.account_id, year])
        return Money(cursor.fetchone()[0], "DKK")


def settlement_of(closing: Closing) -> list[tuple[Frame, Year]]:
    """How each frame was settled in the year that this closing ended, as it was kept then."""
    return list(_years(closing.settlement, int(closing.period_id[:4])))


def settlement_now(year: int) -> list[tuple[Frame, Year]]:
    """The same, as the books tell it today."""
    with connection.cursor() as cursor:
        cursor.execute(NOW, [year])
        return list(_years(json.loads(cursor.fetchone()[0]), year))


def _years(kept: list[dict[str, Any]], year: int) -> Iterator[tuple[Frame, Year]]:
    frames = Frame.objects.in_bulk([says["frame"] for says in kept])
    for says in kept:
        frame = frames[says["frame"]]
        yield frame, Year(year=year, **{name: Money(amount, "DKK") for name, amount in says.items() if name != "frame"})
