"""The log (hændelseslog) for whoever audits: who did what, when, from where, and what it was before and after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import chain
from typing import Any

from django import forms
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from ensomhed.lists import TYPES, Kind
from ensomhed.models import User
from initiatives.history import log as record
from initiatives.history import search
from initiatives.history.search import Place, Row
from initiatives.history.words import CHOICES, Line, changes_of, deed_of, names_of
from initiatives.views.access import Request, auditing
from initiatives.views.days import Day, Days
from ledger import sheets

ROWS = 50
TOO_LONG = "for_lang"
"""said of a search that no spreadsheet holds"""
COLUMNS = ("Tidspunkt (dansk tid)", "Tidspunkt (UTC)", "Hvem", "Bruger-id", "Hvad", "Om", "Oplysning", "Før", "Efter", "Bemærkning", "Netadresse", "Side")


class Sought(Days):
    """What to look for in the log."""

    hvem = forms.ModelChoiceField(
        User.objects.order_by("first_name", "last_name", "username"),
        label="Hvem",
        required=False,
        to_field_name="username",
        empty_label="Alle",
        error_messages={"invalid_choice": "Vælg en person på listen."},
    )
    hvad = forms.ChoiceField(
        label="Hvad",
        required=False,
        choices=[("", "Alt"), *((code, name) for code, (name, _) in CHOICES.items())],
        error_messages={"invalid_choice": "Vælg på listen."},
    )
    om = forms.CharField(label="Om", required=False, max_length=100)
    tekst = forms.CharField(label="Tekst", required=False, max_length=100)
    fra_dag = Day(label="Fra dag", required=False)
    til_dag = Day(label="Til og med dag", required=False)
    field_order = ["hvem", "hvad", "om", "tekst", "fra_dag", "til_dag"]

    def question(self) -> search.Sought | None:
        """What is asked; None while it cannot be read."""
        if not self.is_valid():
            return None
        asked = self.cleaned_data
        return search.Sought(
            person=asked["hvem"].pk if asked["hvem"] else None,
            deeds=CHOICES[asked["hvad"]][1] if asked["hvad"] else (),
            about=asked["om"],
            text=asked["tekst"],
            since=_midnight(asked["fra_dag"]),
            until=_midnight(asked["til_dag"] + timedelta(days=1)) if asked["til_dag"] else None,
        )


def _midnight(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


@dataclass(frozen=True)
class Shown:
    """A row as the page and the file tell it."""

    row: Row
    deed: str
    changes: list[Line]


@dataclass(frozen=True)
class Page:
    """Rows with the newest first, and the places at which the neighbours begin."""

    rows: list[Shown]
    older: Place | None
    newer: Place | None
    first: bool


@auditing
def log(request: Request) -> HttpResponseBase:
    """Everything that happened, the newest first: searched by person, deed, subject, days and text."""
    sought = Sought(request.GET)
    question = sought.question()
    page = _turned(request, question) if question else Page([], None, None, first=True)
    newest = page.rows[0].row.place if page.rows else None
    too_long = sheets.MOST_ROWS if TOO_LONG in request.GET else 0
    context = {"sought": sought, "page": page, "address": sought.address(), "newest": newest, "too_long": too_long}
    return render(request, "auditor/log.html", context)


def _turned(request: Request, question: search.Sought) -> Page:
    before, after = _place(request, "foer"), _place(request, "efter")
    if after:
        found = search.rows(question, after=after, count=ROWS + 1)
        shown = found[:ROWS][::-1]
        return Page(_shown(shown), older=shown[-1].place if shown else None, newer=shown[0].place if len(found) > ROWS else None, first=False)
    found = search.rows(question, before=before, count=ROWS + 1)
    shown = found[:ROWS]
    return Page(_shown(shown), older=shown[-1].place if len(found) > ROWS else None, newer=shown[0].place if before and shown else before, first=before is None)


def _shown(rows: list[Row]) -> list[Shown]:
    names = names_of(rows)
    return [Shown(row, deed_of(row), changes_of(row, names)) for row in rows]


def _place(request: Request, name: str) -> Place | None:
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        return Place.read(text)
    except (ValueError, OverflowError) as problem:
        raise Http404(str(problem)) from problem


@auditing
def log_file(request: Request, kind: Kind) -> HttpResponseBase:
    """The same rows as a file, from the newest that the page showed (`?til=`) and back. That it was taken out is noted when it was."""
    sought = Sought(request.GET)
    question = sought.question()
    if question is None:
        raise Http404("this search cannot be read")
    newest = _place(request, "til") or next((row.place for row in search.rows(question, count=1)), None)
    name, lines = f"haendelseslog-{newest or 'tom'}.{kind}", _lines(question, newest)
    try:
        file = begun(sheets.csv_of(COLUMNS, lines) if kind == "csv" else sheets.xlsx_of("Hændelseslog", COLUMNS, lines, _about(sought)))
    except sheets.TooManyRows:
        return redirect(f"{reverse('log')}?{sought.address()}&{TOO_LONG}=1")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(record.taken_out(file, name, request), content_type=TYPES[kind], headers=headers)


def begun(file: Iterator[bytes]) -> Iterator[bytes]:
    """The file with its first part written: what cannot be written at all is known before anything is sent."""
    return chain([next(file)], file)


def _about(sought: Sought) -> list[tuple[str, Any]]:
    """In words: when it was taken out, and what alone was sought."""
    asked = [(str(field.label), sought.data.get(field.html_name, "")) for field in sought]
    return [("Hentet", timezone.now()), *((label, value) for label, value in asked if value)]


def _lines(question: search.Sought, newest: Place | None) -> Iterator[sheets.Row]:
    """One line for each thing that became different, and one for a row without any."""
    for row in search.every(question, newest) if newest else ():
        deed, at = deed_of(row), row.place.moment
        for line in changes_of(row, names_of([row])) or [Line("", "", "")]:
            utc = f"{at.astimezone(search.UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            yield [at, utc, row.name, row.person, deed, row.about, line.label, line.before, line.after, row.note, row.address, row.url]
