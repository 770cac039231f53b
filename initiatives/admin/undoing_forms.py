"""The forms by which money comes back: a repayment, and the reversal of what was booked."""

from typing import Any

from django import forms

from initiatives.admin.forms import AmountField, ClaimChoice, DayField, EarmarkChoice, InsteadOf, WithVoucher, case_number_field, text_field
from initiatives.models import Earmark
from ledger.kinds import REPAYMENT_CAUSES, Cause, Kind
from ledger.models import Transfer


class RepaymentForm(WithVoucher):
    """`shown` is where the page said that the money would go; the books are asked again before anything is booked."""

    voucher_required = False
    voucher_help = "Kan udelades."
    instead_of = InsteadOf()
    claim = ClaimChoice(empty_label="Intet krav: modtageren betaler af sig selv")
    earmark = EarmarkChoice(label="Betalt tilbage af")
    amount = AmountField()
    cause = forms.ChoiceField(
        label="Årsag",
        choices=[("", "Vælg årsag"), *((cause.value, cause.label.capitalize()) for cause in REPAYMENT_CAUSES)],
        help_text="Årsagen afgør, hvor pengene går hen. Det vises, før der bogføres.",
        error_messages={"required": "Vælg årsagen.", "invalid_choice": "Vælg en årsag på listen."},
    )
    value_date = DayField(help_text="Den dag, pengene kom ind. Skriv dd.mm.åååå.")
    case_number = case_number_field()
    text = text_field()
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ["key", "kept", "shown", "claim", "earmark", "amount", "cause", "value_date", "case_number", "text", "voucher"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        claim = self.fields["claim"]
        assert isinstance(claim, ClaimChoice)
        claim.ask(str(self.data.get("claim", "")))


class TargetChoice(EarmarkChoice):
    """An earmark of the organisation that a payment was made to; its own among them, where only words or dates were wrong."""

    own: int | None = None

    def label_from_instance(self, earmark: Earmark) -> str:
        return f"{earmark}{' (samme øremærkning: kun tekst, journalnummer eller dato rettes)' if earmark.pk == self.own else ''}"


class ReversalForm(WithVoucher):
    """The causes that fit what is reversed, and, for a payment booked anew, where and how it is booked. A document where what is reversed has none."""

    cause = forms.ChoiceField(
        label="Årsag", widget=forms.RadioSelect, error_messages={"required": "Vælg årsagen.", "invalid_choice": "Vælg en årsag på listen."}
    )
    target = TargetChoice(
        label="Bogføres på ny på",
        required=False,
        empty_label="Vælg øremærkning",
        help_text="Kun når betalingen bogføres på ny. Skal den stå på den samme øremærkning, må der være plads til beløbet, indtil tilbageførslen er godkendt.",
    )
    case_number = forms.CharField(label="Journalnummer på den nye udbetaling", max_length=50, required=False)
    new_text = forms.CharField(label="Tekst på den nye udbetaling", max_length=500, required=False)
    value_date = DayField()
    text = text_field("Hvorfor der føres tilbage. Står på kontokortet, og tilskudsmodtageren kan se den.")
    field_order = ["key", "kept", "cause", "target", "case_number", "new_text", "value_date", "text", "voucher"]

    def __init__(self, *args: Any, origin: Transfer, earmark: Earmark | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cause, target = self.fields["cause"], self.fields["target"]
        assert isinstance(cause, forms.ChoiceField)
        assert isinstance(target, TargetChoice)
        voucher, self.voucher_required = self.fields["voucher"], not origin.voucher_sha256
        voucher.help_text = "Kræves, når banken returnerede beløbet: den linje, der viser det. Kan ellers udelades: betalingens eget bilag gælder."
        if origin.kind != Kind.DISBURSEMENT or earmark is None:
            cause.choices = [(Cause.ERROR.value, "Fejl")]
            for name in ("target", "case_number", "new_text"):
                del self.fields[name]
            shows = "Det, der viser fejlen, for eksempel et notat."
            voucher.help_text = shows if self.voucher_required else f"{shows} Kan udelades: posteringens eget bilag gælder."
            return
        cause.choices = [
            (Cause.NEVER_SENT.value, "Betalingen blev aldrig afsendt"),
            (Cause.BANK_RETURNED.value, "Banken returnerede beløbet"),
            (Cause.BOOKED_ANEW.value, "Betalingen er rigtig, men bogført forkert: den bogføres på ny hos den samme organisation"),
        ]
        target.own = earmark.pk
        target.queryset = Earmark.objects.with_accounts().filter(grantee=earmark.grantee_id)
        self.initial.setdefault("case_number", origin.case_number)
        self.initial.setdefault("new_text", origin.text)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("cause") == Cause.BOOKED_ANEW and not cleaned.get("target") and "target" not in self.errors:
            self.add_error("target", "Vælg den øremærkning, betalingen skal stå på.")
        return cleaned
