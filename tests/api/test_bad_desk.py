"""What staff may do and nobody should: orders, stock, rules, products and transfers with something wrong."""

import pytest

from tests.api.answers import refused, rows
from tests.api.orders import FAR_TOO_MANY, GBP, INVALID, USD, line, order
from tests.house import Json, Shop

pytestmark = pytest.mark.anyio


STAFF_ORDERS: dict[str, tuple[Json, int, str, str]] = {
    "a price in another currency": (
        line(unit_price=USD), 422, "currency_mismatch", "lines[1].unit_price.currency"),
    "a price below nothing": (
        line(unit_price=GBP | {"amount": -1}), *INVALID, "lines[1].unit_price.amount"),
    "a price of 10^30": (
        line(unit_price=GBP | {"amount": 10**30}), *INVALID, "lines[1].unit_price.amount"),
    "a moment without an offset": (order(placed_at="2010-12-01T08:26:00"), *INVALID, "placed_at"),
    "a moment that is a number": (order(placed_at=1_291_191_960), *INVALID, "placed_at"),
    "the first moment of all": (order(placed_at="0001-01-01T00:00:00+14:00"), *INVALID, "placed_at"),
    "tomorrow": (order(placed_at="9998-01-01T00:00:00Z"), *INVALID, "placed_at"),
    "the last moment of all": (order(placed_at="9999-12-31T23:59:59-14:00"), *INVALID, "placed_at"),
    "a reference with NUL": (order(reference="\0"), *INVALID, "reference"),
    "a reference that is too long": (order(reference="x" * 65), *INVALID, "reference"),
    "more money than there is": (
        order(lines=[{"sku": "FEE", "quantity": 10**6, "unit_price": GBP | {"amount": 9_999_999_999}}] * 2),
        *INVALID, "lines"),
}  # fmt: skip


async def test_staff_may_set_more_and_are_refused_as_precisely(shop: Shop) -> None:
    await shop.stocked({"MUG": 5, "FEE": None})
    before = await rows(shop)
    for why, (body, status, code, field) in STAFF_ORDERS.items():
        answer = await shop.call("POST", "/orders", body, **shop.staff)
        assert answer.status_code == status, (why, answer.text)
        refused(answer, status, code, field)
    assert await rows(shop) == before


MOVES: dict[str, tuple[str, Json, str]] = {
    "nothing received": ("receive", {"quantity": 0}, "lines[0].quantity"),
    "less than nothing received": ("receive", {"quantity": -1}, "lines[0].quantity"),
    "a half": ("receive", {"quantity": 0.5}, "lines[0].quantity"),
    "far too many": ("receive", {"quantity": FAR_TOO_MANY}, "lines[0].quantity"),
    "a correction by nothing": ("adjust", {"quantity": 0}, "lines[0].quantity"),
    "a place that cannot be one": ("adjust", {"quantity": 1, "location": "Main Street"}, "lines[0].location"),
    "a place with a line break": ("adjust", {"quantity": 1, "location": "main\n"}, "lines[0].location"),
}


