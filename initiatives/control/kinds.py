"""The words of every area's proposals, put together: imported once, when the application starts."""

from initiatives.access import words as access
from initiatives.accounts import words as accounts
from initiatives.claims import words as claims
from initiatives.closeout import verbs as close_out
from initiatives.closeout import words as closeout
from initiatives.control import second_step
from initiatives.control.papers import WRITERS
from initiatives.control.words import WORDS
from initiatives.deadlines import words as deadlines
from initiatives.history import succession
from initiatives.paying import words as paying
from initiatives.receiving import words as receiving

for area in (access, accounts, claims, closeout, deadlines, paying, receiving, second_step, succession):
    WORDS.update(area.WORDS)
WRITERS[close_out.KIND] = close_out.write_letter
