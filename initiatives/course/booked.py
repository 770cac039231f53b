"""What the books tell of a course: planned, registered, approved or turned down, reversed, booked anew."""

from collections.abc import Iterator

from initiatives import rights
from initiatives.course.family import Deed, Family
from initiatives.course.people import People, one_of
from initiatives.course.steps import DONE, ENDED, NEXT, WRONG, Place, Step, of_transfer
from initiatives.models import BatchRow, Earmark, InstalmentPayment
from initiatives.receiving import hands
from ledger.formats import date_text, kroner
from ledger.kinds import AccountKind, Kind
from ledger.models import Account, Transfer


def planned(deed: Deed) -> Iterator[Step]:
    """The instalment that a payment was registered for, and the version of the plan that it stands in."""
    link: InstalmentPayment | None = getattr(deed.registration, "instalment_payment", None)
    if link is None:
        return
    instalment, plan = link.instalment, link.instalment.plan
    words = f"{instalment} skulle betales {date_text(instalment.day)}."
    yield Step("Planlagt", words, plan.made_at, str(plan.made_by), instalment.amount, place=Place(str(plan), plan.get_absolute_url()))


def came_from(family: Family, deed: Deed) -> Iterator[Step]:
    """What stands right in this one: the payment whose money it took over, or what was reversed before it was registered again."""
    earlier = family.inherited_from(deed)
    if earlier:
        yield _earlier(earlier, "Overtager betalingen", f"Pengene blev sendt fra {place(earlier.registration.debit_account)}, og de er ikke sendt igen.")
    wrong = family.instead_of(deed)
    if wrong:
        yield _earlier(wrong, "Træder i stedet for", "Den blev ført tilbage.")


def _earlier(deed: Deed, what: str, words: str) -> Step:
    shown = deed.moved or deed.registration
    approved = f" og godkendt af {shown.booked_by}" if shown is not deed.registration else ""
    words = f"{words} Registreret af {deed.registration.booked_by}{approved}."
    return Step(what, words, shown.booked_at, amount=shown.amount, document=shown.voucher_sha256, place=of_transfer(shown), rows=deed.rows)


def registered(deed: Deed) -> Step:
    row = deed.registration
    single = deed.moved is row
    sheet: BatchRow | None = getattr(row, "batch_row", None)
    one_of_many = f" Fra række {sheet.row} i flerudbetaling nr. {sheet.batch_id}." if sheet else ""
    return Step(
        "Registreret og bogført" if single else "Registreret", f"{said(row)}{one_of_many}", row.booked_at, str(row.booked_by), document=row.voucher_sha256,
        place=of_transfer(row), rows=frozenset([row.pk]),
    )  # fmt: skip


def said(row: Transfer) -> str:
    """1.000,00 kr. fra Lift til Mary Fonden, valørdato 01.04.2023. Tekst: »1. rate«, journalnummer 2023-1102."""
    cause = f" Årsag: {row.get_cause_display()}." if row.cause else ""
    told = f" Tekst: »{row.text}«." if row.text else ""
    number = f" Journalnummer {row.case_number}." if row.case_number else ""
    return f"{kroner(row.amount)} fra {place(row.debit_account)} til {place(row.credit_account)}, valørdato {date_text(row.value_date)}.{cause}{told}{number}"


IN_WORDS = {
    AccountKind.EARMARK: "øremærkningen {}",
    AccountKind.FRAME: "rammen {}",
    AccountKind.USED: "dokumenteret anvendt",
    AccountKind.WRITTEN_OFF: "afskrevet",
}


def place(account: Account) -> str:
    return IN_WORDS.get(AccountKind(account.kind), "{}").format(account.name)


