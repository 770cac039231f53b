"""What was registered again after it had been reversed: the money is the same story, told twice. One table that is only added to (migrations/0020_rebooking.sql)."""

from django.db import models

from ledger.models import Transfer


class Rebooking(models.Model):
    """That a registration stands instead of what was reversed before it. It moves nothing and inherits nothing: a payment booked anew is the books' own `replaces`."""

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="rebooking", verbose_name="registrering")
    instead_of = models.ForeignKey(Transfer, models.PROTECT, related_name="rebookings", verbose_name="i stedet for")

    objects: models.Manager["Rebooking"] = models.Manager()

    class Meta:
        verbose_name = "bogføring på ny"
        verbose_name_plural = "bogføringer på ny"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.transfer} i stedet for nr. {self.instead_of_id}"
