"""Banks whose callbacks are a hint, or all that there is: believed after asking, or for the exact sum."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.limits import POLL_DAYS_MAX
from holdfast.sandbox.providers.signed_callback.account import CBE_BIRR
from tests.conftest import assert_truths
from tests.house import Json, Shop, open_shop, until
from tests.stories.money import cancel, id_of, matters, sums

pytestmark = pytest.mark.anyio

KEYS = CBE_BIRR.keys


@asynccontextmanager
async def shop_at_bank(database_url: str, **more: str) -> AsyncIterator[Shop]:
    """A shop in birr that is paid by CBE Birr."""
    ours = {
        "API_BASE": "{bank}/cbe_birr",
        "API_KEY": KEYS["api_key"],
        "WEBHOOK_SECRETS": KEYS["webhook_secret"],
        "MODE": "test",
    }
    given = {f"CBE_BIRR_{name}": text for name, text in (ours | more).items()}
    async with open_shop(database_url, providers=given) as shop:
        await shop.rules(currency="ETB", payment_methods=["cbe_birr"])
        await shop.stocked({"MUG": 5}, currency="ETB")
        yield shop
        await shop.drain()
        await assert_truths(shop.database)


@pytest.fixture
async def asking(database_url: str) -> AsyncIterator[Shop]:
    async with shop_at_bank(database_url) as shop:
        yield shop


@pytest.fixture
async def unasked(database_url: str) -> AsyncIterator[Shop]:
    """Its bank cannot be asked how a payment stands."""
    async with shop_at_bank(database_url, STATUS_QUERY="no") as shop:
        yield shop


async def event_states(shop: Shop) -> list[str]:
    return [row["state"] for row in await shop.fetch("SELECT state FROM provider_events")]


async def heard(shop: Shop, state: str) -> None:
    async def came() -> bool:
        return await event_states(shop) == [state]

    await until(came)


async def ordered(shop: Shop) -> Json:
    return await shop.placed({"MUG": 2}, "cbe_birr")


async def test_a_callback_of_a_bank_that_can_be_asked_is_believed_after_asking(asking: Shop) -> None:
    placed = await ordered(asking)
    await asking.at_bank(placed, "pay")
    await heard(asking, "unconfirmed")
    assert (await asking.state(id_of(placed)), await sums(asking, placed)) == ("pending_payment", (0, 0))
    await asking.drain()
    assert (await asking.state(id_of(placed)), await event_states(asking)) == ("paid", ["applied"])
    assert (await sums(asking, placed), await matters(asking)) == ((2_000, 0), {})


async def test_one_that_cannot_be_asked_is_believed_and_shown_for_reconciliation(unasked: Shop) -> None:
    placed = await ordered(unasked)
    await unasked.at_bank(placed, "pay")
    await unasked.until_state(id_of(placed), "paid")
    assert await event_states(unasked) == ["applied"]
    shown = await matters(unasked)
    assert [*shown] == ["reconcile"]
    assert (await sums(unasked, placed)) == (2_000, 0)


async def test_one_that_cannot_be_asked_is_not_believed_for_another_sum(unasked: Shop) -> None:
    placed = await ordered(unasked)
    fault = {"bank": "cbe_birr", "kind": "wrong_amount", "amount": 1_999}
    await unasked.client.post(f"{unasked.bank_url}/_sandbox/faults", json=fault)
    await unasked.at_bank(placed, "pay")
    await heard(unasked, "applied")
    assert [*await matters(unasked)] == ["payment_mismatch"]
    assert (await unasked.state(id_of(placed)), await sums(unasked, placed)) == ("pending_payment", (0, 0))


async def test_cancelling_where_nobody_can_be_asked_leaves_no_job_behind_and_late_money_goes_back(
    unasked: Shop,
) -> None:
    placed = await ordered(unasked)
    await cancel(unasked, placed)
    await unasked.drain()
    waiting = "SELECT 1 FROM pgqueuer WHERE entrypoint = 'close_attempt'"
    assert await unasked.fetch(waiting) == []
    await unasked.at_bank(placed, "pay")
    await heard(unasked, "applied")
    await unasked.drain()
    assert await unasked.state(id_of(placed)) == "cancelled"
    assert {"reconcile", "refund_by_hand"} <= {*await matters(unasked)}


async def test_an_attempt_that_nobody_tells_of_ends_by_itself(unasked: Shop) -> None:
    await ordered(unasked)
    await unasked.database.pool.execute(
        "UPDATE payment_attempts SET created_at = created_at - $1::interval", timedelta(days=POLL_DAYS_MAX)
    )
    clock.stop(clock.now() + timedelta(minutes=2))
    try:
        await unasked.sweep()
    finally:
        clock.go()
    (attempt,) = await unasked.fetch("SELECT state, poll_at FROM payment_attempts")
    assert (attempt["state"], attempt["poll_at"]) == ("expired", None)
