"""How a frame was paid out over time, drawn: the figures of each month's end, and where they lie."""

from datetime import date

import pytest
from djmoney.money import Money

from initiatives.models import Frame
from initiatives.years import Month
from initiatives.years.picture import Picture, pictured

FRAME = Frame(name="Ramme", starts=date(2023, 1, 1), ends=date(2023, 12, 31))


def kroner(amount: int) -> Money:
    return Money(amount, "DKK")


def month(number: int, *, earmarked: int = 0, disbursed: int = 0) -> Month:
    return Month(date(2023, number, 1), kroner(earmarked), kroner(disbursed))


def drawn(*moved: Month, planned: dict[int, int] | None = None, today: date = date(2024, 5, 1)) -> Picture:
    picture = pictured(FRAME, list(moved), [(date(2023, number, 1), kroner(amount)) for number, amount in (planned or {}).items()], today)
    assert picture
    return picture


def test_nothing_earmarked_and_nothing_planned_is_no_picture():
    assert pictured(FRAME, [], [], date(2024, 1, 1)) is None


def test_a_month_shows_what_stands_when_it_ends():
    picture = drawn(month(1, earmarked=100), month(3, disbursed=40), month(6, disbursed=-10), planned={3: 50, 9: 50})
    told = {point.month.month: (point.disbursed, point.planned, point.earmarked, point.difference) for point in picture.quarters}
    assert told == {
        3: (kroner(40), kroner(50), kroner(100), kroner(-10)),
        6: (kroner(30), kroner(50), kroner(100), kroner(-20)),
        9: (kroner(30), kroner(100), kroner(100), kroner(-70)),
        12: (kroner(30), kroner(100), kroner(100), kroner(-70)),
    }


def test_what_has_not_come_is_planned_and_not_disbursed():
    picture = drawn(month(1, earmarked=100), month(3, disbursed=40), planned={12: 100}, today=date(2023, 6, 15))
    assert picture.now.month == date(2023, 6, 1)
    assert [point.disbursed for point in picture.points[5:7]] == [kroner(40), None]
    assert picture.points[-1].planned == kroner(100)
    assert picture.disbursed.endswith("H5000")
    assert picture.planned.endswith(f"H10000V{picture.y(kroner(100))}")


def test_a_line_is_level_until_a_month_ends_and_the_marks_lie_on_it():
    picture = drawn(month(1, earmarked=100), month(3, disbursed=55))
    assert picture.top == 110
    assert picture.disbursed == "M0 10000H833H1666H2500V5000" + "".join(f"H{place * 10000 // 12}" for place in range(4, 13))
    assert [(mark.x, mark.y) for mark in picture.markers] == [("25.00%", "50.00%"), ("50.00%", "50.00%"), ("75.00%", "50.00%"), ("100.00%", "50.00%")]
    assert not picture.is_planned
    assert [label.text for label in picture.labels] == ["Øremærket 0,0", "Udbetalt 0,0"]


def test_the_higher_line_is_named_above_and_the_lower_below():
    behind = drawn(month(1, earmarked=100), month(3, disbursed=20), planned={3: 50})
    assert [(label.text.split()[0], label.dy[0]) for label in behind.labels] == [("Øremærket", "-"), ("Udbetalt", "1"), ("Plan", "-")]
    ahead = drawn(month(1, earmarked=100), month(3, disbursed=60), planned={3: 50})
    assert [(label.text.split()[0], label.dy[0]) for label in ahead.labels] == [("Øremærket", "-"), ("Udbetalt", "-"), ("Plan", "1")]


@pytest.mark.parametrize(("highest", "lines"), [(20_800_000, ["0", "5", "10", "15", "20"]), (1_500_000, ["0", "0,5", "1", "1,5"])])
def test_the_grid_is_in_round_figures(highest, lines):
    assert [line.text for line in drawn(month(1, earmarked=highest)).grid] == lines


@pytest.mark.parametrize(("today", "place"), [(date(2023, 2, 1), "starts"), (date(2023, 9, 1), "ends")])
def test_what_is_disbursed_is_named_where_there_is_room_beside_its_end(today, place):
    assert drawn(month(1, earmarked=100), planned={3: 50}, today=today).labels[1].place == place
