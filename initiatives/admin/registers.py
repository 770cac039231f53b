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
from initiatives import claims, deadlines, finding, rights
from initiatives.admin.deadlines import state_of, tagged
from initiatives.admin.front import Line
from initiatives.history import succession
from initiatives.models import Deadline, Earmark, EarmarkQuerySet, Voucher
from ledger import questions
from ledger.formats import date_text
from ledger.models import Transfer, Window


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

    def facts(self, row: Earmark) -> Sequence[tuple[str, Any]]:
        return [
            ("Tilskudsmodtager", row.grantee),
            *([("Afløses af", f"{followed.successor} fra og med {date_text(followed.starts)}")] if (followed := succession.of(row.grantee)) else []),
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
        user, today = acting(request), timezone.localdate()
        return {
            "line": Line(questions.numbers_of([row.account])[row.account_id], row),
            "window": questions.window_of(row.initiative.frame.account),
            "accounts": [row.account, row.grantee_account, row.used_account, row.written_off_account],
            "local_actors": row.local_actors.select_related("account"),
            "deadlines": [(deadline, tagged(state_of(deadline, today))) for deadline in Deadline.objects.told().filter(earmark=row)],
            "stops": deadlines.stops(row, today),
            "today": today,
            "claims": [(standing, standing.state(today), standing.days_late(today)) for standing in claims.standings(row.claims.told())],
            "may_register": user.may(rights.REGISTER),
        }


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    list_display = ["name", "kept_when", "kept_by", "size_in_bytes", "short_digest"]
    search_fields = ["name", "sha256"]
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
