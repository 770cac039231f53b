"""Where an exception's story is told, for whoever reads the page."""

from django import template

from initiatives.exceptions.found import Exceptional

register = template.Library()


@register.filter
def told_at(one: Exceptional, addresses: str) -> str:
    """The address of its story: in the administration for staff, among the auditor's pages for everybody else."""
    return one.address_for_staff if addresses == "staff" else one.address_for_auditor
