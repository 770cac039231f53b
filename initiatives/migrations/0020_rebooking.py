"""What is registered again after a reversal says instead of what (0020_rebooking.sql)."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = "DROP FUNCTION initiatives_note_rebooking() CASCADE;"
TRANSFER = {"on_delete": django.db.models.deletion.PROTECT, "to": "ledger.transfer"}


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0019_closeout"), ("ledger", "0002_door")]
    operations = [
        migrations.CreateModel(
            name="Rebooking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("transfer", models.OneToOneField(related_name="rebooking", verbose_name="registrering", **TRANSFER)),
                ("instead_of", models.ForeignKey(related_name="rebookings", verbose_name="i stedet for", **TRANSFER)),
            ],
            options={
                "verbose_name": "bogføring på ny",
                "verbose_name_plural": "bogføringer på ny",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
