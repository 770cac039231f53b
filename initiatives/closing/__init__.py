"""Closing a fiscal period: held first, then closed with its checklist. What stands open, and what every closing found (migrations/0017_closing.sql holds the rules)."""

from initiatives.closing.questions import Point, checklist, found, settlement_now, settlement_of, unreturned
from initiatives.closing.verbs import close, hold, let_go

__all__ = ["Point", "checklist", "close", "found", "hold", "let_go", "settlement_now", "settlement_of", "unreturned"]
