"""Many payments from one sheet: upload, see what each row would do, register all; and the batches that were registered."""

import base64
import io
import zlib
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import PAGE_VAR
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet, Sum
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.datastructures import MultiValueDict
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe
from djmoney.money import Money

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.lists import TYPES, Kind, column
from ensomhed.templatetags.danish import antal
from initiatives import filetypes, rights, vouchers
from initiatives.admin.forms import Deed
from initiatives.admin.pages import opens_with, page
from initiatives.bulk import reading, registering, template
from initiatives.bulk.registering import Preview
from initiatives.history import log
from initiatives.models import Batch, BatchRow, Earmark, Voucher
from initiatives.receiving import hands
from ledger.refusals import LedgerError

KEPT = "initiatives.admin.kept-vouchers"
MOST_FILES = 50
AT_A_TIME = 200  # rows of a batch
TOO_LARGE = f"Arket fylder mere end {reading.MAX_BYTES // 2**20} MB. Fjern alt andet end udbetalingerne, eller del det i flere ark."


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        return files.getlist(name) if isinstance(files, MultiValueDict) else []


class ManyFilesField(forms.FileField):
    """Several files at once."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return list(data or [])


class BatchForm(Deed):
    """The sheet and its vouchers. Vouchers are kept at once and the sheet is carried by the page, so that what is right is never chosen twice."""

    sheet = forms.FileField(
        label="Ark med udbetalinger",
        required=False,
        help_text=f"Den udfyldte skabelon: Excel (xlsx) eller CSV, højst {antal(reading.MAX_ROWS)} udbetalinger.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"empty": "Filen er tom. Vælg det ark, du har udfyldt."},
    )
    vouchers = ManyFilesField(
        label="Bilag",
        required=False,
        help_text=f"Vælg flere på én gang, højst {MOST_FILES} filer og 60 MB ad gangen; resten kan vedlægges bagefter. {filetypes.KINDS}",
        widget=ManyFiles(attrs={"accept": filetypes.ACCEPT}),
    )
    carried = forms.CharField(required=False, widget=forms.HiddenInput)
    carried_name = forms.CharField(required=False, widget=forms.HiddenInput)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content_of_sheet, self.name_of_sheet = b"", ""
        self.attached: dict[str, Voucher] = {}
        """the documents by the names that their files had"""
        for name in ("sheet", "vouchers"):
            self.fields[name].needed = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._take_vouchers(cleaned.get("vouchers", []))
        self._take_sheet(cleaned.get("sheet"), cleaned)
        return cleaned

    def _take_sheet(self, file: UploadedFile | None, cleaned: dict[str, Any]) -> None:
        if file and (file.size or 0) > reading.MAX_BYTES:
            self.add_error("sheet", TOO_LARGE)
            return
        if file:
            self.content_of_sheet, self.name_of_sheet = file.read(), file.name or ""
            self.send_back("carried", base64.b64encode(zlib.compress(self.content_of_sheet)).decode())
            self.send_back("carried_name", self.name_of_sheet)
        elif cleaned.get("carried"):
            try:
                self.content_of_sheet = zlib.decompressobj().decompress(base64.b64decode(cleaned["carried"], validate=True), reading.MAX_BYTES + 1)
            except (ValueError, zlib.error):  # no base64, or not even ASCII
                self.add_error("sheet", "Arket gik tabt undervejs. Vælg det igen.")
                return
            self.name_of_sheet = cleaned.get("carried_name", "")
        if not self.content_of_sheet and "sheet" not in self.errors:
            self.add_error("sheet", "Vælg det ark, du har udfyldt.")

    def _take_vouchers(self, files: list[UploadedFile]) -> None:
        """Those that were kept before, less those taken away, and the new ones; a file of the same name takes the place of the former."""
        self.attached = {name: voucher for name, voucher in self._kept().items() if voucher.pk not in self.data.getlist("drop")}  # type: ignore[attr-defined]
        if len(files) > MOST_FILES:
            self.add_error("vouchers", f"Du har valgt {len(files)} filer. Vedlæg højst {MOST_FILES} ad gangen; dem, der er vedlagt, bliver stående.")
            files = []
        names = [file.name or "" for file in files]
        for file in files:
            name = file.name or ""
            if names.count(name) > 1:
                self.add_error("vouchers", f"Der er valgt flere filer, som hedder {name}. Giv dem hver sit navn.")
                continue
            try:
                self.attached[name] = vouchers.keep(self.by, file.read(settings.VOUCHER_MAX_BYTES + 1), name)
            except LedgerError as refusal:
                self.add_error("vouchers", f"{name}: {refusal}")
        self.send_back("kept", signing.dumps([{name: voucher.pk for name, voucher in self.attached.items()}, self.by.pk], salt=KEPT))

    def _kept(self) -> dict[str, Voucher]:
        """The documents that this person uploaded before; nobody else's reference counts."""
        try:
            digests, owner = signing.loads(self.data.get("kept", ""), salt=KEPT, max_age=settings.SESSION_COOKIE_AGE)
        except signing.BadSignature:
            return {}
        known = Voucher.objects.defer("content").in_bulk(list(digests.values())) if owner == self.by.pk else {}
        return {name: known[digest] for name, digest in digests.items() if digest in known}


