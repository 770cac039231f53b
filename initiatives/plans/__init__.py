"""Instalment plans: how an earmark is to be paid, what of it is paid, and what comes next."""

from initiatives.plans.proposed import RHYTHMS, Planned, spread
from initiatives.plans.questions import (
    Progress,
    UsedUp,
    current,
    current_of,
    due,
    instalment_of,
    next_instalment,
    plannable,
    planned_by_month,
    progress,
    progress_of,
    progress_of_instalment,
    used_up,
)
from initiatives.plans.verbs import make, note

__all__ = [
    "RHYTHMS",
    "Planned",
    "Progress",
    "UsedUp",
    "current",
    "current_of",
    "due",
    "instalment_of",
    "make",
    "next_instalment",
    "note",
    "plannable",
    "planned_by_month",
    "progress",
    "progress_of",
    "progress_of_instalment",
    "spread",
    "used_up",
]
