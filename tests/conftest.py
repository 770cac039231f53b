"""What the tests stand on: a throw-away PostgreSQL, the allocation approved, and the demo's people. Everything runs as the application's role."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from ensomhed import embedded, roles
from ensomhed.models import User
from ensomhed.postgres.base import running
from initiatives import demo
from initiatives.deadlines import demo as deadlines
from initiatives.models import Earmark
from initiatives.story import Story
from tests import documents
from tests.accounts import new_earmark, new_earmark_of, papers, pay, receive  # noqa: F401 — fixtures
from tests.books import books  # noqa: F401 — a fixture
from tests.browser import browser, site, visit  # noqa: F401 — fixtures
from tests.intruder import application, owner  # noqa: F401 — fixtures


def _wait_for_the_disk(answer: str) -> None:
    with psycopg.connect(**running().address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET fsync = {}").format(sql.Identifier(answer)))
        connection.execute("SELECT pg_reload_conf()")
        while connection.execute("SHOW fsync").fetchone() != (answer,):
            pass


@pytest.fixture
def durable(django_db_setup) -> Iterator[None]:
    """The server as it is made: it answers when what it was told is on disk. For the other tests it need not, their databases are thrown away."""
    _wait_for_the_disk("on")
    yield
    _wait_for_the_disk("off")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """The whole project migrated by its owner, the allocation in effect, every report received; every test leaves it as it was."""
    with django_db_blocker.unblock():
        _wait_for_the_disk("off")
        call_command("migrate", verbosity=0)
        everybody = demo.create_people()
        demo.load_allocation(everybody)
        deadlines.receive_everything(everybody)
        connections.close_all()
        yield
        connections.close_all()


@dataclass(frozen=True)
class Database:
    """A database of one test's own, where transactions really commit."""

    cluster: embedded.Cluster
    name: str

    def connect(self, role: str = roles.APPLICATION, **options) -> psycopg.Connection:
        return psycopg.connect(**self.cluster.address(role, self.name), **options)


@pytest.fixture
def committed(django_db_setup, django_db_blocker) -> Iterator[Database]:
    """A fresh copy of the database, in which transactions really commit; Django uses it as long as the test lasts. Do not ask for `db` beside it."""
    with django_db_blocker.unblock():
        connections.close_all()
        cluster, name = running(), f"test_{uuid.uuid4().hex}"
        embedded.clone_database(cluster, template="ensomhed", name=name, strategy="FILE_COPY")
        for alias in connections.settings:
            connections.settings[alias]["NAME"] = name
            connections[alias].settings_dict["NAME"] = name
        try:
            yield Database(cluster, name)
        finally:
            connections.close_all()
            for alias in connections.settings:
                connections.settings[alias]["NAME"] = "ensomhed"
                connections[alias].settings_dict["NAME"] = "ensomhed"
            embedded.drop_database(cluster, name)


@dataclass(frozen=True)
class People:
    """The demo's people by name: sofie and søren register, anders approves, mette and lars decide, karen closes, rikke audits, maria is Mary Fonden's …"""

    by_name: dict[str, User]

    def __getattr__(self, name: str) -> User:
        return self.by_name[name]


def _people() -> People:
    return People({user.username: user for user in User.objects.all()})


@pytest.fixture
def people(request) -> People:
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    return _people()


@pytest.fixture
def lift(request) -> Earmark:
    """Mary Fonden's earmark: 3.800.000,00 kr., to be passed on."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    return Earmark.objects.with_accounts().get(slug="lift-mary-fonden")


@pytest.fixture
def appoint(committed):
    """`appoint(person, "Godkender")` puts a person in roles behind the back of every rule about who may hold which; without names, in all of them."""

    def put(person: User, *names: str) -> User:
        with committed.connect(roles.OWNER, autocommit=True) as connection:
            connection.execute("ALTER TABLE ensomhed_user_groups DISABLE TRIGGER USER")
            connection.execute(
                "INSERT INTO ensomhed_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = ANY(%s) OR %s ON CONFLICT DO NOTHING",
                [person.pk, list(names), not names],
            )
            connection.execute("ALTER TABLE ensomhed_user_groups ENABLE TRIGGER USER")
        return User.objects.get(pk=person.pk)

    return put


@pytest.fixture
def the_books_alone(committed) -> None:
    """A copy of the books without the guards that stand around them: who may book, on which details, for which accounts and claims, is tried where those are."""
    guards = """
        SELECT t.tgrelid::regclass::text, t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid IN ('ledger_transfer'::regclass, 'ledger_window'::regclass, 'ledger_period'::regclass)
          AND NOT t.tgisinternal AND p.proname LIKE 'initiatives\\_%' AND p.proname <> 'initiatives_voucher_is_kept'
    """
    with committed.connect(roles.OWNER, autocommit=True) as connection:
        for table, guard in connection.execute(guards).fetchall():
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(sql.Identifier(table), sql.Identifier(guard)))


@pytest.fixture
def voucher(people):
    from initiatives import vouchers

    return vouchers.keep(people.sofie, documents.pdf("Faktura"), "faktura.pdf")


@pytest.fixture
def play(people, tmp_path):
    """Plays lines of a story, one after the other."""
    story = Story(people.by_name)

    def played(lines: str) -> None:
        source = tmp_path / "story.txt"
        source.write_text(lines, encoding="utf-8")
        story.play(source)

    return played
