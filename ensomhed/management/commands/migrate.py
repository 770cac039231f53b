from typing import Any

from django.conf import settings
from django.core.management import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import connections

from ensomhed import privileges


class Command(migrate.Command):
    help = "Migrates as the owner, then gives the application's role exactly its rights."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] not in settings.DATABASES:
            raise CommandError("Migrations run as the owner: set DATABASE_OWNER_URL to postgresql://ensomhed_owner:password@host:5432/database.")
        super().handle(*args, **options)
        connection = connections[options["database"]]
        connection.ensure_connection()
        privileges.apply(connection.connection)
        connection.close()
