"""What the OpenAPI description says beyond the code: who may ask, the key of a write, and how a refusal looks."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiTypes

from initiatives.api.problems import MEDIA_TYPE, TYPE
from initiatives.api.serializers import ProblemSerializer, TransferSerializer

KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    required=True,
    description="A UUID of your own for this write. Sent again with the same content it answers with what was booked the first time; with other content it is refused (409).",
)
NOTHING_FOUND = {(404, MEDIA_TYPE): ProblemSerializer}
REFUSALS = {(status, MEDIA_TYPE): ProblemSerializer for status in (400, 401, 403, 406, 429)}
WRITE_REFUSALS = {**REFUSALS, **{(status, MEDIA_TYPE): ProblemSerializer for status in (409, 413, 415, 422)}}
REGISTERED = {(201, "application/json"): TransferSerializer, (200, "application/json"): TransferSerializer, **WRITE_REFUSALS}
SETTLED = {(200, "application/json"): TransferSerializer, **WRITE_REFUSALS, **NOTHING_FOUND}

BY_SESSION: Any = [{"session": []}]
EXAMPLES = [
    OpenApiExample(
        "A first instalment",
        request_only=True,
        media_type="application/json",
        value={
            "earmark": "lift-mary-fonden",
            "amount": "500000.00",
            "amount_currency": "DKK",
            "value_date": "2023-02-15",
            "case_number": "2023-1102",
            "text": "1. rate 2023",
            "voucher_sha256": "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
        },
    ),
    OpenApiExample(
        "More than is left",
        response_only=True,
        media_type=MEDIA_TYPE,
        status_codes=["409"],
        value={
            "type": f"{TYPE}account_limit_debits_never_exceed_credits",
            "title": "Der er ikke penge nok tilbage",
            "status": 409,
            "detail": "Der er 412.500,00 kr. tilbage, og der blev bedt om 500.000,00 kr. Sæt beløbet ned til højst 412.500,00 kr.",
            "instance": "/api/v1/disbursements/",
            "rule": "account_limit_debits_never_exceed_credits",
            "figures": {"account": "earmark:lift-mary-fonden", "kind": "disbursement", "left": "412500.00", "reserved": "0.00", "asked": "500000.00"},
            "field": "amount",
            "errors": [],
        },
    ),
]


class SiteSession(SessionScheme):
    """The site's own log-in; drf-spectacular finds it by its target."""

    target_class = "initiatives.api.permissions.Session"
    name = "session"
    priority = 1


def refuse_unknown_fields(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """What is asked takes the named fields only, and the description says so."""
    for name in ("Approval", "Rejection", "Withdrawal", "RegistrationByDigest", "RegistrationWithFile"):
        for component in (name, f"{name}Request"):
            if component in result["components"]["schemas"]:
                result["components"]["schemas"][component]["additionalProperties"] = False
    return result
