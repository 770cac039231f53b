"""The second step of logging in: whoever can move money or read it all has one, shows it when logging in, and again before an approval."""

import json
import re
import uuid
from datetime import date

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.test import Client
from djmoney.money import Money

from ensomhed import authenticators, factor
from ensomhed.models import User
from initiatives import demo, payments, rights
from ledger.models import Transfer
from tests.steps import PASSWORD, Telephone, enter, is_in, said, set_back, somebody
from tests.test_urls import ROUTES, address_of  # noqa: F401 — a fixture

MONEYED = ("Sagsbehandler", "Godkender", "Ledelse", "Controller", "Revisor", "Stamdata", "Regnskabskontrol", "Udbetaler", "Adgangsadministrator")


@pytest.fixture
def hanne(people) -> User:
    """A real approver."""
    return somebody("hanne", "Godkender", first_name="Hanne", last_name="Bro")


@pytest.fixture
def telephone(hanne) -> Telephone:
    return Telephone(hanne)


@pytest.fixture
def pending(people, lift, voucher) -> Transfer:
    return payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())


def approval_of(pending: Transfer) -> tuple[str, dict[str, str]]:
    decision = {"decision": "approve", "approve-key": str(uuid.uuid4()), "approve-value_date": "01.04.2023", "approve-period": ""}
    return f"/admin/initiatives/payment/{pending.pk}/settle/", decision


def is_approved(pending: Transfer) -> bool:
    return Transfer.objects.filter(pending=pending, step="post").exists()


@pytest.mark.parametrize("role", MONEYED)
def test_every_role_over_money_needs_a_second_step(db, role):
    assert factor.required_of(somebody("ny", role))


def test_a_superuser_without_any_role_needs_one_too(client, people):
    """Django lets a superuser see the users, whatever the groups say."""
    User.objects.create_superuser("rod", password=PASSWORD)
    client.post("/log-ind/", {"username": "rod", "password": PASSWORD})
    assert client.get("/admin/ensomhed/user/").url == "/andet-trin/"


def test_every_right_that_a_verb_asks_for_is_on_the_list():
    asked = {value for name, value in vars(rights).items() if name.isupper() and isinstance(value, str)}
    assert asked - {rights.SEE_OWN, rights.READ_CASES} <= set(factor.MONEY)


def test_a_grantee_may_choose_it_and_an_invented_person_does_without(people):
    assert not factor.required_of(somebody("ny", "Tilskudsmodtager"))
    assert not factor.required_of(people.sofie)


def test_where_nothing_is_for_trying_invented_people_are_nobody(client, people, settings):
    client.force_login(people.sofie)
    settings.FOR_TRYING = False
    assert client.get("/admin/").status_code == 302
    client = Client()
    assert client.post("/log-ind/", {"username": "sofie", "password": demo.PASSWORD}).status_code == 200
    assert client.post("/log-ind/", {"person": "sofie"}).status_code == 200
    assert not is_in(client)
    assert "ét klik" not in client.get("/log-ind/").text
    assert factor.required_of(people.sofie)


@pytest.mark.parametrize("role", ["Godkender", "Revisor", "Adgangsadministrator", "Ledelse"])
def test_without_a_second_step_every_address_leads_to_setting_it_up(client, people, address_of, role):  # noqa: F811
    somebody("ny", role)
    assert client.post("/log-ind/", {"username": "ny", "password": PASSWORD}).url == "/"
    inside = {"log-ind/", "log-ud/", "admin/logout/", "andet-trin/", "andet-trin/app/", "andet-trin/adgangsnoegle/", "andet-trin/noedkoder/"}
    for route in ROUTES:
        if route in inside:
            continue
        for send in (client.get, client.post):
            answer = send(address_of(route))
            if route.startswith("api/v1/"):
                assert (answer.status_code, answer.json()["rule"]) == (403, "second_step_is_shown"), route
            else:
                assert answer.status_code == 404 or answer.url in ("/andet-trin/", "/log-ind/"), route  # 404: nothing is at the address
    assert client.get("/andet-trin/").status_code == 200


