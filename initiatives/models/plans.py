"""An instalment plan: the payments of an earmark as they are planned, version by version. Three tables that are only added to (migrations/0015_plans.sql holds their rules)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from initiatives.models.grants import Earmark
from ledger.fields import DIGITS, ExactMoneyField
from ledger.models import DKK, Transfer


class Plan(models.Model):
    """One version of an earmark's plan. The newest holds; those before it stay."""

    key = models.UUIDField("nøgle", unique=True)
    earmark = models.ForeignKey(Earmark, models.PROTECT, related_name="plans", verbose_name="øremærkning")
    number = models.PositiveSmallIntegerField("version")
    reason = models.CharField("begrundelse", max_length=500, blank=True)
    made_at = models.DateTimeField("lagt", db_default=Now(), editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="lagt af")

    objects: models.Manager["Plan"] = models.Manager()

    class Meta:
        verbose_name = "rateplan"
        verbose_name_plural = "rateplaner"
        ordering = ["-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="plan_version_is_its_own", fields=["earmark", "number"])]

    def __str__(self) -> str:
        return f"Rateplan, version {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("admin:initiatives_plan", args=[self.earmark.slug])


class Instalment(models.Model):
    """A payment that is planned: when, how much. What is paid of it follows from the books."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="instalments", verbose_name="rateplan")
    number = models.PositiveSmallIntegerField("rate")
    day = models.DateField("dato")
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    text = models.CharField("tekst", max_length=100, blank=True)

    objects: models.Manager["Instalment"] = models.Manager()

    class Meta:
        verbose_name = "rate"
        verbose_name_plural = "rater"
        ordering = ["plan", "number"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="instalment_amount_is_positive", condition=Q(amount__gt=0, amount__lt=10**12)),
            models.UniqueConstraint(name="instalment_number_is_its_own", fields=["plan", "number"]),
        ]

    def __str__(self) -> str:
        return self.text or f"Rate {self.number}"


class InstalmentPayment(models.Model):
    """That a disbursement was registered for an instalment: said when it is registered, and never afterwards."""

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="instalment_payment", verbose_name="udbetaling")
    instalment = models.ForeignKey(Instalment, models.PROTECT, related_name="payments", verbose_name="rate")

    objects: models.Manager["InstalmentPayment"] = models.Manager()

    class Meta:
        verbose_name = "udbetaling af en rate"
        verbose_name_plural = "udbetalinger af rater"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.transfer} af {self.instalment}"
