"""The log in Danish: what happened, to what, and what each thing was before and after."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model

from ensomhed.templatetags.danish import tidspunkt
from initiatives.control import kinds  # noqa: F401 — fills in the words of every kind of proposal
from initiatives.control.words import WORDS, Line, plain
from initiatives.history.search import Row
from ledger.formats import date_text, kroner

DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")

Names = Mapping[tuple[type[Model], Any], str]

# What can be chosen on the page, and the deeds that it means.
CHOICES = {
    "log-ind": ("Log ind og ud", ("attempt:", "event:logged_out", "factor:", "key:", "user:password_changed")),
    "mislykkede": ("Mislykkede forsøg på at logge ind", ("attempt:attempt_failed", "attempt:attempt_refused")),
    "hentet": ("Lister og dokumenter hentet", ("event:exported", "event:downloaded")),
    "afvist": ("Afvist", ("refusal:", "event:refused")),
    "forslag": ("Forslag, kontrol og afgørelser", ("proposal:", "verification:", "decision:")),
    "trods-stop": ("Betalinger trods stop", ("proposal:override", "decision:override")),
    "adgang": ("Brugere, roller og rettigheder", ("user:", "role:", "right:", "permission:", "group:", "member:", "factor:", "key:")),
    "stamdata": ("Tilskudsmodtagere, øremærkninger og rammer", ("grantee:", "earmark:", "frame:", "initiative:", "agreement:", "localactor:", "period:")),
}
DEEDS = {
    "exported": "Liste hentet ud",
    "downloaded": "Dokument hentet",
    "refused": "Afvist på siden",
    "logged_out": "Logget ud",
    "refused_by_books": "Afvist af bøgerne",
    "attempt_failed": "Forkert ved log-ind",
    "attempt_refused": "Log-ind afvist: for mange forsøg",
    "attempt_passed": "Rigtig adgangskode, andet trin mangler",
    "attempt_entered": "Logget ind",
    "proposed": "Foreslået",
    "verified": "Kontrolleret",
    "approved": "Godkendt",
    "rejected": "Afvist",
    "withdrawn": "Trukket tilbage",
    "password_changed": "Ny adgangskode",
}
STEPS = {"password": "adgangskode", "factor": "andet trin", "again": "bekræftelse"}
THINGS = {
    "user": "bruger",
    "role": "rolle",
    "right": "rettighed i en rolle",
    "permission": "rettighed uden rolle",
    "group": "gruppe",
    "member": "bruger hos tilskudsmodtager",
    "factor": "andet trin",
    "key": "nøgle til API",
    "grantee": "tilskudsmodtager",
    "earmark": "øremærkning",
    "frame": "ramme",
    "initiative": "initiativ",
    "agreement": "aftale",
    "localactor": "lokal aktør",
    "period": "periode",
}
CHANGES = {"insert": "tilføjet", "update": "ændret", "delete": "fjernet"}
FIGURES = {
    "sha256": "SHA-256",
    "size": "størrelse i byte",
    "rows": "rækker",
    "whole": "hentet helt",
    "method": "forsøg",
    "rule": "regel",
    "path": "skrevet til",
}

TRIED = {"GET": "at åbne siden", "HEAD": "at åbne siden", "POST": "at sende noget ind"}


def deed_of(row: Row) -> str:
    """What happened, as one would say it."""
    if row.deed in CHANGES:
        return f"{THINGS[row.source.name].capitalize()} {CHANGES[row.deed]}"
    said = DEEDS.get(row.deed, row.deed)
    return f"{said} ({STEPS[row.sort]})" if row.source.name == "attempt" and row.deed != "attempt_passed" and row.sort in STEPS else said


def names_of(rows: Iterable[Row]) -> Names:
    """What the rows point at by number, called what it is called today: one query for each table that they point at."""
    sought: dict[type[Model], set[Any]] = defaultdict(set)
    for row in rows:
        for column, model in _points_at(row.source.name).items():
            sought[model].update(values[column] for values in (row.before or {}, row.after or {}) if values.get(column) is not None)
    return {(model, thing.pk): str(thing) for model, keys in sought.items() for thing in model._default_manager.filter(pk__in=keys)}


def changes_of(row: Row, names: Names) -> list[Line]:
    """What was before and after, thing by thing; of a change only what became different."""
    before, after = row.before or {}, row.after or {}
    words = WORDS.get(row.sort)
    labels = dict(words.labels) if words else _labels(row.source.name)
    lines = []
    for key in [*(key for key in labels if key in before or key in after), *sorted((before.keys() | after.keys()) - labels.keys())]:
        line = Line(labels.get(key, key), _text(row, key, before, names), _text(row, key, after, names))
        if line.changes and not key.endswith("_currency"):
            lines.append(line)
    return lines


def _text(row: Row, key: str, values: dict[str, Any], names: Names) -> str:
    if key not in values:
        return "–"
    words, model = WORDS.get(row.sort), _points_at(row.source.name).get(key)
    if words:
        return words.shown.get(key, plain)(values[key])
    if row.source.name == "event" and key == "method":
        return TRIED.get(values[key], plain(values[key]))
    return names.get((model, values[key])) or plain(values[key]) if model else _plain(values[key])


def _plain(value: Any) -> str:
    """An amount, a moment in Danish time, a day, or the value as it stands."""
    if isinstance(value, Decimal):
        return kroner(value)
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return tidspunkt(datetime.fromisoformat(value))
    if isinstance(value, str) and DAY.fullmatch(value):
        return date_text(date.fromisoformat(value))
    return plain(value)


@cache
def _points_at(name: str) -> dict[str, type[Model]]:
    """The columns of a followed table that hold the number of something else."""
    if name not in THINGS:
        return {}
    columns = apps.get_model("initiatives", f"{name}history")._meta.concrete_fields
    return {column.column: column.related_model for column in columns if column.is_relation and not column.name.startswith("pgh_")}


def _labels(name: str) -> dict[str, str]:
    """What the columns of a followed table are called on screen."""
    if name in ("event", "refusal"):
        return FIGURES
    if name not in THINGS:
        return {}
    model = apps.get_model("initiatives", f"{name}history")
    return {column.column: str(column.verbose_name) for column in model._meta.concrete_fields if not column.name.startswith("pgh_")}
