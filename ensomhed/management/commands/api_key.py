from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from ensomhed.models import ApiKey, User


class Command(BaseCommand):
    help = "Makes a key for the API, prints it this once, and keeps only its digest. --revoke ends every key that the person has."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--revoke", action="store_true", help="end the person's keys instead of making one")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody called {options['username']} can log in.")
        if options["revoke"]:
            ended, _ = ApiKey.objects.filter(user=user).delete()
            self.stdout.write(f"{ended} ended.")
        else:
            self.stdout.write(ApiKey.make(user))
