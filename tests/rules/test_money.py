"""Money: the only division in the shop, and how amounts read."""

import pytest

from holdfast.money import exponent, in_words, share, tax_of


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [2, 1], [67, 33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [0, 0], [5, 0]),
        (0, [3, 4], [0, 0]),
        (0, [], []),
        (7, [10**12], [7]),
    ],
)
def test_the_parts_add_up_and_the_largest_remainders_come_first(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert share(total, weights) == parts


def test_a_total_needs_somebody_to_bear_it() -> None:
    with pytest.raises(AssertionError):
        share(1, [])


@pytest.mark.parametrize(
    ("amount", "rate_bp", "inclusive", "tax"),
    [
        (1_200, 2_000, True, 200),
        (1_000, 2_000, False, 200),
        (2_599, 2_000, True, 433),  # 433.17
        (125, 2_000, False, 25),
        (1, 5_000, False, 1),  # half a unit is rounded up
        (0, 2_000, True, 0),
        (999, 0, True, 0),
    ],
)
def test_tax_inside_or_on_top(amount: int, rate_bp: int, *, inclusive: bool, tax: int) -> None:
    assert tax_of(amount, rate_bp=rate_bp, inclusive=inclusive) == tax


@pytest.mark.parametrize(
    ("currency", "digits", "words"),
    [("GBP", 2, "1,234.56 GBP"), ("JPY", 0, "123,456 JPY"), ("KWD", 3, "123.456 KWD")],
)
def test_minor_units_follow_iso_4217(currency: str, digits: int, words: str) -> None:
    assert exponent(currency) == digits
    assert in_words(123_456, currency) == words


def test_a_debt_reads_as_one() -> None:
    assert in_words(-5, "GBP") == "-0.05 GBP"
