"""The application holds exactly the rights that ensomhed/privileges.py lists, and PostgreSQL's catalogue says so."""

import psycopg
import pytest

from ensomhed import privileges, roles
from ensomhed.postgres.base import running

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@pytest.fixture
def owner(db):
    """A connection as the owner, in a transaction that is never committed."""
    with psycopg.connect(**running().address(roles.OWNER)) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def application(db):
    with psycopg.connect(**running().address(roles.APPLICATION)) as connection:
        yield connection
        connection.rollback()


def catalogue(connection: psycopg.Connection, query: str) -> list[str]:
    return [name for (name,) in connection.execute(query)]


def test_every_table_is_listed_with_exactly_the_rights_that_the_application_has(application):
    tables = catalogue(
        application,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' UNION SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    )
    assert set(tables) == set(privileges.TABLES)
    for table, listed in privileges.TABLES.items():
        held = [right for right in RIGHTS if application.execute("SELECT has_table_privilege(%s, %s, %s)", [roles.APPLICATION, table, right]).fetchone()[0]]
        assert held == listed.split(", "), table


def test_on_the_books_the_application_only_reads():
    """What it appends to among them is the list of refusals, which is not money."""
    books = {table: rights for table, rights in privileges.TABLES.items() if table.startswith("ledger_")}
    assert {table for table, rights in books.items() if rights != "SELECT"} == {"ledger_refusal"}
    assert books["ledger_refusal"] == "SELECT, INSERT"


def test_every_function_that_the_application_may_execute_is_listed(application):
    functions = catalogue(
        application, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND has_function_privilege(current_user, oid, 'EXECUTE')"
    )
    assert sorted(functions) == sorted(privileges.FUNCTIONS)


def test_every_function_that_acts_with_the_owners_rights_has_its_search_path_set(application):
    doors = dict(application.execute("SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef").fetchall())
    assert "ledger_book" in doors
    assert {tuple(settings or ()) for settings in doors.values()} == {("search_path=pg_catalog, public, pg_temp",)}


def test_roles_and_rights_have_no_fault(durable, application):
    assert roles.faults(application) == []
    assert privileges.faults(application) == []


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ("CREATE TABLE forgotten (id int)", "forgotten is in no list"),
        ("CREATE VIEW forgotten AS SELECT 1", "forgotten is in no list"),
        ("GRANT UPDATE ON ledger_transfer TO ensomhed_app", "ensomhed_app has UPDATE on ledger_transfer, and may not."),
        ("GRANT UPDATE (text) ON ledger_transfer TO ensomhed_app", "ensomhed_app has UPDATE on ledger_transfer, and may not."),
        ("GRANT TRUNCATE ON ledger_day TO PUBLIC", "ensomhed_app has TRUNCATE on ledger_day, and may not."),
        ("GRANT USAGE ON SEQUENCE ledger_transfer_id_seq TO ensomhed_app", "ensomhed_app has SEQUENCE on ledger_transfer_id_seq, and may not."),
        ("GRANT EXECUTE ON FUNCTION ledger_move_day TO ensomhed_app", "ensomhed_app has EXECUTE on ledger_move_day, and may not."),
        ("REVOKE SELECT ON ledger_account FROM ensomhed_app", "ensomhed_app lacks SELECT on ledger_account"),
        ("ALTER TABLE ledger_refusal RENAME TO refusal", "ledger_refusal is listed and does not exist"),
    ],
)
def test_a_slip_in_the_rights_is_found(owner, slip, said):
    assert privileges.faults(owner) == []
    owner.execute(slip)
    assert said in "\n".join(privileges.faults(owner))


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ("GRANT CREATE ON SCHEMA public TO ensomhed_app", "may create objects in the schema public"),
        ("GRANT TEMPORARY ON DATABASE ensomhed TO ensomhed_app", "may create temporary tables"),
        ("GRANT CREATE ON DATABASE ensomhed TO ensomhed_app", "may create schemas"),
        ("GRANT CONNECT ON DATABASE ensomhed TO PUBLIC", "Others than ensomhed_owner and ensomhed_app may connect"),
        ("REVOKE USAGE ON SCHEMA public FROM ensomhed_app", "may not use the schema public"),
    ],
)
def test_a_slip_in_the_roles_is_found(durable, owner, slip, said):
    assert roles.faults(owner) == []
    owner.execute(slip)
    assert said in "\n".join(roles.faults(owner))


def test_a_role_that_may_too_much_is_found(durable, db):
    with psycopg.connect(**running().address(roles.ADMIN)) as admin:
        admin.execute("ALTER ROLE ensomhed_app CREATEDB")
        assert roles.faults(admin) == [
            "The role ensomhed_app is more than it may be: it must not be superuser, make roles or databases, replicate, or go around row rules."
        ]
        admin.execute("ALTER ROLE ensomhed_app NOCREATEDB; GRANT ensomhed_owner TO ensomhed_app")
        assert "ensomhed_app is a member of another role, and so may act as it." in roles.faults(admin)
        admin.rollback()


def test_applying_the_rights_takes_back_what_is_not_listed(owner):
    owner.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO ensomhed_app")
    owner.execute("GRANT UPDATE (amount) ON ledger_transfer TO PUBLIC")
    owner.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC")
    assert len(privileges.faults(owner)) > 50
    privileges.apply(owner)
    assert privileges.faults(owner) == []


def test_whatever_the_owner_makes_is_nobody_elses(owner, application):
    owner.execute("CREATE TABLE fresh (id int); CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    held = owner.execute("SELECT has_table_privilege('ensomhed_app', 'fresh', 'SELECT'), has_function_privilege('ensomhed_app', 'fresh()', 'EXECUTE')")
    assert held.fetchone() == (False, False)


def test_the_application_tries_everything_and_can_do_nothing(application):
    assert privileges.breaches(application) == []


def test_the_attempts_are_real_attempts(owner):
    """What the application is refused, the owner is not, or is stopped by the triggers behind the door alone."""
    found = privileges.breaches(owner)
    stopped_by_a_superusers_right = {"switch triggers off in a session"}
    assert len(found) == len(privileges.ATTEMPTS) - len(stopped_by_a_superusers_right), found
    assert "ensomhed_owner can remove the door." in found
    assert "ensomhed_owner was stopped by something else than its rights when it tried to empty the transfers (LG001)." in found


def test_the_application_makes_nothing_and_owns_nothing(application):
    for statement in (
        "CREATE TABLE public.mine ()",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW public.mine AS SELECT 1",
        "ALTER TABLE ledger_refusal ADD COLUMN mine int",
        "DROP TABLE ledger_refusal",
        "CREATE INDEX mine ON ledger_transfer (amount)",
        "CREATE TRIGGER mine BEFORE INSERT ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_stays()",
        "LOCK TABLE ledger_transfer IN ACCESS EXCLUSIVE MODE",
        "CREATE ROLE mine",
        "COPY ledger_transfer TO PROGRAM 'cat'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
            application.execute(statement)
    assert application.execute("SELECT count(*) FROM pg_shdepend WHERE refobjid = 'ensomhed_app'::regrole AND deptype = 'o'").fetchone() == (0,)
