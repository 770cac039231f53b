"""A NUL in an address is answered as what it is: an address of nothing. PostgreSQL keeps none in a text."""

import pytest
from django.test import Client

from ledger.models import Account

NOTHING = [
    "/revision/konti/a%00b/",
    "/revision/hent/kontokort/a%00/",
    "/revision/hent/kontokort/a%00.csv",
    "/revision/?søg=%00",
    "/bilag/%00/",
    "/tilskud/%00/",
    "/log-ind/?next=%00",
    "/admin/ledger/transfer/?finansaar=%00",
    "/admin/ledger/transfer/?kind__exact=%00",
    "/admin/ledger/transfer/?a%00b=1",
    "/admin/initiatives/payment/register/?earmark=%00",
    "/admin/initiatives/voucher/%00/change/",
]


@pytest.mark.parametrize("address", NOTHING)
def test_there_is_nothing_at_an_address_with_a_nul_in_it(client, people, address):
    client.force_login(people.sofie)
    answer = client.get(address)
    assert answer.status_code == 404
    assert "Siden findes ikke" in answer.text
    assert client.post(address).status_code == 404
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("address", ["/admin/ledger/transfer/?finansaar=2023", "/admin/ledger/transfer/?q=%2500", "/revision/konti/", "/log-ind/?next=/"])
def test_every_other_address_is_asked_as_before(client, people, address):
    client.force_login(people.sofie)
    assert client.get(address).status_code in (200, 302)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/earmarks/a%00b/", 404),
        ("/api/v1/accounts/1%00/", 404),
        ("/api/v1/%00", 404),
        ("/api/v1/transfers/?case_number=%00", 400),
        ("/api/v1/transfers/?a%00b=1", 400),
        ("/api/v1/accounts/{treasury}/statement/?before=%00", 400),
        ("/api/v1/accounts/?kind=%00", 400),
    ],
)
def test_the_api_answers_a_nul_in_its_own_shape(client, people, address, status):
    client.force_login(people.sofie)
    answer = client.get(address.format(treasury=Account.objects.get(code="treasury").pk))
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
