"""Accounts (regnskab) from grantees: what they document as used, who checked it, and the entries that follow. Three tables that are only added to."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from initiatives.models.deadlines import Deadline
from initiatives.models.grants import Earmark, LocalActor
from initiatives.models.vouchers import Voucher
from ledger.fields import DIGITS, ExactMoneyField
from ledger.formats import date_text
from ledger.models import DKK, Account, Transfer


class AccountsReportQuerySet(models.QuerySet["AccountsReport"]):
    def waiting(self) -> "AccountsReportQuerySet":
        """Received and neither approved nor rejected."""
        return self.filter(decision__isnull=True)

    def decided(self) -> "AccountsReportQuerySet":
        return self.filter(decision__isnull=False)

    def approved(self) -> "AccountsReportQuerySet":
        return self.filter(decision__approved=True)

    def perhaps_bookable(self) -> "AccountsReportQuerySet":
        """Approved, and saying more than stands documented in the books."""
        posted = models.Sum("uses__transfer__amount", filter=models.Q(uses__transfer__settlement__step="post"))
        booked = Coalesce(posted, models.Value(0), output_field=models.DecimalField())
        return self.approved().annotate(unbooked=models.ExpressionWrapper(models.F("used") - booked, models.DecimalField())).filter(unbooked__gt=0)

    def told(self) -> "AccountsReportQuerySet":
        """With everything that a page says of them."""
        return self.select_related(
            "earmark__grantee", "earmark__initiative", "earmark__grantee_account", "actor__account", "received_by", "decision__decided_by", "corrects"
        ).prefetch_related("uses__transfer__settlement")

    def with_documents(self) -> "AccountsReportQuerySet":
        """With the names of its documents, and what it meets and is corrected by; no document is read for its name."""
        documents = ("voucher", "auditors_statement", "performance_audit")
        return self.select_related(*documents, "deadline", "corrected_by", "earmark__account").defer(*(f"{name}__content" for name in documents))


class AccountsReport(models.Model):
    """Accounts that a grantee, or a local actor, handed in for a period. Received once; a mistake is answered by corrected accounts that name these."""

    key = models.UUIDField("nøgle", unique=True)
    earmark = models.ForeignKey(Earmark, models.PROTECT, related_name="accounts_reports", verbose_name="øremærkning")
    actor = models.ForeignKey(LocalActor, models.PROTECT, null=True, blank=True, related_name="accounts_reports", verbose_name="lokal aktør")
    starts = models.DateField("fra og med")
    ends = models.DateField("til og med")
    used = ExactMoneyField("anvendt", currency_choices=DKK, default_currency="DKK", **DIGITS)
    final = models.BooleanField("afsluttende", default=False)
    received_on = models.DateField("modtaget")
    received_at = models.DateTimeField("registreret", db_default=Now(), editable=False)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="registreret af")
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="accounts_reports", verbose_name="regnskabet")
    auditors_statement = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="revisorerklæring")
    performance_audit = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="forvaltningsrevision")
    deadline = models.ForeignKey(Deadline, models.PROTECT, null=True, blank=True, related_name="accounts_reports", verbose_name="frist")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name="retter")
    case_number = models.CharField("journalnummer", max_length=50, blank=True)
    text = models.CharField("tekst", max_length=500, blank=True)

    objects = AccountsReportQuerySet.as_manager()

    class Meta:
        verbose_name = "regnskab"
        verbose_name_plural = "regnskaber"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Regnskab {self.period} fra {self.sender}"

    def get_absolute_url(self) -> str:
        return reverse("admin:initiatives_accounts_check", args=[self.pk])

    @property
    def subject(self) -> str:
        """What a disallowance of them is proposed about."""
        return f"accounts:{self.pk}"

    @property
    def sender(self) -> str:
        """Who used the money."""
        return self.actor.name if self.actor else self.earmark.grantee.name

    @property
    def period(self) -> str:
        """The calendar year, or the days."""
        whole = (self.starts.month, self.starts.day, self.ends.month, self.ends.day) == (1, 1, 12, 31) and self.starts.year == self.ends.year
        return str(self.starts.year) if whole else f"{date_text(self.starts)}–{date_text(self.ends)}"

    @property
    def account(self) -> Account:
        """Where the money stands that these accounts are about."""
        return self.actor.account if self.actor else self.earmark.grantee_account

    @property
    def is_approved(self) -> bool:
        return hasattr(self, "decision") and self.decision.approved

    @property
    def state(self) -> str:
        """Venter på kontrol, godkendt or afvist."""
        return self.decision.outcome if hasattr(self, "decision") else "venter på kontrol"


class AccountsUse(models.Model):
    """The entry in the books that accounts gave rise to. More than one when a surplus is booked with a later instalment."""

    accounts = models.ForeignKey(AccountsReport, models.PROTECT, related_name="uses", verbose_name="regnskab")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="accounts_use", verbose_name="registrering")

    objects: models.Manager["AccountsUse"] = models.Manager()

    class Meta:
        verbose_name = "dokumenteret forbrug"
        verbose_name_plural = "dokumenteret forbrug"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.accounts}: {self.transfer}"


class AccountsDecision(models.Model):
    """How accounts ended: approved by somebody who has no hand in the grantee's payments, or rejected with the reason."""

    key = models.UUIDField("nøgle", unique=True)
    accounts = models.OneToOneField(AccountsReport, models.PROTECT, related_name="decision", verbose_name="regnskab")
    approved = models.BooleanField("godkendt")
    reason = models.CharField("begrundelse", max_length=500, blank=True)
    value_date = models.DateField("valørdato", null=True, blank=True)
    decided_at = models.DateTimeField("afgjort", db_default=Now(), editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="afgjort af")

    objects: models.Manager["AccountsDecision"] = models.Manager()

    class Meta:
        verbose_name = "afgørelse af regnskab"
        verbose_name_plural = "afgørelser af regnskaber"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.accounts}: {self.outcome}"

    @property
    def outcome(self) -> str:
        return "godkendt" if self.approved else "afvist"
