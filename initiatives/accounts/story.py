"""What the demo's story does with accounts: regnskab receives them (afsluttende are the last ones, retter names rejected ones), godkend-regnskab and afvis-regnskab decide."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from djmoney.money import Money

from initiatives import accounts, paper, vouchers
from initiatives.models import AccountsReport, Earmark, Voucher
from ledger.formats import parse_amount

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _paper(line: "Line", name: str) -> Voucher:
    text = ["Opdigtet bilag til prøvehistorien", "", f"{name.capitalize()}  {' '.join(line.words)}  {line.case_number}", f"{line.day:%d.%m.%Y}"]
    return vouchers.keep(line.by, paper.pdf(text), f"{name}-{line.name}.pdf")


def _receive(story: "Story", line: "Line") -> AccountsReport:
    name, year, used, *more = line.words
    final, corrects = "afsluttende" in more, [word for word in more if word != "afsluttende"]
    actor = story.actor(name) if name in story.told else None
    earmark = Earmark.objects.with_accounts().get(pk=actor.earmark_id) if actor else Earmark.objects.with_accounts().get(slug=name)
    required = accounts.required(earmark)
    return accounts.receive(
        line.by,
        earmark,
        actor=actor,
        starts=date(int(year), 1, 1),
        ends=date(int(year), 12, 31),
        used=Money(parse_amount(used), "DKK"),
        final=final,
        received_on=line.day,
        voucher=_paper(line, "regnskab"),
        corrects=story.report(corrects[1]) if corrects else None,
        auditors_statement=_paper(line, "revisorerklæring") if "auditors_statement" in required else None,
        performance_audit=_paper(line, "forvaltningsrevision") if "performance_audit" in required else None,
        case_number=line.case_number,
        key=line.key,
    )


def _approve(story: "Story", line: "Line") -> None:
    accounts.approve(line.by, story.report(line.words[0]), value_date=line.day, key=line.key)


def _reject(story: "Story", line: "Line") -> None:
    name, reason = line.words
    accounts.reject(line.by, story.report(name), reason=reason, key=line.key)


DEEDS: dict[str, "Callable[[Story, Line], AccountsReport | None]"] = {"regnskab": _receive, "godkend-regnskab": _approve, "afvis-regnskab": _reject}
