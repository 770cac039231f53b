"""The admin's front page: what waits for me, where each frame's money is, how that went, and what is red. The frames are never added together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from djmoney.money import Money

from ensomhed.models import User
from initiatives import rights, years
from initiatives.access import review
from initiatives.admin import agenda
from initiatives.admin.deciding import all_pending
from initiatives.exceptions import alarms as exceptions
from initiatives.exceptions.alarms import Alarm
from initiatives.exceptions.kept import Kept
from initiatives.models import Agreement, Case, Deadline, Earmark, Frame
from initiatives.receiving import hands
from initiatives.years.picture import Picture, pictured
from ledger import questions
from ledger.kinds import Kind
from ledger.models import Transfer, Window
from ledger.questions import Numbers

BAR = 1000
SHOWN = 20
"""of many earmarks, or of many tasks"""
Figures = tuple[int, tuple[Decimal, ...]]
"""an earmark's number, and its amounts in the order of Numbers"""
# The day in force is asked of those alone that are missing, past by their own day (an extension moves it ahead, never back), and that somebody wanted moved.
LATE = """
    WITH missing AS MATERIALIZED (
        SELECT d.id, d.earmark_id, d.what, d.year, d.final, d.due AS own FROM initiatives_deadline d
        WHERE d.due < %(today)s AND NOT EXISTS (
            SELECT 1 FROM initiatives_receipt r LEFT JOIN initiatives_receiptrejection x ON x.receipt_id = r.id WHERE r.deadline_id = d.id AND x.id IS NULL)
    )
    SELECT late.earmark_id, late.what, late.year, late.final, late.due, g.name
    FROM (SELECT m.*, CASE WHEN 'deadline:' || m.id IN (SELECT subject FROM initiatives_proposal WHERE kind_id = 'extension')
                           THEN initiatives_deadline_due(m.id) ELSE m.own END AS due FROM missing m) AS late
    JOIN initiatives_earmark e ON e.id = late.earmark_id JOIN initiatives_grantee g ON g.id = e.grantee_id
    WHERE late.due < %(today)s ORDER BY late.due, late.earmark_id, late.id
"""
NAMES = [field.name for field in fields(Numbers)]
EARMARKED = NAMES.index("earmarked")
MOVED: Kept[dict[int, list[years.Month]]] = Kept()


@dataclass(frozen=True)
class Bar:
    """Where an earmark's money is, in thousandths of the bar."""

    disbursed: int
    reserved: int
    left: int

    @property
    def reserved_from(self) -> int:
        return self.disbursed

    @property
    def left_from(self) -> int:
        return self.disbursed + self.reserved


@dataclass(frozen=True)
class Line:
    """An earmark, or a frame's total, in figures."""

    numbers: Numbers
    earmark: Earmark | None = None

    @property
    def bar(self) -> Bar:
        parts = [self.numbers.disbursed.amount, self.numbers.reserved.amount, self.numbers.left.amount]
        whole = max(self.numbers.earmarked.amount, sum(parts)) or Decimal(1)
        return Bar(*(int(part * BAR / whole) for part in parts))


@dataclass(frozen=True)
class Sheet:
    """One frame: its earmarks, the first of them when they are many, and the total of all."""

    frame: Frame
    lines: list[Line]
    total: Line
    count: int
    """of its earmarks; of many, not all are among the lines"""


@dataclass(frozen=True)
class Waiting:
    """A registration or a payment window that waits for a second person, as one person sees it."""

    what: Transfer | Window
    by: User
    kept_away: str = ""
    """why this person, who has the right, may still not approve it: the end of a sentence"""

    @property
    def is_window(self) -> bool:
        return isinstance(self.what, Window)

    @property
    def is_own(self) -> bool:
        return self.what.booked_by_id == self.by.pk

    @property
    def is_replacement(self) -> bool:
        """Settled together with the reversal that it belongs to."""
        return isinstance(self.what, Transfer) and self.what.replaces_id is not None

    @property
    def may_settle(self) -> bool:
        """Another person's registration, and the right to settle it."""
        return not self.is_own and not self.is_replacement and self.by.may(right_to_settle(self.what))

    @property
    def for_me(self) -> bool:
        return self.may_settle and not self.kept_away


