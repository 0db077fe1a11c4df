"""One buyer may have only so many of limited goods, whatever is tried; everybody else buys as before."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from holdfast import clock
from holdfast.accounts.roles import Role
from holdfast.cli.people import make_key
from holdfast.work import forget
from tests.api.answers import refused, rows
from tests.house import ADDRESS, Json, Shop, open_shop
from tests.races.carts import Token, cart_with, checkout_of
from tests.races.gates import closed
from tests.stories.money import later

pytestmark = pytest.mark.anyio


async def limited(shop: Shop, units_max: int = 2, hours: int = 24, units: int = 100) -> None:
    """DROP is limited, MUG is not; the shop's process knows."""
    await shop.stocked({"DROP": units, "MUG": units})
    await shop.as_staff("PUT", "/admin/purchase-limits/DROP", {"units_max": units_max, "hours": hours})
    await shop.process.read_again()


async def buys(shop: Shop, units: int, email: str = "ada@example.com") -> httpx.Response:
    return await shop.place({"DROP": units}, "bank_transfer", email=email)


def too_many(answer: httpx.Response, requested: int, allowed: int, hours: int = 24) -> Json:
    found = refused(answer, 409, "purchase_limit_reached")
    assert found["lines"] == [{"sku": "DROP", "requested": requested, "allowed": allowed, "hours": hours}]
    return found


async def ready(shop: Shop, units: int) -> tuple[str, Token]:
    """A checkout of Ada's in which everything is filled in, and its token."""
    return await checkout_of(shop, *await cart_with(shop, {"DROP": units}))


async def holds(shop: Shop, checkout: tuple[str, Token]) -> httpx.Response:
    checkout_id, mine = checkout
    return await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **mine)


async def test_a_buyer_gets_as_many_as_allowed_and_not_one_more(shop: Shop) -> None:
    await limited(shop)
    before = await rows(shop)
    too_many(await buys(shop, 3), 3, 2)
    assert await rows(shop) == before
    assert (await buys(shop, 1)).status_code == 201
    assert (await buys(shop, 1)).status_code == 201
    before = await rows(shop)
    too_many(await buys(shop, 1), 1, 0)
    too_many(await buys(shop, 1, "ADA@Example.com"), 1, 0)
    assert await rows(shop) == before
    assert (await buys(shop, 2, "grace@example.com")).status_code == 201
    assert (await shop.place({"MUG": 90}, "bank_transfer")).status_code == 201
    assert await shop.available("DROP") == 96


async def test_units_on_several_lines_are_counted_together(shop: Shop) -> None:
    await limited(shop)
    lines = [{"sku": "DROP", "quantity": 1}, {"sku": "MUG", "quantity": 1}, {"sku": "DROP", "quantity": 2}]
    body = shop.order_body({}, "bank_transfer") | {"lines": lines}
    too_many(await shop.call("POST", "/orders", body), 3, 2)


async def test_the_same_request_again_counts_once(shop: Shop) -> None:
    await limited(shop, units_max=1)
    body = shop.order_body({"DROP": 1}, "bank_transfer")
    answers = [
        await shop.call("POST", "/orders", body, Idempotency_Key="the-key-of-one-drop") for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert await shop.count("orders") == await shop.count("purchases") == 1


async def test_a_cancelled_order_counts_no_more(shop: Shop) -> None:
    await limited(shop)
    placed = (await buys(shop, 2)).json()
    too_many(await buys(shop, 1), 1, 0)
    mine = {"X-Holdfast-Token": placed["token"]}
    assert (await shop.call("POST", f"/orders/{placed['order']['id']}/cancel", **mine)).status_code == 200
    assert (await buys(shop, 2)).status_code == 201


async def test_after_the_period_a_buyer_may_come_again(shop: Shop) -> None:
    await limited(shop, hours=24)
    at = clock.now()
    clock.stop(at)
    assert (await buys(shop, 2)).status_code == 201
    clock.stop(at + timedelta(hours=23, minutes=59))
    too_many(await buys(shop, 1), 1, 0)
    clock.stop(at + timedelta(hours=24))
    assert (await buys(shop, 2)).status_code == 201


async def test_a_buyer_who_checks_out_the_same_cart_again_is_not_in_the_own_way(shop: Shop) -> None:
    await limited(shop)
    cart_id, mine = await cart_with(shop, {"DROP": 2})
    body = {**shop.order_body({}, "bank_transfer"), "cart_id": cart_id}
    del body["lines"]
    for _ in range(3):
        assert (await shop.call("POST", "/orders", body, **mine)).status_code == 201
    too_many(await buys(shop, 1), 1, 0)
    assert await shop.available("DROP") == 98


async def test_a_checkout_counts_for_the_address_that_was_filled_in(shop: Shop) -> None:
    await limited(shop)
    assert (await buys(shop, 2)).status_code == 201
    cart_id, mine = await cart_with(shop, {"DROP": 1})
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **mine)).json()
    checkout, owned = f"/checkouts/{started['checkout']['id']}", {"X-Holdfast-Token": started["token"]}
    filled = {"email": "ada@example.com", "shipping_address": ADDRESS, "shipping_option": "collect"}
    await shop.call("PATCH", checkout, filled | {"payment_method": "bank_transfer"}, **owned)
    before = await rows(shop)
    too_many(await shop.call("POST", f"{checkout}/complete", {}, **owned), 1, 0)
    assert await rows(shop) == before
    await shop.call("PATCH", checkout, {"email": "grace@example.com"}, **owned)
    assert (await shop.call("POST", f"{checkout}/complete", {}, **owned)).status_code == 201


