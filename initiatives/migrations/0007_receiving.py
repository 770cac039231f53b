"""Who receives, and where to: grantees by decision, payment details, ties (0007_receiving.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_grantee_is_as_approved, initiatives_earmark_stays, initiatives_tie_is_true, initiatives_member_is_tied,
    initiatives_payment_stands_on_its_details, initiatives_tied_hands_stay_away, initiatives_payer_does_not_grant, initiatives_local_actor_has_its_own_account, initiatives_basis_comes_with_its_payment CASCADE;
DROP FUNCTION initiatives_payment_bars, initiatives_payment_details_bars, initiatives_payment_details_is_lawful, initiatives_payment_details_stands,
    initiatives_details_in_force, initiatives_is_a_day, initiatives_grantee_takes_effect, initiatives_grantee_bars, initiatives_grantee_is_lawful,
    initiatives_grantee_stands, initiatives_grantee_approved, initiatives_tied;
DROP TRIGGER tie_is_only_added_to ON initiatives_tie;
DROP TRIGGER basis_is_only_added_to ON initiatives_paymentbasis;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0006_vouchers"),
        ("ledger", "0002_door"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="grantee",
            name="cvr",
            field=models.CharField(blank=True, default="", max_length=8, verbose_name="CVR-nummer"),
        ),
        migrations.AddConstraint(
            model_name="grantee",
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="grantee_name_is_its_own"),
        ),
        migrations.AddConstraint(
            model_name="grantee",
            constraint=models.UniqueConstraint(condition=models.Q(("cvr", ""), _negated=True), fields=("cvr",), name="grantee_cvr_is_its_own"),
        ),
        migrations.CreateModel(
            name="PaymentBasis",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "details",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="initiatives.proposal",
                        verbose_name="betalingsoplysninger",
                    ),
                ),
                (
                    "transfer",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="basis", to="ledger.transfer", verbose_name="registrering"),
                ),
            ],
            options={
                "verbose_name": "betalingsgrundlag",
                "verbose_name_plural": "betalingsgrundlag",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Tie",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("member", "kan se organisationens side"),
                            ("handler", "behandler organisationens egen bevilling"),
                            ("ended", "behandler ikke længere organisationens egen bevilling"),
                        ],
                        max_length=10,
                        verbose_name="hvorfor",
                    ),
                ),
                ("since", models.DateField(verbose_name="siden")),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="noteret")),
                (
                    "grantee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ties", to="initiatives.grantee", verbose_name="tilskudsmodtager"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="ties", to=settings.AUTH_USER_MODEL, verbose_name="person"),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="noteret af",
                    ),
                ),
            ],
            options={
                "verbose_name": "tilknytning",
                "verbose_name_plural": "tilknytninger",
                "ordering": ["id"],
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("why__in", ["member", "handler", "ended"])), name="tie_is_of_a_known_kind")],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
