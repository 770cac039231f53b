"""What is red, in figures: how many of each, and since when. Each person asks for what they act on, and all of it is one question to PostgreSQL."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.utils import timezone

from ensomhed.models import User
from initiatives import rights
from initiatives.exceptions import sources
from initiatives.exceptions.kept import Kept

EXCEPTIONS = (
    sources.TWO_ENDS,
    sources.TWO_ROLES,
    sources.TOUCHED_DETAILS,
    sources.WITHOUT_DETAILS,
    sources.OVERRIDES,
    sources.JUST_UNDER,
    sources.SPLIT,
    sources.CHANGED_BACK,
    sources.SHARED,
    sources.ROLES_PAST_A_DECISION,
)
UNEXPLAINED = """
    SELECT 'bankline:' || b.bank_line_id AS subject, l.day FROM initiatives_doubt b JOIN initiatives_bankline l ON l.id = b.bank_line_id
    WHERE b.bank_line_id IS NOT NULL AND b.finding IN ('only_there', 'amount_differs', 'account_differs', 'paid_twice', 'paid_though_reversed') AND NOT b.explained
    UNION ALL
    SELECT 'paymentline:' || f.line_id, t.value_date
    FROM initiatives_doubt f JOIN initiatives_paymentline l ON l.id = f.line_id JOIN ledger_transfer t ON t.id = l.transfer_id
    WHERE f.bank_line_id IS NULL AND f.finding = 'only_here' AND NOT f.explained
"""
TO_EXPLAIN = f"""
    SELECT day FROM ({UNEXPLAINED}) AS found WHERE NOT EXISTS (
        SELECT 1 FROM initiatives_proposal p LEFT JOIN initiatives_decision d ON d.proposal_id = p.id
        WHERE p.kind_id = 'explanation' AND p.subject = found.subject AND d.id IS NULL)
"""  # noqa: S608 — parts of this module
RETURNED = """
    SELECT l.day FROM initiatives_doubt b JOIN initiatives_bankline l ON l.id = b.bank_line_id WHERE b.bank_line_id IS NOT NULL AND b.finding = 'returned'
"""
LATE_CLAIMS = """
    SELECT c.due AS day FROM initiatives_claim c CROSS JOIN LATERAL initiatives_claim_standing(c.id) AS s WHERE c.due < %(today)s AND s.rest > 0
"""
LATE_REMINDERS = "SELECT due + rung AS day FROM initiatives_reminders_owed() WHERE due + rung < %(today)s - 1"
READY = "SELECT t.value_date AS day FROM initiatives_payments_to_release(NULL) r JOIN ledger_transfer t ON t.id = r.transfer_id WHERE r.held = ''"
EXCEPTIONAL = " UNION ALL ".join(f"SELECT found.day FROM ({question}) AS found (kind, number, day, amount, text)" for question in EXCEPTIONS)  # noqa: S608 — the questions of sources.py
EXCEPTIONAL = EXCEPTIONAL.replace("%", "%%")
QUESTIONS = {
    "exceptions": (EXCEPTIONAL, (rights.READ_ALL,)),
    "unexplained": (UNEXPLAINED, (rights.READ_ALL,)),
    "late_claims": (LATE_CLAIMS, (rights.READ_ALL,)),
    "to_explain": (TO_EXPLAIN, (rights.RECONCILE,)),
    "returned": (RETURNED, (rights.REGISTER,)),
    "late_reminders": (LATE_REMINDERS, (rights.REGISTER, rights.DECIDE)),
    "ready": (READY, (rights.RELEASE,)),
}
"""what is counted, and the rights of whom it concerns: any of them"""


SLOW = ("exceptions",)
"""what is asked of every payment there is: counted when something new came that it follows from, or ten minutes passed"""
KEPT_IN_SECONDS = 600
NEWEST = """
    SELECT -1, coalesce((SELECT max(id) FROM ledger_transfer), 0), NULL::date, concat_ws(' ',
        (SELECT key FROM initiatives_bankstatement ORDER BY id DESC LIMIT 1), (SELECT key FROM initiatives_paymentfile ORDER BY id DESC LIMIT 1),
        (SELECT key FROM initiatives_proposal ORDER BY id DESC LIMIT 1), (SELECT key FROM initiatives_decision ORDER BY id DESC LIMIT 1),
        (SELECT max(booked_at) FROM ledger_transfer WHERE kind = 'reversal'), (SELECT max(changed_at) FROM initiatives_rolechange))
"""
COUNTED: Kept[dict[str, "Alarm"]] = Kept()


@dataclass(frozen=True)
class Alarm:
    """How many of one kind, and the first day among them."""

    count: int = 0
    since: date | None = None

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True)
class Red:
    """What is red, of what one person acts on."""

    alarms: dict[str, Alarm]
    counted_at: datetime | None
    """since when what is slow is counted; None when it is not among them"""
    newest_transfer: int
    """how far the books had come"""


def of(user: User) -> Red:
    """What is red, by name, of what this person acts on; the rest is not asked."""
    concern = [name for name, (_, any_of) in QUESTIONS.items() if any(map(user.may, any_of))]
    found, transfer, newest = asked(name for name in concern if name not in SLOW)
    slow = [name for name in concern if name in SLOW]
    if not slow:
        return Red(found, None, transfer)
    counted = COUNTED.told(lambda: asked(SLOW)[0], int(time.time()) // KEPT_IN_SECONDS, newest)
    return Red(found | {name: counted.found[name] for name in slow}, counted.at, transfer)


def asked(names: Iterable[str]) -> tuple[dict[str, Alarm], int, str]:
    """These questions, the books' newest transfer, and what is newest of what the slow ones follow from, in one query."""
    named = list(names)
    counted = [f"SELECT {place}, count(*), min(day), '' FROM ({QUESTIONS[name][0]}) AS q" for place, name in enumerate(named)]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([NEWEST, *counted]), {"today": timezone.localdate()})
        rows = cursor.fetchall()
    transfer, newest = next((count, newest) for place, count, _, newest in rows if place < 0)
    return {named[place]: Alarm(count, since) for place, count, since, _ in rows if place >= 0}, transfer, newest
