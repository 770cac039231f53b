"""What every page of the admin is made with: who may open it, the menu, and where a refusal is shown."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ensomhed.adminsite import acting
from initiatives import rights
from initiatives.models import Earmark
from ledger.refusals import LedgerError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

TASKS = (
    ("Forside", "admin:index", None),
    ("Registrer udbetaling", "admin:initiatives_payment_register", rights.REGISTER),
    ("Flerudbetaling", "admin:initiatives_batch_register", rights.REGISTER),
    ("Registrer tilbagebetaling", "admin:initiatives_payment_repay", rights.REGISTER),
    ("Omdisponer", "admin:initiatives_payment_reallocate", rights.PROPOSE),
    ("Foreslå beslutning", "admin:initiatives_payment_propose", rights.PROPOSE),
    ("Foreslå betalingsvindue", "admin:initiatives_window_propose", rights.PROPOSE),
    ("Venter på godkendelse", "admin:initiatives_payment_waiting", rights.READ_ALL),
)
FOLLOWED = (
    ("Frister", "admin:initiatives_deadline_changelist", rights.READ_ALL),
    ("Regnskaber", "admin:initiatives_accounts_list", rights.READ_ALL),
    ("Krav", "admin:initiatives_claim_changelist", rights.READ_ALL),
    ("Betalingsfiler", "admin:initiatives_paymentfile_list", rights.READ_ALL),
    ("Afstemning", "admin:initiatives_bankstatement_list", rights.READ_ALL),
    ("Indsigelser", "admin:initiatives_case_list", rights.READ_CASES),
    ("Beskeder", "admin:initiatives_notice_changelist", "initiatives.view_notice"),
)
REGISTERS = (
    ("Øremærkninger", "admin:initiatives_earmark_changelist", "initiatives.view_earmark"),
    ("Tilskudsmodtagere", "admin:initiatives_grantee_changelist", "initiatives.view_grantee"),
    ("Konti", "admin:ledger_account_changelist", "ledger.view_account"),
    ("Posteringer", "admin:ledger_transfer_changelist", "ledger.view_transfer"),
    ("Bilag", "admin:initiatives_voucher_changelist", "initiatives.view_voucher"),
    ("Perioder", "admin:ledger_period_changelist", "ledger.view_period"),
    ("Bevillingsafregning", "admin:initiatives_settlement", rights.READ_ALL),
    ("Betalingsvinduer", "admin:ledger_window_changelist", "ledger.view_period"),
)
CONTROLS = (
    ("Undtagelser", "admin:initiatives_exceptions", rights.READ_ALL),
    ("Afvisninger", "admin:ledger_refusal_changelist", "ledger.view_refusal"),
    ("Hændelseslog", "log", rights.READ_ALL),
    ("Adgange", "admin:initiatives_access_review", rights.READ_ALL),
    ("Brugere", "admin:ensomhed_user_changelist", rights.MANAGE_USERS),
    ("Adgange", "admin:initiatives_access_review", rights.MANAGE_USERS),
)
GROUPS = (("Gør", TASKS), ("Følg", FOLLOWED), ("Slå op", REGISTERS), ("Kontrol", CONTROLS))


def menu(request: HttpRequest) -> list[dict[str, Any]]:
    """The links that this person may follow: what is done, what is followed, what is looked up, and the controls."""
    user = acting(request)
    groups = []
    for label, entries in GROUPS:
        links = {name: reverse(address) for name, address, right in entries if right is None or user.may(right)}
        groups.append({"label": label, "links": [{"name": name, "url": url, "current": request.path == url} for name, url in links.items()]})
    return [group for group in groups if group["links"]]


def page(request: HttpRequest, template: str, title: str, *, status: int = 200, **context: Any) -> TemplateResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, f"admin/{template}", {**admin.site.each_context(request), "title": title, **context}, status=status)


def to_grant(earmark: Earmark) -> SafeString:
    """The name of a grant, which leads to its page."""
    return format_html('<a href="{}">{}</a>', reverse("admin:initiatives_earmark_change", args=[earmark.pk]), earmark.title)


def opens_with(*any_of: str) -> Callable[[View[P]], View[P]]:
    """The page opens for whoever has one of these rights, and is not there for anybody else."""

    def guarded(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not any(acting(request).may(right) for right in any_of):
                raise PermissionDenied("Du har ikke ret til dette. Bed en kollega med rettigheden om at gøre det, eller spørg adgangsadministratoren.")
            return view(request, *args, **kwargs)

        return opened

    return guarded


def show_refusal(form: forms.Form, refusal: LedgerError) -> None:
    """Puts the books' answer beside the field that it is about, or above the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
