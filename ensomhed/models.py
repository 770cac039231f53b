"""The people. What a person may do comes from the groups the person is in, and from nothing else."""

from django.contrib.auth.models import AbstractUser
from django.db import models


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
