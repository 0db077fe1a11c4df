"""What is said about several orders, and what staff decide, take orders in one order: nobody deadlocks.

Whoever is a victim of a deadlock is run again and shows nothing outside, so runs are counted here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast import clock
from holdfast.checkout.cancel_order import cancel_order
from holdfast.db.queries import Transaction
from holdfast.db.transaction import connect, transaction
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import ProviderEvent, RefundSaid, Said
from holdfast.webhook.apply import Received, apply_events
from tests.house import Json, Shop
from tests.races.gates import closed
from tests.stories.money import (
    cancel,
    control,
    id_of,
    intents,
    lines,
    matters,
    placed_ago,
    refunds,
    rest,
    sums,
)

pytestmark = pytest.mark.anyio

PRICE = 1_000
PART = 100  # of it, in minor units


class Runs:
    """Runs work in transactions of the shop and counts how often it began."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.begun = shop, 0

    def start(self, work: Callable[[Transaction], Awaitable[Any]]) -> asyncio.Task[Any]:
        async def counted(tx: Transaction) -> Any:
            self.begun += 1
            return await work(tx)

        return asyncio.create_task(transaction(self.shop.database, counted))

    def apply(self, *events: ProviderEvent) -> asyncio.Task[Any]:
        """What the inbox does with a batch of events."""
        batch = [Received("stripe", event, b"{}") for event in events]
        return self.start(lambda tx: apply_events(tx, batch, rules=self.shop.process.rules))


async def intent_of(shop: Shop, placed: Json) -> str:
    (intent,) = await intents(shop, placed)
    found: str = intent["id"]
    return found


def refund_event(key: str, payment_ref: str) -> ProviderEvent:
    """A part of a payment went back at the provider."""
    said = RefundSaid(f"re_of_{payment_ref}", payment_ref, "succeeded", PART, "GBP", live=False)
    return ProviderEvent(key, "refund.updated", said)


async def test_refunds_of_the_same_orders_told_in_reverse_do_not_deadlock(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    orders = [await shop.placed({"MUG": 1}) for _ in range(2)]
    for placed in orders:
        await shop.pay(placed)
    await rest(shop)
    first, second = [await intent_of(shop, placed) for placed in orders]
    runs = Runs(shop)
    owner = await connect(shop.owner_url, pool_size=1)  # no process of the shop may lock the books
    async with closed(owner, "LOCK TABLE ledger IN SHARE MODE") as gate:
        one = runs.apply(refund_event("evt_a1", first), refund_event("evt_a2", second))
        await gate.stopped(1)
        two = runs.apply(refund_event("evt_b1", second), refund_event("evt_b2", first))
        await gate.stopped(2)
        await gate.open()
        await asyncio.gather(one, two)
    await owner.close()
    assert runs.begun == 2
    assert [await sums(shop, placed) for placed in orders] == [(PRICE, PART)] * 2


async def test_a_payment_and_a_refund_in_one_batch_do_not_deadlock_with_a_cancellation(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    paid = await shop.placed({"MUG": 1})
    await shop.pay(paid)
    unpaid = await shop.placed({"MUG": 1})
    await rest(shop)
    said = Said(await intent_of(shop, unpaid), AttemptState.CAPTURED, PRICE, "GBP", live=False)
    captured = ProviderEvent("evt_captured", "payment_intent.succeeded", said)
    part_back = refund_event("evt_part_back", await intent_of(shop, paid))
    runs = Runs(shop)
    hold = "SELECT FROM holds WHERE order_id = $1 FOR UPDATE"
    async with closed(shop.database, hold, id_of(paid)) as gate:
        cancelling = runs.start(
            lambda tx: cancel_order(
                tx, order_id=id_of(paid), actor="staff", reason="", rules=shop.process.rules, at=clock.now()
            )
        )
        await gate.stopped(1)  # it has the order, and comes to the stock next
        told = runs.apply(captured, part_back)
        await gate.stopped(2)
        await gate.open()
        await asyncio.gather(cancelling, told)
    assert runs.begun == 2
    assert [await shop.state(id_of(placed)) for placed in (paid, unpaid)] == ["cancelled", "paid"]
    assert await lines(shop) == [("released", 1), ("committed", 1)]


async def test_who_decides_a_matter_of_an_order_that_is_being_cancelled_waits_with_nothing_in_hand(
    shop: Shop,
) -> None:
    await shop.rules(late_money="ask")
    await shop.stocked({"MUG": 1})
    placed = await placed_ago(shop, {"MUG": 1}, minutes=20)
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    await control(shop, f"payments/{await intent_of(shop, placed)}/late_success")
    await shop.until_state(id_of(placed), "awaiting_stock")
    matter = (await matters(shop))["late_money_undecided"]["id"]
    path = f"/admin/attention/{matter}/resolve"
    payment = "SELECT FROM payments WHERE order_id = $1 FOR UPDATE"
    async with closed(shop.database, payment, id_of(placed)) as gate:
        cancelling = asyncio.create_task(cancel(shop, placed))
        await gate.stopped(1)  # it has the order, and comes to the matter last
        deciding = asyncio.create_task(shop.call("POST", path, {"step": "refund"}, **shop.staff))
        await gate.stopped(2)
        free = "SELECT id FROM attention WHERE id = $1 FOR UPDATE SKIP LOCKED"
        assert await gate.connection.fetchval(free, matter) == matter
        await gate.open()
        cancelled, decided = await asyncio.gather(cancelling, deciding)
    assert cancelled.status_code == 200, cancelled.text
    assert decided.status_code == 409, decided.text
    await rest(shop)
    assert await shop.state(id_of(placed)) == "cancelled"
    assert await refunds(shop) == [("succeeded", PRICE)]