def test_setting_up_an_app_lets_a_newcomer_in_and_hands_out_recovery_codes_once(client, people):
    ny = somebody("ny", "Sagsbehandler")
    enter(client, ny)
    assert "Du skal have et andet trin" in said(client.get("/andet-trin/"))
    shown = client.get("/andet-trin/app/")
    assert 'class="qr"' in shown.text
    assert not re.search(r"<style|\sstyle=|data:", shown.text)
    secret = re.search(r"skriv: <code>([A-Z2-7 ]+)</code>", shown.text)[1].replace(" ", "")
    telephone = Telephone.__new__(Telephone)
    telephone.secret, telephone.last = secret, 0
    wrong = client.post("/andet-trin/app/", {"code": telephone.wrong()})
    assert "Koden passer ikke" in said(wrong)
    assert secret == re.search(r"skriv: <code>([A-Z2-7 ]+)</code>", wrong.text)[1].replace(" ", "")  # the picture that was scanned still counts
    assert client.get("/admin/").status_code == 302
    done = client.post("/andet-trin/app/", {"code": telephone.code()})
    codes = re.findall(r"<code>(\d{4} \d{4})</code>", done.text)
    assert len(set(codes)) == 10
    assert client.get("/admin/").status_code == 200
    assert codes[0] not in client.get("/andet-trin/").text
    kept = Authenticator.objects.get(user=ny, type="totp").data["secret"]
    assert secret not in kept  # whoever reads the table cannot make the codes


def test_logging_in_takes_the_password_and_then_the_code(client, hanne, telephone):
    assert enter(client, hanne).url == "/log-ind/andet-trin/"
    assert not is_in(client)
    assert client.get("/admin/").status_code == 302
    refused = client.post("/log-ind/andet-trin/", {"factor-code": telephone.wrong()})
    assert "Koden passer ikke" in said(refused)
    assert not is_in(client)
    assert client.post("/log-ind/andet-trin/", {"factor-code": telephone.code()}).url == "/"
    assert client.get("/admin/").status_code == 200


def test_the_second_step_alone_is_no_log_in(client, hanne, telephone):
    assert client.post("/log-ind/andet-trin/", {"factor-code": telephone.code()}).url == "/log-ind/"
    enter(client, hanne)
    session = client.session
    session["entering"] = {**session["entering"], "at": session["entering"]["at"] - 601}
    session.save()
    assert client.post("/log-ind/andet-trin/", {"factor-code": telephone.code()}).url == "/log-ind/"
    enter(client, hanne)
    hanne.set_password("noget helt andet 99")
    hanne.save()
    assert client.post("/log-ind/andet-trin/", {"factor-code": telephone.code()}).url == "/log-ind/"
    assert not is_in(client)


def test_a_code_counts_once_wherever_it_was_read(client, hanne, telephone):
    code = telephone.code()
    enter(client, hanne)
    client.post("/log-ind/andet-trin/", {"factor-code": code})
    assert is_in(client)
    over_the_shoulder = Client()
    enter(over_the_shoulder, hanne)
    assert "Koden passer ikke" in said(over_the_shoulder.post("/log-ind/andet-trin/", {"factor-code": code}))
    earlier = telephone.at(telephone.last - 1)
    assert "Koden passer ikke" in said(over_the_shoulder.post("/log-ind/andet-trin/", {"factor-code": earlier}))


def test_a_recovery_code_works_once(client, hanne, telephone):
    code = authenticators.make_recovery_codes(hanne)[3]
    for works in (True, False):
        client.logout()
        enter(client, hanne)
        client.post("/log-ind/andet-trin/", {"factor-code": f"{code[:4]} {code[4:]}"})
        assert is_in(client) is works
    assert authenticators.recovery_codes_left(hanne) == 9


@pytest.mark.parametrize("code", ["", "æøå", "٠١٢٣٤٥", "1" * 21, "1\x002345", "-12345", "='1'+1"])
def test_what_is_no_code_is_refused_in_words(client, hanne, telephone, code):
    enter(client, hanne)
    answer = client.post("/log-ind/andet-trin/", {"factor-code": code})
    assert answer.status_code == 200
    assert 'class="problem" role="alert"' in answer.text
    assert not is_in(client)


@pytest.mark.parametrize("credential", ["x", "[]", "{}", '{"id": 1}', "null", json.dumps({"id": "eA", "rawId": "eA", "type": "public-key", "response": {}})])
def test_what_is_no_passkey_is_refused_in_words(client, hanne, telephone, credential):
    enter(client, hanne)
    answer = client.post("/log-ind/andet-trin/", {"factor-credential": credential})
    assert "Adgangsnøglen passer ikke" in said(answer)
    assert not is_in(client)


