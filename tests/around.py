"""What goes around the verbs of initiatives: plain INSERTs, whole where the test says nothing else."""

import json
import uuid
from typing import Any

from psycopg import sql

from tests.intruder import Intruder

COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
SOUND: dict[str, Any] = {
    "boolean": False, "bytea": b"", "date": "2023-03-01", "jsonb": "{}", "numeric": 1, "timestamp with time zone": "2023-03-01",
    "bigint": -1, "integer": 1, "smallint": 1, "character varying": "x", "text": "x",
}  # fmt: skip


class Around:
    """An intruder who writes rows of initiatives."""

    def __init__(self, intruder: Intruder) -> None:
        self.intruder = intruder
        self.refused, self.person, self.one, self.run = intruder.refused, intruder.person, intruder.one, intruder.run

    def insert(self, table: str, /, **columns: Any) -> int:
        """Inserts a row; a column that must have a value and is not told gets a plain one of its type."""
        told = {name: SOUND.get(kind, str(uuid.uuid4())) for name, kind in self.intruder.connection.execute(COLUMNS, [f"initiatives_{table}"])}
        told |= {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in columns.items()}
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
            sql.Identifier(f"initiatives_{table}"), sql.SQL(", ").join(map(sql.Identifier, told)), sql.SQL(", ").join([sql.Placeholder()] * len(told))
        )
        row = self.intruder.connection.execute(statement, list(told.values())).fetchone()
        assert row
        return row[0]

    def propose(self, kind: str, by: str, after: dict[str, Any], *, subject: str = "", grantee: str | None = None, earmark: str | None = None) -> int:
        return self.insert(
            "proposal", kind_id=kind, proposed_by_id=self.person(by), after=after, subject=subject, voucher_id=self.intruder.voucher,
            grantee_id=self.one("SELECT id FROM initiatives_grantee WHERE slug = %s", grantee), earmark_id=self.earmark(earmark),
        )  # fmt: skip

    def decide(self, proposal: int, by: str) -> int:
        return self.insert("decision", proposal_id=proposal, approved=True, decided_by_id=self.person(by))

    def earmark(self, slug: str | None = "lift-mary-fonden") -> int:
        return self.one("SELECT id FROM initiatives_earmark WHERE slug = %s", slug)

    def deadline(self, what: str, year: int | None = 2023, earmark: str = "lift-mary-fonden") -> int:
        query = "SELECT id FROM initiatives_deadline WHERE earmark_id = %s AND what = %s AND year IS NOT DISTINCT FROM %s"
        return self.one(query, self.earmark(earmark), what, year)

    def sleep(self, *tables: str) -> None:
        """From here on the triggers of these tables are asleep, as only the owner can have them."""
        for table in tables:
            self.run(f"ALTER TABLE initiatives_{table} DISABLE TRIGGER USER")
