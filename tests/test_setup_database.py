"""`manage.py setup_database` on servers of one's own: the wheel's PostgreSQL 18, and PostgreSQL 15 where the machine has it."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from ensomhed import embedded, roles
from ensomhed.account import server_account

FIFTEEN = Path("/usr/lib/postgresql/15/bin")
SUPERUSER, MANAGER, PASSWORD = "postgres", "manager", "secret"


@dataclass
class Server:
    """A bare PostgreSQL on a port of its own, with a superuser and a manager who may make roles and databases and nothing else."""

    port: int

    def url(self, role: str, database: str = "postgres") -> str:
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def connect(self, role: str = SUPERUSER, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(role, database=database), autocommit=True)

    def manage(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs manage.py as somebody who has set the two addresses."""
        addresses = {"DATABASE_URL": self.url(roles.APPLICATION, database="ensomhed"), "DATABASE_OWNER_URL": self.url(roles.OWNER, database="ensomhed")}
        more = {"SECRET_KEY": "x" * 40, "ALLOWED_HOSTS": "localhost", "DEBUG": "1"}
        clean = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "ADMIN_DATABASE_URL")}
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env={**clean, **addresses, **more, **environment},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def empty(self) -> None:
        with self.connect() as connection:
            connection.execute("DROP DATABASE IF EXISTS ensomhed")
            for role in (roles.OWNER, roles.APPLICATION):
                if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.fixture(scope="module")
