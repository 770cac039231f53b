import os
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from ensomhed import privileges, roles

VARIABLES = f"""\
  DATABASE_URL=postgresql://{roles.APPLICATION}:PASSWORD@host:5432/ensomhed          the application
  DATABASE_OWNER_URL=postgresql://{roles.OWNER}:PASSWORD@host:5432/ensomhed  the owner, for migrations only
  ADMIN_DATABASE_URL=postgresql://postgres:PASSWORD@host:5432/postgres             who may make roles and databases, for this command only"""


class Command(BaseCommand):
    help = "Makes the two roles and the database on the server in DATABASE_URL, or with --check says whether they are as they must be."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; say what is wrong, and end with 1 if anything is")
        parser.add_argument("--admin-url", default="", help="the administrator's address; ADMIN_DATABASE_URL unless told otherwise")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self.set_up(options["admin_url"] or os.environ.get("ADMIN_DATABASE_URL", ""))
        wrong = self.faults(everything=options["check"])
        if wrong:
            raise CommandError("\n".join(["The database is not as it must be:", *(f"- {words}" for words in wrong)]))
        self.stdout.write("The database is as it must be." if options["check"] else "Roles and database are as they must be. Next: manage.py migrate")

    def set_up(self, admin_url: str) -> None:
        application, owner = self.address("default", roles.APPLICATION), self.address("owner", roles.OWNER)
        if (application["host"], application["port"], application["dbname"]) != (owner["host"], owner["port"], owner["dbname"]):
            raise CommandError("DATABASE_URL and DATABASE_OWNER_URL name two different databases; they differ in role and password only.")
        if admin_url:
            self.create(admin_url, {role["user"]: role["password"] for role in (owner, application)}, owner["dbname"])
        try:
            with psycopg.connect(**owner, autocommit=True) as connection:
                roles.secure_schema(connection)
        except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as problem:
            advice = "" if admin_url else "Set ADMIN_DATABASE_URL, or have an administrator run this (leave out what exists), and try again:\n\n"
            raise CommandError(
                f"{roles.OWNER} cannot set up {owner['dbname']}: {_line(problem)}\n{advice}{advice and roles.script(owner['dbname'])}"
            ) from problem

    def create(self, admin_url: str, passwords: dict[str, str], database: str) -> None:
        try:
            with psycopg.connect(admin_url, autocommit=True) as connection:
                roles.create(connection, passwords)
                roles.create_database(connection, database)
        except psycopg.errors.InsufficientPrivilege as problem:
            raise CommandError(
                f"The administrator's address may not do this: {_line(problem)}\n"
                f"Have somebody who may run this (leave out what exists), and run setup_database again without ADMIN_DATABASE_URL:\n\n{roles.script(database)}"
            ) from problem
        except (psycopg.OperationalError, psycopg.ProgrammingError) as problem:
            raise CommandError(f"The administrator's address does not work: {_line(problem)}") from problem

    def faults(self, *, everything: bool) -> list[str]:
        """What the application itself finds wrong; the rights on tables only once they are there."""
        try:
            with psycopg.connect(**self.address("default", roles.APPLICATION), autocommit=True) as connection:
                wrong = roles.faults(connection)
                if everything and not wrong:
                    wrong = privileges.faults(connection) or privileges.breaches(connection)
                return wrong
        except psycopg.OperationalError as problem:
            return [f"{roles.APPLICATION} cannot connect: {_line(problem)}"]

    def address(self, alias: str, role: str) -> dict[str, Any]:
        """What psycopg needs to connect as this role; says which variables to set when the settings do not know it."""
        if settings.EMBEDDED:
            from ensomhed.postgres.base import running

            if alias == "default":
                return running().address(role)
        if settings.EMBEDDED or alias not in settings.DATABASES:
            raise CommandError(f"This command is for a PostgreSQL server of your own (15 or newer). Set:\n{VARIABLES}")
        known: Any = settings.DATABASES[alias]
        if known["USER"] != role or not known["PASSWORD"]:
            raise CommandError(f"The role in each address is fixed, and has a password. Set:\n{VARIABLES}")
        named = {"host": known["HOST"], "port": known["PORT"], "user": role, "password": known["PASSWORD"], "dbname": known["NAME"]}
        return {**known["OPTIONS"], **named}


def _line(problem: psycopg.Error) -> str:
    return " ".join(str(problem).split())
