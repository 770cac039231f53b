"""An amount's whole course, from the plan to what came back: told from the rows themselves, for whoever may read them. Nothing here writes."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from django.db.models import Q

from ensomhed.models import User
from initiatives.course import after, booked, outside
from initiatives.course.family import Deed, Family
from initiatives.course.people import People
from initiatives.course.steps import NEXT, Step
from initiatives.models import AccountsReport, Earmark, LocalActor
from ledger.kinds import Kind
from ledger.models import Transfer

CLAIMED = (Kind.REPAYMENT, Kind.WRITE_OFF)


class Course:
    """One amount's course, and the rows that it is told from. The same whichever of them it is asked of."""

    def __init__(self, shown: Transfer, reader: User) -> None:
        self.family = Family(shown)
        self.subject = self.family.subject
        self.reader = reader
        self.people = People()

    @cached_property
    def earmark(self) -> Earmark | None:
        """The earmark whose money it is; None for what moves between the treasury and a frame."""
        accounts = [self.subject.registration.debit_account_id, self.subject.registration.credit_account_id]
        own = Q(account__in=accounts) | Q(grantee_account__in=accounts) | Q(used_account__in=accounts) | Q(written_off_account__in=accounts)
        return Earmark.objects.select_related("grantee", "account").filter(own).order_by("id").first()

    def before_the_decision(self) -> list[Step]:
        """The short form, for whoever is to decide: what came before what is asked, which the page itself tells."""
        asked = self.family.asked
        if asked is not self.subject:
            earlier = [*self._until_it_moved(), *self._outside(), *booked.undoings(self.family, self.subject, self.people)]
        else:
            earlier = [*booked.planned(asked), *booked.came_from(self.family, asked), *self._answered(asked)]
        return self._without_repeating([step for step in earlier if step.state != NEXT and not asked.rows & step.rows])

    def steps(self) -> list[Step]:
        """All of it, in order."""
        deed, letters = self.subject, []
        if deed.moved:
            letters = list(outside.told(self._rows))
        objected = outside.objected(self._rows, self.reader) if deed.moved else ()
        undone = booked.undoings(self.family, deed, self.people)
        told = [
            *self._until_it_moved(),
            *self._outside(),
            *(letter for row, letter in letters if row in deed.rows),
            *objected,
            *self._after(),
            *undone,
            *(letter for row, letter in letters if row not in deed.rows),
        ]
        return self._without_repeating(told)

    def _without_repeating(self, told: list[Step]) -> list[Step]:
        """An amount is said where it is another than the one whose course it is."""
        return [replace(step, amount=None) if step.amount == self.subject.registration.amount else step for step in told]

    @property
    def _rows(self) -> list[int]:
        return [number for deed in (self.subject, *self.family.reversals(self.subject)) for number in deed.rows]

    def _until_it_moved(self) -> Iterator[Step]:
        deed = self.subject
        yield from booked.planned(deed)
        yield from booked.came_from(self.family, deed)
        yield from self._answered(deed)
        yield booked.registered(deed)
        settled = booked.settled(deed)
        if settled:
            yield settled
        elif deed.waits:
            yield booked.awaited(deed, self.earmark, self.people)

    def _answered(self, deed: Deed) -> Iterator[Step]:
        """The claim that it answers, or the accounts that it comes from."""
        if deed.registration.kind in CLAIMED:
            yield from after.answers(deed.registration)
        if deed.registration.kind == Kind.DOCUMENTED_USE:
            for report in after.with_documents(AccountsReport.objects.filter(uses__transfer=deed.registration)):
                yield after.received(report)

    def _outside(self) -> Iterator[Step]:
        if self.subject.registration.kind == Kind.DISBURSEMENT:
            yield from outside.left(self.family, self.subject, self.earmark, self.people)

    def _after(self) -> Iterator[Step]:
        """Money that was reversed is nobody's to account for."""
        deed = self.subject
        if deed.moved is None or self.earmark is None or self.family.undone(deed):
            return
        kind = deed.registration.kind
        if kind == Kind.DISBURSEMENT:
            yield from after.accounts(self.earmark, deed.day, self.people)
            yield from after.came_back(self.earmark, deed.day, deed.rows)
        elif kind == Kind.REGRANT:
            actor = LocalActor.objects.filter(account=deed.registration.credit_account_id).first()
            if actor:
                yield from after.accounts(self.earmark, deed.day, self.people, actor)


def course_of(transfer: Transfer, reader: User) -> list[Step]:
    """What happened to an amount, step by step, and what comes next. A reversal tells the course of what it reverses."""
    return Course(transfer, reader).steps()
