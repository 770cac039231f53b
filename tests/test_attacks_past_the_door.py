"""Attacks that go around the door with SQL: as the application, which may only read, and as the owner, who meets triggers and constraints."""

import psycopg
import pytest

LEDGER = ["ledger_account", "ledger_transfer", "ledger_day", "ledger_period", "ledger_window"]
COLUMNS = """key, kind, step, pending_id, reverses_id, replaces_id, cause, debit_account_id, credit_account_id, amount, amount_currency, value_date, period,
    booked_at, booked_by_id, text, case_number, voucher_sha256, debit_entry_no, credit_entry_no, debit_balance, credit_balance, digest"""
A_COPY = f"INSERT INTO ledger_transfer ({COLUMNS}) SELECT {COLUMNS.replace('key,', 'gen_random_uuid(),', 1)} FROM ledger_transfer"
A_MERGE = """MERGE INTO ledger_account USING (SELECT 1) AS one ON code = 'earmark:lift-mary-fonden' WHEN MATCHED THEN UPDATE SET credits_posted = 1e9"""

# Each way of writing past the door, and the trigger that an owner meets there. The application has no right to any of them.
PAST = [
    (A_COPY, "transfer_comes_through_the_door"),
    (f"{A_COPY} LIMIT 1", "transfer_comes_through_the_door"),
    (f"{A_COPY} ON CONFLICT DO NOTHING", "transfer_comes_through_the_door"),
    (f"{A_COPY} ON CONFLICT (key) DO UPDATE SET amount = 1", "transfer_comes_through_the_door"),
    ("INSERT INTO ledger_transfer SELECT * FROM ledger_transfer ON CONFLICT (id) DO UPDATE SET amount = 1", "transfer_comes_through_the_door"),
    ("UPDATE ledger_transfer SET amount = amount + 1", "transfer_is_never_changed"),
    ("UPDATE ledger_transfer SET text = text WHERE id = (SELECT min(id) FROM ledger_transfer)", "transfer_is_never_changed"),
    ("DELETE FROM ledger_transfer", "transfer_is_never_changed"),
    ("TRUNCATE ledger_transfer CASCADE", "transfer_is_never_truncated"),
    ("UPDATE ledger_account SET credits_posted = credits_posted + 1000", "account_moves_through_the_door"),
    ("UPDATE ledger_account SET debits_pending = 0", "account_moves_through_the_door"),
    ("UPDATE ledger_account SET capped = false WHERE kind = 'earmark'", "account_moves_through_the_door"),
    ("UPDATE ledger_account SET parent_id = id", "account_moves_through_the_door"),
    ("UPDATE ledger_account SET passes_on = false, holder = 'me'", "account_moves_through_the_door"),
    (A_MERGE, "account_moves_through_the_door"),
    ("INSERT INTO ledger_account SELECT * FROM ledger_account ON CONFLICT DO NOTHING", "account_moves_through_the_door"),
    ("DELETE FROM ledger_account", "account_is_never_deleted"),
    ("TRUNCATE ledger_account CASCADE", "account_is_never_truncated"),
    ("UPDATE ledger_day SET carried = 1e9", "day_moves_through_the_door"),
    (
        "INSERT INTO ledger_day (account_id, day, carried, credits, debits, reserved) SELECT id, '2023-05-05', 0, 9, 0, 0 FROM ledger_account",
        "day_moves_through_the_door",
    ),
    ("DELETE FROM ledger_day", "day_is_never_deleted"),
    ("TRUNCATE ledger_day", "day_is_never_truncated"),
    ("UPDATE ledger_window SET closes = '2099-12-31'", "window_is_never_changed"),
    ("INSERT INTO ledger_window SELECT * FROM ledger_window", "window_comes_through_the_door"),
    ("DELETE FROM ledger_window", "window_is_never_changed"),
    ("TRUNCATE ledger_window CASCADE", "window_is_never_truncated"),
    ("UPDATE ledger_period SET closed = false", "period_moves_through_the_door"),
    ("INSERT INTO ledger_period (code, closed) VALUES ('2099-01', false)", "period_moves_through_the_door"),
    ("DELETE FROM ledger_period", "period_is_never_deleted"),
    ("TRUNCATE ledger_period CASCADE", "period_is_never_truncated"),
]


