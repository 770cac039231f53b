"""One grant whole: what its page tells beside its figures, each kind of thing in one question, however much there is. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery, TextField
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT

from ensomhed.models import User
from initiatives import closeout
from initiatives.closeout import Standing
from initiatives.models import AccountsReport, Deadline, Earmark, EarmarkQuerySet, Grantee, LocalActor, Proposal, Receipt, Tie
from ledger.kinds import Kind, Step
from ledger.models import Transfer, Window

ENTRIES = 10
REPORTS = 10
CLAIMS = 20
ACTORS = 20
DOCUMENTS = 20
LOOKED_THROUGH = 400
EVERY = 2**62

NEWEST = """
    SELECT id FROM unnest(%s::bigint[]) AS account CROSS JOIN LATERAL (
        (SELECT id FROM ledger_transfer WHERE debit_account_id = account ORDER BY debit_entry_no DESC LIMIT %s)
        UNION (SELECT id FROM ledger_transfer WHERE credit_account_id = account ORDER BY credit_entry_no DESC LIMIT %s)
    ) AS newest
"""
STOPPED = "(SELECT s.stop FROM initiatives_payment_stops(initiatives_deadline.earmark_id, %s) AS s WHERE s.deadline_id = initiatives_deadline.id)"
# Every document with a part in a grant, from wherever it is referred to; of the entries on its accounts, so many of the newest.
DOCUMENTS_OF = """
    WITH g AS (SELECT id, account_id, grantee_account_id, %s::bigint AS newest FROM initiatives_earmark WHERE id = %s)
    SELECT t.voucher_sha256 AS sha256, t.kind AS of_what FROM g JOIN ledger_account a ON a.id IN (g.account_id, g.grantee_account_id)
        JOIN ledger_transfer t ON t.debit_account_id = a.id AND t.debit_entry_no > a.entry_count - g.newest
    UNION SELECT t.voucher_sha256, t.kind FROM g JOIN ledger_account a ON a.id = g.account_id
        JOIN ledger_transfer t ON t.credit_account_id = a.id AND t.credit_entry_no > a.entry_count - g.newest
    UNION SELECT p.voucher_id, 'proposal' FROM g JOIN initiatives_proposal p ON p.earmark_id = g.id
    UNION SELECT r.voucher_id, 'receipt' FROM g JOIN initiatives_deadline d ON d.earmark_id = g.id JOIN initiatives_receipt r ON r.deadline_id = d.id
    UNION SELECT v, 'accounts' FROM g JOIN initiatives_accountsreport a ON a.earmark_id = g.id
        CROSS JOIN LATERAL unnest(ARRAY[a.voucher_id, a.auditors_statement_id, a.performance_audit_id]) AS v
    UNION SELECT c.voucher_id, 'claim' FROM g JOIN initiatives_claim c ON c.earmark_id = g.id
    UNION SELECT l.letter_id, 'close_out' FROM g JOIN initiatives_proposal p ON p.earmark_id = g.id JOIN initiatives_decision d ON d.proposal_id = p.id
        JOIN initiatives_closeout l ON l.decision_id = d.id
"""
NEWEST_DOCUMENTS = f"""
    SELECT v.sha256, v.name, v.kept_at, array_agg(DISTINCT d.of_what) FROM ({DOCUMENTS_OF}) AS d JOIN initiatives_voucher v ON v.sha256 = d.sha256
    GROUP BY v.sha256 ORDER BY v.kept_at DESC, v.sha256 LIMIT %s
"""  # noqa: S608 — nothing typed is in it
OF_WHAT = {
    **{kind.value: kind.label for kind in Kind},
    "proposal": "forslag",
    "receipt": "modtagelse",
    "accounts": "regnskab",
    "claim": "krav",
    "close_out": "afslutningsbrev",
}


@dataclass(frozen=True)
class Entry:
    """A movement of the grant and where it stands: its approval when there is one, else its registration."""

    transfer: Transfer
    state: str


@dataclass(frozen=True)
class Document:
    """A document with a part in the grant."""

    sha256: str
    name: str
    kept_at: datetime
    of_what: str


@dataclass(frozen=True)
class People:
    """Those who belong to the grantee."""

    members: list[User]
    handlers: list[User]


@dataclass(frozen=True)
class Papers:
    """What was decided about the grantee and waits for a decision: payment details by their number, what waits, and who follows the grantee."""

    details: dict[int, Proposal]
    waiting: list[Proposal]
    close_out: Standing
    successor: str
    succeeds_from: str


def with_window(earmarks: EarmarkQuerySet) -> EarmarkQuerySet:
    """With all its accounts and the days on which its frame pays, `window_opens` and `window_closes`; None while nobody has decided them."""
    window = Window.objects.filter(frame=OuterRef("initiative__frame__account"), step=Step.POST).order_by("-id")
    return earmarks.select_related("used_account", "written_off_account").annotate(
        window_opens=Subquery(window.values("opens")[:1]), window_closes=Subquery(window.values("closes")[:1])
    )


def entries(earmark: Earmark) -> list[Entry]:
    """The newest movements on the grant's accounts, one for each registration and its settling."""
    reversed_since = Transfer.objects.filter(reverses=OuterRef("pk"), kind=Kind.REVERSAL, step=Step.POST)
    newest = RawSQL(NEWEST, [[earmark.account_id, earmark.grantee_account_id], 2 * ENTRIES, 2 * ENTRIES])  # noqa: S611 — nothing typed is in it
    rows = Transfer.objects.filter(pk__in=newest).select_related("debit_account", "credit_account", "settlement").annotate(undone=Exists(reversed_since))
    settled = [row for row in rows.order_by("-id") if not hasattr(row, "settlement")]
    return [Entry(row, _state(row)) for row in settled[:ENTRIES]]


