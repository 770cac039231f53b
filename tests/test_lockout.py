"""Failing to log in slows down whoever fails, there where they are; it cannot be used against the person whose name is tried."""

import re
import threading
from datetime import timedelta
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from ensomhed import attempts
from ensomhed.management.commands import serve
from ensomhed.models import Attempt, User
from initiatives import demo
from tests.steps import PASSWORD, Telephone, enter, is_in, said, somebody

STRANGER, HOME, OFFICE = "203.0.113.9", "198.51.100.4", "192.0.2.77"


def try_password(client: Client, username: str, password: str = "forkert", source: str = STRANGER):  # noqa: S107 — a guess
    return client.post("/log-ind/", {"username": username, "password": password}, REMOTE_ADDR=source)


def fail(username: str, times: int = attempts.FREE, source: str = STRANGER) -> None:
    for _ in range(times):
        assert try_password(Client(), username, source=source).status_code == 200


@pytest.fixture
def maria(people) -> User:
    return people.maria


def test_after_five_failures_the_sixth_waits_even_with_the_right_password(maria):
    fail("maria")
    answer = try_password(Client(), "maria", demo.PASSWORD)
    assert answer.status_code == 429
    assert "Der er forsøgt for mange gange herfra" in said(answer)
    assert "bed adgangsadministratoren" in said(answer)


def test_the_victim_gets_in_from_elsewhere_while_strangers_fail_in_her_name(maria):
    fail("maria")
    for _ in range(30):
        try_password(Client(), "maria")
    victim = Client()
    assert try_password(victim, "maria", demo.PASSWORD, source=HOME).url == "/"
    assert is_in(victim)


def test_the_victim_gets_in_on_the_strangers_own_network_with_a_browser_that_she_has_used_before(maria):
    known = Client()
    try_password(known, "maria", demo.PASSWORD, source=OFFICE)
    known.post("/log-ud/")
    fail("maria", source=OFFICE)
    assert try_password(Client(), "maria", demo.PASSWORD, source=OFFICE).status_code == 429  # a browser nobody has seen
    assert try_password(known, "maria", demo.PASSWORD, source=OFFICE).url == "/"


def test_a_known_browser_is_its_owners_and_gives_nobody_else_more_tries(people):
    mine = Client()
    try_password(mine, "bo", demo.PASSWORD)
    mine.post("/log-ud/")
    for _ in range(attempts.FREE):
        try_password(mine, "maria")
    assert try_password(mine, "maria", demo.PASSWORD).status_code == 429
    assert try_password(Client(), "maria", demo.PASSWORD).status_code == 429  # and the stranger's tries counted where they were made


def test_a_known_browser_that_is_stolen_is_slowed_down_too(maria):
    stolen = Client()
    try_password(stolen, "maria", demo.PASSWORD)
    stolen.post("/log-ud/")
    for number in range(attempts.FREE):
        try_password(stolen, "maria", source=f"203.0.113.{number}")
    assert try_password(stolen, "maria", demo.PASSWORD, source="203.0.113.99").status_code == 429


@pytest.mark.parametrize("cookie", ["", "x", "e30:1abc:forged", "\x00", "æ" * 50])
def test_a_forged_mark_of_a_browser_is_none(maria, cookie):
    fail("maria")
    forged = Client()
    forged.cookies[attempts.COOKIE] = cookie
    assert try_password(forged, "maria", demo.PASSWORD).status_code == 429


def test_a_stranger_does_not_learn_whether_somebody_exists(people):
    User.objects.filter(username="bo").update(is_active=False)
    answers = {}
    for username in ("maria", "bo", "findes-ikke"):
        before = try_password(Client(), username)
        fail(username, attempts.FREE - 1)
        after = try_password(Client(), username)
        answers[username] = [(one.status_code, said(one).replace(username, "…")) for one in (before, after)]
    assert answers["maria"] == answers["bo"] == answers["findes-ikke"]


def test_an_unknown_name_costs_as_much_to_refuse_as_a_known_one(people, settings):
    """Both compute one password; counted by the hasher that they run, not by the clock."""
    settings.PASSWORD_HASHERS = ["tests.test_lockout.Counting"]
    User.objects.filter(username="maria").update(password="counting$x$y")
    User.objects.filter(username="freja").update(password="!nothing")
    costs = {}
    for username in ("maria", "freja", "findes-ikke"):
        Counting.computed = 0
        try_password(Client(), username)
        costs[username] = Counting.computed
    assert set(costs.values()) == {1}, costs