@require_http_methods(["GET", "HEAD", "POST"])
@opens_with(rights.REGISTER)
def register(request: HttpRequest) -> HttpResponse:
    """Shows first what each row would do, every mistake at once; registers all on the second submit, or none."""
    user, preview = acting(request), None
    form = BatchForm(request.POST or None, request.FILES or None, by=user)
    if form.is_valid():
        content, attached = form.content_of_sheet, form.attached
        try:
            if "register" in request.POST and not request.FILES:
                batch = registering.register(user, content=content, name=form.name_of_sheet, vouchers=attached, key=form.cleaned_data["key"])
                count = batch.rows.count()
                registered = "1 udbetaling er registreret" if count == 1 else f"{antal(count)} udbetalinger er registreret"
                messages.success(request, f"{registered} og venter nu på, at en anden godkender.")
                return redirect(batch)
        except reading.Unreadable:
            pass  # the preview tells each mistake
        except LedgerError as refusal:
            form.add_error(None, f"Intet er registreret. {refusal}")
        preview = _previewed(form)
    if preview is None:
        form.focus()
    batches = BatchRow.objects.filter(batch__made_by=user).exists()
    return page(request, "bulk/register.html", "Flerudbetaling", form=form, preview=preview, has_batches=batches)


def _previewed(form: BatchForm) -> Preview | None:
    try:
        return registering.preview(form.by, content=form.content_of_sheet, vouchers=form.attached)
    except reading.Unreadable as problem:
        form.add_error("sheet", str(problem))
        return None


@require_safe
@opens_with(rights.REGISTER)
def fetch_template(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The sheet to fill in."""
    if kind not in TYPES:
        raise Http404
    name = f"flerudbetaling.{kind}"
    answer = HttpResponse(template.as_xlsx() if kind == "xlsx" else template.as_csv(), content_type=TYPES[kind])
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    log.note(acting(request), log.EXPORTED, f"Skabelon {name}", {}, request)
    return answer


@require_safe
@opens_with(rights.READ_ALL)
def fetch(request: HttpRequest, number: int) -> HttpResponseBase:
    """The sheet as it came, byte by byte."""
    batch = get_object_or_404(Batch, pk=number)
    content = registering.content_of(batch)
    if content is None:
        return page(request, "paying/damaged.html", str(batch), status=500, file=batch)
    log.note(acting(request), log.DOWNLOADED, f"{batch}: arket", {"name": batch.name, "sha256": batch.sha256}, request)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=batch.name, content_type="application/octet-stream")


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    right = rights.READ_ALL
    list_display = ["title", "made_when", "made_by", "rows_count", "amount_kr", "waiting_count"]
    list_display_links = ["title"]
    list_filter = [("made_by", admin.RelatedOnlyFieldListFilter)]
    search_fields = [
        "name",
        "=id",
        "rows__transfer__case_number",
        "rows__transfer__text",
        "rows__transfer__debit_account__name",
        "made_by__first_name",
        "made_by__last_name",
    ]
    search_help_text = "Søg på arkets navn, nummer, journalnummer, tekst, øremærkning eller hvem der registrerede"
    change_form_template = "admin/bulk/batch.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        waits = Q(rows__transfer__settlement__isnull=True)
        figures = {"row_count": Count("rows"), "total": Sum("rows__transfer__amount"), "waiting": Count("rows", filter=waits)}
        return Batch.objects.defer("content").select_related("made_by").annotate(**figures)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Batch], search_term: str) -> tuple[QuerySet[Batch], bool]:
        """Looked for apart from the figures, which would count a batch's rows once for each that is found."""
        found, _ = super().get_search_results(request, Batch.objects.order_by(), search_term)
        return queryset.filter(pk__in=found.values("pk")), False

    @column("Flerudbetaling", ordering="id")
    def title(self, batch: Batch) -> str:
        return str(batch)

    @column("Registreret", ordering="made_at")
    def made_when(self, batch: Batch) -> Any:
        return batch.made_at

    @column("Udbetalinger", ordering="row_count")
    def rows_count(self, batch: Any) -> int:
        return batch.row_count

    @column("Sum, kr.", ordering="total")
    def amount_kr(self, batch: Any) -> Money:
        return Money(batch.total, "DKK")

    @column("Venter", ordering="waiting")
    def waiting_count(self, batch: Any) -> int:
        return batch.waiting

    def belongings(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        user = acting(request)
        shown = Paginator(
            row.rows.select_related("transfer__settlement__booked_by", "transfer__instalment_payment__instalment").order_by("row"), AT_A_TIME
        ).get_page(request.GET.get(PAGE_VAR))
        transfers = [each.transfer for each in shown.object_list]
        earmarks = {each.account_id: each for each in Earmark.objects.with_accounts().filter(account__in={each.debit_account_id for each in transfers})}
        names = dict(Voucher.objects.filter(pk__in={each.voucher_sha256 for each in transfers}).values_list("pk", "name"))
        waits = row.rows.filter(transfer__settlement__isnull=True).aggregate(sum=Sum("transfer__amount"))["sum"] or 0
        return {
            "shown": shown,
            "lines": [
                {
                    "row": each.row,
                    "transfer": each.transfer,
                    "earmark": earmarks[each.transfer.debit_account_id],
                    "voucher": names[each.transfer.voucher_sha256],
                }
                for each in shown.object_list
            ],
            "total": Money(row.total, "DKK"),
            "sum_of_waiting": Money(waits, "DKK"),
            "may_approve": user.may(rights.APPROVE) and row.made_by_id != user.pk,
            "approvers": [person for person in hands.holders(rights.APPROVE) if person.pk != row.made_by_id] if row.waiting else [],
        }
