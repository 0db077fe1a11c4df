"""Payments that nobody has heard from are asked about, at gaps that the merchant can set per provider."""

from datetime import datetime, timedelta

import pytest

from holdfast import clock
from holdfast.checkout.expire import close_expiring, poll_silent
from tests.house import Shop
from tests.stories.money import cancel, id_of, intents, payment, rest

pytestmark = pytest.mark.anyio


async def next_poll(shop: Shop) -> datetime:
    (row,) = await shop.fetch("SELECT poll_at FROM payment_attempts")
    found: datetime = row["poll_at"]
    return found


@pytest.mark.parametrize(
    ("schedule", "gaps"),
    [({}, [1, 2, 5, 15]), ({"stripe": [7, 9]}, [7, 9, 9, 9]), ({"telebirr": [3]}, [1, 2])],
)
async def test_every_provider_has_its_own_gaps(
    shop: Shop, schedule: dict[str, list[int]], gaps: list[int]
) -> None:
    await shop.stocked({"MUG": 5})
    await shop.rules(poll_minutes=schedule, hold_minutes={"stripe": 24 * 60})
    at = clock.now()
    clock.stop(at)
    await shop.placed({"MUG": 1})
    await rest(shop)  # a poll passes over a payment of which a webhook tells just now
    for gap in gaps:
        assert await next_poll(shop) == at + timedelta(minutes=gap)
        at += timedelta(minutes=gap)
        clock.stop(at)
        await shop.sweep()


async def test_a_payment_of_which_nobody_tells_is_found_by_asking(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault("webhook_drop", count=10)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "pending_payment"
    clock.stop(clock.now() + timedelta(minutes=1, seconds=1))
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "paid"


async def test_short_gaps_do_not_end_a_payment_that_takes_its_time(shop: Shop) -> None:
    await shop.rules(poll_minutes={"stripe": [1]}, hold_minutes={"stripe": 24 * 60})
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault("webhook_drop", count=10)
    at = clock.now()
    for minutes in range(1, 41):
        clock.stop(at + timedelta(minutes=minutes, seconds=minutes))
        await poll_silent(shop.process.asking)
    assert (await payment(shop, placed))["state"] == "pending"
    await shop.at_bank(placed, "pay")
    clock.stop(at + timedelta(minutes=42))
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "paid"


async def test_nobody_is_asked_every_minute_about_units_that_were_let_go_before(shop: Shop) -> None:
    await shop.rules(release_hold_on_failure=True)
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    clock.stop(clock.now() + timedelta(minutes=16))
    assert await close_expiring(shop.process.asking) == 0
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("payment_failed", 5)


async def test_what_was_never_begun_for_a_cancelled_order_is_not_left_open_for_payment(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("error_500", on="create", count=100)
    placed = await shop.placed({"MUG": 1})
    assert (await cancel(shop, placed)).status_code == 200
    await shop.fetch("DELETE FROM pgqueuer")  # the provider was away until its job was held
    await shop.client.delete(f"{shop.bank_url}/_sandbox/faults")
    clock.stop(clock.now() + timedelta(minutes=2))
    await poll_silent(shop.process.asking)
    assert {intent["status"] for intent in await intents(shop, placed)} == {"canceled"}
    assert await shop.state(id_of(placed)) == "cancelled"
