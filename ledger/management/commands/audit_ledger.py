import json
import re
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ledger.audit import Audit


class Command(BaseCommand):
    help = "Recomputes the whole ledger from its transfers, prints every breach, and exits with 1 if there is any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--against", type=Path, metavar="FILE", help="heads that were written earlier: proves that history was only added to since")
        parser.add_argument(
            "--head",
            nargs=3,
            metavar=("ACCOUNT", "ENTRY", "SUM"),
            help="the control sum of one account from an old mail: proves that nothing before it was changed",
        )
        parser.add_argument(
            "--write-heads", type=Path, metavar="FILE", help="keeps every account's head in a file, for --against; keep it where nobody of the ledger can write"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        saved = _read(options["against"]) if options["against"] else None
        if options["head"]:
            saved = _with_head(saved or {"accounts": {}, "windows": {}}, *options["head"])
        audit = Audit(saved)
        count = 0
        for breach in audit.breaches(self.progress):
            self.stdout.write(str(breach))
            count += 1
        if count:
            raise CommandError(f"{count} brud i {audit.transfers} posteringer.", returncode=1)
        self.stdout.write(f"Regnskabet holder: {audit.transfers} posteringer på {len(audit.books.places)} konti, hver med sin ubrudte kæde.")
        if options["against"]:
            self.stdout.write(f"Historikken er kun føjet til siden {options['against']}.")
        if options["head"]:
            self.stdout.write(f"Kontrolsummen står der endnu: intet på {options['head'][0]} til og med post {options['head'][1]} er ændret.")
        if options["write_heads"]:
            try:
                options["write_heads"].write_text(json.dumps(audit.heads(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            except OSError as problem:
                raise CommandError(f"Kan ikke skrive {options['write_heads']}: {problem.strerror}.") from problem

    def progress(self, done: int, total: int) -> None:
        self.stderr.write(f"  {done} af {total} posteringer")


def _with_head(saved: dict[str, Any], account: str, entries: str, head: str) -> dict[str, Any]:
    """The saved heads, and this one."""
    if not entries.isdecimal() or not re.fullmatch(r"[0-9a-f]{64}", head):
        raise CommandError("--head tager en konto, et postnummer og en kontrolsum på 64 tegn, som de står i mailen.")
    return {**saved, "accounts": {**saved["accounts"], account: {"entries": int(entries), "head": head}}}


def _read(path: Path) -> dict[str, Any]:
    try:
        heads: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        heads["accounts"], heads["windows"]
    except OSError as problem:
        raise CommandError(f"Kan ikke læse {path}: {problem.strerror}.") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise CommandError(f"{path} er ikke skrevet af audit_ledger --write-heads.") from problem
    return heads