async def test_stock_is_moved_by_sane_numbers_only(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    for verb, changes, field in MOVES.values():
        body = {"lines": [{"sku": "MUG"} | changes], "reason": "x"}
        refused(await shop.call("POST", f"/admin/stock/{verb}", body, **shop.staff), *INVALID, field)
    nobody = {"lines": [{"sku": "JUG", "quantity": 1}], "reason": "x"}
    refused(await shop.call("POST", "/admin/stock/receive", nobody, **shop.staff), 404, "unknown_sku")
    too_many = {"lines": [{"sku": "MUG", "quantity": -6}], "reason": "x"}
    refused(await shop.call("POST", "/admin/stock/adjust", too_many, **shop.staff), 409, "out_of_stock")
    assert await rows(shop) == before
    assert await shop.available("MUG") == 5


RULES: dict[str, tuple[Json, str]] = {
    "a way to pay that is no word": ({"payment_methods": [{}]}, "payment_methods[0]"),
    "an unknown rule": ({"colour": "red"}, "settings"),
    "a tax above everything": ({"tax_rate_bp": 10_001}, "tax_rate_bp"),
    "a tax of 20.0": ({"tax_rate_bp": 20.5}, "tax_rate_bp"),
    "no way of shipping": ({"shipping_options": []}, "shipping_options"),
    "a price below nothing": (
        {"shipping_options": [{"code": "x", "name": "x", "price_minor": -1}]},
        "shipping_options[0].price_minor",
    ),
    "an unknown way to pay": ({"payment_methods": ["cowries"]}, "payment_methods[0]"),
    "a name with NUL": ({"name": "a\0"}, "name"),
}


async def test_the_merchants_rules_are_changed_by_sane_values_only(shop: Shop) -> None:
    before = await rows(shop)
    for why, (changes, field) in RULES.items():
        answer = await shop.call("PATCH", "/admin/settings", changes, **shop.staff)
        assert answer.status_code == 422, (why, answer.text)
        refused(answer, *INVALID, field)
    assert await rows(shop) == before


def product(**changes: object) -> Json:
    variant = {"sku": "JUG", "name": "Jug", "price": GBP}
    return {"products": [{"slug": "jug", "name": "Jug", "variants": [variant]} | changes]}


PRODUCTS: dict[str, tuple[Json, str, str]] = {
    "a slug in capitals": (product(slug="Jug"), "field_invalid", "products[0].slug"),
    "a slug with a line break": (product(slug="jug\n"), "field_invalid", "products[0].slug"),
    "a name with NUL": (product(name="a\0"), "field_invalid", "products[0].name"),
    "no variant": (product(variants=[]), "field_invalid", "products[0].variants"),
    "a price in another currency": (
        product(variants=[{"sku": "JUG", "name": "Jug", "price": USD}]),
        "currency_mismatch",
        "products[0].variants[0].price",
    ),
    "a price as text": (
        product(variants=[{"sku": "JUG", "name": "Jug", "price": {"amount": "5", "currency": "GBP"}}]),
        "field_invalid",
        "products[0].variants[0].price.amount",
    ),
    "the same slug twice": (
        {"products": product()["products"] * 2},
        "field_invalid",
        "products[1].slug",
    ),
    "a category that is none": (product(category="nowhere"), "field_invalid", "products[0].category"),
    "a category below itself": (
        {"categories": [{"slug": "a", "name": "A", "parent": "a"}]},
        "field_invalid",
        "categories[0].parent",
    ),
}


async def test_the_catalogue_is_imported_whole_or_not_at_all(shop: Shop) -> None:
    before = await rows(shop)
    for why, (body, code, field) in PRODUCTS.items():
        answer = await shop.call("POST", "/admin/catalog/import", body, **shop.staff)
        assert answer.status_code == 422, (why, answer.text)
        refused(answer, 422, code, field)
    assert await rows(shop) == before


TRANSFERS: dict[str, tuple[Json, str]] = {
    "nothing": ({"received": GBP | {"amount": 0}}, "received.amount"),
    "less than nothing": ({"received": GBP | {"amount": -1}}, "received.amount"),
    "10^30": ({"received": GBP | {"amount": 10**30}}, "received.amount"),
    "a currency that is none": ({"received": GBP | {"currency": "\0"}}, "received.currency"),
    "no reference": ({"bank_reference": ""}, "bank_reference"),
    "a day that is none": ({"value_date": "2026-02-30"}, "value_date"),
}


async def test_a_transfer_is_recorded_as_it_can_stand_on_a_statement_only(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    order_id = (await shop.placed({"MUG": 1}, "bank_transfer"))["order"]["id"]
    good = {"bank_reference": "REF 1", "received": GBP, "value_date": "2026-11-20"}
    before = await rows(shop)
    for why, (changes, field) in TRANSFERS.items():
        answer = await shop.call("POST", f"/admin/orders/{order_id}/transfers", good | changes, **shop.staff)
        assert answer.status_code == 422, (why, answer.text)
        refused(answer, *INVALID, field)
    assert await rows(shop) == before
    await shop.as_staff("POST", f"/admin/orders/{order_id}/transfers", good)
    assert await shop.state(order_id) == "paid"
