"""What is paid, in which file it left, and what the accounting system says came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from initiatives.models.control import Proposal
from ledger.fields import DIGITS, ExactMoneyField
from ledger.models import DKK, Transfer


class Payment(Transfer):
    """What moves between the ministry and a grantee, with its rights: registering, approving. The rows are the books' own."""

    class Meta:
        proxy = True
        verbose_name = "udbetaling"
        verbose_name_plural = "udbetalinger"
        default_permissions = ()
        permissions = [
            ("register_payment", "Kan registrere udbetalinger, tilbageførsler, tilbagebetalinger, videreformidlinger og modtagne regnskaber"),
            ("approve_payment", "Kan godkende udbetalinger og tilbageførsler"),
            ("check_accounts", "Kan kontrollere og godkende tilskudsmodtagernes regnskaber"),
            ("release_payments", "Kan frigive betalingsfiler"),
            ("reconcile_payments", "Kan afstemme betalinger"),
        ]


class PaymentFile(models.Model):
    """What left for the accounting system in one go. PostgreSQL chooses its lines and writes its bytes; nothing of it is changed afterwards."""

    key = models.UUIDField("nøgle", unique=True)
    number = models.PositiveIntegerField("nummer", unique=True)
    released_at = models.DateTimeField("frigivet", db_default=Now(), editable=False)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="frigivet af")
    up_to = models.DateField("valørdato til og med", null=True, blank=True)
    line_count = models.PositiveIntegerField("antal linjer")
    total = ExactMoneyField("sum", currency_choices=DKK, default_currency="DKK", **DIGITS)
    sha256 = models.CharField("kontrolsum", max_length=64)
    content = models.BinaryField("indhold")

    objects: models.Manager["PaymentFile"] = models.Manager()

    class Meta:
        verbose_name = "betalingsfil"
        verbose_name_plural = "betalingsfiler"
        ordering = ["-number"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Betalingsfil nr. {self.number}"

    @property
    def name(self) -> str:
        return f"betalingsfil-{self.number:05d}.csv"


class PaymentLine(models.Model):
    """One payment in a file: each disbursement at most once, with the details that it goes to."""

    file = models.ForeignKey(PaymentFile, models.PROTECT, related_name="lines", verbose_name="betalingsfil")
    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="payment_line", verbose_name="udbetaling")
    reference = models.CharField("reference", max_length=30, unique=True)
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    details = models.ForeignKey(Proposal, models.PROTECT, related_name="+", verbose_name="betalt til")

    objects: models.Manager["PaymentLine"] = models.Manager()

    class Meta:
        verbose_name = "betaling"
        verbose_name_plural = "betalinger"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.reference


class BankStatement(models.Model):
    """A list of payments made, as the accounting system gave it: the file itself, byte by byte, and what stands in it."""

    key = models.UUIDField("nøgle", unique=True)
    sha256 = models.CharField("kontrolsum", max_length=64)
    name = models.CharField("filnavn", max_length=200)
    content = models.BinaryField("indhold")
    first_day = models.DateField("fra og med")
    last_day = models.DateField("til og med")
    row_count = models.PositiveIntegerField("antal rækker")
    taken_at = models.DateTimeField("indlæst", db_default=Now(), editable=False)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="indlæst af")

    objects: models.Manager["BankStatement"] = models.Manager()

    class Meta:
        verbose_name = "betalingsliste"
        verbose_name_plural = "betalingslister"
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            # two months in which nothing was paid give the same empty file
            models.UniqueConstraint(name="bank_list_is_taken_once", fields=["sha256"], condition=Q(row_count__gt=0)),
        ]

    def __str__(self) -> str:
        return f"Listen for {self.first_day:%d.%m.%Y}–{self.last_day:%d.%m.%Y}"


class BankLine(models.Model):
    """One row of such a list. A row that an earlier list had already, word for word, repeats it and counts for nothing more."""

    class Status(models.TextChoices):
        PAID = "paid", "betalt"
        RETURNED = "returned", "returneret"

    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines", verbose_name="betalingsliste")
    number = models.PositiveIntegerField("række")
    reference = models.CharField("reference", max_length=100)
    amount = ExactMoneyField("beløb", currency_choices=DKK, default_currency="DKK", **DIGITS)
    day = models.DateField("dato")
    account = models.CharField("konto", max_length=100, blank=True)
    text = models.CharField("tekst", max_length=300, blank=True)
    status = models.CharField("status", max_length=10, choices=Status.choices)
    occurrence = models.PositiveIntegerField(editable=False)  # of rows that are alike in one list: the first, the second …
    repeats = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="gentager")
    agreed = models.BooleanField(db_default=False, default=False, editable=False)  # when it came; PostgreSQL says so (migrations/0023_daily.sql)

    objects: models.Manager["BankLine"] = models.Manager()

    class Meta:
        verbose_name = "række i en betalingsliste"
        verbose_name_plural = "rækker i betalingslister"
        ordering = ["id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="bank_line_stands_once_in_its_list", fields=["statement", "number"])]
        indexes = [
            models.Index(name="bank_line_by_reference", fields=["reference"]),
            models.Index(name="bank_line_agreed", fields=["reference"], condition=Q(agreed=True)),
            models.Index(name="bank_line_in_doubt", fields=["id"], condition=Q(agreed=False)),
        ]

    def __str__(self) -> str:
        return f"{self.reference or 'uden reference'}, række {self.number}"
