"""A frame's figures by fiscal year, as the Finance Act gives them. Two tables that are only added to, and written by one function (migrations/0016_years.sql)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from djmoney.money import Money

from initiatives.models.grants import Frame
from ledger.fields import DIGITS, ExactMoneyField
from ledger.models import DKK, ZERO


class YearProfile(models.Model):
    """The figures of a frame per fiscal year, with their source: input, never made to fit the frame. The newest version holds; all of them stay."""

    key = models.UUIDField("nøgle", unique=True)
    frame = models.ForeignKey(Frame, models.PROTECT, related_name="profiles", verbose_name="ramme")
    number = models.PositiveSmallIntegerField("version")
    source = models.CharField("kilde", max_length=500)
    reason = models.CharField("begrundelse", max_length=500, blank=True)
    made_at = models.DateTimeField("registreret", db_default=Now(), editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="year_profiles", verbose_name="registreret af")

    objects: models.Manager["YearProfile"] = models.Manager()

    class Meta:
        verbose_name = "årsprofil"
        verbose_name_plural = "årsprofiler"
        ordering = ["frame", "-number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="year_profile_has_its_number", fields=["frame", "number"])]

    def __str__(self) -> str:
        return f"Årsprofil for {self.frame}, version {self.number}"

    @property
    def total(self) -> Money:
        return sum((figure.amount for figure in self.figures.all()), ZERO)


class YearFigure(models.Model):
    """One fiscal year's figure in a year profile."""

    profile = models.ForeignKey(YearProfile, models.PROTECT, related_name="figures", verbose_name="årsprofil")
    year = models.PositiveSmallIntegerField("finansår")
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)

    objects: models.Manager["YearFigure"] = models.Manager()

    class Meta:
        verbose_name = "årets tal"
        verbose_name_plural = "årenes tal"
        ordering = ["profile", "year"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="year_profile_has_each_year_once", fields=["profile", "year"]),
            models.CheckConstraint(name="year_figure_is_not_negative", condition=Q(amount__gte=0, amount__lt=10**12)),
        ]

    def __str__(self) -> str:
        return f"{self.year}: {self.amount}"
