"""The one mechanism: somebody proposes, another person decides (0004_control.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_propose, initiatives_verify, initiatives_decide, initiatives_takes_effect() CASCADE;
DROP FUNCTION initiatives_only_added_to CASCADE;
DROP FUNCTION initiatives_reopening_stands, initiatives_reopening_is_lawful, initiatives_reopening_takes_effect, initiatives_bars, initiatives_is_tied_to_what, initiatives_stands,
    initiatives_still_waits, initiatives_function, initiatives_alone_with, initiatives_blank, initiatives_may;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0003_roles"),
        ("ledger", "0003_reopening"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="ProposalKind",
            fields=[
                ("code", models.CharField(max_length=30, primary_key=True, serialize=False, verbose_name="kode")),
                ("name", models.CharField(max_length=100, verbose_name="navn")),
                ("proposed_with", models.CharField(max_length=100, verbose_name="foreslås med")),
                ("decided_with", models.CharField(max_length=100, verbose_name="afgøres med")),
                ("verified_with", models.CharField(blank=True, max_length=100, verbose_name="kontrolleres med")),
                ("needs_document", models.BooleanField(default=True, verbose_name="kræver dokument")),
            ],
            options={
                "verbose_name": "slags forslag",
                "verbose_name_plural": "slags forslag",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("subject", models.CharField(blank=True, max_length=100, verbose_name="om")),
                ("before", models.JSONField(default=dict, verbose_name="før")),
                ("after", models.JSONField(verbose_name="efter")),
                ("reason", models.CharField(max_length=1000, verbose_name="begrundelse")),
                ("proposed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="foreslået")),
                (
                    "earmark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="initiatives.earmark",
                        verbose_name="øremærkning",
                    ),
                ),
                (
                    "grantee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="initiatives.grantee",
                        verbose_name="tilskudsmodtager",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to=settings.AUTH_USER_MODEL, verbose_name="foreslået af"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="initiatives.voucher",
                        verbose_name="dokument",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proposals", to="initiatives.proposalkind", verbose_name="slags"
                    ),
                ),
            ],
            options={
                "verbose_name": "forslag",
                "verbose_name_plural": "forslag",
                "ordering": ["-id"],
                "permissions": [
                    ("propose_details", "Kan foreslå betalingsoplysninger"),
                    ("verify_details", "Kan kontrollere betalingsoplysninger"),
                    ("answer_case", "Kan besvare og lukke indsigelser"),
                    ("review_access", "Kan gennemgå adgange"),
                ],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("approved", models.BooleanField(verbose_name="godkendt")),
                ("reason", models.CharField(blank=True, max_length=1000, verbose_name="begrundelse")),
                ("decided_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="afgjort")),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to=settings.AUTH_USER_MODEL, verbose_name="afgjort af"
                    ),
                ),
                (
                    "proposal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decision", to="initiatives.proposal", verbose_name="forslag"
                    ),
                ),
            ],
            options={
                "verbose_name": "afgørelse",
                "verbose_name_plural": "afgørelser",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("how", models.CharField(max_length=500, verbose_name="hvordan")),
                ("verified_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="kontrolleret")),
                (
                    "proposal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="verification", to="initiatives.proposal", verbose_name="forslag"
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="verifications", to=settings.AUTH_USER_MODEL, verbose_name="kontrolleret af"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verifications",
                        to="initiatives.voucher",
                        verbose_name="dokument",
                    ),
                ),
            ],
            options={
                "verbose_name": "kontrol",
                "verbose_name_plural": "kontroller",
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
