"""Expected repayments and what answers them (0009_claims.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import djmoney.models.fields
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

import ledger.fields

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_write_off_answers_a_claim, initiatives_waived_when_approved, initiatives_waived_when_matched, initiatives_match_claim, initiatives_raise_claim CASCADE;
DROP FUNCTION initiatives_receiving_account_bars, initiatives_receiving_account_is_lawful, initiatives_handles_repayments, initiatives_receiving_account_stands,
    initiatives_receiving_account_in_force, initiatives_claim_withdrawal_bars, initiatives_claim_withdrawal_is_lawful, initiatives_claim_withdrawal_stands,
    initiatives_waived_stays_small, initiatives_alone_with_claims_of, initiatives_claimed, initiatives_claim_standing, initiatives_names_an_account;
ALTER TABLE initiatives_proposalkind DISABLE TRIGGER proposalkind_is_only_added_to;
DELETE FROM initiatives_proposalkind WHERE code = 'claim_withdrawal';
ALTER TABLE initiatives_proposalkind ENABLE TRIGGER proposalkind_is_only_added_to;
"""
PERSON = {"on_delete": django.db.models.deletion.PROTECT, "to": settings.AUTH_USER_MODEL}
CAUSES = [
    ("error", "fejl"),
    ("changed_conditions", "ændrede forudsætninger"),
    ("unspent", "uforbrugte midler"),
    ("disallowed", "ikke godkendt forbrug"),
    ("other", "anden årsag"),
]


def kept_by(name: str, to: str, related: str, *, optional: bool = False) -> models.ForeignKey:
    return models.ForeignKey(blank=optional, null=optional, on_delete=django.db.models.deletion.PROTECT, related_name=related, to=to, verbose_name=name)


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0008_deadlines"),
        ("ledger", "0002_door"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("amount_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("amount", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="beløb")),
                ("cause", models.CharField(choices=CAUSES, max_length=20, verbose_name="årsag")),
                ("raised_on", models.DateField(verbose_name="rejst")),
                ("due", models.DateField(verbose_name="forfalder")),
                ("reason", models.CharField(max_length=500, verbose_name="begrundelse")),
                ("raised_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="registreret")),
                ("earmark", kept_by("øremærkning", "initiatives.earmark", "claims")),
                ("actor", kept_by("lokal aktør", "initiatives.localactor", "claims", optional=True)),
                ("voucher", kept_by("bilag", "initiatives.voucher", "claims", optional=True)),
                ("raised_by", models.ForeignKey(related_name="claims", verbose_name="rejst af", **PERSON)),
            ],
            options={
                "verbose_name": "krav",
                "verbose_name_plural": "krav",
                "ordering": ["-id"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(name="claim_amount_is_positive", condition=Q(amount__gt=0, amount__lt=10**12)),
                    models.CheckConstraint(name="claim_has_a_cause_of_repayments", condition=Q(cause__in=[code for code, _ in CAUSES])),
                    models.CheckConstraint(name="claim_is_due_on_or_after_its_day", condition=Q(due__gte=F("raised_on"))),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("amount", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="beløb")),
                ("matched_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="knyttet")),
                ("claim", kept_by("krav", "initiatives.claim", "matches")),
                ("transfer", kept_by("postering", "ledger.transfer", "claim_matches")),
                ("matched_by", models.ForeignKey(related_name="+", verbose_name="knyttet af", **PERSON)),
            ],
            options={
                "verbose_name": "betaling af krav",
                "verbose_name_plural": "betalinger af krav",
                "ordering": ["id"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(name="claim_match_amount_is_positive", condition=Q(amount__gt=0, amount__lt=10**12)),
                    models.UniqueConstraint(name="claim_match_is_made_once", fields=["claim", "transfer"]),
                ],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
