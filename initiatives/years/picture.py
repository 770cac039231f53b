"""How a frame was paid out over time, drawn: what was disbursed by the end of each month, what was planned by then, and what was earmarked.

All of it is whole numbers: places are hundredths of a percent of the drawing's width and height, so that it stretches to any page.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from djmoney.money import Money

from initiatives.models import Frame
from initiatives.years.questions import Month
from ledger.models import ZERO

WHOLE = 10_000
GRIDLINES = 4
NICE = (1, 2, 5)
ABOVE, BELOW = "-.625em", "1.375em"
LINE = WHOLE // 10
"""how much of the height a name takes"""
YOUNG = WHOLE // 3
"""how much of the width a name takes, on a telephone"""


@dataclass(frozen=True)
class Point:
    """What was so by the end of a month."""

    month: date
    disbursed: Money | None
    """None where the month has not come"""
    planned: Money | None
    """None where nothing is planned"""
    earmarked: Money

    @property
    def difference(self) -> Money | None:
        """Disbursed beyond the plan, or short of it."""
        return None if self.disbursed is None or self.planned is None else self.disbursed - self.planned

    @property
    def ends_quarter(self) -> bool:
        return self.month.month % 3 == 0

    @property
    def quarter(self) -> str:
        return f"{(self.month.month + 2) // 3}. kvartal {self.month.year}"


@dataclass(frozen=True)
class Mark:
    """A place in the drawing, in percent, and what stands there."""

    x: str
    y: str
    text: str = ""
    place: str = ""
    dx: str = "0"
    dy: str = "0"


def percent(place: int) -> str:
    """2550 → "25.50%"."""
    return f"{place // 100}.{place % 100:02d}%"


def millions(amount: Money) -> str:
    """14325000 → "14,3"."""
    return f"{(amount.amount / 10**6).quantize(Decimal('0.1'))}".replace(".", ",")


def months_between(first: date, last: date) -> Iterator[date]:
    """The first days of the months from one day's to another's."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)


@dataclass(frozen=True)
class Picture:
    """One frame's points, month by month, and where they lie."""

    frame: Frame
    points: list[Point]
    top: Decimal
    """the amount at the top of the drawing, in kr."""
    step: Decimal
    """between two lines of the grid"""

    @property
    def now(self) -> Point:
        """The newest month that has come."""
        return [point for point in self.points if point.disbursed is not None][-1]

    @property
    def is_planned(self) -> bool:
        return any(point.planned is not None for point in self.points)

    @property
    def quarters(self) -> list[Point]:
        """The points of the table: the ends of quarters, and the last month."""
        return [point for point in self.points if point.ends_quarter or point is self.points[-1]]

    def x(self, number: int) -> int:
        """Where the end of the month with this number lies."""
        return (number + 1) * WHOLE // len(self.points)

    def y(self, amount: Money) -> int:
        return WHOLE - int(max(amount.amount, Decimal(0)) * WHOLE / self.top)

    def _steps(self, amounts: Iterable[Money | None]) -> str:
        """A stepped line: level through the month, and to its new height where the month ends."""
        path, height = [f"M0 {WHOLE}"], WHOLE
        for number, amount in enumerate(amounts):
            if amount is not None:
                path.append(f"H{self.x(number)}")
                if self.y(amount) != height:
                    height = self.y(amount)
                    path.append(f"V{height}")
        return "".join(path)

    @property
    def disbursed(self) -> str:
        return self._steps(point.disbursed for point in self.points)

    @property
    def planned(self) -> str:
        return self._steps(point.planned for point in self.points)

    @property
    def earmarked(self) -> str:
        return self._steps(point.earmarked for point in self.points)

    @property
    def markers(self) -> list[Mark]:
        """On the line of what was disbursed: the ends of quarters, and the newest month."""
        return [
            Mark(percent(self.x(number)), percent(self.y(point.disbursed)))
            for number, point in enumerate(self.points)
            if point.disbursed is not None and (point.ends_quarter or point is self.now)
        ]

    @property
    def grid(self) -> list[Mark]:
        """The lines across, each with its amount in mio. kr."""
        heights = [self.step * number for number in range(int(self.top / self.step) + 1)]
        return [Mark("0%", percent(self.y(Money(height, "DKK"))), f"{(height / 10**6).normalize():f}".replace(".", ",")) for height in heights]

    @property
    def years(self) -> list[Mark]:
        """Where a year ends, and the middle of it, where its number stands."""
        found = []
        for year in sorted({point.month.year for point in self.points}):
            places = [number for number, point in enumerate(self.points) if point.month.year == year]
            begins, ends = self.x(places[0] - 1), self.x(places[-1])
            found.append(Mark(percent((begins + ends) // 2), percent(ends), str(year)))
        return found

    @property
    def labels(self) -> list[Mark]:
        """The lines' own names. What is earmarked is named where its line begins, the others where theirs end: the higher above its line, the lower below.

        A plan that ends just under what is earmarked is named below its line as well: above it there is no room. And while the time is young, what is disbursed is
        named to the right of its end, above the years.
        """
        last, now = self.points[-1], self.now
        ahead = now.difference is not None and now.difference.amount > 0
        assert now.disbursed is not None
        here = self.x(self.points.index(now))
        young = here < YOUNG
        named = [
            Mark("0%", percent(self.y(last.earmarked)), f"Øremærket {millions(last.earmarked)}", "starts", dy=ABOVE),
            Mark(
                percent(here),
                percent(self.y(now.disbursed)),
                f"Udbetalt {millions(now.disbursed)}",
                "starts" if young else "ends",
                dx="8" if young else "0",
                dy=ABOVE if ahead or young else BELOW,
            ),
        ]
        if last.planned is not None:
            room = self.y(last.planned) - self.y(last.earmarked)
            below = ahead or 0 < room < LINE
            named.append(Mark("100%", percent(self.y(last.planned)), f"Plan {millions(last.planned)}", "ends", dx="-8", dy=BELOW if below else ABOVE))
        return named


def pictured(frame: Frame, moved: list[Month], planned: list[tuple[date, Money]], today: date) -> Picture | None:
    """The picture of a frame from its first day to its last, or as far as something moved or is planned; None when nothing is earmarked or planned."""
    moving = [month for month in moved if month.earmarked or month.disbursed]
    if not moving and not planned:
        return None
    days = [frame.starts, frame.ends, *(month.first for month in moving), *(month for month, _ in planned)]
    earmarked = _running([(month.first, month.earmarked) for month in moving])
    disbursed = _running([(month.first, month.disbursed) for month in moving])
    plan = _running(planned)
    latest = max([today, *(month.first for month in moving)])
    points = [
        Point(month, disbursed(month) if month <= latest else None, plan(month) if planned else None, earmarked(month))
        for month in months_between(min(days), max(days))
    ]
    highest = max(amount for point in points for amount in (point.disbursed, point.planned, point.earmarked) if amount is not None)
    step = _step(highest.amount)
    return Picture(frame, points, max(highest.amount * 11 / 10, step), step)


def _running(monthly: list[tuple[date, Money]]) -> Callable[[date], Money]:
    """What has come together by the end of a month."""
    months, sums = [month for month, _ in monthly], [ZERO]
    for _, amount in monthly:
        sums.append(sums[-1] + amount)
    return lambda month: sums[bisect_right(months, month)]


def _step(highest: Decimal) -> Decimal:
    """A round amount that goes about four times into the highest: 1, 2 or 5 and noughts."""
    size = Decimal(1)
    while True:
        for nice in NICE:
            if size * nice * (GRIDLINES + 1) > highest:
                return size * nice
        size *= 10
