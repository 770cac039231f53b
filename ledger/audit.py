"""Recomputes the books from the transfers alone, and tells every place where they say something else.

Streams: a million transfers pass one by one, and what is kept is a little for each account, each waiting registration and each reversed transfer.
What somebody rebuilt whole, chain and all, the books alone cannot show: keep the heads (`heads`) elsewhere, and hold a later audit against them.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from ledger import audit_books, formats
from ledger.audit_books import BLANK, Books, Breach, Place, Row, WindowRow
from ledger.audit_rules import Rules, oere
from ledger.canonical import digest

PROGRESS_EVERY = 50_000
CHILDREN = {
    "frame": ("treasury", "frame:"),
    "earmark": ("frame", "earmark:"),
    "grantee": ("earmark", "grantee:"),
    "used": ("earmark", "used:"),
    "written_off": ("earmark", "written-off:"),
    "local": ("grantee", "local:"),
}


class Audit:
    """One audit. Iterate over `breaches()`; afterwards `transfers` is how many were read and `heads()` what the books stood at."""

    def __init__(self, against: dict[str, Any] | None = None) -> None:
        self.against = against
        self.transfers = 0
        self.newest = 0
        """the number of the last transfer that was read"""

    def breaches(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Breach]:
        """Reads everything in one snapshot. `progress` is told how many of how many now and then."""
        with audit_books.snapshot():
            self.books = Books.read()
            self.rules = Rules(self.books)
            self.found = self.rules.breaches
            self.saved = Saved(self.against) if self.against else None
            for place in self.books.places.values():
                self.place(place)
            self.windows()
            self.periods()
            yield from self.tell()
            for row in audit_books.transfers():
                self.transfers += 1
                self.newest = row.id
                self.transfer(row)
                if self.found:
                    yield from self.tell()
                if progress and self.transfers % PROGRESS_EVERY == 0:
                    progress(self.transfers, self.books.transfers)
            self.totals()
            self.days()
            self.rules.end()
            if self.saved:
                self.found += self.saved.end(self.books)
            yield from self.tell()

    def tell(self) -> Iterator[Breach]:
        yield from self.found
        self.found.clear()

    def heads(self) -> dict[str, Any]:
        """What to keep elsewhere: of each account and each frame's windows how far they had come, and the digest that stood there."""
        windows: dict[str, dict[str, Any]] = {}
        for window in self.books.windows:
            windows[self.code(window.frame)] = {"window": window.id, "head": window.digest}
        return {
            "transfers": self.transfers,
            "accounts": {place.code: {"entries": place.entries, "head": place.head} for place in self.books.places.values()},
            "windows": windows,
        }

    def code(self, account: int) -> str:
        place = self.books.places.get(account)
        return place.code if place else f"konto nr. {account}"

    # One transfer

    def transfer(self, row: Row) -> None:
        d, c = self.books.places.get(row.debit), self.books.places.get(row.credit)
        if d is None or c is None or d is c:
            self.rules.note("accounts_exist", row, "har ikke to forskellige konti, der findes")
            return
        try:
            amount = oere(row.amount)
        except ValueError:
            amount = 0
        if not 0 < amount < 10**14:
            self.rules.note("transfer_amount_is_positive_and_whole_oere", row, "er ikke et beløb over 0 kr. i hele øre", found=row.amount)
        self.chain(row, d, c)
        moved = amount if row.step in ("single", "post") else 0
        reserved = amount if row.step == "pending" else -amount if row.step in ("post", "void") else 0
        before = self.rules.waiting.get(row.pending or 0)
        self.rules.check(row, amount, d, c)
        d.debits += moved
        d.reserved += reserved
        c.credits += moved
        if d.capped:
            self.limit(row, d)
            if reserved:
                _day(d, before.value_date if before and reserved < 0 else row.value_date)[2] += reserved
            _day(d, row.value_date)[1] += moved
        if c.capped and moved:
            _day(c, row.value_date)[0] += moved
        self.entry(row, d, row.debit_no, row.debit_balance)
        self.entry(row, c, row.credit_no, row.credit_balance)

    def chain(self, row: Row, d: Place, c: Place) -> None:
        """The digest over both heads and the row. After a breach the chain is followed from what stands, so that one change is told once."""
        expected = digest(
            [
                d.head, c.head, row.id, row.key, row.kind, row.step, row.pending, row.reverses, row.replaces, row.cause, d.code, c.code,
                row.amount, row.currency, row.value_date, row.period, row.booked_at, row.booked_by, row.text, row.case_number, row.voucher,
                row.debit_no, row.credit_no, row.debit_balance, row.credit_balance,
            ]
        )  # fmt: skip
        if row.digest != expected:
            first = " eller en kontos stamdata" if 1 in (row.debit_no, row.credit_no) else ""
            self.rules.note("chain_of_digests_is_unbroken", row, f"er ændret, eller også er posten før den{first}; kontrolsum", expected, row.digest)
        d.head = c.head = row.digest

    def limit(self, row: Row, d: Place) -> None:
        excess = d.debits + d.reserved - d.credits
        if excess > max(0, d.excess):
            self.rules.note(
                "account_limit_debits_never_exceed_credits",
                row,
                f"bringer {d.code} over loftet; brugt og reserveret",
                f"højst {_kr(d.credits)}",
                _kr(d.debits + d.reserved),
            )
        d.excess = excess

    def entry(self, row: Row, place: Place, number: int, balance: str) -> None:
        """The account's entries are numbered without gaps, and each says what the balance was after it."""
        place.entries += 1
        if number != place.entries:
            self.rules.note("entries_are_numbered_without_gaps", row, f"{place.code}: postnummer", place.entries, number)
            place.entries = number
        try:
            drift = oere(balance) - (place.credits - place.debits)
        except ValueError:
            drift = 1
        if drift != place.drift:
            self.rules.note(
                "balance_follows_from_the_entries", row, f"{place.code}: saldo efter posten", _kr(place.credits - place.debits + place.drift), balance
            )
            place.drift = drift
        if self.saved:
            self.found += self.saved.passed(place, row.digest)

    # The accounts and what stands beside them

    def place(self, place: Place) -> None:
        """The account stands where its kind may stand."""
        parent = place.parent
        if place.kind == "treasury":
            right = place.parent_id is None and place.code == "treasury" and not place.capped
        else:
            above, prefix = CHILDREN.get(place.kind, ("", "?"))
            tail, over = place.code.partition(":")[2], parent.code.partition(":")[2] if parent else ""
            named = {"grantee": tail == over, "used": tail == over, "written_off": tail == over, "local": tail.partition("/")[0] == over}.get(place.kind, True)
            right = parent is not None and parent.kind == above and place.code.startswith(prefix) and named and place.capped
            right = right and (place.kind not in ("grantee", "local") or bool(place.holder))
            right = right and (place.kind != "grantee" or place.passes_on == (parent is not None and parent.passes_on))
            right = right and (place.kind != "local" or (parent is not None and parent.passes_on and place.holder != parent.holder))
        if not right or not place.name or place.currency != "DKK" or (place.passes_on and place.kind not in ("earmark", "grantee")):
            self.found.append(Breach("account_has_its_place_in_the_tree", place.code, "står ikke, hvor en konto af sin art kan stå"))

    def totals(self) -> None:
        """What each account says about itself is what its transfers add up to."""
        for place in self.books.places.values():
            for rule, what, computed, says in (
                ("account_totals_follow_from_the_transfers", "debet bogført", place.debits, place.says.debits),
                ("account_totals_follow_from_the_transfers", "kredit bogført", place.credits, place.says.credits),
                ("account_totals_follow_from_the_transfers", "debet reserveret", place.reserved, place.says.reserved),
            ):
                if not _same(computed, says):
                    self.found.append(Breach(rule, place.code, what, _kr(computed), says))
            if place.entries != place.says.entries:
                self.found.append(Breach("entries_are_numbered_without_gaps", place.code, "antal poster", place.entries, place.says.entries))
            if place.head != place.says.head:
                what = "nyeste kontrolsum" if place.entries else "er uden poster, og stamdata er ikke dem, som kontoen blev åbnet med; kontrolsum"
                self.found.append(Breach("chain_of_digests_is_unbroken", place.code, what, place.head, place.says.head))

    def days(self) -> None:
        """Each account's days, what is carried into them, and the limit on every value date."""
        carried = {place.id: _carried(place) for place in self.books.places.values() if place.capped}
        for place in self.books.places.values():
            for day, before in carried.get(place.id, {}).items():
                into, out, reserved = place.days[day]
                if before + into < out + reserved:
                    found = f"{_kr(out + reserved)} af {_kr(before + into)}"
                    self.found.append(
                        Breach("day_limit_debits_never_exceed_credits", place.code, f"over loftet på valørdato {day}", "højst det, der er", found)
                    )
        for account, day, *says in audit_books.days():
            start = carried.get(account, {}).pop(day, None)
            if start is None:
                self.found.append(Breach("days_follow_from_the_transfers", self.code(account), f"en dag uden posteringer: {day}"))
                continue
            for what, computed, text in zip(
                ("overført til", "kredit", "debet", "reserveret"), (start, *self.books.places[account].days[day]), says, strict=True
            ):
                if not _same(computed, text):
                    self.found.append(Breach("days_follow_from_the_transfers", self.code(account), f"{what} {day}", _kr(computed), text))
        for account, rest in carried.items():
            self.found += [Breach("days_follow_from_the_transfers", self.code(account), f"dagen {day} mangler") for day in rest]

    def windows(self) -> None:
        """Payment windows: a chain for each frame, two persons, settled once and unchanged."""
        heads: dict[int, str] = {}
        waiting: dict[int, WindowRow] = {}
        for row in self.books.windows:
            place = f"Betalingsvindue nr. {row.id} ({self.code(row.frame)})"
            expected = digest(
                [
                    heads.get(row.frame, ""), row.id, row.key, row.step, row.pending, self.code(row.frame),
                    row.opens, row.closes, row.booked_at, row.booked_by, row.text, row.voucher,
                ]
            )  # fmt: skip
            if row.digest != expected:
                self.found.append(Breach("chain_of_digests_is_unbroken", place, "er ændret, eller også er vinduet før det; kontrolsum", expected, row.digest))
            heads[row.frame] = row.digest
            if self.saved:
                self.found += self.saved.passed_window(row, place)
            if row.closes < row.opens:
                self.found.append(Breach("window_ends_after_it_begins", place, "slutter, før det begynder", row.opens, row.closes))
            if row.step == "pending":
                waiting[row.id] = row
                continue
            before = waiting.pop(row.pending or 0, None)
            if before is None:
                self.found.append(Breach("pending_is_settled_once", place, f"afgør nr. {row.pending}, som ikke venter på nogen"))
            elif (before.frame, before.opens, before.closes, before.voucher) != (row.frame, row.opens, row.closes, row.voucher):
                found = f"{row.opens}–{row.closes}"
                self.found.append(Breach("settling_changes_nothing", place, f"afgør nr. {before.id} anderledes", f"{before.opens}–{before.closes}", found))
            elif row.step == "post" and before.booked_by == row.booked_by:
                self.found.append(Breach("second_person_approves", place, "er godkendt af den, der foreslog det", "en anden person", f"bruger {row.booked_by}"))
            elif row.step == "void" and before.booked_by != row.booked_by and not row.text.strip(BLANK):
                self.found.append(Breach("rejection_has_a_reason", place, f"afviser nr. {before.id} uden en begrundelse"))

    def periods(self) -> None:
        for code, (closed, _) in self.books.periods.items():
            later = [other for other, (shut, _) in self.books.periods.items() if shut and other > code and other[:4] == code[:4]]
            if not closed and later:
                self.found.append(Breach("periods_close_in_order", f"Periode {code}", "er åben, selv om senere perioder er lukket", "lukket", min(later)))


