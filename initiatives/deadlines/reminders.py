"""The reminders: 30 and 7 days before a deadline, on the day, 7 days after, and every 14 days from then on. There is nothing to switch them off with."""

from django.db import transaction

from initiatives.models import Reminder


@transaction.atomic
def send() -> list[Reminder]:
    """Sends every reminder whose day has come, each once, and answers with them. PostgreSQL decides which, and tells the grantee in the same transaction.

    Run late, it sends the newest of those that were missed.
    """
    sent = list(Reminder.objects.raw("SELECT * FROM initiatives_remind()"))
    return list(Reminder.objects.filter(pk__in=[reminder.pk for reminder in sent]).select_related("deadline__earmark__grantee").order_by("pk"))
