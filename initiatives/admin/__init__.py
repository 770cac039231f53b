"""Where staff works: registering, approving, undoing, and the registers that are read. Pages hold no rules; they ask the questions and call the verbs."""

from initiatives.admin import accounts, bulk, cases, claims, deadlines, notices, paid_lists, periods, receiving, registers

__all__ = ["accounts", "bulk", "cases", "claims", "deadlines", "notices", "paid_lists", "periods", "receiving", "registers"]
