"""Parcels: whole orders and parts, what may not go, where parcels are, and what comes back."""

from collections.abc import Sequence

import httpx
import pytest

from holdfast import clock
from holdfast.db.transaction import transaction
from holdfast.stock.movements import StockLine, move_stock
from tests.api.answers import refused, rows
from tests.house import Json, Shop
from tests.stories.money import (
    id_of,
    matters,
    mine,
    placed_ago,
    receive,
    refunds,
    rest,
    sums,
    transferred,
)
from tests.stories.test_moves import COD, bulk, moved, paid

pytestmark = pytest.mark.anyio

POST = {"carrier": "Post", "tracking_number": "AB 1", "tracking_url": "https://post.example/AB1"}


def units(*lines: tuple[int, int]) -> list[Json]:
    return [{"position": position, "quantity": quantity} for position, quantity in lines]


async def ship(shop: Shop, order_id: str, **body: object) -> httpx.Response:
    return await shop.call("POST", f"/admin/orders/{order_id}/shipments", body, **shop.staff)


async def shipped(shop: Shop, order_id: str, **body: object) -> Json:
    answer = await ship(shop, order_id, **body)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def said(shop: Shop, shipment_id: str, event: str, **body: object) -> httpx.Response:
    path = f"/admin/shipments/{shipment_id}/moves"
    return await shop.call("POST", path, {"event": event, **body}, **shop.staff)


async def shelves(shop: Shop) -> list[Sequence[int]]:
    """(on hand, committed) by SKU and location."""
    found = await shop.fetch("SELECT on_hand, committed FROM stock ORDER BY sku, location_id")
    return [tuple(row) for row in found]


async def movements(shop: Shop, shipment_id: str) -> list[tuple[str, str, int]]:
    found = await shop.fetch(
        "SELECT kind, location_id, quantity FROM movements WHERE subject = $1 ORDER BY id", shipment_id
    )
    return [tuple(row) for row in found]


async def test_a_whole_order_goes_and_the_shelf_says_why_it_is_emptier(shop: Shop) -> None:
    await shop.stocked({"MUG": 5, "FEE": None})
    placed = await shop.placed({"MUG": 2, "FEE": 1})
    await shop.pay(placed)
    answer = await shipped(shop, id_of(placed), **POST)
    (parcel,) = answer["shipments"]
    assert (answer["order"]["state"], parcel["state"]) == ("shipped", "shipped")
    assert parcel["lines"] == units((1, 2), (2, 1))
    assert [line["shipped"] for line in answer["order"]["lines"]] == [2, 1]
    assert await shelves(shop) == [(3, 0)]
    assert await movements(shop, parcel["id"]) == [("shipped", "main", -2)]
    assert (await shop.fetch("SELECT state, quantity FROM hold_lines")) == [("shipped", 2)]
    seen = (await shop.call("GET", f"/orders/{id_of(placed)}", **mine(placed))).json()
    assert {name: seen["shipments"][0][name] for name in POST} == POST


async def test_an_order_goes_in_parts_and_is_shipped_when_the_last_has_gone(shop: Shop) -> None:
    await shop.stocked({"MUG": 9, "CUP": 9})
    order_id = await paid(shop, {"MUG": 5, "CUP": 1})
    answer = await shipped(shop, order_id, lines=units((1, 2)))
    assert (answer["order"]["state"], answer["order"]["status"]) == ("paid", "partially_shipped")
    assert await shelves(shop) == [(9, 1), (7, 3)]
    await moved(shop, order_id, "confirmed")
    found = (await shop.as_staff("GET", "/admin/orders?status=partially_shipped"))["data"]
    assert [order["id"] for order in found] == [order_id]
    await shipped(shop, order_id, lines=units((1, 1), (2, 1)))
    answer = await shipped(shop, order_id)
    assert answer["order"]["status"] == "shipped"
    assert [parcel["lines"] for parcel in answer["shipments"]] == [
        units((1, 2)),
        units((1, 1), (2, 1)),
        units((1, 2)),
    ]
    assert await shelves(shop) == [(8, 0), (4, 0)]
    refused(await ship(shop, order_id), 409, "move_refused")


async def test_units_are_picked_where_they_were_held(shop: Shop) -> None:
    await shop.database.pool.execute(
        "INSERT INTO locations (id, name, priority) VALUES ('attic', 'Attic', 1)"
    )
    await shop.stocked({"MUG": 2})
    lines = [{"sku": "MUG", "quantity": 3, "location": "attic"}]
    await shop.as_staff("POST", "/admin/stock/receive", {"lines": lines, "reason": "more"})
    order_id = await paid(shop, {"MUG": 4})
    first = (await shipped(shop, order_id, lines=units((1, 3))))["shipments"][-1]["id"]
    second = (await shipped(shop, order_id))["shipments"][-1]["id"]
    taken = await movements(shop, first) + await movements(shop, second)
    assert sum(quantity for _, _, quantity in taken) == -4
    assert {location for _, location, _ in taken} == {"attic", "main"}
    assert sum(on_hand for on_hand, _ in await shelves(shop)) == 1
    assert {committed for _, committed in await shelves(shop)} == {0}