async def test_who_is_known_is_counted_as_themselves_whatever_address_they_give(shop: Shop) -> None:
    await limited(shop)
    key = (await make_key(shop.database, email="c@example.com", role=Role.CUSTOMER, label="test")).key
    known = {"Authorization": f"Bearer {key}"}
    for email in ("a1@example.com", "a2@example.com"):
        body = shop.order_body({"DROP": 1}, "bank_transfer", email=email)
        assert (await shop.call("POST", "/orders", body, **known)).status_code == 201
    body = shop.order_body({"DROP": 1}, "bank_transfer", email="a3@example.com")
    too_many(await shop.call("POST", "/orders", body, **known), 1, 0)
    assert (await buys(shop, 1, "a1@example.com")).status_code == 201
    too_many(await buys(shop, 1, "a1@example.com"), 1, 0)


async def test_staff_sell_as_they_see_fit(shop: Shop) -> None:
    await limited(shop)
    body = shop.order_body({"DROP": 9}, "bank_transfer")
    assert (await shop.call("POST", "/orders", body, **shop.staff)).status_code == 201
    assert (await buys(shop, 2)).status_code == 201


async def test_a_refusal_for_lack_of_stock_uses_up_nothing(shop: Shop) -> None:
    await limited(shop, units=1)
    refused(await buys(shop, 2), 409, "out_of_stock")
    assert await shop.count("purchases") == 0
    assert (await buys(shop, 1)).status_code == 201


async def test_a_limit_is_changed_and_lifted_at_once(shop: Shop) -> None:
    await limited(shop, units_max=1)
    assert (await buys(shop, 1)).status_code == 201
    too_many(await buys(shop, 1), 1, 0)
    await shop.as_staff("PUT", "/admin/purchase-limits/DROP", {"units_max": 2, "hours": 48})
    shown = await shop.as_staff("GET", "/admin/purchase-limits")
    assert shown == {"data": [{"sku": "DROP", "units_max": 2, "hours": 48}]}
    assert (await buys(shop, 1)).status_code == 201
    too_many(await buys(shop, 1), 1, 0, hours=48)
    assert await shop.as_staff("DELETE", "/admin/purchase-limits/DROP") == {"data": []}
    await shop.process.read_again()
    assert (await buys(shop, 50)).status_code == 201


async def test_a_limit_that_makes_no_sense_is_refused(shop: Shop) -> None:
    await shop.stocked({"DROP": 5})
    before = await rows(shop)
    for body in ({"units_max": 0, "hours": 1}, {"units_max": 1, "hours": 0}, {"units_max": 1}, {}):
        path = "/admin/purchase-limits/DROP"
        refused(await shop.call("PUT", path, body, **shop.staff), 422, "field_invalid")
    good = {"units_max": 1, "hours": 1}
    refused(await shop.call("PUT", "/admin/purchase-limits/JUG", good, **shop.staff), 404, "unknown_sku")
    refused(await shop.call("DELETE", "/admin/purchase-limits/DROP", **shop.staff), 404, "not_found")
    refused(await shop.call("PUT", "/admin/purchase-limits/DROP", good), 401, "unauthenticated")
    assert await rows(shop) == before


