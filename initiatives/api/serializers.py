"""How the books look as JSON, and how what is asked of them is read. Amounts are strings with two decimals; names are the contract's."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from djmoney.money import Money
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from initiatives.api.pagination import PageSize
from initiatives.models import Earmark
from ledger.kinds import Cause, Step
from ledger.models import DKK, Account, Transfer
from ledger.questions import Entry, Numbers

AMOUNT = r"^(0|[1-9][0-9]{0,11})\.[0-9]{2}$"
PERIOD = r"^[0-9]{4}-(0[1-9]|1[0-2]|13\.[12])$"
DIGEST = r"^[0-9a-f]{64}$"


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "example": "500000.00"})
class Kroner(serializers.Field):
    """An amount on its way out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"read_only": True, **kwargs})

    def to_representation(self, value: Money | Decimal) -> str:
        return f"{value.amount if isinstance(value, Money) else value:.2f}"


class Matching(serializers.Field):
    """A string of one exact form; nothing is trimmed or converted on its way in."""

    pattern = ""

    def to_internal_value(self, data: object) -> Any:
        if not isinstance(data, str) or not re.fullmatch(self.pattern, data):
            self.fail("invalid")
        return data

    def to_representation(self, value: str) -> str:
        return value


@extend_schema_field({"type": "string", "pattern": AMOUNT, "example": "500000.00"})
class Amount(Matching):
    """An amount on its way in. A number in JSON is refused: on its way it can have been a float."""

    pattern = AMOUNT
    default_error_messages = {
        "invalid": 'Skriv beløbet som tekst med punktum og to decimaler, for eksempel "500000.00": uden fortegn og uden tusindtalsskille.'
    }

    def to_internal_value(self, data: object) -> Money:
        return Money(Decimal(super().to_internal_value(data)), "DKK")


@extend_schema_field({"type": "string", "format": "date", "example": "2023-04-01"})
class Day(Matching):
    pattern = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    default_error_messages = {"invalid": "Skriv en dato, som findes, som 2023-04-01."}

    def to_internal_value(self, data: object) -> date:
        try:
            return date.fromisoformat(super().to_internal_value(data))
        except ValueError:
            self.fail("invalid")


@extend_schema_field({"type": "string", "pattern": PERIOD, "example": "2023-13.1"})
class Period(Matching):
    pattern = PERIOD
    default_error_messages = {"invalid": "Skriv perioden som 2023-04, eller som 2023-13.1 eller 2023-13.2 ved årets slutning."}


@extend_schema_field({"type": "string", "pattern": DIGEST})
class Digest(Matching):
    pattern = DIGEST
    default_error_messages = {
        "required": "Vedlæg bilaget: send registreringen som multipart/form-data med filen i voucher, eller angiv kontrolsummen af et bilag, du har sendt før.",
        "invalid": "En kontrolsum er SHA-256 af filen: 64 tegn, 0-9 og a-f.",
    }


class Text(serializers.CharField):
    default_error_messages = {"invalid": "Skriv en tekst; den sendes som en JSON-streng af hele tegn."}

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str) or re.search("[\ud800-\udfff]", data):  # half a character cannot be kept
            self.fail("invalid")
        return super().to_internal_value(data)


