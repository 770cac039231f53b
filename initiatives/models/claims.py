"""Expected repayments: what the ministry claims back, and what answered it. Two tables that are only added to (migrations/0009_claims.sql holds their rules).

Nothing here says where a repayment goes or where it is paid to: the cause decides the first, the ministry's approved account the second.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from initiatives.models.grants import Earmark, LocalActor
from initiatives.models.vouchers import Voucher
from ledger.fields import DIGITS, ExactMoneyField
from ledger.kinds import REPAYMENT_CAUSES, Cause, Kind, Step
from ledger.models import DKK, Account, Transfer

AMOUNT = Q(amount__gt=0, amount__lt=10**12)


class ClaimQuerySet(models.QuerySet["Claim"]):
    def told(self) -> "ClaimQuerySet":
        """With everything that a page says of them."""
        return self.select_related("earmark__grantee", "earmark__initiative", "earmark__grantee_account", "earmark__account", "actor__account", "raised_by")


class Claim(models.Model):
    """A repayment that is expected of a grantee: how much, why, and by when. What is still missing of it follows from its matches."""

    key = models.UUIDField("nøgle", unique=True)
    earmark = models.ForeignKey(Earmark, models.PROTECT, related_name="claims", verbose_name="øremærkning")
    actor = models.ForeignKey(LocalActor, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name="lokal aktør")
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    cause = models.CharField("årsag", max_length=20, choices=[(cause.value, cause.label) for cause in REPAYMENT_CAUSES])
    raised_on = models.DateField("rejst")
    due = models.DateField("forfalder")
    reason = models.CharField("begrundelse", max_length=500)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="claims", verbose_name="bilag")
    raised_at = models.DateTimeField("registreret", db_default=Now(), editable=False)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="claims", verbose_name="rejst af")

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "krav"
        verbose_name_plural = "krav"
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="claim_amount_is_positive", condition=AMOUNT),
            models.CheckConstraint(name="claim_has_a_cause_of_repayments", condition=Q(cause__in=[cause.value for cause in REPAYMENT_CAUSES])),
            models.CheckConstraint(name="claim_is_due_on_or_after_its_day", condition=Q(due__gte=F("raised_on"))),
        ]

    def __str__(self) -> str:
        return f"Krav nr. {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:initiatives_claim_change", args=[self.pk])

    @property
    def why(self) -> Cause:
        return Cause(self.cause)

    @property
    def holder(self) -> Account:
        """Where the money stands that is claimed."""
        return self.actor.account if self.actor else self.earmark.grantee_account


class ClaimMatch(models.Model):
    """That a repayment, or a claim given up, answers a claim. It counts as long as its transfer stands: reversed or rejected, the claim is open again."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="matches", verbose_name="krav")
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="claim_matches", verbose_name="postering")
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    matched_at = models.DateTimeField("knyttet", db_default=Now(), editable=False)
    matched_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="knyttet af")

    objects: models.Manager["ClaimMatch"] = models.Manager()

    class Meta:
        verbose_name = "betaling af krav"
        verbose_name_plural = "betalinger af krav"
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="claim_match_amount_is_positive", condition=AMOUNT),
            models.UniqueConstraint(name="claim_match_is_made_once", fields=["claim", "transfer"]),
        ]

    def __str__(self) -> str:
        return f"{self.transfer} på {self.claim}"

    @property
    def state(self) -> str:
        """What has become of it: betalt, opgivet, or, where it no longer counts, why."""
        outcome = getattr(self.transfer, "settlement", None)
        if Transfer.objects.filter(reverses__in=[self.transfer_id, outcome and outcome.pk], kind=Kind.REVERSAL, step=Step.POST).exists():
            return "ført tilbage"
        if self.transfer.step == Step.SINGLE:
            return "betalt"
        if outcome is None:
            return "foreslået opgivet"
        return "opgivet" if outcome.step == Step.POST else "ikke opgivet"
