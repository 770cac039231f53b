"""What a grantee owes the ministry, by when, and what came in. Four tables that are only added to (migrations/0008_deadlines.sql holds their rules)."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Prefetch, Q
from django.db.models.functions import Now
from django.urls import reverse

from initiatives.models.grants import Earmark
from initiatives.models.vouchers import Voucher


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def in_force(self) -> "DeadlineQuerySet":
        """With the day that counts, `due_in_force`: the deadline's own or the newest approved extension's, the earliest first."""
        counts = Func(F("pk"), function="initiatives_deadline_due", output_field=models.DateField())
        return self.annotate(due_in_force=counts).order_by("due_in_force", "earmark_id", "pk")

    def missing(self) -> "DeadlineQuerySet":
        """Nothing received, or what was received was rejected."""
        return self.filter(~Exists(Receipt.objects.standing().filter(deadline=OuterRef("pk"))))

    def overdue(self, day: date) -> "DeadlineQuerySet":
        return self.in_force().missing().filter(due_in_force__lt=day)  # type: ignore[misc]

    def told(self) -> "DeadlineQuerySet":
        """With everything that a page says of them."""
        beside: list[Any] = [
            Prefetch("receipts", Receipt.objects.standing().select_related("recorded_by"), to_attr="standing_receipts"),
            Prefetch("reminders", Reminder.objects.order_by("-id"), to_attr="newest_reminders"),
        ]
        return self.in_force().select_related("earmark__grantee", "earmark__initiative").prefetch_related(*beside)


class Deadline(models.Model):
    """A day by which a grantee accepts the terms, reports, or hands in accounts. It follows from the earmarking: PostgreSQL writes it, and nobody moves it."""

    class What(models.TextChoices):
        TERMS = "terms", "accept af vilkår"
        STATUS_REPORT = "status_report", "statusrapport"
        ACCOUNTS = "accounts", "regnskab"

    earmark = models.ForeignKey(Earmark, models.PROTECT, related_name="deadlines", verbose_name="øremærkning")
    what = models.CharField("hvad", max_length=20, choices=What.choices)
    year = models.PositiveSmallIntegerField("finansår", null=True, blank=True)
    final = models.BooleanField("afsluttende", default=False)
    due = models.DateField("oprindelig frist")
    made_at = models.DateTimeField("opstået", db_default=Now(), editable=False)

    due_in_force: date  # of those that were read by in_force()
    standing_receipts: list["Receipt"]  # of those that were read by told()
    newest_reminders: list["Reminder"]

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = "frist"
        verbose_name_plural = "frister"
        ordering = ["due", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="deadline_is_one_of_its_kind", fields=["earmark", "what", "year"], nulls_distinct=False),
            models.CheckConstraint(name="deadline_has_its_year", condition=Q(what="terms", year__isnull=True) | ~Q(what="terms") & Q(year__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.earmark.grantee}"

    def get_absolute_url(self) -> str:
        return reverse("admin:initiatives_deadline_change", args=[self.pk])

    @property
    def name(self) -> str:
        """Statusrapport for 2024."""
        what = self.get_what_display().capitalize()
        if self.year is None:
            return what
        return f"Afsluttende {self.get_what_display()} for {self.year}" if self.final else f"{what} for {self.year}"

    @property
    def subject(self) -> str:
        """What an extension of it is proposed about."""
        return f"deadline:{self.pk}"

    @property
    def stop(self) -> str:
        """What an override of the payment stop is proposed about."""
        return "stop:terms" if self.what == self.What.TERMS else self.subject


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def standing(self) -> "ReceiptQuerySet":
        return self.filter(rejection__isnull=True)


class Receipt(models.Model):
    """That what a deadline asks for came in, on which day, with the document itself."""

    key = models.UUIDField("nøgle", unique=True)
    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="receipts", verbose_name="frist")
    received_on = models.DateField("modtaget")
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="receipts", verbose_name="bilag")
    recorded_at = models.DateTimeField("registreret", db_default=Now(), editable=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="receipts", verbose_name="registreret af")

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = "modtagelse"
        verbose_name_plural = "modtagelser"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Modtagelse af {self.deadline}"


class ReceiptRejection(models.Model):
    """That another person than the one who recorded a receipt found it wrong, and why. The deadline stands again; both rows stay."""

    receipt = models.OneToOneField(Receipt, models.PROTECT, related_name="rejection", verbose_name="modtagelse")
    reason = models.CharField("begrundelse", max_length=500)
    rejected_at = models.DateTimeField("afvist", db_default=Now(), editable=False)
    rejected_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="receipt_rejections", verbose_name="afvist af")

    class Meta:
        verbose_name = "afvist modtagelse"
        verbose_name_plural = "afviste modtagelser"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Afvisning af {self.receipt}"


class Reminder(models.Model):
    """A reminder that went out: of which deadline, with which day in force, and how many days from it. Written by PostgreSQL alone, when it is due."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="reminders", verbose_name="frist")
    due = models.DateField("frist")
    rung = models.SmallIntegerField("dage fra fristen")
    sent_at = models.DateTimeField("sendt", db_default=Now(), editable=False)

    objects: models.Manager["Reminder"] = models.Manager()

    class Meta:
        verbose_name = "påmindelse"
        verbose_name_plural = "påmindelser"
        ordering = ["-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="reminder_is_sent_once", fields=["deadline", "due", "rung"])]

    def __str__(self) -> str:
        return f"Påmindelse om {self.deadline}"
