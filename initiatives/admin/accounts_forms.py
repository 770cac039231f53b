"""The forms about accounts: receiving them with their statements, approving them, booking a surplus, disallowing use."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.utils import timezone
from djmoney.money import Money

from initiatives import accounts, filetypes, vouchers
from initiatives.admin.forms import KEPT, NO_SUCH_DAY, AmountField, DayField, Deed, ProposalForm, WithVoucher, case_number_field, text_field
from initiatives.models import AccountsReport, Deadline, Earmark, LocalActor, Voucher
from ledger import questions
from ledger.models import ZERO
from ledger.refusals import LedgerError

STATEMENTS = {"auditors_statement": "Revisorerklæring", "performance_audit": "Forvaltningsrevision"}


class UsedField(AmountField):
    """What was used: an amount, or 0 when nothing was."""

    default_error_messages = {"too_small": "Angiv 0 kr. eller mere."}

    def to_python(self, value: Any) -> Money | None:  # type: ignore[override]
        typed = str(value or "").replace("kr.", "").strip()
        return ZERO if typed and not typed.strip("0,") else super().to_python(value)


class StatementField(forms.FileField):
    """A statement that the grant asks for. It need not be chosen again when it was kept before a refusal."""

    needed = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            widget=forms.FileInput(attrs={"accept": filetypes.ACCEPT}),
            error_messages={"empty": "Filen er tom. Vælg den rigtige fil."},
            **kwargs,
        )


class SenderField(forms.ModelChoiceField):
    """Who used the money: a local actor, or the grantee itself when nobody is chosen."""

    needed = True


class AccountsForm(WithVoucher):
    """Accounts with the statements that the grant asks for. Every file outlives a refusal, like the voucher."""

    voucher_missing = "Vedlæg regnskabet."
    voucher_help = "Det underskrevne regnskab."
    actor = SenderField(LocalActor.objects.none(), label="Afsender", required=False, error_messages={"invalid_choice": "Vælg en afsender på listen."})
    starts = DayField(label="Fra og med", help_text="Skriv dd.mm.åååå.", error_messages={"required": "Angiv periodens første dag.", "invalid": NO_SUCH_DAY})
    ends = DayField(label="Til og med", help_text="Skriv dd.mm.åååå.", error_messages={"required": "Angiv periodens sidste dag.", "invalid": NO_SUCH_DAY})
    used = UsedField(
        label="Anvendt i alt, kr.",
        error_messages={"required": "Angiv det anvendte beløb, eller 0."},
        help_text="Det beløb, regnskabet viser som brugt i perioden.",
    )
    final = forms.BooleanField(
        label="Afsluttende regnskab",
        required=False,
        help_text="Det, der er tilbage, når regnskabet er godkendt, kræves tilbage. Ellers bliver det hos modtageren.",
    )
    received_on = DayField(
        label="Modtaget den", help_text="Skriv dd.mm.åååå.", error_messages={"required": "Angiv, hvornår regnskabet kom.", "invalid": NO_SUCH_DAY}
    )
    auditors_statement = StatementField(label="Revisorerklæring")
    performance_audit = StatementField(label="Forvaltningsrevision")
    kept_auditors_statement = forms.CharField(widget=forms.HiddenInput, required=False)
    kept_performance_audit = forms.CharField(widget=forms.HiddenInput, required=False)
    case_number = case_number_field()
    text = text_field(help_text="Udfyldes den ikke, står der »Regnskab« og perioden.")
    field_order = ["actor", "starts", "ends", "used", "final", "received_on", "voucher", "auditors_statement", "performance_audit", "case_number", "text"]

    def __init__(self, *args: Any, earmark: Earmark, corrects: AccountsReport | None, **kwargs: Any) -> None:
        kwargs["initial"] = {"received_on": timezone.localdate(), **_told(earmark, corrects)}
        super().__init__(*args, **kwargs)
        self.fields["voucher"].label = "Regnskabet"
        actor = self.fields["actor"]
        assert isinstance(actor, SenderField)
        actor.queryset, actor.empty_label = earmark.local_actors.all(), f"{earmark.grantee} (eget regnskab)"
        if not earmark.must_pass_on:
            del self.fields["actor"]
        self.needed = accounts.required(earmark)
        for name in STATEMENTS:
            if name not in self.needed:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in self.needed:
            try:
                cleaned[name] = self._statement(name, cleaned.get(name))
            except LedgerError as refusal:
                self.add_error(name, str(refusal))
            else:
                if not cleaned[name] and name not in self.errors:
                    self.add_error(name, f"Vedlæg {accounts.STATEMENTS[name]}.")
        return cleaned

    def _statement(self, name: str, file: Any) -> Voucher | None:
        if not file:
            return self.kept_file(name)
        voucher = vouchers.keep(self.by, file.read(settings.VOUCHER_MAX_BYTES + 1), file.name or "")
        self.send_back(f"kept_{name}", signing.dumps([voucher.pk, self.by.pk], salt=KEPT))
        return voucher

    def kept_file(self, name: str) -> Voucher | None:
        """The statement that this person uploaded before a refusal."""
        try:
            digest, owner = signing.loads(self.data.get(self.add_prefix(f"kept_{name}"), ""), salt=KEPT, max_age=settings.SESSION_COOKIE_AGE)
        except signing.BadSignature:
            return None
        return Voucher.objects.defer("content").filter(pk=digest).first() if owner == self.by.pk else None

    @property
    def kept_files(self) -> dict[str, Voucher | None]:
        """Every file that need not be chosen again, by its field."""
        return {"voucher": self.attached, **{name: self.kept_file(name) for name in self.needed}} if self.is_bound else {}

    @property
    def content(self) -> dict[str, Any]:
        return {name: value for name, value in super().content.items() if not name.startswith("kept_")}


def _told(earmark: Earmark, corrects: AccountsReport | None) -> dict[str, Any]:
    """What the page fills in: what the rejected accounts said, or the first year whose accounts are missing."""
    if corrects:
        return {name: getattr(corrects, name) for name in ("actor", "starts", "ends", "final", "case_number")}
    missing = Deadline.objects.missing().filter(earmark=earmark, what=Deadline.What.ACCOUNTS).order_by("year").first()
    if missing is None or missing.year is None or missing.year > timezone.localdate().year:
        return {}
    return {"starts": date(missing.year, 1, 1), "ends": date(missing.year, 12, 31), "final": missing.final}


class AccountsApprovalForm(Deed):
    """The day from which the documented use counts: the day of its registration, or the next open month."""

    value_date = DayField()

    def __init__(self, *args: Any, report: AccountsReport, **kwargs: Any) -> None:
        days = [report.received_on, *(use.transfer.value_date for use in report.uses.all())]
        super().__init__(*args, initial={"value_date": questions.first_open_day(max(days))}, **kwargs)


class SurplusForm(Deed):
    value_date = DayField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"value_date": questions.first_open_day(timezone.localdate())}, **kwargs)


class DisallowanceForm(ProposalForm):
    used = UsedField(
        label="Stadig godkendt forbrug, kr.",
        help_text="Det, der fortsat tæller som brugt. Resten føres tilbage og kræves betalt tilbage.",
        error_messages={"required": "Angiv det forbrug, der stadig er godkendt, eller 0."},
    )
    value_date = DayField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"value_date": questions.first_open_day(timezone.localdate())}, **kwargs)
