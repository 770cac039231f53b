"""Many payments from one sheet (0018_bulk.sql)."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP TRIGGER batch_is_lawful ON initiatives_batch;
DROP TRIGGER batch_has_rows ON initiatives_batch;
DROP TRIGGER batch_row_is_its_own ON initiatives_batchrow;
DROP FUNCTION initiatives_batch_is_lawful, initiatives_batch_has_rows, initiatives_batch_row_is_its_own;
"""

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def points_at(model, verbose_name, name="+", field=models.ForeignKey):
    return field(on_delete=django.db.models.deletion.PROTECT, related_name=name, to=model, verbose_name=verbose_name)


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0017_closing"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ID,
                ("key", models.UUIDField(unique=True, verbose_name="nøgle")),
                ("name", models.CharField(max_length=200, verbose_name="filnavn")),
                ("content", models.BinaryField(verbose_name="ark")),
                ("sha256", models.CharField(max_length=64, verbose_name="kontrolsum")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="registreret")),
                ("made_by", points_at(settings.AUTH_USER_MODEL, "registreret af")),
            ],
            options={"verbose_name": "flerudbetaling", "verbose_name_plural": "flerudbetalinger", "ordering": ["-id"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="BatchRow",
            fields=[
                ID,
                ("batch", points_at("initiatives.batch", "flerudbetaling", "rows")),
                ("row", models.PositiveIntegerField(verbose_name="række")),
                ("transfer", points_at("ledger.transfer", "registrering", "batch_row", models.OneToOneField)),
            ],
            options={
                "verbose_name": "række i en flerudbetaling",
                "verbose_name_plural": "rækker i flerudbetalinger",
                "ordering": ["id"],
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(name="batch_row_is_registered_once", fields=["batch", "row"])],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
