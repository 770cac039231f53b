"""What the demo's story does with claims: krav raises one, opgiv proposes to give it up."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from djmoney.money import Money

from initiatives import claims, decisions
from initiatives.models import Claim, Earmark
from ledger.formats import parse_amount
from ledger.kinds import Cause
from ledger.models import Transfer

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _claim(story: "Story", line: "Line") -> Claim:
    slug, amount, cause, due, text = line.words
    asked = {"amount": Money(parse_amount(amount), "DKK"), "cause": Cause(cause), "due": date.fromisoformat(due)}
    return claims.expect(line.by, Earmark.objects.with_accounts().get(slug=slug), **asked, raised_on=line.day, text=text, key=line.key)


def _give_up(story: "Story", line: "Line") -> Transfer:
    name, amount, text = line.words
    asked = {"cause": Cause.WAIVED, "amount": Money(parse_amount(amount), "DKK"), "value_date": line.day}
    return decisions.write_off(line.by, story.claim(name), **asked, text=text, case_number=line.case_number, key=line.key)


DEEDS: dict[str, "Callable[[Story, Line], Claim | Transfer]"] = {"krav": _claim, "opgiv": _give_up}
