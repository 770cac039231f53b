"""How an attacker strikes past the verbs: SQL as the application's role, and what PostgreSQL must answer."""

import json
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest

from ensomhed.models import User

PROPOSE = """
    INSERT INTO initiatives_proposal (key, kind_id, grantee_id, subject, before, after, reason, voucher_id, proposed_by_id)
    SELECT gen_random_uuid(), %s, %s, %s, '{}', %s, 'Haster', (SELECT min(sha256) FROM initiatives_voucher), %s RETURNING id
"""
VERIFY = "INSERT INTO initiatives_verification (proposal_id, how, verified_by_id) VALUES (%s, 'Ringet', %s)"
DECIDE = "INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_by_id) VALUES (gen_random_uuid(), %s, true, '', %s)"


def key() -> str:
    return str(uuid.uuid4())


def book(
    connection: psycopg.Connection,
    step: str,
    by: User,
    *,
    kind: str | None = None,
    debit: str | None = None,
    credit: str | None = None,
    amount: int | None = None,
    day: date | None = None,
    pending: int | None = None,
) -> None:
    """The door, called by hand, with some document that is kept."""
    voucher = connection.execute("SELECT min(sha256) FROM initiatives_voucher").fetchone()[0] if pending is None else ""
    connection.execute(
        "SELECT ledger_book(gen_random_uuid(), %s, %s, %s, %s, %s, %s, %s, %s, p_voucher_sha256 => %s)",
        [step, by.pk, kind, debit, credit, amount, day, pending, voucher],
    )


def propose(connection: psycopg.Connection, by: User, kind: str, after: dict[str, Any], *, grantee: int | None = None, subject: str = "") -> int:
    return connection.execute(PROPOSE, [kind, grantee, subject, json.dumps(after), by.pk]).fetchone()[0]


def refused_by_postgresql(rule: str, blow: Callable[[], Any]) -> None:
    """Fails unless PostgreSQL refuses by this rule, or by this SQLSTATE."""
    with pytest.raises(psycopg.Error) as refusal:
        blow()
    assert (refusal.value.diag.constraint_name or refusal.value.sqlstate) == rule, str(refusal.value)
