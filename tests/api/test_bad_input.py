"""Whatever is wrong with a request: a problem with a stable code and the field at fault.

Nothing is changed by it, and it is never a 5xx.
"""

import json

import pytest

from holdfast.limits import BODY_BYTES_MAX, ORDER_LINES_MAX
from tests.api.answers import refused, rows, send
from tests.api.orders import FAR_TOO_MANY, GBP, INVALID, UNREADABLE, USD, address, line, order, without
from tests.house import Json, Shop

pytestmark = pytest.mark.anyio

JSON: dict[str, str | bytes] = {"Content-Type": "application/json", "Idempotency-Key": "a-key-of-bad-input"}
# The body, the status, the code, the field at fault.
ORDERS: dict[str, tuple[Json, int, str, str]] = {
    "quantity 0": (line(quantity=0), *INVALID, "lines[1].quantity"),
    "quantity -1": (line(quantity=-1), *INVALID, "lines[1].quantity"),
    "quantity 10^12": (line(quantity=FAR_TOO_MANY), *INVALID, "lines[1].quantity"),
    "quantity 10^30": (line(quantity=10**30), *INVALID, "lines[1].quantity"),
    "quantity 3.5": (line(quantity=3.5), *INVALID, "lines[1].quantity"),
    "quantity 3.0": (line(quantity=3.0), *INVALID, "lines[1].quantity"),
    'quantity "3"': (line(quantity="3"), *INVALID, "lines[1].quantity"),
    "quantity true": (line(quantity=True), *INVALID, "lines[1].quantity"),
    "quantity null": (line(quantity=None), *INVALID, "lines[1].quantity"),
    "quantity []": (line(quantity=[]), *INVALID, "lines[1].quantity"),
    "no quantity": (order(lines=[{"sku": "MUG"}]), *INVALID, "lines[0].quantity"),
    "an unknown SKU": (line(sku="JUG"), 404, "unknown_sku", "lines[1].sku"),
    "the SKU in another case": (line(sku="mug"), 404, "unknown_sku", "lines[1].sku"),
    "an empty SKU": (line(sku=""), *INVALID, "lines[1].sku"),
    "a SKU with NUL": (line(sku="MUG\0"), *INVALID, "lines[1].sku"),
    "a SKU that is too long": (line(sku="M" * 65), *INVALID, "lines[1].sku"),
    "a SKU that is a number": (line(sku=85123), *INVALID, "lines[1].sku"),
    "an unknown field": (order(discount=5), *INVALID, "discount"),
    "an unknown field of a line": (line(price=5), *INVALID, "lines[1].price"),
    "an unknown field of an address": (address(planet="x"), *INVALID, "shipping_address.planet"),
    "neither lines nor a cart": (without("lines"), *INVALID, "lines"),
    "both lines and a cart": (order(cart_id="crt_x"), *INVALID, "lines"),
    "no lines": (order(lines=[]), 409, "cart_empty", ""),
    "too many lines": (
        order(lines=[{"sku": "MUG", "quantity": 1}] * (ORDER_LINES_MAX + 1)),
        *INVALID,
        "lines",
    ),
    "lines that are an object": (order(lines={"MUG": 1}), *INVALID, "lines"),
    "an e-mail that is none": (order(email="ada"), *INVALID, "email"),
    "an e-mail with a line break": (order(email="a@b.c\n"), *INVALID, "email"),
    "an e-mail that is too long": (order(email="a" * 251 + "@b.c"), *INVALID, "email"),
    "no e-mail": (without("email"), 422, "checkout_incomplete", ""),
    "no address": (without("shipping_address"), 422, "checkout_incomplete", ""),
    "a country that is none": (address(country="EIRE"), *INVALID, "shipping_address.country"),
    "an empty city": (address(city=" "), *INVALID, "shipping_address.city"),
    "a city with NUL": (address(city="Le\0ds"), *INVALID, "shipping_address.city"),
    "a city that is too long": (address(city="x" * 201), *INVALID, "shipping_address.city"),
    "a city that is a list": (address(city=["x"]), *INVALID, "shipping_address.city"),
    "a postal code of elsewhere": (
        address(postal_code="75008"), *INVALID, "shipping_address.postal_code"),
    "no postal code": (address(postal_code=""), *INVALID, "shipping_address.postal_code"),
    "a phone number that is none": (address(phone="<script>"), *INVALID, "shipping_address.phone"),
    "no region where one is needed": (
        address(country="US", postal_code="80014"), *INVALID, "shipping_address.region"),
    "no way of shipping": (without("shipping_option"), *INVALID, "shipping_option"),
    "an unknown way of shipping": (order(shipping_option="x"), 422, "method_unavailable", "shipping_option"),
    "an unknown way to pay": (order(payment_method="x"), 422, "method_unavailable", "payment_method"),
    "a way to pay with NUL": (order(payment_method="x\0"), *INVALID, "payment_method"),
    "another total": (order(expected_total=GBP | {"amount": 999}), 409, "price_changed", ""),
    "a total below nothing": (order(expected_total=GBP | {"amount": -1}), 409, "price_changed", ""),
    "a total in another currency": (
        order(expected_total=USD), 422, "currency_mismatch", "expected_total.currency"),
    "a total of 9.99": (
        order(expected_total=GBP | {"amount": 9.99}),
        *INVALID,
        "expected_total.amount",
    ),
    "a total that is a number": (order(expected_total=1_000), *INVALID, "expected_total"),
    "a buyer's own price": (line(unit_price=GBP), 403, "field_for_staff_only", "lines[1].unit_price"),
    "a buyer's own moment": (
        order(placed_at="2010-12-01T08:26:00Z"), 403, "field_for_staff_only", "placed_at"),
    "a buyer's own reference": (order(reference="x"), 403, "field_for_staff_only", "reference"),
    "more than there is": (line(quantity=1_000), 409, "out_of_stock", ""),
}  # fmt: skip


