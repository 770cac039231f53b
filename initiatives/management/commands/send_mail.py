from typing import Any

from django.core.management import BaseCommand, CommandError

from initiatives.models import Delivery
from initiatives.telling import outbox


class Command(BaseCommand):
    help = "Sends what waits in the outbox: run it every minute by a timer. What could not be sent is tried again, after 1, 2, 4 … minutes, at most a day."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = outbox.send()
        except outbox.NoServer as trouble:
            raise CommandError(f"Mailserveren kan ikke nås: {trouble} {_waiting()}", returncode=1) from trouble
        failed = f", {outcome.failed} mislykkedes og prøves igen" if outcome.failed else ""
        self.stdout.write(f"{outcome.sent} {'besked' if outcome.sent == 1 else 'beskeder'} sendt{failed}. {_waiting()}")


def _waiting() -> str:
    waiting, unreachable = Delivery.objects.waiting().count(), Delivery.objects.undeliverable().count()
    said = f"{waiting} venter i udbakken." if waiting else "Ingen venter i udbakken."
    return f"{said} {unreachable} kan ikke leveres: der er ingen mailadresse." if unreachable else said
