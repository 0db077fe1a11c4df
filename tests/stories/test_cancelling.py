"""Cancelling gives units and money back, whatever else is going on."""

import asyncio

import pytest

from holdfast import clock
from holdfast.checkout.cancel_order import cancel_order
from tests.conftest import FULL
from tests.house import ADDRESS, Json, Shop, until
from tests.stories.money import (
    cancel,
    control,
    events,
    id_of,
    intents,
    lines,
    mine,
    payment,
    refunds,
    rest,
    somebody_waits,
    sums,
)

pytestmark = pytest.mark.anyio


async def test_an_unpaid_order_gives_its_units_back_and_can_no_longer_be_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    assert (await cancel(shop, placed)).json()["order"]["state"] == "cancelled"
    assert (await lines(shop), await shop.available("MUG")) == ([("released", 2)], 3)
    await rest(shop)
    (intent,) = await intents(shop, placed)
    assert intent["status"] == "canceled"
    assert (await payment(shop, placed))["state"] == "cancelled"
    seen = (await shop.call("GET", f"/orders/{id_of(placed)}", **mine(placed))).json()
    assert (seen["hold"], seen["payment"]["next_action"]) == (None, None)


async def test_a_paid_order_gives_its_units_and_its_money_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    assert (await cancel(shop, placed)).status_code == 200
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 2_000), [("succeeded", 2_000)])
    assert (await lines(shop), await shop.available("MUG")) == ([("released", 2)], 3)


async def test_a_second_cancellation_is_refused_and_gives_nothing_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await cancel(shop, placed)
    refused = await cancel(shop, placed)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([("succeeded", 2_000)], 3)
    assert await events(shop, placed) == ["placed", "paid", "cancelled"]


async def test_the_same_key_cancels_once_and_answers_the_same(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    path, headers = (
        f"/orders/{id_of(placed)}/cancel",
        {"Idempotency_Key": "one-key-to-cancel", **mine(placed)},
    )
    first, second = [await shop.call("POST", path, **headers) for _ in range(2)]
    assert (first.status_code, first.content) == (200, second.content)
    assert await events(shop, placed) == ["placed", "cancelled"]


async def test_a_stranger_cannot_cancel(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed, other = await shop.placed({"MUG": 1}), await shop.placed({"MUG": 1})
    refused = await shop.call("POST", f"/orders/{id_of(placed)}/cancel", **mine(other))
    assert (refused.status_code, await events(shop, placed)) == (404, ["placed"])


async def test_money_that_comes_before_the_intent_is_closed_goes_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    await cancel(shop, placed)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await refunds(shop)) == ("cancelled", [("succeeded", 2_000)])
    assert await shop.available("MUG") == 3


async def test_money_whose_webhook_was_lost_is_found_when_the_intent_is_closed(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    await shop.fault("webhook_drop", count=10, event="payment_intent.succeeded")
    await shop.at_bank(placed, "pay")
    await cancel(shop, placed)
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 2_000), [("succeeded", 2_000)])
    assert await shop.available("MUG") == 3


async def test_paying_and_cancelling_at_once_ends_cancelled_and_given_back(shop: Shop) -> None:
    orders = 20 if FULL else 5
    await shop.stocked({"MUG": orders})
    placed = [await shop.placed({"MUG": 1}) for _ in range(orders)]
    paying = [shop.at_bank(order, "pay") for order in placed]
    await asyncio.gather(*paying, *(cancel(shop, order) for order in placed))
    await rest(shop)
    assert {await shop.state(id_of(order)) for order in placed} == {"cancelled"}
    assert all(captured == back for captured, back in [await sums(shop, order) for order in placed])
    assert await shop.available("MUG") == orders


@pytest.mark.parametrize("first", ["money", "buyer"])
async def test_whoever_waits_for_the_other_sees_what_the_other_did(shop: Shop, first: str) -> None:
    await shop.stocked({"MUG": 3})
    placed = await shop.placed({"MUG": 2})
    if first == "money":
        await shop.pay(placed)
    async with shop.database.pool.acquire() as tx, tx.transaction():
        rules = shop.process.rules
        await cancel_order(tx, order_id=id_of(placed), actor="guest", reason="", rules=rules, at=clock.now())
        if first == "money":  # a refund is asked for while the cancellation is not committed yet
            path = f"/admin/orders/{id_of(placed)}/refund"
            other = asyncio.create_task(shop.call("POST", path, {}, **shop.staff))
        else:
            other = asyncio.create_task(shop.call("POST", f"/orders/{id_of(placed)}/pay", {}, **mine(placed)))
        await until(lambda: somebody_waits(shop))
    answer = await other
    assert answer.status_code == (200 if first == "money" else 409)
    await rest(shop)
    assert await shop.state(id_of(placed)) == "cancelled"
    assert (await sums(shop, placed)) == ((2_000, 2_000) if first == "money" else (0, 0))


async def test_a_cart_whose_order_was_cancelled_can_be_bought(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    cart = (await shop.call("POST", "/carts")).json()
    owner = {"X_Holdfast_Token": cart["token"]}
    wanted = {"lines": [{"sku": "MUG", "quantity": 2}]}
    await shop.call("POST", f"/carts/{cart['id']}/lines", wanted, **owner)
    body: Json = shop.order_body({}, cart_id=cart["id"], shipping_address=ADDRESS)
    del body["lines"]
    first = (await shop.call("POST", "/orders", body, **owner)).json()
    await cancel(shop, first)
    assert len((await shop.call("GET", f"/carts/{cart['id']}", **owner)).json()["lines"]) == 1
    second = (await shop.call("POST", "/orders", body, **owner)).json()
    await shop.pay(second)
    assert (await shop.call("GET", f"/carts/{cart['id']}", **owner)).json()["lines"] == []
    assert await shop.available("MUG") == 1


async def test_an_order_whose_provider_was_silent_is_closed_when_it_is_cancelled(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.fault("webhook_drop", event="payment_intent.created")
    await shop.fault("garbage", on="create")
    placed = await shop.placed({"MUG": 2})
    await cancel(shop, placed)
    clock.stop(clock.now().replace(year=clock.now().year + 1))
    await shop.sweep()
    clock.go()
    (intent,) = await intents(shop, placed)
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 3)
    assert await refunds(shop) == [("succeeded", 2_000)]
