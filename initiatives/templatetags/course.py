"""The course of an amount on a page: `{% course transfer %}`, for an approver `{% course transfer "short" %}`, for an auditor `{% course transfer "auditor" %}`."""

from typing import Any

from django import template

from initiatives.course import Course, Place, offers
from ledger.models import Transfer

register = template.Library()


@register.inclusion_tag("admin/course/course.html", takes_context=True)
def course(context: template.Context, transfer: Transfer, form: str = "staff") -> dict[str, Any]:
    """The steps in order, and what this reader can do from there; an auditor does nothing."""
    reader = context["user"]
    told = Course(transfer, reader)
    if form == "short":
        return {"steps": told.before_the_decision(), "shown": transfer.pk, "reader": "staff"}
    return {"steps": told.steps(), "shown": transfer.pk, "reader": form, "offers": offers.of(told, reader) if form == "staff" else None}


@register.filter
def address(place: Place, reader: str) -> str:
    """Where a place is for this reader; nothing where it is not open."""
    return place.address(reader)
