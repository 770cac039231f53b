"""Files for whoever audits: the journal and the account statements as CSV, and the vouchers. What a file holds stands on the page that offers it."""

import functools
import io
import logging

from django.http import FileResponse, Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from initiatives import filetypes, vouchers
from initiatives.history import log
from initiatives.models import Voucher
from initiatives.views.access import P, Request, View, auditing
from initiatives.views.days import Days
from initiatives.views.pages import number_in
from ledger import exports
from ledger.models import Account

logger = logging.getLogger("initiatives.vouchers")


def settled(view: View[P]) -> View[P]:
    """While a posting stays under way that a file could still come to miss, there is no file: the page says to wait."""

    @functools.wraps(view)
    def page(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except TimeoutError:
            return render(request, "auditor/wait.html", status=503)

    return page


@auditing
@settled
def journal(request: Request) -> HttpResponseBase:
    """Offers the journal with its count, totals and SHA-256, and leads to exactly that file."""
    days = Days(request.GET)
    context: dict[str, object] = {"days": days}
    if days.is_valid():
        export = _journal(days)
        context |= {"export": export, "measured": export.measure(), "address": days.address()}
    return render(request, "auditor/journal_file.html", context)


@auditing
@settled
def journal_csv(request: Request) -> HttpResponseBase:
    """The journal up to the transfer `?til=`: the same bytes each time."""
    days = Days(request.GET)
    if not days.is_valid():
        raise Http404("these days cannot be read")
    return _sent(request, _journal(days, up_to=number_in(request, "til")))


@auditing
@settled
def statement(request: Request, code: str) -> HttpResponseBase:
    """Offers one account's statement, as the journal is offered."""
    account = get_object_or_404(Account, code=code)
    export = exports.account_statement(account)
    return render(request, "auditor/statement_file.html", {"account": account, "export": export, "measured": export.measure()})


@auditing
@settled
def statement_csv(request: Request, code: str) -> HttpResponseBase:
    return _sent(request, exports.account_statement(get_object_or_404(Account, code=code), up_to=number_in(request, "til")))


def _journal(days: Days, up_to: int | None = None) -> exports.Export:
    return exports.journal(up_to=up_to, first=days.cleaned_data["fra_dag"], last=days.cleaned_data["til_dag"])


def _sent(request: Request, export: exports.Export) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{export.filename}"'}
    return StreamingHttpResponse(log.taken_out(export, export.filename, request), content_type="text/csv; charset=utf-8", headers=headers)


@auditing
def voucher(request: Request, sha256: str) -> HttpResponseBase:
    """A voucher as it was kept. One whose bytes no longer give its digest is not served but reported."""
    kept = get_object_or_404(Voucher, pk=sha256)
    content = vouchers.content_of(kept)
    if content is None:
        logger.error("Voucher %s does not hold what its digest says.", kept.sha256)
        return render(request, "auditor/voucher_damaged.html", {"voucher": kept}, status=500)
    log.note(request.user, log.DOWNLOADED, kept.name, {"sha256": kept.sha256, "size": kept.size}, request)
    name = filetypes.named(kept.name, kept.content_type)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=kept.content_type or "application/octet-stream")