async def test_nobody_gets_more_by_asking_often_at_once_at_two_doors(database_url: str) -> None:
    async with open_shop(database_url) as one, open_shop(database_url) as two:
        await limited(one, units_max=3)
        await two.process.read_again()
        emails = ["ada@example.com", "ADA@example.com", "grace@example.com"]
        calls = [
            door.call(
                "POST",
                "/orders",
                door.order_body({"DROP": 1}, "bank_transfer", email=email),
                Idempotency_Key=f"key-of-a-swarm-{number:03}-{place}-{email.lower()}-{email[0]}",
            )
            for number in range(15)
            for place, door in enumerate((one, two))
            for email in emails
        ]
        answers = await asyncio.gather(*calls)
        assert sorted({answer.status_code for answer in answers}) == [201, 409]
        assert sum(answer.status_code == 201 for answer in answers) == 6
        bought = await one.fetch("SELECT buyer, sum(quantity) AS units FROM purchases GROUP BY buyer")
        assert [row["units"] for row in bought] == [3, 3]
        assert await one.available("DROP") == 94


async def test_what_is_held_early_counts_as_long_as_it_is_held(shop: Shop) -> None:
    await limited(shop)
    cart_id, nobody = await cart_with(shop, {"DROP": 1})
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **nobody)).json()
    before = await rows(shop)
    unknown = await shop.call(
        "POST",
        "/holds",
        {"checkout_id": started["checkout"]["id"]},
        **nobody | {"X_Holdfast_Token": started["token"]},
    )
    assert refused(unknown, 422, "checkout_incomplete")["missing"] == ["email"]
    assert await rows(shop) == before

    first, second = await ready(shop, 2), await ready(shop, 1)
    held = await holds(shop, first)
    assert held.status_code == 201, held.text
    before = await rows(shop)
    too_many(await holds(shop, second), 1, 0)
    too_many(await buys(shop, 1), 1, 0)
    assert await rows(shop) == before
    assert (await holds(shop, first)).status_code == 201
    assert (await buys(shop, 2, "grace@example.com")).status_code == 201
    checkout_id, mine = first
    assert (await shop.call("POST", f"/checkouts/{checkout_id}/complete", {}, **mine)).status_code == 201
    too_many(await holds(shop, second), 1, 0)

    await shop.call("PATCH", f"/checkouts/{second[0]}", {"email": "eve@example.com"}, **second[1])
    hold_id = (await holds(shop, second)).json()["id"]
    too_many(await buys(shop, 2, "eve@example.com"), 2, 1)
    await shop.call("DELETE", f"/holds/{hold_id}", **second[1])
    assert (await buys(shop, 1, "eve@example.com")).status_code == 201
    assert (await holds(shop, second)).status_code == 201
    later(minutes=20)
    assert (await buys(shop, 1, "eve@example.com")).status_code == 201
    many, of_many = await ready(shop, 9)
    by_staff = await shop.call("POST", "/holds", {"checkout_id": many}, **of_many, **shop.staff)
    assert by_staff.status_code == 201
    await forget(shop.process)
    assert await shop.count("hold_buyers") == 0


async def test_nobody_gets_more_by_holding_and_ordering_at_once(shop: Shop) -> None:
    await limited(shop)
    first, second = await ready(shop, 2), await ready(shop, 1)
    async with closed(shop.database, "SELECT FROM stock WHERE sku = 'DROP' FOR UPDATE") as gate:
        one = asyncio.create_task(holds(shop, first))
        await gate.stopped(1)
        two = asyncio.create_task(holds(shop, second))
        await gate.stopped(2)
        three = asyncio.create_task(buys(shop, 1))
        await gate.stopped(3)
        await gate.open()
        held, *others = await asyncio.gather(one, two, three)
    assert held.status_code == 201, held.text
    for answer in others:
        too_many(answer, 1, 0)
    assert await shop.available("DROP") == 98


async def test_what_is_counted_is_nobodys_address(shop: Shop) -> None:
    await limited(shop)
    await buys(shop, 1)
    (row,) = await shop.fetch("SELECT buyer FROM purchases")
    assert len(row["buyer"]) == 64
    assert "ada" not in row["buyer"]
