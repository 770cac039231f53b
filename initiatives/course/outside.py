"""What happened to a payment outside the books: the file that it left in, what the bank's list says, what the grantee was told and what it answered."""

from collections.abc import Iterable, Iterator

from django.db.models import Count, Max, Q
from django.urls import reverse

from ensomhed.models import User
from initiatives import rights
from initiatives.course.family import Deed, Family
from initiatives.course.people import People
from initiatives.course.steps import DONE, ENDED, NEXT, WRONG, Place, Step, of_proposal
from initiatives.models import Case, Earmark, Notice
from initiatives.paying import findings, references
from initiatives.paying.files import HELD
from initiatives.paying.findings import Finding
from initiatives.receiving import details
from ledger.formats import date_text, kroner


def left(family: Family, deed: Deed, earmark: Earmark | None, people: People) -> Iterator[Step]:
    """The file and the bank, told of the payment that was sent: what was booked anew sent nothing itself."""
    sent = family.first(deed)
    if sent.moved is None:
        return
    found = findings.about(sent.moved.pk, references.reference_of(sent.moved))
    line = found[-1].line if found else None
    if line is None:
        yield from _waits_to_leave(family, sent, earmark, people)
        return
    file = line.file
    words = f"Betalingsfil nr. {file.number} på i alt {kroner(file.total)} i {file.line_count} {'betaling' if file.line_count == 1 else 'betalinger'}. Reference {line.reference}."
    where = Place(f"Betalingsfil nr. {file.number}", reverse("admin:initiatives_paymentfile_show", args=[file.number]))
    yield Step("Frigivet i en betalingsfil", words, file.released_at, str(file.released_by), place=where, digest=file.sha256)
    for finding in found[:-1] or found:
        yield from _on_the_list(finding, people)


def _waits_to_leave(family: Family, sent: Deed, earmark: Earmark | None, people: People) -> Iterator[Step]:
    assert sent.moved
    if family.undone(sent):
        yield Step("Ikke sendt", "Betalingen kom aldrig i en betalingsfil, før den blev ført tilbage.", state=ENDED)
        return
    held = "reversal_waits" if family.being_undone(sent) else ""
    if not held and earmark:
        basis = details.paid_on(sent.moved)
        held = "no_details" if basis is None else "details_changed" if basis != details.in_force(earmark.grantee, sent.moved.value_date) else ""
    if held:
        yield Step("Holdes tilbage", HELD[held], state=WRONG)
        return
    reference = references.reference_of(sent.moved)
    yield Step("Næste: frigives i en betalingsfil", f"Som {reference}. Kan frigives af {people.who(rights.RELEASE, _hands(sent))}.", state=NEXT)


def _hands(deed: Deed) -> list[int]:
    return [row.booked_by_id for row in (deed.registration, deed.settlement) if row]


def _on_the_list(finding: Finding, people: People) -> Iterator[Step]:
    """What the list of payments made says; what does not agree, and why."""
    bank = finding.bank
    if bank is None and finding.code == "waits":
        yield Step("Næste: afstemning", f"Afventer listen over betalinger. Indlæses af {people.who(rights.RECONCILE)}.", state=NEXT)
    elif bank is None:
        words = "Ingen liste over betalinger har den med."
        yield Step(f"Banken: {finding.words.lower()}", words, state=WRONG if finding.is_red else DONE)
    else:
        where_to = f" til {bank.account}" if bank.account else ""
        words = f"{bank.get_status_display().capitalize()} {date_text(bank.day)} med {kroner(bank.amount)}{where_to} ifølge række {bank.number} i listen."
        where = Place(str(bank.statement), reverse("admin:initiatives_bankstatement_show", args=[bank.statement_id]))
        other = bank.amount if finding.line and bank.amount != finding.line.amount else None
        state = WRONG if finding.is_red or finding.waits_for_reversal else DONE
        yield Step(f"Banken: {finding.words.lower()}", words, bank.statement.taken_at, str(bank.statement.taken_by), other, place=where, state=state)
    proposal = finding.proposal
    if proposal:
        what = "Afvigelsen forklaret" if finding.explained else "Næste: forklaringen afgøres"
        waits = "" if finding.explained else f" Kan godkendes af {people.who(rights.DECIDE, [proposal.proposed_by_id])}."
        yield Step(
            what, f"»{proposal.reason}«.{waits}", proposal.proposed_at, str(proposal.proposed_by), document=proposal.voucher_id or "",
            place=of_proposal(proposal.pk, f"Forslag nr. {proposal.pk}"), state=DONE if finding.explained else NEXT,
        )  # fmt: skip


def told(rows: Iterable[int]) -> Iterator[tuple[int, Step]]:
    """What the system wrote to the grantee about these transfers, and whether it was sent; each with the number of the transfer that it tells of."""
    sent = Q(deliveries__attempts__sent=True)
    notices = Notice.objects.filter(transfer__in=rows).select_related("grantee").order_by("id")
    counted = notices.annotate(
        written_to=Count("deliveries", distinct=True),
        reachable=Count("deliveries", filter=~Q(deliveries__address=""), distinct=True),
        sent=Count("deliveries", filter=sent, distinct=True),
        sent_at=Max("deliveries__attempts__tried_at", filter=sent),
    )
    for notice in counted:
        where = Place(f"Besked nr. {notice.pk}", reverse("admin:initiatives_notice_change", args=[notice.pk]), reverse("notice", args=[notice.pk]))
        words = f"Besked om {notice.get_what_display()} til {notice.grantee}. {_delivered(notice)}"
        yield notice.transfer_id or 0, Step("Fortalt til modtageren", words, notice.told_at, "systemet selv", place=where)


def _delivered(notice: Notice) -> str:
    written_to, reachable, sent = notice.written_to, notice.reachable, notice.sent  # type: ignore[attr-defined]
    if not reachable:
        return "Ingen mailadresse at sende til: den kan læses, når modtageren logger ind."
    if not sent:
        return "Mailen er ikke sendt endnu."
    return "Sendt som mail." if sent == written_to else f"Sendt som mail til {sent} af {written_to}."


def objected(rows: Iterable[int], reader: User) -> Iterator[Step]:
    """What the grantee says is not right, for those who may read it."""
    cases = Case.objects.visible_to(reader).told().filter(Q(transfer__in=rows) | Q(notice__transfer__in=rows)).order_by("id")
    for case in cases:
        where = Place(str(case), reverse("admin:initiatives_case_show", args=[case.pk]), reverse("case", args=[case.pk]))
        state = "Besvaret og lukket." if case.is_closed else "Venter på svar."
        yield Step("Indsigelse", f"»{case.text}« {state}", case.opened_at, str(case.opened_by), place=where, state=DONE if case.is_closed else WRONG)
