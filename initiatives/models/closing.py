"""Closing a fiscal period: its checklist, and what the closing said."""
