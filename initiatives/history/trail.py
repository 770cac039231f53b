"""Beside every row that a request changes stands who, where from and on which page; and whoever is refused a page or a deed is noted."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from pghistory.middleware import HistoryMiddleware

from ensomhed import attempts
from ensomhed.models import User
from initiatives.history import log
from ledger.refusals import RULES


class Trail(HistoryMiddleware):
    """The last to see a request and the first to see its answer: by then whatever was refused is rolled back, and the note of it stays."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_context(request), "address": attempts.address(request)}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = super().__call__(request)
        told = getattr(answer, "data", None) or {}  # of the API
        if answer.status_code == 403 and told.get("rule") not in RULES:  # the refusals of the books have a record of their own
            person = request.user if isinstance(request.user, User) else None
            log.note(person, log.REFUSED, getattr(request, "refused", "") or told.get("detail", ""), {"method": request.method}, request)
        return answer

    def process_exception(self, request: HttpRequest, problem: Exception) -> None:
        if isinstance(problem, PermissionDenied):
            request.refused = str(problem)  # type: ignore[attr-defined]


@receiver(user_logged_out)
def left(sender: type[User], request: HttpRequest, user: User | None, **_: Any) -> None:
    """Logging in is on record with its attempts (ensomhed.attempts); logging out is here."""
    if user:
        log.note(user, log.LOGGED_OUT, request=request)
