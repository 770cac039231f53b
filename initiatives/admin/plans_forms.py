"""The forms on which a plan is made: the rows as they are typed, and why."""

from typing import Any

from django import forms
from djmoney.money import Money

from initiatives.admin.forms import NO_SUCH_DAY, AmountField, DayField, Deed, as_typed, reason_field
from ledger.models import ZERO

MOST = 120
BLANK = 2


class InstalmentForm(forms.Form):
    """One row. A row without anything in it is no row."""

    day = DayField(label="Dato", help_text="", required=False, error_messages={"invalid": NO_SUCH_DAY})
    amount = AmountField(required=False)
    text = forms.CharField(
        label="Tekst",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Teksten er for lang: højst 100 tegn."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(str(self[name].value() or "").strip() for name in self.fields):
            for name, missing in (("day", "Angiv datoen, eller ryd hele rækken."), ("amount", "Angiv beløbet, eller ryd hele rækken.")):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, missing)
        return cleaned

    @property
    def content(self) -> dict[str, Any]:
        """What was filled in; nothing for a blank row."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def typed_amount(self) -> Money:
        amount: Money | None = as_typed(self, "amount")
        return amount or ZERO


class Instalments(forms.formset_factory(InstalmentForm, extra=0, max_num=MOST, absolute_max=MOST, validate_max=True)):  # type: ignore[misc]
    """The rows that are typed, in any order."""

    default_error_messages = {
        "missing_management_form": "Siden kan ikke bruges længere. Åbn den igen, og udfyld den på ny.",
        "too_many_forms": f"En rateplan har højst {MOST} rater.",
    }

    def add_fields(self, form: InstalmentForm, index: int | None) -> None:
        """In a table, a column's heading and the row's number name a field."""
        super().add_fields(form, index)
        for field in form.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}, række {(index or 0) + 1}"

    @classmethod
    def showing(cls, rows: list[dict[str, str]]) -> "Instalments":
        """These rows, and blank ones after them."""
        return cls(prefix="rate", initial=[*rows, *[{}] * min(BLANK, MOST - len(rows))])

    def as_typed(self) -> "Instalments":
        """The same rows as they were typed, right or wrong, with more blank ones."""
        typed = [{name: str(form[name].value() or "") for name in form.fields} for form in self.forms] if self.management_form.is_valid() else []
        return self.showing([row for row in typed if any(row.values())])

    def begin(self, *, at_blank: bool) -> None:
        """The cursor in the first row, or in the first blank one."""
        first = next((form for form in self.forms if not (at_blank and form.initial)), self.forms[-1])
        first.fields["day"].widget.attrs["autofocus"] = True

    @property
    def filled_in(self) -> list[InstalmentForm]:
        """The rows with something in them, by their day."""
        return sorted((form for form in self.forms if form.content), key=lambda form: form.content["day"])

    @property
    def wrong(self) -> bool:
        return any(form.errors for form in self.forms)

    @property
    def sum(self) -> Money:
        return sum((form.typed_amount for form in self.forms), ZERO)


class PlanForm(Deed):
    """`revises` and `kept` are the version that the page showed, and how many of its instalments stand."""

    revises = forms.IntegerField(widget=forms.HiddenInput)
    kept = forms.IntegerField(widget=forms.HiddenInput)
    reason = reason_field("Står ved versionen, så andre kan se, hvorfor planen ser sådan ud.", "Skriv, hvorfor rateplanen revideres.", longest=500, rows=2)

    def __init__(self, *args: Any, revising: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = revising

    def focus_on_errors(self, rows: Instalments) -> None:
        """The cursor in the first row with an error, else in the reason."""
        for form in rows.forms:
            for name in form.fields:
                if name in form.errors:
                    form.fields[name].widget.attrs["autofocus"] = True
                    return
        if self.errors:
            self.focus()
