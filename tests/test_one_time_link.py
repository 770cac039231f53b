"""Nobody sets anybody else's password: a one-time link goes to the person's own address."""

import re
import time

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ensomhed.models import User
from initiatives import demo
from initiatives.access import roles
from tests.steps import Telephone, enter, is_in, said, somebody

USERS = "/admin/ensomhed/user/"
NEW = {"new_password1": "kastanjer i november", "new_password2": "kastanjer i november"}


@pytest.fixture
def adam(client, people) -> User:
    client.force_login(people.adam)
    return people.adam


def link_in(message) -> str:
    return re.search(r"http://testserver(/adgangskode/vaelg/\S+)", message.body)[1]


def follow(link: str) -> tuple[Client, str]:
    """A browser that has opened the link, and the address of the page that it shows."""
    browser = Client()
    opened = browser.get(link)
    return browser, opened.headers.get("Location", link)


def test_a_new_person_gets_a_link_chooses_a_password_and_logs_in(client, adam):
    made = client.post(f"{USERS}add/", {"username": "tove", "first_name": "Tove", "last_name": "Lind", "email": "tove@example.dk", "job_title": "Revisor"})
    tove = User.objects.get(username="tove")
    assert made.url == f"{USERS}{tove.pk}/change/"
    assert not tove.has_usable_password()
    assert "har endnu ingen adgangskode" in said(client.get(made.url))
    sent = client.post(f"{USERS}{tove.pk}/link/", follow=True)
    assert "Linket er sendt til tove@example.dk" in said(sent)
    assert [message.to for message in mail.outbox] == [["tove@example.dk"]]
    browser, page = follow(link_in(mail.outbox[0]))
    assert "Dit brugernavn er tove" in said(browser.get(page))
    assert link_in(mail.outbox[0]).split("/")[-2] not in page  # the link itself leaves the address bar
    assert "Adgangskoden er gemt. Log ind med den." in said(browser.post(page, NEW, follow=True))
    assert not is_in(browser)
    enter(browser, tove, password="kastanjer i november")
    assert is_in(browser)
    assert "Sendte et engangslink" in LogEntry.objects.filter(object_id=tove.pk).latest("pk").get_change_message()


def test_a_person_without_an_address_gets_no_link(client, adam, people):
    User.objects.filter(pk=people.bo.pk).update(email="")
    assert "har ingen e-mailadresse" in said(client.post(f"{USERS}{people.bo.pk}/link/", follow=True))
    assert mail.outbox == []
    answer = client.post(f"{USERS}add/", {"username": "tove", "first_name": "Tove", "last_name": "Lind", "email": ""})
    assert answer.context["adminform"].form.errors["email"]


def test_a_link_works_once_and_a_second_one_dies_with_it(client, adam, people):
    User.objects.filter(pk=people.maria.pk).update(email="maria@example.dk")
    for _ in range(2):
        client.post(f"{USERS}{people.maria.pk}/link/")
    first, second = map(link_in, mail.outbox)
    browser, page = follow(first)
    browser.post(page, NEW)
    for link in (first, second):
        again, shown = follow(link)
        assert "Linket virker ikke længere" in said(again.get(shown))
        again.post(
            "/adgangskode/vaelg/" + link.split("/")[3] + "/set-password/", {"new_password1": "noget helt nyt 123", "new_password2": "noget helt nyt 123"}
        )
    people.maria.refresh_from_db()
    assert people.maria.check_password("kastanjer i november")


def test_a_link_is_too_old_after_four_hours(people):
    class Then(type(default_token_generator)):
        """The same generator, as it was when the link was made."""

        def _now(self):
            then = super()._now()
            return then.__class__.fromtimestamp(then.timestamp() - self.ago)

    for ago, words in ((settings.PASSWORD_RESET_TIMEOUT - 60, "Vælg din adgangskode"), (settings.PASSWORD_RESET_TIMEOUT + 60, "Linket virker ikke længere")):
        then = Then()
        then.ago = ago
        made = f"/adgangskode/vaelg/{urlsafe_base64_encode(force_bytes(people.maria.pk))}/{then.make_token(people.maria)}/"
        browser, page = follow(made)
        assert words in said(browser.get(page)), (ago, time.time())


@pytest.mark.parametrize("forged", ["MQ/abc-def", "x/y", "%00/%00", "MTIz/" + "a" * 400])
def test_a_forged_link_opens_nothing(people, forged):
    answer = Client().get(f"/adgangskode/vaelg/{forged}/")
    assert answer.status_code in (200, 404)
    assert "Gem adgangskoden" not in answer.text


