"""Whatever is divided, the parts add up to the whole."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from holdfast.limits import PRICE_MINOR_MAX, QUANTITY_MAX
from holdfast.money import share, tax_of
from holdfast.pricing.quote import PricedLine, TaxRule, quote

amounts = st.integers(0, 10**15)
rates = st.integers(0, 10_000)
lines = st.lists(
    st.builds(
        PricedLine,
        sku=st.sampled_from(["A", "B", "C"]),
        quantity=st.integers(1, QUANTITY_MAX),
        unit_price_minor=st.integers(0, PRICE_MINOR_MAX),
    ),
    max_size=20,
)


@given(amounts, st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_shares_add_up_and_none_is_off_by_a_whole_unit(total: int, weights: list[int]) -> None:
    parts = share(total, weights)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(total * weight, whole)) < 1
            assert part == 0 or weight > 0


@given(amounts, st.integers(1, 20))
def test_equal_weights_differ_by_one_unit_at_most(total: int, places: int) -> None:
    parts = share(total, [7] * places)
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@given(amounts, rates, st.booleans())
def test_tax_is_the_nearest_whole_unit(amount: int, rate_bp: int, inclusive: bool) -> None:
    tax = tax_of(amount, rate_bp=rate_bp, inclusive=inclusive)
    exact = Fraction(amount * rate_bp, 10_000 + rate_bp if inclusive else 10_000)
    assert abs(tax - exact) <= Fraction(1, 2)
    assert 0 <= tax <= amount


@given(lines, st.integers(0, 10_000_000), rates, st.booleans())
def test_a_quote_adds_up(bought: list[PricedLine], shipping: int, rate_bp: int, inclusive: bool) -> None:
    told = quote(bought, currency="GBP", shipping_minor=shipping, tax=TaxRule(rate_bp, inclusive))
    assert [(x.sku, x.quantity, x.unit_price_minor) for x in told.lines] == [
        (x.sku, x.quantity, x.unit_price_minor) for x in bought
    ]
    assert all(x.total_minor == x.quantity * x.unit_price_minor for x in told.lines)
    assert told.subtotal_minor == sum(x.total_minor for x in told.lines)
    on_top = 0 if inclusive else told.tax_minor
    assert told.total_minor == told.subtotal_minor - told.discount_minor + shipping + on_top
    of_shipping = told.tax_minor - sum(x.tax_minor for x in told.lines)
    assert of_shipping >= 0
    assert shipping > 0 or of_shipping == 0 or told.total_minor == 0
    assert min([0, *(x.tax_minor for x in told.lines)]) == 0
