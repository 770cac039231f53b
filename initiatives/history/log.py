"""What leaves no row of its own is noted here: what was taken out and fetched, what a page or the API refused, who logged out."""

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


def _kept(text: str) -> str:
    """Text as PostgreSQL can keep it."""
    return text.replace("\0", "").encode(errors="replace").decode()
