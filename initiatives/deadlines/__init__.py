"""What grantees owe the ministry and by when: receipts, extensions, reminders, and the payments that stop while something is missing."""

from initiatives.deadlines.questions import Stop, overrides, reminders_late, stops, stops_of
from initiatives.deadlines.receipts import REJECTORS, extend, override, receive, reject

__all__ = ["REJECTORS", "Stop", "extend", "override", "overrides", "receive", "reject", "reminders_late", "stops", "stops_of"]
