"""What belongs to somebody else, and what is over: the same answer as if it were not there, or a plain no."""

import json
from datetime import timedelta

import pytest

from holdfast import clock
from tests.api.answers import refused, rows, send
from tests.api.orders import without
from tests.house import ADDRESS, Shop

pytestmark = pytest.mark.anyio


async def owned(shop: Shop) -> dict[str, tuple[str, str]]:
    """Somebody's cart, checkout, order and payment, as (id, token)."""
    await shop.stocked({"MUG": 50})
    cart = (await shop.call("POST", "/carts")).json()
    mine = {"X-Holdfast-Token": cart["token"]}
    await shop.call("POST", f"/carts/{cart['id']}/lines", {"lines": [{"sku": "MUG", "quantity": 1}]}, **mine)
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **mine)).json()
    of_checkout = {"X-Holdfast-Token": started["token"]}
    hold = await shop.call("POST", "/holds", {"checkout_id": started["checkout"]["id"]}, **of_checkout)
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    return {
        "cart": (cart["id"], cart["token"]),
        "checkout": (started["checkout"]["id"], started["token"]),
        "hold": (hold.json()["id"], started["token"]),
        "order": (placed["order"]["id"], placed["token"]),
        "payment": (placed["payment"]["id"], placed["token"]),
    }


ADDRESSES: dict[str, list[tuple[str, str, object]]] = {
    "cart": [
        ("GET", "/carts/{id}", None),
        ("POST", "/carts/{id}/lines", {"lines": [{"sku": "MUG", "quantity": 1}]}),
        ("PUT", "/carts/{id}/lines/MUG", {"quantity": 1}),
        ("DELETE", "/carts/{id}/lines/MUG", None),
        ("DELETE", "/carts/{id}/lines", None),
        ("POST", "/carts/{id}/merge", {"from": "crt_x", "token": ""}),
        ("POST", "/checkouts", {"cart_id": "{id}"}),
        ("POST", "/orders", {**without("lines"), "cart_id": "{id}"}),
    ],
    "checkout": [
        ("GET", "/checkouts/{id}", None),
        ("PATCH", "/checkouts/{id}", {"email": "a@b.c"}),
        ("POST", "/checkouts/{id}/complete", {}),
        ("POST", "/checkouts/{id}/cancel", None),
        ("POST", "/holds", {"checkout_id": "{id}"}),
    ],
    "hold": [("DELETE", "/holds/{id}", None)],
    "order": [
        ("GET", "/orders/{id}", None),
        ("GET", "/orders/{id}/invoice.pdf", None),
        ("POST", "/orders/{id}/pay", {}),
        ("POST", "/orders/{id}/cancel", None),
    ],
    "payment": [("GET", "/payments/{id}", None), ("POST", "/payments/{id}/return", None)],
}


def named(body: object, thing_id: str) -> object:
    return json.loads(json.dumps(body).replace("{id}", thing_id))


def written(body: object, thing_id: str) -> bytes:
    return b"" if body is None else json.dumps(named(body, thing_id)).encode()


async def test_what_belongs_to_somebody_else_looks_like_what_does_not_exist(shop: Shop) -> None:
    things = await owned(shop)
    before = await rows(shop)
    for kind, addresses in ADDRESSES.items():
        thing_id, _ = things[kind]
        missing_id = thing_id[:-4] + "0000"
        strangers = [other for name, (_, other) in things.items() if other != things[kind][1]]
        for method, path, body in addresses:
            for token in ["", "x", "é", "0" * 64, *strangers]:
                headers: dict[str, str | bytes] = {"X-Holdfast-Token": token.encode(), **shop.new_key()}
                foreign, missing = [
                    await send(shop, method, path.format(id=each), written(body, each), headers)
                    for each in (thing_id, missing_id)
                ]
                found = refused(foreign, 404, "not_found")
                assert found["id"] == thing_id, path
                assert found == json.loads(missing.text.replace(missing_id, thing_id)), path
    assert await rows(shop) == before


async def test_the_owner_of_a_thing_gets_it(shop: Shop) -> None:
    things = await owned(shop)
    held_id, held_token = things.pop("hold")
    for kind, (thing_id, token) in things.items():
        answer = await shop.call("GET", f"/{kind}s/{thing_id}", X_Holdfast_Token=token)
        assert answer.status_code == 200, answer.text
    gone = await shop.call("DELETE", f"/holds/{held_id}", X_Holdfast_Token=held_token)
    assert gone.status_code == 204


async def test_taking_over_a_foreign_cart_is_refused(shop: Shop) -> None:
    theirs, _ = (await owned(shop))["cart"]
    mine = (await shop.call("POST", "/carts")).json()
    before = await rows(shop)
    for token in ("", mine["token"]):
        answer = await shop.call(
            "POST",
            f"/carts/{mine['id']}/merge",
            {"from": theirs, "token": token},
            X_Holdfast_Token=mine["token"],
        )
        refused(answer, 404, "not_found")
    assert await rows(shop) == before


async def test_an_expired_checkout_can_only_be_looked_at(shop: Shop) -> None:
    checkout_id, token = (await owned(shop))["checkout"]
    mine = {"X-Holdfast-Token": token}
    filled = {
        "email": "ada@example.com",
        "shipping_address": ADDRESS,
        "shipping_option": "collect",
        "payment_method": "bank_transfer",
    }
    assert (await shop.call("PATCH", f"/checkouts/{checkout_id}", filled, **mine)).status_code == 200
    clock.stop(clock.now() + timedelta(hours=1))
    before = await rows(shop)
    for method, path, body in ADDRESSES["checkout"][1:]:
        answer = await shop.call(method, path.format(id=checkout_id), named(body, checkout_id), **mine)
        assert refused(answer, 409, "checkout_closed")["state"] == "expired", path
    assert await rows(shop) == before
    shown = (await shop.call("GET", f"/checkouts/{checkout_id}", **mine)).json()
    assert shown["state"] == "expired"
