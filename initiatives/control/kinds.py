"""The words of every area's proposals, put together: imported once, when the application starts."""

from initiatives.control.words import WORDS, Words

AREAS: list[dict[str, Words]] = []
"""each area adds its own: `from initiatives.<area>.words import WORDS as <area>_words` above, and the name here"""

for area in AREAS:
    WORDS.update(area)
