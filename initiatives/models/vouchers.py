"""The documents behind what is booked and decided."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Voucher(models.Model):
    """The document behind an entry, kept byte by byte under its own digest. Added, never changed or deleted."""

    sha256 = models.CharField("kontrolsum", max_length=64, primary_key=True)
    content = models.BinaryField("indhold")
    size = models.PositiveIntegerField("størrelse i byte")
    name = models.CharField("filnavn", max_length=200)
    kept_at = models.DateTimeField("gemt", db_default=Now(), editable=False)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="vouchers", verbose_name="gemt af")

    class Meta:
        verbose_name = "bilag"
        verbose_name_plural = "bilag"
        ordering = ["-kept_at"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name
