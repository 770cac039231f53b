"""The books in the admin: accounts, transfers, payment windows and refusals (periods: initiatives/admin/periods.py). All of it is read; none of it is added, changed or deleted here."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from djmoney.money import Money

from ensomhed.adminsite import ReadOnlyAdmin
from ensomhed.lists import column
from ensomhed.models import User
from ensomhed.templatetags.danish import dato, kr, tidspunkt
from ledger import finding, questions
from ledger.kinds import Step
from ledger.models import Account, Period, Refusal, Transfer, Window
from ledger.refusals import (
    RULES,
    AlreadySettled,
    BooksClosed,
    DateRefused,
    KeyReused,
    LedgerError,
    LimitExceeded,
    NotSoBooked,
    PeriodRefused,
    SecondPerson,
    VoucherMissing,
)

PAGE = 50


class FiscalYear(admin.SimpleListFilter):
    """Transfers of one fiscal year."""

    title = "finansår"
    parameter_name = "finansaar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(year, year) for year in sorted({code[:4] for code in Period.objects.values_list("code", flat=True)})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{f"{self.parameter()}__startswith": f"{self.value()}-"}) if self.value() else queryset

    def parameter(self) -> str:
        return "period"


class Standing(admin.SimpleListFilter):
    """Where a transfer stands: what moved money, what waits, what was settled."""

    title = "trin"
    parameter_name = "trin"
    choices_in_words = {
        "moved": "Har flyttet penge",
        "waiting": "Venter på godkendelse",
        "approved": "Registreret og godkendt",
        "void": "Registreret og annulleret",
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.choices_in_words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = {
            "moved": queryset.filter(step__in=[Step.SINGLE, Step.POST]),
            "waiting": queryset.filter(step=Step.PENDING, settlement__isnull=True),
            "approved": queryset.filter(step=Step.PENDING, settlement__step=Step.POST),
            "void": queryset.filter(step=Step.PENDING, settlement__step=Step.VOID),
        }
        return rows.get(self.value() or "", queryset)


def standing_of(step: str, settled_as: str | None) -> str:
    """A step in words. A registration that was settled no longer waits."""
    if step == Step.PENDING and settled_as:
        return "Registreret, godkendt" if settled_as == Step.POST else "Registreret, annulleret"
    return Step(step).label.capitalize()


class Why(admin.SimpleListFilter):
    """Refusals for one kind of reason. A rule's own name is the books': it stands on the refusal's page, for whoever looks after the system."""

    title = "hvorfor"
    parameter_name = "hvorfor"
    reasons: dict[str, tuple[str, type[LedgerError]]] = {
        "loft": ("Mere, end der er tilbage", LimitExceeded),
        "person": ("Forkert person eller manglende ret", SecondPerson),
        "bilag": ("Bilag mangler", VoucherMissing),
        "periode": ("Perioden tager ikke imod", PeriodRefused),
        "dato": ("Datoen kan ikke bruges", DateRefused),
        "afgjort": ("Allerede registreret eller afgjort", AlreadySettled),
        "igen": ("Sendt igen med et andet indhold", KeyReused),
        "andet": ("Kan ikke gøres på den måde", NotSoBooked),
        "udenom": ("Forsøg på at ændre det bogførte", BooksClosed),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, said) for name, (said, _) in self.reasons.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.reasons:
            return queryset
        _, kind = self.reasons[str(self.value())]
        if kind is NotSoBooked:  # what has no words of its own, too
            return queryset.exclude(rule__in=[rule for rule, (refusal, _, _) in RULES.items() if refusal is not kind])
        return queryset.filter(rule__in=[rule for rule, (refusal, _, _) in RULES.items() if refusal is kind])