@pytest.mark.parametrize(("statement", "trigger"), PAST, ids=[f"{trigger}-{number}" for number, (_, trigger) in enumerate(PAST)])
def test_nobody_writes_past_the_door(application, owner, statement, trigger):
    with application.refused("42501"):
        application.run(statement)
    application.connection.rollback()
    with owner.refused(trigger):
        owner.run(statement)


@pytest.mark.parametrize("table", LEDGER)
def test_copy_does_not_go_past_the_door(application, owner, table):
    rows = owner.connection.execute(f"SELECT * FROM {table} LIMIT 3").fetchall()
    for intruder, rule in (
        (application, "42501"),
        (owner, {"transfer": "transfer_comes", "window": "window_comes"}.get(table[7:], f"{table[7:]}_moves") + "_through_the_door"),
    ):
        with intruder.refused(rule), intruder.connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def test_the_record_of_refusals_is_only_added_to(application, owner):
    application.run("INSERT INTO ledger_refusal (asked_by_id, rule, message, request) VALUES (%s, 'r', 'm', '{}')", application.sofie)
    for change in ("UPDATE ledger_refusal SET rule = ''", "DELETE FROM ledger_refusal"):
        with application.refused("42501"):
            application.run(change)
        owner.run("INSERT INTO ledger_refusal (asked_by_id, rule, message, request) VALUES (%s, 'r', 'm', '{}')", owner.sofie)
        with owner.refused("refusal_is_never_changed"):
            owner.run(change)
    for intruder in (application, owner):
        intruder.connection.rollback()
    with owner.refused("refusal_is_never_truncated"):
        owner.run("TRUNCATE ledger_refusal")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_limit_debits_never_exceed_credits",
        "DROP TRIGGER transfer_is_never_changed ON ledger_transfer",
        "SET session_replication_role = replica",
        "SET ROLE ensomhed_owner",
        "SET SESSION AUTHORIZATION ensomhed_owner",
        "CREATE TABLE public.ledger_shadow (id int)",
        "CREATE TEMP TABLE ledger_account (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.ledger_refuse(text, text) RETURNS void LANGUAGE sql AS 'SELECT'",
        "CREATE OR REPLACE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
        "SELECT ledger_move_day(1, '2023-01-01', 1000, 0, 0)",
        "SELECT ledger_paid_on(1)",
        "SELECT ledger_refuse('rule', 'words')",
        "SELECT ledger_digest('[]')",
        "SELECT ledger_stays()",
        "SELECT nextval('ledger_transfer_id_seq')",
        "SELECT setval('ledger_transfer_id_seq', 1)",
        "SELECT * FROM ledger_account FOR UPDATE",
        "LOCK TABLE ledger_account IN EXCLUSIVE MODE",
        "ALTER FUNCTION ledger_open_year(int) SECURITY INVOKER",
        "COPY ledger_transfer TO PROGRAM 'cat'",
        "UPDATE initiatives_earmark SET amount = 1e9",
        "UPDATE initiatives_frame SET amount = 1e9",
    ],
)
def test_the_application_has_no_tool_against_the_books(application, statement):
    before = application.state()
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UniqueViolation)), application.connection.transaction():
        application.run(statement)
    assert application.state() == before


def test_the_word_that_opens_the_door_opens_nothing_to_the_application(application):
    application.run("SELECT set_config('ledger.door', 'open', true)")
    for statement, _ in PAST:
        with application.refused("42501"):
            application.run(statement)


def test_names_of_ones_own_do_not_shadow_what_the_door_calls(application):
    application.run("SET search_path = pg_temp, mine, public")
    assert application.disburse()["step"] == "pending"
    with application.refused("account_limit_debits_never_exceed_credits"):
        application.disburse(p_amount="3799000.01")


