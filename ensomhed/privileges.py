"""What the application may do in PostgreSQL, table by table: the whole list, applied after every migration. A table that is not in it is nobody's.

On the books it may read, and execute the functions of the door; nothing else.
"""

from typing import Any

from psycopg import Connection, Error, errors, sql

from ensomhed.roles import APPLICATION, OWNER

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
    "initiatives_grantee": READ,
    "initiatives_grantee_members": FULL,
    "initiatives_tie": APPEND,
    "initiatives_paymentbasis": READ,
    "initiatives_rebooking": APPEND,
    "initiatives_earmark": APPEND,
    "initiatives_localactor": APPEND,
    "initiatives_voucher": APPEND,
    "initiatives_claim": APPEND,
    "initiatives_claimmatch": APPEND,
    # how an earmark is to be paid: versions through one door
    "initiatives_plan": READ,
    "initiatives_instalment": READ,
    "initiatives_instalmentpayment": APPEND,
    # what is proposed and decided
    "initiatives_proposalkind": READ,
    "initiatives_proposal": APPEND,
    "initiatives_verification": APPEND,
    "initiatives_decision": APPEND,
    "initiatives_closeout": APPEND,
    # who may do what
    "initiatives_conflict": READ,
    "initiatives_rolechange": READ,
    "initiatives_accessreview": APPEND,
    # what grantees owe, and what came in
    "initiatives_deadline": READ,
    "initiatives_receipt": APPEND,
    "initiatives_receiptrejection": APPEND,
    "initiatives_reminder": READ,
    # accounts from grantees
    "initiatives_accountsreport": APPEND,
    "initiatives_accountsuse": APPEND,
    "initiatives_accountsdecision": APPEND,
    # many payments from one sheet
    "initiatives_batch": APPEND,
    "initiatives_batchrow": APPEND,
    # what left, and what came of it: written through two doors
    "initiatives_paymentfile": READ,
    "initiatives_paymentline": READ,
    "initiatives_bankstatement": READ,
    "initiatives_bankline": READ,
    "initiatives_bankfinding": READ,
    "initiatives_linefinding": READ,
    "initiatives_doubt": READ,
    # what was found when a period was closed: written through a door
    "initiatives_closing": READ,
    # what grantees are told, and what they object to
    "initiatives_notice": READ,
    "initiatives_delivery": READ,
    "initiatives_deliveryattempt": READ,
    "initiatives_formercontact": READ,
    "initiatives_case": APPEND,
    "initiatives_casemessage": APPEND,
    # a frame by fiscal year: written through one door
    "initiatives_yearprofile": READ,
    "initiatives_yearfigure": READ,
    # who did what: the histories are written by triggers alone
    "initiatives_event": APPEND,
    "initiatives_agreementhistory": READ,
    "initiatives_earmarkhistory": READ,
    "initiatives_factorhistory": READ,
    "initiatives_framehistory": READ,
    "initiatives_granteehistory": READ,
    "initiatives_grouphistory": READ,
    "initiatives_initiativehistory": READ,
    "initiatives_keyhistory": READ,
    "initiatives_localactorhistory": READ,
    "initiatives_memberhistory": READ,
    "initiatives_periodhistory": READ,
    "initiatives_permissionhistory": READ,
    "initiatives_righthistory": READ,
    "initiatives_rolehistory": READ,
    "initiatives_userhistory": READ,
    "pghistory_context": READ,  # of the library, and unused
    # people
    "ensomhed_user": EDIT,
    "ensomhed_user_groups": READ,  # a role is given by a decision, and taken away by initiatives_take_roles
    "ensomhed_user_user_permissions": READ,
    "auth_group": READ,
    "auth_group_permissions": READ,
    "auth_permission": READ,
    "ensomhed_attempt": APPEND,
    "ensomhed_apikey": FULL,
    "mfa_authenticator": FULL,
    "account_emailaddress": READ,
    "account_emailconfirmation": READ,
    # the framework's own
    "django_admin_log": APPEND,
    "django_content_type": READ,
    "django_migrations": READ,
    "django_session": FULL,
}
FUNCTIONS = (
    "initiatives_followed_by",
    "initiatives_accounts_accepted",
    "initiatives_accounts_bar",
    "initiatives_accounts_entries",
    "initiatives_access",
    "initiatives_bars",
    "initiatives_case_bars",
    "initiatives_case_hands",
    "initiatives_claim_standing",
    "initiatives_close_out_figures",
    "initiatives_close_out_missing",
    "initiatives_close_period",
    "initiatives_deadline_due",
    "initiatives_delivery_is_due",
    "initiatives_delivery_was_tried",
    "initiatives_details_in_force",
    "initiatives_granted",
    "initiatives_hand_in_payment",
    "initiatives_make_plan",
    "initiatives_may",
    "initiatives_months",
    "initiatives_take_roles",
    "initiatives_open_items",
    "initiatives_paid_elsewhere",
    "initiatives_payment_bars",
    "initiatives_payment_carried_by",
    "initiatives_payment_first",
    "initiatives_payment_reference",
    "initiatives_payment_stops",
    "initiatives_payment_undone",
    "initiatives_payments_to_release",
    "initiatives_period_ends",
    "initiatives_referenced_payment",
    "initiatives_receiving_account_in_force",
    "initiatives_record_year_profile",
    "initiatives_release_payments",
    "initiatives_remind",
    "initiatives_reminders_owed",
    "initiatives_settlement",
    "initiatives_settlements",
    "initiatives_statements_required",
    "initiatives_take_delivery",
    "initiatives_take_statement",
    "initiatives_type_of",  # the type of a voucher is computed as whoever keeps it
    "initiatives_to_document",
    "initiatives_to_plan",
    "initiatives_unclaimed",
    "ledger_book",
    "ledger_close_period",
    "ledger_decide_window",
    "ledger_hold_period",
    "ledger_month",
    "ledger_open_account",
    "ledger_open_year",
    "ledger_repayment_goes_to",
    "ledger_trial_balance",
    "ledger_unreturned",
    "ledger_words",
)


