"""Vouchers hold their own digest, and the books take no entry whose voucher is not kept (0002_guards.sql)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_voucher_stays() CASCADE;
DROP FUNCTION initiatives_voucher_is_kept() CASCADE;
ALTER TABLE initiatives_voucher DROP CONSTRAINT voucher_digest_is_its_contents, DROP CONSTRAINT voucher_size_is_its_contents;
"""


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0001_initial"), ("ledger", "0002_door")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE)]
