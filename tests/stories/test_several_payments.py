"""A shop whose Razorpay takes several payments for one order: none is lost, and none is kept (§3.10)."""

from collections.abc import AsyncIterator

import pytest

from holdfast.sandbox.providers.razorpay.account import KEYS
from tests.conftest import assert_truths
from tests.house import Json, Shop, open_shop, until
from tests.stories.money import (
    control,
    events,
    id_of,
    matters,
    mine,
    paying_again,
    payment,
    refunds,
    sums,
)

pytestmark = pytest.mark.anyio


def at_razorpay(**more: str) -> dict[str, str]:
    return {
        "RAZORPAY_KEY_ID": KEYS["key_id"],
        "RAZORPAY_KEY_SECRET": KEYS["key_secret"],
        "RAZORPAY_WEBHOOK_SECRETS": KEYS["webhook_secret"],
        "RAZORPAY_API_BASE": "{bank}/razorpay",
        **more,
    }


@pytest.fixture(params=["order", "link"])
async def shop(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """A shop with Razorpay, in both of its ways; the test does its jobs."""
    async with open_shop(database_url, providers=at_razorpay(RAZORPAY_CHECKOUT=request.param)) as opened:
        await opened.rules(payment_methods=["razorpay"])
        await opened.stocked({"MUG": 5})
        yield opened
        await rest(opened)
        await assert_truths(opened.database)


async def rest(shop: Shop) -> None:
    """Wait until every webhook has arrived and every job is done, and what came of those too."""
    for _ in range(3):
        await until(lambda: _all_told(shop))
        await shop.drain()
    await until(lambda: _all_told(shop))


async def _all_told(shop: Shop) -> bool:
    state = (await shop.client.get(f"{shop.bank_url}/_sandbox/state")).json()
    return bool(state["razorpay"]["deliveries_waiting"] == 0)


async def act(shop: Shop, placed: Json, *verbs: str) -> None:
    """What the buyer and the bank do; the shop has heard of each before the next."""
    (row,) = await shop.fetch(
        "SELECT provider_ref FROM payment_attempts WHERE order_id = $1", placed["order"]["id"]
    )
    for verb in verbs:
        await control(shop, f"payments/{row['provider_ref']}/{verb}")
        await rest(shop)


async def unmatched(shop: Shop) -> list[Json]:
    found: list[Json] = (await shop.as_staff("GET", "/admin/events"))["data"]
    return found


async def test_a_try_that_failed_and_one_that_paid_are_one_payment(shop: Shop) -> None:
    placed = await shop.placed({"MUG": 1}, "razorpay")
    await act(shop, placed, "decline")
    assert (await payment(shop, placed))["state"] == "failed"
    await act(shop, placed, "pay")
    assert await shop.state(id_of(placed)) == "paid"
    assert await sums(shop, placed) == (1_000, 0)
    assert (await unmatched(shop), await matters(shop), await refunds(shop)) == ([], {}, [])


async def test_when_two_tries_took_money_the_surplus_goes_back_and_later_the_rest(shop: Shop) -> None:
    placed = await shop.placed({"MUG": 1}, "razorpay")
    await act(shop, placed, "decline", "pay", "late_success")
    assert await sums(shop, placed) == (2_000, 1_000)
    assert await refunds(shop) == [("succeeded", 1_000)]
    assert await shop.state(id_of(placed)) == "paid"
    assert set(await matters(shop)) == {"amount_differs"}
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {"reason": "came back"})
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 2_000)
    assert await refunds(shop) == [("succeeded", 1_000)] * 2, "the other payment had it"
    assert await unmatched(shop) == []


async def test_money_that_came_twice_for_a_cancelled_order_goes_back_twice(shop: Shop) -> None:
    placed = await shop.placed({"MUG": 1}, "razorpay")
    await act(shop, placed, "decline", "decline")
    await shop.call("POST", f"/orders/{id_of(placed)}/cancel", **mine(placed))
    await rest(shop)
    await act(shop, placed, "late_success", "late_success")
    assert await shop.state(id_of(placed)) == "cancelled"
    assert await sums(shop, placed) == (2_000, 2_000)


