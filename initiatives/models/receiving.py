"""Who receives, and where to: what a payment was made on, and who is tied to a grantee. Payment details themselves are proposals (models/control.py)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from initiatives.models.control import Proposal
from initiatives.models.grants import Grantee
from ledger.models import Transfer


class PaymentBasis(models.Model):
    """The payment details that a disbursement was registered on. Written by PostgreSQL with the registration, never changed."""

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="basis", verbose_name="registrering")
    details = models.ForeignKey(Proposal, models.PROTECT, related_name="payments", verbose_name="betalingsoplysninger")

    class Meta:
        verbose_name = "betalingsgrundlag"
        verbose_name_plural = "betalingsgrundlag"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Grundlag for {self.transfer}"


class Tie(models.Model):
    """That somebody belongs to a grantee, or handles an agency's own earmark. It can be ended; whoever was ever tied never pays the grantee."""

    class Why(models.TextChoices):
        MEMBER = "member", "kan se organisationens side"
        HANDLER = "handler", "behandler organisationens egen bevilling"
        ENDED = "ended", "behandler ikke længere organisationens egen bevilling"

    grantee = models.ForeignKey(Grantee, models.PROTECT, related_name="ties", verbose_name="tilskudsmodtager")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ties", verbose_name="person")
    why = models.CharField("hvorfor", max_length=10, choices=Why.choices)
    since = models.DateField("siden")
    recorded_at = models.DateTimeField("noteret", db_default=Now(), editable=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="noteret af")

    class Meta:
        verbose_name = "tilknytning"
        verbose_name_plural = "tilknytninger"
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.CheckConstraint(name="tie_is_of_a_known_kind", condition=models.Q(why__in=["member", "handler", "ended"]))]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_why_display()}"
