"""Looking things up in the log: the rows of all its tables in one order of time, a page at a time, in one query that costs the same however far back."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from initiatives.history.sources import SOURCES, Source

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = re.compile(r"(\d{1,17})-(\d{1,2})-(\d{1,18})")


@dataclass(frozen=True)
class Place:
    """Where a row stands in the log: its moment, its table, its number there."""

    moment: datetime
    source: int
    id: int

    def __str__(self) -> str:
        return f"{(self.moment - EPOCH) // timedelta(microseconds=1)}-{self.source}-{self.id}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """Raises ValueError for what is no place."""
        found = CURSOR.fullmatch(text) if text.isascii() else None
        if found is None:
            raise ValueError(f"{text!r} is no place in the log")
        moment, source, number = map(int, found.groups())
        return cls(EPOCH + timedelta(microseconds=moment), source, number)


@dataclass(frozen=True)
class Row:
    """Something that happened, as its table tells it."""

    place: Place
    person: int | None
    name: str
    """of the person, as it is today"""
    deed: str
    about: str
    sort: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    note: str
    proposal: int | None
    address: str
    url: str

    @property
    def source(self) -> Source:
        return SOURCES[self.place.source]


@dataclass(frozen=True)
class Sought:
    """What to look for; nothing means everything. `deeds` are the codes of what happened, of any table or, as `table:code`, of one; `table:` means all of it."""

    person: int | None = None
    deeds: tuple[str, ...] = ()
    about: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass
class Clauses:
    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, part: str, *values: Any) -> None:
        self.parts.append(part)
        self.values += values

    def __str__(self) -> str:
        return " AND ".join(self.parts)


def rows(sought: Sought, *, before: Place | None = None, after: Place | None = None, count: int = 50) -> list[Row]:
    """The newest rows first, or those before a place; with `after`, upwards from it."""
    order = "ASC" if after else "DESC"
    branches, values = [], []
    for number, source in enumerate(SOURCES):
        deeds = _deeds(source, sought)
        if deeds is not None:
            clauses = _clauses(number, source, sought, deeds, before, after)
            branches.append(_branch(number, source, clauses, order))
            values += [*clauses.values, count]
    if not branches:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT l.moment, l.source, l.id, l.person, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username, ''),
                l.deed, l.about, l.sort, l.before, l.after, l.note, l.proposal, l.address, l.url
            FROM ({" UNION ALL ".join(branches)}) l LEFT JOIN ensomhed_user u ON u.id = l.person
            ORDER BY l.moment {order}, l.source {order}, l.id {order} LIMIT %s
            """,  # noqa: S608 — written in initiatives.history.sources
            [*values, count],
        )
        return [_row(found) for found in cursor.fetchall()]


def every(sought: Sought, newest: Place, page: int = 1000) -> Iterator[Row]:
    """All of it from a place on backwards, the place itself among them, a page at a time."""
    place = Place(newest.moment, newest.source, newest.id + 1)
    while found := rows(sought, before=place, count=page):
        yield from found
        place = found[-1].place


def _deeds(source: Source, sought: Sought) -> list[str] | None:
    """Which of a table's deeds are sought: an empty list for all, None for none."""
    if not sought.deeds:
        return []
    named = [deed.partition(":")[2] for deed in sought.deeds if deed.partition(":")[0] == source.name]
    return [] if "" in named else named or None


def _clauses(number: int, source: Source, sought: Sought, deeds: list[str], before: Place | None, after: Place | None) -> Clauses:
    clauses = Clauses()
    clauses.add(source.only)
    if before:
        clauses.add(*_beyond(number, source, before, "<"))
    if after:
        clauses.add(*_beyond(number, source, after, ">"))
    if sought.since:
        clauses.add(f"{source.moment} >= %s", sought.since)
    if sought.until:
        clauses.add(f"{source.moment} < %s", sought.until)
    if sought.person is not None:
        clauses.add(f"{source.person} = %s", sought.person)
    if deeds:
        clauses.add(f"{source.deed} = ANY(%s)", deeds)
    if sought.about:
        clauses.add(f"{source.about} ILIKE %s", _anywhere(sought.about))
    if sought.text:
        said = source.searched or f"concat_ws(' ', {source.about}, {source.note}, {source.before}, {source.after}, {source.address}, {source.url})"
        clauses.add(f"{said} ILIKE %s", _anywhere(sought.text))
    return clauses


def _beyond(number: int, source: Source, place: Place, sign: str) -> tuple[Any, ...]:
    """The rows of one table on one side of a place of the whole log."""
    if number == place.source:
        return (f"({source.moment}, {source.id}) {sign} (%s, %s)", place.moment, place.id)
    nearer = (number < place.source) == (sign == "<")
    return (f"{source.moment} {sign}{'=' if nearer else ''} %s", place.moment)


def _branch(number: int, source: Source, clauses: Clauses, order: str) -> str:
    s = source
    return (
        f"(SELECT {s.moment} AS moment, {number} AS source, {s.id}::bigint AS id, {s.person} AS person, {s.deed} AS deed, {s.about} AS about, {s.sort} AS sort,"  # noqa: S608 — written in initiatives.history.sources
        f" {s.before} AS before, {s.after} AS after, {s.note} AS note, {s.proposal} AS proposal, {s.address} AS address, {s.url} AS url"
        f" FROM {s.rows} WHERE {clauses} ORDER BY {s.moment} {order}, {s.id} {order} LIMIT %s)"
    )


def _anywhere(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _row(found: tuple[Any, ...]) -> Row:
    moment, source, number, person, name, deed, about, sort, before, after, note, proposal, address, url = found
    return Row(Place(moment, source, number), person, name, deed, about, sort, _loaded(before), _loaded(after), note, proposal, address, url)


def _loaded(value: Any) -> dict[str, Any] | None:
    """JSON as Django's connection hands it over: as text."""
    loaded = json.loads(value, parse_float=Decimal) if isinstance(value, str) else value
    return loaded if isinstance(loaded, dict) else None
