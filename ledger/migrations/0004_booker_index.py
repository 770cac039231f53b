"""What somebody booked last is found without reading the journal."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_reopening")]
    operations = [migrations.AddIndex("transfer", models.Index(fields=["booked_by", "-id"], name="transfer_by_booker"))]
