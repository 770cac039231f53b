"""Where staff works: registering, approving, undoing, and the registers that are read. Pages hold no rules; they ask the questions and call the verbs."""

from initiatives.admin import bulk, claims, deadlines, notices, paid_lists, receiving, registers

__all__ = ["bulk", "claims", "deadlines", "notices", "paid_lists", "receiving", "registers"]
