"""The account that the embedded PostgreSQL runs as: our own, or, since PostgreSQL refuses to run as root, one made for it when root starts it."""

import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

NAME = "ensomhed-postgres"


class CannotStart(ImproperlyConfigured):
    """The embedded database cannot run here; the message says what to do."""


def server_account(data: Path, programs: Path) -> dict[str, Any]:
    """Arguments for subprocess. For root: the owner of the data, or the account made for it, which may pass through the folders above data and programs.

    Raises CannotStart.
    """
    if os.geteuid() != 0:
        return {}
    import pwd

    if data.exists() and data.stat().st_uid != 0:
        user, group = data.stat().st_uid, data.stat().st_gid
    else:
        try:
            account = pwd.getpwnam(NAME)
        except KeyError:
            _make()
            account = pwd.getpwnam(NAME)
        user, group = account.pw_uid, account.pw_gid
    for folder in {*data.resolve().parents, *programs.resolve().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)  # may be passed through, not listed
    return {"user": user, "group": group, "extra_groups": []}


def _make() -> None:
    program = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if program is None:
        raise CannotStart("PostgreSQL does not run as root, and there is no useradd to make an account for it; run this as an ordinary user.")
    made = subprocess.run([program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME], capture_output=True, text=True, check=False)
    if made.returncode:
        raise CannotStart(f"PostgreSQL does not run as root, and no account could be made for it ({made.stderr.strip()}); run this as an ordinary user.")
