"""What was found when a period was closed (migrations/0017_closing.sql holds its rules)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ledger.models import Period


class Closing(models.Model):
    """One closing of a fiscal period: the checklist as PostgreSQL found it, and at a year's end how each frame was settled. Never changed, also when the period is opened again."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="closings", verbose_name="periode")
    made_at = models.DateTimeField("lukket den", db_default=Now(), editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="lukket af")
    reason = models.CharField("begrundelse for det, der stod åbent", max_length=2000, blank=True)
    checklist = models.JSONField("kontrolpunkter")
    settlement = models.JSONField("bevillingsafregning")

    objects: models.Manager["Closing"] = models.Manager()

    class Meta:
        verbose_name = "lukning"
        verbose_name_plural = "lukninger"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Lukning af {self.period_id}"
