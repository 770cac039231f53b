"""One search over everything that somebody may read: case number, amount, text, CVR number, name, number, reference. Bounded at any size."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from ensomhed.models import User
from initiatives import rights
from initiatives.finding import registers
from initiatives.models import AccountsReport, Case, Claim, LocalActor, Proposal, Voucher
from initiatives.paying.references import reference
from initiatives.receiving import cvr
from ledger import finding
from ledger.formats import date_text, kroner
from ledger.kinds import Step
from ledger.models import Transfer

SHOWN = 6
READ = 51
"""how many of a kind are read: more than this less one are not counted"""
REFERENCE = re.compile(r"ENS-?([0-9]{1,18})-?([0-9])", re.IGNORECASE)
NUMBERED = re.compile(r"\s*(nr\.?|#)\s*[0-9]+\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """One thing that was found: what it is called, where it is, and what tells it from the others."""

    title: str
    url: str
    about: str = ""
    figure: str = ""
    state: str = ""


@dataclass(frozen=True)
class Group:
    """What was found in one register: the first of it, and where all of it is."""

    heading: str
    hits: Sequence[Hit]
    count: int
    more_url: str = ""

    @property
    def has_more(self) -> bool:
        return self.count > len(self.hits)

    @property
    def how_many(self) -> str:
        """37, or »mere end 50«."""
        return f"mere end {READ - 1}" if self.count >= READ else str(self.count)


def direct(user: User, text: str) -> str | None:
    """The page of the one transfer that was named for certain: its reference ENS-12-5, or its number as »nr. 12«."""
    if not user.may(rights.READ_ALL):
        return None
    number = referenced(text) or (finding.number_of(text) if NUMBERED.fullmatch(text) else None)
    return _transfer_url(number) if number and Transfer.objects.filter(pk=number).exists() else None


def referenced(text: str) -> int | None:
    """The number in a payment's reference, when its check digit is right."""
    found = REFERENCE.fullmatch("".join(text.split()))
    number = int(found.group(1)) if found else 0
    return number if found and reference(number) == f"ENS-{number}-{found.group(2)}" else None


def is_reference(text: str) -> bool:
    """Whether it looks like a payment's reference, right or wrong."""
    return REFERENCE.fullmatch("".join(text.split())) is not None


def find(user: User, text: str) -> list[Group]:
    """What this person may read of what the text names, register by register. An amount or a number is of a transfer first, and so are they shown."""
    if not finding.terms_of(text):
        return []
    groups = _of_the_books(user, text) if user.may(rights.READ_ALL) else []
    if user.may(rights.READ_CASES):
        groups.append(_cases(user, text))
    if user.may(rights.READ_ALL) or user.may(rights.MANAGE_USERS):
        groups.append(_people(user, text))
    return [group for group in groups if group.hits]


def _of_the_books(user: User, text: str) -> list[Group]:
    granted = [_earmarks(text), _grantees(text), _local_actors(text)]
    followed = [_claims(text), _reports(text), _vouchers(text), _proposals(text)]
    counted = finding.number_of(text) is not None or finding.amount_of(text) is not None
    return [_transfers(text), *granted, *followed] if counted else [*granted, _transfers(text), *followed]


def _group(heading: str, rows: QuerySet[Any], told: Any, register: str = "", text: str = "") -> Group:
    """The first rows of a register as hits, and its own list with the same search when there are more."""
    found = list(rows[:READ])
    return Group(heading, [told(row) for row in found[:SHOWN]], len(found), _list(register, text) if register else "")


def _list(register: str, text: str) -> str:
    return f"{reverse(f'admin:{register}_changelist')}?{urlencode({'q': text})}"


def _transfer_url(number: int) -> str:
    return reverse("admin:ledger_transfer_change", args=[number])


def _said(parts: Iterable[object]) -> str:
    return " · ".join(str(part) for part in parts if part)


def _transfers(text: str) -> Group:
    """The newest first; a registration and its approval are one hit, the one that came last."""
    found = list(finding.transfers(text).select_related("debit_account", "credit_account", "settlement").order_by("-id")[:READ])
    named = finding.number_of(text)
    found.sort(key=lambda transfer: transfer.pk != named)
    shown: dict[int, Hit] = {}
    for transfer in found:
        shown.setdefault(transfer.pending_id or transfer.pk, _transfer(transfer))
    count = len(found) if len(found) >= READ else len(shown)
    return Group("Posteringer", list(shown.values())[:SHOWN], count, _list("ledger_transfer", text))


