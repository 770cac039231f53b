"""Where a repayment goes: back to the earmark or to the treasury. Its cause and its day decide, nobody else."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from initiatives.models import Earmark
from ledger.kinds import REUSABLE_CAUSES, AccountKind, Cause
from ledger.models import Account


def goes_to(earmark: Earmark, cause: Cause, value_date: date) -> Account:
    """Where a repayment goes. The cause and the day decide; PostgreSQL answers (ledger_repayment_goes_to)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_repayment_goes_to(%s, %s, %s)", [earmark.grantee_account.code, str(cause), value_date])
        (code,) = cursor.fetchone()
    return earmark.account if code == earmark.account.code else Account.objects.get(kind=AccountKind.TREASURY)


@dataclass(frozen=True)
class Destination:
    """Where a repayment goes, and why."""

    account: Account
    cause: Cause

    @property
    def code(self) -> str:
        return self.account.code

    @property
    def reusable(self) -> bool:
        """Whether the money can be paid out again, in the fiscal year in which it came back."""
        return self.account.kind == AccountKind.EARMARK

    @property
    def words(self) -> str:
        if not self.reusable:
            return "Pengene tilfalder statskassen og kan ikke udbetales igen."
        return "Pengene går tilbage til øremærkningen og kan bruges igen i det finansår, de kom ind. Det, der ikke bruges, tilfalder statskassen ved årets slutning."

    @property
    def reason(self) -> str:
        if self.cause in REUSABLE_CAUSES and not self.reusable:
            return f"Årsagen er {self.cause.label}, men pengene kommer ind uden for betalingsvinduet, eller øremærkningen er bortfaldet."
        return f"Årsagen er {self.cause.label}. Det er årsagen, der afgør det."
