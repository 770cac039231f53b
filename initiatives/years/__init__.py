"""A frame by fiscal year: its settlement, read from the books, and the year profile beside it, which is input."""

from initiatives.years.profiles import current, record
from initiatives.years.questions import Month, Year, months_of, planned_of, settlement

__all__ = ["Month", "Year", "current", "months_of", "planned_of", "record", "settlement"]
