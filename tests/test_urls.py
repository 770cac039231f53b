"""Every address of the site, opened as everybody: who gets what stands in the tables below, and an address that is in none of them fails.

The addresses with a name in them are Mary Fonden's: its earmark, its accounts, its payment and its voucher. Maria is Mary Fonden's, the other grantees are not.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import date

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import URLResolver, get_resolver
from djmoney.money import Money

from initiatives import payments
from initiatives.models import Earmark, Receipt
from initiatives.telling import cases
from ledger.models import Window

COLUMNS = {
    "nobody": [None],
    "maria": ["maria"],
    "other grantees": ["freja", "bo", "åse", "rune"],
    "readers on the staff": ["sofie", "anders", "mette", "karen", "knud"],
    "the keeper of access": ["adam"],
    "the auditor": ["rikke"],
}

# What a GET answers with, column by column. 403/405: whoever may not register is refused before the method is looked at.
PAGES = """
                                                nobody  maria  others  readers  keeper  auditor
    (front)                                       302    302     302     302      302     302
    log-ind/                                      200    302     302     302      302     302
    log-ud/                                       405    405     405     405      405     405
    adgangskode/                                  302    200     200     200      200     200
    adgangskode/skiftet/                          302    200     200     200      200     200
    adgangskode/vaelg/<uidb64>/<token>/           200    200     200     200      200     200
    log-ind/andet-trin/                           302    302     302     302      302     302
    andet-trin/                                   302    200     200     200      200     200
    andet-trin/app/                               302    200     200     200      200     200
    andet-trin/adgangsnoegle/                     302    200     200     200      200     200
    andet-trin/noedkoder/                         302    405     405     405      405     405
    andet-trin/fjern/                             302    405     405     405      405     405
    andet-trin/bekraeft/                          302    302     302     302      302     302
    tilskud/                                      302    200     200     200      403     200
    tilskud/<slug>/                               302    200     404     200      404     200
    tilskud/<slug>/afslutning/                    302    404     404     404      404     404
    beskeder/                                     302    200     200     200      403     200
    beskeder/<number>/                            302    200     404     200      403     200
    kontrolsum/                                   302    200     200     200      403     200
    indsigelser/                                  302    200     200     302/403  403     200
    indsigelser/ny/                               302    200     200     403      403     403
    indsigelser/<number>/                         302    200     404     302/404  404     200
    revision/                                     302    403     403     200      403     200
    revision/posteringer/                         302    403     403     200      403     200
    revision/posteringer/<number>/                302    403     403     200      403     200
    revision/konti/                               302    403     403     200      403     200
    revision/konti/<code>/                        302    403     403     200      403     200
    revision/undtagelser/                         302    403     403     200      403     200
    revision/adgange/                             302    403     403     200      403     200
    revision/forslag/<number>/                    302    403     403     200      403     200
    revision/log/                                 302    403     403     200      403     200
    revision/hent/log.csv                         302    403     403     200      403     200
    revision/hent/log.xlsx                        302    403     403     200      403     200
    revision/hent/posteringsliste/                302    403     403     200      403     200
    revision/hent/posteringsliste.csv             302    403     403     200      403     200
    revision/hent/kontokort/<code>/               302    403     403     200      403     200
    revision/hent/kontokort/<code>.csv            302    403     403     200      403     200
    bilag/<sha256>/                               302    403     403     200      403     200

    api/v1/schema/                                401    200     200     200      200     200
    api/v1/earmarks/                              401    200     200     200      200     200
    api/v1/earmarks/<slug>/                       401    200     404     200      404     200
    api/v1/accounts/                              401    200     200     200      200     200
    api/v1/accounts/<account>/                    401    200     404     200      404     200
    api/v1/accounts/<account>/statement/          401    200     404     200      404     200
    api/v1/transfers/                             401    200     200     200      200     200
    api/v1/transfers/<number>/                    401    200     404     200      404     200
    api/v1/disbursements/                         401    403     403     403/405  403     403
    api/v1/disbursements/<number>/approve/        401    405     405     405      405     405
    api/v1/disbursements/<number>/reject/         401    405     405     405      405     405
    api/v1/disbursements/<number>/withdraw/       401    405     405     405      405     405
    api/v1/                                       401    404     404     404      404     404