def _state(row: Transfer) -> str:
    if vars(row)["undone"]:
        return "Tilbageført"
    if row.step == Step.PENDING:
        return "Venter på godkendelse"
    return "Annulleret" if row.step == Step.VOID else "Bogført"


def deadlines(earmark: Earmark, day: date) -> list[Deadline]:
    """The grant's deadlines in order, each with `received_on`, and with `stopped` where it stops a payment on this day."""
    received = Receipt.objects.standing().filter(deadline=OuterRef("pk")).values("received_on")[:1]
    stopped = RawSQL(STOPPED, [day], output_field=TextField())  # noqa: S611
    rows = Deadline.objects.in_force().filter(earmark=earmark).annotate(received_on=Subquery(received), stopped=stopped)
    return list(rows)


def papers(grantee: Grantee, earmark: Earmark) -> Papers:
    """The grantee's approved payment details, its succession, and every proposal about grantee or grant that waits."""
    decided = Q(grantee=grantee, kind__in=["payment_details", "succession"], decision__approved=True)
    waits = Q(decision__isnull=True) & (Q(grantee=grantee) | Q(earmark=earmark))
    closed = Q(earmark=earmark, kind="close_out")
    follower = Grantee.objects.filter(slug=OuterRef("successor_slug")).values("name")[:1]
    rows = (
        closeout.with_letter(Proposal.objects.told())
        .filter(decided | waits | closed)
        .annotate(successor_slug=KT("after__successor"))
        .annotate(successor=Subquery(follower))
        .order_by("id")
    )
    details: dict[int, Proposal] = {}
    waiting: list[Proposal] = []
    successor, since, closings = "", "", [row for row in rows if row.kind_id == "close_out"]
    for row in rows:
        if not hasattr(row, "decision"):
            waiting.append(row)
        elif row.kind_id == "succession":
            successor, since = vars(row)["successor"] or "", row.after["from"]
        elif row.kind_id == "payment_details":
            details[row.pk] = row
    return Papers(details, waiting, closeout.standing_by(closings), successor, since)


def reports(earmark: Earmark) -> list[AccountsReport]:
    """The newest accounts from the grantee and its local actors."""
    found = list(AccountsReport.objects.filter(earmark=earmark).select_related("actor", "decision").order_by("-id")[:REPORTS])
    for report in found:
        report.earmark = earmark
    return found


def local_actors(earmark: Earmark) -> list[LocalActor]:
    """Those whom money was passed on to, with what they still answer for; nobody where nothing is passed on."""
    rows = LocalActor.objects.filter(earmark=earmark).select_related("account").order_by("name", "id")
    return list(rows[: ACTORS + 1]) if earmark.must_pass_on else []


def people(grantee: Grantee) -> People:
    """Who sees the grantee's page, and who handles an agency's own grant."""
    ties = Tie.objects.filter(grantee=grantee, person=OuterRef("pk")).exclude(why=Tie.Why.MEMBER).order_by("-id")
    belongs = Grantee.members.through.objects.filter(grantee=grantee, user=OuterRef("pk"))
    known = User.objects.annotate(belongs=Exists(belongs), tied=Subquery(ties.values("why")[:1]))
    rows = list(known.filter(Q(belongs=True) | Q(tied=Tie.Why.HANDLER)).order_by("first_name", "last_name", "username"))
    return People([row for row in rows if vars(row)["belongs"]], [row for row in rows if vars(row)["tied"] == Tie.Why.HANDLER])


def documents(earmark: Earmark) -> list[Document]:
    """The newest documents with a part in the grant, one more than are shown when there are more."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_DOCUMENTS, [LOOKED_THROUGH, earmark.pk, DOCUMENTS + 1])
        return [Document(sha256, name, kept_at, ", ".join(_named(of_what))) for sha256, name, kept_at, of_what in cursor.fetchall()]


def _named(codes: Sequence[str]) -> list[str]:
    return [str(OF_WHAT[code]) for code in codes]


def is_document_of(earmark: int) -> RawSQL:
    """The digests of every document with a part in a grant."""
    return RawSQL(f"SELECT d.sha256 FROM ({DOCUMENTS_OF}) AS d", [EVERY, earmark])  # noqa: S608, S611
