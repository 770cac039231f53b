"""Frames by fiscal year: the settlement, and the year profile (0016_years.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import ledger.fields

SQL = Path(__file__).with_suffix(".sql")
REVERSE = "DROP FUNCTION initiatives_record_year_profile, initiatives_settlement, initiatives_months;"
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def kept_by(name: str, to: str, related: str) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=related, to=to, verbose_name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0015_plans"),
        ("ledger", "0004_booker_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="YearProfile",
            fields=[
                ID,
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("number", models.PositiveSmallIntegerField(verbose_name="version")),
                ("source", models.CharField(max_length=500, verbose_name="kilde")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="begrundelse")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="registreret")),
                ("frame", kept_by("ramme", "initiatives.frame", "profiles")),
                ("made_by", kept_by("registreret af", settings.AUTH_USER_MODEL, "year_profiles")),
            ],
            options={
                "verbose_name": "årsprofil",
                "verbose_name_plural": "årsprofiler",
                "ordering": ["frame", "-number"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("frame", "number"), name="year_profile_has_its_number")],
            },
        ),
        migrations.CreateModel(
            name="YearFigure",
            fields=[
                ID,
                ("year", models.PositiveSmallIntegerField(verbose_name="finansår")),
                ("amount_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("amount", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="beløb")),
                ("profile", kept_by("årsprofil", "initiatives.yearprofile", "figures")),
            ],
            options={
                "verbose_name": "årets tal",
                "verbose_name_plural": "årenes tal",
                "ordering": ["profile", "year"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("profile", "year"), name="year_profile_has_each_year_once"),
                    models.CheckConstraint(condition=Q(amount__gte=0, amount__lt=10**12), name="year_figure_is_not_negative"),
                ],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