async def test_an_order_with_something_wrong_is_refused_by_its_field_and_nothing_changes(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    for why, (body, status, code, field) in ORDERS.items():
        answer = await shop.call("POST", "/orders", body)
        assert answer.status_code == status, (why, answer.text)
        refused(answer, status, code, field or None)
    assert await rows(shop) == before
    assert await shop.available("MUG") == 5
    assert (await shop.call("POST", "/orders", order())).status_code == 201


def deep(levels: int) -> bytes:
    return b'{"email":' + b"[" * levels + b"]" * levels + b"}"


BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", *INVALID),
    "blanks": (b"  \n", *UNREADABLE),
    "null": (b"null", *INVALID),
    "a list": (b"[]", *INVALID),
    "a text": (b'"MUG"', *INVALID),
    "a number of five thousand digits": (b"9" * 5_000, *UNREADABLE),
    "cut off": (json.dumps(order()).encode()[:-1], *UNREADABLE),
    "cut off early": (b'{"x":', *UNREADABLE),
    "followed by more": (json.dumps(order()).encode() + b"}", *UNREADABLE),
    "not JSON": (b"<order/>", *UNREADABLE),
    "NaN": (b'{"lines":[{"sku":"MUG","quantity":NaN}]}', *UNREADABLE),
    "a number beyond all numbers": (b'{"lines":[{"sku":"MUG","quantity":1e999}]}', *UNREADABLE),
    "UTF-16": (json.dumps(order()).encode("utf-16"), *UNREADABLE),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(order()).encode(), *UNREADABLE),
    "Latin-1": (json.dumps(order(email="é@b.c"), ensure_ascii=False).encode("latin-1"), *UNREADABLE),
    "bytes that are no text in a name": (b'{"\xff\xfe":1}', *UNREADABLE),
    "half a surrogate pair": (b'{"email":"\\ud800@b.c"}', *UNREADABLE),
    "half a pair in a name": (b'{"\\udc00":1}', *UNREADABLE),
    "nested deeply": (deep(500), *INVALID),
    "nested too deeply": (deep(100_000), *UNREADABLE),
    "nested for ever": (b"[" * 500_000, *UNREADABLE),
    "a byte too many": (b'{"email":"' + b"x" * (BODY_BYTES_MAX - 11) + b'"}', 413, "body_too_large"),
    "ten megabytes": (b'{"email":"' + b"x" * 10_000_000 + b'"}', 413, "body_too_large"),
    "a name of a megabyte": (b'{"' + b"x" * 1_000_000 + b'":1}', *INVALID),
}  # fmt: skip


