"""The lists around payments: what waits to leave, the files that left, the lists of payments made, and what does not agree."""

from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from djmoney.money import Money

from ensomhed.adminsite import ReadOnlyAdmin, acting
from ensomhed.lists import column
from ensomhed.models import User
from ensomhed.templatetags.danish import antal, dato, tal
from initiatives import rights
from initiatives.admin.listings import Filter, Listing
from initiatives.models import BankLine, BankStatement, PaymentFile
from initiatives.paying import files, findings
from initiatives.paying.files import Ready
from initiatives.paying.findings import Finding

READY, HELD = "Klar", "Holdt tilbage"


class LeavingList(Listing):
    """Approved payments that have not left."""

    title = "Betalinger, der ikke er sendt"
    names = ("betaling, der ikke er sendt", "betalinger, der ikke er sendt")
    route = "initiatives/paymentfile/"
    rights = (rights.READ_ALL,)
    columns = ("reference", "grantee", "amount_kr", "day", "goes_to", "why", "registered_by", "approved_by", "text", "case_number")
    filters = (Filter("Tilstand", "tilstand", lambda payment: HELD if payment.held else READY),)
    search_help_text = "Søg på modtager, reference, beløb, tekst eller journalnummer"
    empty = "Der er ingen godkendte betalinger, der venter på at blive frigivet."

    def rows(self, request: HttpRequest) -> list[Ready]:
        return files.waiting_to_leave()

    def address_of(self, row: Ready, user: User) -> str:
        return reverse("admin:ledger_transfer_change", args=[row.transfer.pk])

    @column("Reference")
    def reference(self, payment: Ready) -> str:
        return payment.reference

    @column("Modtager")
    def grantee(self, payment: Ready) -> str:
        return str(payment.earmark.grantee)

    @column("Beløb, kr.")
    def amount_kr(self, payment: Ready) -> Money:
        return payment.transfer.amount

    @column("Valørdato")
    def day(self, payment: Ready) -> date:
        return payment.transfer.value_date

    @column("Betales til")
    def goes_to(self, payment: Ready) -> str:
        return payment.goes_to

    @column("Holdt tilbage, fordi")
    def why(self, payment: Ready) -> str:
        return payment.why

    @column("Registreret af")
    def registered_by(self, payment: Ready) -> str:
        return str(payment.registration.booked_by)

    @column("Godkendt af")
    def approved_by(self, payment: Ready) -> str:
        return str(payment.transfer.booked_by)

    @column("Tekst")
    def text(self, payment: Ready) -> str:
        return payment.transfer.text

    @column("Journalnummer")
    def case_number(self, payment: Ready) -> str:
        return payment.transfer.case_number


LEAVING = LeavingList()


class DisagreeingList(Listing):
    """What left and what the accounting system says, where they do not agree yet: red first, then what waits, then what was explained."""

    title = "Afstemning"
    names = ("linje", "linjer")
    route = "initiatives/bankstatement/"
    rights = (rights.READ_ALL,)
    columns = ("reference", "grantee", "what", "listed", "sent_kr", "listed_kr", "next_step")
    filters = (Filter("Tilstand", "tilstand", lambda told: told.found.words),)
    search_help_text = "Søg på reference, modtager, beløb eller tekst"
    empty = "Alt, der er sendt og betalt, stemmer."

    def rows(self, request: HttpRequest) -> list["Told"]:
        return [Told(finding, request) for finding in findings.to_do()]

    def address_of(self, row: "Told", user: User) -> str:
        line = row.found.line
        return reverse("admin:ledger_transfer_change", args=[line.transfer_id]) if line else ""

    @column("Betaling")
    def reference(self, told: "Told") -> str:
        return told.found.reference or "Uden reference"

    @column("Modtager")
    def grantee(self, told: "Told") -> str:
        return told.found.grantee

    @column("Afstemning", drawn=lambda told, words: format_html('<strong class="finding {}">{}</strong>', told.look, words))
    def what(self, told: "Told") -> str:
        return told.found.words

    @column(
        "Listen siger", drawn=lambda told, said: format_html('<span>{} <a href="{}">Se listen</a></span>', said, told.statement) if told.statement else said
    )
    def listed(self, told: "Told") -> str:
        return told.listed

    @column("Sendt herfra, kr.", drawn=lambda told, amount: told.sent(amount))
    def sent_kr(self, told: "Told") -> Money | None:
        return told.found.line.amount if told.found.line else None

    @column("På listen, kr.")
    def listed_kr(self, told: "Told") -> Money | None:
        return told.found.bank.amount if told.found.bank else None

    @column("Næste skridt", drawn=lambda told, words: told.step(words))
    def next_step(self, told: "Told") -> str:
        return told.next_step


