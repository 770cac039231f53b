"""A grant is closed out: the figures it ended with, and the letter that says them. Only added to (migrations/0019_closeout.sql holds the rules)."""

from django.db import models

from initiatives.models.control import Decision
from initiatives.models.vouchers import Voucher


class CloseOut(models.Model):
    """How a grant stood when it was closed out, as PostgreSQL counted it, and the settlement letter. Opened again by a new decision, it may be closed out once more."""

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="close_out", verbose_name="afgørelse")
    figures = models.JSONField("opgørelse", default=dict)
    letter = models.ForeignKey(Voucher, models.PROTECT, related_name="close_outs", verbose_name="afslutningsbrev")

    objects: models.Manager["CloseOut"] = models.Manager()

    class Meta:
        verbose_name = "afslutning"
        verbose_name_plural = "afslutninger"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Afslutning nr. {self.pk}"
