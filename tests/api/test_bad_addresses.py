"""Odd characters in addresses and queries, addresses that are none, methods and kinds that are not taken."""

import pytest

from tests.api.answers import refused, rows
from tests.house import Shop
from tests.races.carts import cart_with

pytestmark = pytest.mark.anyio


async def test_whatever_is_accepted_the_answer_is_json(shop: Shop) -> None:
    for accept in ("text/html", "application/xml", "nonsense", "*/*;q=0", "application/json;version=9"):
        answer = await shop.call("GET", "/products", Accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        refused(await shop.call("GET", "/products/none", Accept=accept), 404, "not_found")


QUERIES: dict[str, tuple[str, str]] = {
    "/products?limit=0": ("field_invalid", "limit"),
    "/products?limit=201": ("field_invalid", "limit"),
    "/products?limit=-1": ("field_invalid", "limit"),
    "/products?limit=ten": ("field_invalid", "limit"),
    "/products?limit=99999999999999999999": ("field_invalid", "limit"),
    "/products?cursor=nonsense": ("field_invalid", "cursor"),
    "/products?cursor=%00": ("field_invalid", "cursor"),
    "/products?cursor=%ff%fe": ("field_invalid", "cursor"),
    "/products?cursor=W10=": ("field_invalid", "cursor"),
    "/products?cursor=" + "x" * 6_000: ("field_invalid", "cursor"),
    "/products?sort=cheapest": ("field_invalid", "sort"),
    "/products?category=%00": ("field_invalid", "category"),
    "/products?price_min=-1": ("field_invalid", "price_min"),
    "/products?price_max=1.5": ("field_invalid", "price_max"),
    "/products/%00": ("field_invalid", "slug"),
    "/products/a%0a": ("field_invalid", "slug"),
    "/stock": ("field_invalid", "sku"),
    "/stock?sku=": ("field_invalid", "sku"),
    "/stock?sku=%00": ("field_invalid", "sku"),
    "/stock?sku=a&sku=" + "x" * 65: ("field_invalid", "sku"),
    "/stock?" + "&".join(f"sku=s{n}" for n in range(201)): ("field_invalid", "sku"),
    "/orders/%00": ("field_invalid", "order_id"),
    "/orders/a%0a": ("field_invalid", "order_id"),
    "/orders/%ff": ("field_invalid", "order_id"),
    "/orders/%ed%a0%80": ("field_invalid", "order_id"),
    "/orders/" + "x" * 256: ("field_invalid", "order_id"),
    "/carts/%20": ("field_invalid", "cart_id"),
    "/payments/%e2%80%ae": ("field_invalid", "payment_id"),
}

STAFF_QUERIES: dict[str, str] = {
    "/admin/orders?cursor=nonsense": "cursor",
    "/admin/orders?cursor=%00": "cursor",
    "/admin/orders?cursor=": "cursor",
    "/admin/orders?limit=1000": "limit",
    "/admin/orders?status=%00": "status",
    "/admin/attention?cursor=%00": "cursor",
    "/admin/attention?limit=0": "limit",
    "/admin/events?limit=0": "limit",
}


async def test_odd_characters_in_addresses_and_queries_are_refused_by_name(shop: Shop) -> None:
    for path, (code, field) in QUERIES.items():
        refused(await shop.call("GET", path), 422, code, field)
    for path, field in STAFF_QUERIES.items():
        refused(await shop.call("GET", path, **shop.staff), 422, "field_invalid", field)


async def test_what_no_sku_can_be_in_the_address_of_a_line_is_refused_and_the_lines_stay(shop: Shop) -> None:
    await shop.stocked({"MUG": 4})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    before = await rows(shop)
    for sku in ("a%0Ab", "MUG%0A", "%00", "x" * 65):
        path = f"/carts/{cart_id}/lines/{sku}"
        for keyed in (shop.new_key(), {}):
            refused(await shop.call("DELETE", path, **token, **keyed), 404, "unknown_sku", "sku")
    assert await rows(shop) == before
    (line,) = (await shop.call("GET", f"/carts/{cart_id}", **token)).json()["lines"]
    assert (line["sku"], line["quantity"]) == ("MUG", 2)


async def test_a_search_for_nonsense_finds_nothing_or_everything_but_answers(shop: Shop) -> None:
    for query in ("q=%00", "q=%ff", "q=" + "%20" * 50, "q=:*%26|!('", "unknown=1", "limit=1&limit=2"):
        assert (await shop.call("GET", f"/products?{query}")).status_code == 200, query


async def test_addresses_that_are_none_and_methods_that_are_not_taken(shop: Shop) -> None:
    before = await rows(shop)
    for path in (
        "/nowhere",
        "/nowhere%00",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/orders/a/b/c/d",
    ):
        refused(await shop.call("GET", path), 404, "not_found")
    for outside in ("/", "/api", "/foo", "/static/none.js", "/static/../app.py", "/static/%2e%2e/app.py"):
        refused(await shop.client.get(outside), 404, "not_found")
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        answer = await shop.client.request(method, "/api/v1/products")
        refused(answer, 405, "method_not_allowed")
        assert "GET" in answer.headers["Allow"]
    head = await shop.client.head("/api/v1/products")
    assert (head.status_code, head.content) == (405, b"")
    options = await shop.client.options("/api/v1/orders")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, OPTIONS, POST")
    assert await rows(shop) == before
