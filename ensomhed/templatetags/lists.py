"""What stock Django's list lacks in templates."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

register = template.Library()


@register.filter
def labelled(cells: Iterable[SafeString], headers: Sequence[dict[str, Any]]) -> Iterator[SafeString]:
    """A row's cells, each with its column's title: on a narrow screen the row is a card, and its figures are not beyond the edge."""
    for cell, header in zip(cells, headers, strict=True):
        beginning, rest = cell[:3], SafeString(cell[3:])
        yield format_html('<td data-label="{}"{}', capfirst(header["text"]), rest) if beginning == "<td" else cell
