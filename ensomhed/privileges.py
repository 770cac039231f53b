"""What the application may do in PostgreSQL, table by table: the whole list, applied after every migration. A table that is not in it is nobody's.

On the books it may read, and execute the functions of the door; nothing else.
"""

from typing import Any

from psycopg import Connection, sql

from ensomhed.roles import APPLICATION

READ = "SELECT"
APPEND = "SELECT, INSERT"
EDIT = "SELECT, INSERT, UPDATE"
FULL = "SELECT, INSERT, UPDATE, DELETE"

TABLES = {
    # the books
    "ledger_account": READ,
    "ledger_transfer": READ,
    "ledger_day": READ,
    "ledger_period": READ,
    "ledger_window": READ,
    "ledger_refusal": APPEND,
    # what was decided
    "initiatives_agreement": APPEND,
    "initiatives_frame": APPEND,
    "initiatives_initiative": APPEND,
    "initiatives_grantee": APPEND,
    "initiatives_grantee_members": FULL,
    "initiatives_earmark": APPEND,
    "initiatives_localactor": APPEND,
    "initiatives_voucher": APPEND,
    # people
    "ensomhed_user": EDIT,
    "ensomhed_user_groups": FULL,
    "ensomhed_user_user_permissions": READ,
    "auth_group": READ,
    "auth_group_permissions": READ,
    "auth_permission": READ,
    "authtoken_token": FULL,
    # the framework's own
    "django_admin_log": APPEND,
    "django_content_type": READ,
    "django_migrations": READ,
    "django_session": FULL,
}
FUNCTIONS = (
    "ledger_book",
    "ledger_close_period",
    "ledger_decide_window",
    "ledger_month",
    "ledger_open_account",
    "ledger_open_year",
    "ledger_repayment_goes_to",
    "ledger_unreturned",
)


def apply(connection: Connection[Any]) -> None:
    """Gives the application exactly these rights and takes every other one. Run as the owner, in one transaction."""
    application = sql.Identifier(APPLICATION)
    with connection.transaction():
        connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {0}, PUBLIC").format(application))
        connection.execute(sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {0}, PUBLIC").format(application))
        connection.execute(sql.SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM {0}, PUBLIC").format(application))
        existing = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        for table, rights in TABLES.items():
            if table not in existing:
                continue  # its migration has not run yet
            connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), sql.Identifier(table), application))
            if "INSERT" in rights:
                row = connection.execute(
                    "SELECT pg_get_serial_sequence(%s, 'id') WHERE EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = %s AND column_name = 'id')",
                    [table, table],
                ).fetchone()
                if row and row[0]:
                    connection.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.SQL(row[0]), application))
        for function in FUNCTIONS:
            if connection.execute("SELECT 1 FROM pg_proc WHERE proname = %s AND pronamespace = 'public'::regnamespace", [function]).fetchone():
                connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.Identifier(function), application))
