"""The trial balance (saldobalance) of a period: every account, and the sums by kind of account that must agree."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from djmoney.money import Money

from ensomhed.lists import column
from ensomhed.models import User
from initiatives import rights
from initiatives.admin.listings import Filter, Listing
from initiatives.admin.pages import opens_with, page
from ledger import questions
from ledger.models import Period
from ledger.questions import Balance

MOVED, STILL = "Med bevægelse i perioden", "Uden bevægelse i perioden"


def period_of(request: HttpRequest) -> Period:
    """The period that is asked for, or else this month's."""
    asked = request.GET.get("periode", "")
    found = Period.objects.filter(pk__in=[asked, f"{timezone.localdate():%Y-%m}"]).order_by("code")
    return next((period for period in found if period.pk == asked), None) or found.first() or Period.objects.latest("code")


class BalanceList(Listing):
    """Every account of one period."""

    title = "Saldobalance"
    names = ("konto", "konti")
    route = "initiatives/balance/"
    rights = (rights.READ_ALL,)
    columns = ("account", "kind", "opening_kr", "debit_kr", "credit_kr", "closing_kr", "code", "standing")
    filters = (
        Filter("Kontoart", "art", lambda row: str(row.kind.label).capitalize()),
        Filter("Bevægelse", "bevaegelse", lambda row: MOVED if row.moved else STILL),
    )
    search_help_text = "Søg på konto, kode eller beløb"
    empty = "Der er ingen konti endnu."

    def rows(self, request: HttpRequest) -> list[Balance]:
        return questions.trial_balance(period_of(request).pk)

    def address_of(self, row: Balance, user: User) -> str:
        return reverse("admin:ledger_account_change", args=[row.account_id])

    @column("Konto")
    def account(self, row: Balance) -> str:
        return row.name

    @column("Art")
    def kind(self, row: Balance) -> str:
        return str(row.kind.label).capitalize()

    @column("Primo, kr.")
    def opening_kr(self, row: Balance) -> Money:
        return row.opening

    @column("Debet, kr.")
    def debit_kr(self, row: Balance) -> Money:
        return row.debit

    @column("Kredit, kr.")
    def credit_kr(self, row: Balance) -> Money:
        return row.credit

    @column("Ultimo, kr.")
    def closing_kr(self, row: Balance) -> Money:
        return row.closing

    @column("Kode")
    def code(self, row: Balance) -> str:
        return row.code

    @column("Kontoens egne tal")
    def standing(self, row: Balance) -> str:
        return "Stemmer" if row.agrees else "Stemmer ikke"


BALANCES = BalanceList()


@require_safe
@opens_with(rights.READ_ALL)
def show(request: HttpRequest) -> HttpResponse:
    shown, period = BALANCES.shown(request), period_of(request)
    context: dict[str, Any] = {"cl": shown, "sums": questions.trial_sums(period.pk), "period": period, "periods": Period.objects.order_by("-code")}
    return page(request, "periods/balance.html", f"Saldobalance for {period.name}", **context)