def settled(deed: Deed) -> Step | None:
    """How the second person answered; None while nobody has, and for what takes one step."""
    row = deed.settlement
    if row is None:
        return None
    rows = frozenset([row.pk])
    if deed.moved:
        moved = f"Pengene flyttede i bøgerne med valørdato {date_text(row.value_date)}, periode {row.period}."
        return Step("Godkendt", moved, row.booked_at, str(row.booked_by), place=of_transfer(row), rows=rows)
    own = row.booked_by_id == deed.registration.booked_by_id
    why = f" Begrundelse: »{row.text}«." if row.text else ""
    freed = "Ingen penge er flyttet, og beløbet er ikke længere reserveret."
    return Step("Trukket tilbage" if own else "Afvist", f"{freed}{why}", row.booked_at, str(row.booked_by), place=of_transfer(row), state=ENDED, rows=rows)


def awaited(deed: Deed, earmark: Earmark | None, people: People) -> Step:
    """Who can answer what waits."""
    row = deed.registration
    if row.kind == Kind.DISBURSEMENT and earmark and not row.replaces_id:
        able = [person for person in hands.payers(earmark, row.value_date).approve if person.pk != row.booked_by_id]
        who = one_of([str(person) for person in able])
    else:
        who = people.who(rights.to_approve(row), [row.booked_by_id])
    return Step("Næste: godkendelse", f"Beløbet er reserveret. Kan godkendes eller afvises af {who}.", state=NEXT)


def undoings(family: Family, deed: Deed, people: People) -> Iterator[Step]:
    """Every reversal that was proposed, what came of it, and what the money was booked anew as."""
    for reversal in family.reversals(deed):
        row = reversal.registration
        words = f"Hele beløbet, fordi: {row.get_cause_display()}. Valørdato {date_text(row.value_date)}.{f' Tekst: »{row.text}«.' if row.text else ''}"
        yield Step(
            "Tilbageførsel foreslået", words, row.booked_at, str(row.booked_by), document=row.voucher_sha256, place=of_transfer(row), rows=frozenset([row.pk])
        )
        if reversal.waits:
            who = people.who(rights.to_approve(deed.registration), [row.booked_by_id])
            yield Step("Næste: godkendelse af tilbageførslen", f"Kan godkendes eller afvises af {who}. Indtil da gælder bevægelsen.", state=NEXT)
        elif reversal.settlement and reversal.moved:
            done = reversal.settlement
            words = f"Bevægelsen gælder ikke længere. Valørdato {date_text(done.value_date)}, periode {done.period}."
            yield Step("Ført tilbage", words, done.booked_at, str(done.booked_by), place=of_transfer(done), state=WRONG, rows=frozenset([done.pk]))
        elif reversal.settlement:
            yield settled_reversal(reversal)
    for heir in family.heirs(deed):
        yield _later(heir, "Bogført på ny", f"Pengene blev hos {place(heir.registration.credit_account)} og tæller nu på {heir.registration.debit_account}.")
    for again in family.again(deed):
        yield _later(again, "Registreret på ny", "Registreret igen efter tilbageførslen.")


def settled_reversal(reversal: Deed) -> Step:
    row = reversal.settlement
    assert row
    own = row.booked_by_id == reversal.registration.booked_by_id
    why = f" Begrundelse: »{row.text}«." if row.text else ""
    what = "Tilbageførslen trukket tilbage" if own else "Tilbageførslen afvist"
    return Step(what, f"Bevægelsen gælder stadig.{why}", row.booked_at, str(row.booked_by), place=of_transfer(row), state=ENDED, rows=frozenset([row.pk]))


def _later(deed: Deed, what: str, words: str) -> Step:
    shown = deed.moved or deed.registration
    if deed.waits:
        words, state = "Venter på godkendelse." if deed.registration.replaces_id is None else "Afgøres sammen med tilbageførslen.", NEXT
    elif deed.moved is None:
        words, state = "Blev ikke til noget: afvist eller trukket tilbage.", ENDED
    else:
        state = DONE
    return Step(what, words, shown.booked_at, str(shown.booked_by), document=shown.voucher_sha256, place=of_transfer(shown), state=state, rows=deed.rows)


def can_be_undone(family: Family, deed: Deed) -> bool:
    """Whether it moved money and nobody has reversed it, or proposed to."""
    moved = deed.moved
    return bool(moved) and deed.registration.kind != Kind.REVERSAL and not family.undone(deed) and not family.being_undone(deed)
