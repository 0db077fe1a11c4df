"""Shipping meets cancelling, another hand, and itself; each stopped exactly where it hurts."""

import asyncio

import httpx
import pytest

from holdfast import clock, ids
from holdfast.db.transaction import transaction
from holdfast.fulfilment.move_by_staff import move_by_staff
from holdfast.fulfilment.ship import Deed, Parcel, ship
from holdfast.fulfilment.shipment import Units
from tests.house import Json, Shop
from tests.races.carts import units
from tests.races.gates import closed
from tests.races.test_locks_of_money import Runs
from tests.stories.money import id_of, refunds, rest

pytestmark = pytest.mark.anyio

ORDER_ROW = "SELECT FROM orders WHERE id = $1 FOR UPDATE"
STOCK_ROW = "SELECT FROM stock WHERE sku = $1 FOR UPDATE"


async def paid(shop: Shop, lines: dict[str, int]) -> Json:
    placed = await shop.placed(lines)
    await shop.pay(placed)
    return placed


def shipping(
    shop: Shop, placed: Json, *lines: tuple[int, int], **headers: str
) -> "asyncio.Task[httpx.Response]":
    body = {"lines": [{"position": position, "quantity": n} for position, n in lines]} if lines else {}
    path = f"/admin/orders/{id_of(placed)}/shipments"
    return asyncio.create_task(shop.call("POST", path, body, **shop.staff, **headers))


def cancelling(shop: Shop, placed: Json) -> "asyncio.Task[httpx.Response]":
    path = f"/admin/orders/{id_of(placed)}/cancel"
    return asyncio.create_task(shop.call("POST", path, {}, **shop.staff))


@pytest.mark.parametrize("first", ["ship", "cancel"])
async def test_of_shipping_and_cancelling_at_once_one_happens(shop: Shop, first: str) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop, {"MUG": 2})
    deeds = {"ship": shipping, "cancel": cancelling}
    second = "cancel" if first == "ship" else "ship"
    async with closed(shop.database, ORDER_ROW, id_of(placed)) as gate:
        one = deeds[first](shop, placed)
        await gate.stopped(1)
        two = deeds[second](shop, placed)
        await gate.stopped(2)
        await gate.open()
        done, refused = await one, await two
    assert done.status_code in (200, 201)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    await rest(shop)
    if first == "ship":
        assert (await shop.state(id_of(placed)), await units(shop, "MUG")) == ("shipped", (3, 0, 0))
        assert await refunds(shop) == []
    else:
        assert (await shop.state(id_of(placed)), await units(shop, "MUG")) == ("cancelled", (5, 0, 0))
        assert await refunds(shop) == [("succeeded", 2_000)]
        assert await shop.count("shipments") == 0


async def test_a_part_that_leaves_while_somebody_cancels_keeps_the_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop, {"MUG": 2})
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        one = shipping(shop, placed, (1, 1))
        await gate.stopped(1)
        two = cancelling(shop, placed)
        await gate.stopped(2)
        await gate.open()
        _, refused = await one, await two
    assert refused.json()["state"] == "partially_shipped"
    assert await units(shop, "MUG") == (4, 0, 1)


async def test_two_people_who_ship_the_same_order_send_it_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop, {"MUG": 2})
    async with closed(shop.database, ORDER_ROW, id_of(placed)) as gate:
        hands = [shipping(shop, placed), shipping(shop, placed)]
        await gate.stopped(2)
        await gate.open()
        answers = await asyncio.gather(*hands)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await units(shop, "MUG"), await shop.count("shipments")) == ((3, 0, 0), 1)


async def test_two_people_who_ship_parts_never_send_more_than_was_bought(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop, {"MUG": 3})
    async with closed(shop.database, ORDER_ROW, id_of(placed)) as gate:
        hands = [shipping(shop, placed, (1, 2)) for _ in range(2)]
        await gate.stopped(2)
        await gate.open()
        answers = await asyncio.gather(*hands)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await units(shop, "MUG") == (3, 0, 1)


async def test_a_double_click_sends_one_parcel(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await paid(shop, {"MUG": 3})
    key = {"Idempotency_Key": "key-of-a-double-click"}
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        clicks = [shipping(shop, placed, (1, 1), **key) for _ in range(2)]
        await gate.stopped(2)
        await gate.open()
        one, other = await asyncio.gather(*clicks)
    assert one.content == other.content
    assert (await units(shop, "MUG"), await shop.count("shipments")) == ((4, 0, 2), 1)


async def test_reversed_sets_of_orders_do_not_deadlock(shop: Shop) -> None:
    await shop.stocked({"CUP": 5, "JUG": 5, "MUG": 5})
    orders = [await paid(shop, {sku: 1}) for sku in ("MUG", "JUG", "CUP")]
    await rest(shop)
    order_ids = [id_of(placed) for placed in orders]
    deed = Deed("staff", clock.now())
    runs = Runs(shop)
    rules = shop.process.rules
    async with closed(shop.database, ORDER_ROW, order_ids[1]) as gate:
        tasks = [
            runs.start(
                lambda tx, wanted=wanted: move_by_staff(  # type: ignore[misc]
                    tx, order_ids=wanted, event="shipped", deed=deed, rules=rules
                )
            )
            for wanted in (order_ids, order_ids[::-1])
        ]
        await gate.stopped(2)
        await gate.open()
        first, second = await asyncio.gather(*tasks)
    assert runs.begun == 2
    assert sorted(a.order is not None for a in [*first, *second]) == [False] * 3 + [True] * 3
    assert [await units(shop, sku) for sku in ("CUP", "JUG", "MUG")] == [(4, 0, 0)] * 3


async def test_many_hands_empty_one_shelf_and_the_books_are_right(shop: Shop) -> None:
    await shop.stocked({"MUG": 40})
    orders = [await paid(shop, {"MUG": 2}) for _ in range(10)]

    async def hand(placed: Json) -> None:
        parcel = Parcel(ids.mint("shp"), id_of(placed), (Units(1, 1),))
        deed = Deed("staff", clock.now())
        await transaction(
            shop.database, lambda tx: ship(tx, parcels=[parcel], deed=deed, rules=shop.process.rules)
        )

    await asyncio.gather(*(hand(placed) for placed in orders * 3))
    assert await units(shop, "MUG") == (20, 0, 0)
    assert await shop.fetch("SELECT DISTINCT state FROM orders") == [("shipped",)]
    assert await shop.count("shipments") == 20