"""

# The administration, by what an address begins with; the longest that fits counts. Whoever may enter may still be refused there; everybody else always is.
ADMINISTRATION = {
    "admin/": ["readers on the staff", "the keeper of access"],
    "admin/ledger/": ["readers on the staff"],
    "admin/initiatives/": ["readers on the staff"],
    "admin/initiatives/access/": ["readers on the staff", "the keeper of access"],
    "admin/initiatives/proposal/": ["readers on the staff", "the keeper of access"],
    "admin/ensomhed/": ["the keeper of access"],
}
OPEN = ("admin/login/",)  # leads to the one log-in page


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every route of the site as it is written, with the converters left out: tilskud/<slug>/."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield re.sub(r"<\w+:(\w+)>", r"<\1>", route) or "(front)"


ROUTES = list(routes(get_resolver()))
TABLE = {line.split()[0]: dict(zip(COLUMNS, line.split()[1:], strict=True)) for line in PAGES.splitlines()[2:] if line.strip()}


@pytest.fixture
def address_of(people, lift, voucher):
    """Fills in what stands in angle brackets, so that every address shows something of Mary Fonden's."""
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("7", "DKK"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4())
    case = cases.raise_case(people.maria, lift.grantee, transfer=pending, text="Det er ikke rigtigt", key=uuid.uuid4())
    notice = lift.grantee.notices.latest("pk")
    things = {
        "slug": lift.slug,
        "number": pending.pk,
        "code": lift.account.code,
        "sha256": voucher.sha256,
        "digest": voucher.sha256,
        "account": lift.account.pk,
        "id": people.maria.pk,
        "content_type_id": ContentType.objects.get_for_model(Earmark).pk,
        "app_label": "ledger",
        "url": "findes-ikke",
        "role": 1,
        "uidb64": "MQ",
        "token": "for-gammelt",
        "kind": "bankline",
    }
    rows = {
        "account": lift.account.pk,
        "transfer": pending.pk,
        "period": "2023-01",
        "window": Window.objects.latest("pk").pk,
        "refusal": 1,
        "earmark": lift.pk,
        "grantee": lift.grantee.pk,
        "voucher": voucher.pk,
        "deadline": lift.deadlines.first().pk,
        "receipt": Receipt.objects.filter(deadline__earmark=lift).first().pk,
        "notice": notice.pk,
        "user": people.maria.pk,
    }

    def filled(route: str) -> str:
        kind = re.match(r"(?:admin|api)/\w+/(\w+)/", route)
        named = {**things, "object_id": rows.get(kind.group(1), lift.pk) if kind else lift.pk}
        named["pk"] = named["account"] if "/accounts/" in route else named["number"]
        named["number"] = {"beskeder": notice.pk, "indsigelser": case.pk}.get(route.split("/")[0], named["number"])
        if route.startswith(("revision/forslag/", "admin/initiatives/proposal/")):
            named["number"] = lift.grantee.proposals.first().pk
        if route.startswith("admin/initiatives/access/"):
            named["number"] = people.maria.pk
        if route.startswith(("admin/initiatives/deadline/", "admin/initiatives/receipt/")):
            named["number"] = rows[kind.group(1)]
        if route.startswith("admin/initiatives/period/"):
            named["code"] = "2023-01"
        plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "").replace("(front)", "")
        return "/" + re.sub(r"<(\w+)>", lambda name: str(named[name.group(1)]), plain)

    return filled


def row_of(route: str) -> str:
    """The route under the name by which the table knows it."""
    return route.replace("api/v1/accounts/<pk>", "api/v1/accounts/<account>").replace("<pk>", "<number>")


def test_every_address_of_the_site_stands_in_a_table():
    assert [route for route in ROUTES if row_of(route) not in TABLE and not route.startswith("admin/")] == []
    assert set(TABLE) - set(map(row_of, ROUTES)) == set(), "rows of addresses that are gone"


@pytest.mark.parametrize(("column", "username"), [(column, username) for column, usernames in COLUMNS.items() for username in usernames])
def test_everybody_gets_what_the_table_says(client, people, address_of, column, username):
    if username:
        client.force_login(getattr(people, username))
    got = {route: str(client.get(address_of(route)).status_code) for route in ROUTES if row_of(route) in TABLE}
    assert {route: status for route, status in got.items() if status not in TABLE[row_of(route)][column].split("/")} == {}


@pytest.mark.parametrize(("column", "username"), [(column, username) for column, usernames in COLUMNS.items() for username in usernames])
def test_the_administration_opens_for_those_it_is_for_and_for_nobody_else(client, people, address_of, column, username):
    if username:
        client.force_login(getattr(people, username))
    client.raise_request_exception = False
    for route in ROUTES:
        if not route.startswith("admin/") or route in OPEN:
            continue
        status = client.get(address_of(route)).status_code
        prefix = max((prefix for prefix in ADMINISTRATION if route.startswith(prefix)), key=len)
        if column in ADMINISTRATION[prefix]:
            assert status < 500, route
        else:
            assert status in (302, 403, 404, 405), route


def test_the_administration_is_not_shut_for_everybody(client, people, address_of):
    for username, route in [
        ("sofie", "admin/ledger/transfer/"),
        ("anders", "admin/initiatives/earmark/"),
        ("adam", "admin/ensomhed/user/"),
        ("adam", "admin/"),
    ]:
        client.force_login(getattr(people, username))
        assert client.get(address_of(route)).status_code == 200