def test_many_bookings_in_one_statement_meet_the_limit_one_by_one(application):
    """The trap of a trigger on INSERT: rows of one statement that do not see each other."""
    many = """SELECT ledger_book(gen_random_uuid(), 'pending', %s, 'disbursement', 'earmark:lift-mary-fonden', 'grantee:lift-mary-fonden', 1000000,
              '2023-03-01', p_voucher_sha256 => %s) FROM generate_series(1, %s)"""
    with application.refused("account_limit_debits_never_exceed_credits"):
        application.run(many, application.sofie, application.voucher, 4)
    application.run(many, application.sofie, application.voucher, 3)
    assert application.one("SELECT debits_pending FROM ledger_account WHERE code = 'earmark:lift-mary-fonden'") == 3_000_000


def test_a_refusal_that_is_swallowed_leaves_nothing_behind(application):
    before = application.state()
    application.run(
        """DO $$ BEGIN PERFORM ledger_book(gen_random_uuid(), 'pending', 1, 'disbursement', 'earmark:lift-mary-fonden', 'grantee:lift-mary-fonden', 9e9, '2023-03-01');
           EXCEPTION WHEN OTHERS THEN NULL; END $$"""
    )
    assert application.state() == before


# Behind the triggers: what an owner meets who has opened the door by hand. One row of each table, sound but for one lie.

