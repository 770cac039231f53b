"""The rulebook of the controls (initiatives/README.md) tells every rule that PostgreSQL holds beside the books, no other, and for each a test that goes around the verbs."""

import ast
import re
from functools import cache
from pathlib import Path

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent
RULEBOOK = (ROOT / "initiatives" / "README.md").read_text(encoding="utf-8")
TESTED = re.compile(r"^\| (.*) \| (.*) \| (.*`[\w/]*test_\w+\.py::.*) \|$", re.MULTILINE)
ROWS = [tuple(cell.strip() for cell in row) for row in TESTED.findall(RULEBOOK)]
AROUND = {"application", "owner"}  # the fixtures of a test that speaks SQL as one of the two roles
SHARED = ("conftest.py", "intruder.py", "attacks/conftest.py")  # where fixtures that several modules ask for are made
PLAIN = r"^(initiatives_\w+_check|\w+_uniq|ensomhed_user_username_key)$"  # the framework's own: a number is not negative, a person is in a group once
ONLY_ADDED_TO = r"_is_only_added_to$|_is_never_emptied$"


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def asked(query: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, [])
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def catalogue(db) -> set[str]:
    """Every refusal that a function of initiatives raises, and every CHECK, unique index and trigger of its own on its tables and on those of ensomhed."""
    ours = "(initiatives|ensomhed|auth)\\_"
    found = asked("""SELECT (regexp_matches(prosrc, '(?:ledger_refuse\\(\\s*|CONSTRAINT = )''(\\w+)''', 'g'))[1] FROM pg_proc
                     WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'initiatives\\_%%'""")
    found |= asked(
        f"SELECT conname FROM pg_constraint WHERE conrelid > 0 AND conrelid::regclass::text ~ '^{ours}' AND contype IN ('c', 'u', 'x') AND conrelid::regclass::text NOT LIKE 'auth%%'"
    )
    found |= asked(f"""SELECT i.indexrelid::regclass::text FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
                       WHERE i.indrelid::regclass::text ~ '^{ours}' AND i.indisunique AND c.oid IS NULL""")
    found |= asked(f"""SELECT tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                       WHERE tgrelid::regclass::text ~ '^({ours}|ledger\\_)' AND NOT tgisinternal AND proname LIKE 'initiatives\\_%%'""")
    return {name for name in found if not re.search(f"{PLAIN}|{ONLY_ADDED_TO}", name)}


@pytest.fixture
def carriers(db) -> set[str]:
    """The triggers that ask rules of other names: each is told where it stands, and tried by the rules that it asks."""
    return asked(
        """WITH RECURSIVE refusing AS (
               SELECT oid, proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'initiatives\\_%%' AND prosrc ~ 'ledger_refuse|LG001'
               UNION
               SELECT p.oid, p.proname FROM pg_proc p JOIN refusing r ON p.prosrc ~ ('\\m' || r.proname || '\\(') AND p.proname LIKE 'initiatives\\_%%'
           )
           SELECT tgname FROM pg_trigger t JOIN refusing r ON r.oid = t.tgfoid"""
    )


def test_every_rule_of_the_controls_is_in_the_rulebook_and_no_other(catalogue, carriers):
    told = {name for _, held_by, _ in ROWS for name in names(held_by)}
    asking = {name for name in names(RULEBOOK.partition("The triggers that ask them")[2].partition("\n\n")[0]) if not name.startswith("initiatives_")}
    assert len(catalogue) > 200
    assert sorted(catalogue - told - asking) == [], "rules that the rulebook does not tell"
    assert sorted((told | asking) - catalogue) == [], "rules that PostgreSQL does not hold"
    assert sorted(asking - carriers) == [], "triggers that write, and are told as if they only asked"


def test_no_rule_is_told_twice():
    told = [name for _, held_by, _ in ROWS for name in names(held_by)]
    assert sorted({name for name in told if told.count(name) > 1}) == []


@pytest.mark.parametrize(("rule", "held_by", "provoked_by"), ROWS, ids=[row[1][:60] for row in ROWS])
def test_each_rule_is_provoked_around_the_verbs_and_every_test_of_its_row_speaks_of_it(rule, held_by, provoked_by):
    told = {reference: words_of(reference) for reference in names(provoked_by)}
    for name in names(held_by):
        assert any(around and re.search(rf"\b{name}\b", words) for around, words in told.values()), (
            f"no test of the row goes around the verbs and speaks of {name}"
        )
    for reference, (_, words) in told.items():
        assert any(re.search(rf"\b{name}\b", words) for name in names(held_by)), f"{reference} speaks of no rule of its row"


@cache
def module(path: str) -> list[ast.stmt]:
    return ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8")).body


def functions(path: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in module(path) if isinstance(node, ast.FunctionDef)}


def words_of(reference: str) -> tuple[bool, str]:
    """Whether a test goes around the verbs, and what it says itself: its body, its parameters, the tables of its module that it names."""
    path, _, function = reference.partition("::")
    test = functions(path).get(function)
    assert test, f"{path} has no {function}"
    named = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    tables = [node for node in module(path) if isinstance(node, ast.Assign | ast.AnnAssign) and not named.isdisjoint(targets(node))]
    words = "\n".join(map(ast.unparse, [test, *tables]))
    fixtures = asked_for(test, {name: made for place in (*SHARED, path) for name, made in functions(place).items()})
    return not AROUND.isdisjoint(fixtures) or ("committed" in fixtures and bool(re.search(r"\.connect\(|refused_by_postgresql", words))), words


def targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    return {target.id for target in (node.targets if isinstance(node, ast.Assign) else [node.target]) if isinstance(target, ast.Name)}


def asked_for(function: ast.FunctionDef, made: dict[str, ast.FunctionDef]) -> set[str]:
    """The fixtures that a test asks for, and those that they ask for."""
    wanted = {argument.arg for argument in function.args.args}
    return wanted.union(*(asked_for(made[name], made) for name in wanted if name in made and made[name] is not function))


def test_every_other_table_is_only_added_to_and_the_ones_that_change_are_named(owner):
    """Not even their owner changes, deletes or empties them while their triggers are awake."""
    changing = set(names(RULEBOOK.partition("Tables that change")[2].partition("\n\n")[0]))
    tables = owner.connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^(initiatives_|ensomhed_attempt$)'"
    )
    kept = {table for (table,) in tables.fetchall()} - changing
    assert len(kept) > 30
    for table in sorted(kept):
        column = owner.one("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attidentity = '' ORDER BY attnum LIMIT 1", table)
        deeds = [f"TRUNCATE {table} CASCADE"]
        if owner.one(f"SELECT 1 FROM {table}"):  # a row's trigger needs a row
            deeds += [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
        for deed in deeds:
            with pytest.raises(psycopg.Error) as refusal, owner.connection.transaction():
                owner.run(deed)
            assert refusal.value.diag.constraint_name == "controls_are_only_added_to", deed
    rows = owner.connection.execute(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%%\\_is\\_only\\_added\\_to' AND tgtype & 27 = 27 AND tgenabled = 'O'"
    )
    assert kept <= {table for (table,) in rows.fetchall()}, "tables without a trigger before each row that is changed or deleted"


def test_every_link_of_the_rulebook_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", RULEBOOK):
        assert (ROOT / "initiatives" / target).exists(), target