async def test_what_two_payments_took_goes_back_though_neither_has_all_of_it(shop: Shop) -> None:
    placed = await shop.placed({"MUG": 1}, "razorpay")
    await act(shop, placed, "decline", "decline")
    await shop.call("POST", f"/orders/{id_of(placed)}/cancel", **mine(placed))
    await rest(shop)
    (row,) = await shop.fetch("SELECT provider_ref FROM payment_attempts")
    for _ in range(2):
        await control(shop, f"payments/{row['provider_ref']}/late_success")
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 2_000)
    assert await refunds(shop) == [("succeeded", 1_000)] * 2


async def test_a_refund_on_the_dashboard_is_in_the_books(shop: Shop) -> None:
    placed = await shop.placed({"MUG": 1}, "razorpay")
    await act(shop, placed, "pay", "refund")
    assert await sums(shop, placed) == (1_000, 1_000)
    assert set(await matters(shop)) == {"refund_elsewhere"}
    assert await unmatched(shop) == []


async def test_an_authorisation_that_lapses_is_shown_and_is_no_refund(database_url: str) -> None:
    async with open_shop(database_url, providers=at_razorpay()) as shop:
        await shop.rules(payment_methods=["razorpay"], capture="on_shipment")
        await shop.stocked({"MUG": 5})
        placed = await shop.placed({"MUG": 1}, "razorpay")
        assert placed["payment"]["next_action"]["type"] == "form"
        await act(shop, placed, "pay")
        assert (await payment(shop, placed))["state"] == "authorized"
        await act(shop, placed, "expire")
        assert set(await matters(shop)) == {"capture_failed"}
        assert (await refunds(shop), await sums(shop, placed)) == ([], (0, 0))
        assert "paid" not in await events(shop, placed)
        await assert_truths(shop.database)


async def test_what_is_set_aside_for_a_cancelled_order_is_left_to_lapse_without_asking_on_and_on(
    database_url: str,
) -> None:
    async with open_shop(database_url, providers=at_razorpay()) as shop:
        await shop.rules(payment_methods=["razorpay"], capture="on_shipment")
        await shop.stocked({"MUG": 5})
        placed = await shop.placed({"MUG": 1}, "razorpay")
        await act(shop, placed, "pay")
        await shop.call("POST", f"/orders/{id_of(placed)}/cancel", **mine(placed))
        await rest(shop)
        assert await shop.state(id_of(placed)) == "cancelled"
        (held,) = await shop.fetch("SELECT state FROM payment_attempts")
        assert held["state"] == "authorized", "nobody can let go of it"
        await act(shop, placed, "expire")
        (lapsed,) = await shop.fetch("SELECT state FROM payment_attempts")
        assert (lapsed["state"], await matters(shop)) == ("expired", {})
        await assert_truths(shop.database)


async def test_an_attempt_that_cannot_be_closed_is_not_closed_on_and_on(database_url: str) -> None:
    async with open_shop(database_url, providers=at_razorpay()) as shop:
        await shop.rules(payment_methods=["razorpay", "stripe"])
        await shop.stocked({"MUG": 5})
        placed = await shop.placed({"MUG": 1}, "stripe")
        again = await paying_again(shop, placed, "razorpay")
        assert again["payment"]["next_action"]["type"] == "form"
        await shop.at_bank(placed, "pay")  # in the first tab
        await shop.until_state(id_of(placed), "paid")
        await rest(shop)
        await shop.sweep()
        assert await sums(shop, placed) == (1_000, 0)
        rows = await shop.fetch("SELECT provider, state FROM payment_attempts ORDER BY id")
        assert [(row["provider"], row["state"]) for row in rows] == [
            ("stripe", "captured"), ("razorpay", "pending"),
        ]  # fmt: skip
        await assert_truths(shop.database)
