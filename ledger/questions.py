"""The questions that pages, API and reports ask of the books. Nothing here writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet
from djmoney.money import Money

from ledger.kinds import AccountKind
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


# One row an earmark, from the totals that its accounts carry. Only rare kinds are added up, by the index transfer_rare_debits: what came back, lapsed or was
# written off, and reservations that are no payments. So it costs the same at any number of payments, re-grants and accounts documented.
NUMBERS = """
    WITH earmark AS (
        SELECT e.id, e.passes_on, g.id AS grantee, e.debits_pending AS reserved, e.credits_posted - e.debits_posted AS balance, g.credits_posted - g.debits_posted AS held,
            u.credits_posted - u.debits_posted AS documented, w.credits_posted - w.debits_posted AS written_off,
            (SELECT coalesce(sum(l.credits_posted - l.debits_posted), 0) FROM ledger_account l WHERE l.parent_id = g.id) AS held_locally
        FROM ledger_account e
        JOIN ledger_account g ON g.parent_id = e.id AND g.kind = 'grantee'
        JOIN ledger_account u ON u.parent_id = e.id AND u.kind = 'used'
        JOIN ledger_account w ON w.parent_id = e.id AND w.kind = 'written_off'
        WHERE e.id = ANY(%s)
    ), rare AS (
        SELECT e.id,
            coalesce(sum(t.amount) FILTER (WHERE t.kind = 'repayment'), 0) AS repaid,
            coalesce(sum(t.amount) FILTER (WHERE t.kind = 'repayment' AND t.credit_account_id = e.id), 0) AS put_back,
            coalesce(sum(t.amount) FILTER (WHERE t.kind = 'lapse'), 0) AS lapsed,
            coalesce(sum(t.amount) FILTER (WHERE t.kind = 'write_off' AND t.debit_account_id = e.grantee), 0) AS written_off_by_grantee
        FROM earmark e JOIN ledger_transfer t ON t.debit_account_id IN (e.id, e.grantee) AND t.kind IN ('repayment', 'lapse', 'write_off') AND t.step IN ('single', 'post')
        WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal' AND r.step = 'post')
        GROUP BY e.id
    ), other AS (
        SELECT e.id, coalesce(sum(t.amount), 0) AS reserved
        FROM earmark e JOIN ledger_transfer t ON t.debit_account_id = e.id AND t.step = 'pending'
            AND t.kind IN ('release', 'reallocation', 'lapse', 'reversal')
        WHERE NOT EXISTS (SELECT 1 FROM ledger_transfer s WHERE s.pending_id = t.id)
        GROUP BY e.id
    ), told AS (
        SELECT e.*, coalesce(r.repaid, 0) AS repaid, coalesce(r.put_back, 0) AS put_back, coalesce(r.lapsed, 0) AS lapsed,
            coalesce(r.written_off_by_grantee, 0) AS written_off_by_grantee, e.reserved - coalesce(o.reserved, 0) AS on_its_way,
            e.held + e.held_locally + e.documented + e.written_off + coalesce(r.repaid, 0) AS disbursed
        FROM earmark e LEFT JOIN rare r USING (id) LEFT JOIN other o USING (id)
    )
    SELECT id, balance + disbursed - put_back + lapsed AS earmarked, reserved, on_its_way, disbursed, repaid,
        disbursed - repaid - held - written_off_by_grantee - CASE WHEN passes_on THEN 0 ELSE documented END AS passed_on,
        documented, written_off, lapsed, balance - reserved AS left
    FROM told
"""


def figures_of(ids: Iterable[int]) -> dict[int, tuple[Decimal, ...]]:
    """The same as `numbers_of` for many, by account id: bare amounts in the order of Numbers, to be added up."""
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [list(ids)])
        return {number: tuple(amounts) for number, *amounts in cursor.fetchall()}


def numbers_of(earmarks: Iterable[Account]) -> dict[int, Numbers]:
    """The figures of these earmark accounts by account id, in one query. An account without a grantee's account beside it is left out."""
    return {number: numbers_from(amounts) for number, amounts in figures_of(account.pk for account in earmarks).items()}


def numbers_from(amounts: Iterable[Decimal]) -> Numbers:
    return Numbers(*(Money(amount, "DKK") for amount in amounts))


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


@dataclass(frozen=True)
class Balance:
    """One account in the trial balance of a period. A year-end period follows its December and comes before the next January."""

    account_id: int
    name: str
    code: str
    kind: AccountKind
    agrees: bool
    """the transfers add up to what the account says of itself"""
    amounts: tuple[Decimal, Decimal, Decimal, Decimal]
    """opening, debit, credit, closing; of thousands of accounts only those shown become Money"""

    @property
    def moved(self) -> bool:
        """Whether anything was booked on it in the period."""
        return any(self.amounts[1:3])

    @property
    def opening(self) -> Money:
        return Money(self.amounts[0], "DKK")

    @property
    def debit(self) -> Money:
        return Money(self.amounts[1], "DKK")

    @property
    def credit(self) -> Money:
        return Money(self.amounts[2], "DKK")

    @property
    def closing(self) -> Money:
        return Money(self.amounts[3], "DKK")


def trial_balance(code: str) -> list[Balance]:
    """The trial balance (saldobalance) of one period: every account, added up from its transfers, in one query."""
    query = """SELECT a.id, a.name, a.code, a.kind, b.agrees, b.opening, b.debit, b.credit, b.closing
               FROM ledger_trial_balance(%s) b JOIN ledger_account a ON a.id = b.account_id ORDER BY a.id"""
    with connection.cursor() as cursor:
        cursor.execute(query, [code])
        return [
            Balance(number, name, code, AccountKind(kind), agrees, (opening, debit, credit, closing))
            for number, name, code, kind, agrees, opening, debit, credit, closing in cursor.fetchall()
        ]


@dataclass(frozen=True)
class Sum:
    """What the accounts of one kind come to in the trial balance of a period, or all of them: there debit equals credit, and nothing is left over."""

    kind: AccountKind | None
    count: int
    differing: int
    """accounts whose own totals are not what their transfers add up to"""
    opening: Money
    debit: Money
    credit: Money
    closing: Money

    @property
    def name(self) -> str:
        return str(self.kind.label).capitalize() if self.kind else "I alt"


def trial_sums(code: str) -> list[Sum]:
    """The trial balance of one period by kind of account, and at last of all, in one query."""
    query = """SELECT a.kind, count(*), count(*) FILTER (WHERE NOT b.agrees), sum(b.opening), sum(b.debit), sum(b.credit), sum(b.closing)
               FROM ledger_trial_balance(%s) b JOIN ledger_account a ON a.id = b.account_id GROUP BY ROLLUP (a.kind)"""
    with connection.cursor() as cursor:
        cursor.execute(query, [code])
        rows = cursor.fetchall()
    order = {kind: place for place, kind in enumerate([*AccountKind.values, None])}
    return [
        Sum(AccountKind(row[0]) if row[0] else None, row[1], row[2], *(Money(amount, "DKK") for amount in row[3:]))
        for row in sorted(rows, key=lambda row: order[row[0]])
    ]


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
    return first_open_days([day])[day]


def first_open_days(days: Iterable[date]) -> dict[date, date]:
    """The same for many days, in one query."""
    months = list(Period.objects.filter(~Q(code__contains="-13"), closed=False).order_by("code").values_list("code", flat=True))

    def first(day: date) -> date:
        month = f"{day:%Y-%m}"
        found = next((code for code in months if code >= month), month)
        return day if found == month else date(int(found[:4]), int(found[5:7]), 1)

    return {day: first(day) for day in days}
