"""What the demo's story does to periods: `tilbagehold 2025-10`, `luk 2024-13.2 "hvorfor, når noget står åbent"`."""

from typing import TYPE_CHECKING

from initiatives.closing import verbs
from ledger.models import Period

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _hold(story: "Story", line: "Line") -> None:
    verbs.hold(line.by, line.words[0])


def _close(story: "Story", line: "Line") -> None:
    """Closes every period from the first open one up to the one named."""
    code, reason = (*line.words, "")[:2]
    for period in Period.objects.filter(closed=False, code__lte=code):
        verbs.close(line.by, period.code, reason=reason)


DEEDS = {"tilbagehold": _hold, "luk": _close}