async def test_a_body_that_cannot_be_read_is_refused_and_nothing_changes(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    for why, (body, status, code) in BODIES.items():
        answer = await send(shop, "POST", "/orders", body, JSON)
        assert answer.status_code == status, (why, answer.text[:500])
        refused(answer, status, code)
        assert len(answer.content) < 2_000, why
    assert await rows(shop) == before


async def test_a_large_body_that_nobody_reads_does_not_cost_its_sender_the_answer(shop: Shop) -> None:
    large = b'{"products":"' + b"x" * 900_000 + b'"}'
    for _ in range(5):
        refused(await send(shop, "POST", "/admin/catalog/import", large, JSON), 401, "unauthenticated")
        refused(await send(shop, "POST", "/nowhere", large * 5, JSON), 404, "not_found")


async def test_a_body_of_another_kind_than_json_is_not_guessed_at(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    body = json.dumps(order()).encode()
    before = await rows(shop)
    kinds = (
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-msgpack",
        "text/plain",
        "application/json, text/plain",
        "é" * 300,
    )
    for kind in kinds:
        answer = await send(shop, "POST", "/orders", body, JSON | {"Content-Type": kind.encode("latin-1")})
        refused(answer, 415, "media_type_unsupported")
    assert await rows(shop) == before
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"):
        answer = await send(shop, "POST", "/orders", body, {"Content-Type": kind} | shop.new_key())
        assert answer.status_code == 201, kind


KEYS: dict[str, tuple[bytes | None, int, str]] = {
    "missing": (None, 400, "idempotency_key_missing"),
    "empty": (b"", *INVALID),
    "too short": (b"x" * 15, *INVALID),
    "too long": (b"x" * 256, *INVALID),
    "not ASCII": ("ünïcödé-ünïcödé-ünïcödé".encode("latin-1"), *INVALID),
    "not text": (b"\xff\xfe" * 20, *INVALID),
    "with a tab": (b"a-key\twith-a-tab-inside", *INVALID),
}


async def test_an_idempotency_key_that_cannot_be_one_is_refused(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    body = json.dumps(order()).encode()
    before = await rows(shop)
    for why, (key, status, code) in KEYS.items():
        headers: dict[str, str | bytes] = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = await send(shop, "POST", "/orders", body, headers)
        assert answer.status_code == status, why
        refused(answer, status, code, None if key is None else "Idempotency-Key")
    assert await rows(shop) == before
    for length in (16, 255):
        answer = await shop.call("POST", "/orders", order(), Idempotency_Key="k" * length)
        assert answer.status_code == 201


async def test_a_price_that_changed_meanwhile_is_shown_with_both_totals(shop: Shop) -> None:
    await shop.stocked({"MUG": 5}, price=1_000)
    body = order(expected_total={"amount": 1_000, "currency": "GBP"})
    await shop.stocked({"MUG": None}, price=1_100)
    before = await rows(shop)
    found = refused(await shop.call("POST", "/orders", body), 409, "price_changed")
    assert found["expected"] == {"amount": 1_000, "currency": "GBP"}
    assert found["total"] == {"amount": 1_100, "currency": "GBP"}
    assert await rows(shop) == before
