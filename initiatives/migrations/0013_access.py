"""Who may do what, and its review (0013_access.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_role_changes, initiatives_role_gets_right, initiatives_leaves, initiatives_address_stays, initiatives_review_access CASCADE;
DROP FUNCTION initiatives_access, initiatives_quarter, initiatives_take_roles, initiatives_role_takes_effect, initiatives_role_bars, initiatives_role_is_lawful,
    initiatives_role_stands, initiatives_person_of, initiatives_refuse_conflict, initiatives_rights_of;
"""
PERSON = {"on_delete": django.db.models.deletion.PROTECT, "to": settings.AUTH_USER_MODEL}
NOW = {"db_default": django.db.models.functions.datetime.Now(), "editable": False}
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0012_telling"),
        ("ledger", "0004_booker_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Conflict",
            fields=[
                ID,
                ("one", models.CharField(max_length=100, verbose_name="ret")),
                ("other", models.CharField(max_length=100, verbose_name="anden ret")),
                ("why", models.CharField(max_length=200, verbose_name="hvorfor")),
            ],
            options={
                "verbose_name": "uforenelige rettigheder",
                "verbose_name_plural": "uforenelige rettigheder",
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("one", "other"), name="conflict_is_said_once")],
            },
        ),
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                ID,
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("quarter", models.CharField(max_length=7, verbose_name="kvartal")),
                ("stood", models.JSONField(default=list, verbose_name="listen")),
                ("note", models.CharField(max_length=1000, verbose_name="bemærkning")),
                ("reviewed_at", models.DateTimeField(verbose_name="gennemgået", **NOW)),
                ("reviewed_by", models.ForeignKey(related_name="access_reviews", verbose_name="gennemgået af", **PERSON)),
            ],
            options={"verbose_name": "adgangsgennemgang", "verbose_name_plural": "adgangsgennemgange", "ordering": ["-id"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="RoleChange",
            fields=[
                ID,
                ("role", models.CharField(max_length=150, verbose_name="rolle")),
                ("given", models.BooleanField(verbose_name="givet")),
                ("changed_at", models.DateTimeField(verbose_name="tidspunkt", **NOW)),
                ("changed_by", models.ForeignKey(blank=True, null=True, related_name="+", verbose_name="ændret af", **PERSON)),
                ("person", models.ForeignKey(related_name="role_changes", verbose_name="bruger", **PERSON)),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="initiatives.proposal", verbose_name="forslag"
                    ),
                ),
            ],
            options={
                "verbose_name": "rolleændring",
                "verbose_name_plural": "rolleændringer",
                "ordering": ["-id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["person", "-id"], name="rolechange_by_person")],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
