"""A cart as a value: adding, setting, merging, and what its owner is shown."""

import pytest

from holdfast.cart.cart import Note, StockProblem, add, merge, put, show
from holdfast.catalog.product import Listed
from holdfast.errors.request import FieldInvalid
from holdfast.limits import CART_LINES_MAX, QUANTITY_MAX
from holdfast.money import Money

FULL = {f"SKU-{n:03}": 1 for n in range(CART_LINES_MAX)}


def listed(
    sku: str,
    price_minor: int,
    *,
    available: int = 10,
    tracked: bool = True,
    published: bool = True,
    currency: str = "GBP",
    variant: str = "Mug",
) -> Listed:
    return Listed("prd", sku, "Mug", variant, price_minor, currency, tracked, published, available)


def test_adding_sums_and_puts_new_lines_behind() -> None:
    assert list(add({"B": 1}, {"C": 2, "A": 1, "B": 3}).items()) == [("B", 4), ("A", 1), ("C", 2)]


def test_setting_keeps_the_place_of_a_line() -> None:
    assert list(put({"B": 1, "A": 1}, "B", 9).items()) == [("B", 9), ("A", 1)]


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_a_quantity_has_bounds(quantity: int) -> None:
    with pytest.raises(FieldInvalid) as refused:
        put({}, "A", quantity)
    assert refused.value.field == "quantity"


def test_adding_may_not_go_beyond_the_bound_of_a_line() -> None:
    assert add({"A": QUANTITY_MAX - 1}, {"A": 1}) == {"A": QUANTITY_MAX}
    with pytest.raises(FieldInvalid):
        add({"A": QUANTITY_MAX}, {"A": 1})


def test_a_cart_has_a_largest_number_of_lines() -> None:
    assert len(add(FULL, {"SKU-000": 1})) == CART_LINES_MAX
    with pytest.raises(FieldInvalid) as refused:
        add(FULL, {"one-more": 1})
    assert refused.value.field == "lines"


def test_merging_sums_without_a_note_when_everything_fits() -> None:
    assert merge({"A": 1, "B": 2}, {"B": 3, "C": 4}) == ({"A": 1, "B": 5, "C": 4}, ())


def test_merging_says_what_went_beyond_the_bound_of_a_line() -> None:
    after, notes = merge({"A": QUANTITY_MAX - 1}, {"A": 3})
    assert after == {"A": QUANTITY_MAX}
    assert notes == (Note("A", QUANTITY_MAX + 2, QUANTITY_MAX, "line_limit"),)


def test_merging_says_which_lines_found_no_place() -> None:
    after, notes = merge(FULL, {"SKU-001": 1, "X": 4, "Y": 5})
    assert len(after) == CART_LINES_MAX
    assert after["SKU-001"] == 2
    assert notes == (Note("X", 4, 0, "lines_limit"), Note("Y", 5, 0, "lines_limit"))


def test_an_owner_sees_names_totals_and_the_sum() -> None:
    cart = show(
        cart_id="crt",
        currency="GBP",
        contents={"M-RED": 2, "WRAP": 1},
        listed={
            "M-RED": listed("M-RED", 1250, variant="Red"),
            "WRAP": listed("WRAP", 300, tracked=False, available=0),
        },
    )
    assert [line.name for line in cart.lines] == ["Mug \N{EN DASH} Red", "Mug"]
    assert [line.total for line in cart.lines] == [Money(2500, "GBP"), Money(300, "GBP")]
    assert [line.available for line in cart.lines] == [10, None]
    assert cart.subtotal == Money(2800, "GBP")
    assert cart.problems == ()


def test_more_than_there_is_is_shown_as_a_problem_and_still_summed() -> None:
    cart = show(
        cart_id="crt", currency="GBP", contents={"A": 11}, listed={"A": listed("A", 100, available=10)}
    )
    assert cart.problems == (StockProblem("A", 11, 10),)
    assert cart.subtotal == Money(1100, "GBP")


@pytest.mark.parametrize(
    "gone",
    [
        listed("A", 100, published=False),
        listed("A", 100, currency="EUR"),
        listed("A", 1, tracked=False, published=False),
    ],
)
def test_what_is_no_longer_sold_is_a_problem_and_not_in_the_sum(gone: Listed) -> None:
    cart = show(
        cart_id="crt",
        currency="GBP",
        contents={"A": 1, "B": 1},
        listed={"A": gone, "B": listed("B", 70)},
    )
    assert cart.problems == (StockProblem("A", 1, 0),)
    assert cart.subtotal == Money(70, "GBP")
