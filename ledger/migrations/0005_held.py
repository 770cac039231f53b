"""A period is held before it is closed, and its trial balance is one question (0005_held.sql)."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP TRIGGER closing_ends_the_holding ON ledger_period;
DROP FUNCTION ledger_closing_ends_the_holding(), ledger_hold_period(text, bigint, boolean), ledger_trial_balance(text);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_booker_index")]
    operations = [
        migrations.AddField("period", "held", models.BooleanField("tilbageholdt", db_default=False)),
        migrations.AddField("period", "held_at", models.DateTimeField("sidst tilbageholdt eller ophævet den", null=True, blank=True)),
        migrations.AddField(
            "period",
            "held_by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                django.db.models.deletion.PROTECT,
                null=True,
                blank=True,
                related_name="+",
                verbose_name="sidst tilbageholdt eller ophævet af",
            ),
        ),
        migrations.AddConstraint(
            "period",
            models.CheckConstraint(
                name="period_holding_is_signed", condition=Q(held=False) | Q(held=True, closed=False, held_at__isnull=False, held_by__isnull=False)
            ),
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
