"""»Det er ikke rigtigt«: a grantee raises a case beside what it is about; it stays open until somebody who had no hand in it has answered."""

import uuid
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from djmoney.money import Money

from initiatives import payments
from initiatives.models import Case, CaseMessage, Earmark
from initiatives.telling import cases
from ledger.models import Transfer
from ledger.refusals import KeyReused, LedgerError

DAY = date(2023, 4, 3)


def pay(people, earmark, voucher) -> Transfer:
    pending = payments.register_disbursement(people.sofie, earmark, amount=Money("500000", "DKK"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
    return payments.approve(people.anders, pending, key=uuid.uuid4())


@pytest.fixture
def paid(people, lift, voucher) -> Transfer:
    return pay(people, lift, voucher)


@pytest.fixture
def case(people, lift, paid) -> Case:
    return cases.raise_case(people.maria, lift.grantee, transfer=paid, text="Der kom kun 400.000 kr.", key=uuid.uuid4())


def is_open(case: Case) -> bool:
    return Case.objects.open().filter(pk=case.pk).exists()


def test_a_case_stays_open_until_it_is_answered_and_the_grantee_is_told_the_answer(people, case, lift):
    cases.write(people.karen, case, text="Vi ser på det.", key=uuid.uuid4())
    assert is_open(case)
    cases.close(people.knud, case, answer="Banken har sendt resten i dag.", key=uuid.uuid4())
    assert not is_open(case)
    told = lift.grantee.notices.latest("pk")
    assert (told.what, told.case_id, told.figures["text"], told.figures["by"]) == ("answer", case.pk, "Banken har sendt resten i dag.", "Knud Holst")


def test_writing_again_opens_it_again(people, case):
    cases.close(people.knud, case, answer="Det er rettet.", key=uuid.uuid4())
    cases.write(people.maria, case, text="Nej, der mangler stadig noget.", key=uuid.uuid4())
    assert is_open(case)
    cases.write(people.mette, case, text="Vi ser på det igen.", key=uuid.uuid4())
    assert is_open(case), "what the ministry says without closing closes nothing"


@pytest.mark.parametrize(
    ("username", "hand"),
    [
        ("sofie", "payment"),
        ("anders", "payment"),
        ("karen", "details"),
        ("lars", "details"),
        ("nina", "details"),
        ("mette", "earmark"),
        ("maria", "tie"),
        ("knud", None),
    ],
)
def test_whoever_had_a_hand_in_it_is_known_and_knud_had_none(people, case, username, hand):
    assert cases.bar(case, getattr(people, username)) == hand


@pytest.mark.parametrize("username", ["karen", "mette", "lars"])
def test_whoever_may_answer_and_had_a_hand_in_it_does_not_close_it(people, case, username):
    with pytest.raises(LedgerError) as refusal:
        cases.close(getattr(people, username), case, answer="Alt er i orden.", key=uuid.uuid4())
    assert refusal.value.rule == "case_is_closed_by_clean_hands"
    assert is_open(case)


def test_a_hand_in_what_undid_the_payment_is_a_hand_in_it(people, case, paid, voucher):
    from initiatives.models import Grantee
    from ledger.kinds import Cause

    reversal = payments.reverse(people.søren, paid, cause=Cause.NEVER_SENT, value_date=DAY, key=uuid.uuid4(), voucher=voucher)
    assert cases.bar(case, people.søren) == "payment"
    about_the_reversal = cases.raise_case(people.maria, Grantee.objects.get(slug="mary-fonden"), transfer=reversal, text="Pengene kom.", key=uuid.uuid4())
    assert cases.bar(about_the_reversal, people.anders) == "payment", "who approved what it undoes"


def test_a_case_that_names_no_payment_is_about_everything_of_the_grantee(people, lift, paid):
    general = cases.raise_case(people.maria, lift.grantee, text="Nogen har ringet om en ny konto.", key=uuid.uuid4())
    assert {name for name in ("sofie", "anders", "nina", "mette") if cases.bar(general, getattr(people, name))} == {"sofie", "anders", "nina", "mette"}
    assert cases.clean_hands(general) == [people.knud]


def test_only_people_with_the_right_answer(people, case):
    for username in ("sofie", "anders", "adam", "rikke"):
        with pytest.raises(PermissionDenied):
            cases.write(getattr(people, username), case, text="Det passer.", key=uuid.uuid4())


@pytest.mark.parametrize("username", ["sofie", "freja", "rikke"])
def test_only_the_grantees_own_people_raise_a_case(people, lift, paid, username):
    with pytest.raises((LedgerError, PermissionDenied)):
        cases.raise_case(getattr(people, username), lift.grantee, transfer=paid, text="Nej", key=uuid.uuid4())
    assert not Case.objects.exists()


def test_a_case_is_about_something_of_ones_own(people, lift, voucher):
    theirs = pay(people, Earmark.objects.with_accounts().get(slug="faellesskabsguides-roede-kors"), voucher)
    for about in (
        {"transfer": theirs},
        {"notice": theirs.notices.get()},
        {"transfer": pay(people, lift, voucher), "notice": lift.grantee.notices.latest("pk")},
    ):
        with pytest.raises(LedgerError) as refusal:
            cases.raise_case(people.maria, lift.grantee, text="Nej", key=uuid.uuid4(), **about)
        assert refusal.value.rule == "case_is_about_its_grantee"


def test_a_double_click_says_it_once(people, lift, paid):
    key = uuid.uuid4()
    first = cases.raise_case(people.maria, lift.grantee, transfer=paid, text="Nej", key=key)
    assert cases.raise_case(people.maria, lift.grantee, transfer=paid, text="Nej", key=key) == first
    with pytest.raises(KeyReused):
        cases.raise_case(people.maria, lift.grantee, transfer=paid, text="Jo", key=key)
    again = uuid.uuid4()
    cases.close(people.knud, first, answer="Jo.", key=again)
    cases.close(people.knud, first, answer="Jo.", key=again)
    assert CaseMessage.objects.count() == 1


def test_nothing_is_said_with_nothing_in_it(people, case):
    for words in ("", " \n\u00a0"):
        with pytest.raises(LedgerError) as refusal:
            cases.close(people.knud, case, answer=words, key=uuid.uuid4())
        assert (refusal.value.rule, refusal.value.field) == ("case_says_what_is_wrong", "text")


CLOSE = "INSERT INTO initiatives_casemessage (key, case_id, text, closes, by_grantee, written_by_id) VALUES (gen_random_uuid(), %s, 'Lukket', true, false, %s)"
RAISE = """INSERT INTO initiatives_case (key, grantee_id, opened_by_id, text, transfer_id)
           SELECT gen_random_uuid(), id, %s, 'Nej', %s FROM initiatives_grantee WHERE slug = 'mary-fonden' RETURNING id"""


@pytest.mark.parametrize(
    ("username", "rule"),
    [
        ("sofie", "case_is_answered_with_the_right"),
        ("karen", "case_is_closed_by_clean_hands"),
        ("mette", "case_is_closed_by_clean_hands"),
        ("maria", "case_is_closed_by_the_ministry"),
    ],
)
def test_sql_closes_no_case_for_them_either(application, username, rule):
    case = application.one(RAISE, application.person("maria"), application.pay()["id"])
    with application.refused(rule):
        application.run(CLOSE, case, application.person(username))


def test_sql_raises_no_case_in_the_grantees_name_and_none_twice_closed(application):
    paid = application.pay()["id"]
    with application.refused("case_is_raised_by_the_grantee"):
        application.run(RAISE, application.sofie, paid)
    case = application.one(RAISE, application.person("maria"), paid)
    application.run(CLOSE, case, application.person("knud"))
    with application.refused("case_is_open"):
        application.run(CLOSE, case, application.person("knud"))


def test_those_who_handle_payments_read_no_case(client, people, case):
    for username in ("sofie", "anders", "nina", "pia", "ida"):
        client.force_login(getattr(people, username))
        assert client.get(f"/admin/initiatives/case/{case.pk}/").status_code == 403
        assert "Indsigelser" not in client.get("/admin/").content.decode()
        assert b"indsigelse" not in client.get("/admin/").content
    for username in ("karen", "mette", "knud"):
        client.force_login(getattr(people, username))
        assert "1 indsigelse</strong>" in client.get("/admin/").content.decode()


def test_the_grantee_raises_it_from_its_page_and_follows_it(visit, people, lift, voucher):
    paid = pay(people, lift, voucher)
    maria = visit("maria", size="phone")
    maria.page.locator(f'a[href="/indsigelser/ny/?postering={paid.pk}"]').click()
    maria.look()
    maria.page.get_by_role("button", name="Send indsigelsen").click()
    maria.look()
    assert "Skriv, hvad der ikke er rigtigt." in maria.text()
    maria.page.get_by_label("Hvad er ikke rigtigt?").fill("Der kom kun 400.000 kr. på vores konto: æøå")
    maria.page.get_by_role("button", name="Send indsigelsen").click()
    maria.look()
    assert "Der kom kun 400.000 kr. på vores konto: æøå" in maria.text()
    assert "Venter på svar" in maria.text()
    case = Case.objects.get()

    karen = visit("karen")
    assert "1 indsigelse fra tilskudsmodtagere venter på svar" in karen.text()
    karen.go("/admin/initiatives/case/")
    karen.click(str(case))
    assert "Den kan lukkes af Knud Holst." in karen.text()
    assert not karen.page.get_by_role("button", name="Svar, og luk indsigelsen").count()

    knud = visit("knud", size="phone")
    knud.go(f"/admin/initiatives/case/{case.pk}/")
    knud.page.get_by_role("textbox", name="Svar").fill("Resten er sendt i dag.")
    knud.page.get_by_role("button", name="Svar, og luk indsigelsen").click()
    knud.look()
    assert "Besvaret og lukket" in knud.text()

    maria.go(case.get_absolute_url())
    assert "Resten er sendt i dag." in maria.text()
    maria.page.get_by_label("Skriv mere").fill("Det er stadig ikke kommet.")
    maria.page.get_by_role("button", name="Send").click()
    maria.look()
    assert is_open(case)

    rikke = visit("rikke")
    rikke.go("/indsigelser/")
    rikke.click(f"{case}: Udbetaling nr. {paid.pk}")
    assert "Det er stadig ikke kommet." in rikke.text()


@pytest.mark.parametrize("address", ["?postering=999999", "?postering=nej", "?besked=1&postering=1", "?krav=1", "?oplysninger=1&krav=2", "?postering=%00"])
def test_an_address_about_nothing_of_ones_own_is_not_there(client, people, address):
    client.force_login(people.maria)
    assert client.get(f"/indsigelser/ny/{address}").status_code == 404


def test_too_long_a_text_is_refused_beside_the_field_and_kept(client, people, lift):
    client.force_login(people.maria)
    answer = client.post("/indsigelser/ny/", {"key": str(uuid.uuid4()), "text": "æ" * 2001})
    assert answer.status_code == 200
    assert "Teksten er for lang: højst 2.000 tegn." in answer.content.decode()
    assert "æ" * 2001 in answer.content.decode()
    assert not Case.objects.exists()
