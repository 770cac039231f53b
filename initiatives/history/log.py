"""What leaves no row of its own is noted here: what was taken out and fetched, what a page or the API refused, who logged out."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest

from ensomhed import attempts
from ensomhed.models import User
from initiatives.models import Event

EXPORTED, DOWNLOADED, REFUSED, LOGGED_OUT = "exported", "downloaded", "refused", "logged_out"


def note(by: User | None, what: str, about: str = "", figures: dict[str, Any] | None = None, request: HttpRequest | None = None) -> Event:
    """Writes an event down at once. Called outside the transaction that did it, and above all outside one that was refused: there it would vanish with it."""
    return Event.objects.create(
        by=by,
        what=what,
        about=_kept(about)[:200],
        figures=figures or {},
        address=attempts.address(request) if request else "",
        url=_kept(request.path)[:300] if request else "",
    )


def taken_out(file: Iterable[bytes], name: str, request: HttpRequest) -> Iterator[bytes]:
    """Hands on a file as it is written, and notes at its end who took it out and its SHA-256; also when it was broken off."""
    person = request.user if isinstance(request.user, User) else None
    sha256, size, whole = hashlib.sha256(), 0, False
    try:
        for chunk in file:
            sha256.update(chunk)
            size += len(chunk)
            yield chunk
        whole = True
    finally:
        note(person, EXPORTED, name, {"sha256": sha256.hexdigest(), "size": size, "whole": whole}, request)


def _kept(text: str) -> str:
    """Text as PostgreSQL can keep it."""
    return text.replace("\0", "").encode(errors="replace").decode()
