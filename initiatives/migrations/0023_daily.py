"""What is asked each day does not grow with what was paid (0023_daily.sql)."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).with_suffix(".sql")
REVERSE = "DROP VIEW initiatives_doubt; DROP FUNCTION initiatives_bank_line_is_compared() CASCADE;"


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0021_search"), ("ledger", "0007_waiting")]
    operations = [
        migrations.AddField("bankline", "agreed", models.BooleanField(db_default=False, default=False, editable=False)),
        migrations.AddIndex("bankline", models.Index(name="bank_line_agreed", fields=["reference"], condition=Q(agreed=True))),
        migrations.AddIndex("bankline", models.Index(name="bank_line_in_doubt", fields=["id"], condition=Q(agreed=False))),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
