"""The documents behind what is booked and decided."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Now

from initiatives import filetypes


class Voucher(models.Model):
    """The document behind an entry, kept byte by byte under its own digest. Added, never changed or deleted."""

    sha256 = models.CharField("kontrolsum", max_length=64, primary_key=True)
    content = models.BinaryField("indhold")
    size = models.PositiveIntegerField("størrelse i byte")
    content_type = models.GeneratedField(
        expression=Func(F("content"), function="initiatives_type_of"), output_field=models.CharField(max_length=100), db_persist=True, verbose_name="type"
    )
    name = models.CharField("filnavn", max_length=200)
    kept_at = models.DateTimeField("gemt", db_default=Now(), editable=False)
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="vouchers", verbose_name="gemt af")

    class Meta:
        verbose_name = "bilag"
        verbose_name_plural = "bilag"
        ordering = ["-kept_at"]
        default_permissions = ("view",)
        indexes = [
            models.Index(name="voucher_newest_first", fields=["-kept_at", "-sha256"]),
            GinIndex(Func(F("name"), function="ledger_words"), name="voucher_words", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """What it is, in words: PDF, Excel (xlsx) …; of a document kept before types were known, nothing."""
        return filetypes.NAMES.get(self.content_type, "")
