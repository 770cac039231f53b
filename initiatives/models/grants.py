"""What the parties decided: agreement, frames, initiatives, who receives, and how much."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from ledger.fields import DIGITS, ExactMoneyField
from ledger.models import DKK, Account

if TYPE_CHECKING:
    from ensomhed.models import User


class Agreement(models.Model):
    """What the parties agreed. The sum is the agreement's own statement; no account holds it."""

    slug = models.SlugField(unique=True)
    name = models.CharField("navn", max_length=200)
    name_en = models.CharField("navn på engelsk", max_length=200)
    stated_sum = ExactMoneyField("nævnt beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    source = models.TextField("kilde")

    objects: models.Manager["Agreement"] = models.Manager()

    class Meta:
        verbose_name = "aftale"
        verbose_name_plural = "aftaler"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Frame(models.Model):
    """A frame (bevilling): what may be used in all, from one source. Frames are never added together."""

    slug = models.SlugField(unique=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="frames", verbose_name="aftale")
    name = models.CharField("navn", max_length=200)
    name_en = models.CharField("navn på engelsk", max_length=200)
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    starts = models.DateField("fra og med")
    ends = models.DateField("til og med")
    source = models.TextField("kilde")
    account = models.OneToOneField(Account, models.PROTECT, related_name="frame", verbose_name="konto")

    objects: models.Manager["Frame"] = models.Manager()

    class Meta:
        verbose_name = "ramme"
        verbose_name_plural = "rammer"
        ordering = ["id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Initiative(models.Model):
    """What the money is for. The purpose is told in our own words."""

    slug = models.SlugField(unique=True)
    frame = models.ForeignKey(Frame, models.PROTECT, related_name="initiatives", verbose_name="ramme")
    number = models.PositiveSmallIntegerField("nummer", null=True, blank=True, help_text="Nummer i udmøntningen; sekretariatsopgaven har intet.")
    name = models.CharField("navn", max_length=200)
    name_en = models.CharField("navn på engelsk", max_length=200)
    purpose = models.TextField("formål")
    purpose_en = models.TextField("formål på engelsk")

    class Meta:
        verbose_name = "initiativ"
        verbose_name_plural = "initiativer"
        ordering = ["id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.name


class Grantee(models.Model):
    """An organisation that receives money, and the people who see its page. The row is made and changed only by an approved proposal."""

    slug = models.SlugField(unique=True)
    name = models.CharField("navn", max_length=200)
    cvr = models.CharField("CVR-nummer", max_length=8, blank=True, default="")
    state_agency = models.BooleanField("statslig myndighed", default=False, help_text="Trækket er en intern overførsel uden NemKonto og revisorerklæring.")
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="grantees", blank=True, verbose_name="brugere")

    class Meta:
        verbose_name = "tilskudsmodtager"
        verbose_name_plural = "tilskudsmodtagere"
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(Lower("name"), name="grantee_name_is_its_own"),
            models.UniqueConstraint(name="grantee_cvr_is_its_own", fields=["cvr"], condition=~Q(cvr="")),
        ]

    def __str__(self) -> str:
        return self.name


# A person's organisations, and those that they follow (migrations/0014_history.sql).
SEEN_BY = """
    SELECT grantee_id FROM initiatives_grantee_members WHERE user_id = %s
    UNION SELECT f FROM initiatives_grantee_members m CROSS JOIN LATERAL initiatives_followed_by(m.grantee_id, %s) f WHERE m.user_id = %s
"""


class EarmarkQuerySet(models.QuerySet["Earmark"]):
    def visible_to(self, user: "User") -> "EarmarkQuerySet":
        """All of them for whoever reads the books; its own, and those of whom it follows, for a grantee; nothing for anybody else."""
        if user.may("initiatives.read_all"):
            return self
        if user.may("initiatives.see_own_grants"):
            return self.filter(grantee__in=RawSQL(SEEN_BY, [user.pk, timezone.localdate(), user.pk]))  # noqa: S611 — no word of the question is anybody else's
        return self.none()

    def with_accounts(self) -> "EarmarkQuerySet":
        return self.select_related("account", "grantee_account", "grantee", "initiative__frame__account")


class Earmark(models.Model):
    """The part of a frame that one grantee may receive for one initiative. Its amount takes effect when the earmarking is approved in the books."""

    class Award(models.TextChoices):
        SET_ASIDE = "set_aside", "afsat til modtageren"
        STATE_AGENCY = "state_agency", "afsat til en statslig myndighed"
        DIRECT_GRANT = "direct_grant", "direkte tilskud"
        DIRECT_AWARD = "direct_award", "direkte tildeling"

    slug = models.SlugField(unique=True, max_length=80)
    initiative = models.ForeignKey(Initiative, models.PROTECT, related_name="earmarks", verbose_name="initiativ")
    grantee = models.ForeignKey(Grantee, models.PROTECT, related_name="earmarks", verbose_name="tilskudsmodtager")
    track = models.CharField("spor", max_length=100, blank=True)
    track_en = models.CharField("spor på engelsk", max_length=100, blank=True)
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    award = models.CharField("tildelingsform", max_length=20, choices=Award.choices)
    must_pass_on = models.BooleanField("skal videreformidles", default=False)
    must_partner = models.BooleanField("skal indgå samarbejder", default=False)
    condition = models.TextField("vilkår", blank=True)
    condition_en = models.TextField("vilkår på engelsk", blank=True)
    source = models.TextField("kilde")
    account = models.OneToOneField(Account, models.PROTECT, related_name="earmark", verbose_name="øremærkningens konto")
    grantee_account = models.OneToOneField(Account, models.PROTECT, related_name="granted_by", verbose_name="tilskudsmodtagerens konto")
    used_account = models.OneToOneField(Account, models.PROTECT, related_name="+", verbose_name="dokumenteret anvendt")
    written_off_account = models.OneToOneField(Account, models.PROTECT, related_name="+", verbose_name="afskrevet")

    objects = EarmarkQuerySet.as_manager()

    class Meta:
        verbose_name = "øremærkning"
        verbose_name_plural = "øremærkninger"
        ordering = ["id"]
        default_permissions = ("view",)
        permissions = [
            ("read_all", "Kan læse alle bøger og bevillinger"),
            ("see_own_grants", "Kan se egen organisations tilskud"),
            ("propose_decision", "Kan foreslå bevilling, øremærkning, omdisponering, frigivelse, bortfald, afskrivning og betalingsvindue"),
            ("approve_decision", "Kan godkende bevilling, øremærkning, omdisponering, frigivelse, bortfald, afskrivning og betalingsvindue"),
        ]
        constraints = [models.CheckConstraint(name="earmark_amount_is_positive", condition=Q(amount__gt=0, amount__lt=10**12))]

    def __str__(self) -> str:
        return f"{self.grantee.name} – {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("earmark", args=[self.slug])

    @property
    def title(self) -> str:
        return f"{self.initiative.name} ({self.track})" if self.track else self.initiative.name


class LocalActor(models.Model):
    """Who receives a re-grant, in a municipality."""

    earmark = models.ForeignKey(Earmark, models.PROTECT, related_name="local_actors", verbose_name="øremærkning")
    slug = models.SlugField(max_length=80)
    name = models.CharField("navn", max_length=200)
    municipality_code = models.CharField("kommunekode", max_length=3)
    account = models.OneToOneField(Account, models.PROTECT, related_name="local_actor", verbose_name="konto")

    class Meta:
        verbose_name = "lokal aktør"
        verbose_name_plural = "lokale aktører"
        ordering = ["id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="local_actor_is_unique_in_its_earmark", fields=["earmark", "slug"]),
            models.CheckConstraint(name="local_actor_has_a_municipality_code", condition=Q(municipality_code__regex=r"^\d{3}$")),
        ]

    def __str__(self) -> str:
        return self.name