def started(request) -> Iterator[Server]:
    """PostgreSQL 18, or the version that the test names."""
    version = getattr(request, "param", "18")
    programs = FIFTEEN if version == "15" else embedded.binaries()
    if not (programs / "initdb").exists():
        pytest.skip(f"PostgreSQL 15 is not installed here ({FIFTEEN}); it is tried where it is")
    with tempfile.TemporaryDirectory(prefix="ensomhed-server-", dir="/tmp") as folder, socket.socket() as probe:
        account = server_account(Path(folder) / "data", programs)
        if account:
            os.chown(folder, account["user"], account["group"])
        (Path(folder) / "password").write_text("secret")
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        initdb = [
            programs / "initdb",
            "-D",
            f"{folder}/data",
            "-U",
            SUPERUSER,
            "--pwfile",
            f"{folder}/password",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale",
            "C",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", **account)
        probe.close()
        options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        process = subprocess.Popen([programs / "postgres", "-D", f"{folder}/data", *options], stderr=subprocess.DEVNULL, cwd="/", **account)
        try:
            server = Server(port)
            for _ in range(600):
                try:
                    server.connect().close()
                    break
                except psycopg.OperationalError:
                    time.sleep(0.1)
            with server.connect() as connection:
                assert str(connection.info.server_version).startswith(version)
                connection.execute(f"CREATE ROLE {MANAGER} LOGIN CREATEROLE CREATEDB PASSWORD 'secret'")
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.fixture
def server(started) -> Iterator[Server]:
    started.empty()
    yield started
    started.empty()


@pytest.mark.parametrize("started", ["18", "15"], indirect=True)
def test_it_makes_roles_and_database_says_what_follows_and_is_the_same_again(server):
    for _ in range(2):
        done = server.manage("setup_database", "--admin-url", server.url(MANAGER))
        assert (done.returncode, done.stdout, done.stderr) == (0, "Roles and database are as they must be. Next: manage.py migrate\n", "")
    with server.connect(roles.APPLICATION, "ensomhed") as connection:
        assert roles.faults(connection) == []


def test_nobody_else_connects_to_the_database(server):
    with server.connect() as connection:
        roles.create(connection, {roles.OWNER: PASSWORD, roles.APPLICATION: PASSWORD})
        roles.create_database(connection, "ensomhed")
        roles.restrict_connections(connection, "ensomhed")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        server.connect(MANAGER, "ensomhed")
    server.connect(roles.APPLICATION, "ensomhed").close()


@pytest.mark.parametrize(("started", "plays"), [("18", False), ("15", True)], indirect=["started"])  # on 18 nearly every other test plays it
def test_the_whole_project_migrates_plays_and_checks_there(server, plays):
    assert server.manage("setup_database", ADMIN_DATABASE_URL=server.url(MANAGER)).returncode == 0
    unready = server.manage("setup_database", "--check")
    assert unready.returncode == 1
    assert "The tables are not there yet; run manage.py migrate." in unready.stderr
    played = server.manage("demo", "--prepare", *([] if plays else ["--empty"]))
    assert played.returncode == 0, played.stderr
    with server.connect(roles.APPLICATION, "ensomhed") as connection:
        assert connection.execute("SELECT credits_posted FROM ledger_account WHERE code = 'earmark:lift-mary-fonden'").fetchone()[0] == 3_800_000
        if plays:
            assert connection.execute("SELECT debits_posted FROM ledger_account WHERE code = 'earmark:lift-mary-fonden'").fetchone()[0] == 2_400_000
            assert connection.execute("SELECT count(*) FROM ledger_transfer").fetchone()[0] > 80
    checked = server.manage("setup_database", "--check")
    assert (checked.returncode, checked.stdout) == (0, "The database is as it must be.\n"), checked.stderr


def test_check_says_what_is_wrong_changes_nothing_and_ends_with_one(server):
    assert server.manage("setup_database", "--admin-url", server.url(SUPERUSER)).returncode == 0
    assert server.manage("migrate").returncode == 0
    with server.connect(database="ensomhed") as connection:
        connection.execute(f"GRANT UPDATE, TRUNCATE ON ledger_transfer TO {roles.APPLICATION}")
        held = "SELECT has_table_privilege(%s, 'ledger_transfer', 'UPDATE')"
        checked = server.manage("setup_database", "--check")
        assert connection.execute(held, [roles.APPLICATION]).fetchone() == (True,)
    assert checked.returncode == 1
    assert f"{roles.APPLICATION} has UPDATE on ledger_transfer, and may not." in checked.stderr
    assert f"{roles.APPLICATION} has TRUNCATE on ledger_transfer, and may not." in checked.stderr
    assert "Traceback" not in checked.stderr


def test_a_role_that_got_too_much_is_set_right(server):
    with server.connect() as connection:
        connection.execute(f"CREATE ROLE {roles.APPLICATION} LOGIN CREATEROLE BYPASSRLS")
    assert server.manage("setup_database", "--admin-url", server.url(SUPERUSER)).returncode == 0


def test_without_an_administrator_it_prints_the_sql_that_one_runs_and_then_goes_on(server):
    refused = server.manage("setup_database")
    assert refused.returncode == 1
    assert "Set ADMIN_DATABASE_URL, or have an administrator run this" in refused.stderr
    script = refused.stderr[refused.stderr.index("CREATE ROLE") :]
    for variable in ("DATABASE_OWNER_URL", "DATABASE_URL"):
        script = script.replace(f"'the password in {variable}'", "'secret'")
    with server.connect(MANAGER) as connection:
        for statement in script.strip().splitlines():
            connection.execute(statement)
    assert server.manage("setup_database").returncode == 0


def test_an_administrator_without_the_right_is_told_so_with_the_sql_for_one_who_has_it(server):
    with server.connect() as connection:
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'secret'")
        try:
            refused = server.manage("setup_database", "--admin-url", server.url("clerk"))
        finally:
            connection.execute("DROP ROLE clerk")
    assert refused.returncode == 1
    assert "The administrator's address may not do this: permission denied to create role" in refused.stderr
    assert f"CREATE ROLE {roles.APPLICATION} LOGIN" in refused.stderr
    assert "secret" not in refused.stderr


def test_a_database_that_somebody_else_made_is_given_to_the_owner(server):
    with server.connect() as connection:
        connection.execute("CREATE DATABASE ensomhed")
    assert server.manage("setup_database", "--admin-url", server.url(SUPERUSER)).returncode == 0
    with server.connect(roles.APPLICATION, "ensomhed") as connection:
        assert roles.faults(connection) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"DATABASE_URL": ""}, "This command is for a PostgreSQL server of your own (15 or newer). Set:"),
        ({"DATABASE_OWNER_URL": ""}, "This command is for a PostgreSQL server of your own (15 or newer). Set:"),
        ({"DATABASE_URL": "postgresql://app:secret@127.0.0.1/ensomhed"}, "The role in each address is fixed, and has a password. Set:"),
        ({"DATABASE_URL": f"postgresql://{roles.APPLICATION}@127.0.0.1/ensomhed"}, "The role in each address is fixed, and has a password. Set:"),
        ({"DATABASE_URL": f"postgresql://{roles.APPLICATION}:x@127.0.0.1/other"}, "name two different databases"),
        ({"DATABASE_URL": "mysql://root@localhost/x"}, "DATABASE_URL must read postgresql://user:password@host:5432/database"),
        ({"DATABASE_URL": "postgresql://a:b@host:port/x"}, "DATABASE_URL must read postgresql://user:password@host:5432/database"),
        ({"ADMIN_DATABASE_URL": "postgresql://postgres:wrong@127.0.0.1:1/postgres"}, "The administrator's address does not work: connection failed"),
        ({"ADMIN_DATABASE_URL": "nonsense"}, "The administrator's address does not work"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is missing or shorter than 32 characters"),
        ({"ALLOWED_HOSTS": "", "DEBUG": "0"}, "ALLOWED_HOSTS is empty"),
    ],
)
def test_a_wrong_setting_is_answered_with_what_to_set(wrong, said):
    done = Server(port=1).manage("setup_database", **wrong)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_password_reaches_the_servers_log(server):
    """A role's password travels as its verifier: what the server is told, and could log, is not what opens it."""
    with server.connect() as connection:
        roles.create(connection, {roles.OWNER: "open sesame æøå", roles.APPLICATION: "open sesame"})
        kept = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [roles.OWNER]).fetchone()[0]
        assert kept.startswith("SCRAM-SHA-256$4096:")
    psycopg.connect(host="127.0.0.1", port=server.port, user=roles.OWNER, password="open sesame æøå", dbname="postgres").close()


def test_the_account_that_runs_servers_for_root_is_an_ordinary_one():
    if os.geteuid() != 0:
        pytest.skip("only root needs another account")
    account = server_account(Path(settings.VAR_DIR) / "nowhere", embedded.binaries())
    assert pwd.getpwuid(account["user"]).pw_shell.endswith(("nologin", "false"))
    assert account["extra_groups"] == []
    assert shutil.which("useradd", path=f"{os.environ['PATH']}:/usr/sbin")
