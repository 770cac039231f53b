"""What agrees and what does not: the lists of payments made, beside what left from here. Told by two views in PostgreSQL (migrations/0011_paying.sql)."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse
from djmoney.money import Money

from ensomhed.models import User
from initiatives.models import BankLine, BankStatement, PaymentFile, PaymentLine, Proposal
from initiatives.receiving import details

WORDS = {
    "both": "Stemmer",
    "waits": "Afventer liste",
    "reversed": "Tilbageført",
    "only_here": "Sendt, men ikke betalt",
    "only_there": "Betalt, men ikke sendt herfra",
    "amount_differs": "Beløbet afviger",
    "account_differs": "Betalt til en anden konto",
    "paid_twice": "Betalt to gange",
    "paid_though_reversed": "Betalt, men tilbageført her",
    "returned": "Returneret: skal tilbageføres",
    "returned_being_reversed": "Returneret: tilbageførsel venter",
    "returned_and_reversed": "Returneret og tilbageført",
}
RED = ("only_here", "only_there", "amount_differs", "account_differs", "paid_twice", "paid_though_reversed")


@dataclass(frozen=True)
class Finding:
    """One payment as both sides tell it: what left, what the list says, and whether they agree."""

    code: str
    explained: bool
    line: PaymentLine | None
    bank: BankLine | None
    proposal: Proposal | None = None
    """the explanation that waits or was approved"""

    @property
    def words(self) -> str:
        return WORDS[self.code] + (" (forklaret)" if self.explained else "")

    @property
    def is_red(self) -> bool:
        """It does not agree, and nobody has decided why."""
        return self.code in RED and not self.explained

    @property
    def agrees(self) -> bool:
        return self.code in ("both", "returned_and_reversed", "reversed")

    @property
    def waits_for_reversal(self) -> bool:
        return self.code == "returned"

    @property
    def subject(self) -> str:
        """What an explanation of it is about."""
        return f"bankline:{self.bank.pk}" if self.bank else f"paymentline:{self.line.pk if self.line else 0}"

    @property
    def reference(self) -> str:
        return self.bank.reference if self.bank else self.line.reference if self.line else ""

    @property
    def amount(self) -> Money | None:
        source = self.bank or self.line
        return source.amount if source else None

    @property
    def address(self) -> str:
        """Where it is explained."""
        kind, _, number = self.subject.partition(":")
        return reverse("admin:initiatives_explanation_propose", args=[kind, int(number)])

    @property
    def destination(self) -> str:
        return details.said(self.line.details.after) if self.line else ""

    @property
    def key(self) -> uuid.UUID:
        """A key for the button beside it: pressed twice, it registers one reversal."""
        return uuid.uuid4()

    @property
    def grantee(self) -> str:
        return str(self.line.transfer.credit_account) if self.line else ""


FINDINGS = """
    SELECT * FROM (
        SELECT b.bank_line_id, b.line_id, b.finding, b.explained, l.statement_id, NULL::bigint AS file_id, NULL::bigint AS transfer_id
        FROM initiatives_bankfinding b JOIN initiatives_bankline l ON l.id = b.bank_line_id
        UNION ALL
        SELECT NULL, f.line_id, f.finding, f.explained, NULL, l.file_id, l.transfer_id FROM initiatives_linefinding f JOIN initiatives_paymentline l ON l.id = f.line_id
    ) AS found
    WHERE {} ORDER BY bank_line_id, line_id
"""
ABOUT = """
    SELECT b.bank_line_id, b.line_id, b.finding, b.explained FROM initiatives_bankline l JOIN initiatives_bankfinding b ON b.bank_line_id = l.id WHERE l.reference = %s
    UNION ALL
    SELECT NULL, f.line_id, f.finding, f.explained FROM initiatives_paymentline l JOIN initiatives_linefinding f ON f.line_id = l.id WHERE l.transfer_id = %s
    ORDER BY bank_line_id, line_id
