"""A second step in the tests: real people, an app that computes real codes, sessions whose clock is set back."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.test import Client

from ensomhed import authenticators
from ensomhed.models import User
from tests.appointing import appointed

PASSWORD = "en lang sætning til prøven"


WHO = {
    "Sagsbehandler": "søren",
    "Godkender": "anders",
    "Ledelse": "lars",
    "Controller": "karen",
    "Stamdata": "nina",
    "Regnskabskontrol": "ida",
    "Udbetaler": "pia",
    "Adgangsadministrator": "adam",
    "Revisor": "rikke",
    "Tilskudsmodtager": "rune",
}


def somebody(username: str, role: str, **other) -> User:
    """A real person in this role, of whom nothing is invented: takes the place of one of the demo's people."""
    user = User.objects.get(username=WHO[role])
    if "email" in other:  # nobody with a role gets another address: given anew afterwards, as it would be
        appointed(user)
    user.is_demo = False
    for name, value in {"username": username, **other}.items():
        setattr(user, name, value)
    user.set_password(PASSWORD)
    user.save()
    if "email" in other:
        appointed(user, role)
    assert [group.name for group in user.groups.all()] == [role]
    return user


class Telephone:
    """The app on a person's telephone. Each call shows a code that was not used before: the next half minute's, where need be."""

    def __init__(self, user: User) -> None:
        self.user, self.secret, self.last = user, authenticators.new_secret(), 0
        self.row: Authenticator = auth.TOTP.activate(user, self.secret).instance

    def code(self) -> str:
        now = int(time.time()) // 30
        self.last = max(now - 1, self.last + 1)
        assert self.last <= now + 1, "three codes in half a minute: set the counter back"
        return self.at(self.last)

    def at(self, counter: int) -> str:
        return auth.format_hotp_value(auth.hotp_value(self.secret, counter))

    def wrong(self) -> str:
        """A code that no half minute near this one has."""
        near = {self.at(int(time.time()) // 30 + step) for step in range(-3, 4)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777") if code not in near)


def enter(client: Client, user: User, telephone: Telephone | None = None, password: str = PASSWORD, **headers):
    """Logs in through the pages; answers with the last answer."""
    answer = client.post("/log-ind/", {"username": user.username, "password": password}, **headers)
    if telephone and answer.status_code == 302 and answer.url == "/log-ind/andet-trin/":
        answer = client.post("/log-ind/andet-trin/", {"factor-code": telephone.code()}, **headers)
    return answer


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def set_back(client: Client, seconds: float, *names: str) -> None:
    """As if this much time had gone by since these moments of the session."""
    session = client.session
    for name in names:
        if name == "factor":
            session["factor"] = {**session["factor"], "at": session["factor"]["at"] - seconds}
        else:
            session[name] = session[name] - seconds
    session.save()


def said(answer) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
