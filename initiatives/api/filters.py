"""What lists can be narrowed by."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ledger.kinds import AccountKind, Kind, Step
from ledger.models import Account, Transfer


class Strict(filters.DjangoFilterBackend):
    """A filter that nobody knows, or that says nothing, is refused: it would answer with everything."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        known = {*view.filterset_class.base_filters, "cursor", "page_size"}
        wrong = dict.fromkeys(sorted(set(request.query_params) - known), "Parameteren kendes ikke. Kontrollér stavningen, eller udelad den.")
        wrong |= {name: "Angiv en værdi, eller udelad parameteren." for name, value in request.query_params.items() if name in known and not value}
        if wrong:
            raise ValidationError(wrong)
        return super().filter_queryset(request, queryset, view)


class Accounts(filters.FilterSet):
    code = filters.CharFilter(help_text="The whole code, such as earmark:lift-mary-fonden.")
    kind = filters.ChoiceFilter(choices=AccountKind.choices)


class IsoDay(filters.DateFilter):
    """2023-04-01, and no other notation."""

    def __init__(self, lookup: str) -> None:
        super().__init__(field_name="value_date", lookup_expr=lookup, input_formats=["%Y-%m-%d"], error_messages={"invalid": "Skriv datoen som 2023-04-01."})


class Transfers(filters.FilterSet):
    account = filters.CharFilter(method="touching", help_text="The code of an account, debited or credited.")
    kind = filters.ChoiceFilter(choices=Kind.choices)
    step = filters.ChoiceFilter(choices=Step.choices)
    value_date_from = IsoDay("gte")
    value_date_to = IsoDay("lte")
    case_number = filters.CharFilter()

    def touching(self, transfers: QuerySet[Transfer], _name: str, code: str) -> QuerySet[Transfer]:
        ids = list(Account.objects.filter(code=code).values_list("pk", flat=True))
        return transfers.filter(Q(debit_account__in=ids) | Q(credit_account__in=ids))
