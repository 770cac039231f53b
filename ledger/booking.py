"""The verbs of the books: the only Python that writes to them. Each is one statement, `SELECT * FROM ledger_book(…)`, and its rules are PostgreSQL's.

A key (UUID) makes a retry harmless: the same key with the same content answers with the transfer that exists.
"""

import functools
import logging
import time
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar

import pghistory
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from djmoney.money import Money

from ensomhed.models import User
from ledger.kinds import Kind, Step
from ledger.models import Account, Period, Refusal, Transfer, Window, columns_of
from ledger.refusals import LedgerError, refused, translated

logger = logging.getLogger("ledger.refusals")
P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Model)
DEADLOCK = "40P01"
ATTEMPTS = 5


def verb(function: Callable[Concatenate[User, P], R]) -> Callable[Concatenate[User, P], R]:
    """Makes a function that writes one deed: all of it in one transaction or nothing, deadlocks tried again, a refusal kept on record afterwards.

    The function's first argument is the person who acts. Inside another verb it is simply a part of that one.
    """

    @functools.wraps(function)
    def deed(by: User, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with pghistory.context(user=by.pk):  # so that the audit log says who, outside a request as well
            return whole(by, *args, **kwargs)

    def whole(by: User, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(by, *args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(by, *args, **kwargs)
            except LedgerError as refusal:
                _keep(refusal, by)
                raise
            except DatabaseError as trouble:
                refusal_at_commit = translated(trouble)  # a deferred trigger speaks when the transaction ends
                if refusal_at_commit:
                    _keep(refusal_at_commit, by)
                    raise refusal_at_commit from trouble
                if getattr(trouble.__cause__, "sqlstate", None) != DEADLOCK or attempt == ATTEMPTS:
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    return deed


def _keep(refusal: LedgerError, by: User) -> None:
    """Writes a refusal down outside the transaction that was refused."""
    logger.info("%s: %s (%s)", refusal.rule, refusal, by.get_username())
    Refusal.objects.create(asked_by=by, rule=refusal.rule, message=str(refusal), request=refusal.figures)


def insert(row: Model) -> None:
    """Inserts a row and reads it back as PostgreSQL wrote it. Raises LedgerError when PostgreSQL refuses."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except DatabaseError as trouble:
        refusal = translated(trouble)
        if refusal is None:
            raise
        raise refusal from trouble
    row.refresh_from_db()


def ask(model: type[M], call: str, parameters: list[Any]) -> M:
    """Calls a function of the door and answers with its row. Raises LedgerError when the books refuse."""
    names = columns_of(model)
    if any(isinstance(said, str) and "\0" in said for said in parameters):
        raise refused("22021")  # the driver would stop it before PostgreSQL could refuse
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(names)} FROM {call}", parameters)  # noqa: S608 — columns of a model, and the calls below
            row = cursor.fetchone()
    except DatabaseError as trouble:
        refusal = translated(trouble)
        if refusal is None:
            raise
        raise refusal from trouble
    return model.from_db(connection.alias, names, row)


BOOK = "ledger_book(%s, %s, %s, %s, %s, %s, %s, %s, NULL, %s, %s, %s, %s, %s, %s, %s, %s)"
SETTLE = "ledger_book(%s, %s, %s, p_pending => %s, p_value_date => %s, p_period => %s, p_text => %s)"


def book(
    by: User,
    kind: Kind,
    step: Step,
    *,
    debit: Account,
    credit: Account,
    amount: Money,
    value_date: date,
    key: uuid.UUID,
    text: str = "",
    case_number: str = "",
    voucher_sha256: str = "",
    cause: str = "",
    reverses: Transfer | None = None,
    replaces: Transfer | None = None,
    period: str | None = None,
) -> Transfer:
    """Books one transfer: `single` moves the money, `pending` reserves it until a second person posts or voids it. Raises LedgerError."""
    return ask(
        Transfer,
        BOOK,
        [
            key, step.value, by.pk, kind.value, debit.code, credit.code, amount.amount, value_date,
            reverses.pk if reverses else None, replaces.pk if replaces else None, str(cause), period, text, case_number, voucher_sha256, amount.currency.code,
        ],
    )  # fmt: skip


def post(by: User, pending: Transfer, *, key: uuid.UUID, value_date: date | None = None, period: str | None = None, text: str = "") -> Transfer:
    """Approves a pending transfer, as another person than the one who registered it. Without a date it gets the pending one's. Raises LedgerError."""
    return ask(Transfer, SETTLE, [key, Step.POST.value, by.pk, pending.pk, value_date, period, text])


def void(by: User, pending: Transfer, *, key: uuid.UUID, text: str = "") -> Transfer:
    """Rejects a pending transfer, with the reason as its text, or withdraws one's own; what it reserved is free again. Raises LedgerError."""
    return ask(Transfer, SETTLE, [key, Step.VOID.value, by.pk, pending.pk, None, None, text])


def open_account(code: str, name: str, kind: str, *, parent: Account, holder: str = "", passes_on: bool = False) -> Account:
    """Opens an account at its place in the tree; the same account opened again is the one that exists. Raises LedgerError."""
    return ask(Account, "ledger_open_account(%s, %s, %s, %s, %s, %s)", [code, name, str(kind), parent.code, holder, passes_on])


def propose_window(by: User, frame: Account, *, opens: date, closes: date, key: uuid.UUID, voucher_sha256: str, text: str = "") -> Window:
    """Proposes the days on which a frame's money may be paid out. Raises LedgerError."""
    return ask(Window, "ledger_decide_window(%s, 'pending', %s, %s, %s, %s, NULL, %s, %s)", [key, by.pk, frame.code, opens, closes, text, voucher_sha256])


def settle_window(by: User, pending: Window, step: Step, *, key: uuid.UUID, text: str = "") -> Window:
    """Approves (post, by another person) or rejects (void, with the reason as its text) a proposed payment window. Raises LedgerError."""
    return ask(Window, "ledger_decide_window(%s, %s, %s, p_pending => %s, p_text => %s)", [key, step.value, by.pk, pending.pk, text])


def close_period(by: User, code: str) -> Period:
    """Closes a fiscal period for good. Its code is the key: a retry by the same person answers with the closed period. Raises LedgerError."""
    return ask(Period, "ledger_close_period(%s, %s)", [code, by.pk])


def hold_period(by: User, code: str, *, hold: bool = True) -> Period:
    """Holds a fiscal period, or lets it go; one that is so already stays as it is. Raises LedgerError."""
    return ask(Period, "ledger_hold_period(%s, %s, %s)", [code, by.pk, hold])


def open_year(year: int) -> None:
    """Makes the fourteen periods of a fiscal year; a year that exists stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_open_year(%s)", [year])
