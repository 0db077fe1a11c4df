"""Some units of an order are cancelled: they go back once, and so does what they cost."""

import httpx
import pytest

from holdfast import clock
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from holdfast.order.move_order import Move, lock_orders, move_orders
from holdfast.order.order import Event
from tests.house import Json, Shop
from tests.stories.money import (
    cancel,
    events,
    id_of,
    intents,
    lines,
    matters,
    mine,
    payment,
    receive,
    refunds,
    rest,
    sums,
)
from tests.stories.test_late_money import expired, pays_late, sold_meanwhile

pytestmark = pytest.mark.anyio


async def placed_of_two(shop: Shop, method: str = "stripe") -> Json:
    await shop.stocked({"MUG": 5, "CUP": 5})
    return await shop.placed({"MUG": 3, "CUP": 1}, method, shipping_option="standard")


async def paid(shop: Shop) -> Json:
    """A paid order of three mugs and a cup, 10.00 each, and delivery of 3.95."""
    placed = await placed_of_two(shop)
    await shop.pay(placed)
    return placed


async def drop(shop: Shop, placed: Json, *units: tuple[int, int], **who: str) -> httpx.Response:
    """The buyer cancels (position, quantity), or the staff."""
    body = {"lines": [{"position": position, "quantity": quantity} for position, quantity in units]}
    path = f"{'/admin' if who else ''}/orders/{id_of(placed)}/cancel"
    return await shop.call("POST", path, body, **(who or mine(placed)))


async def happens(shop: Shop, placed: Json, *moves: Event) -> None:
    """The order goes on in the shop."""

    async def work(tx: Transaction) -> None:
        for event in moves:
            order = (await lock_orders(tx, order_ids=[id_of(placed)]))[id_of(placed)]
            await move_orders(tx, moves=[Move(order, event, "test")], at=clock.now())

    await transaction(shop.database, work)


async def test_units_of_a_paid_order_go_back_and_so_does_what_they_cost(shop: Shop) -> None:
    placed = await paid(shop)
    answer = await drop(shop, placed, (1, 2))
    assert answer.status_code == 200, answer.text
    assert [line["cancelled"] for line in answer.json()["order"]["lines"]] == [2, 0]
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 2_000)]
    assert (await shop.available("MUG"), await shop.available("CUP")) == (4, 4)
    assert (await payment(shop, placed))["due"]["amount"] == 2_395
    order = (await shop.order(id_of(placed)))["answer"]["order"]
    assert (order["total"]["amount"], order["status"]) == (4_395, "partially_refunded")


async def test_the_last_units_take_the_order_with_them_and_its_shipping(shop: Shop) -> None:
    placed = await paid(shop)
    await drop(shop, placed, (1, 2))
    await drop(shop, placed, (1, 1), (2, 1))
    await rest(shop)
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("cancelled", (4_395, 4_395))
    assert (await shop.available("MUG"), await shop.available("CUP")) == (5, 5)


async def test_the_same_units_are_not_cancelled_twice(shop: Shop) -> None:
    placed = await paid(shop)
    await drop(shop, placed, (1, 2))
    refused = await drop(shop, placed, (1, 2))
    assert (refused.status_code, refused.json()["code"]) == (409, "units_gone")
    assert refused.json()["left"] == 1
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([("succeeded", 2_000)], 4)


async def test_of_what_is_only_set_aside_less_is_taken(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    placed = await placed_of_two(shop)
    await shop.at_bank(placed, "pay")
    await shop.until_state(id_of(placed), "confirmed")
    assert (await drop(shop, placed, (1, 2))).status_code == 200
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/capture")
    await rest(shop)
    (intent,) = await intents(shop, placed)
    assert (intent["amount_received"], await sums(shop, placed)) == (2_395, (2_395, 0))
    assert (await refunds(shop), await matters(shop)) == ([], {})
    assert (await payment(shop, placed))["state"] == "paid"


async def test_of_cash_so_much_less_is_collected(shop: Shop) -> None:
    placed = await placed_of_two(shop, "cash_on_delivery")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/confirm-cash")
    await drop(shop, placed, (2, 1))
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/collect-cash", {"collected_minor": 3_395})
    assert (await payment(shop, placed))["state"] == "paid"
    assert (await matters(shop), await shop.available("CUP")) == ({}, 5)


async def test_a_part_of_an_unpaid_order_is_not_cancelled(shop: Shop) -> None:
    placed = await placed_of_two(shop)
    refused = await drop(shop, placed, (1, 1))
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    assert (await lines(shop), await events(shop, placed)) == ([("active", 1), ("active", 3)], ["placed"])


async def test_a_buyer_cancels_until_the_shop_says_and_the_staff_until_it_is_shipped(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.rules(buyers_cancel_until="processing")
    await happens(shop, placed, Event.CONFIRMED)
    assert (await drop(shop, placed, (1, 1))).status_code == 200
    await happens(shop, placed, Event.PROCESSING_STARTED)
    for refused in (await drop(shop, placed, (1, 1)), await cancel(shop, placed)):
        assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    await happens(shop, placed, Event.MARKED_READY)
    assert (await drop(shop, placed, (1, 1), **shop.staff)).status_code == 200
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([("succeeded", 2_000)], 4)


async def test_units_that_are_owed_go_first_and_the_order_goes_on(shop: Shop) -> None:
    await shop.rules(late_money="owe")
    await shop.stocked({"MUG": 3})
    placed = await expired(shop, 3)
    await sold_meanwhile(shop, 2)
    await pays_late(shop, placed)
    assert await shop.state(id_of(placed)) == "awaiting_stock"
    assert (await drop(shop, placed, (1, 2))).status_code == 200
    assert (await events(shop, placed))[-2:] == ["stock_owed", "stock_arrived"]
    await receive(shop, "MUG", 2)
    await rest(shop)
    assert (await shop.available("MUG"), await refunds(shop)) == (2, [("succeeded", 2_000)])
    refused = await drop(shop, placed, (1, 2))
    assert (refused.status_code, refused.json()["left"]) == (409, 1)
