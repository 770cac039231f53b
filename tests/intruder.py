"""What the attacks on the books share: a bare connection as the application or as the owner, and the promise that nothing moved.

Everything happens in one transaction that is never committed, on the allocation as the demo's people approved it.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from ensomhed import roles
from ensomhed.postgres.base import running

Row = dict[str, Any]
DECISIONS = ("appropriation", "earmarking", "release", "reallocation", "lapse", "write_off")
LIFT = {"p_debit": "earmark:lift-mary-fonden", "p_credit": "grantee:lift-mary-fonden"}
AUDITED = "(SELECT jsonb_build_object('breaches', 0, 'transfers', count(*), 'newest', max(id)) FROM ledger_transfer)"
"""what an audit would say: PostgreSQL takes it from whoever closes"""
CLOSE = f"SELECT initiatives_close_period(%s, %s, 'Resten er set efter', {AUDITED})"
STATE = """
    SELECT (SELECT array_agg(a::text ORDER BY id) FROM ledger_account a), (SELECT array_agg(d::text ORDER BY account_id, day) FROM ledger_day d),
           (SELECT array_agg(t::text ORDER BY id) FROM ledger_transfer t), (SELECT array_agg(w::text ORDER BY id) FROM ledger_window w),
           (SELECT array_agg(p::text ORDER BY code) FROM ledger_period p)
"""


class Intruder:
    """Somebody with a connection and SQL, and no verbs."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.sofie, self.anders, self.mette, self.lars, self.karen, self.ida = map(self.person, ("sofie", "anders", "mette", "lars", "karen", "ida"))
        self.voucher = self.one("SELECT sha256 FROM initiatives_voucher LIMIT 1")

    def one(self, query: str, *parameters: Any) -> Any:
        row = self.connection.execute(query, parameters).fetchone()
        return row and row[0]

    def run(self, query: str, *parameters: Any) -> None:
        self.connection.execute(query, parameters)

    def person(self, name: str) -> int:
        return self.one("SELECT id FROM ensomhed_user WHERE username = %s", name)

    def book(self, **content: Any) -> Row:
        """Calls the door with these arguments and no others, but for a fresh key."""
        content.setdefault("p_key", uuid.uuid4())
        arguments = ", ".join(f"{name} => %({name})s" for name in content)
        with self.connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(f"SELECT * FROM ledger_book({arguments})", content).fetchone()
        assert row
        return row

    def disburse(self, **changes: Any) -> Row:
        """Registers a sound disbursement of 1,000.00 kr. to Mary Fonden, but for the changes; what management decides, Mette proposes."""
        by = self.mette if changes.get("p_kind") in DECISIONS else self.sofie
        sound = {"p_step": "pending", "p_booked_by": by, "p_kind": "disbursement", "p_amount": "1000.00", "p_value_date": "2023-03-01"}
        return self.book(**{**sound, **LIFT, "p_voucher_sha256": self.voucher, **changes})

    def settle(self, pending: Row, step: str = "post", **changes: Any) -> Row:
        reason = {"p_text": "Forkert bilag"} if step == "void" else {}
        kind = self.one("SELECT kind FROM ledger_transfer WHERE id = %s", pending["reverses_id"]) or pending["kind"]
        by = self.lars if kind in DECISIONS else self.ida if kind == "documented_use" else self.anders
        return self.book(**{"p_step": step, "p_booked_by": by, "p_pending": pending["id"], **reason, **changes})

    def pay(self, **changes: Any) -> Row:
        """A disbursement registered by Sofie and approved by Anders."""
        return self.settle(self.disburse(**changes))

    def reverse(self, origin: Row, **changes: Any) -> Row:
        """Registers the sound reversal of a payment to Mary Fonden that was never sent, but for the changes."""
        swapped = {"p_debit": LIFT["p_credit"], "p_credit": LIFT["p_debit"], "p_amount": origin["amount"], "p_value_date": origin["value_date"]}
        by = self.mette if origin["kind"] in DECISIONS else self.sofie
        sound = {"p_step": "pending", "p_booked_by": by, "p_kind": "reversal", "p_reverses": origin["id"], "p_cause": "never_sent"}
        return self.book(**{**sound, **swapped, **changes})

    def close(self, code: str, by: int | None = None) -> None:
        """Closes a period with its checklist, as Karen."""
        self.run(CLOSE, code, by or self.karen)

    def open_local(self, name: str) -> str:
        code = f"local:lift-mary-fonden/{name}"
        self.run("SELECT ledger_open_account(%s, %s, 'local', 'grantee:lift-mary-fonden', %s)", code, name, name)
        return code

    def state(self) -> Any:
        return self.connection.execute(STATE).fetchone()

    @contextmanager
    def refused(self, rule: str) -> Iterator[None]:
        """Fails unless PostgreSQL refuses by this rule (a constraint's name, or an SQLSTATE) and everything stays as it was."""
        before = self.state()
        with pytest.raises(psycopg.Error) as refusal, self.connection.transaction():  # noqa: PT012 — what comes at commit belongs to it
            yield
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would be said at commit is said now
        assert (refusal.value.diag.constraint_name or refusal.value.sqlstate) == rule, str(refusal.value)
        assert self.state() == before, "something moved"


def _intruder(role: str) -> Iterator[Intruder]:
    with psycopg.connect(**running().address(role), options="-c lock_timeout=10s") as connection:
        yield Intruder(connection)
        connection.rollback()


@pytest.fixture
def application(django_db_setup) -> Iterator[Intruder]:
    """The application's credential in the wrong hands."""
    yield from _intruder(roles.APPLICATION)


@pytest.fixture
def owner(django_db_setup) -> Iterator[Intruder]:
    """The owner's credential: it made the tables and goes around the door."""
    yield from _intruder(roles.OWNER)
