"""A second bookkeeper, simpler than the books: whole øre in Counters, and every answer counted anew from the list of what happened.

It knows a frame with three earmarks: ada's and cia's money goes to one organisation, bo's must be passed on to local actors. It decides by itself
whether an act must be refused, and for which reasons; the books have to refuse for one of them, or to accept what it has no reason against.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

TREASURY, FRAME = "treasury", "frame:proeve"
EARMARKS = ("ada", "bo", "cia")
HOLDERS = {"grantee:ada": "fonden", "grantee:bo": "lift", "grantee:cia": "fonden", "local:bo/havnen": "havnen", "local:bo/lys": "lys"}
YEARS = range(2023, 2028)
PARTS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13.1", "13.2")
PERIODS = {f"{year}-{part}" for year in YEARS for part in PARTS}
SINGLE = ("repayment", "regrant", "regrant_returned")
VOUCHED = ("appropriation", "earmarking", "reallocation", "disbursement", "documented_use")
REUSABLE = ("error", "changed_conditions")
CAUSES = {"repayment": (*REUSABLE, "unspent", "disallowed", "other"), "lapse": ("", "year_end"), "write_off": ("waived", "bankruptcy")}
REVERSAL_CAUSES = ("error", "never_sent", "bank_returned", "booked_anew")


def _ways() -> Iterator[tuple[str, str, str]]:
    yield "appropriation", TREASURY, FRAME
    yield "release", FRAME, TREASURY
    for name in EARMARKS:
        earmark, grantee = f"earmark:{name}", f"grantee:{name}"
        yield "earmarking", FRAME, earmark
        yield "release", earmark, FRAME
        yield "disbursement", earmark, grantee
        yield "lapse", earmark, TREASURY
        yield "repayment", grantee, earmark
        yield "repayment", grantee, TREASURY
        yield "write_off", grantee, f"written-off:{name}"
        for other in EARMARKS:
            if other != name:
                yield "reallocation", earmark, f"earmark:{other}"
    for actor in ("local:bo/havnen", "local:bo/lys"):
        yield "regrant", "grantee:bo", actor
        yield "regrant_returned", actor, "grantee:bo"
        yield "documented_use", actor, "used:bo"
        yield "write_off", actor, "written-off:bo"
    yield "documented_use", "grantee:ada", "used:ada"
    yield "documented_use", "grantee:cia", "used:cia"


WAYS = tuple(_ways())
KINDS = (*dict.fromkeys(kind for kind, _, _ in WAYS), "reversal")
ACCOUNTS = tuple(dict.fromkeys(account for _, *pair in WAYS for account in pair))


@dataclass(frozen=True)
class Act:
    """What somebody asks of the books."""

    kind: str
    step: str
    debit: str
    credit: str
    oere: int
    day: date
    by: int
    period: str | None = None
    cause: str = ""
    reverses: int | None = None
    replaces: int | None = None
    settles: int | None = None
    vouched: bool = True
    text: str = ""

    @property
    def moves(self) -> bool:
        return self.step in ("single", "post")


@dataclass
class Bookkeeper:
    """`rows` holds what was accepted, in order; a row is known by its place there. `windows` holds the payment windows approved, the newest last."""

    rows: list[Act] = field(default_factory=list)
    windows: list[tuple[date, date]] = field(default_factory=list)
    closed: dict[str, int] = field(default_factory=dict)  # by whom

    # What there is

    def settlement(self, place: int) -> Act | None:
        return next((row for row in self.rows if row.settles == place), None)

    def waits(self, place: int) -> bool:
        return self.rows[place].step == "pending" and self.settlement(place) is None

    def debits(self, account: str) -> Counter[date]:
        return _by_day(row for row in self.rows if row.moves and row.debit == account)

    def credits(self, account: str) -> Counter[date]:
        return _by_day(row for row in self.rows if row.moves and row.credit == account)

    def reserved(self, account: str) -> Counter[date]:
        return _by_day(row for place, row in enumerate(self.rows) if row.debit == account and self.waits(place))

    def carried(self, account: str, day: date) -> int:
        """What could be spent when this day began."""
        return _before(self.credits(account), day) - _before(self.debits(account), day) - _before(self.reserved(account), day)

    def left(self, account: str, day: date = date.min) -> int:
        """What can be spent on this day without anybody lacking it on that day or later."""
        came, went, held = self.credits(account), self.debits(account), self.reserved(account)
        free = _before(came, day) - _before(went, day) - _before(held, day)
        least = None
        for each in sorted({day, *came, *went, *held}):
            if each >= day:
                free += came[each] - went[each] - held[each]
                least = free if least is None else min(least, free)
        return least or 0

    def reversed_on(self, place: int) -> date | None:
        return next((row.day for row in self.rows if row.reverses == place and row.step == "post"), None)

    def unreturned(self, earmark: str, year: int) -> int:
        """What came back into the earmark in this year and was neither paid out nor lapsed in it. A payment that was undone in the year does not count."""
        repaid, drawn = Counter[date](), Counter[date]()
        for place, row in enumerate(self.rows):
            undone = self.reversed_on(place)
            if row.kind == "repayment" and row.credit == earmark and undone is None:
                repaid[row.day] += row.oere
            if row.kind in ("disbursement", "lapse") and row.debit == earmark and row.step == "post" and (undone is None or undone.year > year):
                drawn[row.day] += row.oere
        rest = 0
        for day in sorted({*drawn, *repaid}):
            if day.year == year:
                rest = max(0, rest + repaid[day] - drawn[day])
        return rest

    def settled(self, year: int) -> tuple[int, ...]:
        """The frame settlement of one year: opening, granted, used, lapsed, closing, how much of that stands on the earmarks, and what went past the frame to the treasury."""
        granted = used = lapsed = past = 0
        for row in self.rows:
            if row.moves and row.day.year == year:
                kind, sign = (row.kind, 1) if row.reverses is None else (self.rows[row.reverses].kind, -1)
                between = {row.debit, row.credit}
                if TREASURY in between and FRAME in between:
                    granted += row.oere if row.credit == FRAME else -row.oere
                elif kind == "lapse":
                    lapsed += sign * row.oere
                elif kind == "disbursement":
                    used += sign * row.oere
                elif kind == "repayment" and TREASURY in between:
                    past += sign * row.oere
                elif kind == "repayment":
                    used -= sign * row.oere
        opening, closing = (sum(self._balance(code, until) for code in (FRAME, *(f"earmark:{name}" for name in EARMARKS))) for until in (year, year + 1))
        assert opening + granted - used - lapsed == closing
        return opening, granted, used, lapsed, closing, closing - self._balance(FRAME, year + 1), past

    def _balance(self, account: str, before: int) -> int:
        """What stands on an account when a year begins."""
        return _before(self.credits(account), date(before, 1, 1)) - _before(self.debits(account), date(before, 1, 1))

    def goes_to(self, grantee: str, cause: str, day: date) -> str:
        """Where a repayment goes."""
        earmark = f"earmark:{grantee.partition(':')[2]}"
        lapsed = any(
            row.kind == "lapse" and row.debit == earmark and row.step == "post" and not row.cause and self.reversed_on(place) is None
            for place, row in enumerate(self.rows)
        )
        return earmark if cause in REUSABLE and self.opened(day) and not lapsed else TREASURY

    def opened(self, day: date) -> bool:
        return bool(self.windows) and self.windows[-1][0] <= day <= self.windows[-1][1]

    def paid_on(self, act: Act) -> date:
        """Its own day, or that of the payment it inherits, however often that was booked anew."""
        return act.day if act.replaces is None else self.paid_on(self.rows[act.replaces])

    def replacement(self, origin: int | None) -> int | None:
        """The disbursement that waits to inherit this payment."""
        return next((place for place, row in enumerate(self.rows) if origin is not None and row.replaces == origin and self.waits(place)), None)

    # What must be refused, and why

    def against(self, act: Act) -> set[str]:
        """Every reason to refuse this booking."""
        why = {*self._against_form(act), *self._against_period(act.period or f"{act.day:%Y-%m}", act.day), *self._against_dates(act, fresh=True)}
        if act.kind == "reversal":
            why |= self._against_reversing(act)
        if act.kind == "disbursement" and act.replaces is not None:
            why |= self._against_inheriting(act)
        gives_back = act.kind == "reversal" and act.reverses is not None and self.rows[act.reverses].kind != "repayment"
        if act.debit.startswith("earmark:") and (act.kind in ("release", "reallocation") or gives_back):
            kept = sum(self.unreturned(act.debit, year) for year in YEARS)
            if kept and act.oere > self.left(act.debit, date.max) - kept:
                why.add("repaid_money_stays_in_its_earmark")
        if act.debit != TREASURY and act.debit != act.credit:
            if act.oere > self.left(act.debit, date.max):
                why.add("account_limit_debits_never_exceed_credits")
            if act.oere > self.left(act.debit, act.day):
                why.add("day_limit_debits_never_exceed_credits")
        return why

    def _against_form(self, act: Act) -> Iterator[str]:
        if act.oere <= 0:
            yield "transfer_amount_is_positive_and_whole_oere"
        if act.debit == act.credit:
            yield "accounts_exist"
        if act.kind != "reversal" and (act.kind, act.debit, act.credit) not in WAYS:
            yield "money_moves_along_the_tree"
        if act.step != ("single" if act.kind in SINGLE else "pending"):
            yield "transfer_step_fits_kind"
        if not act.vouched and (act.kind in VOUCHED or act.cause in ("bank_returned", "bankruptcy")):
            yield "transfer_has_the_voucher_it_needs"
        if act.kind != "reversal" and act.cause not in CAUSES.get(act.kind, ("",)):
            yield "transfer_cause_fits_kind"
        if (act.kind, act.cause) == ("write_off", "waived") and act.oere >= 500_00:
            yield "transfer_write_off_is_small_or_a_bankruptcy"
        if act.kind != "reversal" and act.reverses is not None:
            yield "transfer_reversal_names_what_it_reverses"
        if act.kind != "disbursement" and act.replaces is not None:
            yield "transfer_only_a_disbursement_replaces"

    def _against_period(self, period: str, day: date) -> Iterator[str]:
        if period not in PERIODS:
            yield "period_exists"
        if period in self.closed:
            yield "period_is_open"
        last_day = (day.month, day.day) == (12, 31)
        if period != f"{day:%Y-%m}" and not (last_day and period in (f"{day:%Y}-13.1", f"{day:%Y}-13.2")):
            yield "transfer_period_follows_the_value_date"

    def _against_dates(self, act: Act, *, fresh: bool) -> Iterator[str]:
        """What binds a payment, a repayment or a lapse to its dates. `fresh`: registered, or approved in another year than registered."""
        if act.kind in ("disbursement", "lapse") and not self.windows:
            yield "frame_has_a_payment_window"
        if act.kind == "disbursement":
            if not self.opened(self.paid_on(act)):
                yield "disbursement_is_inside_the_payment_window"
            if fresh and any(self.unreturned(act.debit, year) for year in YEARS if year < act.day.year):
                yield "repaid_money_is_used_in_its_year"
        if act.kind == "reversal" and act.reverses is not None:
            origin = self.rows[act.reverses]
            if origin.cause == "year_end" and origin.day.year != act.day.year:
                yield "year_end_lapse_is_reversed_in_its_year"
        if act.kind == "repayment" and act.credit != self.goes_to(act.debit, act.cause, act.day):
            yield "cause_decides_where_a_repayment_goes"
        if act.kind == "lapse" and act.cause == "year_end":
            if (act.day.month, act.day.day) != (12, 31):
                yield "lapse_follows_the_window_or_year_end"
            if act.oere > self.unreturned(act.debit, act.day.year):
                yield "year_end_returns_what_came_back"
        elif act.kind == "lapse" and self.windows and act.day <= self.windows[-1][1]:
            yield "lapse_follows_the_window_or_year_end"

    def _against_reversing(self, act: Act) -> set[str]:
        origin = self.rows[act.reverses] if act.reverses is not None else None
        if origin is None or not origin.moves or origin.kind == "reversal":
            return {"reversal_undoes_a_booked_transfer"}
        why = set()
        if (act.debit, act.credit, act.oere) != (origin.credit, origin.debit, origin.oere):
            why.add("reversal_is_the_whole_opposite")
        if act.day < origin.day:
            why.add("reversal_is_not_dated_before_its_origin")
        if act.cause not in (REVERSAL_CAUSES[1:] if origin.kind == "disbursement" else REVERSAL_CAUSES[:1]):
            why.add("reversal_has_a_fitting_cause")
        if self.reversed_on(act.reverses) or any(row.reverses == act.reverses and self.waits(place) for place, row in enumerate(self.rows)):
            why.add("transfer_is_reversed_at_most_once")
        return why

    def _against_inheriting(self, act: Act) -> set[str]:
        origin = self.rows[act.replaces]
        beside = any(row.reverses == act.replaces and row.cause == "booked_anew" and self.waits(place) for place, row in enumerate(self.rows))
        same = origin.kind == "disbursement" and origin.oere == act.oere and HOLDERS.get(origin.credit) == HOLDERS.get(act.credit)
        return set() if beside and same and self.replacement(act.replaces) is None else {"booked_anew_inherits_one_payment"}

    def against_settling(self, place: int, step: str, by: int, day: date | None = None, period: str | None = None, text: str = "") -> set[str]:
        """Every reason to refuse that this row is approved (post) or rejected (void)."""
        row = self.rows[place]
        if row.step != "pending":
            return {"settling_names_a_pending"}
        why = set()
        if not self.waits(place):
            why.add("pending_is_settled_once")
        if row.replaces is not None:
            why.add("booked_anew_settles_as_one")
        heir = self.replacement(row.reverses) if row.cause == "booked_anew" else None
        if step == "void" and not text.strip() and any(self.rows[each].by != by for each in (place, heir) if each is not None):
            why.add("rejection_has_a_reason")
        if step == "post":
            why |= self._against_approving(row, by, day or row.day, period)
            if row.cause == "booked_anew":
                if heir is None:
                    why.add("booked_anew_settles_as_one")
                else:
                    after = Bookkeeper([*self.rows, replace(row, step="post", settles=place, day=day or row.day)], self.windows, self.closed)
                    why |= after._against_approving(self.rows[heir], by, max(self.rows[heir].day, day or row.day), None)
        return why

    def _against_approving(self, row: Act, by: int, day: date, period: str | None) -> set[str]:
        posted = self.posted(row, day, period)
        why = {*self._against_period(posted.period or "", day), *self._against_dates(posted, fresh=day.year != row.day.year)}
        if by == row.by:
            why.add("second_person_approves")
        if day < row.day:
            why.add("approval_is_not_dated_before_registration")
        return why

    def against_window(self, opens: date, closes: date) -> set[str]:
        """Every reason to refuse that this window comes into force."""
        outside = any(row.kind == "disbursement" and row.step == "post" and row.replaces is None and not opens <= row.day <= closes for row in self.rows)
        return {"window_keeps_what_was_paid"} if outside else set()

    def against_closing(self, period: str, by: int) -> set[str]:
        if period in self.closed:
            return set() if self.closed[period] == by else {"period_is_open"}
        why = set()
        if any(other not in self.closed for other in PERIODS if other[:4] == period[:4] and other < period):
            why.add("periods_close_in_order")
        if period.endswith("13.2") and any(self.unreturned(f"earmark:{name}", int(period[:4])) for name in EARMARKS):
            why.add("year_closes_when_nothing_is_unreturned")
        return why

    # What then happens

    def book(self, act: Act) -> int:
        self.rows.append(replace(act, period=act.period or f"{act.day:%Y-%m}"))
        return len(self.rows) - 1

    def settle(self, place: int, step: str, by: int, day: date | None = None, period: str | None = None, text: str = "") -> list[int]:
        """Writes the settling row, and the one of the disbursement that is settled with it."""
        row, places = self.rows[place], []
        heir = self.replacement(row.reverses) if row.cause == "booked_anew" else None
        for each in (place, heir):
            if each is not None:
                before = self.rows[each]
                on = before.day if step == "void" else (day or row.day) if each == place else max(before.day, day or row.day)
                settled = before if step == "void" else self.posted(before, on, period if each == place else None)
                self.rows.append(replace(settled, step=step, by=by, settles=each, text=text if step == "void" else text or before.text))
                places.append(len(self.rows) - 1)
        return places

    def posted(self, row: Act, day: date, period: str | None) -> Act:
        return replace(row, day=day, period=period or (row.period if day == row.day else f"{day:%Y-%m}"))


def _by_day(rows: Iterable[Act]) -> Counter[date]:
    sums = Counter[date]()
    for row in rows:
        sums[row.day] += row.oere
    return sums


def _before(sums: Counter[date], day: date) -> int:
    return sum(oere for each, oere in sums.items() if each < day)
