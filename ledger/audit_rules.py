"""The rules of one transfer, told a second time: in Python, from the rows alone, and simpler than in the door (migrations/0002_door.sql).

Each breach carries the name under which ledger/README.md lists its rule.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from ledger.audit_books import BLANK, Books, Breach, Place, Row
from ledger.audit_years import Years
from ledger.kinds import PAYMENT_REVERSAL_CAUSES, REPAYMENT_CAUSES, REUSABLE_CAUSES, SINGLE_STEP_KINDS, VOUCHER_KINDS, WRITE_OFF_CAUSES

SINGLE_KINDS = {kind.value for kind in SINGLE_STEP_KINDS}
WITH_VOUCHER = {kind.value for kind in VOUCHER_KINDS}
REPAID_FOR = {cause.value for cause in REPAYMENT_CAUSES}
REUSABLE = {cause.value for cause in REUSABLE_CAUSES}
GIVEN_UP_FOR = {cause.value for cause in WRITE_OFF_CAUSES}
WAIVED_UNDER = 500_00
NOT_PAID = {cause.value for cause in PAYMENT_REVERSAL_CAUSES}
CAUSES = {"repayment": REPAID_FOR, "lapse": {"", "year_end"}, "write_off": GIVEN_UP_FOR, "reversal": {"error"} | NOT_PAID}
KEPT = ("kind", "reverses", "replaces", "cause", "debit", "credit", "amount", "currency", "case_number", "voucher")
HEXADECIMAL = frozenset("0123456789abcdef")


def _earmark_of(d: Place) -> Place | None:
    """The earmark above a grantee, or above a local actor's grantee."""
    grantee = d.parent if d.kind == "local" else d
    return grantee.parent if grantee else None


def _documents(d: Place, c: Place) -> bool:
    return c.kind == "used" and (d.kind == "local" or (d.kind == "grantee" and not d.passes_on)) and c.parent is not None and c.parent is _earmark_of(d)


# Which way each kind moves money.
TREE: dict[str, Callable[[Place, Place], bool]] = {
    "appropriation": lambda d, c: d.kind == "treasury" and c.kind == "frame",
    "earmarking": lambda d, c: d.kind == "frame" and c.kind == "earmark" and c.parent is d,
    "release": lambda d, c: (d.kind == "earmark" and c.kind == "frame" and d.parent is c) or (d.kind == "frame" and c.kind == "treasury"),
    "reallocation": lambda d, c: d.kind == c.kind == "earmark" and d.parent is c.parent,
    "disbursement": lambda d, c: d.kind == "earmark" and c.kind == "grantee" and c.parent is d,
    "repayment": lambda d, c: d.kind == "grantee" and ((d.parent is c and c.kind == "earmark") or c.kind == "treasury"),
    "regrant": lambda d, c: d.kind == "grantee" and d.passes_on and c.kind == "local" and c.parent is d,
    "regrant_returned": lambda d, c: d.kind == "local" and c.kind == "grantee" and d.parent is c,
    "documented_use": _documents,
    "write_off": lambda d, c: d.kind in ("grantee", "local") and c.kind == "written_off" and c.parent is not None and c.parent is _earmark_of(d),
    "lapse": lambda d, c: d.kind == "earmark" and c.kind == "treasury",
    "reversal": lambda d, c: True,  # told from what it reverses
}


def oere(text: str) -> int:
    """Kroner as PostgreSQL writes them, in whole øre. Raises ValueError for anything that is not."""
    if text[-3:-2] == ".":
        return int(text[:-3] + text[-2:])
    try:
        value = Decimal(text) * 100
        if value == int(value):
            return int(value)
    except (InvalidOperation, OverflowError, ValueError):
        pass
    raise ValueError(text)


