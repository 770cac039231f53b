"""Turning pages by what they show (keyset): a page costs the same however far back it is, and stays the same while new rows come in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
M = TypeVar("M", bound=Model)
ROWS = 50
DIGITS = 18  # of the largest number that a page may begin at; PostgreSQL's own ends at 19


class Fetch(Protocol[R_co]):
    """Answers with the newest rows first, below a number where one is given; or, with `after`, upwards from it."""

    def __call__(self, *, before: int | None = None, after: int | None = None, count: int) -> Sequence[R_co]: ...


@dataclass(frozen=True)
class Page(Generic[R]):
    """Rows with the newest first, and the numbers at which its neighbours begin."""

    rows: Sequence[R]
    older: int | None
    newer: int | None
    first: bool


def turned(request: HttpRequest, fetch: Fetch[R], number: Callable[[R], int]) -> Page[R]:
    """The page that `?foer=` (before) or `?efter=` (after) asks for, else the first one. Raises Http404 for what is not a number."""
    before, after = number_in(request, "foer"), number_in(request, "efter")
    if after is not None:
        rows = fetch(after=after, count=ROWS + 1)
        shown = rows[:ROWS][::-1]
        return Page(shown, older=after + 1, newer=number(shown[0]) if len(rows) > ROWS else None, first=False)
    rows = fetch(before=before, count=ROWS + 1)
    shown = rows[:ROWS]
    newer = None if before is None else number(shown[0]) if shown else before - 1
    return Page(shown, older=number(shown[-1]) if len(rows) > ROWS else None, newer=newer, first=before is None)


def rows(found: QuerySet[M]) -> Fetch[M]:
    """Turns the pages of a question by the numbers of its rows."""

    def fetch(*, before: int | None = None, after: int | None = None, count: int) -> list[M]:
        if after is not None:
            return list(found.filter(pk__gt=after).order_by("pk")[:count])
        bound: dict[str, Any] = {} if before is None else {"pk__lt": before}
        return list(found.filter(**bound).order_by("-pk")[:count])

    return fetch


def number_in(request: HttpRequest, name: str) -> int | None:
    """The whole number that the address carries under this name. Raises Http404 for anything else."""
    text = request.GET.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > DIGITS:
        raise Http404(f"{name} is not a number")
    return int(text)
