"""Reconciliation: the accounting system's lists of payments made, what does not agree, and what is done about it."""

import base64
import binascii
import io
import zlib
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ensomhed.adminsite import acting
from initiatives import rights
from initiatives.admin.forms import DayField, Deed, ProposalForm
from initiatives.admin.pages import opens_with, page, show_refusal
from initiatives.admin.paid_lists import DISAGREEING
from initiatives.history import log
from initiatives.models import BankStatement
from initiatives.paying import explaining, findings, lists, statements
from initiatives.paying.findings import Finding
from ledger.refusals import LedgerError

TOO_LARGE = f"Filen fylder mere end {lists.MAX_BYTES // 2**20} MB. Hent listen for en kortere periode, og indlæs den i flere dele."
CHOOSE = "Vælg den liste, økonomisystemet har dannet."
DAY_IS_WRITTEN = "Skriv dd.mm.åååå."


class ListForm(Deed):
    """The file, and the days that it covers. Between the preview and the keeping the page carries the file itself."""

    file = forms.FileField(
        label="Liste over betalinger",
        required=False,
        help_text="CSV eller Excel-projektmappe (.xlsx) med kolonnerne Reference, Beløb, Dato og Status (betalt eller returneret), og gerne Konto og Tekst.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"required": CHOOSE, "empty": f"Filen er tom. {CHOOSE}"},
    )
    first_day = DayField(label="Listen dækker fra og med", help_text=DAY_IS_WRITTEN)
    last_day = DayField(label="Til og med", help_text="Det, der er sendt herfra med valørdato før den dag, skal stå på listen.")
    carried = forms.CharField(required=False, widget=forms.HiddenInput)
    carried_name = forms.CharField(required=False, widget=forms.HiddenInput)
    content_of_file = b""
    name_of_file = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("carried")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file: UploadedFile | None = cleaned.get("file")
        if file:
            if (file.size or 0) > lists.MAX_BYTES:
                self.add_error("file", TOO_LARGE)
                return cleaned
            self.content_of_file, self.name_of_file = file.read(), file.name or ""
            self.send_back("carried", base64.b64encode(zlib.compress(self.content_of_file)).decode())
            self.send_back("carried_name", self.name_of_file)
        elif cleaned.get("carried"):
            self._unpack(cleaned["carried"])
            self.name_of_file = cleaned.get("carried_name", "")
        if not self.content_of_file and "file" not in self.errors:
            self.add_error("file", CHOOSE)
        return cleaned

    def _unpack(self, carried: str) -> None:
        try:
            self.content_of_file = zlib.decompressobj().decompress(base64.b64decode(carried, validate=True), lists.MAX_BYTES + 1)
        except (binascii.Error, zlib.error):
            self.add_error("file", "Filen gik tabt undervejs. Vælg den igen.")

    @property
    def covers(self) -> dict[str, Any]:
        """What the verbs take."""
        return {name: self.cleaned_data[name] for name in ("first_day", "last_day")} | {"content": self.content_of_file, "name": self.name_of_file}


NEWEST = 10
"""how many lists the page shows; the others are on a list of their own"""


class ExplanationForm(ProposalForm):
    voucher_help = "Det, der viser, hvad linjen er: et kontoudtog, en faktura eller et brev fra banken."


@require_safe
@opens_with(rights.READ_ALL)
def overview(request: HttpRequest) -> HttpResponse:
    """What does not agree, and the newest lists."""
    shown = DISAGREEING.shown(request)
    context: dict[str, Any] = {
        "cl": shown,
        "unexplained": sum(told.found.is_red for told in shown.everything),
        "agreeing": findings.count_of_agreeing(),
        "statements": BankStatement.objects.defer("content").select_related("taken_by")[:NEWEST],
        "statement_count": BankStatement.objects.count(),
        "may_reconcile": acting(request).may(rights.RECONCILE),
    }
    return page(request, "paying/reconciliation.html", "Afstemning", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.RECONCILE)
