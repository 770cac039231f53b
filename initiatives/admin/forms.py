"""The forms of the admin. A form reads what was typed, in Danish notation; whether it may be booked, the books say."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from djmoney.money import Money

from ensomhed.models import User
from ensomhed.widgets import LongSelect
from initiatives import claims, filetypes, vouchers
from initiatives.models import Claim, Earmark, Instalment, Voucher
from ledger import questions
from ledger.formats import NotAnAmount, kroner, parse_amount
from ledger.models import Transfer, Window
from ledger.refusals import LedgerError

LARGEST = Decimal(10) ** 12
LONGEST_NUMBER = 19  # digits of a row's number in PostgreSQL
KEPT = "initiatives.admin.kept-voucher"
NO_SUCH_DAY = "Skriv en dag, der findes, som dag.måned.år, for eksempel 23.11.2026."


class AmountField(forms.CharField):
    """An amount in Danish notation, as money."""

    default_error_messages = {"required": "Angiv beløbet.", "too_small": "Angiv et beløb over 0 kr."}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "amount"})
        super().__init__(**{"label": "Beløb i kr.", "widget": widget, **kwargs})

    def to_python(self, value: Any) -> Money | None:  # type: ignore[override]
        typed = super().to_python(value)
        if not typed:
            return None
        try:
            amount = parse_amount(typed)
        except NotAnAmount as problem:
            raise forms.ValidationError(str(problem)) from problem
        if amount <= 0:
            raise forms.ValidationError(self.error_messages["too_small"])
        if amount >= LARGEST:
            raise forms.ValidationError("Så stort et beløb kan bøgerne ikke føre. Kontrollér tallet.")
        return Money(amount, "DKK")


class DayField(forms.DateField):
    """A day, written 23.11.2026."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": "Valørdato",
                "help_text": "Den dag, beløbet tæller fra. Skriv dd.mm.åååå.",
                "input_formats": ["%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%d%m%Y", "%Y-%m-%d"],
                "widget": forms.DateInput(format="%d.%m.%Y", attrs={"inputmode": "numeric", "autocomplete": "off", "class": "day"}),
                "error_messages": {"required": "Angiv valørdatoen.", "invalid": NO_SUCH_DAY},
                **kwargs,
            }
        )


class EarmarkChoice(forms.ModelChoiceField):
    """An earmark, its accounts with it. The list is read with no more than its names, so that it may be long."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "queryset": Earmark.objects.select_related("grantee", "initiative").only("slug", "track", "grantee__name", "initiative__name"),
                "label": "Øremærkning",
                "empty_label": "Vælg øremærkning",
                "widget": LongSelect,
                "error_messages": {"required": "Vælg øremærkningen.", "invalid_choice": "Vælg en øremærkning på listen."},
                **kwargs,
            }
        )

    def to_python(self, value: Any) -> Earmark | None:
        chosen = super().to_python(value)
        return Earmark.objects.with_accounts().get(pk=chosen.pk) if chosen else None


class ClaimChoice(forms.ModelChoiceField):
    """An open claim, with what is missing of it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "queryset": Claim.objects.none(),
                "label": "Krav",
                "required": False,
                "error_messages": {"invalid_choice": "Kravet er ikke åbent længere. Vælg et andet krav, eller bogfør uden krav."},
                **kwargs,
            }
        )

    def ask(self, sent: str) -> None:
        """Fills the list with what is open now, and with what was sent: a page sent twice is the same deed."""
        self.queryset = claims.still_open(besides=row_number(sent))
        self.missing = {standing.claim.pk: kroner(standing.rest) for standing in claims.standings(self.queryset)}

    def label_from_instance(self, claim: Claim) -> str:
        return f"{claim}, {claim.earmark.grantee}: {self.missing[claim.pk]} mangler, {claim.why.label}"


