"""The embedded PostgreSQL: started by the first who needs it, stopped by the last who leaves, and never in anybody's way."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from ensomhed import embedded, roles
from ensomhed.account import server_account
from ensomhed.environment import local_secret

ROOT = Path(settings.BASE_DIR)
USER = """
import sys
from pathlib import Path
from ensomhed import embedded

try:
    cluster = embedded.ensure(Path(sys.argv[1]))
except embedded.CannotStart as problem:
    sys.exit(str(problem))
print(cluster.socket(), cluster.postmaster()[0], flush=True)
sys.stdin.read()
"""
STRANGER = "ensomhed-stranger"


@dataclass
class User:
    """A process that uses the cluster until it is told to leave."""

    process: subprocess.Popen[str]
    answer: list[str] = field(default_factory=list)

    @property
    def socket(self) -> str:
        """Where the server answers; waits until it does."""
        self.answer = self.answer or (self.process.stdout.readline().split() if self.process.stdout else [])
        assert self.answer, self.process.communicate()[1]
        return self.answer[0]

    @property
    def server(self) -> int:
        assert self.socket
        return int(self.answer[1])

    def leave(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def refusal(self) -> str:
        """What it said instead of starting: one line."""
        said = self.process.communicate()[1]
        assert self.process.returncode == 1
        assert len(said.splitlines()) == 1, said
        return said


@dataclass
class Place:
    """A folder for a cluster, and its users."""

    folder: Path
    users: list[User] = field(default_factory=list)

    @property
    def cluster(self) -> embedded.Cluster:
        return embedded.Cluster(self.folder)

    def enter(self, **more) -> User:
        """A user, once the server answers it."""
        user = self.begin(**more)
        assert user.socket
        return user

    def begin(self, python: str = sys.executable, environment: dict[str, str] | None = None, **account) -> User:
        process = subprocess.Popen(
            [python, "-c", USER, str(self.folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": "/", **account},
        )
        self.users.append(User(process))
        return self.users[-1]

    def run(self, statement: str) -> list[tuple]:
        with psycopg.connect(**self.cluster.address(roles.OWNER), autocommit=True) as connection:
            answer = connection.execute(statement)
            return answer.fetchall() if answer.description else []


def _at(folder: Path) -> Iterator[Place]:
    place = Place(folder / "var")
    yield place
    for user in place.users:
        user.process.kill()
        user.process.communicate()
    embedded.stop(place.cluster)
    shutil.rmtree(folder)


@pytest.fixture
def bare() -> Iterator[Place]:
    """A place where nothing is yet."""
    yield from _at(Path(tempfile.mkdtemp(prefix="ensomhed-place-", dir="/tmp")))


@pytest.fixture(scope="module")
def made() -> Iterator[Place]:
    """A place where a cluster was made, used and left."""
    for place in _at(Path(tempfile.mkdtemp(prefix="ensomhed-place-", dir="/tmp"))):
        place.enter()
        place.run("CREATE TABLE kept AS SELECT 42 AS answer")
        place.users[0].leave()
        yield place


@pytest.fixture
def place(made, bare) -> Place:
    """A copy of the cluster that was made; it holds a table."""
    subprocess.run(["cp", "-a", made.folder, bare.folder], check=True)
    return bare


def gone(process: int) -> bool:
    """Whether no process has this number any more. A killed server has no parent that waits for it but the first process of the machine."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
            if Path(f"/proc/{process}/stat").exists() and Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_it_keeps_secret_nobody_else_can_read(place):
    assert mode(place.folder / "passwords") == 0o700
    assert {mode(path) for path in (place.folder / "passwords").iterdir()} == {0o600}
    assert {path.name for path in (place.folder / "passwords").iterdir()} == {roles.ADMIN, roles.OWNER, roles.APPLICATION}
    assert mode(place.cluster.log) == 0o600
    assert mode(place.cluster.data) == 0o700


def test_it_trusts_nobody_and_listens_to_nobody_outside(place):
    user = place.enter()
    assert (place.cluster.data / "pg_hba.conf").read_text().splitlines()[1:] == ["local all all scram-sha-256"]
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host=user.socket, user=roles.ADMIN, dbname="postgres")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(**{**place.cluster.address(roles.ADMIN, "postgres"), "password": "postgres"})
    assert place.run("SHOW listen_addresses") == [("",)]
    assert place.run("SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')") == [("on", "on", "on")]


def test_all_who_come_at_once_share_one_server_and_the_last_one_stops_it(place):
    users = [place.begin() for _ in range(4)]
    assert len({(user.socket, user.server) for user in users}) == 1
    place.run("UPDATE kept SET answer = 43")
    home, server = users[0].socket, users[0].server
    for user in users[:3]:
        user.leave()
        assert place.cluster.socket() == home
    users[3].leave()
    assert gone(server)
    assert place.cluster.socket() == ""
    assert not place.cluster.postmaster()
    assert not Path(home).exists()
    place.enter()
    assert place.run("SELECT answer FROM kept") == [(43,)]


def test_a_server_whose_user_was_killed_is_taken_over_by_the_next(place):
    first = place.enter()
    server = first.server
    first.process.kill()
    second = place.enter()
    assert second.server == server
    second.leave()
    assert gone(server)


