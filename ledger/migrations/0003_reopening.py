"""Closed periods can be opened again by a decision of two persons (0003_reopening.sql)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_door")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), "DROP FUNCTION ledger_reopen_periods")]
