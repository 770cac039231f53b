"""An installation of the project on data of its own, used by other processes only: for tests that start, stop and kill everything."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.conf import settings

from ensomhed import embedded

OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DEBUG",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "EMAIL_URL",
    "EMAIL_FROM",
    "SITE_URL",
    "ENSOMHED_VAR",
    "DJANGO_SETTINGS_MODULE",
)
READER = """
import django

django.setup()
from ledger.models import Transfer

print(*Transfer.objects.order_by("id").values_list("key", flat=True))
"""


@dataclass
class Installation:
    """The project on data of its own, used by other processes only."""

    var: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        return {**clean, "ENSOMHED_VAR": str(self.var), "DJANGO_SETTINGS_MODULE": "ensomhed.settings", "PYTHONPATH": str(settings.BASE_DIR)}

    def manage(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=settings.BASE_DIR, env={**self.environment, **environment}, capture_output=True, text=True, check=False)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command of manage.py that runs on; without a terminal, and with Ctrl-C as in one, also where the tests run behind a shell that ignores it."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        pipes["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        self.started.append(subprocess.Popen([sys.executable, "manage.py", *words], cwd=settings.BASE_DIR, env=self.environment, **pipes))
        return self.started[-1]

    @property
    def server(self) -> int:
        """The number of the server's first process; 0 when none runs."""
        cluster = embedded.Cluster(self.var)
        return int(cluster.postmaster()[0]) if cluster.socket() else 0

    def kill_everything(self) -> None:
        """SIGKILL to the postmaster and to every process it started, in one go."""
        server = int(embedded.Cluster(self.var).postmaster()[0])
        children = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if _parent(path) == server]
        assert children
        for process in (server, *children):
            with suppress(ProcessLookupError):  # the first one's end may have ended it
                os.kill(process, signal.SIGKILL)

    def keys(self) -> list[str]:
        """What the books hold, in order, after a new start."""
        read = subprocess.run([sys.executable, "-c", READER], env=self.environment, capture_output=True, text=True, check=True)
        return read.stdout.split()


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


@contextmanager
def installed() -> Iterator[Installation]:
    """A folder for an installation, which takes everything with it when it goes."""
    folder = Path(tempfile.mkdtemp(prefix="ensomhed-installed-", dir="/tmp"))
    installation = Installation(folder / "var")
    try:
        yield installation
    finally:
        for process in installation.started:
            process.kill()
            process.communicate()
        embedded.stop(embedded.Cluster(folder / "var"))
        shutil.rmtree(folder)


def gone(process: int) -> bool:
    """Whether this process ends; what was killed may wait for its parent to notice."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False
