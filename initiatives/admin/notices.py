"""What grantees were told, and how it was delivered: read by everybody who reads the books, stopped and changed by nobody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from ensomhed.adminsite import ReadOnlyAdmin
from ensomhed.lists import column
from initiatives.models import Delivery, DeliveryAttempt, Notice
from initiatives.telling.letters import letter

SENT = Exists(DeliveryAttempt.objects.filter(delivery=OuterRef("pk"), sent=True))
WAITING = Delivery.objects.filter(~Q(address="") & ~SENT, notice=OuterRef("pk"))
UNREACHABLE = Delivery.objects.filter(notice=OuterRef("pk"), address="")


class State(admin.SimpleListFilter):
    """Sent to everybody, waiting for somebody, or without an address for somebody."""

    title = "levering"
    parameter_name = "levering"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [("sent", "Sendt til alle"), ("waiting", "Venter på at blive sendt"), ("unreachable", "Kan ikke leveres til alle")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        match self.value():
            case "sent":
                return queryset.exclude(Exists(WAITING)).exclude(Exists(UNREACHABLE))
            case "waiting":
                return queryset.filter(Exists(WAITING))
            case "unreachable":
                return queryset.filter(Exists(UNREACHABLE))
        return queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["told_when", "subject", "grantee", "deliveries_said"]
    list_display_links = ["subject"]
    list_filter = [State, "what", "grantee"]
    search_fields = ["grantee__name", "deliveries__address", "account"]
    search_help_text = "Søg på tilskudsmodtager, e-mailadresse eller konto"
    change_form_template = "admin/notices/notice.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        sent = Q(deliveries__attempts__sent=True)
        return Notice.objects.told().annotate(
            told_to=Count("deliveries", distinct=True),
            sent_to=Count("deliveries", filter=sent, distinct=True),
            unreachable=Count("deliveries", filter=Q(deliveries__address=""), distinct=True),
        )

    @column("Skrevet", ordering="told_at")
    def told_when(self, notice: Notice) -> datetime:
        return notice.told_at

    @column("Besked", ordering="what")
    def subject(self, notice: Notice) -> str:
        return letter(notice).subject

    @column("Levering", ordering="sent_to")
    def deliveries_said(self, notice: Any) -> str:
        waiting = notice.told_to - notice.sent_to - notice.unreachable
        parts = [(notice.sent_to, "sendt"), (waiting, "venter"), (notice.unreachable, "uden adresse")]
        return ", ".join(f"{count} {word}" for count, word in parts if count)

    def heading(self, row: Notice) -> str:
        return f"Besked nr. {row.pk}"

    def belongings(self, request: HttpRequest, row: Notice) -> dict[str, Any]:
        return {"letter": letter(row), "deliveries": row.deliveries.with_outcome().select_related("person")}
