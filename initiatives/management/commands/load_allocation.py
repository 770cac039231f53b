from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management import BaseCommand, CommandError, CommandParser

from ensomhed.models import User
from initiatives import allocation
from ledger.refusals import LedgerError


class Command(BaseCommand):
    help = "Proposes the postings of the allocation. They count when a second person has approved them; then run this again for what follows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who proposes: somebody with the right to propose decisions")
        parser.add_argument("--document", type=Path, help="the agreement's text, kept as the voucher")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"]).first()
        if by is None:
            raise CommandError(f"There is nobody called {options['by']}.")
        document: Path | None = options["document"]
        try:
            given: dict[str, Any] = {"document": document.read_bytes(), "document_name": document.name} if document else {}
            loaded = allocation.load(by, **given)
        except OSError as problem:
            raise CommandError(f"Cannot read {document}: {problem.strerror}.") from problem
        except (LedgerError, PermissionDenied) as refusal:
            raise CommandError(str(refusal)) from refusal
        for proposal in loaded.proposed:
            self.stdout.write(f"Foreslået: {proposal} {getattr(proposal, 'amount', '')}")
        for waiting in loaded.waiting:
            self.stdout.write(f"Venter: {waiting}")
        if loaded.in_effect:
            self.stdout.write("Hele udmøntningen er trådt i kraft.")
        else:
            self.stdout.write("En anden person godkender forslagene under »Venter på godkendelse«; kør derefter kommandoen igen.")