def right_to_settle(what: Transfer | Window) -> str:
    """The right that approving or rejecting takes."""
    return rights.DECIDE if isinstance(what, Window) else rights.to_approve(what)


def all_waiting(user: User) -> list[Waiting]:
    return waiting_for(user, [*questions.waiting(), *questions.waiting_windows()])


def waiting_for(user: User, things: Sequence[Transfer | Window]) -> list[Waiting]:
    """These registrations and windows as this person sees them; who is kept away from which is asked once."""
    kept_away = hands.bars(user, [what for what in things if isinstance(what, Transfer)]) if user.may(rights.APPROVE) else {}
    return [Waiting(what, user, "" if isinstance(what, Window) else kept_away.get(what.pk, "")) for what in things]


def all_figures() -> dict[int, tuple[int, tuple[Decimal, ...]]]:
    """Every earmark's frame, and its amounts in the order of Numbers: by the earmark's number, in two queries at any size."""
    accounts = list(Earmark.objects.order_by("pk").values_list("pk", "account_id", "initiative__frame_id"))
    figures = questions.figures_of(account for _, account, _ in accounts)
    return {pk: (frame, figures[account]) for pk, account, frame in accounts}


def sheets(figures: dict[int, tuple[int, tuple[Decimal, ...]]], urgent: set[int]) -> list[Sheet]:
    """Every frame with its earmarks in figures. Of many earmarks those that are urgent are shown, and the largest."""
    frames = list(Frame.objects.select_related("account", "agreement"))
    of_frame = {frame.pk: [(pk, amounts) for pk, (within, amounts) in figures.items() if within == frame.pk] for frame in frames}
    shown = {frame: _chosen(known, urgent) for frame, known in of_frame.items()}
    earmarks = Earmark.objects.with_accounts().in_bulk([pk for chosen in shown.values() for pk, _ in chosen])
    return [
        Sheet(
            frame,
            [Line(questions.numbers_from(amounts), earmarks[pk]) for pk, amounts in shown[frame.pk]],
            Line(questions.numbers_from(_added(amounts for _, amounts in of_frame[frame.pk]))),
            len(of_frame[frame.pk]),
        )
        for frame in frames
    ]


def _added(amounts: Iterable[tuple[Decimal, ...]]) -> list[Decimal]:
    return [sum(column, Decimal()) for column in zip(*amounts, strict=True)]


def _chosen(known: list[Figures], urgent: set[int]) -> list[Figures]:
    """All of them when they are few; else the urgent ones and the largest, both by size."""
    if len(known) <= SHOWN:
        return known
    return sorted(known, key=lambda one: (one[0] not in urgent, -one[1][EARMARKED]))[:SHOWN]


def said_of(agreement: Agreement, frames: list[Frame]) -> str:
    """What was set aside, in one sentence. No difference is calculated: the note does not say whether the second frame lies inside the sum."""
    first, *others = (millions(frame.amount) for frame in frames)
    beside = "".join(f"; ved siden af står {amount}" for amount in others)
    return f"{millions(agreement.stated_sum)} mio. kr. blev afsat til strategien; heraf udmøntes {first}{beside}."


def millions(amount: Money) -> str:
    """25500000 → "25,5"."""
    return f"{(amount.amount / 10**6).normalize():f}".replace(".", ",")


@dataclass(frozen=True)
class Late:
    """What grantees have not handed in: how many, and the oldest."""

    earmarks: list[int]
    oldest: str = ""
    grantee: str = ""
    due: date | None = None

    @property
    def count(self) -> int:
        return len(self.earmarks)


def late() -> Late:
    """Every deadline that is past and not met."""
    with connection.cursor() as cursor:
        cursor.execute(LATE, {"today": timezone.localdate()})
        rows = cursor.fetchall()
    if not rows:
        return Late([])
    _, what, year, final, due, grantee = rows[0]
    return Late([row[0] for row in rows], Deadline(what=what, year=year, final=final).name, grantee, due)


