"""A grant is closed out (0019_closeout.sql)."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_tell_of_close_out, initiatives_closed_out_books, initiatives_closed_out_papers, initiatives_write_close_out, initiatives_close_out_has_its_letter CASCADE;
DROP FUNCTION initiatives_close_out_figures, initiatives_stays_open, initiatives_close_out_takes_effect, initiatives_close_out_lock, initiatives_close_out_bars,
    initiatives_close_out_is_lawful, initiatives_close_out_stands, initiatives_nothing_is_missing, initiatives_close_out_missing, initiatives_years_with_money,
    initiatives_accounts_of, initiatives_closed_out;
"""


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0018_bulk")]
    operations = [
        migrations.CreateModel(
            name="CloseOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("figures", models.JSONField(default=dict, verbose_name="opgørelse")),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="close_out", to="initiatives.decision", verbose_name="afgørelse"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="close_outs", to="initiatives.voucher", verbose_name="afslutningsbrev"
                    ),
                ),
            ],
            options={"verbose_name": "afslutning", "verbose_name_plural": "afslutninger", "ordering": ["-id"], "default_permissions": ()},
        ),
        migrations.AlterField(
            model_name="notice",
            name="what",
            field=models.CharField(
                choices=[
                    ("paid", "udbetaling"),
                    ("repaid", "tilbagebetaling modtaget"),
                    ("undone", "bevægelse ført tilbage"),
                    ("details", "nye betalingsoplysninger"),
                    ("claim", "krav om tilbagebetaling"),
                    ("reminder", "påmindelse"),
                    ("people", "ændrede kontaktpersoner"),
                    ("answer", "svar på en indsigelse"),
                    ("close_out", "tilskud afsluttet eller åbnet igen"),
                ],
                max_length=20,
                verbose_name="hvad",
            ),
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
