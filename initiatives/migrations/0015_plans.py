"""Instalment plans, version by version, and which payment is for which instalment (0015_plans.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import ledger.fields

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_instalment_is_paid, initiatives_earmark_keeps_its_plan CASCADE;
DROP FUNCTION initiatives_make_plan, initiatives_plan_in_force, initiatives_to_plan;
"""
KEPT = {"on_delete": django.db.models.deletion.PROTECT}


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0014_history"), ("ledger", "0002_door"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("number", models.PositiveSmallIntegerField(verbose_name="version")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="begrundelse")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="lagt")),
                ("earmark", models.ForeignKey(related_name="plans", to="initiatives.earmark", verbose_name="øremærkning", **KEPT)),
                ("made_by", models.ForeignKey(related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="lagt af", **KEPT)),
            ],
            options={
                "verbose_name": "rateplan",
                "verbose_name_plural": "rateplaner",
                "ordering": ["-id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("earmark", "number"), name="plan_version_is_its_own")],
            },
        ),
        migrations.CreateModel(
            name="Instalment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="rate")),
                ("day", models.DateField(verbose_name="dato")),
                ("amount_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("amount", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="beløb")),
                ("text", models.CharField(blank=True, max_length=100, verbose_name="tekst")),
                ("plan", models.ForeignKey(related_name="instalments", to="initiatives.plan", verbose_name="rateplan", **KEPT)),
            ],
            options={
                "verbose_name": "rate",
                "verbose_name_plural": "rater",
                "ordering": ["plan", "number"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=Q(amount__gt=0, amount__lt=10**12), name="instalment_amount_is_positive"),
                    models.UniqueConstraint(fields=("plan", "number"), name="instalment_number_is_its_own"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InstalmentPayment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("instalment", models.ForeignKey(related_name="payments", to="initiatives.instalment", verbose_name="rate", **KEPT)),
                ("transfer", models.OneToOneField(related_name="instalment_payment", to="ledger.transfer", verbose_name="udbetaling", **KEPT)),
            ],
            options={
                "verbose_name": "udbetaling af en rate",
                "verbose_name_plural": "udbetalinger af rater",
                "ordering": ["id"],
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
