"""README is held to the truth: its commands exist, its log-ins work, its map names real places."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import get_commands

from initiatives import demo

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_it_names_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert {"demo", "setup_database", "audit_ledger", "export_journal", "bench"} <= named
    assert named <= set(get_commands())


@pytest.mark.django_db
def test_every_log_in_it_names_works_and_none_is_forgotten():
    rows = [line for line in README.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in rows if "/" not in line.split("|")[1] and "." not in line.split("|")[1])))
    assert named == {person.username for person in demo.PEOPLE}
    assert demo.PASSWORD in README
    assert all(authenticate(username=username, password=demo.PASSWORD) for username in named)


def test_every_place_on_its_map_exists():
    table = README.split("## Where things are")[1].split("## Run it")[0]
    missing = []
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        folder = ""
        for place in re.findall(r"`([^`]+)`", row):
            path = place if "/" in place and (ROOT / place).exists() else f"{folder}/{place}"
            folder = folder or str(Path(place).parent)
            if not (ROOT / path).exists():
                missing.append(place)
    assert missing == []


def test_its_picture_is_there():
    for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert (ROOT / picture).exists()


def test_settings_say_which_variables_they_read():
    source = (ROOT / "ensomhed" / "settings.py").read_text(encoding="utf-8")
    described = set(re.findall(r"^([A-Z_]{5,})\s{2,}", source.split('"""')[1], re.MULTILINE))
    read = set(re.findall(r"""(?:environ(?:\.get)?[\[(]|switch\(|names\()["']([A-Z_]+)["']""", source))
    assert read <= described