TRANSFER = {
    "kind": "'release'", "step": "'pending'", "pending_id": "NULL", "reverses_id": "NULL", "replaces_id": "NULL", "cause": "''",
    "debit_account_id": "(SELECT id FROM ledger_account WHERE code = 'earmark:lift-mary-fonden')",
    "credit_account_id": "(SELECT id FROM ledger_account WHERE code = 'frame:ensomhed-2023-2025')",
    "amount": "1", "amount_currency": "'DKK'", "value_date": "'2023-03-01'", "period": "'2023-03'", "booked_at": "now()", "booked_by_id": "(SELECT id FROM public.ensomhed_user WHERE username = 'mette')", "text": "''",
    "case_number": "''", "voucher_sha256": "repeat('0', 64)", "debit_entry_no": "1000", "credit_entry_no": "1000", "debit_balance": "0", "credit_balance": "0",
    "digest": "repeat('0', 64)", "key": "gen_random_uuid()",
}  # fmt: skip
ACCOUNT = {
    "code": "'x'", "name": "'x'", "kind": "'earmark'", "parent_id": "(SELECT id FROM ledger_account WHERE kind = 'treasury')", "holder": "''", "passes_on": "false",
    "currency": "'DKK'", "capped": "true", "debits_posted": "0", "credits_posted": "0", "debits_pending": "0", "entry_count": "0", "head": "''",
}  # fmt: skip
DAY = {
    "account_id": "(SELECT id FROM ledger_account WHERE code = 'used:lift-mary-fonden')",
    "day": "'2023-05-05'", "carried": "0", "credits": "0", "debits": "0", "reserved": "0",
}  # fmt: skip
WINDOW = {
    "key": "gen_random_uuid()", "step": "'pending'", "pending_id": "NULL", "frame_id": "(SELECT min(id) FROM ledger_account WHERE kind = 'frame')",
    "opens": "'2023-01-01'", "closes": "'2023-12-31'", "booked_at": "now()", "booked_by_id": "(SELECT id FROM public.ensomhed_user WHERE username = 'mette')", "text": "''", "voucher_sha256": "repeat('0', 64)", "digest": "''",
}  # fmt: skip
PERIOD = {"code": "'2099-01'", "closed": "false", "closed_at": "NULL", "closed_by_id": "NULL"}
A_POST = {"step": "'post'", "pending_id": "(SELECT min(pending_id) FROM ledger_transfer)"}
A_REVERSAL = {"kind": "'reversal'", "cause": "'error'", "step": "'post'", "pending_id": "-1"}
SOUND = {"ledger_transfer": TRANSFER, "ledger_account": ACCOUNT, "ledger_day": DAY, "ledger_window": WINDOW, "ledger_period": PERIOD}
LIES = [
    ("ledger_transfer", "transfer_amount_is_positive_and_whole_oere", {"amount": "'NaN'"}),
    ("ledger_transfer", "transfer_amount_is_positive_and_whole_oere", {"amount": "0"}),
    ("ledger_transfer", "transfer_amount_is_positive_and_whole_oere", {"amount": "-1"}),
    ("ledger_transfer", "transfer_amount_is_positive_and_whole_oere", {"amount": "0.005"}),
    ("ledger_transfer", "transfer_amount_is_positive_and_whole_oere", {"amount": "1e12"}),
    ("ledger_transfer", "transfer_amount_is_positive_and_whole_oere", {"amount": "'Infinity'"}),
    ("ledger_transfer", "transfer_kind_is_known", {"kind": "'gift'"}),
    ("ledger_transfer", "transfer_step_is_known", {"step": "'done'"}),
    ("ledger_transfer", "transfer_has_two_accounts", {"credit_account_id": TRANSFER["debit_account_id"]}),
    ("ledger_transfer", "transfer_is_in_danish_kroner", {"amount_currency": "'EUR'"}),
    ("ledger_transfer", "transfer_step_fits_kind", {"step": "'single'"}),
    ("ledger_transfer", "transfer_settling_names_its_pending", {"step": "'post'"}),
    ("ledger_transfer", "transfer_reversal_names_what_it_reverses", {"reverses_id": "1"}),
    ("ledger_transfer", "transfer_only_a_disbursement_replaces", {"replaces_id": "1"}),
    ("ledger_transfer", "transfer_cause_fits_kind", {"cause": "'error'"}),
    ("ledger_transfer", "transfer_cause_fits_kind", {"kind": "'write_off'"}),
    ("ledger_transfer", "transfer_write_off_is_small_or_a_bankruptcy", {"kind": "'write_off'", "cause": "'waived'", "amount": "500"}),
    ("ledger_transfer", "transfer_has_the_voucher_it_needs", {"kind": "'write_off'", "cause": "'bankruptcy'", "voucher_sha256": "''"}),
    ("ledger_transfer", "transfer_has_the_voucher_it_needs", {"kind": "'earmarking'", "voucher_sha256": "''"}),
    ("ledger_transfer", "transfer_has_the_voucher_it_needs", {"voucher_sha256": "'abc'"}),
    ("ledger_transfer", "transfer_entry_numbers_start_at_one", {"debit_entry_no": "0"}),
    ("ledger_transfer", "transfer_digest_is_sha256", {"digest": "'x'"}),
    ("ledger_transfer", "transfer_period_follows_the_value_date", {"period": "'2023-04'"}),
    ("ledger_transfer", "transfer_period_follows_the_value_date", {"period": "'2023-13.1'"}),
    ("ledger_transfer", "transfer_period_follows_the_value_date", {"value_date": "'infinity'"}),
    ("ledger_transfer", "transfer_period_follows_the_value_date", {"value_date": "'20230-03-01'"}),
    ("ledger_transfer", "transfer_debit_entry_is_unique", {"debit_account_id": "(SELECT min(id) FROM ledger_account)", "debit_entry_no": "1"}),
    ("ledger_transfer", "transfer_credit_entry_is_unique", {"credit_entry_no": "1"}),
    ("ledger_transfer", "ledger_transfer_pending_id_key", A_POST),
    ("ledger_transfer", "ledger_transfer_key_key", {"key": "(SELECT key FROM ledger_transfer LIMIT 1)"}),
    ("ledger_account", "account_limit_debits_never_exceed_credits", {"debits_posted": "1"}),
    ("ledger_account", "account_limit_debits_never_exceed_credits", {"credits_posted": "5", "debits_posted": "3", "debits_pending": "2.01"}),
    ("ledger_account", "account_reserved_is_not_negative", {"debits_pending": "-1"}),
    ("ledger_account", "account_totals_are_not_negative", {"entry_count": "-1"}),
    ("ledger_account", "account_only_the_treasury_is_uncapped", {"capped": "false"}),
    ("ledger_account", "account_only_the_treasury_is_uncapped", {"parent_id": "NULL"}),
    ("ledger_account", "account_kind_is_known", {"kind": "'pot'"}),
    ("ledger_account", "account_keeps_danish_kroner", {"currency": "'EUR'"}),
    ("ledger_account", "account_holder_is_known", {"kind": "'grantee'"}),
    ("ledger_account", "ledger_account_code_key", {"code": "'earmark:lift-mary-fonden'"}),
    ("ledger_day", "day_limit_debits_never_exceed_credits", {"debits": "0.01"}),
    ("ledger_day", "day_limit_debits_never_exceed_credits", {"carried": "5", "debits": "3", "reserved": "2.01"}),
    ("ledger_day", "day_parts_are_not_negative", {"reserved": "-1"}),
    ("ledger_day", "day_is_one_row_per_account", {"account_id": TRANSFER["debit_account_id"], "day": "'2023-01-01'"}),
    ("ledger_window", "window_ends_after_it_begins", {"closes": "'2022-12-31'"}),
    ("ledger_window", "window_settling_names_its_pending", {"step": "'post'"}),
    ("ledger_window", "window_has_a_voucher", {"voucher_sha256": "''"}),
    ("ledger_window", "ledger_window_key_key", {"key": "(SELECT key FROM ledger_window LIMIT 1)"}),
    ("ledger_window", "ledger_window_pending_id_key", A_POST | {"pending_id": "(SELECT min(pending_id) FROM ledger_window)"}),
    ("ledger_period", "period_code_is_a_month_or_year_end", {"code": "'2099-14'"}),
    ("ledger_period", "period_closing_is_signed", {"closed": "true"}),
    ("ledger_period", "period_holding_is_signed", {"held": "true"}),
    ("ledger_period", "ledger_period_pkey", {"code": "'2023-01'"}),
]  # fmt: skip


