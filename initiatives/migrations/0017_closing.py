"""A period is closed with its checklist; a held one takes nothing new (0017_closing.sql). The log of periods keeps who held them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql")
RIGHTS = Path(__file__).with_name("0005_rights.sql").read_text(encoding="utf-8").partition("CREATE TRIGGER")[0]
REVERSE = """
DROP FUNCTION initiatives_period_is_held, initiatives_holder_holds_the_right, initiatives_closing_has_its_checklist, initiatives_list_waits_for_closing CASCADE;
DROP FUNCTION initiatives_close_period(text, bigint, text, jsonb), initiatives_closing_checklist(text), initiatives_open_items(text), initiatives_period_ends(text),
    initiatives_settlements(int);
""" + RIGHTS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
TRIGGERS = (("insert", "pgtrigger_insert_insert_8bd75"), ("update", "pgtrigger_update_update_4117b"), ("delete", "pgtrigger_delete_delete_5ce1d"))


def triggers() -> Iterator[pgtrigger.migrations.AddTrigger]:
    """The log's own triggers on periods, now with what a holding writes (0014_history has the others)."""
    columns = ("closed", "closed_at", "closed_by_id", "code", "held", "held_at", "held_by_id")
    for label, pgid in TRIGGERS:
        row = "OLD" if label == "delete" else "NEW"
        told = {column: f'{row}."{column}"' for column in columns} | {
            "pgh_context": "COALESCE(NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), ''), NULL)::JSONB",
            "pgh_created_at": "CLOCK_TIMESTAMP()",
            "pgh_label": f"'{label}'",
            "pgh_obj_id": f'{row}."code"',
        }
        names, said = ", ".join(f'"{column}"' for column in told), ", ".join(told.values())
        func = f'INSERT INTO "initiatives_periodhistory" ({names}) VALUES ({said}); RETURN NULL;'  # noqa: S608 — written here
        more: dict[str, Any] = {"condition": "WHEN (OLD.* IS DISTINCT FROM NEW.*)"} if label == "update" else {}
        sql = pgtrigger.compiler.UpsertTriggerSql(func=func, operation=label.upper(), pgid=pgid, table="ledger_period", when="AFTER", **more)
        yield pgtrigger.migrations.AddTrigger(model_name="followedperiod", trigger=pgtrigger.compiler.Trigger(name=f"{label}_{label}", sql=sql))


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0016_years"), ("ledger", "0005_held"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="Closing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="lukket den")),
                ("reason", models.CharField(blank=True, max_length=2000, verbose_name="begrundelse for det, der stod åbent")),
                ("checklist", models.JSONField(verbose_name="kontrolpunkter")),
                ("settlement", models.JSONField(verbose_name="bevillingsafregning")),
                (
                    "made_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="lukket af"),
                ),
                (
                    "period",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="closings", to="ledger.period", verbose_name="periode"),
                ),
            ],
            options={"verbose_name": "lukning", "verbose_name_plural": "lukninger", "ordering": ["-id"], "default_permissions": ()},
        ),
        *(pgtrigger.migrations.RemoveTrigger(model_name="followedperiod", name=f"{label}_{label}") for label, _ in TRIGGERS),
        migrations.AddField("periodhistory", "held", models.BooleanField("tilbageholdt", db_default=False)),
        migrations.AddField("periodhistory", "held_at", models.DateTimeField("sidst tilbageholdt eller ophævet den", null=True, blank=True)),
        migrations.AddField(
            "periodhistory",
            "held_by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                django.db.models.deletion.DO_NOTHING,
                null=True,
                blank=True,
                db_constraint=False,
                db_index=False,
                related_name="+",
                related_query_name="+",
                verbose_name="sidst tilbageholdt eller ophævet af",
            ),
        ),
        *triggers(),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
