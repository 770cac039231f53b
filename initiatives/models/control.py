"""What one person proposes and another decides, beside the books: three tables that are only added to (migrations/0004_control.sql holds their rules)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from initiatives.models.grants import Earmark, Grantee
from initiatives.models.vouchers import Voucher


class ProposalKind(models.Model):
    """What can be proposed, and the rights that it takes. Reference data: only a migration writes it."""

    code = models.CharField("kode", max_length=30, primary_key=True)
    name = models.CharField("navn", max_length=100)
    proposed_with = models.CharField("foreslås med", max_length=100)
    decided_with = models.CharField("afgøres med", max_length=100)
    verified_with = models.CharField("kontrolleres med", max_length=100, blank=True)
    needs_document = models.BooleanField("kræver dokument", default=True)

    class Meta:
        verbose_name = "slags forslag"
        verbose_name_plural = "slags forslag"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def waiting(self) -> "ProposalQuerySet":
        """Neither approved, rejected nor withdrawn yet."""
        return self.filter(decision__isnull=True)

    def approved(self) -> "ProposalQuerySet":
        return self.filter(decision__approved=True)

    def told(self) -> "ProposalQuerySet":
        """With everything that a page says of them."""
        return self.select_related(
            "kind", "grantee", "earmark__grantee", "earmark__initiative", "proposed_by", "verification__verified_by", "decision__decided_by"
        )


class Proposal(models.Model):
    """A change that one person wants, with its document, what stands before and what would stand after. It takes effect when another person approves it."""

    key = models.UUIDField("nøgle", unique=True)
    kind = models.ForeignKey(ProposalKind, models.PROTECT, related_name="proposals", verbose_name="slags")
    grantee = models.ForeignKey(Grantee, models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name="tilskudsmodtager")
    earmark = models.ForeignKey(Earmark, models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name="øremærkning")
    subject = models.CharField("om", max_length=100, blank=True)
    before = models.JSONField("før", default=dict)
    after = models.JSONField("efter")
    reason = models.CharField("begrundelse", max_length=1000)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name="dokument")
    proposed_at = models.DateTimeField("foreslået", db_default=Now(), editable=False)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="proposals", verbose_name="foreslået af")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "forslag"
        verbose_name_plural = "forslag"
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [
            ("propose_details", "Kan foreslå betalingsoplysninger"),
            ("verify_details", "Kan kontrollere betalingsoplysninger"),
            ("answer_case", "Kan besvare og lukke indsigelser"),
            ("review_access", "Kan gennemgå adgange"),
        ]

    def __str__(self) -> str:
        return f"{self.kind.name} nr. {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:initiatives_proposal_settle", args=[self.pk])

    @property
    def is_verified(self) -> bool:
        return hasattr(self, "verification")


class Verification(models.Model):
    """That somebody else checked what is proposed: how, and by which document."""

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="verification", verbose_name="forslag")
    how = models.CharField("hvordan", max_length=500)
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="verifications", verbose_name="dokument")
    verified_at = models.DateTimeField("kontrolleret", db_default=Now(), editable=False)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="verifications", verbose_name="kontrolleret af")

    class Meta:
        verbose_name = "kontrol"
        verbose_name_plural = "kontroller"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Kontrol af {self.proposal}"


class Decision(models.Model):
    """How a proposal ended: approved by another person, rejected, or withdrawn by whoever proposed it."""

    key = models.UUIDField("nøgle", unique=True)
    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="decision", verbose_name="forslag")
    approved = models.BooleanField("godkendt")
    reason = models.CharField("begrundelse", max_length=1000, blank=True)
    decided_at = models.DateTimeField("afgjort", db_default=Now(), editable=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions", verbose_name="afgjort af")

    class Meta:
        verbose_name = "afgørelse"
        verbose_name_plural = "afgørelser"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Afgørelse af {self.proposal}"

    @property
    def outcome(self) -> str:
        """Godkendt, afvist or trukket tilbage."""
        if self.approved:
            return "godkendt"
        return "trukket tilbage" if self.decided_by_id == self.proposal.proposed_by_id else "afvist"
