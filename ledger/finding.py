"""Finding transfers in the books, through the indexes of migrations/0006_search: the same from every page that searches. Nothing here writes."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Value

from ledger.formats import NotAnAmount, parse_amount
from ledger.models import Account, Transfer

M = TypeVar("M", bound=Model)

LONGEST = 200
MOST_TERMS = 8
SHORTEST_BEGINNING = 4
"""a number shorter than this is sought whole: 20 is not the beginning of 2023"""
FEW = 2000
"""so many are named one by one"""
LARGEST_NUMBER = 2**63 - 1
NOTHING = Q(pk__in=[])


def terms_of(text: str) -> list[str]:
    """What was typed, term by term. Nothing that cannot be looked for is left."""
    return text.replace("\x00", "")[:LONGEST].split()[:MOST_TERMS]


def words_of(term: str) -> list[str]:
    """The words of a term, as PostgreSQL keeps them: 2023-1102 → 2023, 1102."""
    return re.findall(r"[^\W_]+", term.lower())


def number_of(text: str) -> int | None:
    """The number that was typed: 12, nr. 12, #12."""
    found = re.fullmatch(r"\s*(?:nr\.?|#)?\s*([0-9]{1,19})\s*", text, re.IGNORECASE)
    return min(int(found.group(1)), LARGEST_NUMBER) if found else None


def amount_of(text: str) -> Decimal | None:
    """The amount that was typed, in any Danish notation."""
    try:
        return parse_amount(text)
    except NotAnAmount:
        return None


def has_words(term: str, *columns: str) -> Q:
    """Every word of the term, or one that begins with it, stands in these columns, which have an index of their words."""
    asked = " & ".join(f"'{word}'" if word.isdecimal() and len(word) < SHORTEST_BEGINNING else f"'{word}':*" for word in words_of(term))
    kept: Any = Func(*map(F, columns), function="ledger_words", output_field=SearchVectorField())
    return Q(SearchVectorExact(kept, SearchQuery(asked, config="simple", search_type="raw"))) if asked else NOTHING


def is_one_of(column: str, values: Sequence[Any]) -> Q:
    """The column is one of these, however many: one parameter, and an index finds them."""
    return Q(Func(F(column), Value(list(values)), template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())) if values else NOTHING


def those(rows: QuerySet[M], asked: Q) -> QuerySet[M]:
    """The rows of which this holds, cheap in any order.

    PostgreSQL cannot guess how many begin with a word: looked through newest first, a rare one would cost the whole table. So a few are read out at once.
    """
    found = list(rows.model._default_manager.filter(asked).order_by().values_list("pk", flat=True)[: FEW + 1])
    return rows.filter(is_one_of("pk", found) if len(found) <= FEW else asked)


def transfers(text: str, among: QuerySet[Transfer] | None = None) -> QuerySet[Transfer]:
    """The transfers with this number or this amount, or of which every term is told: in the text, the case number, the amount, or the name or code of an account."""
    rows, terms = Transfer.objects.all() if among is None else among, terms_of(text)
    if not terms:
        return rows
    number, told, accounts = number_of(text), Q(), _accounts(terms)
    for term in terms:
        ids = [pk for pk, said in accounts if term.lower() in said]
        told &= is_one_of("debit_account_id", ids) | is_one_of("credit_account_id", ids) | has_words(term, "text", "case_number") | _of_amount(term)
    return those(rows, (NOTHING if number is None else Q(pk=number)) | (_of_amount(text) if len(terms) > 1 else NOTHING) | told)


def _of_amount(text: str) -> Q:
    amount = amount_of(text)
    return NOTHING if amount is None else Q(amount=amount)


def _accounts(terms: list[str]) -> list[tuple[int, str]]:
    """The accounts that some term names, with everything they are called by."""
    named = Q()
    for term in terms:
        named |= Q(name__icontains=term) | Q(code__icontains=term) | Q(holder__icontains=term)
    found = Account.objects.filter(named).order_by().values_list("pk", "name", "code", "holder")
    return [(pk, " ".join(called).lower()) for pk, *called in found]