class Told:
    """A finding as one person sees it, with what that person may do about it."""

    def __init__(self, found: Finding, request: HttpRequest) -> None:
        self.found = found
        self.request = request
        user = acting(request)
        self.may_reverse, self.may_reconcile = user.may(rights.REGISTER), user.may(rights.RECONCILE)

    @property
    def look(self) -> str:
        return "disagrees" if self.found.is_red or self.found.waits_for_reversal else ""

    @property
    def listed(self) -> str:
        bank, line = self.found.bank, self.found.line
        if bank:
            paid = f"{bank.get_status_display().capitalize()} {dato(bank.day)}"
            return " · ".join(filter(None, (paid, bank.account and f"konto {bank.account}", bank.text, f"række {bank.number}")))
        return f"Ingen betaling med den reference · fil nr. {line.file.number}, valørdato {dato(line.transfer.value_date)}" if line else ""

    @property
    def statement(self) -> str:
        bank = self.found.bank
        return reverse("admin:initiatives_bankstatement_show", args=[bank.statement_id]) if bank and bank.statement_id else ""

    def sent(self, amount: Money | None) -> str:
        """What was sent; where to as well, when the list names another account."""
        if amount is None:
            return ""
        return format_html('{}<span class="under">{}</span>', tal(amount), self.found.destination) if self.found.code == "account_differs" else tal(amount)

    @property
    def next_step(self) -> str:
        found = self.found
        if found.proposal:
            return "Se forklaringen" if found.explained else "Forklaring venter på ledelsen"
        if found.waits_for_reversal:
            return f"Tilbagefør {found.reference}" if self.may_reverse else "En sagsbehandler tilbagefører betalingen"
        if found.is_red:
            return f"Forklar {found.reference}".strip() if self.may_reconcile else "Controlleren skal forklare den"
        return "Afventer en liste, der rækker forbi valørdatoen" if found.code == "waits" else ""

    def step(self, words: str) -> str:
        """The next step as something to press, for whoever may take it."""
        found = self.found
        if found.proposal:
            return format_html('<a href="{}">{}</a>', found.proposal.get_absolute_url(), words)
        if found.waits_for_reversal and self.may_reverse and found.bank:
            form = '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}"><input type="hidden" name="key" value="{}"><button type="submit" class="button plain">{}</button></form>'
            return format_html(form, reverse("admin:initiatives_bankline_reverse", args=[found.bank.pk]), get_token(self.request), found.key, words)
        return format_html('<a href="{}">{}</a>', found.address, words) if found.is_red and self.may_reconcile else words


DISAGREEING = DisagreeingList()


class Reconciled(admin.SimpleListFilter):
    """Files in which every payment is told by a list, or some are not yet."""

    title = "afstemning"
    parameter_name = "afstemning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("disagrees", "Stemmer ikke"), ("waits", "Afventer liste"), ("agrees", "Stemmer")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PaymentFile]) -> QuerySet[PaymentFile]:
        asked = self.value()
        if not asked:
            return queryset
        standing = files.standing()
        if asked == "agrees":
            return queryset.exclude(pk__in=[number for number, found in standing.items() if any(found)])
        return queryset.filter(
            pk__in=[number for number, (disagreeing, waiting) in standing.items() if asked == ("disagrees" if disagreeing else "waits" if waiting else "")]
        )


