"""Trying to log in: always recorded, and slowed down for whoever fails, there where they are. Nobody can shut another person out by failing in their name.

What is counted is a pair: the user name, and where it is tried from. A browser in which this person has logged in before is a place of its own, so that
strangers on the same network do not slow it down; every other place is the address it comes from.
"""

import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ensomhed.models import Attempt, User

FREE = 5
"""failures before anybody waits"""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)
COOKIE = "kendt_browser"
COOKIE_AGE = timedelta(days=180)
SALT = "ensomhed.attempts"
MOST_NAMES = 10
"""people that one browser is remembered for"""
LOCK_WAIT = "3s"


class TooMany(Exception):
    """This pair has failed too often and waits until a moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until

    @property
    def minute(self) -> datetime:
        """The whole minute from which on it can be tried again."""
        return self.until.replace(second=0, microsecond=0) + timedelta(minutes=1)


@dataclass(frozen=True)
class Place:
    """Where a user name is tried from."""

    source: str
    pair: str


def address(request: HttpRequest) -> str:
    """The address that a request comes from: what the outermost of our own proxies saw. Empty when it is not an address."""
    came = request.META.get("REMOTE_ADDR", "")
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if settings.PROXIES and len(forwarded) >= settings.PROXIES:
        came = forwarded[-settings.PROXIES]
    try:
        return str(ipaddress.ip_address(came))
    except ValueError:
        return ""


def network(source: str) -> str:
    """What one household or office has: an address, or in IPv6 the 64 bits that are handed out together."""
    if ":" not in source:
        return source
    inside = ipaddress.IPv6Address(source)
    return str(inside.ipv4_mapped or ipaddress.ip_network((inside, 64), strict=False))


def place(request: HttpRequest, username: str) -> Place:
    source, name = address(request), _digest("name", username.casefold())
    mark = known_browsers(request).get(name)
    return Place(source, _digest("browser", mark) if mark else _digest("pair", f"{name} {network(source)}"))


def tried(request: HttpRequest, username: str, step: Attempt.Step, check: Callable[[], User | None], *, entered: bool) -> User | None:
    """Whom `check` finds, or None; one at a time for each pair, and recorded. `entered`: there is no further step.

    Raises TooMany, without having checked anything, while the pair waits.
    """
    where = place(request, username)
    try:
        with transaction.atomic():
            _alone_with(where)
            until = _waits_until(where)
            found = None if until else check()
            _record(where, username, step, Attempt.Outcome.REFUSED if until else _outcome(found, entered))
    except OperationalError as busy:
        if getattr(busy.__cause__, "sqlstate", "") != "55P03":
            raise
        raise TooMany(timezone.now() + FIRST_WAIT) from busy
    if until:
        raise TooMany(until)
    return found


def entered(request: HttpRequest, user: User, step: Attempt.Step) -> None:
    """Records that somebody came in: what failed there before is forgotten."""
    _record(place(request, user.get_username()), user.get_username(), step, Attempt.Outcome.ENTERED)


def remember(request: HttpRequest, response: HttpResponseBase, username: str) -> None:
    """From now on this browser is a place of its own for this person, who has just logged in with it."""
    known = known_browsers(request)
    name = _digest("name", username.casefold())
    mark = known.pop(name, "") or secrets.token_urlsafe(16)
    known[name] = mark  # the newest stands last
    kept = dict(list(known.items())[-MOST_NAMES:])
    response.set_cookie(COOKIE, signing.dumps(kept, salt=SALT), max_age=COOKIE_AGE, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def known_browsers(request: HttpRequest) -> dict[str, str]:
    """By the digest of a user name: the mark that this browser was given when that person logged in."""
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}
    return known if isinstance(known, dict) else {}


def _digest(about: str, text: str) -> str:
    return salted_hmac(f"{SALT}.{about}", text, algorithm="sha256").hexdigest()


def _alone_with(where: Place) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_WAIT])
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 6))", [where.pair])


def _waits_until(where: Place) -> datetime | None:
    """Until when this pair waits: longer after each failure since it last came in."""
    now = timezone.now()
    recent = Attempt.objects.filter(pair=where.pair, at__gt=now - REMEMBERED)
    entered = recent.filter(outcome=Attempt.Outcome.ENTERED).order_by("-id").values_list("id", flat=True).first() or 0
    failures = recent.filter(outcome=Attempt.Outcome.FAILED, id__gt=entered).order_by("-id").values_list("at", flat=True)
    moments = list(failures[:100])
    if len(moments) < FREE:
        return None
    until = moments[0] + min(FIRST_WAIT * 2 ** (len(moments) - FREE), LONGEST_WAIT)
    return until if until > now else None


def _outcome(found: User | None, entered: bool) -> Attempt.Outcome:
    if found is None:
        return Attempt.Outcome.FAILED
    return Attempt.Outcome.ENTERED if entered else Attempt.Outcome.PASSED


def _record(where: Place, username: str, step: Attempt.Step, outcome: Attempt.Outcome) -> None:
    person = User.objects.filter(username=username).first()
    Attempt.objects.create(person=person, source=where.source, pair=where.pair, step=step, outcome=outcome)
