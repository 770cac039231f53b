"""The people, and how they come in. What a person may do comes from the groups the person is in, and from nothing else."""

import hashlib
import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Now


class User(AbstractUser):
    """Somebody who logs in: staff of the ministry, an auditor, or a grantee's own people."""

    job_title = models.CharField("stilling", max_length=100, blank=True)

    is_demo = models.BooleanField("prøveperson", default=False, editable=False)

    class Meta:
        verbose_name = "bruger"
        verbose_name_plural = "brugere"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def may(self, permission: str) -> bool:
        """Whether a group of this person carries the right `app.codename`. Being superuser carries no right over money."""
        if not self.is_active:
            return False
        if not hasattr(self, "_rights"):
            pairs = self.groups.values_list("permissions__content_type__app_label", "permissions__codename")
            self._rights = {f"{app}.{codename}" for app, codename in pairs if codename}
        return permission in self._rights


class Attempt(models.Model):
    """That somebody tried to log in, or to show again who they are. Only added to: ensomhed.attempts writes them, and slows down whoever fails."""

    class Step(models.TextChoices):
        PASSWORD = "password", "adgangskode"
        FACTOR = "factor", "andet trin"
        AGAIN = "again", "bekræftelse"

    class Outcome(models.TextChoices):
        FAILED = "failed", "mislykkedes"
        REFUSED = "refused", "afvist uden at blive prøvet: for mange forsøg"
        PASSED = "passed", "rigtig, men andet trin mangler"
        ENTERED = "entered", "lykkedes"

    at = models.DateTimeField("tidspunkt", db_default=Now(), editable=False)
    person = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="attempts", verbose_name="bruger")
    source = models.CharField("netadresse", max_length=45, blank=True)
    pair = models.CharField("brugernavn og sted", max_length=64)  # a keyed digest: what was typed as a name may have been a password
    step = models.CharField("trin", max_length=10, choices=Step.choices)
    outcome = models.CharField("udfald", max_length=10, choices=Outcome.choices)

    class Meta:
        verbose_name = "forsøg på at logge ind"
        verbose_name_plural = "forsøg på at logge ind"
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["pair", "-id"], name="attempt_by_pair")]

    def __str__(self) -> str:
        return f"{self.person or 'ukendt brugernavn'}: {self.get_outcome_display()}"


class ApiKey(models.Model):
    """What a program shows at the API instead of logging in. The key itself is shown once, when it is made; only its digest is kept."""

    digest = models.CharField("aftryk", max_length=64, primary_key=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="api_keys", verbose_name="bruger")
    made_at = models.DateTimeField("lavet", db_default=Now(), editable=False)

    class Meta:
        verbose_name = "nøgle til API"
        verbose_name_plural = "nøgler til API"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user}: {self.digest[:8]}"

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def make(cls, user: User) -> str:
        """A new key of this person, in full: it cannot be shown again."""
        key = secrets.token_hex(32)
        cls.objects.create(digest=cls.digest_of(key), user=user)
        return key
