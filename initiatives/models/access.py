"""Who may do what: roles that do not go together, every change of roles, and the quarterly review (migrations/0013_access.sql holds their rules)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from initiatives.models.control import Proposal


class Conflict(models.Model):
    """Two rights that no one person holds together. Reference data: only a migration writes it."""

    one = models.CharField("ret", max_length=100)
    other = models.CharField("anden ret", max_length=100)
    why = models.CharField("hvorfor", max_length=200)

    class Meta:
        verbose_name = "uforenelige rettigheder"
        verbose_name_plural = "uforenelige rettigheder"
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="conflict_is_said_once", fields=["one", "other"])]

    def __str__(self) -> str:
        return f"{self.one} og {self.other}"


class RoleChange(models.Model):
    """That a person got a role or lost it. PostgreSQL writes it, whoever makes the change."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_changes", verbose_name="bruger")
    role = models.CharField("rolle", max_length=150)
    given = models.BooleanField("givet")
    changed_at = models.DateTimeField("tidspunkt", db_default=Now(), editable=False)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="forslag")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="ændret af")

    class Meta:
        verbose_name = "rolleændring"
        verbose_name_plural = "rolleændringer"
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(name="rolechange_by_person", fields=["person", "-id"])]

    def __str__(self) -> str:
        return f"{self.person}: {self.role} {'givet' if self.given else 'taget fra'}"


class AccessReview(models.Model):
    """That somebody went through who may do what. What stood on the list that day is kept with it."""

    key = models.UUIDField("nøgle", unique=True)
    quarter = models.CharField("kvartal", max_length=7)
    stood = models.JSONField("listen", default=list)
    note = models.CharField("bemærkning", max_length=1000)
    reviewed_at = models.DateTimeField("gennemgået", db_default=Now(), editable=False)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_reviews", verbose_name="gennemgået af")

    class Meta:
        verbose_name = "adgangsgennemgang"
        verbose_name_plural = "adgangsgennemgange"
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Adgangsgennemgang {self.quarter}"
