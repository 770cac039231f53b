"""Gives somebody the first roles of an installation; later ones are proposed and decided on the site."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connections

from ensomhed.models import User
from ledger.refusals import LedgerError


class Command(BaseCommand):
    help = "Gives a person roles, with the owner's credential (DATABASE_OWNER_URL): for the first people of an installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        from initiatives.access.operator import appoint

        person = User.objects.filter(username=options["username"]).first()
        known = list(Group.objects.order_by("name").values_list("name", flat=True))
        unknown = [role for role in options["role"] if role not in known]
        if person is None:
            raise CommandError(
                f"There is nobody called {options['username']}; make the user first with manage.py createsuperuser, which gives no right over money."
            )
        if unknown:
            raise CommandError(f"There is no role called {', '.join(unknown)}; there are {', '.join(known)}.")
        if "owner" not in connections.settings:
            raise CommandError("DATABASE_OWNER_URL is not set; only the owner gives the first roles.")
        try:
            count = appoint(person, *options["role"])
        except LedgerError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{person} ({person.username}) got {count} new {'role' if count == 1 else 'roles'}.")
