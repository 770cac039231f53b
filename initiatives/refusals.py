"""What PostgreSQL refuses beside the books, in the words of the person who asked: the same shape as ledger.refusals.RULES, and looked up together with it."""

from ledger.refusals import Rules

RULES: Rules = {}
