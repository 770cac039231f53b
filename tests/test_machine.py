"""Random work on the books, checked act by act against the second bookkeeper."""

import json
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar

from django.db import connection, transaction
from djmoney.money import Money
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from ensomhed.models import User
from initiatives import paper, vouchers, years
from initiatives.models import Agreement, Frame
from ledger import booking
from ledger.kinds import AccountKind, Kind, Step
from ledger.models import Account, Day, Transfer
from ledger.refusals import LedgerError
from tests.bookkeeper import ACCOUNTS, CAUSES, EARMARKS, FRAME, HOLDERS, KINDS, PARTS, REUSABLE, REVERSAL_CAUSES, SINGLE, TREASURY, WAYS, YEARS, Act, Bookkeeper
from tests.oere import TELLING, to_kroner, to_oere

MOVES = [(*way, cause) for way in WAYS for cause in CAUSES.get(way[0], ("",))]
START = date(2023, 1, 1)
DAYS = [date(2023, 3, 14), date(2023, 3, 15), date(2023, 3, 16), date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2025, 12, 31), date(2026, 1, 1)]
OUTSIDE = [date(2022, 12, 31), date(2028, 1, 1)]
TEXTS = ["", "1. rate", 'Åse "siger" \\ nej\n\t\x01\x7f', "😀\u2028"]

Way = tuple[str, str, str, str]
T = TypeVar("T")

kinds, days, people, picks = st.sampled_from(KINDS[:-1]), st.sampled_from(DAYS), st.integers(0, 2), st.integers(0, 2**16)
met = Counter[str]()  # how often each rule refused, and "" accepted; what settles a registration is counted on its own


