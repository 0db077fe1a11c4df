"""Units come back at their moment, exactly, and nobody who has paid loses them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from holdfast import clock
from holdfast.checkout import expire
from holdfast.checkout.pay_again import PayAgain
from holdfast.checkout.pay_again import pay_again as try_again
from holdfast.db.transaction import transaction
from holdfast.limits import SWEEP_ROWS_MAX
from tests.house import Shop, until
from tests.races.wishes import place, wanted
from tests.stories.money import (
    bank,
    control,
    events,
    id_of,
    intents,
    later,
    lines,
    paying_again,
    payment,
    placed_ago,
    refunds,
    rest,
    somebody_waits,
    sums,
)

pytestmark = pytest.mark.anyio

IN_THE_GRACE = 16  # minutes after placing: units are shown for 15, and dropped after 17
DEAD = 20


async def test_the_look_before_the_drop_finds_who_has_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=IN_THE_GRACE)
    await shop.fault("webhook_drop", count=10)
    await shop.at_bank(placed, "pay")
    await shop.sweep()
    assert await events(shop, placed) == ["placed", "paid"]
    assert await lines(shop) == [("committed", 2)]


async def test_the_look_before_the_drop_closes_what_nobody_has_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=IN_THE_GRACE)
    await shop.sweep()
    await shop.at_bank(placed, "pay")
    await rest(shop)
    (intent,) = await intents(shop, placed)
    assert intent["status"] == "canceled"
    assert await sums(shop, placed) == (0, 0)
    assert await lines(shop) == [("active", 2)]  # the buyer may still try again
    await shop.pay(placed | await paying_again(shop, placed))
    assert await lines(shop) == [("committed", 2)]


async def test_an_order_whose_intent_was_never_confirmed_is_closed_at_the_bank_too(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.fault("webhook_drop", event="payment_intent.created")
    await shop.fault("garbage", on="create")
    placed = await placed_ago(shop, {"MUG": 2}, minutes=IN_THE_GRACE)
    assert placed["payment"]["next_action"] is None
    await shop.sweep()
    (intent,) = await intents(shop, placed)
    assert intent["status"] == "canceled"


async def test_at_their_moment_the_units_go_back_and_the_order_expires(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=DEAD)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "expired"
    assert (await lines(shop), await shop.available("MUG")) == ([("expired", 2)], 2)
    assert (await shop.order(id_of(placed)))["answer"]["hold"] is None
    (intent,) = await intents(shop, placed)
    assert intent["status"] == "canceled"


async def test_a_silent_provider_keeps_no_units_from_going_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=DEAD)
    await shop.fault("error_429", count=100)
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("expired", 2)
    await shop.client.delete(f"{shop.bank_url}/_sandbox/faults")
    await shop.pay(placed)  # its intent could not be closed, and the units are still there
    assert await lines(shop) == [("committed", 2)]


async def test_nobody_is_refused_for_units_that_are_dead_when_the_sweeper_is_dead_too(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    first = await placed_ago(shop, {"MUG": 2}, minutes=DEAD)
    assert await shop.available("MUG") == 2
    second = await shop.placed({"MUG": 2})
    assert await lines(shop) == [("expired", 2), ("active", 2)]
    await shop.sweep()
    assert await shop.state(id_of(first)) == "expired"
    await shop.pay(second)
    assert await lines(shop) == [("expired", 2), ("committed", 2)]


async def test_units_are_not_dropped_before_their_moment(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await placed_ago(shop, {"MUG": 2}, minutes=IN_THE_GRACE)
    await shop.sweep()
    refused = await shop.place({"MUG": 1})
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 1, "available": 0}]


async def test_who_takes_the_units_again_while_they_are_dropped_keeps_them(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=DEAD)
    process, at = shop.process, clock.now()
    again = PayAgain(id_of(placed), "bank_transfer", "guest")
    async with shop.database.pool.acquire() as tx, tx.transaction():
        await try_again(
            tx, wanted=again, providers=process.providers, rules=process.rules, return_url="", at=at
        )
        sweeper = asyncio.create_task(
            transaction(shop.database, lambda other: expire.drop_dead(other, at=at))
        )
        await until(lambda: somebody_waits(shop))
    await sweeper
    assert await events(shop, placed) == ["placed"]
    assert await lines(shop) == [("active", 2)]


async def test_one_sweep_drops_every_dead_unit_however_many_lines_an_order_has(shop: Shop) -> None:
    orders, skus = 60, [f"S{number}" for number in range(10)]  # more lines than a round takes, not orders
    assert orders < SWEEP_ROWS_MAX < orders * len(skus)
    await shop.stocked(dict.fromkeys(skus, orders))
    clock.stop(datetime.now(UTC) - timedelta(hours=80))
    async with shop.database.pool.acquire() as tx, tx.transaction():
        await place(tx, shop.process, [wanted(dict.fromkeys(skus, 1)) for _ in range(orders)])
    clock.go()
    assert {tuple(row) for row in await shop.fetch("SELECT held FROM stock")} == {(orders,)}
    await shop.sweep()
    assert {tuple(row) for row in await shop.fetch("SELECT held FROM stock")} == {(0,)}
    assert {state for state, _ in await lines(shop)} == {"expired"}


# ── the unpaid limit ──────────────────────────────────────────────────────────────────────────


async def test_an_order_that_stays_unpaid_is_cancelled_at_the_limit_and_cannot_be_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, hours=25)
    await shop.sweep()
    await shop.sweep()
    assert await events(shop, placed) == ["placed", "payment_failed", "hold_expired", "unpaid_too_long"]
    assert (await payment(shop, placed))["state"] == "cancelled"
    (intent,) = await intents(shop, placed)
    assert intent["status"] == "canceled"
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await refunds(shop)) == ("cancelled", [("succeeded", 2_000)])


async def test_an_order_that_never_held_units_is_cancelled_at_the_limit(shop: Shop) -> None:
    await shop.stocked({"POSTAGE": None})
    placed = await placed_ago(shop, {"POSTAGE": 1}, hours=25)
    await shop.sweep()
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "cancelled"


async def test_whoever_tries_again_shortly_before_the_limit_has_the_time_to_pay(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, hours=24)
    clock.stop(datetime.now(UTC) - timedelta(minutes=5))
    again = await paying_again(shop, placed)
    clock.go()
    await shop.sweep()
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await lines(shop)) == ("pending_payment", [("active", 2)])
    await shop.pay(placed | again)


async def test_a_transfer_has_the_time_that_transfers_take(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, "bank_transfer", hours=71)
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await lines(shop)) == ("pending_payment", [("active", 2)])
    later(hours=2)
    await shop.sweep()
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 2)


async def test_a_payment_that_is_being_processed_is_not_closed_and_settles_when_it_is_done(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=IN_THE_GRACE)
    await shop.fault("processing", ms=3_600_000)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    await shop.sweep()
    (intent,) = await intents(shop, placed)
    assert (await bank(shop, "GET", f"/payment_intents/{intent['id']}"))["status"] == "processing"
    later(minutes=5)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "expired"
    clock.go()
    await control(shop, f"payments/{intent['id']}/late_success")
    await shop.until_state(id_of(placed), "paid")
