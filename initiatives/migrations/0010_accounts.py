"""Accounts from grantees, and their rules (0010_accounts.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

import ledger.fields

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_receive_accounts, initiatives_use_accounts, initiatives_decide_accounts, initiatives_accounts_take_effect, initiatives_settle_use,
    initiatives_accounts_checker_pays_nothing, initiatives_documented_use_has_accounts CASCADE;
DROP FUNCTION initiatives_disallowance_takes_effect, initiatives_disallowance_bars, initiatives_disallowance_is_lawful, initiatives_disallowance_stands,
    initiatives_disallowed_accounts, initiatives_claim_back, initiatives_to_document, initiatives_unclaimed, initiatives_alone_with_hands, initiatives_alone_with_accounts,
    initiatives_accounts_bar, initiatives_hand_in_payments, initiatives_accounts_entries, initiatives_accounts_accepted, initiatives_accounts_holder,
    initiatives_statements_required, initiatives_granted;
ALTER TABLE initiatives_proposalkind DISABLE TRIGGER proposalkind_is_only_added_to;
DELETE FROM initiatives_proposalkind WHERE code = 'disallowance';
ALTER TABLE initiatives_proposalkind ENABLE TRIGGER proposalkind_is_only_added_to;
"""


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0009_claims"), ("ledger", "0003_reopening"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="AccountsReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("starts", models.DateField(verbose_name="fra og med")),
                ("ends", models.DateField(verbose_name="til og med")),
                ("used_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("used", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="anvendt")),
                ("final", models.BooleanField(default=False, verbose_name="afsluttende")),
                ("received_on", models.DateField(verbose_name="modtaget")),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="registreret")),
                ("case_number", models.CharField(blank=True, max_length=50, verbose_name="journalnummer")),
                ("text", models.CharField(blank=True, max_length=500, verbose_name="tekst")),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts_reports",
                        to="initiatives.localactor",
                        verbose_name="lokal aktør",
                    ),
                ),
                (
                    "auditors_statement",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="initiatives.voucher",
                        verbose_name="revisorerklæring",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="initiatives.accountsreport",
                        verbose_name="retter",
                    ),
                ),
                (
                    "deadline",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts_reports",
                        to="initiatives.deadline",
                        verbose_name="frist",
                    ),
                ),
                (
                    "earmark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="accounts_reports", to="initiatives.earmark", verbose_name="øremærkning"
                    ),
                ),
                (
                    "performance_audit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="initiatives.voucher",
                        verbose_name="forvaltningsrevision",
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="registreret af"
                    ),
                ),
                (
                    "voucher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="accounts_reports", to="initiatives.voucher", verbose_name="regnskabet"
                    ),
                ),
            ],
            options={
                "verbose_name": "regnskab",
                "verbose_name_plural": "regnskaber",
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="AccountsDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("approved", models.BooleanField(verbose_name="godkendt")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="begrundelse")),
                ("value_date", models.DateField(blank=True, null=True, verbose_name="valørdato")),
                ("decided_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="afgjort")),
                (
                    "decided_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="afgjort af"),
                ),
                (
                    "accounts",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decision", to="initiatives.accountsreport", verbose_name="regnskab"
                    ),
                ),
            ],
            options={
                "verbose_name": "afgørelse af regnskab",
                "verbose_name_plural": "afgørelser af regnskaber",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="AccountsUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "accounts",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="initiatives.accountsreport", verbose_name="regnskab"
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="accounts_use", to="ledger.transfer", verbose_name="registrering"
                    ),
                ),
            ],
            options={
                "verbose_name": "dokumenteret forbrug",
                "verbose_name_plural": "dokumenteret forbrug",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