class At(NamedTuple):
    """Where an account stood when its head was saved."""

    entries: int
    head: str


class Saved:
    """Heads that were saved earlier: each is to be found at its place, since history is only added to."""

    def __init__(self, heads: dict[str, Any]) -> None:
        self.accounts = {code: At(saved["entries"], saved["head"]) for code, saved in heads["accounts"].items()}
        self.windows = {saved["window"]: saved["head"] for saved in heads["windows"].values()}

    def passed(self, place: Place, head: str) -> list[Breach]:
        at = self.accounts.get(place.code)
        if at is None or at.entries != place.entries:
            return []
        del self.accounts[place.code]
        if at.head == head:
            return []
        return [Breach("history_is_only_added_to", place.code, f"kontrolsummen efter post {at.entries} er ikke den, der blev gemt", at.head, head)]

    def passed_window(self, row: WindowRow, place: str) -> list[Breach]:
        head = self.windows.pop(row.id, row.digest)
        return [] if head == row.digest else [Breach("history_is_only_added_to", place, "kontrolsummen er ikke den, der blev gemt", head, row.digest)]

    def end(self, books: Books) -> list[Breach]:
        """What was saved and did not pass."""
        missing = [
            Breach("history_is_only_added_to", f"Betalingsvindue nr. {number}", "var der, da kontrolsummen blev gemt, og er der ikke mere")
            for number in self.windows
        ]
        opened = {place.code: place.genesis for place in books.places.values()}
        for code, at in self.accounts.items():
            if at.entries or code not in opened:
                missing.append(Breach("history_is_only_added_to", code, f"post {at.entries} var der, da kontrolsummen blev gemt, og er der ikke mere"))
            elif opened[code] != at.head:
                missing.append(Breach("history_is_only_added_to", code, "kontoens stamdata er ikke dem, der blev gemt", at.head, opened[code]))
        return missing


def _day(place: Place, day: str) -> list[int]:
    return place.days.setdefault(day, [0, 0, 0])


def _carried(place: Place) -> dict[str, int]:
    """What could be spent when each of the account's days began, oldest first."""
    carried, starts = 0, {}
    for day in sorted(place.days):
        starts[day] = carried
        into, out, reserved = place.days[day]
        carried += into - out - reserved
    return starts


def _same(computed: int, says: str) -> bool:
    try:
        return oere(says) == computed
    except ValueError:
        return False


def _kr(amount: int) -> str:
    return formats.kroner(Decimal(amount).scaleb(-2))
