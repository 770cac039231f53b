"""Plays the demo story (fixtures/story.txt) through the verbs, as the people in it. Everything in it is invented.

A line that was played before is not played again: its key is made from its name.
"""

import shlex
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from djmoney.money import Money

from ensomhed.models import User
from initiatives import decisions, movements, paper, payments, plans, vouchers
from initiatives.accounts import story as accounts
from initiatives.bulk import story as bulk
from initiatives.claims import story as claims
from initiatives.closing import story as closing
from initiatives.deadlines import story as deadlines
from initiatives.models import AccountsReport, Claim, Earmark, LocalActor, Voucher
from initiatives.paying import story as paying
from initiatives.plans import story as planning
from initiatives.receiving import story as receiving
from initiatives.telling import story as telling
from initiatives.years import story as years
from ledger.formats import parse_amount
from ledger.kinds import Cause
from ledger.models import Transfer

SOURCE = settings.BASE_DIR / "fixtures" / "story.txt"
NAMESPACE = uuid.UUID("0f6d2d53-5a0e-5d0b-9c1f-6d1f0c8e2b31")


class NotTold(ValueError):
    """A line of the story that cannot be read; the message names it."""


@dataclass
class Line:
    """One deed: when, who, what, and the words that follow."""

    number: int
    day: date
    by: User
    deed: str
    words: list[str]
    case_number: str = ""
    name: str = ""

    @property
    def key(self) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, f"{self.deed} {self.name or self.words[0]}")


@dataclass
class Story:
    people: dict[str, User]
    told: dict[str, Transfer | LocalActor | Claim | AccountsReport] = field(default_factory=dict)

    def lines(self, path: Path = SOURCE) -> Iterator[Line]:
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            parts = shlex.split(text, comments=True)
            if not parts:
                continue
            try:
                line = Line(number, date.fromisoformat(parts[0]), self.people[parts[1]], parts[2], parts[3:])
                if "som" in line.words:
                    line.name = line.words.pop(line.words.index("som") + 1)
                    line.words.remove("som")
                if "sag" in line.words:
                    line.case_number = line.words.pop(line.words.index("sag") + 1)
                    line.words.remove("sag")
            except (ValueError, IndexError, KeyError) as problem:
                raise NotTold(f"{path.name}, line {number}: {text!r} cannot be read ({problem}).") from problem
            yield line

    def play(self, path: Path = SOURCE) -> int:
        """Plays every line and answers with their number. Raises NotTold for a line that cannot be read, LedgerError for one that is refused."""
        count = 0
        for line in self.lines(path):
            deed = DEEDS.get(line.deed)
            if deed is None:
                raise NotTold(f"{path.name}, line {line.number}: nobody knows how to {line.deed!r}; known are {', '.join(DEEDS)}.")
            result = deed(self, line)
            if line.name and result is not None:
                self.told[line.name] = result
            count += 1
        return count

    def transfer(self, name: str) -> Transfer:
        found = self.told[name]
        assert isinstance(found, Transfer)
        return found

    def claim(self, name: str) -> Claim:
        found = self.told[name]
        assert isinstance(found, Claim)
        return found

    def report(self, name: str) -> AccountsReport:
        found = self.told[name]
        assert isinstance(found, AccountsReport)
        return found

    def actor(self, name: str) -> LocalActor:
        found = self.told[name]
        assert isinstance(found, LocalActor)
        return found


def _money(text: str) -> Money:
    return Money(parse_amount(text), "DKK")


def _earmark(slug: str) -> Earmark:
    return Earmark.objects.with_accounts().get(slug=slug)


def _voucher(line: Line) -> Voucher:
    text = ["Opdigtet bilag til prøvehistorien", "", f"{line.day:%d.%m.%Y}  {' '.join(line.words)}  {line.case_number}"]
    return vouchers.keep(line.by, paper.pdf(text), f"bilag-{line.name}.pdf")


def _disburse(story: Story, line: Line) -> Transfer:
    """A payment that is exactly the next instalment is registered from it; a name at the end is that of the payment that was reversed, and is paid anew."""
    slug, amount, text, *wrong = line.words
    earmark = _earmark(slug)
    following = None if Transfer.objects.filter(key=line.key).exists() else plans.next_instalment(earmark)
    planned = following.instalment if following and following.missing == _money(amount) else None
    return payments.register_disbursement(
        line.by,
        earmark,
        amount=_money(amount),
        value_date=line.day,
        voucher=_voucher(line),
        key=line.key,
        case_number=line.case_number,
        text=text,
        instalment=planned,
        instead_of=story.transfer(wrong[0]) if wrong else None,
    )


def _approve(story: Story, line: Line) -> None:
    pending = story.transfer(line.words[0])
    story.told[line.words[0]] = payments.approve(line.by, pending, key=line.key, value_date=max(line.day, pending.value_date))


def _reject(story: Story, line: Line) -> None:
    payments.reject(line.by, story.transfer(line.words[0]), reason=line.words[1], key=line.key)


def _withdraw(story: Story, line: Line) -> None:
    payments.withdraw(line.by, story.transfer(line.words[0]), key=line.key)


def _reverse(story: Story, line: Line) -> Transfer:
    origin, cause, text = line.words
    return payments.reverse(line.by, story.transfer(origin), cause=Cause(cause), value_date=line.day, key=line.key, voucher=_voucher(line), text=text)


def _repay(story: Story, line: Line) -> Transfer:
    slug, amount, cause, text, *claim = line.words
    return movements.repay(
        line.by,
        _earmark(slug),
        amount=_money(amount),
        cause=Cause(cause),
        value_date=line.day,
        key=line.key,
        case_number=line.case_number,
        text=text,
        claim=story.claim(claim[0]) if claim else None,
    )


def _open_actor(story: Story, line: Line) -> LocalActor:
    slug, name, municipality = line.words
    return movements.open_local_actor(line.by, _earmark(slug), name=name, municipality_code=municipality)


def _regrant(story: Story, line: Line) -> Transfer:
    actor, amount, text = line.words
    return movements.regrant(line.by, story.actor(actor), amount=_money(amount), value_date=line.day, key=line.key, case_number=line.case_number, text=text)


def _return(story: Story, line: Line) -> Transfer:
    actor, amount, text = line.words
    return movements.return_regrant(
        line.by, story.actor(actor), amount=_money(amount), value_date=line.day, key=line.key, case_number=line.case_number, text=text
    )


def _lapse_at_year_end(story: Story, line: Line) -> Transfer:
    slug, amount, text = line.words
    return decisions.lapse(
        line.by,
        _earmark(slug),
        amount=_money(amount),
        value_date=line.day,
        at_year_end=True,
        voucher=None,
        key=line.key,
        case_number=line.case_number,
        text=text,
    )


DEEDS: dict[str, Callable[[Story, Line], Transfer | LocalActor | Claim | AccountsReport | None]] = {
    "udbetal": _disburse,
    "godkend": _approve,
    "afvis": _reject,
    "træk": _withdraw,
    "tilbagefør": _reverse,
    "tilbagebetal": _repay,
    "aktør": _open_actor,
    "videregiv": _regrant,
    "retur": _return,
    "årsbortfald": _lapse_at_year_end,
    **accounts.DEEDS,
    **bulk.DEEDS,
    **claims.DEEDS,
    **closing.DEEDS,
    **deadlines.DEEDS,
    **paying.DEEDS,
    **planning.DEEDS,
    **receiving.DEEDS,
    **telling.DEEDS,
    **years.DEEDS,
}
