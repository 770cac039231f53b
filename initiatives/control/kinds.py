"""The words of every area's proposals, put together: imported once, when the application starts."""

from initiatives.access.words import WORDS as access_words
from initiatives.accounts.words import WORDS as accounts_words
from initiatives.claims.words import WORDS as claim_words
from initiatives.control.second_step import WORDS as second_step_words
from initiatives.control.words import WORDS, Words
from initiatives.deadlines.words import WORDS as deadline_words
from initiatives.history.succession import WORDS as succession_words
from initiatives.paying.words import WORDS as paying_words
from initiatives.receiving.words import WORDS as receiving_words

AREAS: list[dict[str, Words]] = [access_words, accounts_words, claim_words, deadline_words, paying_words, receiving_words, second_step_words, succession_words]
"""each area adds its own: `from initiatives.<area>.words import WORDS as <area>_words` above, and the name here"""

for area in AREAS:
    WORDS.update(area)
