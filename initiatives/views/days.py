"""From one value date to another: what the journal on screen and its file both ask for."""

from typing import Any
from urllib.parse import urlencode

from django import forms


class Day(forms.DateField):
    """A day in Danish notation. A browser's own date field would speak the browser's language."""

    widget = forms.DateInput(attrs={"placeholder": "dd.mm.åååå", "size": 11, "inputmode": "numeric", "autocomplete": "off"})
    default_error_messages = {"invalid": "Skriv en dag, der findes, som 23.11.2026."}


class Days(forms.Form):
    fra_dag = Day(label="Valørdato fra", required=False)
    til_dag = Day(label="Valørdato til", required=False)

    def clean(self) -> dict[str, Any]:
        days = super().clean() or {}
        if days.get("fra_dag") and days.get("til_dag") and days["fra_dag"] > days["til_dag"]:
            self.add_error("til_dag", "Til-datoen ligger før fra-datoen.")
        return days

    def address(self, *names: str) -> str:
        """The question once more, as the query of another address: all of it, or only what is named."""
        kept = {name: self.data.get(name, "") for name in names or self.fields}
        return urlencode({name: value for name, value in kept.items() if value})
