"""What the system tells a grantee, and what the grantee objects to. All of it is only added to (migrations/0012_telling.sql holds the rules).

A notice keeps the facts, never a text: PostgreSQL writes it in the transaction that it tells of, with one delivery to each address that is to be told.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from initiatives.models.claims import Claim
from initiatives.models.control import Proposal
from initiatives.models.deadlines import Reminder
from initiatives.models.grants import Earmark, Grantee
from ledger.models import Transfer

if TYPE_CHECKING:
    from ensomhed.models import User


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: "User") -> "NoticeQuerySet":
        """All of them for whoever reads the books; its own for a grantee; nothing for anybody else."""
        if user.may("initiatives.read_all"):
            return self
        if user.may("initiatives.see_own_grants"):
            return self.filter(grantee__members=user)
        return self.none()

    def told(self) -> "NoticeQuerySet":
        """With everything that a letter or a page says of them."""
        return self.select_related("grantee", "earmark__initiative", "transfer", "claim", "reminder__deadline", "case")


class Notice(models.Model):
    """What a grantee is told: the facts of the moment, and how far the account's chain had come. Nobody writes, stops or changes one but PostgreSQL."""

    class What(models.TextChoices):
        PAID = "paid", "udbetaling"
        REPAID = "repaid", "tilbagebetaling modtaget"
        UNDONE = "undone", "bevægelse ført tilbage"
        DETAILS = "details", "nye betalingsoplysninger"
        CLAIM = "claim", "krav om tilbagebetaling"
        REMINDER = "reminder", "påmindelse"
        PEOPLE = "people", "ændrede kontaktpersoner"
        ANSWER = "answer", "svar på en indsigelse"
        CLOSE_OUT = "close_out", "tilskud afsluttet eller åbnet igen"

    grantee = models.ForeignKey(Grantee, models.PROTECT, related_name="notices", verbose_name="tilskudsmodtager")
    earmark = models.ForeignKey(Earmark, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="øremærkning")
    what = models.CharField("hvad", max_length=20, choices=What.choices)
    figures = models.JSONField("oplysninger")
    transfer = models.ForeignKey(Transfer, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="postering")
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="forslag")
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="krav")
    reminder = models.ForeignKey(Reminder, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="påmindelse")
    case = models.ForeignKey("Case", models.PROTECT, null=True, blank=True, related_name="notices", verbose_name="indsigelse")
    account = models.CharField("konto", max_length=200, blank=True)
    entry_no = models.BigIntegerField("postnr.", null=True, blank=True)
    head = models.CharField("kontrolsum", max_length=64, blank=True)
    told_at = models.DateTimeField("skrevet", db_default=Now(), editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "besked"
        verbose_name_plural = "beskeder"
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [models.Index(name="notice_newest_of_a_grantee", fields=["grantee", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_what_display().capitalize()}, {self.grantee}"

    def get_absolute_url(self) -> str:
        return reverse("notice", args=[self.pk])


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def undeliverable(self) -> "DeliveryQuerySet":
        """To somebody who has no e-mail address, or to a grantee without people."""
        return self.filter(address="")

    def sent(self) -> "DeliveryQuerySet":
        return self.filter(Exists(DeliveryAttempt.objects.filter(delivery=OuterRef("pk"), sent=True)))

    def waiting(self) -> "DeliveryQuerySet":
        """With an address and not sent yet, tried or not."""
        return self.exclude(address="").exclude(Exists(DeliveryAttempt.objects.filter(delivery=OuterRef("pk"), sent=True)))

    def with_outcome(self) -> "DeliveryQuerySet":
        """With `sent_at`, how often it was `tried`, and what was said last, `answer`."""
        attempts = DeliveryAttempt.objects.filter(delivery=OuterRef("pk"))
        return self.annotate(
            sent_at=Subquery(attempts.filter(sent=True).order_by("id").values("tried_at")[:1]),
            tried=models.Count("attempts"),
            answer=Coalesce(Subquery(attempts.order_by("-id").values("answer")[:1]), models.Value("")),
        )


class Delivery(models.Model):
    """A notice on its way to one address. An empty address cannot be reached, and shows as that."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries", verbose_name="besked")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="person")
    address = models.CharField("adresse", max_length=254, blank=True)
    former = models.BooleanField("tidligere adresse eller kontaktperson", default=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "levering"
        verbose_name_plural = "leveringer"
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="delivery_is_one_to_an_address", fields=["notice", "person", "address"], nulls_distinct=False)]

    def __str__(self) -> str:
        return f"{self.notice} til {self.address or 'ingen adresse'}"


class DeliveryAttempt(models.Model):
    """That a delivery was tried, and how it went. Until one of them was sent, it is tried again."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts", verbose_name="levering")
    sent = models.BooleanField("sendt")
    answer = models.CharField("svar", max_length=500, blank=True)
    tried_at = models.DateTimeField("forsøgt", db_default=Now(), editable=False)

    class Meta:
        verbose_name = "leveringsforsøg"
        verbose_name_plural = "leveringsforsøg"
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="delivery_is_sent_once", fields=["delivery"], condition=Q(sent=True))]

    def __str__(self) -> str:
        return f"Forsøg på {self.delivery}"