ATTEMPTS = {
    "write a transfer past the door": "INSERT INTO ledger_transfer DEFAULT VALUES",
    "change a transfer": "UPDATE ledger_transfer SET amount = amount WHERE false",
    "delete a transfer": "DELETE FROM ledger_transfer WHERE false",
    "empty the transfers": "TRUNCATE ledger_transfer CASCADE",
    "change an account": "UPDATE ledger_account SET debits_posted = debits_posted WHERE false",
    "switch triggers off on a table": "ALTER TABLE ledger_transfer DISABLE TRIGGER USER",
    "switch triggers off in a session": "SET LOCAL session_replication_role = replica",
    "remove the door": "DROP FUNCTION ledger_book",
    "act as the owner": f"SET LOCAL ROLE {OWNER}",
    "make a table": "CREATE TABLE public.intruder ()",
    "make a temporary table": "CREATE TEMPORARY TABLE intruder ()",
}


def apply(connection: Connection[Any]) -> None:
    """Gives the application exactly these rights and takes every other one. Run as the owner, in one transaction."""
    application = sql.Identifier(APPLICATION)
    with connection.transaction():
        for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            connection.execute(sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA public FROM {}, PUBLIC").format(sql.SQL(kind), application))
        tables, functions = _existing(connection)
        for table in TABLES.keys() & tables:  # the rest waits for its migration
            connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(TABLES[table]), sql.Identifier(table), application))
        for function in functions.intersection(FUNCTIONS):
            connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.Identifier(function), application))


def _existing(connection: Connection[Any]) -> tuple[set[str], set[str]]:
    """The tables and the functions of the schema. A view counts as a table."""
    tables = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')")
    functions = connection.execute("SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    return {name for (name,) in tables}, {name for (name,) in functions}


HELD = """
    SELECT c.relname, right_ FROM pg_class c CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS right_
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (has_table_privilege(%(app)s, c.oid, right_) OR right_ IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(%(app)s, c.oid, right_))
    UNION ALL
    SELECT c.relname, 'SEQUENCE' FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(%(app)s, c.oid, 'USAGE, SELECT, UPDATE') END
    UNION ALL
    SELECT p.proname, 'EXECUTE' FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege(%(app)s, p.oid, 'EXECUTE')
"""


def faults(connection: Connection[Any]) -> list[str]:
    """Where the catalogue says something else than these lists, in words; empty when they agree. Run as any role."""
    tables, functions = _existing(connection)
    if "ledger_transfer" not in tables:
        return ["The tables are not there yet; run manage.py migrate."]
    wrong = [f"{name} is in no list: add it to ensomhed/privileges.py, with what the application may do." for name in sorted(tables - TABLES.keys())]
    wrong += [f"{name} is listed and does not exist; run manage.py migrate." for name in sorted((TABLES.keys() - tables) | (set(FUNCTIONS) - functions))]
    listed = {(table, right) for table, rights in TABLES.items() for right in rights.split(", ")} | {(function, "EXECUTE") for function in FUNCTIONS}
    held = set(connection.execute(HELD, {"app": APPLICATION}).fetchall())
    wrong += [f"{APPLICATION} has {right} on {name}, and may not." for name, right in sorted(held - listed)]
    wrong += [f"{APPLICATION} lacks {right} on {name}; run manage.py migrate." for name, right in sorted(listed - held) if name in tables | functions]
    return wrong


def breaches(connection: Connection[Any]) -> list[str]:
    """What the application could do and must not, by trying it; nothing of it stays. Run as the application."""
    wrong = []
    for deed, statement in ATTEMPTS.items():
        try:
            with connection.transaction(force_rollback=True):
                connection.execute("SET LOCAL lock_timeout = '5s'")
                connection.execute(statement)
        except errors.InsufficientPrivilege:
            continue
        except Error as trouble:
            wrong.append(f"{connection.info.user} was stopped by something else than its rights when it tried to {deed} ({trouble.sqlstate}).")
        else:
            wrong.append(f"{connection.info.user} can {deed}.")
    return wrong
