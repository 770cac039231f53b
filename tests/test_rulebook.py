"""The rulebook (ledger/README.md) tells every rule that PostgreSQL holds, no other, and for each a test that goes around the verbs to provoke it."""

import ast
import re
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent
RULEBOOK = (ROOT / "ledger" / "README.md").read_text(encoding="utf-8")
ROWS = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in RULEBOOK.splitlines() if re.match(r"\| .* \| .* \| .*`(test_|cases/)", line)]
AROUND = {"application", "owner", "committed", "came_back"}  # the fixtures of a test that speaks SQL as one of the two roles


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture
def catalogue(db) -> set[str]:
    """Every CHECK, unique index and trigger on the books' tables, and every rule that a function of theirs raises."""
    queries = (
        "SELECT conname FROM pg_constraint WHERE conrelid::regclass::text LIKE 'ledger\\_%%' AND contype IN ('c', 'u', 'x')",
        """SELECT i.indexrelid::regclass::text FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
           WHERE i.indrelid::regclass::text LIKE 'ledger\\_%%' AND i.indisunique AND c.oid IS NULL""",
        """SELECT tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE tgrelid::regclass::text LIKE 'ledger\\_%%' AND NOT tgisinternal
           AND (proname LIKE 'ledger\\_%%' OR proname IN ('initiatives_voucher_is_kept', 'initiatives_nothing_is_approved_without_its_document'))""",
        """SELECT (regexp_matches(prosrc, 'ledger_refuse\\(\\s*''(\\w+)''', 'g'))[1] FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'ledger\\_%%'""",
        "SELECT (regexp_matches(prosrc, 'THEN ''(transfer_\\w+)''', 'g'))[1] FROM pg_proc WHERE proname = 'ledger_transfer_is_lawful'",
    )
    found: set[str] = set()
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query, [])
            found |= {row[0] for row in cursor.fetchall()}
    return found


def test_every_rule_of_the_books_is_in_the_rulebook_and_no_other(catalogue):
    told = {name for _, held_by, _ in ROWS for name in names(held_by)}
    assert len(catalogue) > 80
    assert sorted(catalogue - told) == [], "rules that the rulebook does not tell"
    assert sorted(told - catalogue) == [], "rules that PostgreSQL does not hold"


def test_every_guard_that_others_set_on_the_books_is_told_and_no_other(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE tgrelid::regclass::text LIKE 'ledger\\_%%' AND NOT tgisinternal
               AND proname LIKE 'initiatives\\_%%' AND proname NOT IN ('initiatives_voucher_is_kept', 'initiatives_nothing_is_approved_without_its_document')""",
            [],
        )
        guards = {row[0] for row in cursor.fetchall()}
    table = RULEBOOK.partition("| guard |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(guards)


def test_no_rule_is_told_twice():
    told = [name for _, held_by, _ in ROWS for name in names(held_by)]
    assert sorted({name for name in told if told.count(name) > 1}) == []


@pytest.mark.parametrize(("rule", "held_by", "provoked_by"), ROWS, ids=[row[1][:60] for row in ROWS])
def test_each_rule_is_provoked_around_the_verbs_and_every_test_of_its_row_speaks_of_it(rule, held_by, provoked_by):
    rules = [name.replace("window_voucher_is_kept", "voucher_is_kept") for name in names(held_by)]  # both triggers refuse by the one rule
    told = {reference: words_of(reference) for reference in names(provoked_by)}
    for name in rules:
        assert any(around and name in words for around, words in told.values()), f"no test of the row goes around the verbs and speaks of {name}"
    for reference, (_, words) in told.items():
        assert any(name in words for name in rules), f"{reference} speaks of no rule of its row"


def words_of(reference: str) -> tuple[bool, str]:
    """Whether a test goes around the verbs, and what it says itself: its body, its parameters, the tables of its module that it names. Of a case, its ledger."""
    path, _, function = reference.partition("::")
    source = (ROOT / "tests" / path).read_text(encoding="utf-8")
    if path.startswith("cases/"):
        return False, source
    module = ast.parse(source).body
    test = next((node for node in module if isinstance(node, ast.FunctionDef) and node.name == function), None)
    assert test, f"{path} has no {function}"
    named = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    tables = [node for node in module if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id in named for target in node.targets)]
    return not AROUND.isdisjoint(argument.arg for argument in test.args.args), "\n".join(map(ast.unparse, [test, *tables]))


def test_the_table_of_kinds_is_the_one_that_the_attacks_try(db):
    from ledger.kinds import SINGLE_STEP_KINDS, VOUCHER_KINDS, Kind

    table = RULEBOOK.partition("| kind |")[2].partition("*Two persons*")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    told = {kind.strip(): (steps, needs) for kinds, _, steps, needs in rows for kind in kinds.split(",")}
    assert set(told) == set(Kind.values)
    assert {kind for kind, (steps, _) in told.items() if steps == "one step"} == set(SINGLE_STEP_KINDS)
    assert {kind for kind, (_, needs) in told.items() if "voucher" in needs} == set(VOUCHER_KINDS)


def test_every_column_that_may_be_empty_is_named(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name LIKE 'ledger\\_%%' AND table_schema = 'public' AND is_nullable = 'YES'", []
        )
        empty = {row[0] for row in cursor.fetchall()}
    paragraph = RULEBOOK.partition("every column is NOT NULL but")[2].partition("every reference")[0]
    assert empty == set(names(paragraph))


def test_every_link_of_the_rulebook_leads_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", RULEBOOK):
        assert (ROOT / "ledger" / target).exists(), target
