"""Payment files: what is ready to leave, releasing it, and each file as it left."""

import io
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from ensomhed.adminsite import acting
from ensomhed.factor import asked_again
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.forms import Deed
from initiatives.admin.pages import opens_with, page
from initiatives.admin.paid_lists import LEAVING
from initiatives.history import log
from initiatives.models import PaymentFile
from initiatives.paying import files, findings
from ledger.formats import kroner
from ledger.refusals import LedgerError


class ReleaseForm(Deed):
    """Everything that is ready leaves together."""


@require_safe
@opens_with(rights.READ_ALL)
def show_files(request: HttpRequest) -> HttpResponse:
    """What waits to leave, who may let it, and the newest files that left."""
    user, shown = acting(request), LEAVING.shown(request)
    ready = [payment for payment in shown.everything if not payment.held]
    context: dict[str, Any] = {
        "cl": shown,
        "ready": ready,
        "sum": files.sum_of(ready),
        "recipients": len({payment.earmark.grantee_id for payment in ready}),
        "held": len(shown.everything) - len(ready),
        "files": files.released(),
        "file_count": PaymentFile.objects.count(),
        "may_release": user.may(rights.RELEASE),
        "hands": files.hands(user, ready),
        "releasers": files.releasers(),
        "form": ReleaseForm(by=user),
    }
    return page(request, "paying/files.html", "Betalingsfiler", **context)


@require_POST
@opens_with(rights.RELEASE)
@asked_again
def release(request: HttpRequest) -> HttpResponse:
    form = ReleaseForm(request.POST, by=acting(request))
    if not form.is_valid():
        messages.error(request, " ".join(str(problem) for problems in form.errors.values() for problem in problems))
        return redirect("admin:initiatives_paymentfile_list")
    try:
        file = files.release(acting(request), key=form.cleaned_data["key"])
    except LedgerError as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:initiatives_paymentfile_list")
    messages.success(request, f"Betalingsfil nr. {file.number} på {kroner(file.total)} er frigivet. Hent den, og læg den i økonomisystemet.")
    return redirect("admin:initiatives_paymentfile_show", file.number)


@require_safe
@opens_with(rights.READ_ALL)
def show_file(request: HttpRequest, number: int) -> HttpResponse:
    """One file: its control totals, its digest, and what came of each payment."""
    file = get_object_or_404(PaymentFile.objects.defer("content").select_related("released_by"), number=number)
    context: dict[str, Any] = {"file": file, "findings": findings.of_file(file), "may_fetch": _may_fetch(acting(request))}
    return page(request, "paying/file.html", str(file), **context)


@require_safe
@opens_with(rights.RELEASE, rights.RECONCILE)
def fetch(request: HttpRequest, number: int) -> HttpResponseBase:
    """The bytes that left, the same at every fetch; each fetch is written down."""
    file = get_object_or_404(PaymentFile, number=number)
    content = files.content_of(file)
    if content is None:
        return page(request, "paying/damaged.html", str(file), status=500, file=file)
    log.note(acting(request), log.DOWNLOADED, str(file), {"number": file.number, "sha256": file.sha256}, request)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=file.name, content_type="text/csv; charset=utf-8")


def _may_fetch(user: User) -> bool:
    return user.may(rights.RELEASE) or user.may(rights.RECONCILE)
