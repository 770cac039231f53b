"""Management proposes decisions and payment windows in the admin; each waits for a second person."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from djmoney.money import Money

from initiatives import claims, movements, payments
from initiatives.control import proposals
from initiatives.models import Claim, Earmark, Frame
from ledger.kinds import Cause
from ledger.models import Transfer, Window
from tests import documents

PAGE = "/admin/initiatives/payment/propose/"
WINDOW = "/admin/initiatives/window/propose/"


@pytest.fixture
def mette(client, people):
    client.force_login(people.mette)
    return people.mette


def filled_in(earmark, **changes) -> dict:
    typed = {"key": str(uuid.uuid4()), "earmark": str(earmark.pk), "amount": "40.000", "value_date": "01.06.2023", "case_number": "", "text": ""}
    return {**typed, **changes}


def latest() -> Transfer:
    return Transfer.objects.latest("pk")


def document() -> SimpleUploadedFile:
    return SimpleUploadedFile("beslutning.pdf", documents.pdf("Partiernes beslutning"))


def test_a_release_and_a_lapse_wait_for_a_second_person(client, mette, lift):
    for decision, changes, kind, to in (
        ("release", {"voucher": document()}, "release", "frame:ensomhed-2023-2025"),
        ("lapse", {"value_date": "01.02.2026", "voucher": document()}, "lapse", "treasury"),
    ):
        without = client.post(PAGE, filled_in(lift, decision=decision, **{**changes, "voucher": ""}))
        assert without.context["form"].errors["voucher"] == ["Vedlæg bilaget. Uden bilag kan der ikke bogføres."]
        answer = client.post(PAGE, filled_in(lift, decision=decision, **changes))
        proposed = latest()
        assert answer["Location"] == f"/admin/initiatives/payment/{proposed.pk}/settle/"
        assert (proposed.step, proposed.kind, proposed.credit_account.code, proposed.amount) == ("pending", kind, to, Money("40000", "DKK"))


def test_what_came_back_and_was_not_used_lapses_at_year_end_so_that_the_year_can_close(client, people, mette, lift, voucher):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    movements.repay(people.sofie, lift, amount=Money("40000", "DKK"), cause=Cause.ERROR, value_date=date(2023, 5, 1), key=uuid.uuid4())
    answer = client.post(PAGE, filled_in(lift, decision="year_end", value_date="31.12.2023", amount="40.000,01"))
    assert "Kun 40.000,00\u00a0kr. kom tilbage" in answer.context["form"].errors["amount"][0]
    client.post(PAGE, filled_in(lift, decision="year_end", value_date="31.12.2023"))
    assert (latest().kind, latest().cause) == ("lapse", "year_end")


def claimed(by, earmark, amount) -> Claim:
    given = {"raised_on": date(2023, 5, 1), "due": date(2023, 6, 1), "text": "Uforbrugt", "key": uuid.uuid4()}
    return claims.expect(by, earmark, amount=Money(amount, "DKK"), cause=Cause.UNSPENT, **given)


def test_a_claim_is_written_off(client, people, mette, lift, voucher):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    small, large = (claimed(people.sofie, lift, amount) for amount in ("499.99", "40000"))
    client.post(PAGE, filled_in(lift, decision="waived", amount="499,99", voucher=document()))
    assert latest().kind == "disbursement", "only what was claimed is given up"
    both = client.post(PAGE, filled_in(lift, decision="waived", amount="499,99", claim=str(small.pk), voucher=document())).context["form"]
    assert "40.000,00\u00a0kr. er stadig krævet" in both.errors["amount"][0]
    proposals.approve(people.mette, claims.withdraw(people.sofie, large, reason="Rejst for tidligt", voucher=voucher, key=uuid.uuid4()), key=uuid.uuid4())
    waived = {**filled_in(lift, decision="waived", amount="499,99", claim=str(small.pk)), "earmark": ""}
    assert client.post(PAGE, waived).context["form"].errors["voucher"]
    client.post(PAGE, {**waived, "voucher": document()})
    assert (latest().kind, latest().cause) == ("write_off", "waived")
    assert (latest().debit_account, latest().credit_account) == (lift.grantee_account, lift.written_off_account)
    large = str(claimed(people.sofie, lift, "40000").pk)
    too_much = client.post(PAGE, filled_in(lift, decision="waived", amount="500", claim=large, voucher=document())).context["form"]
    assert "under 500,00\u00a0kr." in too_much.errors["amount"][0]
    assert client.post(PAGE, filled_in(lift, decision="bankruptcy", amount="40.000", claim=large)).context["form"].errors["voucher"]
    client.post(PAGE, filled_in(lift, decision="bankruptcy", amount="40.000", claim=large, voucher=document()))
    assert (latest().kind, latest().cause, latest().amount) == ("write_off", "bankruptcy", Money("40000", "DKK"))


def test_a_reallocation_is_not_proposed_among_the_other_decisions(client, mette, lift):
    other = Earmark.objects.get(slug="faellesskabsguides-aeldre-sagen")
    before = Transfer.objects.count()
    assert client.post(PAGE, filled_in(lift, decision="reallocate", target=str(other.pk), voucher=document())).context["form"].errors["decision"]
    assert Transfer.objects.count() == before


def test_a_payment_window_is_proposed_with_its_document(client, mette):
    frame = Frame.objects.get(slug="ensomhed-2023-2025")
    typed = {"key": str(uuid.uuid4()), "frame": str(frame.pk), "opens": "01.01.2023", "closes": "31.03.2026", "text": ""}
    assert client.post(WINDOW, typed).context["form"].errors["voucher"]
    assert client.post(WINDOW, {**typed, "closes": "01.01.2022", "voucher": document()}).context["form"].errors["closes"]
    answer = client.post(WINDOW, {**typed, "voucher": document()})
    proposed = Window.objects.latest("pk")
    assert answer["Location"] == f"/admin/initiatives/window/{proposed.pk}/settle/"
    assert (proposed.step, proposed.closes, proposed.booked_by) == ("pending", date(2026, 3, 31), mette)


@pytest.mark.parametrize("username", ["sofie", "anders", "karen"])
def test_only_management_proposes(client, people, lift, username):
    client.force_login(getattr(people, username))
    before = Transfer.objects.count()
    assert client.post(PAGE, filled_in(lift, decision="release")).status_code == 403
    assert client.get(WINDOW).status_code == 403
    assert Transfer.objects.count() == before
