"""What the demo's story does to year profiles: `årsprofil ramme "kilde" 2023 6.600.000,00 …` has the controller write the Finance Act's figures down."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from djmoney.money import Money

from initiatives.models import Frame
from initiatives.years.profiles import record
from ledger.formats import parse_amount

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _record(story: "Story", line: "Line") -> None:
    slug, source, *told = line.words
    figures = {int(year): Money(parse_amount(amount), "DKK") for year, amount in zip(told[::2], told[1::2], strict=True)}
    record(line.by, Frame.objects.get(slug=slug), figures=figures, source=source, key=line.key)


DEEDS: dict[str, "Callable[[Story, Line], None]"] = {"årsprofil": _record}
