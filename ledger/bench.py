"""`manage.py bench ledger`: how fast the books are beside the smallest correct SQL, and whether they stay so at a million transfers.

Contenders take turns, so that a ratio holds on a machine that does other things as well; what is told is the median.
"""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import median

from ensomhed import embedded
from ensomhed.postgres.base import running
from ledger import bench_ground, booking, questions
from ledger.bench_contenders import OERE
from ledger.bench_ground import BACK, HOT, LAST, Ground
from ledger.bench_runs import CONNECTIONS, Cost, by_django, by_pgbench, milliseconds, pgbench, workers
from ledger.kinds import Kind, Step
from ledger.models import Account

BASE = "ensomhed"
SMALLEST, DOOR, BOOK = "smallest SQL", "the door", "ledger.booking.book"
WANTED_OF_SMALLEST = 0.5
WANTED_GROWTH = 1.3
WHY = """
Why: the door does what the smallest SQL leaves out, most of it first: the transfer's row with its rules, references and a dozen indexes; finding the key, locking both accounts,
the period, the kind's place in the tree; both accounts' totals, entry numbers and heads; the limit on every later value date; the digest that chains the transfer to both accounts.
The verb of the case officer adds a transaction of its own (two more round trips), the question which rights the person has, what the grantee is paid on and
whose hands were on it, the deadlines that would stop it, and the voucher that is looked up when it ends."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Measure:
    rounds: int
    seconds: float
    sizes: list[int]


def run(ground: Ground, measure: Measure, verbs: dict[str, str], say: Say) -> list[str]:
    """Measures everything and says it; answers with what falls short. `verbs` are further contenders by name, as dotted paths."""
    started = time.monotonic()

    def step(what: str) -> None:
        say(f"[{time.monotonic() - started:5.0f} s] {what}")

    short: list[str] = []
    with workers() as pool:
        databases = _filled(pool, ground, measure.sizes, step)
        contenders = {SMALLEST: "ledger.bench_contenders.smallest", DOOR: "ledger.bench_contenders.door", BOOK: "ledger.bench_contenders.book", **verbs}
        step(f"Postings a second, {measure.rounds} rounds of {measure.seconds:g} s for each contender")
        _race(
            "Django's cursor", list(contenders), measure, say, short,
            lambda name, connections, hot: by_django(pool, contenders[name], connections, measure.seconds, hot=hot),
        )  # fmt: skip
    program = pgbench()
    if program is None:
        say("pgbench: none beside postgres and none on the path; the door is measured through Django's cursor alone.")
    else:
        scripts = {SMALLEST: "smallest", DOOR: "door"}
        _race(
            "pgbench", list(scripts), measure, say, short,
            lambda name, connections, hot: by_pgbench(program, scripts[name], ground.registrar.pk, connections, measure.seconds, hot=hot),
        )  # fmt: skip
    step(f"Cost by size, {measure.rounds} rounds")
    _growth(ground, databases, measure, say, short)
    step("Done")
    return short


def _filled(pool: ProcessPoolExecutor, ground: Ground, sizes: list[int], step: Say) -> dict[int, str]:
    """A copy of the database for every size, filled through the door by two connections: half of the postings on the hot pair, half on the others."""
    databases = {}
    for size in sizes:
        databases[size] = name = f"bench_{size}"
        bench_ground.use(BASE)
        there = bench_ground.count()
        bench_ground.use(name)
        embedded.clone_database(running(), template=BASE, name=name)
        begun, missing = time.monotonic(), max(0, size - there)
        halves = {True: missing // 2, False: missing - missing // 2}
        for half in [pool.submit(_fill, name, ground.registrar.pk, transfers, hot) for hot, transfers in halves.items()]:
            half.result()
        bench_ground.settle_down()
        taken = time.monotonic() - begun
        step(f"{bench_ground.count():,} transfers in the books: {missing:,} booked through the door in {taken:.1f} s")
    bench_ground.use(BASE)
    bench_ground.settle_down()
    return databases


def _fill(database: str, by: int, transfers: int, hot: bool) -> None:
    bench_ground.use(database)
    bench_ground.fill(by, transfers, hot=hot)
    bench_ground.use(BASE)


def _race(by: str, names: list[str], measure: Measure, say: Say, short: list[str], rate: Callable[[str, int, bool], float]) -> None:
    say(f"\n  {by:<44}{'postings/s':>12}{'of the smallest':>17}")
    for hot in (True, False):
        for connections in (1, CONNECTIONS):
            rounds = [{name: rate(name, connections, hot) for name in names} for _ in range(measure.rounds)]
            place = f"{'hot account' if hot else 'spread'}, {connections} connection{'s' if connections > 1 else ''}"
            say(f"  {place}")
            for name in names:
                share = median(round_[name] / round_[SMALLEST] for round_ in rounds)
                bound = name == DOOR or (name != SMALLEST and connections == 1)
                missed = bound and share < WANTED_OF_SMALLEST
                say(f"    {name:<42}{median(round_[name] for round_ in rounds):>12,.0f}{share:>17.2f}{_mark(missed, bound, WANTED_OF_SMALLEST)}")
                if missed:
                    short.append(f"{name}, {by}, {place}: {share:.2f} of the smallest SQL; {WANTED_OF_SMALLEST} is wanted.")


def _mark(missed: bool, bound: bool, wanted: float) -> str:
    return f"   falls short of {wanted}" if missed else "   as wanted" if bound else ""


def _growth(ground: Ground, databases: dict[int, str], measure: Measure, say: Say, short: list[str]) -> None:
    """The same acts on books of every size, by turns."""
    taken: dict[str, dict[int, list[float]]] = {}
    for _ in range(measure.rounds):
        for size, database in databases.items():
            bench_ground.use(database)
            for cost in _costs(ground):
                milliseconds(Cost(cost.name, cost.act, 3))  # the connection is new: plans and caches first
                taken.setdefault(cost.name, {}).setdefault(size, []).extend(milliseconds(cost))
    bench_ground.use(BASE)
    smallest, largest = min(databases), max(databases)
    say(f"\n  {'milliseconds, at so many transfers':<44}" + "".join(f"{size:>12,}" for size in databases) + f"{'growth':>10}")
    for name, by_size in taken.items():
        growth = median(by_size[largest]) / median(by_size[smallest])
        missed = growth > WANTED_GROWTH
        say(f"    {name:<42}" + "".join(f"{median(times):>12.2f}" for times in by_size.values()) + f"{growth:>10.2f}{_mark(missed, True, WANTED_GROWTH)}")
        if missed:
            short.append(f"{name}: {growth:.2f} times as much at {largest:,} transfers as at {smallest:,}; {WANTED_GROWTH} is wanted.")


def _costs(ground: Ground) -> list[Cost]:
    grantee = Account.objects.get(code=f"grantee:bench-{HOT}")
    actor = Account.objects.get(code=f"local:bench-{HOT}/actor")
    earmark = Account.objects.get(code=f"earmark:bench-{HOT}")

    def posted(value_date: object) -> object:
        return booking.book(ground.registrar, Kind.REGRANT, Step.SINGLE, debit=grantee, credit=actor, amount=OERE, value_date=value_date, key=uuid.uuid4())  # type: ignore[arg-type]

    later = (LAST - BACK).days
    return [
        Cost("a posting on the newest day", lambda: posted(LAST), 60),
        Cost(f"a posting back-dated by {later} days of entries", lambda: posted(BACK), 15),
        Cost("a balance", lambda: Account.objects.get(code=grantee.code).left, 60),
        Cost("the first page of a statement", lambda: questions.statement(grantee), 20),
        Cost("an earmark's figures", lambda: questions.numbers_of([earmark]), 20),
    ]
