"""What came back into an earmark in a year is drawn again in that year or falls to the treasury: the sum behind `ledger_unreturned`, told a second time."""

from collections import defaultdict
from collections.abc import Iterator

from ledger.audit_books import Books, Breach, Place, Row

UNPAID_WAYS_OUT = ("release", "reallocation", "reversal")


class Years:
    """Is fed every transfer that moved money. In øre, by earmark and value date: what came back, and what left without being a payment or a lapse."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.came_back: dict[int, defaultdict[str, int]] = {}
        self.not_drawn: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    def moved(self, row: Row, amount: int, d: Place, c: Place, origin: Row | None) -> None:
        if row.kind == "repayment" and c.kind == "earmark":
            self.came_back.setdefault(c.id, defaultdict(int))[row.value_date] += amount
        if row.kind in UNPAID_WAYS_OUT and d.kind == "earmark":
            self.not_drawn[d.id][row.value_date] += amount
        if row.kind == "reversal" and origin is not None:
            if origin.kind == "repayment" and origin.credit in self.came_back:
                self.came_back[origin.credit][origin.value_date] -= amount
            elif origin.kind in ("disbursement", "lapse") and row.value_date[:4] <= origin.value_date[:4]:
                self.not_drawn[c.id][origin.value_date] += amount  # undone in its year: it drew nothing

    def unreturned(self, earmark: Place, year: str) -> int:
        """What is left of what came back in a year. Money that came back is drawn first, day by day."""
        rest = 0
        came_back: dict[str, int] = self.came_back.get(earmark.id) or {}
        not_drawn = self.not_drawn[earmark.id]
        for day in sorted(day for day in earmark.days if day[:4] == year):
            rest = max(0, rest + came_back.get(day, 0) + not_drawn.get(day, 0) - earmark.days[day][1])
        return rest

    def end(self) -> Iterator[Breach]:
        closed = [code[:4] for code, (shut, _) in self.books.periods.items() if shut and code.endswith("-13.2")]
        for earmark in (self.books.places[number] for number in self.came_back):
            for year in closed:
                rest = self.unreturned(earmark, year)
                if rest:
                    what = f"{year} er lukket med øre, der kom tilbage og hverken blev brugt igen eller bortfaldt"
                    yield Breach("year_closes_when_nothing_is_unreturned", earmark.code, what, 0, rest)
