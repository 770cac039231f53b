"""Logging in: every attempt on record, keys of the API as digests."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_factor_reset_stands, initiatives_factor_reset_is_lawful, initiatives_factor_reset_bars, initiatives_factor_reset_takes_effect;
DROP TRIGGER attempt_is_only_added_to ON ensomhed_attempt;
DROP TRIGGER attempt_is_never_emptied ON ensomhed_attempt;
"""


class Migration(migrations.Migration):
    dependencies = [("ensomhed", "0001_initial"), ("initiatives", "0004_control"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="aftryk")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="lavet")),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="api_keys", to=settings.AUTH_USER_MODEL, verbose_name="bruger"),
                ),
            ],
            options={"verbose_name": "nøgle til API", "verbose_name_plural": "nøgler til API", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="tidspunkt")),
                ("source", models.CharField(blank=True, max_length=45, verbose_name="netadresse")),
                ("pair", models.CharField(max_length=64, verbose_name="brugernavn og sted")),
                (
                    "step",
                    models.CharField(
                        choices=[("password", "adgangskode"), ("factor", "andet trin"), ("again", "bekræftelse")], max_length=10, verbose_name="trin"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("failed", "mislykkedes"),
                            ("refused", "afvist uden at blive prøvet: for mange forsøg"),
                            ("passed", "rigtig, men andet trin mangler"),
                            ("entered", "lykkedes"),
                        ],
                        max_length=10,
                        verbose_name="udfald",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="bruger",
                    ),
                ),
            ],
            options={
                "verbose_name": "forsøg på at logge ind",
                "verbose_name_plural": "forsøg på at logge ind",
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["pair", "-id"], name="attempt_by_pair")],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
