"""Units held before there is an order: for a drop, or at a till."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from holdfast import clock
from tests.house import ADDRESS, Json, Shop
from tests.stories.money import later, lines

pytestmark = pytest.mark.anyio


async def checkout(shop: Shop, wanted: dict[str, int]) -> Json:
    """A checkout of a cart with these lines; ``cart`` and ``cart_token`` are beside it."""
    cart = (await shop.call("POST", "/carts")).json()
    owner = {"X_Holdfast_Token": cart["token"]}
    body = {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in wanted.items()]}
    await shop.call("POST", f"/carts/{cart['id']}/lines", body, **owner)
    started: Json = (await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **owner)).json()
    return started | {"cart": cart["id"], "cart_token": cart["token"]}


def owner(started: Json) -> dict[str, str]:
    return {"X_Holdfast_Token": started["token"]}


async def hold(shop: Shop, started: Json) -> httpx.Response:
    return await shop.call("POST", "/holds", {"checkout_id": started["checkout"]["id"]}, **owner(started))


async def held(shop: Shop, started: Json) -> Json:
    answer = await hold(shop, started)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def let_go(shop: Shop, hold_id: str, **headers: str) -> httpx.Response:
    return await shop.call("DELETE", f"/holds/{hold_id}", **headers)


async def complete(shop: Shop, started: Json) -> httpx.Response:
    path = f"/checkouts/{started['checkout']['id']}"
    filled = {
        "email": "ada@example.com",
        "shipping_address": ADDRESS,
        "shipping_option": "collect",
        "payment_method": "stripe",
    }
    await shop.call("PATCH", path, filled, **owner(started))
    return await shop.call("POST", f"{path}/complete", {}, **owner(started))


async def test_units_are_held_for_a_checkout(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    found = await held(shop, await checkout(shop, {"MUG": 2}))
    assert datetime.fromisoformat(found["expires_at"]) > datetime.now(UTC) + timedelta(minutes=9)
    assert (await lines(shop), await shop.available("MUG")) == ([("active", 2)], 1)
    refused = await shop.place({"MUG": 2})
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 2, "available": 1}]


async def test_what_is_not_there_is_not_held(shop: Shop) -> None:
    await shop.stocked({"MUG": 3, "JUG": 3})
    refused = await hold(shop, await checkout(shop, {"JUG": 1, "MUG": 4}))
    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_stock")
    assert (await shop.count("holds"), await shop.available("JUG")) == (0, 3)


async def test_holding_again_keeps_the_own_units_and_extends_their_time(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    clock.stop(datetime.now(UTC) - timedelta(minutes=5))
    started = await checkout(shop, {"MUG": 2})
    first = await held(shop, started)
    clock.go()
    second = await held(shop, started)
    assert (second["id"], second["expires_at"] > first["expires_at"]) == (first["id"], True)
    assert await lines(shop) == [("active", 2)]


async def test_holding_again_follows_the_cart(shop: Shop) -> None:
    await shop.stocked({"MUG": 3, "JUG": 3})
    started = await checkout(shop, {"MUG": 2})
    await held(shop, started)
    cart_owner, path = {"X_Holdfast_Token": started["cart_token"]}, f"/carts/{started['cart']}/lines"
    await shop.call("PUT", f"{path}/MUG", {"quantity": 1}, **cart_owner)
    await shop.call("POST", path, {"lines": [{"sku": "JUG", "quantity": 3}]}, **cart_owner)
    await held(shop, started)
    assert (await shop.available("MUG"), await shop.available("JUG")) == (2, 0)


async def test_units_are_not_held_for_ever(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(hold_total_minutes_max=12, checkout_minutes=120)
    clock.stop(datetime.now(UTC) - timedelta(minutes=9))
    started = await checkout(shop, {"MUG": 2})
    await held(shop, started)
    clock.go()
    again = await held(shop, started)
    assert datetime.fromisoformat(again["expires_at"]) < datetime.now(UTC) + timedelta(minutes=4)


async def test_letting_go_gives_the_units_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    started = await checkout(shop, {"MUG": 2})
    found = await held(shop, started)
    for _ in range(2):  # twice is as good as once
        assert (await let_go(shop, found["id"], **owner(started))).status_code == 204
    assert (await lines(shop), await shop.available("MUG")) == ([("released", 2)], 2)


async def test_a_checkout_that_is_given_up_gives_its_units_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    started = await checkout(shop, {"MUG": 2})
    await held(shop, started)
    cancelled = await shop.call("POST", f"/checkouts/{started['checkout']['id']}/cancel", **owner(started))
    assert (cancelled.status_code, await shop.available("MUG")) == (200, 2)
    assert (await hold(shop, started)).json()["code"] == "checkout_closed"


async def test_a_stranger_can_neither_hold_nor_let_go(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    started, other = await checkout(shop, {"MUG": 2}), await checkout(shop, {"MUG": 2})
    found = await held(shop, started)
    body = {"checkout_id": other["checkout"]["id"]}
    assert (await shop.call("POST", "/holds", body, **owner(started))).status_code == 404
    assert (await let_go(shop, found["id"], **owner(other))).status_code == 404
    assert await lines(shop) == [("active", 2)]


@pytest.mark.parametrize("sweeper", ["alive", "dead"])
async def test_at_their_moment_the_units_are_anybodys(shop: Shop, sweeper: str) -> None:
    await shop.stocked({"MUG": 2})
    await held(shop, await checkout(shop, {"MUG": 2}))
    later(minutes=11)
    if sweeper == "alive":
        await shop.sweep()
        assert await lines(shop) == [("expired", 2)]
    await shop.placed({"MUG": 2})
    assert await lines(shop) == [("expired", 2), ("active", 2)]


async def test_placing_takes_the_hold_over(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    started = await checkout(shop, {"MUG": 2})
    found = await held(shop, started)
    placed = await complete(shop, started)
    assert (placed.status_code, placed.json()["hold"]["id"]) == (201, found["id"])
    assert (await lines(shop), await shop.count("holds")) == ([("active", 2)], 1)
    assert (await let_go(shop, found["id"], **owner(started))).status_code in (404, 409)
    assert await lines(shop) == [("active", 2)]
    await shop.pay(placed.json())
    assert await lines(shop) == [("committed", 2)]


async def test_placing_gives_back_what_the_cart_no_longer_has(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    started = await checkout(shop, {"MUG": 2})
    await held(shop, started)
    cart_owner = {"X_Holdfast_Token": started["cart_token"]}
    await shop.call("PUT", f"/carts/{started['cart']}/lines/MUG", {"quantity": 1}, **cart_owner)
    assert (await complete(shop, started)).status_code == 201
    assert await shop.available("MUG") == 1


async def test_placing_after_the_hold_died_takes_the_units_like_anybody(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(checkout_minutes=60)
    started = await checkout(shop, {"MUG": 2})
    await held(shop, started)
    later(minutes=11)
    await shop.placed({"MUG": 1})
    refused = await complete(shop, started)
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert await shop.count("orders") == 1


async def test_nothing_is_held_for_a_checkout_that_is_over(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    started = await checkout(shop, {"MUG": 2})
    later(minutes=31)
    refused = await hold(shop, started)
    assert (refused.status_code, refused.json()["code"]) == (409, "checkout_closed")
    assert await shop.available("MUG") == 2


async def test_the_same_key_holds_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    started = await checkout(shop, {"MUG": 2})
    headers = {"Idempotency_Key": "one-key-to-hold-units", **owner(started)}
    body = {"checkout_id": started["checkout"]["id"]}
    first, second = [await shop.call("POST", "/holds", body, **headers) for _ in range(2)]
    assert (first.status_code, first.content) == (201, second.content)
    assert second.headers["Idempotent-Replayed"] == "true"


async def test_a_second_tab_is_not_blocked_by_the_first(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    first = await checkout(shop, {"MUG": 2})
    await held(shop, first)
    cart_owner = {"X_Holdfast_Token": first["cart_token"]}
    second = (await shop.call("POST", "/checkouts", {"cart_id": first["cart"]}, **cart_owner)).json()
    await held(shop, second)
    placed = await complete(shop, second)
    assert (placed.status_code, await shop.available("MUG")) == (201, 0)
