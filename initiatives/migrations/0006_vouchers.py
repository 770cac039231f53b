"""Vouchers know their type by their content (0006_vouchers.sql), and are of a listed type; nothing is approved without one. What was kept before stays as it is."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import F, Func

SQL = Path(__file__).with_suffix(".sql")
REVERSE = "DROP FUNCTION initiatives_nothing_is_approved_without_its_document CASCADE; DROP FUNCTION initiatives_type_of(bytea)"
LISTED = "ALTER TABLE initiatives_voucher ADD CONSTRAINT voucher_is_of_a_listed_type CHECK (content_type <> '') NOT VALID"
UNLISTED = "ALTER TABLE initiatives_voucher DROP CONSTRAINT voucher_is_of_a_listed_type"


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0005_rights")]
    operations = [
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
        migrations.AddField(
            "voucher",
            "content_type",
            models.GeneratedField(
                expression=Func(F("content"), function="initiatives_type_of"),
                output_field=models.CharField(max_length=100),
                db_persist=True,
                verbose_name="type",
            ),
        ),
        migrations.RunSQL(LISTED, UNLISTED),
    ]
