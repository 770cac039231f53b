"""A grant is closed out: what is missing before it can be, the two persons who decide it, and the settlement letter."""

from initiatives.closeout.questions import Missing, Need, Standing, checklist, missing, missing_of, standing_by, standing_of, with_letter
from initiatives.closeout.verbs import close, reopen

__all__ = ["Missing", "Need", "Standing", "checklist", "close", "missing", "missing_of", "reopen", "standing_by", "standing_of", "with_letter"]