class Counting:
    """A password hasher that only counts."""

    algorithm, computed, library, rounds = "counting", 0, None, 1

    def salt(self):
        return "x"

    def encode(self, password, salt):
        Counting.computed += 1
        return f"counting${salt}$z"

    def verify(self, password, encoded):
        Counting.computed += 1
        return False

    def must_update(self, encoded):
        return False

    def harden_runtime(self, password, encoded):
        """Nothing to even out."""


def test_waiting_grows_with_each_failure_and_ends(maria, rf):
    """As if the failures lay further back."""
    request = rf.get("/", REMOTE_ADDR=STRANGER)
    where = attempts.place(request, "maria")

    def failed(seconds_ago: float) -> None:
        moment = timezone.now() - timedelta(seconds=seconds_ago)
        Attempt.objects.create(pair=where.pair, source=STRANGER, step="password", outcome="failed", at=moment)

    for _ in range(5):
        failed(31)
    assert try_password(Client(), "maria").status_code == 200  # the half minute is over; this is the sixth failure
    assert try_password(Client(), "maria", demo.PASSWORD).status_code == 429
    last = Attempt.objects.filter(outcome="failed").latest("id").at
    with pytest.raises(attempts.TooMany) as wait:
        attempts.tried(request, "maria", Attempt.Step.PASSWORD, lambda: maria, entered=True)
    assert wait.value.until - last == timedelta(minutes=1)
    for _ in range(20):
        failed(1)
    with pytest.raises(attempts.TooMany) as wait:
        attempts.tried(request, "maria", Attempt.Step.PASSWORD, lambda: maria, entered=True)
    assert wait.value.until - timezone.now() <= attempts.LONGEST_WAIT


def test_failures_of_more_than_an_hour_ago_are_forgotten(maria, rf):
    where = attempts.place(rf.get("/", REMOTE_ADDR=STRANGER), "maria")
    for _ in range(50):
        Attempt.objects.create(pair=where.pair, step="password", outcome="failed", at=timezone.now() - timedelta(minutes=61))
    assert try_password(Client(), "maria", demo.PASSWORD).url == "/"


def test_waiting_is_not_prolonged_by_trying(maria):
    fail("maria")
    until = said(try_password(Client(), "maria"))
    for _ in range(10):
        try_password(Client(), "maria")
    assert Attempt.objects.filter(outcome="failed").count() == attempts.FREE
    assert said(try_password(Client(), "maria")) == until


def test_coming_in_forgets_the_failures_before_it(maria):
    fail("maria", 4)
    assert try_password(Client(), "maria", demo.PASSWORD).url == "/"
    fail("maria", 4)
    assert try_password(Client(), "maria", demo.PASSWORD).url == "/"


def test_guessing_codes_is_slowed_down_and_the_right_password_forgets_nothing(people):
    hanne = somebody("hanne", "Godkender")
    telephone = Telephone(hanne)
    for _ in range(attempts.FREE):  # a thief with the password, logging in anew for each guess
        thief = Client()
        enter(thief, hanne, REMOTE_ADDR=STRANGER)
        thief.post("/log-ind/andet-trin/", {"factor-code": telephone.wrong()}, REMOTE_ADDR=STRANGER)
    code = telephone.code()
    assert "For mange forsøg" in said(thief.post("/log-ind/andet-trin/", {"factor-code": code}, REMOTE_ADDR=STRANGER))
    assert not is_in(thief)
    victim = Client()
    enter(victim, hanne, telephone, REMOTE_ADDR=HOME)
    assert is_in(victim)


def test_guessing_at_an_approval_is_slowed_down(people):
    hanne = somebody("hanne", "Ledelse")
    telephone, inside = Telephone(hanne), Client()
    enter(inside, hanne, telephone)
    session = inside.session
    session["factor"] = {**session["factor"], "at": 0}
    session.save()
    for _ in range(attempts.FREE):
        inside.post("/andet-trin/noedkoder/", {"factor-asked": "1", "factor-code": telephone.wrong()})
    assert "For mange forsøg" in said(inside.post("/andet-trin/noedkoder/", {"factor-asked": "1", "factor-code": telephone.code()}))