def insert(table, **lie):
    row = SOUND[table] | lie
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


@pytest.mark.parametrize(("table", "constraint", "lie"), LIES, ids=[f"{constraint}-{number}" for number, (_, constraint, _) in enumerate(LIES)])
def test_a_constraint_stands_behind_the_triggers(owner, table, constraint, lie):
    """Those of a transfer's row are asked by its one CHECK, transfer_is_lawful, and refused by their own names."""
    owner.run("SELECT set_config('ledger.door', 'open', true)")
    with owner.connection.transaction(force_rollback=True):
        owner.run("SET CONSTRAINTS ALL DEFERRED")
        owner.run(insert(table))  # sound but for the lie: the refusal cannot come from anything else
    with owner.refused(constraint):
        owner.run(insert(table, **lie))


@pytest.mark.parametrize(
    ("step", "column", "constraint"),
    [("disbursement", "replaces_id", "transfer_is_replaced_at_most_once"), ("reversal", "reverses_id", "transfer_is_reversed_at_most_once")],
)
def test_the_same_transfer_is_undone_and_replaced_at_most_once_also_behind_the_triggers(owner, step, column, constraint):
    owner.run("ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
    owner.run("SELECT set_config('ledger.door', 'open', true)")
    owner.run("SET CONSTRAINTS ALL DEFERRED")
    more = {"kind": f"'{step}'", "step": "'post'", column: "1", "voucher_sha256": "repeat('0', 64)", "cause": "'error'" if step == "reversal" else "''"}
    owner.run(insert("ledger_transfer", **more, pending_id="-1"))
    with owner.refused(constraint):
        owner.run(insert("ledger_transfer", **more, pending_id="-2", debit_entry_no="1001", credit_entry_no="1001"))


def test_a_row_is_held_to_its_checks_without_a_search_path_too_as_when_a_backup_is_restored(owner):
    owner.run("SELECT set_config('ledger.door', 'open', true)")
    owner.run("SET CONSTRAINTS ALL DEFERRED")
    statement = insert("ledger_transfer").replace("ledger_", "public.ledger_")
    owner.run("SET search_path = ''")
    owner.run(statement)
    with pytest.raises(psycopg.errors.CheckViolation, match="transfer_period_follows_the_value_date"), owner.connection.transaction():
        owner.run(insert("ledger_transfer", period="'2023-04'", debit_entry_no="1001", credit_entry_no="1001").replace("ledger_", "public.ledger_"))
