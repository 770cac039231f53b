"""How long somebody stays logged in: half an hour without a click, eight hours in all, and no longer than the browser is open."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.http import HttpRequest, HttpResponse

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 8 * 60 * 60
NOTED_EVERY_SECONDS = 60
BEGAN, SEEN, NOTICE = "began", "seen", "notice"
IDLE = "Du blev logget ud, fordi der ikke var sket noget i en halv time. Log ind igen for at fortsætte."
TOO_LONG = "Du blev logget ud, fordi det er mere end otte timer siden, du loggede ind. Log ind igen for at fortsætte."


class SessionStore(DatabaseSessionStore):
    """Django's own; a cookie that is not a session's key, as one with a NUL in it, is nobody's."""

    def _validate_session_key(self, key: Any) -> bool:
        return super()._validate_session_key(key) and key.isascii() and key.isalnum()  # type: ignore[misc]


def began_seconds_ago(request: HttpRequest) -> float:
    """How long ago the person logged in."""
    return time.time() - request.session.get(BEGAN, 0)


def limited(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Logs out whoever has been away or logged in for too long; the page then asks them to log in, and says why."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now, session = time.time(), request.session
            if BEGAN not in session:
                session[BEGAN] = session[SEEN] = now
            farewell = TOO_LONG if now - session[BEGAN] > LONGEST_SECONDS else IDLE if now - session[SEEN] > IDLE_SECONDS else ""
            if farewell:
                logout(request)
                request.session[NOTICE] = farewell
            elif now - session[SEEN] > NOTED_EVERY_SECONDS:
                session[SEEN] = now
        return get_response(request)

    return answer
