"""Deadlines and the stop of payments (0008_deadlines.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_deadlines_follow, initiatives_payment_is_not_stopped, initiatives_receipt_is_lawful, initiatives_receiptrejection_is_lawful CASCADE;
DROP FUNCTION initiatives_override_bars, initiatives_extension_bars, initiatives_override_is_lawful, initiatives_override_stands, initiatives_extension_is_lawful,
    initiatives_extension_stands, initiatives_remind, initiatives_reminders_owed, initiatives_rung, initiatives_payment_stops, initiatives_deadline_due,
    initiatives_newest_about, initiatives_today, initiatives_deadlines_of, initiatives_granted_on;
"""


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0007_receiving"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Deadline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[("terms", "accept af vilkår"), ("status_report", "statusrapport"), ("accounts", "regnskab")],
                        max_length=20,
                        verbose_name="hvad",
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="finansår")),
                ("final", models.BooleanField(default=False, verbose_name="afsluttende")),
                ("due", models.DateField(verbose_name="oprindelig frist")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="opstået")),
                (
                    "earmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deadlines", to="initiatives.earmark", verbose_name="øremærkning"
                    ),
                ),
            ],
            options={
                "verbose_name": "frist",
                "verbose_name_plural": "frister",
                "ordering": ["due", "id"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("earmark", "what", "year"), name="deadline_is_one_of_its_kind", nulls_distinct=False),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("what", "terms"), ("year__isnull", True)),
                            models.Q(models.Q(("what", "terms"), _negated=True), ("year__isnull", False)),
                            _connector="OR",
                        ),
                        name="deadline_has_its_year",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("received_on", models.DateField(verbose_name="modtaget")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="registreret")),
                (
                    "deadline",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="initiatives.deadline", verbose_name="frist"),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to=settings.AUTH_USER_MODEL, verbose_name="registreret af"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="receipts", to="initiatives.voucher", verbose_name="bilag"),
                ),
            ],
            options={
                "verbose_name": "modtagelse",
                "verbose_name_plural": "modtagelser",
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ReceiptRejection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500, verbose_name="begrundelse")),
                ("rejected_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="afvist")),
                (
                    "receipt",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rejection", to="initiatives.receipt", verbose_name="modtagelse"
                    ),
                ),
                (
                    "rejected_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="receipt_rejections", to=settings.AUTH_USER_MODEL, verbose_name="afvist af"
                    ),
                ),
            ],
            options={
                "verbose_name": "afvist modtagelse",
                "verbose_name_plural": "afviste modtagelser",
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due", models.DateField(verbose_name="frist")),
                ("rung", models.SmallIntegerField(verbose_name="dage fra fristen")),
                ("sent_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="sendt")),
                (
                    "deadline",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="reminders", to="initiatives.deadline", verbose_name="frist"),
                ),
            ],
            options={
                "verbose_name": "påmindelse",
                "verbose_name_plural": "påmindelser",
                "ordering": ["-id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("deadline", "due", "rung"), name="reminder_is_sent_once")],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