def test_a_new_address_ends_the_link_that_went_to_the_old_one_and_the_old_one_is_told(client, adam, people):
    User.objects.filter(pk=people.maria.pk).update(email="maria@example.dk")
    client.post(f"{USERS}{people.maria.pk}/link/")
    maria = User.objects.get(pk=people.maria.pk)
    names = ("username", "first_name", "last_name", "job_title")
    typed = {**{name: getattr(maria, name) for name in names}, "email": "ny@example.dk", "is_active": "on", "grantees": [str(maria.grantees.get().pk)]}
    assert client.post(f"{USERS}{maria.pk}/change/", typed).status_code == 302
    told = mail.outbox[-1]
    assert (told.to, told.subject) == (["maria@example.dk"], "Din e-mailadresse er ændret")
    assert "Adam Dahl" in told.body
    browser, page = follow(link_in(mail.outbox[0]))
    assert "Linket virker ikke længere" in said(browser.get(page))


def test_a_link_gives_no_second_step_and_takes_none_away(client, adam):
    """An access administrator who has the mail of an approver still does not get in as her."""
    hanne = somebody("hanne", "Godkender", email="hanne@example.dk")
    Telephone(hanne)
    client.post(f"{USERS}{hanne.pk}/link/")
    browser, page = follow(link_in(mail.outbox[0]))
    browser.post(page, NEW)
    assert enter(browser, hanne, password="kastanjer i november").url == "/log-ind/andet-trin/"
    assert not is_in(browser)


def test_the_keeper_of_addresses_does_not_come_into_an_approvers_role_through_one(client, adam, people):
    """The address first, then the lost telephone that management believes in, then the link: the first of them is refused, on the page and in SQL."""
    hanne = somebody("hanne", "Godkender", email="hanne@example.dk")
    Telephone(hanne)
    page = f"{USERS}{hanne.pk}/change/"
    typed = {
        "username": "hanne",
        "first_name": "Hanne",
        "last_name": "Bro",
        "email": "adam@elsewhere.example",
        "job_title": "",
        "is_active": "on",
        "is_staff": "on",
    }
    answer = client.post(page, typed)
    assert answer.status_code == 200
    assert "foreslå rollerne på ny" in said(answer)
    with pytest.raises(DatabaseError, match="holds a role"), transaction.atomic():
        User.objects.filter(pk=hanne.pk).update(email="adam@elsewhere.example")
    roles.take_away(people.adam, hanne)
    assert client.post(page, typed).status_code == 302
    moved = User.objects.get(pk=hanne.pk)
    assert (moved.email, moved.may("initiatives.approve_payment")) == ("adam@elsewhere.example", False), "and management decides on her roles anew"


def test_a_weak_password_is_refused_beside_its_field(client, adam, people):
    User.objects.filter(pk=people.maria.pk).update(email="maria@example.dk")
    client.post(f"{USERS}{people.maria.pk}/link/")
    browser, page = follow(link_in(mail.outbox[0]))
    for weak in ("kort", "123456789012", "qwertyuiop"):
        assert 'class="problem" role="alert"' in browser.post(page, {"new_password1": weak, "new_password2": weak}).text
    people.maria.refresh_from_db()
    assert people.maria.check_password(demo.PASSWORD)


def test_whoever_may_not_log_in_gets_no_link(client, adam, people):
    User.objects.filter(pk=people.maria.pk).update(email="maria@example.dk")
    client.post(f"{USERS}{people.maria.pk}/link/")
    User.objects.filter(pk=people.maria.pk).update(is_active=False)
    assert client.post(f"{USERS}{people.maria.pk}/link/").status_code == 404
    browser, page = follow(link_in(mail.outbox[0]))
    assert "Linket virker ikke længere" in said(browser.get(page))


def test_a_mail_that_cannot_leave_is_said(client, adam, people, settings):
    settings.EMAIL_BACKEND = "ensomhed.mail.NotSetUp"
    User.objects.filter(pk=people.maria.pk).update(email="maria@example.dk")
    assert "Mailen kunne ikke sendes" in said(client.post(f"{USERS}{people.maria.pk}/link/", follow=True))


@pytest.mark.parametrize("username", ["sofie", "anders", "mette", "karen", "maria", "rikke"])
def test_only_the_access_administrator_sends_links(client, people, username):
    client.force_login(getattr(people, username))
    User.objects.filter(pk=people.bo.pk).update(email="bo@example.dk")
    assert client.post(f"{USERS}{people.bo.pk}/link/").status_code in (302, 403)
    assert client.post(f"{USERS}{people.bo.pk}/factor/").status_code in (302, 403)
    assert mail.outbox == []


def test_no_page_takes_another_persons_password(client, adam, people):
    for address in (f"{USERS}{people.sofie.pk}/password/", "/admin/password_change/"):
        assert client.get(address).status_code in (302, 404)
        client.post(address, {"password1": "helt ny adgangskode 42", "password2": "helt ny adgangskode 42", "set-password": "1"})
    client.post(f"{USERS}{people.sofie.pk}/change/", {"username": "sofie", "password": "helt ny", "password1": "helt ny adgangskode 42", "is_active": "on"})
    people.sofie.refresh_from_db()
    assert people.sofie.check_password(demo.PASSWORD)
