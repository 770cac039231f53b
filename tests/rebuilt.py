"""What a superuser could do who knows how the books are made: change rows with every guard switched off, and rebuild everything that follows from them."""

from collections import defaultdict
from contextlib import contextmanager
from decimal import Decimal

from psycopg import sql

from ensomhed import roles
from ledger.canonical import digest, genesis

BOOKS = ("ledger_transfer", "ledger_account", "ledger_day", "ledger_window", "ledger_period")


@contextmanager
def superuser(committed):
    """Into the books with triggers off, and no CHECK or unique index left."""
    with committed.connect(roles.ADMIN) as connection:
        for table in BOOKS:
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(sql.Identifier(table)))
            guards = connection.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u')", [table]).fetchall()
            for (name,) in guards:
                connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
            for (name,) in connection.execute(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique AND NOT indisprimary", [table]
            ).fetchall():
                connection.execute(sql.SQL("DROP INDEX {} CASCADE").format(sql.Identifier(name)))
        yield connection


def rebuild(connection) -> None:
    """Entry numbers, balances, digests, totals, heads and days: all as if the rows had been booked like this from the start."""
    connection.execute("SET datestyle = 'ISO'")
    accounts = {}
    query = """SELECT a.id, a.code, a.name, a.kind, p.code, a.holder, a.passes_on, a.currency, a.capped
               FROM ledger_account a LEFT JOIN ledger_account p ON p.id = a.parent_id"""
    for number, *parts in connection.execute(query):
        days = defaultdict(lambda: [Decimal("0.00")] * 3)
        accounts[number] = {"code": parts[0], "capped": parts[-1], "head": genesis(*parts), "entries": 0, "debits": Decimal("0.00"), "credits": Decimal("0.00"),
                            "reserved": Decimal("0.00"), "days": days}  # fmt: skip
    reserved_on = {}
    query = """SELECT id, key::text, kind, step, pending_id, reverses_id, replaces_id, cause, debit_account_id, credit_account_id, amount, amount_currency,
               value_date::text, period, to_char(booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), booked_by_id, text, case_number, voucher_sha256
               FROM ledger_transfer ORDER BY id"""
    for row in connection.execute(query).fetchall():
        number, key, kind, step, pending, reverses, replaces, cause, debit, credit, amount, currency, day, *rest = row
        d, c = accounts[debit], accounts[credit]
        moved = amount if step in ("single", "post") else Decimal("0.00")
        reserved = {"single": Decimal("0.00"), "pending": amount}.get(step, -amount)
        reserved_on[number] = day
        d["debits"] += moved
        d["reserved"] += reserved
        c["credits"] += moved
        _add(d, reserved_on.pop(pending, day), 2, reserved)
        _add(d, day, 1, moved)
        if moved:
            _add(c, day, 0, moved)
        for side in (d, c):
            side["entries"] += 1
        balances = [side["credits"] - side["debits"] for side in (d, c)]
        parts = [d["head"], c["head"], number, key, kind, step, pending, reverses, replaces, cause, d["code"], c["code"], str(amount), currency, day, *rest,
                 d["entries"], c["entries"], *map(str, balances)]  # fmt: skip
        d["head"] = c["head"] = digest(parts)
        connection.execute(
            "UPDATE ledger_transfer SET debit_entry_no = %s, credit_entry_no = %s, debit_balance = %s, credit_balance = %s, digest = %s WHERE id = %s",
            [d["entries"], c["entries"], *balances, d["head"], number],
        )
    connection.execute("DELETE FROM ledger_day")
    for number, account in accounts.items():
        connection.execute(
            "UPDATE ledger_account SET debits_posted = %s, credits_posted = %s, debits_pending = %s, entry_count = %s, head = %s WHERE id = %s",
            [account["debits"], account["credits"], account["reserved"], account["entries"], account["head"], number],
        )
        carried = Decimal("0.00")
        for day in sorted(account["days"]):
            into, out, held = account["days"][day]
            connection.execute(
                "INSERT INTO ledger_day (account_id, day, carried, credits, debits, reserved) VALUES (%s, %s, %s, %s, %s, %s)",
                [number, day, carried, into, out, held],
            )
            carried += into - out - held
    _rebuild_windows(connection)


def _rebuild_windows(connection) -> None:
    heads = {}
    query = """SELECT w.id, w.key::text, w.step, w.pending_id, a.code, w.opens::text, w.closes::text,
               to_char(w.booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), w.booked_by_id, w.text, w.voucher_sha256
               FROM ledger_window w JOIN ledger_account a ON a.id = w.frame_id ORDER BY w.id"""
    for row in connection.execute(query).fetchall():
        heads[row[4]] = digest([heads.get(row[4], ""), *row])
        connection.execute("UPDATE ledger_window SET digest = %s WHERE id = %s", [heads[row[4]], row[0]])


def _add(account, day: str, part: int, amount: Decimal) -> None:
    if account["capped"]:
        account["days"][day] = [value + (amount if place == part else 0) for place, value in enumerate(account["days"][day])]