def row_number(text: str) -> int:
    """The number of a row that somebody sent; 0, which no row has, when it can be none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER else 0


def named_claim(request: HttpRequest) -> Claim | None:
    """The open claim that a page was opened from (`?krav=`)."""
    return claims.still_open().filter(pk=row_number(request.GET.get("krav", ""))).first()


def case_number_field() -> forms.CharField:
    return forms.CharField(label="Journalnummer", max_length=50, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))


def text_field(help_text: str = "Står på kontokortet, og tilskudsmodtageren kan se den.") -> forms.CharField:
    return forms.CharField(label="Tekst", max_length=500, required=False, help_text=help_text, widget=forms.TextInput(attrs={"autocomplete": "off"}))


def reason_field(
    help_text: str = "Kan læses af den, der skal afgøre forslaget, og af revisor.", missing: str = "Skriv begrundelsen.", longest: int = 1000, rows: int = 3
) -> forms.CharField:
    return forms.CharField(
        label="Begrundelse",
        max_length=longest,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": missing, "max_length": f"Begrundelsen er for lang: højst {longest:,} tegn.".replace(",", ".")},
    )


def as_typed(form: forms.Form, name: str) -> Any:
    """A field's value as far as it can be read, also when the books refused it, or as the page suggests it; None when it cannot be read."""
    try:
        return form.fields[name].clean(form[name].value() or "")
    except forms.ValidationError:
        return None


