"""What became of the money: accounts that cover its year, what was claimed and what came back."""

from collections.abc import Iterator
from datetime import date

from django.db.models import DecimalField, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from djmoney.money import Money

from initiatives import rights
from initiatives.course.people import People
from initiatives.course.steps import DONE, ENDED, NEXT, WRONG, Place, Step, of_transfer
from initiatives.models import AccountsReport, AccountsReportQuerySet, Claim, Deadline, Earmark, LocalActor
from ledger.formats import date_text, kroner
from ledger.kinds import AccountKind, Kind
from ledger.kinds import Step as Booked
from ledger.models import Transfer

MOST = 12
"""of a kind in one course; more are counted"""
DOCUMENTED = "(SELECT coalesce(sum(e.amount) FILTER (WHERE e.post_id IS NOT NULL), 0) FROM initiatives_accounts_entries(initiatives_accountsreport.id) AS e)"
REST = "(initiatives_claim_standing(initiatives_claim.id)).rest"
AMOUNT = DecimalField(max_digits=14, decimal_places=2)


def accounts(earmark: Earmark, day: date, people: People, actor: LocalActor | None = None) -> Iterator[Step]:
    """The accounts that cover a day: the grantee's own, and, of money that is passed on, the local actors'; when none came yet, by when they should."""
    covering = AccountsReport.objects.filter(earmark=earmark, starts__lte=day, ends__gte=day)
    if actor:
        covering = covering.filter(actor=actor)
    found = list(with_documents(covering).order_by("actor_id", "id")[: MOST + 1])
    for report in found[:MOST]:
        yield from of_report(report, people)
    if len(found) > MOST:
        yield Step("Flere regnskaber", f"Kun {MOST} af årets regnskaber vises her.", place=Place("Se alle", reverse("admin:initiatives_accounts_list")))
    if not any(report.actor_id is None and report.state != "afvist" for report in found) and actor is None:
        yield from _expected(earmark, day.year)


def with_documents(reports: AccountsReportQuerySet) -> AccountsReportQuerySet:
    """Accounts with their people, and what the books count as documented by them."""
    documented = RawSQL(DOCUMENTED, [], output_field=AMOUNT)  # noqa: S611 — nothing typed is in it
    return reports.select_related("earmark__grantee", "actor", "received_by", "decision__decided_by").annotate(documented=documented)


def received(report: AccountsReport) -> Step:
    words = f"{report} modtaget {date_text(report.received_on)}: {kroner(report.used)} anvendt."
    return Step("Regnskab modtaget", words, report.received_at, str(report.received_by), report.used, report.voucher_id, _where(report))


def _where(report: AccountsReport) -> Place:
    return Place(f"Regnskab nr. {report.pk}", report.get_absolute_url())


def of_report(report: AccountsReport, people: People) -> Iterator[Step]:
    """Accounts as they came in, and how somebody else judged them."""
    where = _where(report)
    yield received(report)
    decision = getattr(report, "decision", None)
    if decision is None:
        who = people.who(rights.CHECK_ACCOUNTS, [report.received_by_id])
        yield Step("Næste: kontrol af regnskabet", f"Kan godkendes eller afvises af {who}.", place=where, state=NEXT)
    elif decision.approved:
        counted = Money(report.documented, "DKK")  # type: ignore[attr-defined]
        yield Step("Regnskab godkendt", f"{kroner(counted)} er dokumenteret anvendt.", decision.decided_at, str(decision.decided_by), counted, place=where)
    else:
        yield Step("Regnskab afvist", f"Begrundelse: »{decision.reason}«.", decision.decided_at, str(decision.decided_by), place=where, state=ENDED)


def _expected(earmark: Earmark, year: int) -> Iterator[Step]:
    deadline = Deadline.objects.in_force().filter(earmark=earmark, what=Deadline.What.ACCOUNTS, year=year).first()
    if deadline:
        late = deadline.due_in_force < timezone.localdate()
        words = f"{earmark.grantee} skal aflægge regnskab for {year} senest {date_text(deadline.due_in_force)}."
        yield Step(
            "Mangler: regnskab" if late else "Næste: regnskab", words, place=Place("Fristen", deadline.get_absolute_url()), state=WRONG if late else NEXT
        )


def came_back(earmark: Earmark, since: date, besides: frozenset[int]) -> Iterator[Step]:
    """What was claimed of the earmark's money from that day on, and every repayment, with its cause and where it went: in the order of their days."""
    claims = Claim.objects.filter(earmark=earmark, raised_on__gte=since).select_related("raised_by").annotate(rest=RawSQL(REST, [], output_field=AMOUNT))  # noqa: S611
    undone = Exists(Transfer.objects.filter(reverses=OuterRef("pk"), kind=Kind.REVERSAL, step=Booked.POST))
    repaid = Transfer.objects.filter(kind=Kind.REPAYMENT, debit_account=earmark.grantee_account_id, value_date__gte=since).exclude(pk__in=besides)
    told = repaid.annotate(undone=undone).select_related("credit_account", "booked_by").order_by("value_date", "id")
    found = [(claim.raised_on, _claimed(claim)) for claim in claims.order_by("raised_on", "id")[: MOST + 1]]
    found += [(row.value_date, _repaid(row)) for row in told[: MOST + 1]]
    found.sort(key=lambda one: one[0])
    yield from (step for _, step in found[:MOST])
    if len(found) > MOST:
        where = Place("Se øremærkningen", reverse("admin:initiatives_earmark_change", args=[earmark.pk]), earmark.get_absolute_url())
        yield Step("Flere krav og tilbagebetalinger", f"Kun de første {MOST} vises her.", place=where)


def _claimed(claim: Claim) -> Step:
    rest = Money(claim.rest, "DKK")  # type: ignore[attr-defined]
    state = f"{kroner(rest)} mangler, forfalder {date_text(claim.due)}." if rest.amount else "Intet mangler."
    late = bool(rest.amount) and claim.due < timezone.localdate()
    return Step(
        "Siden krævet tilbage", f"{claim.why.label.capitalize()}: »{claim.reason}«. {state}", claim.raised_at, str(claim.raised_by), claim.amount,
        claim.voucher_id or "", Place(str(claim), claim.get_absolute_url()), WRONG if late else DONE if not rest.amount else NEXT,
    )  # fmt: skip


def _repaid(row: Transfer) -> Step:
    undone_since = " Den er siden ført tilbage." if row.undone else ""  # type: ignore[attr-defined]
    words = f"{row.get_cause_display().capitalize()}, valørdato {date_text(row.value_date)}. {_went_to(row)}{undone_since}"
    state = ENDED if undone_since else DONE
    return Step("Siden betalt tilbage", words, row.booked_at, str(row.booked_by), row.amount, row.voucher_sha256, of_transfer(row), state)


def _went_to(row: Transfer) -> str:
    if row.credit_account.kind == AccountKind.EARMARK:
        return "Gik til øremærkningen og kunne bruges igen i samme finansår."
    return "Tilfaldt statskassen."


def answers(row: Transfer) -> Iterator[Step]:
    """The claims that a repayment, or a claim given up, answers."""
    for claim in Claim.objects.filter(Q(matches__transfer=row)).select_related("raised_by").distinct():
        words = f"{claim.why.label.capitalize()}: »{claim.reason}«. Forfaldt {date_text(claim.due)}."
        other = claim.amount if claim.amount != row.amount else None
        yield Step("Krævet tilbage", words, claim.raised_at, str(claim.raised_by), other, claim.voucher_id or "", Place(str(claim), claim.get_absolute_url()))
