"""Money and goods on their way back, when two of those who give or take them meet; no sleeps, no luck."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest

from tests.house import Json, Shop
from tests.races.gates import closed
from tests.stories.money import (
    id_of,
    intents,
    lines,
    mine,
    payment,
    refunds,
    rest,
    sums,
    tell,
)

pytestmark = pytest.mark.anyio

ORDER = "SELECT FROM orders WHERE id = $1 FOR UPDATE"


async def paid(shop: Shop) -> Json:
    """A paid order of three mugs and a leaflet, which is not tracked, at 10.00 each."""
    await shop.stocked({"MUG": 5, "LEAFLET": None})
    placed = await shop.placed({"MUG": 3, "LEAFLET": 1})
    await shop.pay(placed)
    return placed


async def one_after_the_other(shop: Shop, placed: Json, *deeds: Coroutine[Any, Any, Any]) -> list[Any]:
    """Let them all come to the order's lock, in this order, and then go on."""
    tasks = []
    async with closed(shop.database, ORDER, id_of(placed)) as gate:
        for number, deed in enumerate(deeds, 1):
            tasks.append(asyncio.create_task(deed))
            await gate.stopped(number)
        await gate.open()
        return await asyncio.gather(*tasks)


async def refund(shop: Shop, placed: Json, **body: Any) -> httpx.Response:
    return await shop.call("POST", f"/admin/orders/{id_of(placed)}/refund", body, **shop.staff)


async def drop(shop: Shop, placed: Json, position: int, quantity: int, **who: str) -> httpx.Response:
    body = {"lines": [{"position": position, "quantity": quantity}]}
    path = f"{'/admin' if who else ''}/orders/{id_of(placed)}/cancel"
    return await shop.call("POST", path, body, **(who or mine(placed)))


def units(quantity: int, **more: object) -> list[Json]:
    return [{"position": 1, "quantity": quantity, **more}]


@pytest.mark.parametrize("body", [{}, {"lines": units(2)}, {"lines": units(2, restock=True)}])
async def test_a_double_click_gives_back_once(shop: Shop, body: Json) -> None:
    placed = await paid(shop)
    answers = await one_after_the_other(
        shop, placed, refund(shop, placed, **body), refund(shop, placed, **body)
    )
    assert [answer.status_code for answer in answers] == [200, 409]
    await rest(shop)
    given = 2_000 if body else 4_000
    assert (await refunds(shop), await sums(shop, placed)) == ([("succeeded", given)], (4_000, given))


async def test_two_staff_at_one_order_take_each_unit_out_once(shop: Shop) -> None:
    placed = await paid(shop)
    first, second = await one_after_the_other(
        shop,
        placed,
        drop(shop, placed, 1, 2, **shop.staff),
        refund(shop, placed, lines=units(2, restock=True)),
    )
    assert (first.status_code, second.status_code, second.json()["left"]) == (200, 409, 1)
    await rest(shop)
    assert (await lines(shop), await shop.available("MUG")) == ([("committed", 1)], 4)
    assert await refunds(shop) == [("succeeded", 2_000)]


async def dispute(shop: Shop, intent: Json) -> None:
    """The bank's word that the buyer wants all of it back."""
    told = {"object": "dispute", "id": "dp_met", "payment_intent": intent["id"], "status": "needs_response"}
    await tell(shop, "charge.dispute.created", told | {"amount": 4_000, "currency": "gbp"})


@pytest.mark.parametrize("first", ["refund", "dispute"])
async def test_a_refund_that_meets_a_dispute_is_not_asked_for(shop: Shop, first: str) -> None:
    placed = await paid(shop)
    (intent,) = await intents(shop, placed)
    deeds = [refund(shop, placed), dispute(shop, intent)]
    met = await one_after_the_other(shop, placed, *(deeds if first == "refund" else deeds[::-1]))
    answer = met[0] if first == "refund" else met[1]
    assert answer.status_code == (200 if first == "refund" else 409)
    await rest(shop)
    assert await refunds(shop) == ([("requested", 4_000)] if first == "refund" else [])
    found = await payment(shop, placed)
    assert (found["disputed"]["amount"], found["refunded"]["amount"]) == (4_000, 0)


@pytest.mark.parametrize("first", ["cancel", "return"])
async def test_a_unit_is_cancelled_or_sent_back_but_not_both(shop: Shop, first: str) -> None:
    placed = await paid(shop)
    wish = {"lines": [{"position": 2, "quantity": 1, "reason": "other"}]}
    deeds = [
        drop(shop, placed, 2, 1),
        shop.call("POST", f"/orders/{id_of(placed)}/returns", wish, **mine(placed)),
    ]
    answers = await one_after_the_other(shop, placed, *(deeds if first == "cancel" else deeds[::-1]))
    assert answers[0].status_code in (200, 201)
    assert (answers[1].status_code, answers[1].json()["code"]) == (409, "units_gone")
    await rest(shop)
    assert await refunds(shop) == ([("succeeded", 1_000)] if first == "cancel" else [])
    assert await shop.count("returns") == (0 if first == "cancel" else 1)


@pytest.mark.parametrize("first", ["cancel", "capture"])
async def test_what_is_cancelled_while_the_money_is_taken_goes_back(shop: Shop, first: str) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5, "LEAFLET": None})
    placed = await shop.placed({"MUG": 3, "LEAFLET": 1})
    await shop.at_bank(placed, "pay")
    await shop.until_state(id_of(placed), "confirmed")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/capture")
    await shop.fault("webhook_drop", count=10)
    deeds = [drop(shop, placed, 1, 2), shop.drain()]
    await one_after_the_other(shop, placed, *(deeds if first == "cancel" else deeds[::-1]))
    await shop.client.delete(f"{shop.bank_url}/_sandbox/faults")
    await rest(shop)
    captured, back = await sums(shop, placed)
    assert (captured - back, await shop.available("MUG")) == (2_000, 4)


async def test_a_return_is_received_once(shop: Shop) -> None:
    placed = await paid(shop)
    wish = {"lines": [{"position": 2, "quantity": 1, "reason": "other"}]}
    asked = await shop.call("POST", f"/orders/{id_of(placed)}/returns", wish, **mine(placed))
    path = f"/admin/returns/{asked.json()['returns'][0]['id']}"
    await shop.call("POST", f"{path}/decide", {"decision": "approve"}, **shop.staff)
    body = {"lines": [{"position": 2, "restocked": 1}]}
    await shop.call("POST", f"{path}/receive", body, **shop.staff)
    settled = [shop.call("POST", f"{path}/settle", {"by": "refund"}, **shop.staff) for _ in range(2)]
    answers = await one_after_the_other(shop, placed, *settled)
    assert [answer.status_code for answer in answers] == [200, 409]
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 1_000)]
