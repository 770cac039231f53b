"""The ground the project stands on: pinned dependencies, who imports whom, what lies where."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOP_LEVEL = {"manage.py", "ensomhed", "ledger", "initiatives", "templates", "fixtures", "tests", "pyproject.toml", "README.md"}


def tracked() -> list[str]:
    return subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_installed_package_is_pinned_to_the_version_that_is_installed():
    pins = dict(pin.split("==") for pin in PROJECT["tool"]["uv"]["constraint-dependencies"])
    installed = {normalised(found.metadata["Name"]): found.version for found in distributions() if Path(str(found.locate_file(""))).is_relative_to(sys.prefix)}
    assert installed
    assert {name: version for name, version in installed.items() if pins.get(name) != version} == {}


def test_every_direct_dependency_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    direct = [line for line in lines if re.match(r'^    "[a-z0-9\[\]-]+>=', line)]
    assert len(direct) == len(PROJECT["project"]["dependencies"]) + len(PROJECT["dependency-groups"]["dev"])
    assert [line for line in direct if "# " not in line] == []


def test_the_top_level_holds_what_was_agreed_and_nothing_else():
    assert {name for name in (path.split("/")[0] for path in tracked()) if not name.startswith(".")} <= TOP_LEVEL


def test_no_module_is_longer_than_a_reader_can_hold():
    long = {
        path: lines
        for path in tracked()
        if path.endswith(".py") and "/migrations/" not in path and (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_the_books_know_nothing_of_what_was_decided():
    imports = re.compile(r"^\s*(from|import) initiatives\b", re.MULTILINE)
    modules = [path for path in tracked() if path.startswith("ledger/") and path.endswith(".py")]
    assert modules
    assert [path for path in modules if imports.search((ROOT / path).read_text(encoding="utf-8"))] == []