class TwoBookkeepers(RuleBasedStateMachine):
    """Whatever is asked, both answer alike; and after every act both books say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.people = list(User.objects.filter(username__in=["sofie", "søren", "anders"]))
        self.voucher = vouchers.keep(self.people[0], paper.pdf(["a document"]), "bilag.pdf").sha256
        self.other = Bookkeeper()
        self.transfers: list[Transfer] = []
        self.asked: list[tuple[Act, uuid.UUID]] = []
        self.accounts = self._open_accounts()
        self.heads = {code: account.head for code, account in self.accounts.items()}
        self.opening = self._balances()
        agreement = Agreement.objects.get()
        self.frame = Frame.objects.create(
            slug="proeve", agreement=agreement, amount=agreement.stated_sum, starts=START, ends=START, account=self.accounts[FRAME]
        )

    def _open_accounts(self) -> dict[str, Account]:
        accounts = {TREASURY: Account.objects.get(code=TREASURY)}

        def add(code: str, kind: AccountKind, parent: str, passes_on: bool = False) -> None:
            accounts[code] = booking.open_account(code, code, kind, parent=accounts[parent], holder=HOLDERS.get(code, ""), passes_on=passes_on)

        add(FRAME, AccountKind.FRAME, TREASURY)
        for name in EARMARKS:
            add(f"earmark:{name}", AccountKind.EARMARK, FRAME, passes_on=name == "bo")
            add(f"grantee:{name}", AccountKind.GRANTEE, f"earmark:{name}", passes_on=name == "bo")
            add(f"used:{name}", AccountKind.USED, f"earmark:{name}")
            add(f"written-off:{name}", AccountKind.WRITTEN_OFF, f"earmark:{name}")
        for actor in ("local:bo/havnen", "local:bo/lys"):
            add(actor, AccountKind.LOCAL, "grantee:bo")
        return accounts

    def _balances(self) -> dict[str, tuple[int, int, int, int]]:
        rows = Account.objects.filter(code__in=self.accounts).values_list("code", "credits_posted", "debits_posted", "debits_pending", "entry_count")
        return {code: (to_oere(came), to_oere(went), to_oere(held), count) for code, came, went, held, count in rows}

    def teardown(self) -> None:
        try:
            self.they_settle_the_frame_alike()
        finally:
            self.leave()

    def leave(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    # Both are asked

    def ask(self, why: set[str], deed: Callable[[], Any], about: str = "") -> Any:
        """The answer of the books, which must be the second bookkeeper's: nothing when it is a refusal."""
        answer, refusal = None, ""
        try:
            with transaction.atomic():
                answer = deed()
                connection.check_constraints()
        except LedgerError as error:
            refusal = error.rule
        met[about + refusal] += 1
        assert refusal in (why or {""}), f"the books answer {refusal or 'yes'}, the second bookkeeper {why or 'yes'}"
        return answer

    def book(self, act: Act) -> int | None:
        key = uuid.uuid4()
        transfer = self.ask(self.other.against(act), lambda: self._book(act, key))
        if transfer is None:
            return None
        self.asked.append((act, key))
        self.transfers.append(transfer)
        return self.other.book(act)

    def _book(self, act: Act, key: uuid.UUID) -> Transfer:
        return booking.book(
            self.people[act.by],
            Kind(act.kind),
            Step(act.step),
            debit=self.accounts[act.debit],
            credit=self.accounts[act.credit],
            amount=Money(Decimal(act.oere) / 100, "DKK"),
            value_date=act.day,
            key=key,
            period=act.period,
            cause=act.cause,
            reverses=None if act.reverses is None else self.transfers[act.reverses],
            replaces=None if act.replaces is None else self.transfers[act.replaces],
            voucher_sha256=self.voucher if act.vouched else "",
            text=act.text,
        )

    def settle(self, place: int, step: str, by: int, day: date | None = None, period: str | None = None, text: str = "") -> None:
        pending, key = self.transfers[place], uuid.uuid4()

        def deed() -> Transfer:
            if step == "void":
                return booking.void(self.people[by], pending, key=key, text=text)
            return booking.post(self.people[by], pending, key=key, value_date=day, period=period, text=text)

        transfer = self.ask(self.other.against_settling(place, step, by, day, period, text), deed, about="settling: ")
        if transfer is not None:
            places = self.other.settle(place, step, by, day, period, text)
            self.transfers += [transfer, *Transfer.objects.filter(pk__gt=transfer.pk)]
            assert len(self.transfers) == places[-1] + 1

    def _pick(self, these: list[T], pick: int) -> T:
        return these[pick % len(these)]

    def _waiting(self) -> list[int]:
        return [place for place in range(len(self.transfers)) if self.other.waits(place)]

    @initialize(closes=st.sampled_from([None, *[date(2023, 12, 31), date(2025, 12, 31)] * 3]))
    def the_agreement(self, closes: date | None) -> None:
        """A frame of 900 kr. and 200 kr. for each earmark; with a window also 100 kr. for each grantee, of which bo passes some on and ada pays 10 kr. back."""
        self._two_persons(("appropriation", TREASURY, FRAME, ""), 90_000, START)
        for name in EARMARKS:
            self._two_persons(("earmarking", FRAME, f"earmark:{name}", ""), 20_000, START)
        if closes is None:
            return
        self.a_window_is_decided(START, closes, 0, 1, True)
        for name in EARMARKS:
            self._two_persons(("disbursement", f"earmark:{name}", f"grantee:{name}", ""), 10_000, START)
        for actor in ("local:bo/havnen", "local:bo/lys"):
            self._two_persons(("regrant", "grantee:bo", actor, ""), 4_000, DAYS[1])
        self._two_persons(("repayment", "grantee:ada", "earmark:ada", "error"), 1_000, DAYS[2])
        self._two_persons(("disbursement", "earmark:ada", "grantee:ada", ""), 1, DAYS[-1])  # too late

    def _two_persons(self, way: Way, amount: int, day: date, by: int = 0, text: str = "", approve: bool = True, period: str | None = None) -> None:
        """Registers, and has the next person approve what needs two."""
        kind, debit, credit, cause = way
        step = "single" if kind in SINGLE else "pending"
        if kind == "repayment":
            credit = self.other.goes_to(debit, cause, day)
        place = self.book(Act(kind, step, debit, credit, amount, day, by, cause=cause, text=text, period=period))
        if place is not None and step == "pending" and approve:
            self.settle(place, "post", (by + 1) % 3)

    def _way(self, kind: str, pick: int) -> Way:
        """One of the ways of this kind; one that has money to move, if there is any."""
        ways = [way for way in MOVES if way[0] == kind]
        return self._pick([way for way in ways if way[1] == TREASURY or self.other.left(way[1])] or ways, pick)

    @rule(kind=kinds, pick=picks, amount=st.integers(1, 6_000), day=days, by=people, approve=st.booleans(), text=st.sampled_from(TEXTS))
    def money_moves(self, kind: str, pick: int, amount: int, day: date, by: int, approve: bool, text: str) -> None:
        self._two_persons(self._way(kind, pick), amount, day, by, text, approve)

    @rule(kind=kinds.filter(lambda kind: kind != "appropriation"), pick=picks, oere_more=st.integers(0, 1), day=days, by=people, approve=st.booleans())
    def all_of_it_or_one_oere_more(self, kind: str, pick: int, oere_more: int, day: date, by: int, approve: bool) -> None:
        way = self._way(kind, pick)
        self._two_persons(way, self.other.left(way[1], day) + oere_more, day, by, approve=approve)

    @rule(pick=picks, oere_more=st.integers(0, 1), part=st.none() | st.sampled_from(PARTS[-3:]), by=people)
    def what_came_back_lapses_at_year_end(self, pick: int, oere_more: int, part: str | None, by: int) -> None:
        places = [(name, year) for name in EARMARKS for year in YEARS]
        name, year = self._pick([place for place in places if self.other.unreturned(f"earmark:{place[0]}", place[1])] or places, pick)
        amount = self.other.unreturned(f"earmark:{name}", year) + oere_more
        self._two_persons(("lapse", f"earmark:{name}", TREASURY, "year_end"), amount, date(year, 12, 31), by, period=part and f"{year}-{part}")

    @precondition(lambda self: self._waiting())
    @rule(pick=picks, step=st.sampled_from(["post", "post", "void"]), persons_on=st.integers(0, 2), day=st.none() | days, text=st.sampled_from(["", *TEXTS]))
    def a_registration_is_decided(self, pick: int, step: str, persons_on: int, day: date | None, text: str) -> None:
        """By the one who registered it, or by another."""
        place = self._pick(self._waiting(), pick)
        self.settle(place, step, (self.other.rows[place].by + persons_on) % 3, day, text=text)

    @rule(pick=picks, step=st.sampled_from(["post", "void"]), by=people, day=st.none() | days, part=st.none() | st.sampled_from(PARTS[-3:]))
    def somebody_settles_anything(self, pick: int, step: str, by: int, day: date | None, part: str | None) -> None:
        place = pick % len(self.transfers)
        self.settle(place, step, by, day, f"{(day or self.transfers[place].value_date).year}-{part}" if part and step == "post" else None)

    @rule(pick=picks, cause=st.none() | st.sampled_from(REVERSAL_CAUSES), day=days, by=people, approve=st.booleans())
    def a_booking_is_reversed(self, pick: int, cause: str | None, day: date, by: int, approve: bool) -> None:
        origin = self._pick([place for place, row in enumerate(self.other.rows) if row.moves], pick)
        row = self.other.rows[origin]
        place = self._reverse(origin, cause or ("never_sent" if row.kind == "disbursement" else "error"), max(day, row.day), by)
        if place is not None and approve:
            self.settle(place, "post", (by + 1) % 3)

    def _reverse(self, origin: int, cause: str, day: date, by: int) -> int | None:
        row = self.other.rows[origin]
        return self.book(Act("reversal", "pending", row.credit, row.debit, row.oere, day, by, cause=cause, reverses=origin))

    @precondition(lambda self: self._paid())
    @rule(
        pick=picks,
        name=st.sampled_from(EARMARKS),
        day=days,
        by=people,
        heir_by=people,
        oere_more=st.integers(0, 1),
        decide=st.sampled_from(["", "post", "void"]),
        later=st.none() | days,
    )
    def a_payment_is_booked_anew(self, pick: int, name: str, day: date, by: int, heir_by: int, oere_more: int, decide: str, later: date | None) -> None:
        origin = self._pick(self._paid(), pick)
        row = self.other.rows[origin]
        place = self._reverse(origin, "booked_anew", max(day, row.day), by)
        amount = row.oere + (oere_more if pick % 4 == 0 else 0)
        self.book(Act("disbursement", "pending", f"earmark:{name}", f"grantee:{name}", amount, max(day, row.day), heir_by, replaces=origin))
        if place is not None and decide:
            self.settle(place, decide, 3 - by - heir_by if by != heir_by else (by + 1) % 3, later)

    def _paid(self) -> list[int]:
        return [place for place, row in enumerate(self.other.rows) if row.kind == "disbursement" and row.moves]

    @rule(
        kind=kinds,
        pick=picks,
        amount=st.integers(1, 3_000),
        day=days,
        twist=st.fixed_dictionaries(
            {},
            optional={
                "kind": st.sampled_from(KINDS),
                "step": st.sampled_from(["single", "pending"]),
                "debit": st.sampled_from(ACCOUNTS),
                "credit": st.sampled_from(ACCOUNTS),
                "oere": st.integers(-1, 1),
                "day": st.sampled_from([*DAYS, *OUTSIDE]),
                "period": st.sampled_from(["2022-12", "2023-13.1", "2024-13.2", "2025-01"]),
                "cause": st.sampled_from(["", "error", "unspent", "year_end", "booked_anew"]),
                "reverses": picks,
                "replaces": picks,
                "vouched": st.just(False),
            },
        ),
        by=people,
    )
    def something_odd_is_tried(self, kind: str, pick: int, amount: int, day: date, twist: dict[str, Any], by: int) -> None:
        kind, debit, credit, cause = self._way(kind, pick)
        for name in {"reverses", "replaces"} & {*twist}:
            twist[name] %= len(self.transfers)
        act = Act(kind, "single" if kind in SINGLE else "pending", debit, credit, amount, day, by, cause=cause)
        self.book(replace(act, **twist))

    @rule(opens=st.just(START) | days, closes=days, by=people, other=people, approve=st.booleans())
    def a_window_is_decided(self, opens: date, closes: date, by: int, other: int, approve: bool) -> None:
        why = {"window_ends_after_it_begins"} if closes < opens else set()
        frame, key, voucher = self.accounts[FRAME], uuid.uuid4(), self.voucher
        window = self.ask(why, lambda: booking.propose_window(self.people[by], frame, opens=opens, closes=closes, key=key, voucher_sha256=voucher))
        if window is None:
            return
        why = {"second_person_approves"} if approve and by == other else set()
        why |= self.other.against_window(opens, closes) if approve else set()
        step = Step.POST if approve else Step.VOID
        if self.ask(why, lambda: booking.settle_window(self.people[other], window, step, key=uuid.uuid4(), text="Nej")) is not None and approve:
            self.other.windows.append((opens, closes))

    @rule(year=st.sampled_from([2023, 2024]), part=st.sampled_from(["01", "03", "12", "13.2"]), by=people, seldom=st.integers(0, 5))
    def the_year_is_closed_up_to(self, year: int, part: str, by: int, seldom: int) -> None:
        for each in PARTS[: PARTS.index(part) + 1]:
            if f"{year}-{each}" not in self.other.closed and seldom == 0:
                self.a_period_is_closed(f"{year}-{each}", by)

    @rule(period=st.sampled_from(["2023-01", "2023-02", "2024-12", "2025-01"]), by=people)
    def a_period_is_closed(self, period: str, by: int) -> None:
        if self.ask(self.other.against_closing(period, by), lambda: booking.close_period(self.people[by], period)) is not None:
            self.other.closed[period] = by

    @rule(pick=picks, oere_more=st.integers(0, 1))
    def a_key_comes_again(self, pick: int, oere_more: int) -> None:
        """The same key answers with the same row, or refuses another amount."""
        act, key = self._pick(self.asked, pick)
        known = self.ask({"key_books_one_thing"} if oere_more else set(), lambda: self._book(replace(act, oere=act.oere + oere_more), key))
        assert known is None or (known.key == key and known in self.transfers)

    # What must hold after each of it

    @invariant()
    def nothing_tells_them_apart(self) -> None:
        self.both_books_say_the_same()
        self.they_say_it_of_every_value_date()
        self.the_questions_are_answered_alike()
        self.entry_numbers_have_no_gap_and_digests_chain()

    def both_books_say_the_same(self) -> None:
        for code, (came, went, held, count) in self._balances().items():
            before = self.opening[code]
            rows = [row for row in self.other.rows if code in (row.debit, row.credit)]
            counted = (self.other.credits(code).total(), self.other.debits(code).total(), self.other.reserved(code).total(), len(rows))
            assert (came - before[0], went - before[1], held - before[2], count - before[3]) == counted, code

    def they_say_it_of_every_value_date(self) -> None:
        seen = set()
        for code, day, *figures in Day.objects.filter(account__in=self.accounts.values()).values_list(
            "account__code", "day", "carried", "credits", "debits", "reserved"
        ):
            counted = [self.other.carried(code, day), self.other.credits(code)[day], self.other.debits(code)[day], self.other.reserved(code)[day]]
            assert [to_oere(figure) for figure in figures] == counted, (code, day)
            seen.add((code, day))
        moved = {(code, row.day) for row in self.other.rows if row.moves for code in (row.debit, row.credit) if code != TREASURY}
        assert moved <= seen

    def the_questions_are_answered_alike(self) -> None:
        earmarks = [(name, year) for name in EARMARKS for year in YEARS]
        grantees = [(name, cause, day) for name in EARMARKS for cause in (REUSABLE[0], "unspent") for day in (DAYS[1], DAYS[-1])]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array(SELECT ledger_unreturned(a.id, q.year) FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY AS q(code, year, n) JOIN ledger_account a USING (code) ORDER BY n),"
                " array(SELECT ledger_repayment_goes_to(q.code, q.cause, q.day) FROM unnest(%s::text[], %s::text[], %s::date[]) WITH ORDINALITY AS q(code, cause, day, n) ORDER BY n)",
                [
                    [f"earmark:{name}" for name, _ in earmarks],
                    [year for _, year in earmarks],
                    [f"grantee:{name}" for name, _, _ in grantees],
                    [cause for _, cause, _ in grantees],
                    [day for _, _, day in grantees],
                ],
            )
            unreturned, goes_to = cursor.fetchone()
        assert [to_oere(each) for each in unreturned] == [self.other.unreturned(f"earmark:{name}", year) for name, year in earmarks]
        assert goes_to == [self.other.goes_to(f"grantee:{name}", cause, day) for name, cause, day in grantees]

    def they_settle_the_frame_alike(self) -> None:
        """The whole history, year by year; in each year, and from each to the next, it goes up to the øre."""
        settled = {year.year: tuple(to_oere(amount.amount) for amount in list(vars(year).values())[1:]) for year in years.settlement(self.frame)}
        assert settled == {year: self.other.settled(year) for year in range(START.year, max(settled) + 1)}
        assert {
            row.day.year for row in self.other.rows if row.moves and {row.debit, row.credit} & {FRAME, *(f"earmark:{name}" for name in EARMARKS)}
        } <= settled.keys()

    def entry_numbers_have_no_gap_and_digests_chain(self) -> None:
        """Each new row is digested anew from what the second bookkeeper knows; only its number, key and moment are the books' own."""
        counts = {code: before[3] for code, before in self.opening.items()}
        balances = {code: before[0] - before[1] for code, before in self.opening.items()}
        heads = dict(self.heads)
        for row, transfer in zip(self.other.rows, self.transfers, strict=True):
            for code, sign in ((row.debit, -1), (row.credit, 1)):
                counts[code] += 1
                balances[code] += sign * row.oere if row.moves else 0
            parts = [
                heads[row.debit], heads[row.credit], transfer.pk, str(transfer.key), row.kind, row.step,
                *(None if place is None else self.transfers[place].pk for place in (row.settles, row.reverses, row.replaces)),
                row.cause, row.debit, row.credit, to_kroner(row.oere), "DKK", row.day.isoformat(), row.period,
                transfer.booked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), self.people[row.by].pk, row.text, "", self.voucher if row.vouched else "",
                counts[row.debit], counts[row.credit], to_kroner(balances[row.debit]), to_kroner(balances[row.credit]),
            ]  # fmt: skip
            heads[row.debit] = heads[row.credit] = sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
            assert transfer.digest == heads[row.debit], parts
        assert heads == dict(Account.objects.filter(code__in=heads).values_list("code", "head"))


def test_a_second_bookkeeper_agrees_with_the_books_on_every_act_and_every_balance(the_books_alone):
    run_state_machine_as_test(
        TwoBookkeepers,
        settings=settings(
            max_examples=90,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert met.keys() >= {"", *TELLING}, met
