"""The payment file and its reconciliation (0011_paying.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models

import ledger.fields

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP TRIGGER released_payment_is_undone_by_the_lists ON ledger_transfer;
DROP FUNCTION initiatives_release_payments, initiatives_take_statement, initiatives_payments_to_release, initiatives_payment_file_is_sound,
    initiatives_payment_file_bytes, initiatives_csv_cell, initiatives_csv_amount, initiatives_released_payment_is_undone_by_the_lists,
    initiatives_explanation_stands, initiatives_explanation_is_lawful, initiatives_explanation_bars, initiatives_explanation_payment;
DROP VIEW initiatives_bankfinding, initiatives_linefinding;
DROP FUNCTION initiatives_payment_file_is_judged, initiatives_bank_list_is_whole CASCADE;
DROP FUNCTION initiatives_paid_elsewhere, initiatives_hand_in_payment, initiatives_payment_undone, initiatives_referenced_payment, initiatives_payment_first,
    initiatives_payment_carried_by, initiatives_payment_reference;
"""


ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def money(name, verbose_name):
    """An amount and its currency."""
    kroner = {"default_currency": "DKK", "max_digits": 14, "decimal_places": 2}
    return [
        (f"{name}_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
        (name, ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], verbose_name=verbose_name, **kroner)),
    ]


def points_at(model, verbose_name, name="+", field=models.ForeignKey, **more):
    return field(on_delete=django.db.models.deletion.PROTECT, related_name=name, to=model, verbose_name=verbose_name, **more)


def now(verbose_name):
    return models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name=verbose_name)


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0010_accounts"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="PaymentFile",
            fields=[
                ID,
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("number", models.PositiveIntegerField(unique=True, verbose_name="nummer")),
                ("released_at", now("frigivet")),
                ("released_by", points_at(settings.AUTH_USER_MODEL, "frigivet af")),
                ("up_to", models.DateField(blank=True, null=True, verbose_name="valørdato til og med")),
                ("line_count", models.PositiveIntegerField(verbose_name="antal linjer")),
                *money("total", "sum"),
                ("sha256", models.CharField(max_length=64, verbose_name="kontrolsum")),
                ("content", models.BinaryField(verbose_name="indhold")),
            ],
            options={"verbose_name": "betalingsfil", "verbose_name_plural": "betalingsfiler", "ordering": ["-number"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="PaymentLine",
            fields=[
                ID,
                ("file", points_at("initiatives.paymentfile", "betalingsfil", "lines")),
                ("transfer", points_at("ledger.transfer", "udbetaling", "payment_line", models.OneToOneField)),
                ("reference", models.CharField(max_length=30, unique=True, verbose_name="reference")),
                *money("amount", "beløb"),
                ("details", points_at("initiatives.proposal", "betalt til")),
            ],
            options={"verbose_name": "betaling", "verbose_name_plural": "betalinger", "ordering": ["id"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                ID,
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("sha256", models.CharField(max_length=64, verbose_name="kontrolsum")),
                ("name", models.CharField(max_length=200, verbose_name="filnavn")),
                ("content", models.BinaryField(verbose_name="indhold")),
                ("first_day", models.DateField(verbose_name="fra og med")),
                ("last_day", models.DateField(verbose_name="til og med")),
                ("row_count", models.PositiveIntegerField(verbose_name="antal rækker")),
                ("taken_at", now("indlæst")),
                ("taken_by", points_at(settings.AUTH_USER_MODEL, "indlæst af")),
            ],
            options={
                "verbose_name": "betalingsliste",
                "verbose_name_plural": "betalingslister",
                "ordering": ["-id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(condition=models.Q(row_count__gt=0), fields=("sha256",), name="bank_list_is_taken_once")],
            },
        ),
        migrations.CreateModel(
            name="BankLine",
            fields=[
                ID,
                ("statement", points_at("initiatives.bankstatement", "betalingsliste", "lines")),
                ("number", models.PositiveIntegerField(verbose_name="række")),
                ("reference", models.CharField(max_length=100, verbose_name="reference")),
                *money("amount", "beløb"),
                ("day", models.DateField(verbose_name="dato")),
                ("account", models.CharField(blank=True, max_length=100, verbose_name="konto")),
                ("text", models.CharField(blank=True, max_length=300, verbose_name="tekst")),
                ("status", models.CharField(choices=[("paid", "betalt"), ("returned", "returneret")], max_length=10, verbose_name="status")),
                ("occurrence", models.PositiveIntegerField(editable=False)),
                ("repeats", points_at("initiatives.bankline", "gentager", blank=True, null=True)),
            ],
            options={
                "verbose_name": "række i en betalingsliste",
                "verbose_name_plural": "rækker i betalingslister",
                "ordering": ["id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["reference"], name="bank_line_by_reference")],
                "constraints": [models.UniqueConstraint(fields=("statement", "number"), name="bank_line_stands_once_in_its_list")],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
