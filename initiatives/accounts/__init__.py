"""Accounts (regnskab) from grantees: received with the statements that they need, checked by somebody without a hand in the payments, and what follows from them."""

from initiatives.accounts.questions import Standing, bar, checkers, deadline_of, required, standing_of
from initiatives.accounts.reports import approve, book_surplus, disallow, receive, reject

__all__ = ["Standing", "approve", "bar", "book_surplus", "checkers", "deadline_of", "disallow", "receive", "reject", "required", "standing_of"]
