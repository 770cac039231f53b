"""The questions that pages, API and reports ask of the books. Nothing here writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet
from djmoney.money import Money

from ledger.models import ZERO, Account, Period, Transfer, Window, columns_of


@dataclass(frozen=True)
class Numbers:
    """One earmark in figures that are never mixed up. Reversals are counted against what they reverse."""

    earmarked: Money = ZERO
    """what its frame gave it: earmarked, less released, plus or less what was reallocated"""
    reserved: Money = ZERO
    """held by registrations that wait for a second person, of whatever kind"""
    on_its_way: Money = ZERO
    """the disbursements among them"""
    disbursed: Money = ZERO
    """paid to the grantee"""
    repaid: Money = ZERO
    """paid back by the grantee, to the earmark or to the treasury"""
    passed_on: Money = ZERO
    """passed on to local actors, less what they returned"""
    documented: Money = ZERO
    """documented as used, by the grantee or its local actors"""
    written_off: Money = ZERO
    lapsed: Money = ZERO
    """fell back to the treasury"""
    left: Money = ZERO
    """rest at modtage: the balance of the earmark's account less what is reserved"""

    @property
    def to_document(self) -> Money:
        """Received, and not repaid, documented or written off: what the grantee has still to answer for."""
        return self.disbursed - self.repaid - self.documented - self.written_off


# One row an earmark. A reversal is told from its accounts: only a disbursement goes from an earmark to its grantee, only a repayment comes back.
NUMBERS = """
    WITH place AS (
        SELECT e.id AS earmark, a.id, a.kind FROM ledger_account e
        JOIN ledger_account a ON a.id = e.id OR a.parent_id = e.id OR a.parent_id IN (SELECT g.id FROM ledger_account g WHERE g.parent_id = e.id AND g.kind = 'grantee')
        WHERE e.id = ANY(%s)
    ), moved AS (
        SELECT p.earmark, p.kind AS here, other.kind AS there, t.kind, sum(t.amount) AS out, 0::numeric AS into
        FROM place p JOIN ledger_transfer t ON t.debit_account_id = p.id AND t.step IN ('single', 'post') JOIN ledger_account other ON other.id = t.credit_account_id
        GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT p.earmark, p.kind, other.kind, t.kind, 0, sum(t.amount)
        FROM place p JOIN ledger_transfer t ON t.credit_account_id = p.id AND t.step IN ('single', 'post') JOIN ledger_account other ON other.id = t.debit_account_id
        GROUP BY 1, 2, 3, 4
    )
    SELECT e.id,
        coalesce(sum(m.into - m.out) FILTER (WHERE m.here = 'earmark' AND m.there IN ('frame', 'earmark')), 0) AS earmarked,
        e.debits_pending AS reserved,
        coalesce((SELECT sum(t.amount) FROM ledger_transfer t WHERE t.debit_account_id = e.id AND t.kind = 'disbursement' AND t.step = 'pending'
                  AND e.debits_pending > 0 AND NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = t.id)), 0) AS on_its_way,
        coalesce(sum(m.out - m.into) FILTER (WHERE m.here = 'earmark' AND m.there = 'grantee' AND (m.kind = 'disbursement' OR m.kind = 'reversal' AND m.into > 0)), 0) AS disbursed,
        coalesce(sum(m.out - m.into) FILTER (WHERE m.here = 'grantee' AND (m.there = 'treasury' OR m.there = 'earmark' AND (m.kind = 'repayment' OR m.kind = 'reversal' AND m.into > 0))), 0) AS repaid,
        coalesce(sum(m.out - m.into) FILTER (WHERE m.here = 'grantee' AND m.there = 'local'), 0) AS passed_on,
        coalesce(sum(m.into - m.out) FILTER (WHERE m.here = 'used'), 0) AS documented,
        coalesce(sum(m.into - m.out) FILTER (WHERE m.here = 'written_off'), 0) AS written_off,
        coalesce(sum(m.out - m.into) FILTER (WHERE m.here = 'earmark' AND m.there = 'treasury'), 0) AS lapsed,
        e.credits_posted - e.debits_posted - e.debits_pending AS left
    FROM ledger_account e LEFT JOIN moved m ON m.earmark = e.id
    WHERE e.id = ANY(%s)
    GROUP BY e.id
"""


