"""The one search: what it finds, whom it tells, and where it leads."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from initiatives import claims, movements, payments, vouchers
from initiatives.models import Voucher
from initiatives.paying.references import reference
from ledger.finding import has_words, transfers
from ledger.kinds import Cause
from ledger.models import Transfer
from tests import documents
from tests.test_admin_front import words

FIND = "/admin/find/"


def register(people, earmark, voucher, amount, **told):
    told = {"text": "2. rate 2023 til Ærø", "case_number": "2023-1102", **told}
    return payments.register_disbursement(
        people.sofie, earmark, amount=Money(amount, "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4(), **told
    )


@pytest.fixture
def paid(people, lift, voucher):
    return payments.approve(people.anders, register(people, lift, voucher, "475000.50"), key=uuid.uuid4())


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return client


def found(client, text) -> dict[str, list[str]]:
    """The hits' titles by heading."""
    return {group.heading: [hit.title for hit in group.hits] for group in client.get(FIND, {"q": text}).context["groups"]}


@pytest.mark.parametrize(
    "text",
    ["475.000,50", "475000,50", "475.000,50 kr.", "475 000,5", "2023-1102", "2. rate ærø", "RATE ÆRØ", "rat ær", "ærø 475.000,50", "lift ærø", "1102 ærø"],
)
def test_a_transfer_is_found_by_its_amount_its_case_number_its_text_and_its_account_however_they_are_typed(paid, text):
    assert {paid.pk, paid.pending_id} == set(transfers(text).values_list("pk", flat=True))


@pytest.mark.parametrize(
    "text", ["475.000,51", "475000.50", "2023-1103", "xyz ærø", "ærø odense", "02", "%", "_", "'", "\\", "&|!:*()", "²", "9" * 40, "a" * 5000]
)
def test_what_is_not_there_is_not_found_and_nothing_typed_breaks_it(sofie, paid, text):
    sought = set(transfers(text).values_list("pk", flat=True))
    assert paid.pk not in sought
    assert sofie.get(FIND, {"q": text}).status_code == 200
    assert sofie.get("/admin/ledger/transfer/", {"q": text}).status_code == 200


def test_every_term_counts_and_a_short_number_is_no_beginning_of_a_longer(people, lift, voucher, paid):
    other = register(people, lift, voucher, "20.00", text="Messe", case_number="2024-77")
    assert {other.pk} == set(transfers("messe 20,00").values_list("pk", flat=True))
    assert paid.pk not in transfers("20").values_list("pk", flat=True)
    assert paid.pk in transfers("2023").values_list("pk", flat=True)


def test_a_reference_or_a_number_leads_to_its_transfer_at_once(sofie, paid):
    at = f"/admin/ledger/transfer/{paid.pending_id}/change/"
    ours = reference(paid.pending_id)
    for text in (ours, ours.lower(), ours.replace("-", ""), f"nr. {paid.pending_id}", f"#{paid.pending_id}", f" {ours} "):
        assert sofie.get(FIND, {"q": text})["Location"] == at
    wrong = f"{ours[:-1]}{(int(ours[-1]) + 1) % 10}"
    assert "ingen udbetaling har den" in words(sofie.get(FIND, {"q": wrong}))


def test_a_bare_number_leads_to_a_transfer_only_when_nothing_else_is_called_so(sofie, people, lift, voucher, paid):
    text = str(paid.pk)
    assert sofie.get(FIND, {"q": text})["Location"] == f"/admin/ledger/transfer/{paid.pk}/change/"
    vouchers.keep(people.sofie, documents.pdf("Brev"), f"brev {text}.pdf")
    assert found(sofie, text) == {"Posteringer": [f"Udbetaling nr. {text}"], "Bilag": [f"brev {text}.pdf"]}


def test_one_search_finds_grants_organisations_actors_claims_vouchers_and_people(sofie, people, lift, paid):
    actor = movements.open_local_actor(people.sofie, lift, name="Ø-huset", municipality_code="492")
    claim = claims.expect(
        people.sofie,
        lift,
        amount=Money("100.25", "DKK"),
        cause=Cause.UNSPENT,
        due=date(2023, 7, 1),
        raised_on=date(2023, 6, 1),
        text="Lejrturen blev aflyst",
        key=uuid.uuid4(),
    )
    assert found(sofie, "mary fonden")["Tilskud"] == ["Mary Fonden"]
    assert found(sofie, "mary")["Tilskudsmodtagere"] == ["Mary Fonden"]
    assert found(sofie, actor.name)["Lokale aktører"] == [actor.name]
    assert found(sofie, "lejrturen")["Krav"] == found(sofie, "100,25")["Krav"] == [str(claim)]
    assert found(sofie, "faktura")["Bilag"] == ["faktura.pdf"]
    assert found(sofie, "østergård")["Personer"] == ["Søren Østergård"]
    cvr = lift.grantee.cvr
    assert not cvr or "Mary Fonden" in found(sofie, cvr)["Tilskudsmodtagere"]
    granted = lift.account.credits.get(kind="earmarking", step="post").case_number
    assert not granted or "Mary Fonden" in found(sofie, granted)["Tilskud"]


def test_a_registration_and_its_approval_are_one_hit_and_all_of_it_is_in_the_list(sofie, people, lift, voucher, paid):
    for øre in range(8):
        register(people, lift, voucher, Decimal(f"1.0{øre}"), text="Kursus på Læsø")
    group = next(group for group in sofie.get(FIND, {"q": "læsø"}).context["groups"] if group.heading == "Posteringer")
    assert (len(group.hits), group.count, group.has_more) == (6, 8, True)
    assert len(sofie.get(group.more_url).context["cl"].result_list) == 8
    (group,) = (group for group in sofie.get(FIND, {"q": "2. rate ærø"}).context["groups"] if group.heading == "Posteringer")
    assert ([hit.title for hit in group.hits], group.count, group.has_more) == ([f"Udbetaling nr. {paid.pk}"], 1, False)


def test_everybody_finds_what_they_may_read_and_no_more(client, people, paid):
    client.force_login(people.adam)
    assert list(found(client, "sofie")) == ["Personer"]
    assert found(client, "mary fonden").keys() <= {"Personer"}
    assert client.get(FIND, {"q": reference(paid.pending_id)}).status_code == 200
    for person in (people.maria, people.rikke):
        client.force_login(person)
        assert client.get(FIND, {"q": "mary"}).status_code in (302, 403)


def test_staff_search_from_the_pages_outside_the_administration_too(client, people):
    for person, offered in ((people.karen, True), (people.rikke, False)):
        client.force_login(person)
        assert ('<form class="find" method="get" action="/admin/find/"' in client.get("/revision/log/").text) == offered


def test_the_search_costs_the_same_however_much_there_is(sofie, people, lift, voucher):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert sofie.get(FIND, {"q": "rate"}).status_code == 200
        return len(captured)

    register(people, lift, voucher, "1.00")
    queries()  # what is asked once
    before = queries()
    for øre in range(10, 40):
        register(people, lift, voucher, Decimal(f"1.{øre}"))
    assert queries() == before <= 20


def test_words_and_amounts_are_found_by_index(db):
    looked_up = {
        "transfer_words": Transfer.objects.filter(has_words("ærø", "text", "case_number")),
        "transfer_by_amount": Transfer.objects.filter(amount=Decimal(475000)),
        "voucher_words": Voucher.objects.filter(has_words("faktura", "name")),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for index, rows in looked_up.items():
        assert index in rows.order_by().values("pk").explain()
