"""One step of an amount's course, and the places that it leads to. What is said of it is Danish: a step is read by people and by nothing else."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from djmoney.money import Money

from ledger.models import Transfer

DONE, NEXT, WRONG, ENDED = "done", "next", "wrong", "ended"


@dataclass(frozen=True)
class Place:
    """A page that tells more, by its address for the ministry's people and by that for an auditor; empty where one has none."""

    name: str
    for_staff: str
    for_auditor: str = ""

    def address(self, reader: str) -> str:
        return self.for_auditor if reader == "auditor" else self.for_staff


@dataclass(frozen=True)
class Step:
    """What happened, when, by whom, with which document; or what comes next, and who can do it."""

    what: str
    words: str = ""
    when: date | datetime | None = None
    who: str = ""
    amount: Money | None = None
    """where it is another than the amount whose course is told"""
    document: str = ""
    """the voucher's SHA-256"""
    place: Place | None = None
    state: str = DONE
    digest: str = ""
    rows: frozenset[int] = frozenset()
    """the transfers that it is told from"""

    @property
    def url(self) -> str:
        return self.place.for_staff if self.place else ""

    @property
    def moment(self) -> datetime | None:
        return self.when if isinstance(self.when, datetime) else None

    @property
    def day(self) -> date | None:
        return None if isinstance(self.when, datetime) else self.when


def of_transfer(transfer: Transfer) -> Place:
    name = f"{transfer.get_kind_display().capitalize()} nr. {transfer.pk}"
    return Place(name, reverse("admin:ledger_transfer_change", args=[transfer.pk]), reverse("transfer", args=[transfer.pk]))


def of_proposal(number: int, name: str) -> Place:
    return Place(name, reverse("admin:initiatives_proposal_settle", args=[number]), reverse("proposal", args=[number]))
