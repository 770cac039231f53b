"""The registers of what was decided, to be read: earmarks and vouchers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from djmoney.money import Money

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.lists import column
from ensomhed.templatetags.danish import antal, kr, tidspunkt
from initiatives import finding
from initiatives.admin import grant
from initiatives.finding.grant import is_document_of, with_window
from initiatives.models import Earmark, EarmarkQuerySet, Voucher
from ledger.models import Transfer, Window

FIRST_YEAR = 2023
"""the first year of the allocation"""


@admin.register(Earmark)
class EarmarkAdmin(ReadOnlyAdmin):
    list_display = ["title", "grantee", "amount_kr", "left", "frame"]
    list_display_links = ["title"]
    list_filter = ["initiative__frame", "award", "must_pass_on", "must_partner"]
    search_fields = finding.EARMARK
    search_help_text = "Søg på tilskudsmodtager, CVR-nummer, initiativ, spor eller journalnummer"
    change_form_template = "admin/initiatives/earmark.html"

    def get_queryset(self, request: HttpRequest) -> EarmarkQuerySet:
        return Earmark.objects.with_accounts()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return finding.earmarks(search_term, queryset), False

    @column("Øremærkning", ordering="initiative__name")
    def title(self, earmark: Earmark) -> str:
        return earmark.title

    @column("Ramme", ordering="initiative__frame__name")
    def frame(self, earmark: Earmark) -> str:
        return earmark.initiative.frame.name

    @column("Besluttet, kr.", ordering="amount")
    def amount_kr(self, earmark: Earmark) -> Money:
        return earmark.amount

    @column("Rest at udbetale, kr.", ordering=F("account__credits_posted") - F("account__debits_posted") - F("account__debits_pending"))
    def left(self, earmark: Earmark) -> Money:
        return earmark.account.left

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Earmark | None:
        known = with_window(Earmark.objects.with_accounts())
        return known.filter(pk=object_id).first() if object_id.isascii() and object_id.isdecimal() and len(object_id) < 19 else None

    def facts(self, row: Earmark) -> Sequence[tuple[str, Any]]:
        return [
            ("Initiativ", row.initiative),
            ("Spor", row.track),
            ("Ramme", row.initiative.frame),
            ("Besluttet beløb", kr(row.amount)),
            ("Tildelingsform", row.get_award_display().capitalize()),
            ("Vilkår", row.condition),
            ("Skal videreformidles", "Ja" if row.must_pass_on else "Nej"),
            ("Skal indgå samarbejder", "Ja" if row.must_partner else "Nej"),
            ("Formål", row.initiative.purpose),
            ("Kilde", row.source),
        ]

    def belongings(self, request: HttpRequest, row: Earmark) -> dict[str, Any]:
        return grant.whole(acting(request), row)


class OfGrant(admin.SimpleListFilter):
    """The documents with a part in one grant (`?tilskud=`): offered on the grant's page, and here only while it is asked for."""

    title = "tilskud"
    parameter_name = "tilskud"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        asked = self.used_parameters.get(self.parameter_name, "")
        chosen = Earmark.objects.select_related("grantee", "initiative").filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
        return [(asked, str(chosen))] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Voucher]) -> QuerySet[Voucher]:
        return queryset.filter(pk__in=is_document_of(int(self.value() or 0))) if self.value() else queryset


class YearKept(admin.SimpleListFilter):
    """Documents that were kept in one year."""

    title = "gemt i"
    parameter_name = "aar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = timezone.localdate().year
        return [(str(year), str(year)) for year in range(FIRST_YEAR, newest + 1)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value() or ""
        return queryset.filter(kept_at__year=int(asked)) if asked in dict(self.lookup_choices) else queryset


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    list_display = ["name", "kept_when", "kept_by", "size_in_bytes", "short_digest"]
    search_fields = ["name", "sha256"]
    list_filter = [OfGrant, YearKept]
    search_help_text = "Søg på filnavn eller begyndelsen af kontrolsummen"
    list_select_related = ["kept_by"]
    change_form_template = "admin/initiatives/voucher.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Voucher]:
        return Voucher.objects.defer("content")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return finding.vouchers(search_term, queryset), False

    def heading(self, row: Voucher) -> str:
        return row.name

    @column("Gemt", ordering="kept_at")
    def kept_when(self, voucher: Voucher) -> datetime:
        return voucher.kept_at

    @column("Størrelse, byte", ordering="size", shown=antal)
    def size_in_bytes(self, voucher: Voucher) -> int:
        return voucher.size

    @column("Kontrolsum", ordering="sha256", shown=lambda digest: f"{digest[:12]}…")
    def short_digest(self, voucher: Voucher) -> str:
        return voucher.sha256

    def facts(self, row: Voucher) -> Sequence[tuple[str, Any]]:
        return [
            ("Filnavn", row.name),
            ("Størrelse", f"{row.size:,} byte".replace(",", ".")),
            ("Gemt", f"{tidspunkt(row.kept_at)} af {row.kept_by}"),
            ("Kontrolsum (SHA-256)", row.sha256),
        ]

    def belongings(self, request: HttpRequest, row: Voucher) -> dict[str, Any]:
        proves = Transfer.objects.filter(voucher_sha256=row.sha256, step__in=["single", "pending"])
        return {
            "proves": proves.select_related("debit_account", "credit_account")[:100],
            "windows": Window.objects.filter(voucher_sha256=row.sha256, step="pending").select_related("frame"),
        }
