"""Many payments registered from one sheet."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from ledger.models import Transfer


class Batch(models.Model):
    """What was registered in one go: the sheet itself, byte by byte, and who did it. The money stands in the registrations alone."""

    key = models.UUIDField("nøgle", unique=True)
    name = models.CharField("filnavn", max_length=200)
    content = models.BinaryField("ark")
    sha256 = models.CharField("kontrolsum", max_length=64)
    made_at = models.DateTimeField("registreret", db_default=Now(), editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="registreret af")

    objects: models.Manager["Batch"] = models.Manager()

    class Meta:
        verbose_name = "flerudbetaling"
        verbose_name_plural = "flerudbetalinger"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Flerudbetaling nr. {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:initiatives_batch_change", args=[self.pk])


class BatchRow(models.Model):
    """One row of the sheet, and the registration that it became."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="rows", verbose_name="flerudbetaling")
    row = models.PositiveIntegerField("række")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="batch_row", verbose_name="registrering")

    objects: models.Manager["BatchRow"] = models.Manager()

    class Meta:
        verbose_name = "række i en flerudbetaling"
        verbose_name_plural = "rækker i flerudbetalinger"
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="batch_row_is_registered_once", fields=["batch", "row"])]

    def __str__(self) -> str:
        return f"{self.batch}, række {self.row}"
