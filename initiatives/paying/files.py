"""Payment files: what is ready to leave, and the verb that lets it. PostgreSQL chooses the lines and writes the bytes (migrations/0011_paying.sql)."""

import hashlib
import logging
import uuid
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Max, Min
from djmoney.money import Money

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Earmark, PaymentFile, Proposal
from initiatives.receiving import details
from ledger import booking
from ledger.models import ZERO, Transfer

logger = logging.getLogger("initiatives.paying")


@dataclass(frozen=True)
class Ready:
    """An approved payment that has not left."""

    transfer: Transfer
    registration: Transfer
    reference: str
    earmark: Earmark
    details: Proposal | None
    held: str
    """why it is held back; "" when it is ready"""

    @property
    def goes_to(self) -> str:
        return details.said(self.details.after) if self.details else "Ingen betalingsoplysninger"

    @property
    def why(self) -> str:
        return HELD.get(self.held, self.held)


STANDING = """
    SELECT l.file_id, count(*) FILTER (WHERE f.finding NOT IN ('both', 'reversed', 'waits') AND NOT f.explained), count(*) FILTER (WHERE f.finding = 'waits')
    FROM initiatives_doubt f JOIN initiatives_paymentline l ON l.id = f.line_id
    WHERE f.bank_line_id IS NULL AND (%(files)s::bigint[] IS NULL OR l.file_id = ANY(%(files)s)) GROUP BY l.file_id
"""
HELD = {
    "reversal_waits": "En tilbageførsel venter på godkendelse. Betalingen sendes kun, hvis tilbageførslen afvises.",
    "no_details": "Betalingen har ingen godkendte betalingsoplysninger. Tilbagefør den som aldrig afsendt, og registrer den på ny.",
    "details_changed": "Betalingsoplysningerne er ændret, efter at betalingen blev godkendt. Tilbagefør den som aldrig afsendt, og registrer den på ny.",
}


def waiting_to_leave(up_to: date | None = None) -> list[Ready]:
    """Every approved payment that has not left in a file, ready or held back, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT transfer_id, registration_id, reference, details_id, held FROM initiatives_payments_to_release(%s)", [up_to])
        rows = cursor.fetchall()
    transfers = Transfer.objects.select_related("debit_account", "booked_by").in_bulk({number for row in rows for number in row[:2]})
    earmarks = {earmark.account_id: earmark for earmark in Earmark.objects.select_related("grantee", "initiative")}
    bases = Proposal.objects.select_related("verification", "decision").in_bulk({row[3] for row in rows if row[3]})
    return [
        Ready(transfers[transfer], transfers[registration], reference, earmarks[transfers[transfer].debit_account_id], bases.get(basis), held)
        for transfer, registration, reference, basis, held in rows
    ]


def sum_of(payments: list[Ready]) -> Money:
    return sum((payment.transfer.amount for payment in payments), ZERO)


def hands(by: User, ready: list[Ready]) -> list[str]:
    """The references of those that this person has had a hand in, and so cannot release."""
    found = []
    for payment in ready:
        settled = payment.details
        touched = settled and by.pk in (settled.proposed_by_id, settled.verification.verified_by_id, settled.decision.decided_by_id)
        if touched or by.pk in (payment.registration.booked_by_id, payment.transfer.booked_by_id):
            found.append(payment.reference)
    return found


def released(newest: int = 10) -> list[PaymentFile]:
    """The newest files, with the value dates in each and how many of its payments disagree with the lists, or wait for one."""
    dated = PaymentFile.objects.defer("content").select_related("released_by")
    dated = dated.annotate(first_day=Min("lines__transfer__value_date"), last_day=Max("lines__transfer__value_date")).order_by("-number")
    return with_standing(list(dated[:newest]))


def standing(numbers: list[int] | None = None) -> dict[int, tuple[int, int]]:
    """Of every file, or of these: how many of its payments disagree with the lists, and how many wait for one. A file that agrees is left out."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"files": numbers})
        return {file: (disagreeing, waiting) for file, disagreeing, waiting in cursor.fetchall()}


def with_standing(rows: list[PaymentFile]) -> list[PaymentFile]:
    """These files with how they stand against the lists."""
    found = standing([row.pk for row in rows])
    for row in rows:
        row.disagreeing, row.waiting = found.get(row.pk, (0, 0))  # type: ignore[attr-defined]
    return rows


def releasers() -> list[User]:
    """Who may release payments, by their groups."""
    codename = rights.RELEASE.partition(".")[2]
    return list(User.objects.filter(is_active=True, groups__permissions__codename=codename).distinct().order_by("first_name"))


@booking.verb
def release(by: User, *, key: uuid.UUID, up_to: date | None = None) -> PaymentFile:
    """Lets every payment that is ready leave in one file, as somebody without a hand in any of them. The same key answers with the same file.

    Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.RELEASE)
    return booking.ask(PaymentFile, "initiatives_release_payments(%s, %s, %s)", [key, by.pk, up_to])


def content_of(file: PaymentFile) -> bytes | None:
    """The bytes that left, the same at every fetch; None when they no longer give the digest that the file was released under."""
    content = bytes(file.content)
    if hashlib.sha256(content).hexdigest() == file.sha256:
        return content
    logger.error("Payment file %s does not hold what its digest says.", file.number)
    return None
