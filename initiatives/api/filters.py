"""What lists can be narrowed by."""

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from ledger.kinds import AccountKind, Kind, Step
from ledger.models import Account, Transfer


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
