"""Every list can be taken out exactly as it is shown: its columns, and all rows of what was filtered, searched and sorted.

A list's column is a method that answers with the raw value; the list shows it in words, a file holds it as it is:

    @column("Beløb, kr.", ordering="amount")
    def amount_kr(self, transfer):
        return transfer.amount

What the type says is shown so: an amount 1.234,50, a day 23.11.2026, a moment 23.11.2026 kl. 14.05, yes and no as Ja and Nej, nothing as –. `shown` writes the
value otherwise (`shown=kr`), `drawn` makes it from row and value (a tag, a second line). Plain fields of the model need no method.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.views.decorators.http import require_safe
from djmoney.money import Money

from ensomhed.templatetags.danish import antal, dato, tal, tidspunkt
from ledger import sheets

Kind = Literal["csv", "xlsx"]
TYPES: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHUNK = 1000
"""how many rows are read together"""


def in_words(value: Any) -> str:
    """A raw value as a list shows it."""
    match value:
        case Money() | Decimal():
            return tal(value)
        case datetime():
            return tidspunkt(value)
        case date():
            return dato(value)
        case bool():
            return "Ja" if value else "Nej"
    return "" if value is None else str(value)


def column(
    title: str, *, ordering: Any = None, shown: Callable[[Any], str] = in_words, drawn: Callable[[Any, Any], str] | None = None
) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """A column of a list: the method answers with the raw value (see above). `ordering`: the field or expression that it is sorted by."""

    def made(value_of: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        @functools.wraps(value_of)
        def as_shown(owner: Any, row: Any) -> str | None:
            value = value_of(owner, row)
            if drawn:
                return drawn(row, value)
            return None if value is None or value == "" else shown(value)

        vars(as_shown)["raw"] = value_of
        return admin.display(description=title, ordering=ordering)(as_shown)

    return made


@dataclass(frozen=True)
class Extract:
    """What is taken out: the list's name, its columns, its rows, and in words what was sought and how it is sorted."""

    title: str
    columns: Sequence[str]
    rows: Iterable[sheets.Row]
    about: Sequence[tuple[str, str]] = field(default=())

    def sent(self, request: HttpRequest, kind: Kind) -> StreamingHttpResponse:
        """The file, as it is written; who took it out is noted when they did."""
        from initiatives.history import log  # the models are not loaded yet when this module is

        name = f"{self.title.lower().replace(' ', '-')}-{timezone.localdate().isoformat()}.{kind}"
        said = f"{name} ({'; '.join(f'{label.lower()}: {value}' for label, value in self.about)})" if self.about else name
        taken = [("Hentet", timezone.now()), ("Hentet af", str(request.user)), *self.about]
        file = sheets.csv_of(self.columns, self.rows) if kind == "csv" else sheets.xlsx_of(self.title, self.columns, self.rows, taken)
        headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"}
        return StreamingHttpResponse(log.taken_out(file, said, request), content_type=TYPES[kind], headers=headers)


def too_long(kind: Kind, count: int) -> str:
    """Why so many rows cannot be taken out so; nothing when they can."""
    if kind == "csv" or count <= sheets.MOST_ROWS:
        return ""
    return f"Et regneark kan højst rumme {antal(sheets.MOST_ROWS)} rækker, og her er {antal(count)}. Hent listen som CSV, eller afgræns den først."


def in_chunks(rows: Iterable[Any], completed: Callable[[list[Any]], list[Any]]) -> Iterator[Any]:
    """The rows, completed so many at a time."""
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield from completed(chunk)


class Rows(ChangeList):
    """Stock Django's list, in which a row leads where its admin says."""

    def url_for_result(self, result: Any) -> str:
        return self.model_admin.address_of(result) or str(super().url_for_result(result))  # type: ignore[attr-defined]


class ExportedAdmin(admin.ModelAdmin):
    """A list that can be taken out as CSV and XLSX: beside it stand export.csv and export.xlsx, which take the same query string."""

    list_path = ""
    """where the list stands below the register's own address"""

    list_name = ""
    """the name of the list's address; stock Django's unless told otherwise"""

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.list_name = self.list_name or f"{self.opts.app_label}_{self.opts.model_name}_changelist"

    def export_addresses(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(f"{self.list_path}export.{kind}", self.admin_site.admin_view(require_safe(functools.partial(self.export, kind=kind))), name=f"{name}_{kind}")
            for kind in TYPES
        ]

    def export(self, request: HttpRequest, *, kind: Kind) -> HttpResponseBase:
        """Every row that the list shows with this query string, on all its pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        whole = request.GET.copy()
        whole.pop(PAGE_VAR, None)
        request.GET = whole  # type: ignore[assignment]
        try:
            shown = super().get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(f"./?{ERROR_FLAG}=1")
        problem = too_long(kind, shown.result_count)
        if problem:
            messages.error(request, problem)
            return redirect(f"./?{request.GET.urlencode()}")
        return self.extract(shown).sent(request, kind)

    def extract(self, shown: ChangeList) -> Extract:
        names = [str(name) for name in shown.list_display]
        values = [self._value_of(name) for name in names]
        rows = in_chunks(shown.queryset.iterator(chunk_size=CHUNK), self.completed)
        titles = [title_of(self, name) for name in names]
        return Extract(capfirst(str(self.opts.verbose_name_plural)), titles, ([value(row) for value in values] for row in rows), sought(shown))

    def _value_of(self, name: str) -> Callable[[Any], Any]:
        """How a column's raw value is read from a row: as stock Django does, where a field goes before a method."""
        try:
            known: Any = self.opts.get_field(name)
        except FieldDoesNotExist:
            return functools.partial(getattr(type(self), name).raw, self)
        said = f"get_{name}_display"
        return (lambda row: getattr(row, said)()) if known.flatchoices else (lambda row: getattr(row, name))

    def completed(self, rows: list[Any]) -> list[Any]:
        """The rows with what is asked for many at once, for a page of the list and for a part of its file alike."""
        return rows

    def address_of(self, row: Any) -> str:
        """Where a row leads, when it is not its page in the register."""
        return ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Rows

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        shown = super().get_changelist_instance(request)
        rows: Any = self.completed(list(shown.result_list))
        shown.result_list = rows
        return shown


def title_of(owner: admin.ModelAdmin, name: str) -> str:
    return capfirst(str(label_for_field(name, owner.model, owner)))


def sought(shown: ChangeList) -> list[tuple[str, str]]:
    """In words: what was sought, what alone is shown, and how it is sorted."""
    said = [("Søgt efter", shown.query)] if shown.query else []
    for spec in shown.filter_specs:
        chosen = ", ".join(capfirst(str(choice["display"])) for choice in spec.choices(shown) if choice.get("selected"))
        if chosen not in ("", "Alle"):
            said.append((capfirst(str(spec.title)), chosen))
    directions = {"asc": "stigende", "desc": "faldende"}
    titles = [title_of(shown.model_admin, str(name)) for name in shown.list_display]
    order = [f"{titles[place]} ({directions[way]})" for place, way in shown.get_ordering_field_columns().items()]
    return [*said, ("Sorteret efter", ", ".join(order))] if order else said
