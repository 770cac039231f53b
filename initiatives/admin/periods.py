"""Closing a fiscal period, for good."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from initiatives import decisions, rights
from initiatives.admin.pages import opens_with
from ledger.refusals import LedgerError


@require_POST
@opens_with(rights.CLOSE)
@asked_again
def close(request: HttpRequest, code: str) -> HttpResponse:
    try:
        decisions.close_period(acting(request), code)
    except LedgerError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Perioden {code} er lukket og tager ikke imod flere posteringer.")
    return redirect("admin:ledger_period_changelist")
