import os
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ledger import exports
from ledger.formats import kroner
from ledger.models import Account


class Command(BaseCommand):
    help = "Writes the journal (posteringsliste), or one account's statement (kontokort), as CSV, and prints its count, totals and SHA-256."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
        parser.add_argument("--account", metavar="CODE", help="the statement of this account, for instance earmark:lift-mary-fonden")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE", help="the first value date, as 2023-12-31")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DATE", help="the last value date")
        parser.add_argument("--up-to", type=int, metavar="NUMBER", help="the last transfer's number: the same export again, whatever was booked since")

    def handle(self, *args: Any, **options: Any) -> None:
        part = {name: options[name] for name in ("up_to", "first", "last")}
        if options["account"]:
            account = Account.objects.filter(code=options["account"]).first()
            if account is None:
                raise CommandError(f"Kontoen {options['account']} findes ikke.")
            export: exports.Export = exports.account_statement(account, **part)
        else:
            export = exports.journal(**part)
        output: Path = options["output"]
        unfinished = output.with_name(f".{output.name}.{os.getpid()}")  # a file with the asked name is a whole one
        try:
            try:
                with unfinished.open("wb") as file:
                    for chunk in export:
                        file.write(chunk)
                unfinished.replace(output)
            finally:
                unfinished.unlink(missing_ok=True)
        except OSError as problem:
            raise CommandError(f"Kan ikke skrive {output}: {problem.strerror}.") from problem
        measured = export.measured
        assert measured is not None
        self.stdout.write(f"{output}: {measured.count} posteringer til og med nr. {export.up_to}")
        if options["account"]:
            self.stdout.write(f"Primosaldo  {kroner(measured.opening)}")
        self.stdout.write(f"Debet       {kroner(measured.debit)}")
        self.stdout.write(f"Kredit      {kroner(measured.credit)}")
        if options["account"]:
            self.stdout.write(f"Ultimosaldo {kroner(measured.closing)}")
        self.stdout.write(f"SHA-256     {measured.sha256}")
