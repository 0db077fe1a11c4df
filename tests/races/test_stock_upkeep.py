"""Staff and buyers meet at one stock row: counts, transfers, places that are switched off."""

import asyncio

import pytest

from holdfast import clock
from holdfast.stock.locations import change_location
from holdfast.stock.upkeep.stock_take import Counted, take_stock
from tests.house import Json, Shop
from tests.races.gates import closed
from tests.stories.stock import counted, counters, movements, place_named, received, short

pytestmark = pytest.mark.anyio

STOCK_ROW = "SELECT FROM stock WHERE sku = $1 FOR UPDATE"


async def test_a_count_that_waits_behind_a_sale_sees_the_sale_and_names_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        sale = asyncio.create_task(shop.place({"MUG": 1}, "cash_on_delivery"))
        await gate.stopped(1)
        count = asyncio.create_task(counted(shop, 0))
        await gate.stopped(2)
        await gate.open()
        sold, entered = await sale, await count
    assert (sold.status_code, entered.status_code) == (201, 201)
    assert await counters(shop) == (0, 1, 0, 1)
    assert [x["orders"] for x in await short(shop)] == [[sold.json()["order"]["id"]]]


async def test_a_sale_that_waits_behind_a_count_is_refused_what_was_not_found(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        count = asyncio.create_task(counted(shop, 0))
        await gate.stopped(1)
        sale = asyncio.create_task(shop.place({"MUG": 1}, "cash_on_delivery"))
        await gate.stopped(2)
        await gate.open()
        entered, refused = await count, await sale
    assert (entered.status_code, refused.status_code) == (201, 409)
    assert (await counters(shop), await short(shop)) == ((0, 0, 0, 0), [])


async def test_units_that_leave_while_a_count_waits_are_not_counted_as_missing(shop: Shop) -> None:
    """The count is of the moment it was sent; what was taken off the shelf behind it was still there then."""
    await shop.stocked({"MUG": 5})
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        count = asyncio.create_task(counted(shop, 5))
        await gate.stopped(1)
        leaves = {"sku": "MUG", "location": "main", "quantity": -2, "kind": "adjusted", "at": clock.now()}
        await gate.connection.execute(
            """WITH gone AS (UPDATE stock SET on_hand = on_hand - 2 WHERE sku = 'MUG')
               INSERT INTO movements (sku, location_id, kind, quantity, actor, at)
               VALUES ($1, $2, $4, $3, 'test', $5)""",
            *leaves.values(),
        )
        await gate.open()
        entered = await count
    assert entered.json()["lines"][0]["difference"] == 0
    assert await counters(shop) == (3, 0, 0, 0)


async def test_two_people_who_enter_the_same_count_change_the_stock_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    moment = clock.now()
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        tasks = []
        for number in (1, 2):
            tasks.append(asyncio.create_task(counted(shop, 3, counted_at=moment.isoformat())))
            await gate.stopped(number)
        await gate.open()
        answers = await asyncio.gather(*tasks)
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["code"] == "count_refused"
    assert await counters(shop) == (3, 0, 0, 0)


async def test_the_last_unit_is_sold_or_sent_away_and_never_both(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await place_named(shop, "shop", priority=1)
    body = {"from": "main", "to": "shop", "lines": [{"sku": "MUG", "quantity": 1}], "reason": "wanted"}
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        sending = asyncio.create_task(shop.call("POST", "/admin/stock/transfers", body, **shop.staff))
        await gate.stopped(1)
        sale = asyncio.create_task(shop.place({"MUG": 1}, "cash_on_delivery"))
        await gate.stopped(2)
        await gate.open()
        sent, refused = await sending, await sale
    assert (sent.status_code, refused.status_code) == (201, 409)
    assert await counters(shop) == (0, 0, 0, 0)


async def test_two_people_who_unpack_the_same_parcel_unpack_it_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await place_named(shop, "shop")
    lines = [{"sku": "MUG", "quantity": 3}]
    body: Json = {"from": "main", "to": "shop", "lines": lines, "reason": "wanted"}
    sent = await shop.as_staff("POST", "/admin/stock/transfers", body)
    path = f"/admin/stock/transfers/{sent['transfer']['id']}"
    arrived = {"lines": lines, "reason": "unpacked"}
    async with closed(shop.database, "SELECT FROM stock_transfers FOR UPDATE") as gate:
        tasks = []
        for number, leg in enumerate(("receive", "receive", "lose"), 1):
            tasks.append(asyncio.create_task(shop.call("POST", f"{path}/{leg}", arrived, **shop.staff)))
            await gate.stopped(number)
        await gate.open()
        answers = await asyncio.gather(*tasks)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert await counters(shop, location="shop") == (3, 0, 0, 0)
    assert [kind for _, kind, _ in await movements(shop)] == ["received", "transferred", "transferred"]


async def test_a_sale_that_waits_while_its_place_is_switched_off_gets_nothing_there(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    async with closed(shop.database, "SELECT 1") as gate:
        await change_location(gate.connection, location_id="main", is_open=False)
        sale = asyncio.create_task(shop.place({"MUG": 1}, "cash_on_delivery"))
        await gate.stopped(1)
        await gate.open()
        refused = await sale
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 1, "available": 0}]
    assert await counters(shop) == (2, 0, 0, 0)


async def test_goods_that_arrive_first_while_their_place_is_switched_off_know_it(shop: Shop) -> None:
    await shop.stocked({"MUG": None, "JUG": 0})
    async with closed(shop.database, "SELECT 1") as gate:
        await change_location(gate.connection, location_id="main", is_open=False)
        coming = asyncio.create_task(received(shop, 5, sku="JUG"))
        await gate.stopped(1)
        await gate.open()
        await coming
    assert await counters(shop, "JUG") == (5, 0, 0, 0)
    assert await shop.available("JUG") == 0


async def test_counts_of_the_same_places_in_reverse_do_not_deadlock(shop: Shop) -> None:
    skus = ["CUP", "JUG", "MUG"]
    await shop.stocked(dict.fromkeys(skus, 5))
    runs = []

    async def enter(in_order: list[str]) -> None:
        async with shop.database.pool.acquire() as connection, connection.transaction():
            runs.append(in_order)
            lines = [Counted(sku, "main", 4) for sku in in_order]
            await take_stock(connection, lines=lines, reason="x", actor="test", at=clock.now())

    async with closed(shop.database, STOCK_ROW, "JUG") as gate:
        tasks = []
        for number, in_order in enumerate((skus, skus[::-1]), 1):
            tasks.append(asyncio.create_task(enter(in_order)))
            await gate.stopped(number)
        await gate.open()
        await asyncio.gather(*tasks)
    assert len(runs) == 2
    assert [await counters(shop, sku) for sku in skus] == [(4, 0, 0, 0)] * 3
