"""Accounts (regnskab) from grantees: received with the statements that they need, checked by somebody without a hand in the payments, and what follows from them."""

from initiatives.accounts.questions import (
    BARS,
    STATEMENTS,
    Standing,
    bar,
    bookable,
    checkers,
    deadline_of,
    disallowances,
    granted,
    required,
    spent_otherwise,
    standing_of,
    standings,
)
from initiatives.accounts.reports import approve, book_surplus, disallow, receive, reject

__all__ = [
    "BARS",
    "STATEMENTS",
    "Standing",
    "approve",
    "bar",
    "book_surplus",
    "bookable",
    "checkers",
    "deadline_of",
    "disallow",
    "disallowances",
    "granted",
    "receive",
    "reject",
    "required",
    "spent_otherwise",
    "standing_of",
    "standings",
]
