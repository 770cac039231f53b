"""Lists that are no table's rows: what waits, what disagrees, what should not be there. Filtered, searched, sorted and taken out like the registers, in the same words.

A listing is a class with columns (ensomhed.lists), filters and `rows`; its page includes admin/listing.html with `cl` as `shown` gives it. All of it is in
memory: it is for what somebody has to look through, not for what grows with the years.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe
from djmoney.money import Money

from ensomhed.adminsite import acting
from ensomhed.lists import TYPES, Extract, Kind, in_words, too_long
from ensomhed.models import User
from initiatives.admin.pages import View, opens_with
from ledger.formats import decimal_comma

AT_A_TIME = 50
ALL = "alle"
ALPHABET = str.maketrans("æøå", "{|}")  # after z, and in this order


@dataclass(frozen=True)
class Filter:
    """Shows only the rows of which this is so. `otherwise`: what is chosen while nothing is asked; "" for all."""

    title: str
    parameter: str
    of: Callable[[Any], str]
    otherwise: str = ""


@dataclass(frozen=True)
class Cell:
    label: str
    said: str
    is_number: bool
    address: str = ""
    is_head: bool = False


class Listing(ABC):
    """One list: see above. The instance is the list itself; every one that is made is tried by the tests."""

    known: ClassVar[list["Listing"]] = []

    title: str
    names: tuple[str, str]
    """one and many, for the count"""
    route: str
    """of its page below admin/; the files stand beside it"""
    rights: Sequence[str]
    """any of them opens it"""
    columns: Sequence[str]
    filters: Sequence[Filter] = ()
    search_help_text = ""
    empty = "Der er ikke noget på listen."

    def __init__(self) -> None:
        self.known.append(self)

    @abstractmethod
    def rows(self, request: HttpRequest) -> Sequence[Any]:
        """Everything that this person's list holds, in its own order."""

    def address_of(self, row: Any, user: User) -> str:
        """Where a row leads this person."""
        return ""

    def shown(self, request: HttpRequest) -> "Shown":
        return Shown(self, request)

    @property
    def name(self) -> str:
        return f"initiatives_{'_'.join(self.route.strip('/').split('/')[1:])}"

    def addresses(self, inside: Callable[[Any], Any]) -> list[URLPattern]:
        guarded: Callable[[View[...]], View[...]] = opens_with(*self.rights)
        return [
            path(f"{self.route}export.{kind}", inside(require_safe(guarded(partial(self.export, kind=kind)))), name=f"{self.name}_{kind}") for kind in TYPES
        ]

    def export(self, request: HttpRequest, *, kind: Kind) -> HttpResponseBase:
        shown = self.shown(request)
        problem = too_long(kind, shown.result_count)
        if problem:
            messages.error(request, problem)
            return redirect(f"./{shown.get_query_string()}")
        rows = ([self.value(row, name) for name in self.columns] for row in shown.found)
        return Extract(self.title, [self.title_of(name) for name in self.columns], rows, shown.sought).sent(request, kind)

    def value(self, row: Any, name: str) -> Any:
        """A column's raw value."""
        return getattr(type(self), name).raw(self, row)

    def said(self, row: Any, name: str) -> str:
        """… and as the page tells it."""
        told = getattr(self, name)(row)
        return "–" if told is None or told == "" else told

    def title_of(self, name: str) -> str:
        return str(getattr(self, name).short_description)