class Strict(serializers.Serializer[Any]):
    """What is asked. A field that nobody knows is refused: a booking is never corrected, so a misspelt name must not go unseen."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"non_field_errors": ["Send ét JSON-objekt med felterne ved navn, som beskrevet i /api/v1/schema/."]})
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields)
        if unknown:
            raise serializers.ValidationError(dict.fromkeys(sorted(unknown), "Feltet kendes ikke. Kontrollér stavningen, eller udelad det."))
        return super().to_internal_value(data)


class Registration(Strict):
    """A disbursement to register: from an earmark to its own grantee."""

    earmark = Text(max_length=80, help_text="The earmark's slug, such as lift-mary-fonden.")
    amount = Amount()
    amount_currency = serializers.ChoiceField(choices=DKK, default="DKK")
    value_date = Day(help_text="The day on which the money counts.")
    case_number = Text(max_length=50, required=False, allow_blank=True)
    text = Text(max_length=500, required=False, allow_blank=True)
    period = Period(required=False, help_text="Only for a year-end period; otherwise it follows from the value date.")


class RegistrationByDigest(Registration):
    voucher_sha256 = Digest(help_text="The SHA-256 of a voucher that the same person has sent before, with any registration.")


class RegistrationWithFile(Registration):
    voucher = serializers.FileField(
        allow_empty_file=True,  # the books say it better
        max_length=200,
        help_text="The document behind the payment.",
        error_messages={"required": "Vedlæg bilaget som fil i voucher. Uden bilag kan der ikke bogføres."},
    )


class Approval(Strict):
    value_date = Day(required=False, help_text="Another day than the registration's, later than it: after a month's end, say.")
    period = Period(required=False, help_text="Only for a year-end period; otherwise it follows from the value date.")
    text = Text(max_length=500, required=False, allow_blank=True)


class Rejection(Strict):
    reason = Text(max_length=500, help_text="Why, in words that the one who registered can act on.")


class Withdrawal(Strict):
    reason = Text(max_length=500, required=False)


class StatementPage(serializers.Serializer[Any]):
    """Where in a statement to read; entry numbers are gapless, so they serve as the cursor."""

    before = serializers.IntegerField(required=False, min_value=1, max_value=2**53, help_text="Entries older than this entry number.")
    after = serializers.IntegerField(required=False, min_value=0, max_value=2**53, help_text="Entries newer than this entry number.")
    page_size = PageSize(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "before" in attrs and "after" in attrs:
            raise serializers.ValidationError("Angiv enten before eller after, ikke begge.")
        return attrs


class NumbersSerializer(serializers.Serializer[Numbers]):
    """The numbers that are never mixed up, in kroner."""

    earmarked = Kroner(help_text="What the frame gave the earmark.")
    reserved = Kroner(help_text="Held by registrations that wait for a second person.")
    on_its_way = Kroner(help_text="The disbursements among them.")
    disbursed = Kroner(help_text="Paid to the grantee.")
    repaid = Kroner(help_text="Paid back by the grantee.")
    passed_on = Kroner(help_text="Passed on to local actors, less what they returned.")
    documented = Kroner(help_text="Documented as used.")
    written_off = Kroner()
    lapsed = Kroner(help_text="Fell back to the treasury.")
    left = Kroner(help_text="What the grantee can still receive: the balance of the earmark's account less what is reserved.")
    to_document = Kroner(help_text="Received, and neither repaid, documented nor written off.")


class EarmarkSerializer(serializers.ModelSerializer[Earmark]):
    frame = serializers.SlugField(source="initiative.frame.slug", read_only=True)
    initiative = serializers.SlugField(source="initiative.slug", read_only=True)
    grantee = serializers.SlugField(source="grantee.slug", read_only=True)
    grantee_name = serializers.CharField(source="grantee.name", read_only=True)
    title = serializers.CharField(read_only=True)
    amount = Kroner(help_text="What was decided; numbers.earmarked is what the books hold of it.")
    account = serializers.SlugRelatedField[Account](slug_field="code", read_only=True)
    grantee_account = serializers.SlugRelatedField[Account](slug_field="code", read_only=True)
    used_account = serializers.SlugRelatedField[Account](slug_field="code", read_only=True)
    written_off_account = serializers.SlugRelatedField[Account](slug_field="code", read_only=True)
    numbers = serializers.SerializerMethodField()

    class Meta:
        model = Earmark
        fields = (
            "slug", "title", "frame", "initiative", "grantee", "grantee_name", "amount", "amount_currency", "award", "must_pass_on", "must_partner", "condition",
            "account", "grantee_account", "used_account", "written_off_account", "numbers",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(NumbersSerializer)
    def get_numbers(self, earmark: Earmark) -> Any:
        return NumbersSerializer(self.context["numbers"][earmark.account_id]).data


class AccountSerializer(serializers.ModelSerializer[Account]):
    parent = serializers.SlugRelatedField[Account](slug_field="code", read_only=True, allow_null=True)  # type: ignore[assignment]
    debits_posted = Kroner()
    credits_posted = Kroner()
    debits_pending = Kroner()
    balance = Kroner(help_text="Credits less debits, reservations not counted.")
    left = Kroner(help_text="What can still be spent: the balance less what is reserved.")

    class Meta:
        model = Account
        fields = (
            "id", "code", "name", "kind", "parent", "holder", "passes_on", "currency", "capped",
            "debits_posted", "credits_posted", "debits_pending", "balance", "left", "entry_count", "head",
        )  # fmt: skip
        read_only_fields = fields


class SettlementSerializer(serializers.ModelSerializer[Transfer]):
    class Meta:
        model = Transfer
        fields = ("id", "step")
        read_only_fields = fields


class TransferSerializer(serializers.ModelSerializer[Transfer]):
    """A row of the books.

    A grantee does not read the balance and the entry number of an account that is not its own, nor which of the ministry's people did what and why: null.
    """

    debit_account = serializers.SlugRelatedField[Account](slug_field="code", read_only=True)
    credit_account = serializers.SlugRelatedField[Account](slug_field="code", read_only=True)
    cause = serializers.ChoiceField(choices=[("", "ingen"), *Cause.choices], read_only=True)
    amount = Kroner()
    booked_by = serializers.StringRelatedField[Any](allow_null=True)
    debit_balance = Kroner(allow_null=True)
    credit_balance = Kroner(allow_null=True)
    settlement = SettlementSerializer(read_only=True, allow_null=True, help_text="What approved (post) or rejected (void) a pending one; null while it waits.")

    class Meta:
        model = Transfer
        fields = (
            "id", "key", "kind", "step", "pending", "settlement", "reverses", "replaces", "cause", "debit_account", "credit_account", "amount", "amount_currency",
            "value_date", "period", "booked_at", "booked_by", "text", "case_number", "voucher_sha256",
            "debit_entry_no", "credit_entry_no", "debit_balance", "credit_balance", "digest",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {"debit_entry_no": {"allow_null": True}, "credit_entry_no": {"allow_null": True}}

    def to_representation(self, transfer: Transfer) -> dict[str, Any]:
        row = super().to_representation(transfer)
        own: frozenset[int] | None = self.context["own"]
        if own is None:
            return row
        row["booked_by"] = None
        if transfer.step == Step.VOID and transfer.pending:
            row["text"] = transfer.pending.text  # the reason stays with those who decided
        for side, account in (("debit", transfer.debit_account_id), ("credit", transfer.credit_account_id)):
            if account not in own:
                row[f"{side}_entry_no"] = row[f"{side}_balance"] = None
        return row


class EntrySerializer(serializers.Serializer[Entry]):
    """One transfer as the account sees it."""

    number = serializers.IntegerField()
    debit = Kroner(allow_null=True)
    credit = Kroner(allow_null=True)
    balance = Kroner(help_text="After this entry; a reservation leaves it as it was.")
    moves = serializers.BooleanField(help_text="Whether it moved money, or only reserved or released it.")
    transfer = TransferSerializer()


class StatementSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="Older entries.")
    previous = serializers.URLField(allow_null=True, help_text="Newer entries.")
    results = EntrySerializer(many=True)


class ErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text="urn:ensomhed:problem: and the rule.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What was refused, the figures, and the next step, in Danish.")
    instance = serializers.CharField(help_text="The address that was asked.")
    rule = serializers.CharField(help_text="The rule's own name: for a refusal by the books, that of the constraint.")
    figures = serializers.DictField(child=serializers.CharField())
    field = serializers.CharField(allow_null=True, help_text="The field to look at first.")
    errors = ErrorSerializer(many=True, help_text="Every field that was wrong.")  # type: ignore[assignment]