def _transfer(transfer: Transfer) -> Hit:
    settled = getattr(transfer, "settlement", None)
    void = "annulleret" if Step.VOID in (transfer.step, settled and settled.step) else ""
    state = "venter på godkendelse" if transfer.step == Step.PENDING and settled is None else void
    case = f"journalnr. {transfer.case_number}" if transfer.case_number else ""
    between = f"{transfer.debit_account} → {transfer.credit_account}"
    about = _said([date_text(transfer.value_date), transfer.text, case, between])
    return Hit(f"{transfer.get_kind_display().capitalize()} nr. {transfer.pk}", _transfer_url(transfer.pk), about, kroner(transfer.amount), state)


def _earmarks(text: str) -> Group:
    rows = registers.earmarks(text).select_related("grantee", "initiative", "account").order_by("grantee__name", "id")
    return _group(
        "Tilskud",
        rows,
        lambda row: Hit(row.grantee.name, reverse("admin:initiatives_earmark_change", args=[row.pk]), row.title, f"Rest {kroner(row.account.left)}"),
        "initiatives_earmark",
        text,
    )


def _grantees(text: str) -> Group:
    return _group(
        "Tilskudsmodtagere",
        registers.grantees(text).order_by("name"),
        lambda row: Hit(row.name, reverse("admin:initiatives_grantee_change", args=[row.pk]), f"CVR {cvr.grouped(row.cvr)}" if row.cvr else ""),
        "initiatives_grantee",
        text,
    )


def _local_actors(text: str) -> Group:
    rows = LocalActor.objects.filter(registers.told(text, "name", "municipality_code")).select_related("earmark__grantee", "account").order_by("name", "id")

    def hit(row: LocalActor) -> Hit:
        about = f"Kommune {row.municipality_code} · får penge gennem {row.earmark.grantee}"
        return Hit(row.name, reverse("admin:ledger_account_change", args=[row.account_id]), about, f"Saldo {kroner(row.account.balance)}")

    return _group("Lokale aktører", rows, hit)


def _claims(text: str) -> Group:
    def hit(row: Claim) -> Hit:
        return Hit(str(row), row.get_absolute_url(), _said([row.earmark.grantee, row.reason]), kroner(row.amount))

    return _group("Krav", registers.claims(text).select_related("earmark__grantee").order_by("-id"), hit, "initiatives_claim", text)


def _reports(text: str) -> Group:
    rows = AccountsReport.objects.filter(registers.told(text, "case_number", "text", "earmark__grantee__name", "actor__name"))

    def hit(row: AccountsReport) -> Hit:
        case = f"journalnr. {row.case_number}" if row.case_number else ""
        return Hit(str(row), row.get_absolute_url(), _said([f"Modtaget {date_text(row.received_on)}", row.text, case, row.state]), kroner(row.used))

    return _group("Regnskaber", rows.select_related("earmark__grantee", "actor", "decision").order_by("-id"), hit)


def _vouchers(text: str) -> Group:
    def hit(row: Voucher) -> Hit:
        return Hit(row.name, reverse("admin:initiatives_voucher_change", args=[row.pk]), f"Gemt {date_text(row.kept_at)}")

    return _group("Bilag", registers.vouchers(text), hit, "initiatives_voucher", text)


def _proposals(text: str) -> Group:
    rows = Proposal.objects.filter(registers.told(text, "reason", "kind__name", "grantee__name", "earmark__grantee__name"))

    def hit(row: Proposal) -> Hit:
        outcome = row.decision.outcome if hasattr(row, "decision") else "venter"
        return Hit(
            str(row)[:1].upper() + str(row)[1:], row.get_absolute_url(), _said([row.grantee or (row.earmark and row.earmark.grantee), row.reason, outcome])
        )

    return _group("Forslag", rows.select_related("kind", "grantee", "earmark__grantee", "decision").order_by("-id"), hit)


def _cases(user: User, text: str) -> Group:
    rows = Case.objects.visible_to(user).filter(registers.told(text, "text", "grantee__name")).select_related("grantee").order_by("-id")
    return _group("Indsigelser", rows, lambda row: Hit(str(row), reverse("admin:initiatives_case_show", args=[row.pk]), _said([row.grantee, row.text])))


def _people(user: User, text: str) -> Group:
    """Whoever keeps the users comes to the user; everybody else to what the person may do."""
    rows = User.objects.filter(registers.told(text, "username", "first_name", "last_name", "job_title")).order_by("first_name", "last_name", "username")
    keeps = user.may(rights.MANAGE_USERS)

    def hit(row: User) -> Hit:
        url = reverse("admin:ensomhed_user_change", args=[row.pk]) if keeps else f"{reverse('admin:initiatives_access_review')}#person-{row.pk}"
        return Hit(str(row), url, _said([row.username, row.job_title, "" if row.is_active else "kan ikke længere logge ind"]))

    return _group("Personer", rows, hit)
