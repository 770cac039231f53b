"""Attacks on dates, on repaid money, on the text of a digest, and from sessions that see or write differently."""

import uuid
from datetime import date

import psycopg
import pytest
from django.db import transaction
from psycopg.rows import dict_row

from initiatives import decisions
from ledger import canonical
from ledger.audit import Audit
from ledger.models import Transfer
from ledger.refusals import PeriodRefused
from tests.books import Books
from tests.intruder import CLOSE, Intruder

# The limit holds on every value date


def test_a_back_dated_payment_meets_what_was_left_on_its_day_and_on_every_later_one(books):
    books.play("""
        2023-03-01  earmark -> grantee       1000000.00
        2023-09-01  earmark -> grantee       2800000.00
        2023-10-01  grantee -> earmark        500000.00  because error
        2023-06-01  earmark -> grantee             0.01  ! day_limit_debits_never_exceed_credits
        2023-01-01  earmark -> grantee             0.01  ! day_limit_debits_never_exceed_credits
        2023-09-30  earmark -> grantee             0.01  pending ! day_limit_debits_never_exceed_credits
        2023-10-01  earmark -> grantee        500000.00  pending as later
        2023-12-01  earmark -> grantee             0.01  ! account_limit_debits_never_exceed_credits
        2023-12-01  approve later
        2023-02-28  grantee -> local:havnen        0.01  ! day_limit_debits_never_exceed_credits
    """)
    assert books.balances()["grantee"] == "3800000.00"


def test_a_reservation_counts_on_its_own_day_and_a_void_gives_that_day_back(books):
    books.play("""
        2023-06-01  earmark -> grantee  3800000.00  pending as all
        2023-03-01  earmark -> grantee        0.01  ! account_limit_debits_never_exceed_credits
        2023-06-02  reject all
        2023-03-01  earmark -> grantee  3800000.00
    """)


# Repaid money is used in its year, by its earmark, or falls to the treasury

CAME_BACK = """
    2023-03-01  earmark -> grantee  1000000.00
    2023-06-01  grantee -> earmark    40000.00  because error
"""


@pytest.mark.parametrize(
    "attack",
    [
        "2024-01-02  earmark -> grantee          1.00  ! repaid_money_is_used_in_its_year",
        "2023-12-31  earmark -> grantee     100000.00  approved 2024-01-02 ! repaid_money_is_used_in_its_year",
        "2023-07-01  earmark -> frame      2800000.01  ! repaid_money_stays_in_its_earmark",
        "2024-01-02  earmark -> frame      2800000.01  ! repaid_money_stays_in_its_earmark",
        "2024-01-02  earmark -> earmark:faellesskabsguides-roede-kors  2840000.00  ! repaid_money_stays_in_its_earmark",
        "2023-12-31  earmark -> treasury     40000.01  because year_end ! year_end_returns_what_came_back",
        "2023-12-30  earmark -> treasury     40000.00  because year_end ! lapse_follows_the_window_or_year_end",
        "2024-12-31  earmark -> treasury     40000.00  because year_end ! year_end_returns_what_came_back",
        """
        2023-07-01  earmark -> frame       2800000.00     # giving back the rest does not count as having used what came back
        2024-01-02  earmark -> grantee           1.00  ! repaid_money_is_used_in_its_year
        """,
        """
        2023-12-31  earmark -> treasury      40000.00  because year_end as lapse
        2024-01-02  reverse lapse  because error  ! year_end_lapse_is_reversed_in_its_year
        2023-12-31  reverse lapse  because error approved 2024-01-02 ! year_end_lapse_is_reversed_in_its_year
        2023-12-31  reverse lapse  because error
        2024-01-02  earmark -> grantee           1.00  ! repaid_money_is_used_in_its_year
        """,
        """
        2023-11-01  earmark -> grantee       40000.00  as again
        2023-11-02  reverse again  because never_sent      # then it was not used either
        2024-01-02  earmark -> grantee           1.00  ! repaid_money_is_used_in_its_year
        """,
    ],
)
def test_repaid_money_is_not_carried_out_of_its_year_or_its_earmark(books, attack):
    books.play(CAME_BACK + attack)


