"""What the demo's story does with sheets: flerudbetal registers several payments from one, each told as name, earmark, amount, text and case number."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from initiatives import paper, vouchers
from initiatives.bulk import registering
from initiatives.bulk.reading import HEADINGS
from ledger.formats import date_text

if TYPE_CHECKING:
    from initiatives.story import Line, Story

WORDS = 5
"""that tell one payment"""


def _register(story: "Story", line: "Line") -> None:
    told = [line.words[first : first + WORDS] for first in range(0, len(line.words), WORDS)]
    rows = [f"{slug};{amount};{date_text(line.day)};{case_number};{text};" for _, slug, amount, text, case_number in told]
    content = "\r\n".join([";".join(HEADINGS.values()), *rows, ""]).encode("utf-8-sig")
    voucher = vouchers.keep(line.by, paper.pdf(["Opdigtet bilag til prøvehistorien", "", *rows]), f"bilag-{line.name}.pdf")
    batch = registering.register(line.by, content=content, name=f"{line.name}.csv", vouchers={voucher.name: voucher}, key=line.key)
    for (name, *_), row in zip(told, batch.rows.select_related("transfer").order_by("row"), strict=True):
        story.told[name] = row.transfer


DEEDS: dict[str, Callable[["Story", "Line"], None]] = {"flerudbetal": _register}