class WindowStanding(Standing):
    """Where a payment window stands."""

    choices_in_words = {"moved": "Godkendt", "waiting": "Venter på godkendelse", "void": "Foreslået og annulleret"}


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["name", "balance_kr", "reserved_kr", "left_kr", "kind_capitalised", "code", "entry_count"]
    list_filter = ["kind", "passes_on"]
    search_fields = ["code", "name", "holder"]
    search_help_text = "Søg på kontoens navn, kode eller indehaver"
    change_form_template = "admin/ledger/account.html"

    @column("Art", ordering="kind")
    def kind_capitalised(self, account: Account) -> str:
        return account.get_kind_display().capitalize()

    @column("Saldo, kr.", ordering=F("credits_posted") - F("debits_posted"))
    def balance_kr(self, account: Account) -> Money:
        return account.balance

    @column("Reserveret, kr.", ordering="debits_pending")
    def reserved_kr(self, account: Account) -> Money:
        return account.reserved

    @column("Til rest, kr.", ordering=F("credits_posted") - F("debits_posted") - F("debits_pending"))
    def left_kr(self, account: Account) -> Money | None:
        return account.left if account.capped else None

    def facts(self, row: Account) -> Sequence[tuple[str, Any]]:
        return [
            ("Kode", row.code),
            ("Art", row.get_kind_display().capitalize()),
            ("Hører under", row.parent),
            ("Saldo", kr(row.balance)),
            ("Reserveret", kr(row.reserved)),
            ("Til rest (saldo fraregnet reserveret)", kr(row.left) if row.capped else "Kontoen har ikke noget loft"),
            ("Nyeste kontrolsum", row.head),
        ]

    def belongings(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """The account statement, the newest entries first, a page at a time by entry number."""
        asked = request.GET.get("before", "")
        before = int(asked) if asked.isdecimal() and 0 < int(asked[:18]) <= row.entry_count else None
        entries = questions.statement(row, before=before, count=PAGE)
        settled = dict(Transfer.objects.filter(pending__in=[entry.transfer.pk for entry in entries]).values_list("pending_id", "step"))
        shown = [(entry, standing_of(entry.transfer.step, settled.get(entry.transfer.pk))) for entry in entries]
        return {"entries": shown, "older": entries[-1].number if entries and entries[-1].number > 1 else None, "newer": before + PAGE if before else None}


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["number", "day", "amount_kr", "what", "standing", "between", "text", "case_number"]
    list_display_links = ["number"]
    list_filter = ["kind", Standing, FiscalYear, "cause"]
    search_fields = ["=id", "text", "case_number", "debit_account__name", "credit_account__name", "debit_account__code", "credit_account__code"]
    search_help_text = "Søg på nummer, beløb, tekst, journalnummer eller konto"
    list_select_related = ["debit_account", "credit_account", "settlement"]
    change_form_template = "admin/ledger/transfer.html"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return finding.transfers(search_term, queryset), False

    @column("Nr.", ordering="id")
    def number(self, transfer: Transfer) -> int:
        return int(transfer.pk)

    @column("Valørdato", ordering="value_date")
    def day(self, transfer: Transfer) -> date:
        return transfer.value_date

    @column("Art", ordering="kind")
    def what(self, transfer: Transfer) -> str:
        return transfer.get_kind_display().capitalize()

    @column("Trin", ordering="step")
    def standing(self, transfer: Transfer) -> str:
        settlement = getattr(transfer, "settlement", None)
        return standing_of(transfer.step, settlement.step if settlement else None)

    @column("Fra og til", ordering="debit_account__name")
    def between(self, transfer: Transfer) -> str:
        return f"{transfer.debit_account} → {transfer.credit_account}"

    @column("Beløb, kr.", ordering="amount")
    def amount_kr(self, transfer: Transfer) -> Money:
        return transfer.amount

    def facts(self, row: Transfer) -> Sequence[tuple[str, Any]]:
        return [
            ("Art", row.get_kind_display().capitalize()),
            ("Trin", self.standing(row)),
            ("Årsag", row.get_cause_display().capitalize()),
            ("Beløb", kr(row.amount)),
            ("Valørdato", dato(row.value_date)),
            ("Periode", row.period),
            ("Bogført", f"{tidspunkt(row.booked_at)} af {row.booked_by}"),
            ("Tekst", row.text),
            ("Journalnummer", row.case_number),
            ("Nøgle", row.key),
            ("Kontrolsum", row.digest),
        ]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Transfer | None:
        """The row with the names that its page says; what belongs to it is told by its course, on the page itself."""
        named = Transfer.objects.select_related("debit_account", "credit_account", "booked_by", "settlement")
        return named.filter(pk=object_id).first() if object_id.isascii() and object_id.isdecimal() and len(object_id) < 19 else None


@admin.register(Window)
class WindowAdmin(ReadOnlyAdmin):
    right = "ledger.view_period"
    list_display = ["number", "frame", "opens_on", "closes_on", "standing", "booked_when", "booked_by"]
    list_filter = ["frame", WindowStanding]
    search_fields = ["=id", "frame__name", "text", "booked_by__first_name", "booked_by__last_name"]
    search_help_text = "Søg på nummer, ramme, tekst eller hvem der bogførte"
    list_select_related = ["frame", "booked_by", "settlement"]
    change_form_template = "admin/ledger/window.html"

    @column("Nr.", ordering="id")
    def number(self, window: Window) -> int:
        return int(window.pk)

    @column("Fra og med", ordering="opens")
    def opens_on(self, window: Window) -> date:
        return window.opens

    @column("Til og med", ordering="closes")
    def closes_on(self, window: Window) -> date:
        return window.closes

    @column("Trin", ordering="step")
    def standing(self, window: Window) -> str:
        settlement = getattr(window, "settlement", None)
        return standing_of(window.step, settlement.step if settlement else None)

    @column("Bogført", ordering="booked_at")
    def booked_when(self, window: Window) -> datetime:
        return window.booked_at

    def heading(self, row: Window) -> str:
        return f"Betalingsvindue {row}"

    def facts(self, row: Window) -> Sequence[tuple[str, Any]]:
        return [
            ("Ramme", row.frame),
            ("Der kan udbetales", f"fra {dato(row.opens)} til {dato(row.closes)}"),
            ("Trin", self.standing(row)),
            ("Bogført", f"{tidspunkt(row.booked_at)} af {row.booked_by}"),
            ("Tekst", row.text),
            ("Kontrolsum", row.digest),
        ]

    def belongings(self, request: HttpRequest, row: Window) -> dict[str, Any]:
        settlement = Window.objects.filter(pending=row.pk).first()
        return {"settlement": settlement, "waits": row.step == Step.PENDING and settlement is None}


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ["refused_when", "tried_by", "message"]
    list_display_links = ["refused_when"]
    list_filter = [Why]
    search_fields = ["message", "rule", "asked_by__username", "asked_by__first_name", "asked_by__last_name"]
    search_help_text = "Søg i beskeden eller på, hvem der forsøgte"
    list_select_related = ["asked_by"]

    def heading(self, row: Refusal) -> str:
        return f"Afvist {tidspunkt(row.refused_at)}"

    @column("Afvist", ordering="refused_at")
    def refused_when(self, refusal: Refusal) -> datetime:
        return refusal.refused_at

    @column("Forsøgt af", ordering="asked_by__username")
    def tried_by(self, refusal: Refusal) -> User:
        return refusal.asked_by

    def facts(self, row: Refusal) -> Sequence[tuple[str, Any]]:
        return [
            ("Afvist", tidspunkt(row.refused_at)),
            ("Forsøgt af", row.asked_by),
            ("Besked", row.message),
            ("Regel (bøgernes eget navn)", row.rule),
            ("Oplysninger til fejlsøgning", json.dumps(row.request, ensure_ascii=False)),
        ]
