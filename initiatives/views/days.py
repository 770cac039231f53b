"""From one value date to another: what the journal on screen and its file both ask for."""

from typing import Any
from urllib.parse import urlencode

from django import forms

NATIVE = "%Y-%m-%d"  # what a browser's own date field takes


class Days(forms.Form):
    fra_dag = forms.DateField(label="Valørdato fra", required=False, widget=forms.DateInput(format=NATIVE, attrs={"type": "date"}))
    til_dag = forms.DateField(label="Valørdato til", required=False, widget=forms.DateInput(format=NATIVE, attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        days = super().clean() or {}
        if days.get("fra_dag") and days.get("til_dag") and days["fra_dag"] > days["til_dag"]:
            self.add_error("til_dag", "Til-datoen ligger før fra-datoen.")
        return days

    def address(self, *names: str) -> str:
        """The question once more, as the query of another address: all of it, or only what is named."""
        kept = {name: self.data.get(name, "") for name in names or self.fields}
        return urlencode({name: value for name, value in kept.items() if value})