def sheet(user: User) -> dict[str, Any]:
    """What the front page shows this person."""
    if not user.may(rights.READ_ALL):
        return {"reads": False}
    waiting, pending, missing = all_waiting(user), all_pending(user), late()
    figures, found = all_figures(), exceptions.of(user)
    alarms = found.alarms
    frames = sheets(figures, set(missing.earmarks))
    review_due = review.due() if user.may(rights.REVIEW_ACCESS) else None
    agreement = frames[0].frame.agreement if frames else None
    settle = [item.what for item in waiting if item.for_me and not settled_by_accounts(item.what)]
    decide = [item for item in pending if item.for_me]
    cases = list(Case.objects.visible_to(user).open().select_related("grantee").order_by("pk")) if user.may(rights.READ_CASES) else []
    answer = cases if user.may(rights.ANSWER_CASE) else []
    tasks = agenda.tasks(user, settle=settle, decide=decide, alarms=alarms, review=review_due, covered=covered(figures), cases=answer)
    return {
        "reads": True,
        "tasks": tasks[:SHOWN],
        "more_tasks": len(tasks) - SHOWN,
        "mine": [item for item in waiting if item.is_own and not item.is_replacement],
        "my_proposals": [item for item in pending if item.is_own],
        "others": sum(not item.for_me and not item.is_own and not item.is_replacement for item in waiting),
        "may_register": user.may(rights.REGISTER),
        "may_settle": any(map(user.may, (rights.APPROVE, rights.DECIDE, rights.CHECK_ACCOUNTS, rights.VERIFY_DETAILS))),
        "ticks": sum(isinstance(what, Transfer) and what.kind == Kind.DISBURSEMENT for what in settle) > 1,
        "sheets": frames,
        "pictures": pictures([sheet.frame for sheet in frames], found.newest_transfer),
        "said": said_of(agreement, [sheet.frame for sheet in frames if sheet.frame.agreement_id == agreement.pk]) if agreement else "",
        "counted_at": found.counted_at,
        **red(user, alarms, missing, review_due, len(cases)),
    }


def covered(figures: dict[int, tuple[int, tuple[Decimal, ...]]]) -> dict[int, agenda.Covered]:
    """What each earmark's plan is covered with, by the earmark's number."""
    found = {}
    for pk, (_, amounts) in figures.items():
        known = dict(zip(NAMES, amounts, strict=True))
        paid = known["earmarked"] - known["lapsed"] - known["left"] - known["reserved"]
        found[pk] = agenda.Covered(max(paid, Decimal(0)) + known["on_its_way"], known["lapsed"], known["left"])
    return found


def settled_by_accounts(what: Transfer | Window) -> bool:
    """It is settled where its accounts are decided on, which stand in the list themselves."""
    return isinstance(what, Transfer) and what.kind == Kind.DOCUMENTED_USE


def pictures(frames: list[Frame], newest_transfer: int) -> list[Picture]:
    """How each frame was paid out against its plan, as far as the books have come."""
    moved = MOVED.told(lambda: years.months_of(frames), newest_transfer, *(frame.pk for frame in frames)).found
    planned = years.planned_of(frames)
    drawn = (pictured(frame, moved[frame.pk], planned[frame.pk], timezone.localdate()) for frame in frames)
    return [picture for picture in drawn if picture]


def red(user: User, alarms: dict[str, Alarm], missing: Late, review_due: review.Due | None, open_cases: int) -> dict[str, Any]:
    """What is wrong, for those who act on it; "calm" when nothing is."""
    acts = user.may(rights.DECIDE) or user.may(rights.REGISTER)
    shown: dict[str, Any] = {
        "late": missing if acts and missing.count else None,
        "open_cases": open_cases,
        "review_overdue": review_due if review_due and review_due.overdue else None,
        **{name: alarms.get(name, Alarm()) for name in ("exceptions", "unexplained", "returned", "late_claims", "late_reminders")},
    }
    return {**shown, "calm": not any(shown.values())}
