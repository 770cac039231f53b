"""How long somebody stays logged in, and what ends it."""

import pytest
from django.test import Client

from ensomhed import sessions
from initiatives import demo
from tests.steps import PASSWORD, Telephone, enter, is_in, said, set_back, somebody


def test_half_an_hour_without_a_click_ends_it_and_the_page_says_why(client, people):
    enter(client, people.maria, password=demo.PASSWORD)
    set_back(client, sessions.IDLE_SECONDS - 5, "seen")
    assert client.get("/tilskud/").status_code == 200
    set_back(client, sessions.IDLE_SECONDS + 5, "seen")
    answer = client.get("/tilskud/", follow=True)
    assert answer.redirect_chain == [("/log-ind/?next=/tilskud/", 302)]
    assert sessions.IDLE in said(answer)
    assert sessions.IDLE not in said(client.get("/log-ind/"))


def test_a_click_keeps_it_alive(client, people):
    enter(client, people.maria, password=demo.PASSWORD)
    for _ in range(4):
        set_back(client, 20 * 60, "seen")
        assert client.get("/tilskud/").status_code == 200


def test_eight_hours_after_the_log_in_it_ends_whatever_was_done(client, people):
    enter(client, people.maria, password=demo.PASSWORD)
    set_back(client, sessions.LONGEST_SECONDS + 5, "began")
    answer = client.get("/tilskud/", follow=True)
    assert sessions.TOO_LONG in said(answer)
    assert not is_in(client)


def test_what_is_posted_after_that_is_not_done(client, people):
    hanne = somebody("hanne", "Godkender")
    enter(client, hanne, Telephone(hanne))
    set_back(client, sessions.IDLE_SECONDS + 5, "seen")
    client.post("/andet-trin/noedkoder/")
    assert not is_in(client)
    assert not hanne.authenticator_set.filter(type="recovery_codes").exists()
    answer = client.get("/api/v1/earmarks/")
    assert answer.status_code == 401


def test_it_ends_with_the_browser_and_its_cookie_is_no_scripts(client, people):
    enter(client, people.maria, password=demo.PASSWORD)
    cookie = client.cookies["sessionid"]
    assert cookie["max-age"] == cookie["expires"] == ""
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert client.cookies["kendt_browser"]["httponly"] is True


def test_a_new_password_ends_every_other_session(client, people):
    elsewhere = Client()
    for one in (client, elsewhere):
        enter(one, people.maria, password=demo.PASSWORD)
    new = {"new_password1": "en lang og ny sætning", "new_password2": "en lang og ny sætning"}
    client.post("/adgangskode/", {"old_password": demo.PASSWORD, **new})
    assert client.get("/tilskud/").status_code == 200
    assert elsewhere.get("/tilskud/").url == "/log-ind/?next=/tilskud/"


@pytest.mark.parametrize("address", ["/log-ud/", "/admin/logout/"])
def test_logging_out_is_complete(client, people, address):
    enter(client, people.anders, password=demo.PASSWORD)
    stolen = client.cookies["sessionid"].value
    assert client.post(address).url == "/log-ind/"
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert thief.get("/admin/").status_code == 302
    assert not is_in(thief)


def test_logging_in_never_keeps_the_session_that_somebody_planted(people):
    hanne = somebody("hanne", "Godkender")
    telephone = Telephone(hanne)
    victim = Client()
    victim.get("/log-ind/")
    session = victim.session
    session["planted"] = True
    session.save()
    victim.cookies["sessionid"] = planted = session.session_key
    enter(victim, hanne)
    half = victim.cookies["sessionid"].value
    assert half != planted
    assert "planted" not in victim.session
    assert PASSWORD not in str(dict(victim.session))
    victim.post("/log-ind/andet-trin/", {"factor-code": telephone.code()})
    assert is_in(victim)
    assert victim.cookies["sessionid"].value not in (planted, half)


@pytest.mark.parametrize("key", ['"\\000\\000\\000\\000\\000\\000\\000\\000"', "æ" * 32, "x" * 5000, "'; DROP TABLE x; --", "../../../../etc/passwd"])
def test_a_cookie_that_is_no_sessions_key_is_nobodys(client, people, key):
    client.cookies["sessionid"] = "x"
    answer = Client(headers={"cookie": f"sessionid={key}"}).get("/tilskud/")
    assert answer.status_code == 302
    assert answer.url == "/log-ind/?next=/tilskud/"
