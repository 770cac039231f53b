import hashlib
from pathlib import Path
from typing import Any

from ledger.management.commands import export_journal


class Command(export_journal.Command):
    """The same, noted in the audit log: who took it out is whoever may run commands on the server."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        from initiatives.history import log

        written: Path = options["output"]
        with written.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        log.note(None, log.EXPORTED, written.name, {"path": str(written.absolute()), "sha256": sha256, "size": written.stat().st_size})