def test_every_attempt_is_on_record_and_what_was_typed_as_a_name_is_not(people):
    try_password(Client(), "maria")
    try_password(Client(), "min-hemmelige-adgangskode")
    try_password(Client(), "maria", demo.PASSWORD, source=HOME)
    rows = Attempt.objects.order_by("id").values_list("person__username", "source", "step", "outcome")
    assert list(rows) == [
        ("maria", STRANGER, "password", "failed"),
        (None, STRANGER, "password", "failed"),
        ("maria", HOME, "password", "passed"),
        ("maria", HOME, "password", "entered"),
    ]
    assert not any("hemmelige" in str(value) for row in Attempt.objects.values_list() for value in row)


@pytest.mark.parametrize(("who", "trouble"), [("application", "permission denied"), ("owner", "only added to")])
def test_attempts_are_only_added_to(request, maria, who, trouble):
    connected = request.getfixturevalue(who)
    with pytest.raises(psycopg.Error, match=trouble), connected.connection.transaction():
        connected.run("TRUNCATE ensomhed_attempt")
    connected.run("INSERT INTO ensomhed_attempt (source, pair, step, outcome) VALUES ('', 'x', 'password', 'failed')")
    for statement in ("UPDATE ensomhed_attempt SET outcome = 'entered'", "DELETE FROM ensomhed_attempt"):
        with pytest.raises(psycopg.Error, match=trouble), connected.connection.transaction():
            connected.run(statement)


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, "203.0.113.9", "198.51.100.4", "203.0.113.9"),  # nobody but our own proxy is believed
        (1, "10.0.0.1", "198.51.100.4", "198.51.100.4"),
        (1, "10.0.0.1", "6.6.6.6, 198.51.100.4", "198.51.100.4"),  # what a stranger wrote stands further left
        (2, "10.0.0.1", "6.6.6.6, 198.51.100.4, 10.0.0.2", "198.51.100.4"),
        (2, "10.0.0.1", "10.0.0.2", "10.0.0.1"),
        (1, "10.0.0.1", None, "10.0.0.1"),
        (1, "10.0.0.1", "'; DROP TABLE", ""),
        (0, "2001:db8::1", None, "2001:db8::1"),
    ],
)
def test_behind_a_proxy_the_address_is_the_one_that_our_own_proxy_saw(rf, settings, proxies, remote, forwarded, address):
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert attempts.address(rf.get("/", REMOTE_ADDR=remote, headers=headers)) == address


@pytest.mark.parametrize(("proxies", "seen"), [(1, "198.51.100.4"), (0, "127.0.0.1")])
def test_the_production_server_lets_through_what_our_own_proxy_says_and_nobody_elses(committed, settings, proxies, seen):
    settings.PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None
    server = serve.made("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.effective_port}/log-ind/"
        browser = build_opener(HTTPCookieProcessor())
        page = browser.open(address).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        sent = urlencode({"username": "maria", "password": "forkert", "csrfmiddlewaretoken": token}).encode()
        headers = {"X-Forwarded-For": "6.6.6.6, 198.51.100.4", "X-Forwarded-Proto": "https", "Referer": address.replace("http:", "https:")}
        assert "forkert" in browser.open(Request(address, sent, headers)).read().decode()
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        thread.join(5)
    assert list(Attempt.objects.values_list("source", flat=True)) == [seen]


def test_one_ipv6_network_is_one_place():
    assert attempts.network("2001:db8:1:2::1") == attempts.network("2001:db8:1:2:ffff::9") != attempts.network("2001:db8:1:3::1")
    assert attempts.network("::ffff:203.0.113.9") == "203.0.113.9"
    assert attempts.network("") == ""


def test_trying_many_at_once_gives_no_more_tries(committed):
    """Twenty guesses at the same moment: five are looked at, whatever the order."""
    answers: list[int] = []
    ready = threading.Barrier(8)

    def guess() -> None:
        ready.wait()
        answers.extend(try_password(Client(), "maria").status_code for _ in range(3))
        connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 24
    assert Attempt.objects.filter(outcome="failed").count() == attempts.FREE
    assert answers.count(200) == attempts.FREE
    connection.close()


def test_a_name_with_a_nul_is_refused_in_words(people):
    answer = try_password(Client(), "mar\x00ia")
    assert answer.status_code == 200
    assert "problem" in answer.text
    assert PASSWORD not in answer.text