def upload(request: HttpRequest) -> HttpResponse:
    """Shows first what a list would give, every bad row included; keeps it on the second submit, whole or not at all."""
    user, preview, known = acting(request), None, None
    form = ListForm(request.POST or None, request.FILES or None, by=user, initial=_next_days())
    if form.is_valid():
        known = statements.known(form.content_of_file)
        try:
            if "keep" in request.POST and not request.FILES:
                statement = statements.take(user, key=form.cleaned_data["key"], **form.covers)
                messages.success(request, f"Listen er indlæst med {statement.row_count} rækker.")
                return redirect("admin:initiatives_bankstatement_show", statement.pk)
            preview = statements.preview(user, **form.covers)
        except lists.Unreadable as problem:
            form.add_error("file", str(problem))
        except LedgerError as refusal:
            show_refusal(form, refusal)
    if preview is None:
        form.focus()
    return page(request, "paying/upload.html", "Indlæs liste over betalinger", form=form, preview=preview, known=known)


def _next_days() -> dict[str, Any]:
    """From the day after the newest list to yesterday, when that is a period."""
    newest, yesterday = BankStatement.objects.order_by("-last_day").first(), timezone.localdate() - timedelta(days=1)
    first = newest.last_day + timedelta(days=1) if newest else None
    return {"first_day": first, "last_day": yesterday} if first and first <= yesterday else {}


@require_safe
@opens_with(rights.READ_ALL)
def show_statement(request: HttpRequest, number: int) -> HttpResponse:
    """One list, row by row, beside what left from here."""
    statement = get_object_or_404(BankStatement.objects.defer("content").select_related("taken_by"), pk=number)
    found = findings.of_statement(statement)
    context: dict[str, Any] = {
        "statement": statement,
        "findings": found,
        "repeated": statement.row_count - len(found),
        "may_reconcile": acting(request).may(rights.RECONCILE),
    }
    return page(request, "paying/statement.html", str(statement), **context)


@require_safe
@opens_with(rights.RECONCILE)
def fetch(request: HttpRequest, number: int) -> HttpResponseBase:
    """The list as it came, byte by byte."""
    statement = get_object_or_404(BankStatement, pk=number)
    content = statements.content_of(statement)
    if content is None:
        return page(request, "paying/damaged.html", str(statement), status=500, file=statement)
    log.note(acting(request), log.DOWNLOADED, str(statement), {"name": statement.name, "sha256": statement.sha256}, request)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=statement.name, content_type="application/octet-stream")


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.RECONCILE)
def explain(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Proposes what a line that does not agree is about."""
    user, found = acting(request), _found(kind, number)
    hand = findings.hand_in(found.reference, user)
    form = ExplanationForm(request.POST or None, request.FILES or None, by=user)
    if found.is_red and not found.proposal and form.is_valid():
        try:
            proposal = explaining.explain(user, found, **form.content)
        except LedgerError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "Forklaringen er foreslået. Linjen står rød, til ledelsen har godkendt den.")
            return redirect("admin:initiatives_proposal_settle", proposal.pk)
    form.focus()
    return page(request, "paying/explain.html", f"Forklar {found.reference or 'en betaling uden reference'}", form=form, finding=found, hand=hand)


@require_POST
@opens_with(rights.REGISTER)
def reverse_returned(request: HttpRequest, number: int) -> HttpResponse:
    """Registers the reversal of what the bank returned, with the list's row as its document."""
    form = Deed(request.POST, by=acting(request))
    if form.is_valid():
        try:
            pending = explaining.reverse_returned(acting(request), _found("bankline", number), key=form.cleaned_data["key"])
        except LedgerError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Tilbageførslen er registreret og venter nu på, at en anden godkender.")
            return redirect("admin:initiatives_payment_settle", pending.pk)
    return redirect("admin:initiatives_bankstatement_list")


def _found(kind: str, number: int) -> Finding:
    found = findings.of_subject(f"{kind}:{number}") if kind in ("bankline", "paymentline") else None
    if found is None:
        raise Http404
    return found
