"""The rules of the catalogue: names, slugs, imports that make no sense, the tree."""

import msgspec
import pytest

from holdfast.catalog.product import (
    Category,
    CategoryRow,
    NewCategory,
    NewProduct,
    NewVariant,
    check_categories,
    check_products,
    line_name,
    tree,
)
from holdfast.errors.checkout import CurrencyMismatch
from holdfast.errors.request import FieldInvalid
from holdfast.limits import PRICE_MINOR_MAX
from holdfast.money import Money

PENNY = Money(1, "GBP")


def product(slug: str, *skus: str, price: Money = PENNY) -> NewProduct:
    return NewProduct(slug=slug, name=slug, variants=tuple(NewVariant(sku, sku, price) for sku in skus))


def test_a_variant_is_named_only_where_it_says_something_else() -> None:
    assert line_name("Teapot", "Teapot") == "Teapot"
    assert line_name("Teapot", "Blue") == "Teapot \N{EN DASH} Blue"


@pytest.mark.parametrize("slug", ["", "Tea", "tea-", "-tea", "tea--pot", "tea\n", "té", "t" * 121])
def test_a_slug_is_plain(slug: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"slug": slug, "name": "Tea"}, NewCategory)
    assert msgspec.convert({"slug": "tea-4-two", "name": "Tea"}, NewCategory).slug == "tea-4-two"


@pytest.mark.parametrize("sku", ["", "A\x00", "A\n", "A\tB", "A" * 65])
def test_a_sku_is_one_short_line(sku: str) -> None:
    price = {"amount": 1, "currency": "GBP"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"sku": sku, "name": "x", "price": price}, NewVariant)
    assert msgspec.convert({"sku": "BANK CHARGES/é", "name": "x", "price": price}, NewVariant).tracked


def test_an_import_may_not_name_a_slug_or_sku_twice() -> None:
    check_products([product("tea", "A"), product("pot", "a")], currency="GBP")
    for twice in (
        [product("tea", "A"), product("tea", "B")],
        [product("tea", "A"), product("pot", "A")],
    ):
        with pytest.raises(FieldInvalid) as refused:
            check_products(twice, currency="GBP")
        assert refused.value.field.startswith("products[1]")


@pytest.mark.parametrize("amount", [-1, PRICE_MINOR_MAX + 1])
def test_a_price_has_bounds(amount: int) -> None:
    with pytest.raises(FieldInvalid) as refused:
        check_products([product("tea", "A", price=Money(amount, "GBP"))], currency="GBP")
    assert refused.value.field == "products[0].variants[0].price.amount"


def test_a_price_is_in_the_currency_of_the_shop() -> None:
    with pytest.raises(CurrencyMismatch):
        check_products([product("tea", "A", price=Money(1, "EUR"))], currency="GBP")


def test_categories_nest_in_the_order_of_their_rows() -> None:
    rows = [
        CategoryRow("tea", "Tea", None),
        CategoryRow("green", "Green", "tea"),
        CategoryRow("cup", "Cups", None),
    ]
    assert tree(rows) == (
        Category("tea", "Tea", (Category("green", "Green", ()),)),
        Category("cup", "Cups", ()),
    )


@pytest.mark.parametrize(
    ("new", "parents"),
    [
        ([NewCategory("a", "A", "a")], {}),
        ([NewCategory("a", "A", "b")], {"a": None, "b": "a"}),
        ([NewCategory("a", "A", "b"), NewCategory("b", "B", "c"), NewCategory("c", "C", "a")], {}),
        ([NewCategory("a", "A", "nowhere")], {"b": None}),
        ([NewCategory("a", "A"), NewCategory("a", "B")], {}),
    ],
)
def test_categories_that_are_no_tree_are_refused(
    new: list[NewCategory], parents: dict[str, str | None]
) -> None:
    with pytest.raises(FieldInvalid):
        check_categories(new, parents)


def test_a_parent_may_be_new_or_known() -> None:
    check_categories([NewCategory("a", "A", "b"), NewCategory("b", "B", "c")], {"c": None})