class FormerContact(models.Model):
    """An address that was taken away, or a person. For thirty days it is told everything that the grantee is told."""

    grantee = models.ForeignKey(Grantee, models.PROTECT, related_name="former_contacts", verbose_name="tilskudsmodtager")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="person")
    address = models.CharField("adresse", max_length=254)
    left_at = models.DateTimeField("fjernet", db_default=Now(), editable=False)

    class Meta:
        verbose_name = "tidligere kontakt"
        verbose_name_plural = "tidligere kontakter"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.address


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: "User") -> "CaseQuerySet":
        """All of them for management, controllers and auditors; its own for a grantee. Whoever only handles payments sees none."""
        if user.may("initiatives.view_case"):
            return self
        if user.may("initiatives.see_own_grants"):
            return self.filter(grantee__members=user)
        return self.none()

    def with_state(self) -> "CaseQuerySet":
        """With `is_closed`: the newest word that counts is an answer that closed it, and the grantee has not written since."""
        return self.annotate(is_closed=_closed())

    def open(self) -> "CaseQuerySet":
        return self.exclude(_closed())

    def closed(self) -> "CaseQuerySet":
        return self.filter(_closed())

    def told(self) -> "CaseQuerySet":
        """With everything that a page says of them."""
        return self.with_state().select_related("grantee", "opened_by", "transfer", "notice", "proposal__kind", "claim")


def _closed() -> Coalesce:
    counts = CaseMessage.objects.filter(case=OuterRef("pk")).filter(Q(closes=True) | Q(by_grantee=True)).order_by("-id")
    return Coalesce(Subquery(counts.values("closes")[:1]), models.Value(False), output_field=models.BooleanField())


class Case(models.Model):
    """What a grantee says is not right. It stays open until somebody who had no hand in it has answered."""

    key = models.UUIDField("nøgle", unique=True)
    grantee = models.ForeignKey(Grantee, models.PROTECT, related_name="cases", verbose_name="tilskudsmodtager")
    transfer = models.ForeignKey(Transfer, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="postering")
    notice = models.ForeignKey(Notice, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="besked")
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="betalingsoplysninger")
    claim = models.ForeignKey(Claim, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name="krav")
    text = models.CharField("hvad er ikke rigtigt", max_length=2000)
    opened_at = models.DateTimeField("rejst", db_default=Now(), editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cases", verbose_name="rejst af")

    is_closed: bool

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = "indsigelse"
        verbose_name_plural = "indsigelser"
        ordering = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Indsigelse nr. {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("case", args=[self.pk])

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        if self.transfer:
            return f"{self.transfer.get_kind_display().capitalize()} nr. {self.transfer_id}"
        if self.notice:
            return f"Besked nr. {self.notice_id}: {self.notice.get_what_display()}"
        if self.proposal:
            return f"Betalingsoplysninger, forslag nr. {self.proposal_id}"
        return f"Krav nr. {self.claim_id}" if self.claim else "Noget andet"


class CaseMessage(models.Model):
    """One more word in a case: the grantee's, or the ministry's. PostgreSQL says whose it is; only the ministry's can close."""

    key = models.UUIDField("nøgle", unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="messages", verbose_name="indsigelse")
    text = models.CharField("tekst", max_length=2000)
    closes = models.BooleanField("lukker", default=False)
    by_grantee = models.BooleanField("fra tilskudsmodtageren", default=False)
    written_at = models.DateTimeField("skrevet", db_default=Now(), editable=False)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="case_messages", verbose_name="skrevet af")

    class Meta:
        verbose_name = "svar i en indsigelse"
        verbose_name_plural = "svar i indsigelser"
        ordering = ["id"]
        default_permissions = ()
        indexes = [models.Index(name="case_message_that_counts", fields=["case", "-id"], condition=Q(closes=True) | Q(by_grantee=True))]

    def __str__(self) -> str:
        return f"Svar i {self.case}"