"""
OF_LIST, OF_FILE, OF_PAYMENT = "statement_id = %s", "file_id = %s", "transfer_id = %s"
OF_BANK_LINE, OF_LINE = "bank_line_id = %s", "bank_line_id IS NULL AND line_id = %s"
EVERY_RED_ROW = (
    "finding = ANY(%s) AND NOT explained AND (bank_line_id IS NOT NULL OR finding = 'only_here')"  # an amount that differs is told once, by its list
)
TO_DO = """
    SELECT bank_line_id, line_id, finding, explained FROM initiatives_doubt
    WHERE CASE WHEN bank_line_id IS NULL THEN finding IN ('only_here', 'waits') ELSE finding = ANY(%s) OR finding = 'returned' END
    ORDER BY CASE WHEN finding = 'returned' THEN 1 WHEN finding = 'waits' THEN 2 WHEN explained THEN 3 ELSE 0 END, bank_line_id, line_id
"""
AGREEING = """
    SELECT (SELECT count(*) FROM initiatives_paymentline) - (SELECT count(*) FROM initiatives_doubt WHERE bank_line_id IS NULL AND finding <> 'both')
"""


def of_statement(statement: BankStatement) -> list[Finding]:
    """Each row of one list that no earlier list had."""
    return _findings(OF_LIST, statement.pk)


def of_file(file: PaymentFile) -> list[Finding]:
    """Each payment of one file."""
    return _findings(OF_FILE, file.pk)


def of_payment(transfer: int) -> Finding | None:
    """One payment, by the transfer that moved the money; None when it has not left."""
    found = _findings(OF_PAYMENT, transfer)
    return found[0] if found else None


def about(transfer: int, reference: str) -> list[Finding]:
    """Every row of a list that names a payment, and after them the payment itself as it left; empty when it has not left."""
    return _read(ABOUT, reference, transfer)


def of_subject(subject: str) -> Finding | None:
    """What an explanation is about: `bankline:7` or `paymentline:7`."""
    kind, _, number = subject.partition(":")
    if not number.isdecimal() or len(number) > 18:
        return None
    found = _findings(OF_BANK_LINE if kind == "bankline" else OF_LINE, int(number))
    return found[0] if found else None


def unexplained() -> list[Finding]:
    """Everything that does not agree and that no decision explains, of every row on both sides: rows only there, payments only here, amounts that differ, payments made twice."""
    return _findings(EVERY_RED_ROW, list(RED))


def to_do() -> list[Finding]:
    """What is red, then what the bank sent back and nobody has reversed yet, what left and no list has had the time to tell of, and what was explained: it stays on view.

    Only what may disagree is looked at: it costs the same at any number of payments that agree.
    """
    return _read(TO_DO, list(RED))


def count_of_agreeing() -> int:
    with connection.cursor() as cursor:
        cursor.execute(AGREEING)
        return int(cursor.fetchone()[0])


def hand_in(reference: str, person: User) -> str:
    """What this person did with the payment of that reference, as PostgreSQL says it; "" for nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(initiatives_hand_in_payment(initiatives_referenced_payment(%s), %s), '')", [reference, person.pk])
        return str(cursor.fetchone()[0])


def _findings(which: str, *parameters: Any) -> list[Finding]:
    return _read(FINDINGS.format(which), *parameters)


def _read(question: str, *parameters: Any) -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        rows = cursor.fetchall()
    lines = PaymentLine.objects.select_related("file__released_by", "transfer__credit_account", "transfer__debit_account", "details").defer("file__content")
    of_line = lines.in_bulk(_numbers(row[1] for row in rows))
    banks = BankLine.objects.select_related("statement__taken_by").defer("statement__content").in_bulk(_numbers(row[0] for row in rows))
    subjects = [f"bankline:{bank}" if bank else f"paymentline:{line}" for bank, line, *_ in rows]
    proposals = Proposal.objects.filter(kind="explanation", subject__in=subjects).exclude(decision__approved=False).select_related("proposed_by").order_by("id")
    explaining = {proposal.subject: proposal for proposal in proposals}
    return [
        Finding(code, is_explained, of_line.get(line), banks.get(bank), explaining.get(subject))
        for (bank, line, code, is_explained, *_), subject in zip(rows, subjects, strict=True)
    ]


def _numbers(found: Iterable[int | None]) -> set[int]:
    return {number for number in found if number is not None}
