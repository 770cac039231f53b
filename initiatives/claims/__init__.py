"""Repayments that are expected: claims, what answers them, and the one account that they are paid into."""

from initiatives.claims.accounts import ReceivingAccount, propose_receiving_account, receiving_account
from initiatives.claims.destinations import Destination, goes_to
from initiatives.claims.questions import Standing, matchable, open_claims, overdue, standing_of, standings, standings_of, still_open, to_match
from initiatives.claims.verbs import expect, match, withdraw

__all__ = [
    "Destination",
    "ReceivingAccount",
    "Standing",
    "expect",
    "goes_to",
    "match",
    "matchable",
    "open_claims",
    "overdue",
    "propose_receiving_account",
    "receiving_account",
    "standing_of",
    "standings",
    "standings_of",
    "still_open",
    "to_match",
    "withdraw",
]