def test_an_approval_asks_again_after_five_minutes_and_loses_nothing(client, hanne, telephone, pending):
    enter(client, hanne, telephone)
    set_back(client, 301, "factor")
    address, decision = approval_of(pending)
    asked = client.post(address, decision, headers={"referer": f"http://testserver{address}"})
    assert "Bekræft, at det er dig" in said(asked)
    assert not is_approved(pending)
    carried = dict(re.findall(r'<textarea name="([^"]+)" hidden>\n([^<]*)</textarea>', asked.text))
    assert carried == decision
    assert f'<a href="http://testserver{address}">Fortryd' in asked.text
    again = client.post(address, {**carried, "factor-asked": "1", "factor-code": telephone.wrong()})
    assert "Koden passer ikke" in said(again)
    assert dict(re.findall(r'<textarea name="([^"]+)" hidden>\n([^<]*)</textarea>', again.text)) == decision
    assert not is_approved(pending)
    assert client.post(address, {**carried, "factor-asked": "1", "factor-code": telephone.code()}).status_code == 302
    assert is_approved(pending)


def test_within_five_minutes_an_approval_asks_nothing(client, hanne, telephone, pending):
    enter(client, hanne, telephone)
    set_back(client, 290, "factor")
    client.post(*approval_of(pending))
    assert is_approved(pending)


def test_a_thief_at_an_open_session_approves_nothing(client, hanne, telephone, pending):
    """The approver went for coffee; whoever sits down knows neither the telephone nor its codes."""
    enter(client, hanne, telephone)
    set_back(client, 301, "factor")
    address, decision = approval_of(pending)
    for forged in ({}, {"factor-asked": "1"}, {"factor-asked": "1", "factor-code": ""}, {"factor-asked": "1", "factor-password": PASSWORD}):
        assert client.post(address, {**decision, **forged}).status_code == 200
    set_back(client, -10_000, "factor")  # a moment in the future is no fresh one
    client.post(address, decision)
    answer = client.post(f"/api/v1/disbursements/{pending.pk}/approve/", {}, content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (answer.status_code, answer.json()["rule"]) == (403, "second_step_is_fresh")
    assert not is_approved(pending)


def test_a_thief_at_an_open_session_neither_adds_nor_takes_away_a_second_step(client, hanne, telephone):
    enter(client, hanne, telephone)
    set_back(client, 301, "factor")
    for address, sent in {
        "/andet-trin/fjern/": {"number": telephone.row.pk},
        "/andet-trin/noedkoder/": {},
        "/andet-trin/adgangsnoegle/": {"name": "Min", "credential": "{}"},
    }.items():
        assert "Bekræft, at det er dig" in said(client.post(address, sent)), address
    assert list(Authenticator.objects.filter(user=hanne)) == [telephone.row]


def test_whoever_sits_down_at_a_grantees_open_session_sets_up_no_second_step(client, people):
    """Else the grantee would be locked out of the own account."""
    ny = somebody("ny", "Tilskudsmodtager")
    enter(client, ny)
    set_back(client, 301, "began")
    client.get("/andet-trin/app/")
    asked = client.post("/andet-trin/app/", {"code": "123456"})
    assert "adgangskoden" in said(asked)
    assert "Adgangskoden er forkert" in said(client.post("/andet-trin/app/", {"code": "123456", "factor-asked": "1", "factor-password": "gæt"}))
    assert "Koden passer ikke" in said(client.post("/andet-trin/app/", {"code": "123456", "factor-asked": "1", "factor-password": PASSWORD}))
    assert not Authenticator.objects.filter(user=ny).exists()


def test_the_last_second_step_stays_with_whoever_must_have_one(client, hanne, telephone):
    enter(client, hanne, telephone)
    client.post("/andet-trin/fjern/", {"number": telephone.row.pk})
    assert "Det er dit eneste andet trin" in said(client.get("/andet-trin/"))
    for nonsense in ("", "-1", "æ", "9" * 40, "1\x00"):
        assert client.post("/andet-trin/fjern/", {"number": nonsense}).status_code == 302
    assert Authenticator.objects.filter(user=hanne).exists()


def test_nobody_takes_away_anothers_second_step(client, people, hanne, telephone):
    ny = somebody("ny", "Sagsbehandler")
    enter(client, ny, Telephone(ny))
    client.post("/andet-trin/fjern/", {"number": telephone.row.pk})
    assert Authenticator.objects.filter(pk=telephone.row.pk).exists()


def test_a_second_step_that_was_taken_away_ends_what_was_entered_with_it(client, hanne, telephone):
    enter(client, hanne, telephone)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.filter(user=hanne).delete()
    assert client.get("/admin/").url == "/andet-trin/"


def test_a_session_from_before_it_was_set_up_shows_it_first(client, people):
    ny = somebody("ny", "Tilskudsmodtager")
    enter(client, ny)
    telephone = Telephone(ny)  # set up in another browser
    assert client.get("/tilskud/").url == "/andet-trin/bekraeft/?next=%2Ftilskud%2F"
    assert client.post("/andet-trin/bekraeft/", {"factor-code": telephone.code(), "next": "//example.org/"}).url == "/"
    assert client.get("/tilskud/").status_code == 200


def test_the_demos_people_enter_with_one_click_and_the_page_says_that_they_are_invented(client, people):
    page = client.get("/log-ind/")
    assert "Personerne er opdigtede og har intet andet trin" in said(page)
    assert client.post("/log-ind/", {"person": "anders", "next": "/admin/"}).url == "/admin/"
    assert "Prøvepersoner har intet andet trin" in said(client.get("/admin/"))
    client.logout()
    hanne = somebody("hanne", "Godkender")
    assert client.post("/log-ind/", {"person": hanne.username}).status_code == 404
    assert not is_in(client)


def test_an_invented_person_may_try_the_second_step_and_is_then_held_to_it(client, people):
    telephone = Telephone(people.anders)
    assert client.post("/log-ind/", {"person": "anders"}).url == "/log-ind/andet-trin/"
    client.post("/log-ind/andet-trin/", {"factor-code": telephone.code()})
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "page", ["accounts/signup/", "accounts/login/", "accounts/email/", "accounts/password/reset/", "accounts/2fa/", "admin/password_change/"]
)
def test_the_librarys_own_pages_do_not_exist(client, people, page):
    client.force_login(people.sofie)
    assert client.get(f"/{page}").status_code == 404


