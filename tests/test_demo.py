"""`manage.py demo` and `manage.py serve`: one command starts everything, and stopping it stops what it started."""

import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from initiatives import demo
from tests.installation import Installation, gone, installed


@pytest.fixture(scope="module")
def played() -> Iterator[tuple[Installation, subprocess.CompletedProcess[str]]]:
    """An installation that `demo --prepare` has made, and what it said."""
    with installed() as installation:
        yield installation, installation.manage("demo", "--prepare")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lines_until(process: subprocess.Popen[str], last: str) -> list[str]:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if last in line:
            return lines
    raise AssertionError(process.communicate()[1])


def opened(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        assert answer.status == 200
        return answer.read()


def test_it_says_how_far_it_is(played):
    _, said = played
    assert (said.returncode, said.stderr) == (0, "")
    steps = re.findall(r"^\[ *(\d+\.\d) s\] (.+)$", said.stdout, re.MULTILINE)
    assert [step for _, step in steps] == ["Database", "Prøvepersoner", "Udmøntningen: 20,8 mio. kr. og 1,5 mio. kr.", "Prøvehistorien 2023-2025", "Klar"]


def test_run_again_it_books_nothing_twice(played):
    installation, _ = played
    before = installation.keys()
    assert installation.manage("demo", "--prepare").returncode == 0
    assert installation.keys() == before


def test_stopped_it_stops_the_database_and_the_next_start_finds_the_data(played, port):
    installation, _ = played
    before = installation.keys()
    running = installation.start("demo", "--port", str(port))
    said = lines_until(running, "Ctrl-C")
    server = installation.server
    assert server
    assert f"  http://127.0.0.1:{port}/   (adgangskode for alle: {demo.PASSWORD})" in said
    assert b"<html" in opened(port)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert gone(server)
    assert installation.server == 0
    assert installation.keys() == before
    people = [line for line in said if line.startswith("    ")]  # each can be logged in as, and stands in a column
    assert [line.split()[0] for line in people] == [person.username for person in demo.PEOPLE]
    assert {line.index(person.job_title) for line, person in zip(people, demo.PEOPLE, strict=True)} == {people[0].index("Sagsbehandler")}


def test_killed_in_the_middle_of_the_story_it_goes_on_and_finishes(played):
    whole = played[0].keys()
    with installed() as installation:
        running = installation.start("demo", "--prepare")
        lines_until(running, "Prøvehistorien")
        installation.kill_everything()
        running.kill()
        running.communicate()
        half = installation.keys()
        assert len(half) < len(whole)
        assert half == whole[: len(half)]
        finished = installation.manage("demo", "--prepare")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert installation.keys() == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_prepares_it_stops_the_database_without_a_word(played, number):
    installation, _ = played
    running = installation.start("demo", "--prepare")
    lines_until(running, "Prøvepersoner")
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (128 + number, "")
    assert installation.server == 0


def test_empty_leaves_the_story_out(played):
    with installed() as installation:
        said = installation.manage("demo", "--prepare", "--empty")
        assert "Prøvehistorien" not in said.stdout
        allocation = installation.keys()
        assert allocation == played[0].keys()[: len(allocation)]
        assert len(allocation) == 2 * (2 + 6)  # two frames and six earmarks, each proposed and approved


def test_with_debug_off_it_does_not_run(played):
    refused = played[0].manage("demo", DEBUG="0")
    assert refused.returncode == 1
    assert refused.stderr == "CommandError: The demo makes people with a known password and does not run with DEBUG off.\n"


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_that_is_taken_is_said_in_one_sentence(played, command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        refused = played[0].manage(command, "--port", str(taken))
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert f"127.0.0.1:{taken} is taken" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_site_served_alone_stops_in_order_too(played, port, number):
    installation, _ = played
    running = installation.start("serve", "--port", str(port))
    for _ in range(600):
        try:
            opened(port)
            break
        except OSError:
            assert running.poll() is None, running.communicate()[1]
            time.sleep(0.1)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == 0
    assert installation.server == 0
