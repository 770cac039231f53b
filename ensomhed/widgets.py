"""Selects that may be long: Django renders a template for each option, and of a thousand grantees that is most of a page's time."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """One of many. Writes all options in one go, to the same HTML."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = (option for _, group, _ in widget["optgroups"] for option in group)
        written = format_html_join(
            "\n", '<option value="{}"{}>{}</option>', ((option["value"], flatatt(option["attrs"]), option["label"]) for option in options)
        )
        return format_html('<select name="{}"{}>\n{}\n</select>', widget["name"], flatatt(widget["attrs"]), written)


class LongSelectMultiple(LongSelect, forms.SelectMultiple):
    """Some of many."""
