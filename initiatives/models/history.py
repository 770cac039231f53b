"""The audit log: the history that triggers keep of every table that can be changed, and a record of what changes none.

The library (django-pghistory) makes a table and triggers for each of what is followed. They see a bulk update and plain SQL like everything else, write as
the owner, and are only added to (migrations/0014_history.sql). A password, a key or a secret is never among what is kept, only that there was a new one.
"""

from typing import Any

import pghistory
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models.functions import Now
from pgtrigger import AnyChange

from ensomhed.models import ApiKey, User
from initiatives.models.grants import Agreement, Earmark, Frame, Grantee, Initiative, LocalActor
from ledger.models import Period


class Event(models.Model):
    """Something done that leaves no row elsewhere: a file taken out, a voucher fetched, a page refused, a log-out."""

    at = models.DateTimeField("tidspunkt", db_default=Now(), editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="events", verbose_name="hvem")
    what = models.CharField("hvad", max_length=40)
    about = models.CharField("om", max_length=200, blank=True)
    figures = models.JSONField("oplysninger", default=dict)
    address = models.CharField("netadresse", max_length=45, blank=True)
    url = models.CharField("side", max_length=300, blank=True)

    objects: models.Manager["Event"] = models.Manager()

    class Meta:
        verbose_name = "hændelse"
        verbose_name_plural = "hændelser"
        ordering = ["-at", "-id"]
        default_permissions = ()
        indexes = [models.Index(name="event_in_order", fields=["at", "id"]), models.Index(name="event_of_a_person", fields=["by", "at", "id"])]

    def __str__(self) -> str:
        return f"{self.what} {self.about}".strip()


def _ours(model: type[models.Model], name: str) -> type[models.Model]:
    """Another app's model under a name of ours: its triggers then come with our own migrations."""
    options = type("Meta", (), {"proxy": True, "app_label": "initiatives", "default_permissions": ()})
    return type(name, (model,), {"__module__": __name__, "Meta": options})


def _follow(model: type[models.Model], *more: pghistory.RowEvent, exclude: tuple[str, ...] = (), **options: Any) -> None:
    """Keeps the history of a table: every row added, changed or removed, but for the columns named."""
    name = f"{model.__name__.removeprefix('Followed')}History"
    indexes = [models.Index(name=f"{name.lower()}_in_order", fields=["pgh_created_at", "pgh_id"])]
    if "obj_field" not in options:
        indexes.append(models.Index(name=f"{name.lower()}_of_one", fields=["pgh_obj", "pgh_id"]))
    pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        *more,
        exclude=list(exclude),
        app_label="initiatives",
        model_name=name,
        context_id_field=None,  # type: ignore[arg-type]  # as its documentation has it
        meta={"default_permissions": (), "indexes": indexes},
        **options,
    )(model)


for _model in (Agreement, Frame, Initiative, Grantee, Earmark, LocalActor):
    _follow(_model)
_follow(_ours(Grantee.members.through, "FollowedMember"))
_follow(_ours(Period, "FollowedPeriod"))
_follow(_ours(User, "FollowedUser"), pghistory.UpdateEvent("password_changed", condition=AnyChange("password")), exclude=("password", "last_login"))
_follow(_ours(User.groups.through, "FollowedRole"))
_follow(_ours(User.user_permissions.through, "FollowedPermission"))
_follow(_ours(Group, "FollowedGroup"))
_follow(_ours(Group.permissions.through, "FollowedRight"))
_follow(_ours(ApiKey, "FollowedKey"), exclude=("digest",), obj_field=None)
_follow(_ours(Authenticator, "FollowedFactor"), exclude=("data", "last_used_at"))