@admin.register(PaymentFile)
class PaymentFileAdmin(ReadOnlyAdmin):
    right = rights.READ_ALL
    rows_have_pages = False
    list_path = "released/"
    list_display = ["what", "total_kr", "line_count", "from_day", "to_day", "released_when", "releaser", "standing", "digest"]
    list_display_links = ["what"]
    list_filter = [Reconciled]
    search_fields = ["=number", "lines__reference", "released_by__first_name", "released_by__last_name", "sha256"]
    search_help_text = "Søg på filens nummer, en betalings reference, hvem der frigav den, eller kontrolsum"
    list_select_related = ["released_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentFile]:
        return PaymentFile.objects.defer("content").annotate(first_day=Min("lines__transfer__value_date"), last_day=Max("lines__transfer__value_date"))

    def completed(self, rows: list[PaymentFile]) -> list[PaymentFile]:
        return files.with_standing(rows)

    def address_of(self, row: PaymentFile) -> str:
        return reverse("admin:initiatives_paymentfile_show", args=[row.number])

    @column("Fil", ordering="number")
    def what(self, file: PaymentFile) -> str:
        return str(file)

    @column("Sum, kr.", ordering="total")
    def total_kr(self, file: PaymentFile) -> Money:
        return file.total

    @column("Første valørdato", ordering="first_day")
    def from_day(self, file: Any) -> date | None:
        return file.first_day

    @column("Sidste valørdato", ordering="last_day")
    def to_day(self, file: Any) -> date | None:
        return file.last_day

    @column("Frigivet", ordering="released_at")
    def released_when(self, file: PaymentFile) -> datetime:
        return file.released_at

    @column("Frigivet af", ordering="released_by__first_name")
    def releaser(self, file: PaymentFile) -> str:
        return str(file.released_by)

    @column("Afstemning")
    def standing(self, file: Any) -> str:
        return f"{antal(file.disagreeing)} stemmer ikke" if file.disagreeing else "Afventer liste" if file.waiting else "Stemmer"

    @column("Kontrolsum", ordering="sha256", shown=lambda digest: f"{digest[:12]}…")
    def digest(self, file: PaymentFile) -> str:
        return file.sha256


class YearTaken(admin.SimpleListFilter):
    """Lists that reach into one year."""

    title = "år"
    parameter_name = "aar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = {day.year for days in BankStatement.objects.values_list("first_day", "last_day") for day in days}
        return [(str(year), str(year)) for year in sorted(years)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[BankStatement]) -> QuerySet[BankStatement]:
        asked = self.value() or ""
        return queryset.filter(first_day__year__lte=int(asked), last_day__year__gte=int(asked)) if asked in dict(self.lookup_choices) else queryset


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    right = rights.READ_ALL
    rows_have_pages = False
    list_path = "lists/"
    list_display = ["from_day", "to_day", "name", "rows", "taken_when", "taker", "digest"]
    list_display_links = ["from_day"]
    list_filter = [YearTaken]
    search_fields = ["name", "sha256", "taken_by__first_name", "taken_by__last_name"]
    search_help_text = "Søg på filnavn, kontrolsum, hvem der indlæste den, eller en reference på listen"
    list_select_related = ["taken_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankStatement]:
        return BankStatement.objects.defer("content")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if not search_term:
            return found, duplicates
        return found | queryset.filter(Exists(BankLine.objects.filter(statement=OuterRef("pk"), reference=search_term))), duplicates

    def address_of(self, row: BankStatement) -> str:
        return reverse("admin:initiatives_bankstatement_show", args=[row.pk])

    @column("Fra og med", ordering="first_day")
    def from_day(self, statement: BankStatement) -> date:
        return statement.first_day

    @column("Til og med", ordering="last_day")
    def to_day(self, statement: BankStatement) -> date:
        return statement.last_day

    @column("Rækker", ordering=F("row_count"), shown=antal)
    def rows(self, statement: BankStatement) -> int:
        return statement.row_count

    @column("Indlæst", ordering="taken_at")
    def taken_when(self, statement: BankStatement) -> datetime:
        return statement.taken_at

    @column("Indlæst af", ordering="taken_by__first_name")
    def taker(self, statement: BankStatement) -> str:
        return str(statement.taken_by)

    @column("Kontrolsum", ordering="sha256", shown=lambda digest: f"{digest[:12]}…")
    def digest(self, statement: BankStatement) -> str:
        return statement.sha256
