"""What proposals about accounts say."""

from collections.abc import Sequence
from decimal import Decimal

from initiatives.accounts.questions import BARS
from initiatives.control.words import Words, spoken_of
from initiatives.models import AccountsReport, Proposal
from ledger.formats import date_text, kroner


def _reports(proposals: Sequence[Proposal]) -> dict[int, AccountsReport]:
    numbers = {proposal.pk: int(proposal.subject.partition(":")[2]) for proposal in proposals}
    reports = AccountsReport.objects.select_related("earmark__grantee", "actor").in_bulk(set(numbers.values()))
    return {proposal: reports[number] for proposal, number in numbers.items()}


WORDS = {
    "disallowance": Words(
        headline=lambda proposal: f"Forbrug, der ikke godkendes: {spoken_of(proposal)}",
        spoken_of=_reports,
        labels={"used": "Godkendt forbrug", "value_date": "Valørdato"},
        shown={"used": lambda amount: kroner(Decimal(amount)), "value_date": date_text},
        bars={why: f"Du {words}." for why, words in BARS.items()},
        effect="Det dokumenterede forbrug føres tilbage, det, der stadig er godkendt, bogføres igen, og forskellen kræves tilbage.",
    )
}
