"""The admin's front page: what waits for me, and where each frame's money is. The frames are never added together."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils import timezone
from djmoney.money import Money

from ensomhed.models import User
from initiatives import claims, deadlines, rights
from initiatives.access import review
from initiatives.admin.deciding import all_pending
from initiatives.models import AccountsReport, Agreement, Case, Deadline, Earmark, Frame
from initiatives.paying import front as paying
from initiatives.receiving import hands
from ledger import questions
from ledger.models import ZERO, Transfer, Window
from ledger.questions import Numbers

BAR = 1000
SHOWN_LATE = 5


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
    """One frame: its earmarks and their total."""

    frame: Frame
    lines: list[Line]

    @property
    def total(self) -> Line:
        return Line(Numbers(**{field.name: sum((getattr(line.numbers, field.name) for line in self.lines), ZERO) for field in fields(Numbers)}))


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


def sheets() -> list[Sheet]:
    """Every frame with its earmarks in figures, in three queries at any size."""
    frames = Frame.objects.select_related("account", "agreement")
    earmarks = list(Earmark.objects.with_accounts())
    numbers = questions.numbers_of(earmark.account for earmark in earmarks)
    return [Sheet(frame, [Line(numbers[earmark.account_id], earmark) for earmark in earmarks if earmark.initiative.frame_id == frame.pk]) for frame in frames]


def said_of(agreement: Agreement, frames: list[Frame]) -> str:
    """What was set aside, in one sentence. No difference is calculated: the note does not say whether the second frame lies inside the sum."""
    first, *others = (millions(frame.amount) for frame in frames)
    beside = "".join(f"; ved siden af står {amount}" for amount in others)
    return f"{millions(agreement.stated_sum)} mio. kr. blev afsat til strategien; heraf udmøntes {first}{beside}."


def millions(amount: Money) -> str:
    """25500000 → "25,5"."""
    return f"{(amount.amount / 10**6).normalize():f}".replace(".", ",")


def late(user: User) -> dict[str, Any]:
    """What grantees have not handed in, for those who act on it: the oldest first, and how many."""
    if not (user.may(rights.DECIDE) or user.may(rights.REGISTER)):
        return {}
    today = timezone.localdate()
    overdue = Deadline.objects.told().overdue(today)
    shown = [(deadline, (today - deadline.due_in_force).days) for deadline in overdue[:SHOWN_LATE]]
    return {"late": shown, "late_count": overdue.count() if len(shown) == SHOWN_LATE else len(shown), "reminders_late": deadlines.reminders_late()}


def sheet(user: User) -> dict[str, Any]:
    """What the front page shows this person."""
    if not user.may(rights.READ_ALL):
        return {"reads": False}
    waiting, pending, frames = all_waiting(user), all_pending(user), sheets()
    agreement = frames[0].frame.agreement if frames else None
    return {
        "reads": True,
        "for_me": [item for item in waiting if item.for_me],
        "mine": [item for item in waiting if item.is_own and not item.is_replacement],
        "proposals_for_me": [item for item in pending if item.for_me],
        "my_proposals": [item for item in pending if item.is_own],
        "others": sum(not item.for_me and not item.is_own and not item.is_replacement for item in waiting),
        "accounts_waiting": AccountsReport.objects.waiting().exclude(received_by=user).count() if user.may(rights.CHECK_ACCOUNTS) else 0,
        "may_register": user.may(rights.REGISTER),
        "may_settle": any(map(user.may, (rights.APPROVE, rights.DECIDE, rights.CHECK_ACCOUNTS, rights.VERIFY_DETAILS))),
        "open_cases": Case.objects.visible_to(user).open().count() if user.is_staff else 0,
        "review_due": review.due() if user.may(rights.REVIEW_ACCESS) else None,
        "late_claims": claims.overdue(timezone.localdate()),
        **paying.unexplained(user),
        **late(user),
        "sheets": frames,
        "said": said_of(agreement, [sheet.frame for sheet in frames if sheet.frame.agreement_id == agreement.pk]) if agreement else "",
    }