class Rules:
    """Is fed every transfer in order and notes in `breaches` which rule it breaks."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.years = Years(books)
        self.breaches: list[Breach] = []
        self.waiting: dict[int, Row] = {}
        self.origins: dict[int, Row] = {}
        self.reversed: dict[int, int] = {}  # what is or may be reversed → by which row
        self.paid: dict[int, list[str]] = {}  # frame → its first and last day of payment
        self.inherited: dict[int, str] = {}  # a disbursement that is replaced → the day it was paid on, however often it was booked anew
        self.anew: dict[int, Row] = {}  # a payment that was reversed to be booked anew → the approved reversal
        self.windows: dict[int, list[tuple[str, str, str]]] = {}  # frame → since when, first day, last day; oldest first
        for window in books.windows:
            if window.step == "post":
                self.windows.setdefault(window.frame, []).append((window.booked_at, window.opens, window.closes))

    def note(self, rule: str, row: Row, what: str, expected: object = "", found: object = "") -> None:
        d, c = self.books.places.get(row.debit), self.books.places.get(row.credit)
        place = f"Postering nr. {row.id} ({d.code if d else '?'} post {row.debit_no} → {c.code if c else '?'} post {row.credit_no})"
        self.breaches.append(Breach(rule, place, what, expected, found))

    def check(self, row: Row, amount: int, d: Place, c: Place) -> None:
        """Holds one transfer to the rules, before the accounts have moved by it."""
        settled = None
        if row.id in self.books.referenced:
            self.origins[row.id] = row
        if row.booked_by not in self.books.people:
            self.note("booking_is_complete", row, "er bogført af en, der ikke er bruger", found=row.booked_by)
        if row.step in ("post", "void"):
            settled = self.settles(row)
        elif row.pending is not None:
            self.note("transfer_settling_names_its_pending", row, "afgør en anden, uden at det er en afgørelse", found=row.pending)
        if row.step == "pending":
            self.waiting[row.id] = row
        if settled is None:
            self.is_so_booked(row, amount, d, c)
        self.period(row, settled)
        if row.kind == "reversal":
            self.reversal(row)
        elif row.reverses is not None:
            self.note("transfer_reversal_names_what_it_reverses", row, "er ingen tilbageførsel, men tilbagefører", found=row.reverses)
        if row.replaces is not None:
            self.replacement(row, c)
        if row.step != "void":
            if row.kind == "disbursement":
                self.disbursement(row, d)
            elif row.kind == "repayment":
                self.repayment(row, d, c)
            elif row.kind == "lapse":
                self.lapse(row, amount, d)
        if row.step in ("single", "post"):
            self.years.moved(row, amount, d, c, self.origins.get(row.reverses or 0))

    def settles(self, row: Row) -> Row | None:
        """The pending row that this one approves or rejects, as it stands."""
        before = self.waiting.pop(row.pending or 0, None)
        if before is None:
            self.note("pending_is_settled_once", row, f"afgør nr. {row.pending}, som ikke venter på nogen")
            return None
        differs = [name for name in KEPT if getattr(row, name) != getattr(before, name)]
        if differs:
            self.note(
                "settling_changes_nothing",
                row,
                f"afgør nr. {before.id} med et andet indhold ({', '.join(differs)})",
                ", ".join(str(getattr(before, name)) for name in differs),
                ", ".join(str(getattr(row, name)) for name in differs),
            )
        if row.step == "post" and row.booked_by == before.booked_by:
            self.note("second_person_approves", row, f"er godkendt af den, der registrerede nr. {before.id}", "en anden person", f"bruger {row.booked_by}")
        if row.step == "void" and row.booked_by != before.booked_by and not row.text.strip(BLANK):
            self.note("rejection_has_a_reason", row, f"afviser nr. {before.id} uden en begrundelse")
        if row.value_date < before.value_date or (row.step == "void" and row.value_date != before.value_date):
            self.note(
                "approval_is_not_dated_before_registration", row, f"har en anden valørdato end nr. {before.id} tillader", before.value_date, row.value_date
            )
        return before

    def is_so_booked(self, row: Row, amount: int, d: Place, c: Place) -> None:
        """Kind, accounts, step, cause and voucher fit each other."""
        way = TREE.get(row.kind)
        if way is None or not way(d, c):
            self.note("money_moves_along_the_tree", row, f"»{row.kind}« går ikke fra {d.code} til {c.code}")
        if row.step not in ("single", "pending", "post", "void") or (row.kind in SINGLE_KINDS) != (row.step == "single"):
            self.note("transfer_step_fits_kind", row, f"»{row.kind}« bogføres ikke som »{row.step}«")
        if row.currency != "DKK":
            self.note("transfer_is_in_danish_kroner", row, "valuta", "DKK", row.currency)
        proven = len(row.voucher) == 64 and HEXADECIMAL.issuperset(row.voucher)
        if not proven and (row.voucher or row.kind in WITH_VOUCHER or row.cause in ("bank_returned", "bankruptcy")):
            self.note("transfer_has_the_voucher_it_needs", row, "mangler bilagets SHA-256", found=row.voucher or "intet")
        if row.cause not in CAUSES.get(row.kind, {""}):
            self.note("transfer_cause_fits_kind", row, f"»{row.kind}« sker ikke på grund af »{row.cause}«")
        if row.cause == "waived" and amount >= WAIVED_UNDER:
            self.note("transfer_write_off_is_small_or_a_bankruptcy", row, "krav, der er opgivet efter bagatelgrænsen", "under 500 kr.", row.amount)

    def period(self, row: Row, settled: Row | None) -> None:
        if row.period != row.value_date[:7] and not (
            row.value_date.endswith("-12-31") and row.period in (f"{row.value_date[:4]}-13.1", f"{row.value_date[:4]}-13.2")
        ):
            self.note("transfer_period_follows_the_value_date", row, f"valørdato {row.value_date} og periode hører ikke sammen", row.value_date[:7], row.period)
        if row.step == "void":
            if settled and row.period != settled.period:
                self.note("settling_changes_nothing", row, f"har en anden periode end nr. {settled.id}", settled.period, row.period)
            return
        closed, at = self.books.periods.get(row.period, (None, ""))
        if closed is None:
            self.note("period_exists", row, "periode, der ikke findes", found=row.period)
        elif closed and row.booked_at > at:
            self.note("period_is_open", row, f"er bogført i {row.period} efter lukningen", f"før {at}", row.booked_at)

    def reversal(self, row: Row) -> None:
        """The opposite of one transfer, whole, once, for a cause that fits; approved when it is booked anew only with its replacement."""
        origin = self.origins.get(row.reverses or 0)
        if origin is None or origin.id == row.id or origin.step not in ("single", "post") or origin.kind == "reversal":
            self.note("reversal_undoes_a_booked_transfer", row, "tilbagefører noget, der ikke har flyttet penge", found=row.reverses)
            return
        if (row.debit, row.credit, row.amount) != (origin.credit, origin.debit, origin.amount):
            self.note("reversal_is_the_whole_opposite", row, f"er ikke det modsatte af nr. {origin.id}", origin.amount, row.amount)
        if row.value_date < origin.value_date:
            self.note("reversal_is_not_dated_before_its_origin", row, f"har valør før nr. {origin.id}", origin.value_date, row.value_date)
        if origin.cause == "year_end" and row.step != "void" and row.value_date[:4] != origin.value_date[:4]:
            self.note(
                "year_end_lapse_is_reversed_in_its_year",
                row,
                f"tilbagefører årsbortfaldet nr. {origin.id} i et andet år",
                origin.value_date[:4],
                row.value_date,
            )
        if (origin.kind == "disbursement") != (row.cause in NOT_PAID):
            self.note("reversal_has_a_fitting_cause", row, f"»{origin.kind}« tilbageføres ikke på grund af »{row.cause}«")
        standing = self.reversed.get(origin.id)
        if row.step == "pending":
            if standing is not None:
                self.note("transfer_is_reversed_at_most_once", row, f"tilbagefører nr. {origin.id}, som nr. {standing} også tilbagefører")
            self.reversed[origin.id] = row.id
        elif row.step == "void":
            self.reversed.pop(origin.id, None)
        elif standing != row.pending:
            self.note("transfer_is_reversed_at_most_once", row, f"tilbagefører nr. {origin.id} igen", row.pending, standing)
        if row.step == "post":
            if row.cause == "booked_anew":
                self.anew[origin.id] = row
            if origin.kind == "lapse" and not origin.cause:
                self.books.places[origin.debit].lapses -= 1

    def replacement(self, row: Row, c: Place) -> None:
        """A disbursement booked anew: the same amount to the same organisation, approved with the reversal of what it replaces."""
        origin = self.origins.get(row.replaces or 0)
        holder = self.books.places[origin.credit].holder if origin and origin.credit in self.books.places else None
        if origin is None or row.kind != "disbursement" or origin.kind != "disbursement" or origin.amount != row.amount or holder != c.holder:
            self.note("booked_anew_inherits_one_payment", row, "arver ikke en lige så stor udbetaling til samme organisation", found=row.replaces)
            return
        if row.step == "post":
            reversal = self.anew.pop(origin.id, None)
            if reversal is None or reversal.booked_by != row.booked_by:
                self.note("booked_anew_settles_as_one", row, f"er godkendt uden tilbageførslen af nr. {origin.id}")

    def window(self, frame: int | None, at: str) -> tuple[str, str] | None:
        """First and last day of the window that held at a moment."""
        for since, opens, closes in reversed(self.windows.get(frame or 0, [])):
            if since < at:
                return opens, closes
        return None

    def disbursement(self, row: Row, d: Place) -> None:
        paid = self.inherited.get(row.replaces or 0, row.value_date)
        if row.id in self.books.referenced:
            self.inherited[row.id] = paid
        if row.step == "post" and d.parent is not None:
            days = self.paid.setdefault(d.parent.id, [paid, paid])
            days[:] = [min(days[0], paid), max(days[1], paid)]
        window = self.window(d.parent_id, row.booked_at)
        if window is None or not window[0] <= paid <= window[1]:
            self.note(
                "disbursement_is_inside_the_payment_window",
                row,
                "udbetaling uden for betalingsvinduet",
                f"{window[0]}–{window[1]}" if window else "et vindue, som to personer har besluttet",
                paid,
            )

    def repayment(self, row: Row, d: Place, c: Place) -> None:
        earmark = d.parent
        if earmark is None:
            return
        window = self.window(earmark.parent_id, row.booked_at)
        reusable = row.cause in REUSABLE and window is not None and window[0] <= row.value_date <= window[1] and earmark.lapses == 0
        destination = earmark.code if reusable else "treasury"
        if c.code != destination:
            self.note(
                "cause_decides_where_a_repayment_goes", row, f"tilbagebetaling på grund af »{row.cause}« er gået det forkerte sted hen", destination, c.code
            )

    def lapse(self, row: Row, amount: int, d: Place) -> None:
        window = self.window(d.parent_id, row.booked_at)
        if row.cause == "year_end":
            if not row.value_date.endswith("-12-31"):
                self.note("lapse_follows_the_window_or_year_end", row, "bortfald ved årets slutning", "31. december", row.value_date)
            left = self.years.unreturned(d, row.value_date[:4])
            if amount > left:
                self.note("year_end_returns_what_came_back", row, "bortfald ved årets slutning af mere, end der kom tilbage; i øre", f"højst {left}", amount)
        elif window is None or row.value_date <= window[1]:
            self.note(
                "lapse_follows_the_window_or_year_end",
                row,
                "bortfald, før betalingsvinduet er lukket",
                f"efter {window[1]}" if window else "et vindue, som to personer har besluttet",
                row.value_date,
            )
        if row.step == "post" and not row.cause:
            d.lapses += 1

    def end(self) -> None:
        """What is only known when every transfer has passed."""
        for origin, reversal in self.anew.items():
            self.note("booked_anew_settles_as_one", reversal, f"tilbagefører nr. {origin} for at bogføre den på ny, men ingen udbetaling arver betalingen")
        for frame, (earliest, latest) in self.paid.items():
            _, opens, closes = self.windows.get(frame, [("", "", "")])[-1]
            if earliest < opens or latest > closes:
                what = "betalingsvinduet er flyttet fra noget, der er betalt"
                self.breaches.append(
                    Breach("window_keeps_what_was_paid", self.books.places[frame].code, what, f"{earliest}–{latest} inden for", f"{opens}–{closes}")
                )
        self.breaches += self.years.end()
        for key in self.books.repeated_keys:
            self.breaches.append(Breach("key_books_one_thing", f"Nøgle {key}", "er brugt af flere posteringer"))