def test_nothing_is_lost_when_everything_is_killed_even_if_its_number_is_another_process_now(place):
    """The number in postmaster.pid is the same account's `sleep` by now: PostgreSQL by itself would refuse to start."""
    user = place.enter()
    os.kill(user.server, signal.SIGKILL)
    user.process.kill()
    assert gone(user.server)
    stale = place.cluster.data / "postmaster.pid"
    lines = stale.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"], cwd="/", **server_account(place.cluster.data, embedded.binaries())) as other:
        try:
            stale.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
            assert place.cluster.socket() == ""
            again = place.enter()
            assert again.server not in (other.pid, user.server)
            assert place.run("SELECT answer FROM kept") == [(42,)]
            again.leave()
            assert other.poll() is None
        finally:
            other.kill()
    assert not Path(user.socket).exists()


def test_a_set_up_that_died_half_way_is_begun_anew(bare):
    half = bare.folder / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    bare.cluster.data.mkdir()
    bare.enter()
    assert not half.exists()


def test_a_folder_that_is_no_cluster_is_left_alone(bare):
    bare.cluster.data.mkdir(parents=True)
    (bare.cluster.data / "thesis.txt").write_text("twelve years of work")
    assert "holds something that is not a whole PostgreSQL cluster; move it away" in bare.begin().refusal()
    assert (bare.cluster.data / "thesis.txt").exists()


def test_data_and_passwords_that_do_not_belong_together_are_said_to(place):
    (place.folder / "passwords" / roles.ADMIN).write_text("another")
    refusal = place.begin().refusal()
    assert "password authentication failed" in refusal
    assert "belong together: move both away to begin anew" in refusal


def test_data_of_another_version_is_said_to_be_so(place):
    (place.cluster.data / "PG_VERSION").write_text("12\n")
    assert "PostgreSQL did not start; the last lines of" in place.begin().refusal()


@pytest.mark.parametrize("name", ["var med mellemrum, æøå og 'tegn'", "x" * 200, "/".join(["a-folder-in-a-folder"] * 20)], ids=["letters", "long", "deep"])
def test_it_lives_in_any_folder(place, name):
    moved = place.folder.parent / name / "var"
    moved.parent.mkdir(parents=True)
    place.folder = place.folder.rename(moved)
    user = place.enter()
    assert len(f"{user.socket}/.s.PGSQL.5432") < 107
    assert place.run("SELECT answer FROM kept") == [(42,)]
    user.leave()


def test_a_cluster_is_made_in_a_folder_with_any_letters(bare):
    bare.folder = bare.folder / "var med mellemrum, æøå og 'tegn'" / ("x" * 200)
    bare.enter()
    assert bare.run("SELECT 1") == [(1,)]


def test_variables_meant_for_other_servers_do_not_mislead_it(place):
    user = place.enter(environment={"PGPORT": "6543", "PGDATA": "/nowhere", "PGHOST": "db.example.dk", "PGUSER": "somebody", "LC_ALL": "da_DK.UTF-8"})
    assert user.socket == place.cluster.socket()


@pytest.mark.parametrize("folder", ["/proc/ensomhed", "/dev/null/var"])
def test_a_folder_that_cannot_be_written_to_is_answered_in_one_sentence(bare, folder):
    bare.folder = Path(folder)
    refusal = bare.begin().refusal()
    assert refusal.startswith(f"The embedded database cannot live in {folder} (")
    assert "set ENSOMHED_VAR to a folder that you may write to" in refusal


@pytest.mark.parametrize("command", [["migrate"], ["demo", "--port", "0"], ["check"], ["setup_database", "--check"]])
def test_on_the_command_line_it_is_one_sentence_as_well(command):
    environment = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL")}
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env={**environment, "ENSOMHED_VAR": "/proc/ensomhed"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Cannot write to /proc/ensomhed (No such file or directory); set ENSOMHED_VAR to a folder that you may write to."]


def test_a_secret_is_made_once_and_whole(tmp_path):
    path = tmp_path / "secrets" / "key"
    assert local_secret(path) == local_secret(path) == path.read_text()
    assert len(path.read_text()) == 64
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]


@pytest.fixture(scope="module")
def stranger() -> Iterator[dict[str, object]]:
    """An ordinary user of this machine, and a Python that it may run."""
    if os.geteuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("only root can make an ordinary user to try this as; every other test here runs as one already")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    reachable = [program for program in (shutil.which(version, path="/usr/local/bin:/usr/bin"),) if program]
    if not reachable:
        pytest.skip(f"there is no {version} that an ordinary user may run")
    subprocess.run(["useradd", "--no-create-home", STRANGER], check=True)
    account = pwd.getpwnam(STRANGER)
    yield {"python": reachable[0], "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    subprocess.run(["userdel", STRANGER], check=True)


def as_stranger(stranger, place: Place) -> User:
    site = next(path for path in sys.path if path.endswith("site-packages"))
    return place.begin(**stranger, environment={"HOME": "/proc", "PYTHONPATH": f"{ROOT}:{site}", "PYTHONDONTWRITEBYTECODE": "1"})


def test_an_ordinary_user_with_a_read_only_home_runs_it_as_itself(stranger, bare):
    bare.folder.mkdir()
    bare.folder.parent.chmod(0o755)
    os.chown(bare.folder, stranger["user"], stranger["group"])
    user = as_stranger(stranger, bare)
    assert os.stat(user.socket).st_uid == bare.cluster.data.stat().st_uid == stranger["user"]
    user.leave()
    assert mode(bare.folder / "passwords") == 0o700
    root = bare.enter()
    assert bare.cluster.data.stat().st_uid == stranger["user"]
    root.leave()
    again = as_stranger(stranger, bare)
    assert again.socket
    again.leave()


def test_an_ordinary_user_is_told_when_the_folder_is_somebody_elses(stranger, place):
    place.folder.parent.chmod(0o755)
    assert "Permission denied" in as_stranger(stranger, place).refusal()
