from typing import Any

from django.core.management import BaseCommand

from initiatives.deadlines import reminders
from ledger.formats import date_text


class Command(BaseCommand):
    help = (
        "Sends grantees the reminders whose day has come: of terms to accept, reports and accounts. For a timer, once a day; run twice it sends nothing twice."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        sent = reminders.send()
        for reminder in sent:
            self.stdout.write(f"{reminder.deadline.earmark}: {reminder.deadline.name}, frist {date_text(reminder.due)}")
        self.stdout.write(f"Sendte påmindelser: {len(sent)}")