def test_repaid_money_is_not_carried_into_the_next_year_by_booking_a_payment_anew(people):
    Books(people.by_name, at="landsindsats-sbst").play("""
        2023-03-01  earmark -> grantee  1000000.00
        2023-06-01  grantee -> earmark    40000.00  because error
        2023-03-01  earmark:sekretariat-sbst -> grantee:sekretariat-sbst  100000.00  as rate
        2024-01-02  rebook rate  earmark -> grantee  ! repaid_money_is_used_in_its_year
    """)


def test_a_payment_booked_anew_does_not_bind_the_window_by_its_own_date(people):
    Books(people.by_name, at="landsindsats-sbst").play("""
        2025-12-20  earmark:sekretariat-sbst -> grantee:sekretariat-sbst  100000.00  as rate
        2026-03-01  rebook rate  earmark -> grantee
        2026-03-02  window 2023-01-01 2026-01-31
        2026-03-02  window 2023-01-01 2025-12-19 ! window_keeps_what_was_paid
    """)


def test_a_payment_inherits_the_day_it_was_paid_on_however_often_it_is_booked_anew(people):
    books = Books(people.by_name, at="landsindsats-sbst")
    books.play("""
        2025-12-20  earmark -> grantee  100000.00  as rate
        2026-01-10  rebook rate    earmark:sekretariat-sbst -> grantee:sekretariat-sbst  as moved
        2026-02-10  rebook moved   earmark -> grantee                                    as back
        2026-03-10  rebook back    earmark:sekretariat-sbst -> grantee:sekretariat-sbst  as again
        2026-03-11  earmark -> grantee       0.01  ! disbursement_is_inside_the_payment_window
        2026-03-11  window 2023-01-01 2025-12-20
        2026-03-11  window 2023-01-01 2025-12-19 ! window_keeps_what_was_paid
        2026-03-11  window 2025-12-21 2026-12-31 ! window_keeps_what_was_paid
    """)
    assert list(Audit(None).breaches()) == []


def test_a_payment_booked_anew_twice_in_plain_sql_inherits_its_day_and_binds_the_window(application):
    """Around the verbs: the second and the third earmark of one organisation pay after the window closed, and the window stays with the day of the first."""
    pairs = [(f"earmark:{slug}", f"grantee:{slug}") for slug in ("landsindsats-sbst", "sekretariat-sbst")]
    paid = application.pay(p_debit=pairs[0][0], p_credit=pairs[0][1], p_value_date="2025-12-20")
    for number, (debit, credit) in enumerate((pairs[1], pairs[0], pairs[1])):
        day = f"2026-0{number + 1}-10"
        was = pairs[number % 2]
        reversal = application.reverse(paid, p_debit=was[1], p_credit=was[0], p_cause="booked_anew", p_value_date=day)
        with application.refused("disbursement_is_inside_the_payment_window"):
            application.disburse(p_debit=debit, p_credit=credit, p_value_date=day)  # one that inherits nothing
        heir = application.disburse(p_debit=debit, p_credit=credit, p_value_date=day, p_replaces=paid["id"])
        application.settle(reversal)
        paid = {**heir, "id": application.one("SELECT id FROM ledger_transfer WHERE pending_id = %s", heir["id"])}
    propose = "SELECT id FROM ledger_decide_window(%s, 'pending', %s, %s, %s, '2026-12-31', NULL, '', %s)"
    for frame in ("frame:ensomhed-2023-2025", "frame:sekretariat-2023-2025"):  # both hold a disbursement that was paid on that day
        late = application.one(propose, uuid.uuid4(), application.mette, frame, "2025-12-21", application.voucher)
        with application.refused("window_keeps_what_was_paid"):
            application.run("SELECT ledger_decide_window(%s, 'post', %s, p_pending => %s)", uuid.uuid4(), application.lars, late)
        right = application.one(propose, uuid.uuid4(), application.mette, frame, "2025-12-20", application.voucher)
        application.run("SELECT ledger_decide_window(%s, 'post', %s, p_pending => %s)", uuid.uuid4(), application.lars, right)


# What the digest is made of

TEXTS = {
    "danish": "Rødgrød med fløde på Ærø",
    "emoji": "tak 🙏🏽👩‍👩‍👧 og 🇩🇰",
    "quotes": 'han sagde "\\" og \\n / \\u0041',
    "controls": "\x01\x02\b\t\n\f\r\x1f\x7f\x80\u2028\u2029\ufeff",
    "combining": "A\u030arhus ≠ Århus",
    "astral": "\U0001f4a9\U0010ffff",
    "formula": "=1+1",
    "empty": "",
    "long": "æ" * 500,
}


def digest_parts(intruder: Intruder, row: dict) -> list:
    """The array that the rulebook writes down, made in Python from the row alone and the two heads before it."""
    accounts = {}
    for side in ("debit", "credit"):
        query = """SELECT a.code, a.name, a.kind, p.code AS parent, a.holder, a.passes_on, a.currency, a.capped,
                          (SELECT t.digest FROM ledger_transfer t WHERE (t.debit_account_id = a.id AND t.debit_entry_no = %(no)s - 1)
                                                                   OR (t.credit_account_id = a.id AND t.credit_entry_no = %(no)s - 1)) AS head
                   FROM ledger_account a LEFT JOIN ledger_account p ON p.id = a.parent_id WHERE a.id = %(id)s"""
        with intruder.connection.cursor(row_factory=dict_row) as cursor:
            accounts[side] = cursor.execute(query, {"id": row[f"{side}_account_id"], "no": row[f"{side}_entry_no"]}).fetchone()
    heads = [account.pop("head") or canonical.genesis(**account) for account in (dict(accounts["debit"]), dict(accounts["credit"]))]
    return [
        *heads, row["id"], str(row["key"]), row["kind"], row["step"], row["pending_id"], row["reverses_id"], row["replaces_id"], row["cause"],
        accounts["debit"]["code"], accounts["credit"]["code"], f"{row['amount']:.2f}", row["amount_currency"], row["value_date"].isoformat(), row["period"],
        intruder.one("SELECT to_char(%s::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", row["booked_at"]), row["booked_by_id"], row["text"],
        row["case_number"], row["voucher_sha256"], row["debit_entry_no"], row["credit_entry_no"], f"{row['debit_balance']:.2f}", f"{row['credit_balance']:.2f}",
    ]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_kept_as_it_is_and_digested_as_python_writes_it(application, text):
    row = application.disburse(p_text=text, p_case_number=text[:50])
    assert (row["text"], row["case_number"]) == (text, text[:50])
    assert row["digest"] == canonical.digest(digest_parts(application, row))
    posted = application.settle(row)
    assert posted["digest"] == canonical.digest(digest_parts(application, posted))


@pytest.mark.parametrize(
    "setting",
    [
        "datestyle = 'German, DMY'",
        "datestyle = 'SQL, MDY'",
        "timezone = 'Pacific/Kiritimati'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
    ],
)
def test_a_digest_is_the_same_in_every_session(application, setting):
    """A digest that follows the session is one that nobody can recompute."""
    application.run(f"SET {setting}")
    ids = application.one(
        "SELECT id FROM ledger_book(gen_random_uuid(), 'pending', %s, 'disbursement', 'earmark:lift-mary-fonden', 'grantee:lift-mary-fonden', 5, make_date(2023, 3, 4), p_voucher_sha256 => %s)",
        application.sofie,
        application.voucher,
    )
    application.run("SET datestyle = 'ISO, YMD'")
    application.run("SET timezone = 'UTC'")
    with application.connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("SELECT * FROM ledger_transfer WHERE id = %s", [ids]).fetchone()
    assert row["value_date"] == date(2023, 3, 4)
    assert row["digest"] == canonical.digest(digest_parts(application, row))


@pytest.mark.parametrize(("field", "length"), [("p_text", 501), ("p_case_number", 51), ("p_cause", 21), ("p_period", 10)])
def test_a_text_that_is_too_long_is_refused_not_cut(application, field, length):
    with application.refused("22001"):
        application.disburse(**{field: "x" * length})


# Sessions that see an older state


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_an_old_snapshot_books_nothing_into_a_period_that_was_closed_meanwhile(committed, people, level):
    with committed.connect() as old, committed.connect(autocommit=True) as now:
        old.isolation_level = level
        intruder = Intruder(old)  # its snapshot is taken here
        for month in ("2023-01", "2023-02", "2023-03"):
            now.execute(CLOSE, [month, people.karen.pk])
        with intruder.refused("books_are_written_on_what_is_newest"):
            intruder.disburse(p_value_date="2023-03-01")
        with intruder.refused("books_are_written_on_what_is_newest"):
            intruder.run("SELECT ledger_close_period('2023-04', %s)", intruder.karen)
        with intruder.refused("books_are_written_on_what_is_newest"):
            intruder.run(
                "SELECT ledger_decide_window(%s, 'pending', %s, 'frame:ensomhed-2023-2025', '2023-01-01', '2026-01-31', NULL, '', %s)",
                uuid.uuid4(),
                intruder.mette,
                intruder.voucher,
            )
        old.rollback()


def test_a_voucher_that_is_not_kept_is_refused_at_the_commit(committed, people):
    with committed.connect() as connection:
        intruder = Intruder(connection)
        before = intruder.state()
        intruder.disburse(p_voucher_sha256="0" * 64)
        with pytest.raises(psycopg.Error) as refusal:
            connection.commit()
        assert refusal.value.diag.constraint_name == "voucher_is_kept"
        assert intruder.state() == before


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("2023-01-01", "2022-12-31"),
        ("2023-01-01", "infinity"),
        ("-infinity", "2025-12-31"),
        ("2023-01-01", "20250-01-01"),
        ("0044-03-15 BC", "2025-12-31"),
        (None, None),
    ],
)
def test_a_payment_window_has_two_days_that_everybody_can_read(application, opens, closes):
    with application.refused("window_ends_after_it_begins"):
        application.run(
            "SELECT ledger_decide_window(%s, 'pending', %s, 'frame:ensomhed-2023-2025', %s, %s, NULL, '', %s)",
            uuid.uuid4(),
            application.mette,
            opens,
            closes,
            application.voucher,
        )


def test_periods_close_in_order_once_and_signed(application):
    close = "SELECT ledger_close_period(%s, %s)"
    with application.refused("periods_close_in_order"):
        application.run(close, "2023-02", application.karen)
    with application.refused("period_exists"):
        application.run(close, "2023-14", application.karen)
    with application.refused("period_closing_is_signed"):
        application.run(close, "2023-01", None)
    application.close("2023-01")
    for another in (application.mette, None):
        with application.refused("period_is_open"):
            application.run(close, "2023-01", another)
    before = application.state()
    for _ in range(2):  # a retry answers with the row, and signs nothing anew
        application.close("2023-01")
        application.run(close, "2023-01", application.karen)
    assert application.state() == before
    with application.refused("period_is_open"):
        application.disburse(p_value_date="2023-01-31")


def test_whoever_closed_a_period_may_say_so_again_and_nobody_else(people):
    closed = decisions.close_period(people.karen, "2023-01")
    again = decisions.close_period(people.karen, "2023-01")
    assert (again.pk, again.made_by_id) == (closed.pk, people.karen.pk)
    with pytest.raises(PeriodRefused, match="2023-01 er lukket"), transaction.atomic():
        decisions.close_period(people.knud, "2023-01")


def test_a_frame_without_a_decided_payment_window_pays_nothing(application):
    for code, kind, parent, holder in (
        ("frame:ny", "frame", "treasury", ""),
        ("earmark:ny", "earmark", "frame:ny", ""),
        ("grantee:ny", "grantee", "earmark:ny", "ny"),
    ):
        application.run("SELECT ledger_open_account(%s, 'Ny', %s, %s, %s)", code, kind, parent, holder)
    application.pay(p_kind="appropriation", p_debit="treasury", p_credit="frame:ny")
    application.pay(p_kind="earmarking", p_debit="frame:ny", p_credit="earmark:ny")
    decide = "SELECT ledger_decide_window(%s, 'pending', %s, 'frame:ny', '2023-01-01', '2023-12-31', NULL, '', %s)"
    application.run(decide, uuid.uuid4(), application.mette, application.voucher)  # proposed is not decided
    with application.refused("frame_has_a_payment_window"):
        application.disburse(p_debit="earmark:ny", p_credit="grantee:ny")


@pytest.mark.parametrize("nothing", ["", None, " ", "\n\t\u00a0\r"])
def test_a_rejection_says_why_and_a_withdrawal_need_not(application, nothing):
    pending = application.disburse(p_text="1. rate")
    with application.refused("rejection_has_a_reason"):
        application.settle(pending, "void", p_text=nothing)
    with application.refused("key_books_one_thing"):
        application.settle(pending, "void", p_key=application.settle(pending, "void")["key"], p_text=nothing)
    own = application.settle(application.disburse(p_text="1. rate"), "void", p_booked_by=application.sofie, p_text=nothing)
    assert own["text"] == (nothing or "")  # not the text of what was registered


def test_both_halves_of_a_payment_booked_anew_are_rejected_for_the_same_reason(people):
    books = Books(people.by_name, at="landsindsats-sbst")
    books.play("""
        2024-03-15  earmark -> grantee  700000.00  as rate
        2024-04-02  rebook rate  earmark:sekretariat-sbst -> grantee:sekretariat-sbst  rejected
    """)
    assert list(Transfer.objects.filter(step="void").values_list("kind", "text").order_by("id")) == [
        ("reversal", "Forkert beløb"),
        ("disbursement", "Forkert beløb"),
    ]


def test_a_rejected_payment_window_says_why(application):
    propose = "SELECT id FROM ledger_decide_window(%s, 'pending', %s, 'frame:ensomhed-2023-2025', '2023-01-01', '2026-01-31', NULL, 'Forlænges', %s)"
    settle = "SELECT text FROM ledger_decide_window(%s, 'void', %s, p_pending => %s, p_text => %s)"
    pending, key = application.one(propose, uuid.uuid4(), application.mette, application.voucher), uuid.uuid4()
    for nothing in ("", None, " \n"):
        with application.refused("rejection_has_a_reason"):
            application.run(settle, uuid.uuid4(), application.lars, pending, nothing)
    assert application.one(settle, key, application.lars, pending, "Forkert dag") == "Forkert dag"
    with application.refused("key_books_one_thing"):
        application.run(settle, key, application.lars, pending, "")
    own = application.one(propose, uuid.uuid4(), application.mette, application.voucher)
    assert application.one(settle, uuid.uuid4(), application.mette, own, "") == ""


def test_a_payment_window_has_a_voucher_and_is_settled_once_by_another(application):
    propose = "SELECT id FROM ledger_decide_window(%s, 'pending', %s, 'frame:ensomhed-2023-2025', '2023-01-01', '2026-01-31', NULL, '', %s)"
    settle = "SELECT ledger_decide_window(%s, 'post', %s, p_pending => %s)"
    with application.refused("window_has_a_voucher"):
        application.run(propose, uuid.uuid4(), application.mette, "")
    pending = application.one(propose, uuid.uuid4(), application.mette, application.voucher)
    with application.refused("second_person_approves"):
        application.run(settle, uuid.uuid4(), application.mette, pending)
    with application.refused("settling_names_a_pending"):
        application.run(settle, uuid.uuid4(), application.lars, -1)
    application.run(settle, uuid.uuid4(), application.lars, pending)
    with application.refused("pending_is_settled_once"):
        application.run(settle, uuid.uuid4(), application.lars, pending)
