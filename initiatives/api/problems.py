"""Every refusal of the API in one shape: RFC 9457, `application/problem+json`, in Danish, with the rule's name, its figures and the field to look at."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.response import Response

from ledger import refusals

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:ensomhed:problem:"


class Refused(exceptions.APIException):
    """What HTTP itself refuses, before the books are asked."""

    def __init__(self, rule: str, title: str, detail: str, status: int) -> None:
        super().__init__(detail)
        self.rule = rule
        self.title = title
        self.status_code = status


@dataclasses.dataclass(frozen=True)
class Problem:
    """One refusal. `errors` lists every field that was wrong; the first of them is `field`."""

    status: int
    rule: str
    title: str
    detail: str
    figures: dict[str, str] = dataclasses.field(default_factory=dict)
    field: str | None = None
    errors: list[dict[str, str | None]] = dataclasses.field(default_factory=list)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    def body(self, instance: str) -> dict[str, Any]:
        return {
            "type": TYPE + self.rule,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "rule": self.rule,
            "figures": self.figures,
            "field": self.field,
            "errors": self.errors,
        }


TITLES: dict[type[refusals.LedgerError], str] = {
    refusals.LimitExceeded: "Der er ikke penge nok tilbage",
    refusals.SecondPerson: "Der skal to personer til",
    refusals.AlreadySettled: "Det er allerede afgjort",
    refusals.KeyReused: "Nøglen er brugt til noget andet",
    refusals.PeriodRefused: "Perioden kan ikke bruges",
    refusals.DateRefused: "Datoen kan ikke bruges",
    refusals.VoucherMissing: "Bilaget mangler",
    refusals.NotSoBooked: "Det kan ikke bogføres sådan",
    refusals.BooksClosed: "Bøgerne kan kun føjes til",
}
NOT_READ = (
    "not_readable",
    "Indholdet kan ikke læses",
    "Indholdet kan ikke læses. Send gyldig JSON, eller en formular med filen, som beskrevet i /api/v1/schema/.",
)
NOT_FOUND = ("not_found", "Findes ikke", "Der er ikke noget på denne adresse, som du kan se. Kontrollér adressen; den begynder med /api/v1/ og slutter med /.")
FORBIDDEN = ("permission_denied", "Du har ikke ret til dette", "Du har ikke ret til dette. Bed en kollega med rettigheden om at gøre det.")
ANONYMOUS = (
    "not_authenticated",
    "Du er ikke logget ind",
    "Log ind på siden, eller send en gyldig nøgle: Authorization: Token <nøgle>. Har du ingen, så spørg driften.",
)
PLAIN: dict[type[Exception], tuple[str, str, str]] = {
    Http404: NOT_FOUND,
    exceptions.NotFound: NOT_FOUND,
    PermissionDenied: FORBIDDEN,
    exceptions.PermissionDenied: FORBIDDEN,
    exceptions.NotAuthenticated: ANONYMOUS,
    exceptions.AuthenticationFailed: ANONYMOUS,
    exceptions.ParseError: NOT_READ,
    MultiPartParserError: NOT_READ,
    BadRequest: NOT_READ,
    SuspiciousOperation: NOT_READ,
    exceptions.MethodNotAllowed: (
        "method_not_allowed",
        "Det kan man ikke her",
        "Adressen kan ikke bruges på den måde. Svarets Allow fortæller, hvilke metoder den tager imod.",
    ),
    exceptions.NotAcceptable: ("not_acceptable", "Svaret er JSON", "Svaret findes kun som JSON. Send Accept: application/json, eller udelad Accept."),
    exceptions.UnsupportedMediaType: (
        "unsupported_media_type",
        "Indholdet har en anden form",
        "Send indholdet som application/json; et bilag sendes som multipart/form-data.",
    ),
}
STATUS: dict[type[Exception], int] = {Http404: 404, PermissionDenied: 403, MultiPartParserError: 400, BadRequest: 400, SuspiciousOperation: 400}


def answer(trouble: Exception, context: dict[str, Any]) -> Response | None:
    """The problem that answers an exception; None for one that is a fault of ours."""
    problem = _problem(trouble)
    if problem is None:
        return None
    return Response(problem.body(context["request"].get_full_path()), problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def _problem(trouble: Exception) -> Problem | None:
    if isinstance(trouble, refusals.LedgerError):
        title = next(title for kind, title in TITLES.items() if isinstance(trouble, kind))
        return Problem(trouble.status, trouble.rule, title, str(trouble), _figures(trouble.figures), trouble.field)
    if isinstance(trouble, Refused):
        return Problem(trouble.status_code, trouble.rule, trouble.title, str(trouble.detail))
    if isinstance(trouble, exceptions.ValidationError):
        return _invalid(trouble)
    if isinstance(trouble, exceptions.Throttled):
        seconds = math.ceil(getattr(trouble, "wait", None) or 1)
        detail = f"Der kom for mange kald på kort tid. Prøv igen om {seconds} sekunder."
        return Problem(429, "throttled", "For mange kald", detail, {"seconds": str(seconds)}, headers={"Retry-After": str(seconds)})
    for kind, (rule, title, detail) in PLAIN.items():
        if isinstance(trouble, kind):
            status = trouble.status_code if isinstance(trouble, exceptions.APIException) else STATUS[kind]
            challenge = getattr(trouble, "auth_header", None)
            said = str(trouble) if isinstance(trouble, PermissionDenied) else ""  # the verbs say it better than we can
            return Problem(status, rule, title, said or detail, headers={"WWW-Authenticate": challenge} if challenge else {})
    return None


def _invalid(trouble: exceptions.ValidationError) -> Problem:
    errors: list[dict[str, str | None]] = [{"field": name, "detail": words} for name, words in _flat(trouble.detail)]
    said = " ".join(f"{error['field']}: {error['detail']}" if error["field"] else str(error["detail"]) for error in errors)
    return Problem(400, "invalid_input", "Noget er udfyldt forkert", f"Ret det, og send igen. {said}", field=errors[0]["field"], errors=errors)


def _flat(detail: Any, name: str | None = None) -> Iterator[tuple[str | None, str]]:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _flat(inner, None if key == "non_field_errors" else _printable(str(key)))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flat(inner, name)
    else:
        yield name, _printable(str(detail))


def _printable(text: str) -> str:
    """Half a character, as JSON can spell it, cannot be sent back as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


def _figures(figures: refusals.Figures) -> dict[str, str]:
    return {name: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in figures.items() if value is not None}
