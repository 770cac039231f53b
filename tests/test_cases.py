"""The everyday cases of tests/cases/, each a ledger with its refusals and its end balances. The notation is told in tests/books.py."""

from pathlib import Path

import pytest

from tests.books import Books

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_everyday_case_ends_with_the_balances_that_it_says(path, people):
    earmark, lines, end = read(path)
    books = Books(people.by_name, at=earmark)
    books.play(lines)
    assert {name: f"{books.account(name).balance.amount:.2f}" for name in end} == end
    assert set(books.balances()) <= set(end), "an account moved that the case does not mention"
    assert books.reserved() == {}


def test_the_twenty_cases_are_all_there():
    assert len(CASES) == 20
    assert all(len(read(path)[1].splitlines()) > 3 and read(path)[2] for path in CASES)


def read(path: Path) -> tuple[str, str, dict[str, str]]:
    """A case's earmark, its lines, and its end balances."""
    head, _, rest = path.read_text(encoding="utf-8").partition("Earmark:")
    assert head.strip(), "a case begins with a sentence"
    earmark, _, rest = rest.strip().partition("\n")
    lines, _, end = rest.partition("\nEnd\n")
    balances = (line.partition("#")[0].split() for line in end.splitlines())
    return earmark.strip(), lines, {words[0]: words[1] for words in balances if words}