def numbers_of(earmarks: Iterable[Account]) -> dict[int, Numbers]:
    """The figures of these earmark accounts by account id, in one query."""
    ids = [account.pk for account in earmarks]
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [ids, ids])
        return {row[0]: Numbers(*(Money(amount, "DKK") for amount in row[1:])) for row in cursor.fetchall()}


@dataclass(frozen=True)
class Entry:
    """One transfer as one account sees it."""

    number: int
    transfer: Transfer
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal
    """credits less debits after this entry; a reservation leaves it as it was"""

    @property
    def moves(self) -> bool:
        return self.transfer.step in ("single", "post")


STATEMENT = """
    (SELECT {columns}, debit_entry_no AS entry_no FROM ledger_transfer WHERE debit_account_id = %(account)s AND debit_entry_no {beyond} %(number)s ORDER BY debit_entry_no {order} LIMIT %(count)s)
    UNION ALL
    (SELECT {columns}, credit_entry_no AS entry_no FROM ledger_transfer WHERE credit_account_id = %(account)s AND credit_entry_no {beyond} %(number)s ORDER BY credit_entry_no {order} LIMIT %(count)s)
    ORDER BY entry_no {order} LIMIT %(count)s
"""


def statement(account: Account, *, before: int | None = None, after: int | None = None, count: int = 50) -> list[Entry]:
    """One page of an account statement (kontokort): the newest entries first, or those before an entry number; with `after`, upwards from it.

    Reads both sides by their entry numbers, so that a page costs the same at any size of the account.
    """
    columns = ", ".join(columns_of(Transfer))
    upwards = after is not None
    query = STATEMENT.format(columns=columns, beyond=">" if upwards else "<", order="ASC" if upwards else "DESC")
    bound = after if upwards else before if before is not None else account.entry_count + 2**31
    transfers = Transfer.objects.raw(query, {"account": account.pk, "number": bound, "count": count}).prefetch_related(
        "debit_account", "credit_account", "booked_by"
    )
    return [_entry(account, transfer) for transfer in transfers]


def _entry(account: Account, transfer: Transfer) -> Entry:
    if transfer.debit_account_id == account.pk:
        return Entry(transfer.debit_entry_no, transfer, transfer.amount.amount, None, transfer.debit_balance)
    return Entry(transfer.credit_entry_no, transfer, None, transfer.amount.amount, transfer.credit_balance)


def whole_statement(account: Account, page: int = 1000) -> Iterator[Entry]:
    """Every entry of an account in order, a page at a time, up to the one that is the newest when it begins."""
    last, after = account.entry_count, 0
    while after < last:
        entries = [entry for entry in statement(account, after=after, count=page) if entry.number <= last]
        if not entries:
            return
        yield from entries
        after = entries[-1].number


def waiting() -> QuerySet[Transfer]:
    """Every registration that waits for a second person, oldest first."""
    return Transfer.objects.waiting().select_related("debit_account", "credit_account", "booked_by", "reverses").order_by("id")


def waiting_windows() -> QuerySet[Window]:
    return Window.objects.filter(step="pending", settlement__isnull=True).select_related("frame", "booked_by").order_by("id")


def window_of(frame: Account) -> Window | None:
    """The payment window in force."""
    return Window.objects.filter(frame=frame, step="post").order_by("-id").first()


def first_open_day(day: date) -> date:
    """The day itself when its month is open, else the first day of the next open month. Approvals after a month's end are dated so."""
    month = f"{day:%Y-%m}"
    period = Period.objects.filter(~Q(code__contains="-13"), code__gte=month, closed=False).order_by("code").first()
    if period is None or period.code == month:
        return day
    return date(int(period.code[:4]), int(period.code[5:7]), 1)