def test_an_application_that_lost_its_secret_lets_nobody_in(client, hanne, telephone, settings):
    enter(client, hanne)
    code = telephone.code()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "x" * 50, []
    assert authenticators.accepted(hanne, code=code) is None


def test_a_reset_takes_two_persons_and_ends_everything_the_lost_telephone_opened(client, people, hanne, telephone):
    inside = Client()
    enter(inside, hanne, telephone)
    authenticators.make_recovery_codes(hanne)
    client.force_login(people.adam)
    form = client.get(f"/admin/ensomhed/user/{hanne.pk}/factor/")
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', form.text)[1]
    settled = client.post(f"/admin/ensomhed/user/{hanne.pk}/factor/", {"key": key, "reason": "Telefonen faldt i havnen; talt med Hanne på kontoret."}).url
    assert Authenticator.objects.filter(user=hanne).count() == 2
    assert client.post(settled, {"decision": "approve", "approve-key": str(uuid.uuid4())}).status_code == 403  # who proposed
    client.force_login(people.mette)
    assert "Nulstilling af andet trin for Hanne Bro" in said(client.get(settled))
    client.post(settled, {"decision": "approve", "approve-key": str(uuid.uuid4())})
    assert not Authenticator.objects.filter(user=hanne).exists()
    assert inside.get("/admin/", follow=True).redirect_chain[-1][0] == "/log-ind/?next=/admin/"
    hanne.refresh_from_db()
    assert not hanne.has_usable_password()


def test_nobody_in_management_approves_the_reset_of_the_own_second_step(client, people):
    from initiatives.control import proposals
    from ledger.refusals import LedgerError

    Telephone(people.mette)
    proposal = proposals.propose(people.adam, "factor_reset", subject=f"user:{people.mette.pk}", after={"steps": []}, reason="Væk", key=uuid.uuid4())
    assert proposals.barred(proposal, people.mette) == "own"
    with pytest.raises(LedgerError):
        proposals.approve(people.mette, proposal, key=uuid.uuid4())
    with pytest.raises(LedgerError):  # a smaller change than what happens is not what is approved
        proposals.propose(people.adam, "factor_reset", subject=f"user:{people.mette.pk}x", after={"steps": ["totp"]}, reason="Væk", key=uuid.uuid4())
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    assert not Authenticator.objects.filter(user=people.mette).exists()


def test_reset_words_are_on_the_queue(client, people, hanne, telephone):
    from initiatives.control import proposals

    proposals.propose(people.adam, "factor_reset", subject=f"user:{hanne.pk}", after={"steps": []}, reason="Væk", key=uuid.uuid4())
    client.force_login(people.lars)
    assert "Nulstilling af andet trin for Hanne Bro" in said(client.get("/admin/initiatives/payment/waiting/"))


def test_settings_that_the_second_step_rests_on(db):
    assert settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM account_emailaddress")
        assert cursor.fetchone() == (0,)
