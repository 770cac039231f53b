"""The books as Django reads them. Nothing here writes: `ledger.booking` is the way in. Behind it one door in PostgreSQL, and the rules that
hold for every row (migrations/0002).

A transfer is one row: one account debited, one credited, one amount. It is never updated and never deleted; a mistake is answered by another transfer.
"""

import calendar
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from djmoney.money import Money

from ledger.fields import DIGITS, ExactMoneyField, TotalField
from ledger.kinds import AccountKind, Cause, Kind, Step

DKK = [("DKK", "DKK")]
MONTHS = ("januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december")


class Account(models.Model):
    """A place where money can be. Its totals are moved by the door alone, and a capped account can never give more than it got."""

    code = models.CharField("kode", max_length=200, unique=True)
    name = models.CharField("navn", max_length=200)
    kind = models.CharField("art", max_length=20, choices=AccountKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="overordnet konto")
    holder = models.CharField("indehaver", max_length=100, blank=True, help_text="Organisationen, som pengene er hos.")
    passes_on = models.BooleanField("skal videreformidles", default=False)
    currency = models.CharField("valuta", max_length=3, choices=DKK, default="DKK")
    capped = models.BooleanField("med loft", default=True)
    debits_posted = TotalField("debet bogført")
    credits_posted = TotalField("kredit bogført")
    debits_pending = TotalField("debet reserveret")
    entry_count = models.BigIntegerField("antal poster", default=0)
    head = models.CharField("nyeste kontrolsum", max_length=64)

    class Meta:
        verbose_name = "konto"
        verbose_name_plural = "konti"
        ordering = ["id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name

    @property
    def balance(self) -> Money:
        """What is on the account: credits less debits, reservations not counted."""
        return Money(self.credits_posted - self.debits_posted, self.currency)

    @property
    def reserved(self) -> Money:
        return Money(self.debits_pending, self.currency)

    @property
    def left(self) -> Money:
        """What can still be spent: the balance less what is reserved."""
        return Money(self.credits_posted - self.debits_posted - self.debits_pending, self.currency)


# The treasury, which has no limit, keeps no days.
RESERVATIONS = """
    SELECT t.id FROM ledger_day d JOIN ledger_transfer t ON t.debit_account_id = d.account_id AND t.value_date = d.day WHERE d.reserved > 0 AND t.step = 'pending'
    UNION ALL
    SELECT t.id FROM ledger_account a JOIN ledger_transfer t ON t.debit_account_id = a.id WHERE a.kind = 'treasury' AND t.step = 'pending'
"""


class TransferQuerySet(models.QuerySet["Transfer"]):
    def moved(self) -> "TransferQuerySet":
        """The rows that moved money: booked in one step, or approved."""
        return self.filter(step__in=[Step.SINGLE, Step.POST])

    def waiting(self) -> "TransferQuerySet":
        """Reservations that nobody has approved, rejected or withdrawn: found by the days that hold any, not by reading every registration there was."""
        return self.filter(pk__in=RawSQL(RESERVATIONS, []), settlement__isnull=True)  # noqa: S611 — no word of the question is anybody else's


class Transfer(models.Model):
    """Money moving from one account to another. Booked once, never changed, never deleted."""

    key = models.UUIDField("nøgle", unique=True)  # a retry with the same key books nothing new
    kind = models.CharField("art", max_length=20, choices=Kind.choices)
    step = models.CharField("trin", max_length=10, choices=Step.choices)
    pending = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="settlement", verbose_name="afgør")
    reverses = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reversals", db_index=False, verbose_name="tilbagefører")
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replacements", db_index=False, verbose_name="bogfører på ny")
    cause = models.CharField("årsag", max_length=20, choices=Cause.choices, blank=True)
    debit_account = models.ForeignKey(Account, models.PROTECT, related_name="debits", db_index=False, verbose_name="debet")
    credit_account = models.ForeignKey(Account, models.PROTECT, related_name="credits", db_index=False, verbose_name="kredit")
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    value_date = models.DateField("valørdato")  # the day the money counts
    period = models.CharField("periode", max_length=9)
    booked_at = models.DateTimeField("bogført", db_default=Now(), editable=False)  # the moment we learned of it
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="transfers", db_index=False, verbose_name="bogført af")
    text = models.CharField("tekst", max_length=500, blank=True)
    case_number = models.CharField("journalnummer", max_length=50, blank=True)
    voucher_sha256 = models.CharField("bilagets kontrolsum", max_length=64, blank=True)
    debit_entry_no = models.BigIntegerField("postnr. debet")
    credit_entry_no = models.BigIntegerField("postnr. kredit")
    debit_balance = TotalField("saldo debet")
    credit_balance = TotalField("saldo kredit")
    digest = models.CharField("kontrolsum", max_length=64)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = "postering"
        verbose_name_plural = "posteringer"
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="transfer_debit_entry_is_unique", fields=["debit_account", "debit_entry_no"]),
            models.UniqueConstraint(name="transfer_credit_entry_is_unique", fields=["credit_account", "credit_entry_no"]),
            models.UniqueConstraint(name="transfer_is_reversed_at_most_once", fields=["reverses"], condition=Q(step="post")),
            models.UniqueConstraint(name="transfer_is_replaced_at_most_once", fields=["replaces"], condition=Q(step="post")),
        ]
        indexes = [
            models.Index(name="transfer_by_booker", fields=["booked_by", "-id"]),
            models.Index(name="transfer_reusable_repayments", fields=["credit_account", "value_date"], condition=Q(kind="repayment")),
            models.Index(
                name="transfer_rare_debits",
                fields=["debit_account", "kind", "value_date"],
                condition=Q(kind__in=["repayment", "lapse", "write_off", "release", "reallocation", "reversal"]),
            ),
            models.Index(name="transfer_reversals", fields=["reverses"], condition=Q(kind="reversal")),
            models.Index(name="transfer_replacements", fields=["replaces"], condition=Q(replaces__isnull=False)),
            models.Index(name="transfer_registrations", fields=["debit_account", "value_date"], condition=Q(step="pending")),
            models.Index(name="transfer_by_amount", fields=["amount", "-id"]),
            models.Index(name="transfer_granted_under", fields=["case_number"], condition=Q(kind="earmarking")),
            GinIndex(
                Func(F("text"), F("case_number"), function="ledger_words"),
                name="transfer_words",
                fastupdate=False,  # a search never reads through what is not sorted in yet
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} nr. {self.pk}"


class Day(models.Model):
    """One account's movements on one value date, and what could be spent when the day began. Through it a limit holds on every day."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="days", db_index=False)
    day = models.DateField()
    carried = TotalField()
    credits = TotalField()
    debits = TotalField()
    reserved = TotalField()

    class Meta:
        default_permissions = ()
        ordering = ["account", "day"]
        constraints = [
            models.UniqueConstraint(name="day_is_one_row_per_account", fields=["account", "day"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"


class Period(models.Model):
    """A fiscal period: a month (2023-04), or a year-end period (2023-13.1, 2023-13.2). A closed one takes no more entries, a held one waits to be closed."""

    code = models.CharField("periode", max_length=9, primary_key=True)
    closed = models.BooleanField("lukket", default=False)
    closed_at = models.DateTimeField("lukket den", null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="lukket af")
    held = models.BooleanField("tilbageholdt", db_default=False)
    held_at = models.DateTimeField("sidst tilbageholdt eller ophævet den", null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="sidst tilbageholdt eller ophævet af"
    )

    class Meta:
        verbose_name = "periode"
        verbose_name_plural = "perioder"
        ordering = ["code"]
        default_permissions = ("view",)
        permissions = [("close_period", "Kan lukke perioder")]
        constraints = [
            models.CheckConstraint(name="period_code_is_a_month_or_year_end", condition=Q(code__regex=r"^\d{4}-(0[1-9]|1[0-2]|13\.[12])$")),
            models.CheckConstraint(
                name="period_closing_is_signed", condition=Q(closed=True, closed_at__isnull=False, closed_by__isnull=False) | Q(closed=False)
            ),
            models.CheckConstraint(
                name="period_holding_is_signed", condition=Q(held=False) | Q(held=True, closed=False, held_at__isnull=False, held_by__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """november 2025; supplementsperiode 13.1, 2025"""
        year, _, part = self.code.partition("-")
        return f"supplementsperiode {part}, {year}" if part.startswith("13") else f"{MONTHS[int(part) - 1]} {year}"

    @property
    def standing(self) -> str:
        return "Lukket" if self.closed else "Tilbageholdt" if self.held else "Åben"

    @property
    def last_day(self) -> date:
        """The last value date that can lie in it."""
        year, month = int(self.code[:4]), min(12, int(self.code[5:7]))
        return date(year, month, calendar.monthrange(year, month)[1])


class Window(models.Model):
    """The days on which a frame's money may be paid out, as two persons decided. The newest posted row holds; no row is ever changed."""

    key = models.UUIDField(unique=True)
    step = models.CharField("trin", max_length=10, choices=Step.choices)
    pending = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="settlement")
    frame = models.ForeignKey(Account, models.PROTECT, related_name="windows", db_index=False, verbose_name="ramme")
    opens = models.DateField("fra og med")
    closes = models.DateField("til og med")
    booked_at = models.DateTimeField("bogført", db_default=Now(), editable=False)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name="bogført af")
    text = models.CharField("tekst", max_length=500, blank=True)
    voucher_sha256 = models.CharField("bilagets kontrolsum", max_length=64)
    digest = models.CharField("kontrolsum", max_length=64)

    class Meta:
        verbose_name = "betalingsvindue"
        verbose_name_plural = "betalingsvinduer"
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="window_ends_after_it_begins", condition=Q(closes__gte=F("opens"))),
            models.CheckConstraint(
                name="window_settling_names_its_pending",
                condition=Q(step__in=["post", "void"], pending__isnull=False) | Q(step="pending", pending__isnull=True),
            ),
            models.CheckConstraint(name="window_has_a_voucher", condition=Q(voucher_sha256__regex=r"^[0-9a-f]{64}$")),
        ]
        indexes = [models.Index(name="window_in_force", fields=["frame", "-id"], condition=Q(step="post"))]

    def __str__(self) -> str:
        return f"{self.opens:%d.%m.%Y}–{self.closes:%d.%m.%Y}"


class Refusal(models.Model):
    """What somebody asked of the books and was refused. Written outside the transaction that was refused, so that it stays."""

    refused_at = models.DateTimeField("afvist", db_default=Now(), editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="bedt om af")
    rule = models.CharField("regel", max_length=100)
    message = models.TextField("besked")
    request = models.JSONField("anmodning", default=dict)

    class Meta:
        verbose_name = "afvisning"
        verbose_name_plural = "afvisninger"
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


def columns_of(model: type[models.Model]) -> list[str]:
    """A model's columns in the order in which `from_db` and `raw` take them."""
    return [str(field.column) for field in model._meta.concrete_fields]


ZERO = Money(Decimal("0.00"), "DKK")
