"""A transfer is found by its amount, and by the words of its text and case number, without reading the journal (0006_search.sql)."""

from pathlib import Path

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import F, Func, Q

SQL = Path(__file__).with_suffix(".sql")
REVERSE = "DROP FUNCTION ledger_words(text, text)"
STEPS = [("single", "bogført"), ("pending", "venter på godkendelse"), ("post", "godkendt"), ("void", "annulleret")]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_held")]
    operations = [
        *(migrations.AlterField(row, "step", models.CharField("trin", max_length=10, choices=STEPS)) for row in ("transfer", "window")),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
        migrations.AddIndex("transfer", models.Index(fields=["amount", "-id"], name="transfer_by_amount")),
        migrations.AddIndex("transfer", models.Index(fields=["case_number"], condition=Q(kind="earmarking"), name="transfer_granted_under")),
        migrations.AddIndex("transfer", GinIndex(Func(F("text"), F("case_number"), function="ledger_words"), name="transfer_words", fastupdate=False)),
    ]
