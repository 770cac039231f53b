"""The ministry's own account, the only one that repayments are asked into. It changes by a proposal that is verified and approved by others (kind receiving_account)."""

import json
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from ensomhed.models import User
from initiatives.control import proposals
from initiatives.models import Proposal, Voucher
from ledger import booking

KIND = "receiving_account"


@dataclass(frozen=True)
class ReceivingAccount:
    """An account as it was approved."""

    name: str
    registration_number: str
    account_number: str
    effective_from: date

    def __str__(self) -> str:
        return f"{self.registration_number} {self.account_number}"

    @classmethod
    def of(cls, after: dict[str, Any]) -> "ReceivingAccount":
        return cls(after["name"], after["registration_number"], after["account_number"], date.fromisoformat(after["effective_from"]))


def receiving_account(day: date) -> ReceivingAccount | None:
    """The account to pay into on a day: the newest approved one that holds by then. PostgreSQL answers, as it does where the grantee is told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT after::text FROM initiatives_receiving_account_in_force(%s)", [day])
        (after,) = cursor.fetchone()
    return ReceivingAccount.of(json.loads(after)) if after else None


@booking.verb
def propose_receiving_account(
    by: User, *, name: str, registration_number: str, account_number: str, effective_from: date, reason: str, voucher: Voucher, key: uuid.UUID
) -> Proposal:
    """Proposes another account for repayments. It holds when it was verified and approved by two others. Raises LedgerError, PermissionDenied."""
    after = {"name": name.strip(), "registration_number": registration_number, "account_number": account_number, "effective_from": effective_from.isoformat()}
    return proposals.propose(by, KIND, after=after, reason=reason, key=key, voucher=voucher)
