"""The one door to the books, and the triggers behind it (0002_door.sql)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP TRIGGER transfer_comes_through_the_door ON ledger_transfer;
DROP FUNCTION ledger_stays() CASCADE;
DROP INDEX transfer_put_back;
DROP FUNCTION ledger_close_period, ledger_open_year, ledger_decide_window, ledger_open_account, ledger_book, ledger_move_day, ledger_paid_on, ledger_repayment_goes_to, ledger_unreturned;
DO $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT conrelid::regclass AS books, conname AS rule FROM pg_constraint
             WHERE contype = 'c' AND conrelid IN ('ledger_account'::regclass, 'ledger_day'::regclass, 'ledger_transfer'::regclass) LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', v.books, v.rule);
    END LOOP;
END $$;
DROP FUNCTION ledger_transfer_is_lawful, ledger_digest, ledger_moment, ledger_month, ledger_refuse;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE)]
