"""What waits for a second person is found by the days that hold a reservation, at any number of registrations."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_search")]
    operations = [
        migrations.AddIndex("transfer", models.Index(name="transfer_registrations", fields=["debit_account", "value_date"], condition=Q(step="pending"))),
    ]
