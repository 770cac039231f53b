"""`manage.py bench ledger` runs on books of its own, prints its tables, and leaves nothing behind. How fast it is here is nobody's promise."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings

from ledger.bench import Measure
from ledger.bench_runs import pgbench


def _bench(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "ENSOMHED_VAR"}
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "ledger", *arguments], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_quick_look_tells_postings_beside_the_smallest_sql_and_cost_by_size():
    places = set(Path(tempfile.gettempdir()).glob("ensomhed-bench-*"))
    told = _bench("--quick", "--sizes", "300")
    assert "300 transfers in the books" in told
    for contender in ("smallest SQL", "the door", "ledger.booking.book", "payments.register_disbursement"):
        assert told.count(f"    {contender} ") >= 4, contender  # hot and spread, one connection and eight
    for cost in ("a posting on the newest day", "a posting back-dated by 183 days of entries", "a balance", "the first page of a statement"):
        assert cost in told
    assert "Falls short:" in told or "Everything is as wanted." in told
    assert set(Path(tempfile.gettempdir()).glob("ensomhed-bench-*")) <= places


def test_pgbench_stands_beside_postgres():
    assert pgbench() is not None


def test_what_falls_short_is_said_with_how_much():
    from ledger import bench

    said, short = [], []
    rates = {bench.SMALLEST: 1000.0, bench.DOOR: 330.0, bench.BOOK: 500.0}
    bench._race("by hand", list(rates), Measure(rounds=1, seconds=0, sizes=[]), said.append, short, lambda name, connections, hot: rates[name])
    assert short == [
        f"the door, by hand, {place}: 0.33 of the smallest SQL; 0.5 is wanted."
        for place in ("hot account, 1 connection", "hot account, 8 connections", "spread, 1 connection", "spread, 8 connections")
    ]
    assert not any(bench.BOOK in line and "falls short" in line for line in said)
