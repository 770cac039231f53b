"""The transfers that belong together: a registration and its settlement, what reverses it, what it was booked anew as, and what was registered instead."""

from dataclasses import dataclass
from datetime import date

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from ledger.kinds import Cause, Kind, Step
from ledger.models import Transfer

# Both ways along every link, so that each row of a family finds all of it; each way has its index. Asked for as an array: joined, a large book might be read whole.
RELATED = """
    WITH RECURSIVE family (id) AS (
        SELECT %s::bigint
        UNION
        SELECT x.id FROM family f JOIN ledger_transfer t ON t.id = f.id CROSS JOIN LATERAL (
            SELECT unnest(ARRAY[t.pending_id, t.reverses_id, t.replaces_id])
            UNION ALL SELECT s.id FROM ledger_transfer s WHERE s.pending_id = t.id
            UNION ALL SELECT r.id FROM ledger_transfer r WHERE r.reverses_id = t.id AND r.kind = 'reversal'
            UNION ALL SELECT r.id FROM ledger_transfer r WHERE r.replaces_id = t.id
            UNION ALL SELECT b.transfer_id FROM initiatives_rebooking b WHERE b.instead_of_id = t.id
            UNION ALL SELECT b.instead_of_id FROM initiatives_rebooking b WHERE b.transfer_id = t.id
        ) AS x (id) WHERE x.id IS NOT NULL
    ) SELECT id FROM family
"""


@dataclass(frozen=True)
class Deed:
    """One thing that was registered, and what became of it."""

    registration: Transfer
    settlement: Transfer | None

    @property
    def moved(self) -> Transfer | None:
        """The row that moved the money; None while it waits, and when it was rejected or withdrawn."""
        if self.registration.step == Step.SINGLE:
            return self.registration
        return self.settlement if self.settlement and self.settlement.step == Step.POST else None

    @property
    def waits(self) -> bool:
        return self.registration.step == Step.PENDING and self.settlement is None

    @property
    def rows(self) -> frozenset[int]:
        return frozenset(row.pk for row in (self.registration, self.settlement) if row)

    @property
    def day(self) -> date:
        return (self.moved or self.registration).value_date


class Family:
    """Everything that hangs together with one transfer, read in one query."""

    def __init__(self, shown: Transfer) -> None:
        related = RawSQL(f"ledger_transfer.id = ANY (ARRAY({RELATED}))", [shown.pk], output_field=BooleanField())  # noqa: S611 — nothing typed is in it
        beside = [
            "debit_account",
            "credit_account",
            "booked_by",
            "rebooking",
            "batch_row",
            "instalment_payment__instalment__plan__earmark",
            "instalment_payment__instalment__plan__made_by",
        ]
        rows = {row.pk: row for row in Transfer.objects.select_related(*beside).filter(related)}
        settlements = {row.pending_id: row for row in rows.values() if row.pending_id}
        self.deeds = [Deed(row, settlements.get(row.pk)) for row in sorted(rows.values(), key=lambda row: row.pk) if not row.pending_id]
        self.shown = shown.pk
        (self.asked,) = (deed for deed in self.deeds if shown.pk in deed.rows)
        self.subject = self._deed_of(self.asked.registration.reverses_id) or self.asked
        """what the course is about: a reversal tells the course of what it reverses"""

    def _deed_of(self, number: int | None) -> Deed | None:
        return next((deed for deed in self.deeds if number in deed.rows), None)

    def reversals(self, of: Deed) -> list[Deed]:
        return [deed for deed in self.deeds if deed.registration.kind == Kind.REVERSAL and deed.registration.reverses_id in of.rows]

    def undone(self, of: Deed) -> Deed | None:
        """The reversal that took effect."""
        return next((deed for deed in self.reversals(of) if deed.moved), None)

    def being_undone(self, of: Deed) -> Deed | None:
        return next((deed for deed in self.reversals(of) if deed.waits), None)

    def inherited_from(self, deed: Deed) -> Deed | None:
        """The payment whose money this one took over."""
        return self._deed_of(deed.registration.replaces_id)

    def heirs(self, of: Deed) -> list[Deed]:
        """What inherited the money, or was to."""
        return [deed for deed in self.deeds if deed.registration.replaces_id and deed.registration.replaces_id in of.rows]

    def first(self, deed: Deed) -> Deed:
        """The payment that was sent: itself, or the first of those whose money was inherited."""
        earlier = self.inherited_from(deed)
        return self.first(earlier) if earlier else deed

    def instead_of(self, deed: Deed) -> Deed | None:
        """What was reversed, and stands right in this one."""
        link = getattr(deed.registration, "rebooking", None)
        return self._deed_of(link.instead_of_id) if link else None

    def again(self, of: Deed) -> list[Deed]:
        """What was registered instead."""
        return [deed for deed in self.deeds if (earlier := self.instead_of(deed)) and earlier.rows == of.rows]

    def can_be_booked_again(self, deed: Deed) -> bool:
        undone = self.undone(deed)
        if undone is None or undone.registration.cause == Cause.BOOKED_ANEW:
            return False
        return not any(other.waits or other.moved for other in self.again(deed))