class Shown:
    """A listing as one query string asks for it. Has what stock Django's list has, so that both are drawn by the same templates."""

    search_fields = True

    def __init__(self, listing: Listing, request: HttpRequest) -> None:
        self.listing = listing
        self.asked: QueryDict = request.GET
        self.query = request.GET.get(SEARCH_VAR, "").strip()
        self.params = {name: value for name, value in request.GET.items() if name != PAGE_VAR}
        self.search_help_text = listing.search_help_text
        self.user = acting(request)
        self.everything = listing.rows(request)

    @cached_property
    def found(self) -> list[Any]:
        """All rows that are asked for, sorted: the order of the listing itself settles what is equal."""
        rows = [row for row in self.everything if all(self._passes(one, row) for one in self.listing.filters) and self._is_sought(row)]
        for place, backwards in reversed(self.order):
            rows.sort(key=partial(self._place, self.listing.columns[place]), reverse=backwards)
        return rows

    @cached_property
    def order(self) -> list[tuple[int, bool]]:
        """The columns that are sorted by, the first first, and whether backwards: `o=-3.1`."""
        parts = [part for part in self.asked.get(ORDER_VAR, "").split(".") if part.lstrip("-").isascii() and part.lstrip("-").isdecimal() and len(part) < 4]
        return [(int(part.lstrip("-")) - 1, part.startswith("-")) for part in parts if 0 < int(part.lstrip("-")) <= len(self.listing.columns)]

    def _place(self, name: str, row: Any) -> tuple[bool, Any]:
        """Where a row's value sorts: nothing last, text by the Danish alphabet."""
        value = self.listing.value(row, name)
        return (value is None, 0 if value is None else value.casefold().translate(ALPHABET) if isinstance(value, str) else value)

    def _passes(self, one: Filter, row: Any) -> bool:
        chosen = self.asked.get(one.parameter, one.otherwise or ALL)
        return chosen == ALL or one.of(row) == chosen

    def _is_sought(self, row: Any) -> bool:
        """Every word of the search stands somewhere in the row; an amount with or without points."""
        if not self.query:
            return True
        values = [self.listing.value(row, name) for name in self.listing.columns]
        plain = [decimal_comma(value.amount) for value in values if isinstance(value, Money)]
        text = " ".join([*map(in_words, values), *plain]).replace("\u00a0", " ").casefold()
        return all(word in text for word in self.query.casefold().split())

    @property
    def result_count(self) -> int:
        return len(self.found)

    @cached_property
    def page(self) -> Page[Any]:
        return Paginator(self.found, AT_A_TIME).get_page(self.asked.get(PAGE_VAR))

    @property
    def result_list(self) -> list[Any]:
        return list(self.page.object_list)

    @property
    def multi_page(self) -> bool:
        return self.page.paginator.num_pages > 1

    @property
    def pages(self) -> list[tuple[Any, str]]:
        """Each page's number and its query string; … between those that are left out."""
        numbers = self.page.paginator.get_elided_page_range(self.page.number)
        return [(number, self.get_query_string({PAGE_VAR: str(number)}) if isinstance(number, int) else "") for number in numbers]

    @property
    def table(self) -> list[list[Cell]]:
        return [[self._cell(row, name) for name in self.listing.columns] for row in self.result_list]

    def _cell(self, row: Any, name: str) -> Cell:
        listing, is_head = self.listing, name == self.listing.columns[0]
        address = listing.address_of(row, self.user) if is_head else ""
        return Cell(listing.title_of(name), listing.said(row, name), name in self.numbers, address, is_head)

    @cached_property
    def numbers(self) -> set[str]:
        """The columns that stand right."""
        return {name for name in self.listing.columns if any(_is_number(self.listing.value(row, name)) for row in self.result_list)}

    @property
    def headers(self) -> list[dict[str, Any]]:
        """Each column's heading, the query string that sorts by it (the other way when it does already), and how it is sorted now."""
        now = dict(self.order[:1])
        heads = []
        for place, name in enumerate(self.listing.columns):
            backwards = now.get(place)
            sort = f"-{place + 1}" if backwards is False else str(place + 1)
            said = {None: "", False: "ascending", True: "descending"}[backwards]
            heads.append(
                {"text": self.listing.title_of(name), "url": self.get_query_string({ORDER_VAR: sort}), "sorted": said, "is_number": name in self.numbers}
            )
        return heads

    @cached_property
    def filter_specs(self) -> list[dict[str, Any]]:
        """Each filter with its choices: what there is among the rows, in words."""
        return [{"title": one.title, "parameter": one.parameter, "choices": list(self._choices(one))} for one in self.listing.filters]

    def _choices(self, one: Filter) -> Iterable[dict[str, Any]]:
        chosen = self.asked.get(one.parameter, one.otherwise or ALL)
        there = sorted(
            {*filter(None, map(one.of, self.everything)), *([one.otherwise] if one.otherwise else [])}, key=lambda text: text.casefold().translate(ALPHABET)
        )
        for value in [ALL, *there]:
            asked = {one.parameter: None if value == (one.otherwise or ALL) else value}
            yield {"display": "Alle" if value == ALL else value, "selected": value == chosen, "query_string": self.get_query_string(asked)}

    @property
    def has_active_filters(self) -> bool:
        return any(one.parameter in self.asked for one in self.listing.filters)

    @property
    def clear_all_filters_qs(self) -> str:
        return self.get_query_string(dict.fromkeys(one.parameter for one in self.listing.filters))

    @property
    def sought(self) -> list[tuple[str, str]]:
        """In words: what was sought, what alone is shown, and how it is sorted."""
        said = [("Søgt efter", self.query)] if self.query else []
        for spec in self.filter_specs:
            said += [(spec["title"], choice["display"]) for choice in spec["choices"] if choice["selected"] and choice["display"] != "Alle"]
        order = [f"{self.listing.title_of(self.listing.columns[place])} ({'faldende' if backwards else 'stigende'})" for place, backwards in self.order]
        return [*said, ("Sorteret efter", ", ".join(order))] if order else said

    def get_query_string(self, changes: dict[str, str | None] | None = None) -> str:
        """The query string with these changes, from its first page."""
        asked = self.asked.copy()
        asked.pop(PAGE_VAR, None)
        for name, value in (changes or {}).items():
            if value is None:
                asked.pop(name, None)
            else:
                asked[name] = value
        return f"?{asked.urlencode()}"


def _is_number(value: Any) -> bool:
    return isinstance(value, Money | Decimal | int) and not isinstance(value, bool)
