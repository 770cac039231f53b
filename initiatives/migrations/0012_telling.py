"""What the system tells, to whom, and how it was delivered; and what grantees object to (0012_telling.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_tell_of_money, initiatives_tell_of_details, initiatives_tell_of_claim, initiatives_tell_of_reminder, initiatives_tell_of_people,
    initiatives_tell_of_address, initiatives_tell_of_answer, initiatives_open_case, initiatives_answer_case CASCADE;
DROP FUNCTION initiatives_tell, initiatives_told, initiatives_paid_before, initiatives_details_told, initiatives_name_of, initiatives_take_delivery,
    initiatives_delivery_is_due, initiatives_delivery_was_tried, initiatives_case_bars, initiatives_case_hands, initiatives_case_is_open, initiatives_is_own;
"""
RIGHTS = {"view_notice": ("notice", "Can view besked"), "view_case": ("case", "Can view indsigelse")}
READERS = {
    "view_notice": ("Sagsbehandler", "Godkender", "Ledelse", "Controller", "Revisor", "Stamdata", "Regnskabskontrol", "Udbetaler"),
    "view_case": ("Ledelse", "Controller", "Revisor"),  # whoever handles payments does not read what grantees say of them
}


def make(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for codename, (model, name) in RIGHTS.items():
        content_type, _ = content_types.get_or_create(app_label="initiatives", model=model)
        right, _ = permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
        for role in READERS[codename]:
            groups.get(name=role).permissions.add(right)


def unmake(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("auth", "Permission").objects.using(alias).filter(codename__in=RIGHTS, content_type__app_label="initiatives").delete()


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0011_paying"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("text", models.CharField(max_length=2000, verbose_name="hvad er ikke rigtigt")),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="rejst")),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="initiatives.claim", verbose_name="krav"
                    ),
                ),
                (
                    "grantee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="initiatives.grantee", verbose_name="tilskudsmodtager"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cases", to=settings.AUTH_USER_MODEL, verbose_name="rejst af"),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="initiatives.proposal",
                        verbose_name="betalingsoplysninger",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="ledger.transfer", verbose_name="postering"
                    ),
                ),
            ],
            options={
                "verbose_name": "indsigelse",
                "verbose_name_plural": "indsigelser",
                "ordering": ["-id"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="FormerContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=254, verbose_name="adresse")),
                ("left_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="fjernet")),
                (
                    "grantee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="former_contacts", to="initiatives.grantee", verbose_name="tilskudsmodtager"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="person"),
                ),
            ],
            options={
                "verbose_name": "tidligere kontakt",
                "verbose_name_plural": "tidligere kontakter",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("paid", "udbetaling"),
                            ("repaid", "tilbagebetaling modtaget"),
                            ("undone", "bevægelse ført tilbage"),
                            ("details", "nye betalingsoplysninger"),
                            ("claim", "krav om tilbagebetaling"),
                            ("reminder", "påmindelse"),
                            ("people", "ændrede kontaktpersoner"),
                            ("answer", "svar på en indsigelse"),
                        ],
                        max_length=20,
                        verbose_name="hvad",
                    ),
                ),
                ("figures", models.JSONField(verbose_name="oplysninger")),
                ("account", models.CharField(blank=True, max_length=200, verbose_name="konto")),
                ("entry_no", models.BigIntegerField(blank=True, null=True, verbose_name="postnr.")),
                ("head", models.CharField(blank=True, max_length=64, verbose_name="kontrolsum")),
                ("told_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="skrevet")),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="initiatives.case",
                        verbose_name="indsigelse",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="initiatives.claim", verbose_name="krav"
                    ),
                ),
                (
                    "earmark",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="initiatives.earmark",
                        verbose_name="øremærkning",
                    ),
                ),
                (
                    "grantee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="initiatives.grantee", verbose_name="tilskudsmodtager"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="initiatives.proposal",
                        verbose_name="forslag",
                    ),
                ),
                (
                    "reminder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="initiatives.reminder",
                        verbose_name="påmindelse",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="ledger.transfer",
                        verbose_name="postering",
                    ),
                ),
            ],
            options={
                "verbose_name": "besked",
                "verbose_name_plural": "beskeder",
                "ordering": ["-id"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(blank=True, max_length=254, verbose_name="adresse")),
                ("former", models.BooleanField(default=False, verbose_name="tidligere adresse eller kontaktperson")),
                (
                    "person",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="person"
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="initiatives.notice", verbose_name="besked"),
                ),
            ],
            options={
                "verbose_name": "levering",
                "verbose_name_plural": "leveringer",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="case",
            name="notice",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="initiatives.notice", verbose_name="besked"
            ),
        ),
        migrations.CreateModel(
            name="CaseMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("text", models.CharField(max_length=2000, verbose_name="tekst")),
                ("closes", models.BooleanField(default=False, verbose_name="lukker")),
                ("by_grantee", models.BooleanField(default=False, verbose_name="fra tilskudsmodtageren")),
                ("written_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="skrevet")),
                (
                    "case",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="initiatives.case", verbose_name="indsigelse"),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="case_messages", to=settings.AUTH_USER_MODEL, verbose_name="skrevet af"
                    ),
                ),
            ],
            options={
                "verbose_name": "svar i en indsigelse",
                "verbose_name_plural": "svar i indsigelser",
                "ordering": ["id"],
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("closes", True), ("by_grantee", True), _connector="OR"), fields=["case", "-id"], name="case_message_that_counts"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent", models.BooleanField(verbose_name="sendt")),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="svar")),
                ("tried_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="forsøgt")),
                (
                    "delivery",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="initiatives.delivery", verbose_name="levering"),
                ),
            ],
            options={
                "verbose_name": "leveringsforsøg",
                "verbose_name_plural": "leveringsforsøg",
                "ordering": ["id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(condition=models.Q(("sent", True)), fields=("delivery",), name="delivery_is_sent_once")],
            },
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["grantee", "-id"], name="notice_newest_of_a_grantee"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("notice", "person", "address"), name="delivery_is_one_to_an_address", nulls_distinct=False),
        ),
        migrations.RunPython(make, unmake),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
