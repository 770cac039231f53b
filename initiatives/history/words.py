"""The log in Danish: what happened, to what, and what each thing was before and after."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps

from initiatives.control import kinds  # noqa: F401 — fills in the words of every kind of proposal
from initiatives.control.words import WORDS, Line, plain
from initiatives.history.search import Row
from ledger.formats import date_text, kroner

DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)")

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
    "method": "metode",
    "rule": "regel",
    "path": "skrevet til",
}


def deed_of(row: Row) -> str:
    """What happened, as one would say it."""
    if row.deed in CHANGES:
        return f"{THINGS[row.source.name].capitalize()} {CHANGES[row.deed]}"
    said = DEEDS.get(row.deed, row.deed)
    return f"{said} ({STEPS[row.sort]})" if row.source.name == "attempt" and row.deed != "attempt_passed" and row.sort in STEPS else said


def changes_of(row: Row) -> list[Line]:
    """What was before and after, thing by thing; of a change only what became different."""
    before, after = row.before or {}, row.after or {}
    words = WORDS.get(row.sort)
    labels = dict(words.labels) if words else _labels(row.source.name)
    lines = []
    for key in [*(key for key in labels if key in before or key in after), *sorted((before.keys() | after.keys()) - labels.keys())]:
        line = Line(labels.get(key, key), _text(row, key, before), _text(row, key, after))
        if line.changes and not key.endswith("_currency"):
            lines.append(line)
    return lines


def _text(row: Row, key: str, values: dict[str, Any]) -> str:
    if key not in values:
        return "–"
    words = WORDS.get(row.sort)
    return words.shown.get(key, plain)(values[key]) if words else _plain(values[key])


def _plain(value: Any) -> str:
    """An amount, a day, or the value as it stands."""
    if isinstance(value, Decimal):
        return kroner(value)
    if isinstance(value, str) and DAY.fullmatch(value):
        return date_text(date.fromisoformat(value))
    return plain(value)


def _labels(name: str) -> dict[str, str]:
    """What the columns of a followed table are called on screen."""
    if name in ("event", "refusal"):
        return FIGURES
    if name not in THINGS:
        return {}
    model = apps.get_model("initiatives", f"{name}history")
    return {column.column: str(column.verbose_name) for column in model._meta.concrete_fields if not column.name.startswith("pgh_")}
