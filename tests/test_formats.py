"""Danish amounts, read as a case officer types them and written as the books print them."""

from decimal import Decimal

import pytest

from ledger.formats import NotAnAmount, kroner, number, parse_amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.234,50", "1234.50"),
        ("1234,5", "1234.5"),
        ("1234", "1234"),
        ("1.234.567,89 kr.", "1234567.89"),
        ("1\u00a0234,50 DKK", "1234.50"),
        ("\u22125,00", "-5.00"),
    ],
)
def test_an_amount_is_read_in_danish(typed, amount):
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize("typed", ["1,234.50", "12.50", "1,234", "12.34,5", "", "fem", "1e3", "NaN", "1,2,3"])
def test_what_is_not_written_in_danish_is_not_guessed_at(typed):
    with pytest.raises(NotAnAmount):
        parse_amount(typed)


@pytest.mark.parametrize("typed", ["١٢٣", "१२३,५०", "１２３,００", "1.٢٣٤,50", "12,٥٠", "12,٥٠٠", "١٢.٥٠", "²"])
def test_the_digits_of_an_amount_are_those_of_a_danish_keyboard(typed):
    with pytest.raises(NotAnAmount, match="Det kan ikke læses som et beløb"):
        parse_amount(typed)


def test_an_amount_is_written_in_danish():
    assert number(Decimal("-1234567.5")) == "-1.234.567,50"
    assert kroner(Decimal("0.01")) == "0,01\u00a0kr."
