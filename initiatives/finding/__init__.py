"""Finding things: one search from every page, and what each register's own search asks. Nothing here writes."""

from initiatives.finding.everywhere import Group, Hit, direct, find, is_reference
from initiatives.finding.registers import CLAIM, EARMARK, claims, earmarks, grantees, vouchers

__all__ = ["CLAIM", "EARMARK", "Group", "Hit", "claims", "direct", "earmarks", "find", "grantees", "is_reference", "vouchers"]