async def test_more_than_is_left_nothing_and_strange_lines_do_not_go(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = await paid(shop, {"MUG": 5})
    await shipped(shop, order_id, lines=units((1, 2)))
    before = await rows(shop)
    answer = await ship(shop, order_id, lines=units((1, 4), (7, 1)))
    assert refused(answer, 409, "nothing_to_ship")["lines"] == [
        {"position": 1, "requested": 4, "available": 3},
        {"position": 7, "requested": 1, "available": 0},
    ]
    answer = await ship(shop, order_id, lines=units((1, 1), (1, 1)))
    refused(answer, 422, "field_invalid", "lines[1].position")
    for link in ("http://post.example/1", "javascript:alert(1)", "https://a b", "https://é.example"):
        refused(await ship(shop, order_id, tracking_url=link), 422, "field_invalid", "tracking_url")
    refused(await ship(shop, "ord_00000000000000000000000000"), 404, "not_found")
    assert await rows(shop) == before
    assert await shelves(shop) == [(7, 3)]


async def test_what_was_given_back_does_not_go(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = await paid(shop, {"MUG": 5})
    packed = (await shipped(shop, order_id, lines=units((1, 2)), packed_only=True))["shipments"][0]["id"]
    await shop.as_staff("POST", f"/admin/orders/{order_id}/refund", {})
    await rest(shop)
    before = await rows(shop)
    for answer in (await ship(shop, order_id), await said(shop, packed, "shipped")):
        found = refused(answer, 409, "move_refused")
        assert (found["state"], found["possible"]) == ("refunded", ["confirmed", "cancelled"])
    assert await rows(shop) == before
    assert await shelves(shop) == [(9, 5)]


async def test_what_is_owed_stays_until_it_arrives(shop: Shop) -> None:
    await shop.stocked({"MUG": 5, "CUP": 5})
    await shop.rules(late_money="owe", unpaid_limit_hours=24 * 7)
    placed = await placed_ago(shop, {"MUG": 3, "CUP": 1}, "bank_transfer", hours=73)
    await shop.sweep()
    await paid(shop, {"MUG": 4})
    await transferred(shop, placed, 4_000, "FT1")
    order_id = id_of(placed)
    too_many = await ship(shop, order_id, lines=units((1, 2)))
    assert refused(too_many, 409, "nothing_to_ship")["lines"][0]["available"] == 1
    answer = await shipped(shop, order_id)
    assert answer["shipments"][0]["lines"] == units((1, 1), (2, 1))
    assert (answer["order"]["state"], answer["order"]["status"]) == ("awaiting_stock", "partially_shipped")
    refused(await ship(shop, order_id), 409, "nothing_to_ship")
    await receive(shop, "MUG", 2)
    assert await shop.state(order_id) == "paid"
    answer = await shipped(shop, order_id)
    assert (answer["order"]["status"], await shelves(shop)) == ("shipped", [(4, 0), (4, 4)])


async def test_nothing_goes_while_somebody_still_has_to_decide(shop: Shop) -> None:
    await shop.stocked({"MUG": 5, "CUP": 5})
    await shop.rules(late_money="ask", unpaid_limit_hours=24 * 7)
    placed = await placed_ago(shop, {"MUG": 3, "CUP": 1}, "bank_transfer", hours=73)
    await shop.sweep()
    await paid(shop, {"MUG": 4})
    await transferred(shop, placed, 4_000, "FT1")
    before = await rows(shop)
    answer = await ship(shop, id_of(placed), lines=units((2, 1)))
    assert refused(answer, 409, "nothing_to_ship")["lines"][0]["available"] == 0
    assert await rows(shop) == before


async def test_units_that_were_sold_before_they_arrived_do_not_go_yet(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await shop.database.pool.execute("UPDATE stock SET backorder_limit = 5")
    order_id = await paid(shop, {"MUG": 3})
    found = refused(await ship(shop, order_id), 409, "out_of_stock")
    assert found["lines"] == [{"sku": "MUG", "requested": 3, "available": 1}]
    assert await shelves(shop) == [(1, 3)]
    await shipped(shop, order_id, lines=units((1, 1)))
    lines = [{"sku": "MUG", "quantity": 2}]
    await shop.as_staff("POST", "/admin/stock/receive", {"lines": lines, "reason": "more"})
    assert (await shipped(shop, order_id))["order"]["status"] == "shipped"
    assert await shelves(shop) == [(0, 0)]


async def test_a_shelf_that_was_counted_short_gives_what_lies_there(shop: Shop) -> None:
    await shop.stocked({"MUG": 4})
    orders = [await paid(shop, {"MUG": 2}) for _ in range(2)]
    gone = [StockLine("MUG", "main", -1)]
    await transaction(
        shop.database,
        lambda tx: move_stock(
            tx, lines=gone, kind="adjusted", reason="broken", actor="test", at=clock.now(), promised=True
        ),
    )
    answer = await bulk(shop, orders, "shipped")
    assert [result["status"] for result in answer["results"]] == ["shipped", None]
    assert answer["results"][1]["problem"]["lines"] == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert await shop.fetch("SELECT on_hand, committed, shortfall FROM stock") == [(1, 2, 1)]


async def test_parcels_of_many_orders_go_in_one_answer(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    one, other = [await paid(shop, {"MUG": 2}) for _ in range(2)]
    unpaid = id_of(await shop.placed({"MUG": 1}))
    wanted = [
        {"order_id": one, "lines": units((1, 1)), **POST},
        {"order_id": other, **POST},
        {"order_id": unpaid},
        {"order_id": one},
    ]
    answer = await shop.as_staff("POST", "/admin/shipments", {"shipments": wanted})
    assert answer["shipped"] == 3
    assert [x["status"] for x in answer["results"]] == ["shipped", "shipped", None, "shipped"]
    assert answer["results"][2]["problem"]["code"] == "move_refused"
    assert await shelves(shop) == [(5, 0)]
    assert len((await shop.order(one))["answer"]["shipments"]) == 2


async def test_a_packed_parcel_waits_is_sent_or_unpacked(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = await paid(shop, {"MUG": 3})
    answer = await shipped(shop, order_id, lines=units((1, 2)), packed_only=True)
    packed = answer["shipments"][0]["id"]
    assert (answer["order"]["status"], await shelves(shop)) == ("paid", [(9, 3)])
    too_many = await ship(shop, order_id, lines=units((1, 2)))
    assert refused(too_many, 409, "nothing_to_ship")["lines"][0]["available"] == 1
    assert (await said(shop, packed, "unpacked")).status_code == 200
    again = (await shipped(shop, order_id, packed_only=True))["shipments"][0]["id"]
    path = f"/admin/shipments/{again}/label"
    await shop.as_staff("PUT", path, POST)
    answer = (await said(shop, again, "shipped")).json()
    assert (answer["order"]["status"], await shelves(shop)) == ("shipped", [(6, 0)])
    assert answer["shipments"][0]["carrier"] == "Post"
    told = (await shop.as_staff("GET", f"/admin/orders/{order_id}/shipments"))["data"]
    assert [[event["event"] for event in parcel["timeline"]] for parcel in told] == [
        ["packed", "unpacked"],
        ["packed", "shipped"],
    ]
    found = refused(await said(shop, again, "unpacked"), 409, "shipment_move_refused")
    assert found["possible"] == ["in_transit", "delivered", "returned", "lost"]
    refused(await said(shop, "shp_x", "delivered"), 404, "not_found")
    refused(await said(shop, "shp_x", "shipped"), 404, "not_found")


async def test_an_order_follows_the_last_of_its_parcels(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = await paid(shop, {"MUG": 3})
    await shipped(shop, order_id, lines=units((1, 1)))
    parcels = (await shipped(shop, order_id))["shipments"]
    first, second = [parcel["id"] for parcel in parcels]
    for shipment_id, event, state in (
        (first, "in_transit", "shipped"),
        (second, "in_transit", "in_transit"),
        (first, "delivered", "in_transit"),
        (second, "delivered", "delivered"),
    ):
        answer = (await said(shop, shipment_id, event)).json()
        assert answer["order"]["state"] == state, event


async def test_what_staff_say_of_an_order_they_say_of_its_parcels(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    orders = [await paid(shop, {"MUG": 1}) for _ in range(2)]
    await bulk(shop, orders, "shipped")
    await bulk(shop, orders, "delivered")
    assert await shop.fetch("SELECT DISTINCT state FROM shipments") == [("delivered",)]


async def test_an_order_of_which_a_part_is_out_is_not_cancelled(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 3})
    await shop.pay(placed)
    order_id = id_of(placed)
    (parcel,) = (await shipped(shop, order_id, lines=units((1, 1))))["shipments"]
    before = await rows(shop)
    for answer in (
        await shop.call("POST", f"/orders/{order_id}/cancel", **mine(placed)),
        await shop.call("POST", f"/admin/orders/{order_id}/cancel", {}, **shop.staff),
    ):
        found = refused(answer, 409, "move_refused")
        assert (found["state"], found["possible"]) == ("partially_shipped", ["confirmed", "shipped"])
    assert await rows(shop) == before
    assert (await said(shop, parcel["id"], "returned")).json()["order"]["status"] == "paid"
    await shop.as_staff("POST", f"/admin/orders/{order_id}/cancel", {})
    await rest(shop)
    assert (await shelves(shop), await refunds(shop)) == ([(9, 0)], [("succeeded", 3_000)])


async def test_a_cancelled_orders_packed_parcel_is_unpacked(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = await paid(shop, {"MUG": 3})
    packed = (await shipped(shop, order_id, packed_only=True))["shipments"][0]["id"]
    await shop.as_staff("POST", f"/admin/orders/{order_id}/cancel", {})
    refused(await said(shop, packed, "shipped"), 409, "move_refused")
    await rest(shop)
    assert await shop.fetch("SELECT state FROM shipments") == [("cancelled",)]
    assert await shelves(shop) == [(9, 0)]


async def test_a_parcel_that_came_back_is_shown_and_ends_its_order_if_staff_want(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = await paid(shop, {"MUG": 3})
    (parcel,) = (await shipped(shop, order_id))["shipments"]
    assert (await said(shop, parcel["id"], "lost")).status_code == 200
    assert (await said(shop, parcel["id"], "returned", reason="no such street")).status_code == 200
    assert await movements(shop, parcel["id"]) == [("shipped", "main", -3), ("returned", "main", 3)]
    assert (await shelves(shop), await shop.state(order_id)) == ([(9, 0)], "shipped")
    found = await matters(shop)
    assert found["shipment_lost"]["detail"] == {"order_id": order_id}
    path = f"/admin/attention/{found['shipment_returned']['id']}/resolve"
    await shop.as_staff("POST", path, {"step": "cancel"})
    await rest(shop)
    assert (await shop.state(order_id), await refunds(shop)) == ("cancelled", [("succeeded", 3_000)])


async def test_what_was_set_aside_is_taken_when_the_first_parcel_has_left(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 3})
    await shop.at_bank(placed, "pay")
    await shop.until_state(id_of(placed), "confirmed")
    await shop.sweep()
    assert await sums(shop, placed) == (0, 0)
    await shipped(shop, id_of(placed), lines=units((1, 1)))
    await shop.sweep()
    await rest(shop)
    assert await sums(shop, placed) == (3_000, 0)
    assert (await shipped(shop, id_of(placed)))["order"]["status"] == "shipped"


@pytest.mark.parametrize(("fate", "on_hand"), [("restock", 9), ("write_off", 6)])
async def test_a_parcel_that_is_refused_at_the_door_comes_home(shop: Shop, fate: str, on_hand: int) -> None:
    await shop.stocked({"MUG": 9})
    order_id = id_of(await shop.placed({"MUG": 4}, COD))
    await moved(shop, order_id, "confirmed")
    await shipped(shop, order_id, lines=units((1, 3)))
    if fate == "restock":
        await shipped(shop, order_id)
        await moved(shop, order_id, "in_transit")
    else:
        await shipped(shop, order_id, packed_only=True)
    body = {"reason": "nobody home", "units": fate}
    answer = await shop.as_staff("POST", f"/admin/orders/{order_id}/refuse-cash", body)
    assert (answer["order"]["state"], answer["payment"]["state"]) == ("cancelled", "cancelled")
    assert await shelves(shop) == [(on_hand, 0)]
    kinds = await shop.fetch("SELECT kind, sum(quantity)::int FROM movements GROUP BY kind ORDER BY kind")
    assert dict(tuple(row) for row in kinds) == (
        {"received": 9, "returned": 4, "shipped": -4}
        if fate == "restock"
        else {"received": 9, "returned": 3, "shipped": -3, "written_off": -3}
    )
    told = (await shop.order(order_id))["timeline"][-1]
    assert told["event"] == ("refused_at_door" if fate == "restock" else "cancelled")
    refused(
        await shop.call("POST", f"/admin/orders/{order_id}/refuse-cash", body, **shop.staff),
        409,
        "move_refused",
    )
    assert await shelves(shop) == [(on_hand, 0)]


async def test_what_was_delivered_or_paid_is_not_refused_at_the_door(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    order_id = id_of(await shop.placed({"MUG": 4}, COD))
    await moved(shop, order_id, "confirmed")
    await moved(shop, order_id, "shipped")
    await moved(shop, order_id, "delivered")
    before = await rows(shop)
    path = f"/admin/orders/{order_id}/refuse-cash"
    refused(await shop.call("POST", path, {}, **shop.staff), 409, "shipment_move_refused")
    assert await rows(shop) == before
    await shop.as_staff("POST", f"/admin/orders/{order_id}/collect-cash", {"collected_minor": 4_000})
    refused(await shop.call("POST", path, {}, **shop.staff), 409, "move_refused")
    assert (await shop.state(order_id), await shelves(shop)) == ("delivered", [(5, 0)])
