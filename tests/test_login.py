"""Logging in, where each person lands, and what a page says when it cannot be shown."""

import re

import pytest
from django.views.defaults import server_error

from ensomhed.models import User
from initiatives import demo
from tests.appointing import appointed

WRONG = "Brugernavn eller adgangskode er forkert. Prøv igen."


@pytest.mark.parametrize(
    ("username", "lands"),
    [("sofie", "/admin/"), ("anders", "/admin/"), ("mette", "/admin/"), ("karen", "/admin/"), ("adam", "/admin/"), ("rikke", "/revision/")]
    + [(grantee, "/tilskud/") for grantee in ("freja", "bo", "maria", "åse", "rune")],
)
def test_each_person_lands_where_they_belong(client, people, username, lands):
    entered = client.post("/log-ind/", {"username": username, "password": demo.PASSWORD}, follow=True)
    assert entered.redirect_chain[-1][0] == lands
    assert entered.status_code == 200


def test_whoever_is_not_logged_in_is_asked_to_and_then_gets_the_page_they_came_for(client, people):
    asked = client.get("/tilskud/lift-mary-fonden/")
    assert asked.url == "/log-ind/?next=/tilskud/lift-mary-fonden/"
    form = client.get(asked.url).text
    assert '<input type="hidden" name="next" value="/tilskud/lift-mary-fonden/">' in form
    entered = client.post("/log-ind/", {"username": "maria", "password": demo.PASSWORD, "next": "/tilskud/lift-mary-fonden/"})
    assert entered.url == "/tilskud/lift-mary-fonden/"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"])
def test_logging_in_leads_nowhere_outside_the_site(client, people, elsewhere):
    entered = client.post(f"/log-ind/?next={elsewhere}", {"username": "maria", "password": demo.PASSWORD, "next": elsewhere})
    assert entered.url == "/"


def test_a_wrong_log_in_never_tells_what_was_wrong(client, people):
    User.objects.filter(pk=people.bo.pk).update(is_active=False)
    answers = {
        client.post("/log-ind/", {"username": username, "password": password}).text.count(WRONG)
        for username, password in [("maria", "forkert"), ("findes-ikke", demo.PASSWORD), ("bo", demo.PASSWORD)]
    }
    assert answers == {1}
    assert client.get("/tilskud/").status_code == 302


def test_logging_out_takes_a_button_and_not_a_link(client, people):
    client.force_login(people.maria)
    assert client.get("/log-ud/").status_code == 405
    assert client.get("/tilskud/").status_code == 200
    assert client.post("/log-ud/").url == "/log-ind/"
    assert client.get("/tilskud/").status_code == 302


def test_somebody_without_a_role_is_told_whom_to_ask(client, people):
    newcomer = User.objects.create_user("ny", password=demo.PASSWORD)
    client.force_login(newcomer)
    assert "Adam Dahl" in client.get("/").text
    appointed(newcomer, "Tilskudsmodtager")
    assert client.get("/").url == "/tilskud/"
    assert "Der er ingen tilskud at vise endnu." in client.get("/tilskud/").text


def test_invented_movements_are_marked_for_demo_people_only(client, people):
    client.force_login(people.maria)
    assert "Prøveudgave: personer og bevægelser er opdigtede." in client.get("/tilskud/").text
    User.objects.filter(pk=people.maria.pk).update(is_demo=False)  # somebody whom the access administrator made sees the same invented money
    assert "Prøveudgave" in client.get("/tilskud/").text
    User.objects.update(is_demo=False)
    assert "Prøveudgave" not in client.get("/tilskud/").text


def test_what_cannot_be_shown_says_so_in_danish_and_shows_a_way_on(client, people, rf):
    client.force_login(people.maria)
    missing, forbidden, broken = client.get("/findes-ikke/"), client.get("/revision/"), server_error(rf.get("/"))
    assert [answer.status_code for answer in (missing, forbidden, broken)] == [404, 403, 500]
    for answer, title in ((missing, "Siden findes ikke"), (forbidden, "Ingen adgang"), (broken, "Noget gik galt hos os")):
        page = answer.content.decode()
        assert f"<h1>{title}</h1>" in page
        assert '<html lang="da">' in page
        assert re.search(r'<a href="/">Gå til forsiden</a>', page)


def test_a_form_without_its_token_is_refused_in_danish(people):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/log-ind/", {"username": "maria", "password": demo.PASSWORD})
    assert answer.status_code == 403
    assert "Siden stod åben for længe" in answer.text


@pytest.mark.parametrize("username", [None, "maria", "rikke"])
def test_no_page_holds_a_script_or_a_style_of_its_own_or_asks_a_third_party(client, people, username):
    if username:
        client.force_login(getattr(people, username))
    for address in ("/log-ind/", "/tilskud/", "/tilskud/lift-mary-fonden/", "/revision/", "/revision/posteringer/", "/findes-ikke/"):
        page = client.get(address)
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|(src|href)=\"(https?:)?//", page.text), address
        if page.status_code == 200 and address != "/log-ind/":
            assert "no-store" in page["Cache-Control"]
        assert "default-src 'self'" in page["Content-Security-Policy"]


def test_a_wrong_log_in_is_said_aloud_on_a_phone(people, visit, committed):
    nobody = visit(size="phone")
    nobody.go("/log-ind/")
    nobody.page.get_by_label("Brugernavn").fill("maria")
    nobody.page.get_by_label("Adgangskode").fill("forkert")
    nobody.page.get_by_role("button", name="Log ind").click()
    nobody.look()
    assert nobody.page.get_by_role("alert").inner_text() == WRONG
    nobody.page.set_viewport_size({"width": 320, "height": 640})
    nobody.look()


def test_everybody_changes_their_own_password_and_only_with_the_old_one(client, people):
    client.force_login(people.maria)
    new = {"new_password1": "en lang og ny sætning", "new_password2": "en lang og ny sætning"}
    assert "ikke indtastet korrekt" in client.post("/adgangskode/", {"old_password": "gæt", **new}).text
    assert client.post("/adgangskode/", {"old_password": demo.PASSWORD, **new}).headers["Location"] == "/adgangskode/skiftet/"
    people.maria.refresh_from_db()
    assert people.maria.check_password("en lang og ny sætning")
    assert "Adgangskoden er skiftet" in client.get("/adgangskode/skiftet/").text


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_changing_the_password_in_a_real_browser(visit, size):
    maria = visit("maria", size=size)
    maria.click("Skift adgangskode")
    maria.click("Skift adgangskode", "button")  # nothing filled in: each field says so
    maria.page.get_by_label("Gammel adgangskode").fill(demo.PASSWORD)
    maria.page.get_by_label("Ny adgangskode", exact=True).fill("en lang og ny sætning")
    maria.page.get_by_label("Bekræftelse af ny adgangskode").fill("en lang og ny sætning")
    maria.click("Skift adgangskode", "button")
    assert "Adgangskoden er skiftet" in maria.text()
