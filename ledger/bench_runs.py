"""Timed runs: as many postings as several connections manage in a while, by Django or by pgbench, and what one posting or one question costs."""

import multiprocessing
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
from django.db import connection
from django.utils.module_loading import import_string

from ensomhed import embedded, roles
from ensomhed.postgres.base import running
from ledger.bench_ground import HOT, PAIRS

CONNECTIONS = 8
START_SECONDS = 0.5  # everybody is warm by then, and begins at once
WARM_UP = 20  # postings before the clock starts: plans made, catalogue read


@contextmanager
def workers() -> Iterator[ProcessPoolExecutor]:
    """Processes with a Django and a connection each: in threads they would wait for one another, and the slower contender would look better for it."""
    connection.close()
    with ProcessPoolExecutor(CONNECTIONS, mp_context=multiprocessing.get_context("spawn"), initializer=django.setup) as pool:
        list(pool.map(time.sleep, [1] * CONNECTIONS))  # until all of them are there
        yield pool


def by_django(pool: ProcessPoolExecutor, contender: str, connections: int, seconds: float, *, hot: bool) -> float:
    """Postings a second, through this many connections at once. `contender` is the dotted path of a function that answers with a posting function."""
    starts = time.time() + START_SECONDS
    return sum(future.result() for future in [pool.submit(_post_for, contender, starts, seconds, hot) for _ in range(connections)])


def _post_for(contender: str, starts: float, seconds: float, hot: bool) -> float:
    post: Callable[[int], None] = import_string(contender)()
    dice = random.Random(os.getpid())  # noqa: S311 — which account, not a secret
    for _ in range(WARM_UP):
        post(HOT if hot else dice.randint(1, PAIRS))
    time.sleep(max(0, starts - time.time()))
    begun, posted = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        post(HOT if hot else dice.randint(1, PAIRS))
        posted += 1
    return posted / (time.perf_counter() - begun)


def pgbench() -> Path | None:
    """The wheel's own pgbench, or else the system's."""
    own = embedded.binaries() / "pgbench"
    found = str(own) if own.exists() else shutil.which("pgbench")
    return Path(found) if found else None


# pgbench takes a colon inside quotes for a variable of its own: the account codes come in as variables.
SCRIPTS = {
    "smallest": "SELECT smallest.book(:pair::bigint, :pair::bigint + :pairs, 0.01);",
    "door": "SELECT id FROM ledger_book(gen_random_uuid(), 'single', :by, 'regrant', :grantee::text || :pair::int, :actor::text || :pair::int || '/actor', 0.01, '2024-12-31');",
}


def by_pgbench(program: Path, contender: str, by: int, connections: int, seconds: float, *, hot: bool) -> float:
    """Postings a second, sent by pgbench as prepared statements."""
    address = running().address(roles.APPLICATION)
    choose = f"\\set pair {HOT}" if hot else f"\\set pair random(1, {PAIRS})"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(f"{choose}\n{SCRIPTS[contender]}\n")
        script.flush()
        done = subprocess.run(
            [str(program), "--no-vacuum", "--protocol=prepared", f"--client={connections}", "--jobs=2", f"--time={max(1, round(seconds))}", f"--file={script.name}",
             f"--define=by={by}", f"--define=pairs={PAIRS}", "--define=grantee=grantee:bench-", "--define=actor=local:bench-"],
            env={**os.environ, "PGHOST": str(address["host"]), "PGPORT": str(address.get("port", "")), "PGUSER": str(address["user"]), "PGPASSWORD": str(address["password"]), "PGDATABASE": str(address["dbname"])},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return next(float(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("tps"))


@dataclass(frozen=True)
class Cost:
    """One thing to do again and again on books of several sizes."""

    name: str
    act: Callable[[], object]
    times: int


def milliseconds(cost: Cost) -> list[float]:
    taken = []
    for _ in range(cost.times):
        begun = time.perf_counter()
        cost.act()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken
