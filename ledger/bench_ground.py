"""What the measuring stands on: accounts in a throw-away database, the smallest correct SQL beside the door, and books filled to a size through the door."""

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, connections
from djmoney.money import Money

from ensomhed.models import User
from ledger import booking
from ledger.kinds import AccountKind, Kind, Step
from ledger.models import Account, Transfer

PAIRS = 50  # grantees with one local actor each: money moves from the one to the other
HOT = 1  # the pair that everybody uses at once
STATEMENT_OF = 100  # postings that the filling sends in one statement
FIRST, LAST, BACK = date(2024, 1, 1), date(2024, 12, 31), date(2024, 7, 1)

# Two guarded updates and an insert: a limit that holds, and nothing else. No day, no chain, no second person, no key, no history of who and why.
SMALLEST = """
CREATE SCHEMA smallest;
CREATE TABLE smallest.account (
    id bigint PRIMARY KEY, debits numeric NOT NULL DEFAULT 0, credits numeric NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
CREATE TABLE smallest.transfer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit bigint NOT NULL, credit bigint NOT NULL, amount numeric NOT NULL, booked_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION smallest.book(p_debit bigint, p_credit bigint, p_amount numeric) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_id bigint;
BEGIN
    UPDATE smallest.account SET debits = debits + p_amount WHERE id = p_debit AND credits - debits >= p_amount;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not enough is left';
    END IF;
    UPDATE smallest.account SET credits = credits + p_amount WHERE id = p_credit AND id <> p_debit;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such account';
    END IF;
    INSERT INTO smallest.transfer (debit, credit, amount) VALUES (p_debit, p_credit, p_amount) RETURNING id INTO v_id;
    RETURN v_id;
END $$;
GRANT USAGE ON SCHEMA smallest TO ensomhed_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA smallest TO ensomhed_app;
GRANT EXECUTE ON FUNCTION smallest.book TO ensomhed_app;
"""
FILL = """
SELECT count(ledger_book(gen_random_uuid(), 'single', %(by)s, 'regrant', 'grantee:bench-' || pair, 'local:bench-' || pair || '/actor', 0.01,
                         date '2024-01-01' + (number * 366 / %(of)s)::int))
FROM (SELECT number, CASE WHEN %(hot)s THEN 1 ELSE 2 + number %% %(others)s END AS pair FROM generate_series(%(begin)s::bigint, %(end)s - 1) AS number) AS postings
"""


@dataclass(frozen=True)
class Ground:
    """Who pays, who grants, and the document that stands behind it."""

    registrar: User
    approver: User
    proposer: User
    decider: User
    voucher: str


def lay() -> None:
    """The smallest SQL with its tables, and the accounts of a frame with every pair's grantee and local actor."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(SMALLEST)
        cursor.execute("INSERT INTO smallest.account (id, credits) SELECT id, 1e8 FROM generate_series(1, %s) AS id", [2 * PAIRS])
    connections["owner"].close()
    frame = booking.open_account("frame:bench", "Frame", AccountKind.FRAME, parent=Account.objects.get(code="treasury"))
    for pair in range(1, PAIRS + 1):
        earmark = booking.open_account(f"earmark:bench-{pair}", "Earmark", AccountKind.EARMARK, parent=frame, passes_on=True)
        grantee = booking.open_account(f"grantee:bench-{pair}", "Grantee", AccountKind.GRANTEE, parent=earmark, holder="bench", passes_on=True)
        booking.open_account(f"local:bench-{pair}/actor", "Actor", AccountKind.LOCAL, parent=grantee, holder="actor")
        booking.open_account(f"used:bench-{pair}", "Used", AccountKind.USED, parent=earmark)
        booking.open_account(f"written-off:bench-{pair}", "Written off", AccountKind.WRITTEN_OFF, parent=earmark)


def grant(ground: Ground) -> None:
    """The frame's money and window, and 200 million kr. for every earmark."""
    treasury, frame = (Account.objects.get(code=code) for code in ("treasury", "frame:bench"))
    window = booking.propose_window(ground.proposer, frame, opens=FIRST, closes=LAST, key=uuid.uuid4(), voucher_sha256=ground.voucher)
    booking.settle_window(ground.decider, window, Step.POST, key=uuid.uuid4())
    _two_steps(ground, (ground.proposer, ground.decider), Kind.APPROPRIATION, treasury, frame, 2 * PAIRS)
    for pair in range(1, PAIRS + 1):
        _two_steps(ground, (ground.proposer, ground.decider), Kind.EARMARKING, frame, Account.objects.get(code=f"earmark:bench-{pair}"), 2)


def pay(ground: Ground) -> None:
    """100 million kr. to every grantee. Empty books have become `PAIRS * 4 + 2` transfers."""
    for pair in range(1, PAIRS + 1):
        earmark, grantee = (Account.objects.get(code=f"{kind}:bench-{pair}") for kind in ("earmark", "grantee"))
        _two_steps(ground, (ground.registrar, ground.approver), Kind.DISBURSEMENT, earmark, grantee, 1)


def _two_steps(ground: Ground, by: tuple[User, User], kind: Kind, debit: Account, credit: Account, hundred_millions: int) -> None:
    first, second = by
    amount = Money(hundred_millions * Decimal(10**8), "DKK")
    pending = booking.book(
        first, kind, Step.PENDING, debit=debit, credit=credit, amount=amount, value_date=FIRST, key=uuid.uuid4(), voucher_sha256=ground.voucher
    )
    booking.post(second, pending, key=uuid.uuid4())


def fill(by: int, transfers: int, *, hot: bool) -> None:
    """Books this many transfers through the door, spread in order over every day of a year: all on the hot pair, or all on the others."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")  # only what is measured waits for the disk
        for begin in range(0, transfers, STATEMENT_OF):
            end = min(begin + STATEMENT_OF, transfers)
            cursor.execute(FILL, {"by": by, "of": transfers, "hot": hot, "others": PAIRS - 1, "begin": begin, "end": end})
        cursor.execute("RESET synchronous_commit")


def settle_down() -> None:
    """What a server that runs for years has always done already: statistics, visibility, everything on disk."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) ledger_account, ledger_transfer, ledger_day")
    connections["owner"].close()


def use(database: str) -> None:
    """Sends both of Django's connections to another database of the cluster."""
    for alias in connections.settings:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = database


def count() -> int:
    return Transfer.objects.count()
