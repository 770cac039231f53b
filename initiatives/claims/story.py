"""What the demo's story does with claims: krav raises one, opgiv proposes to give it up."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from djmoney.money import Money

from initiatives import claims, decisions, paper, vouchers
from initiatives.models import Claim, Earmark
from ledger.formats import parse_amount
from ledger.kinds import Cause
from ledger.models import Transfer

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _claim(story: "Story", line: "Line") -> Claim:
    slug, amount, cause, due, text = line.words
    earmark, asked = Earmark.objects.with_accounts().get(slug=slug), Money(parse_amount(amount), "DKK")
    return claims.expect(line.by, earmark, amount=asked, cause=Cause(cause), due=date.fromisoformat(due), raised_on=line.day, text=text, key=line.key)


def _give_up(story: "Story", line: "Line") -> Transfer:
    name, amount, text = line.words
    rest = Money(parse_amount(amount), "DKK")
    note = vouchers.keep(line.by, paper.pdf(["Opdigtet notat til prøvehistorien", "", f"{line.day:%d.%m.%Y}", *line.words]), f"{line.name}.pdf")
    return decisions.write_off(
        line.by, story.claim(name), cause=Cause.WAIVED, amount=rest, value_date=line.day, voucher=note, text=text, case_number=line.case_number, key=line.key
    )


DEEDS: dict[str, "Callable[[Story, Line], Claim | Transfer]"] = {"krav": _claim, "opgiv": _give_up}
