"""What proposals about accounts say."""

from decimal import Decimal

from initiatives.accounts.questions import BARS
from initiatives.control.words import Words
from initiatives.models import AccountsReport, Proposal
from ledger.formats import date_text, kroner


def _headline(proposal: Proposal) -> str:
    report = AccountsReport.objects.told().get(pk=proposal.subject.partition(":")[2])
    return f"Forbrug, der ikke godkendes: {report}"


WORDS = {
    "disallowance": Words(
        headline=_headline,
        labels={"used": "Godkendt forbrug", "value_date": "Valørdato"},
        shown={"used": lambda amount: kroner(Decimal(amount)), "value_date": date_text},
        bars={why: f"Du {words}." for why, words in BARS.items()},
        effect="Det dokumenterede forbrug føres tilbage, det, der stadig er godkendt, bogføres igen, og forskellen kræves tilbage.",
    )
}
