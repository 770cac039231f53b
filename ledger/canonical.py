"""How the books write a row down before they digest it: the text that Python's `json.dumps` and PostgreSQL's `jsonb` agree on."""

import json
from collections.abc import Sequence
from hashlib import sha256

Part = str | int | bool | None
_written = json.JSONEncoder(ensure_ascii=False).encode


def digest(parts: Sequence[Part]) -> str:
    """SHA-256 of a list's canonical text; the same as `ledger_digest` in PostgreSQL. Amounts, dates and times are handed over as text."""
    return sha256(_written(parts).encode()).hexdigest()


def genesis(code: str, name: str, kind: str, parent: str | None, holder: str, passes_on: bool, currency: str, capped: bool) -> str:
    """The head of an account before its first entry."""
    return digest([code, name, kind, parent, holder, passes_on, currency, capped])