class Deed(forms.Form):
    """A form that books once: its key was made when the page was opened, so a double click and the back button book nothing new."""

    required_css_class = "required"
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid.uuid4(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.by = by

    @property
    def content(self) -> dict[str, Any]:
        """What was filled in, as the verb takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("kept", "shown")}

    def send_back(self, name: str, value: str) -> None:
        """Has the page carry this value to the next submit."""
        assert isinstance(self.data, QueryDict)
        carried = self.data.copy()
        carried[self.add_prefix(name)] = value
        self.data = carried

    def focus(self, first: str = "") -> None:
        """Puts the cursor where the work is: in the first field with an error, else in the first field to fill, which the page may name."""
        visible = [field.name for field in self.visible_fields()]
        wrong = [name for name in visible if self.is_bound and name in self.errors]
        for name in (wrong or ([first] if first else visible))[:1]:
            self.fields[name].widget.attrs["autofocus"] = True


class WithVoucher(Deed):
    """A deed with a document. An uploaded file outlives a refusal: it is kept at once, and a signed reference to it goes back into the page."""

    voucher = forms.FileField(
        label="Bilag",
        required=False,
        widget=forms.FileInput(attrs={"accept": filetypes.ACCEPT}),
        error_messages={"empty": "Filen er tom. Vælg den rigtige fil."},
    )
    kept = forms.CharField(widget=forms.HiddenInput, required=False)
    voucher_required = True
    voucher_missing = "Vedlæg bilaget. Uden bilag kan der ikke bogføres."
    voucher_help = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["voucher"].help_text = f"{self.voucher_help} {filetypes.KINDS}".strip()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["voucher"] = self._voucher(cleaned.get("voucher"), cleaned.get("kept", ""))
        except LedgerError as refusal:
            self.add_error("voucher", str(refusal))
        if self.voucher_required and not cleaned.get("voucher") and "voucher" not in self.errors:
            self.add_error("voucher", self.voucher_missing)
        return cleaned

    def _voucher(self, file: UploadedFile | None, kept: str) -> Voucher | None:
        if file:
            content = file.read(settings.VOUCHER_MAX_BYTES + 1)
            voucher = vouchers.keep(self.by, content, file.name or "")
            self.send_back("kept", self.keep(voucher.pk, self.by))
            return voucher
        return self.attached if kept else None

    @staticmethod
    def keep(digest: str, by: User) -> str:
        """The reference by which a page carries a document that is kept already."""
        return signing.dumps([digest, by.pk], salt=KEPT)

    @property
    def attached(self) -> Voucher | None:
        """The document that this person uploaded before a refusal, or that the page was opened with; nobody else's reference counts."""
        try:
            kept = self.data.get(self.add_prefix("kept"), "") if self.is_bound else self.initial.get("kept", "")
            digest, owner = signing.loads(kept, salt=KEPT, max_age=settings.SESSION_COOKIE_AGE)
        except signing.BadSignature:
            return None
        return Voucher.objects.defer("content").filter(pk=digest).first() if owner == self.by.pk else None


class ProposalForm(WithVoucher):
    """What every proposal takes beside its own fields: why, and the document that shows it."""

    voucher_missing = "Vedlæg dokumentet. Uden det kan der ikke foreslås noget."
    voucher_help = "Det dokument, der viser, at ændringen er rigtig."
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["voucher"].label = "Dokument"
        self.order_fields([name for name in self.fields if name not in ("reason", "voucher")] + ["reason", "voucher"])


class InsteadOf(forms.ModelChoiceField):
    """The reversed transfer that a registration stands instead of, when the page was opened from it."""

    def __init__(self) -> None:
        gone = "Den postering, der skulle bogføres på ny, findes ikke. Åbn »Bogfør på ny« fra posteringen igen."
        super().__init__(Transfer.objects.moved(), required=False, widget=forms.HiddenInput, error_messages={"invalid_choice": gone})


class ThisInstalment(forms.ModelChoiceField):
    """The planned payment that a registration is, when the page was opened from it."""

    def __init__(self) -> None:
        gone = "Raten findes ikke. Åbn den næste rate fra rateplanen igen."
        super().__init__(Instalment.objects.all(), required=False, widget=forms.HiddenInput, error_messages={"invalid_choice": gone})


class DisbursementForm(WithVoucher):
    instead_of = InsteadOf()
    instalment = ThisInstalment()
    earmark = EarmarkChoice()
    amount = AmountField(error_messages={"too_small": "Angiv et beløb over 0 kr. Penge den anden vej registreres som tilbagebetaling eller tilbageførsel."})
    value_date = DayField()
    case_number = case_number_field()
    text = text_field()
    field_order = ["key", "kept", "earmark", "amount", "value_date", "case_number", "text", "voucher"]

    @property
    def typed_amount(self) -> Money | None:
        amount: Money | None = as_typed(self, "amount")
        return amount

    @property
    def typed_day(self) -> date | None:
        day: date | None = as_typed(self, "value_date")
        return day


class ApprovalForm(Deed):
    """The day and period that the approval counts in: as registered, or the next open month when that one was closed meanwhile."""

    value_date = DayField()
    period = forms.ChoiceField(label="Periode", required=False, help_text="13.1 og 13.2 bruges kun til posteringer ved årets slutning, med valørdato 31.12.")

    def __init__(self, *args: Any, pending: Transfer, **kwargs: Any) -> None:
        kwargs["initial"] = {"value_date": pending.value_date if "-13" in pending.period else questions.first_open_day(pending.value_date)}
        super().__init__(*args, **kwargs)
        period = self.fields["period"]
        assert isinstance(period, forms.ChoiceField)
        period.choices = [("", "Som registreret" if "-13" in pending.period else "Følger valørdatoen"), ("13.1", "13.1"), ("13.2", "13.2")]

    @property
    def named_period(self) -> str | None:
        """2025-13.1, when the approver named a year-end period."""
        chosen = self.cleaned_data["period"]
        return f"{self.cleaned_data['value_date']:%Y}-{chosen}" if chosen else None


class WindowApprovalForm(Deed):
    """A payment window is approved as it was proposed."""


class RejectionForm(Deed):
    reason = reason_field("Kan læses af den, der har registreret eller foreslået.", "Skriv, hvorfor du afviser.", longest=500, rows=2)


class WithdrawalForm(Deed):
    """One's own registration or proposal, taken back."""


class VerificationForm(WithVoucher):
    """How somebody else than the proposer made sure."""

    voucher_required = False
    voucher_help = "For eksempel et notat om opkaldet. Kan udelades."
    how = forms.CharField(
        label="Sådan er det kontrolleret",
        max_length=500,
        help_text="Hvem der er spurgt, og hvordan. Brug en kontakt, du selv har fundet, ikke den, der står i henvendelsen.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Skriv, hvordan oplysningerne er kontrolleret."},
    )
    field_order = ["key", "kept", "how", "voucher"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["voucher"].label = "Dokument"


def today_within(window: Window | None) -> date:
    """Today, when that may be paid on; else the payment window's nearest day."""
    today = timezone.localdate()
    return min(max(today, window.opens), window.closes) if window else today
