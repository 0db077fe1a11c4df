"""A buyer who approves at PayPal: no money moves until the shop takes it, and what nobody approves ends."""

from collections.abc import AsyncIterator

import pytest

from holdfast.sandbox.providers.paypal.account import KEYS
from holdfast.sandbox.providers.paypal.certificates import AUTHORITY
from tests.conftest import assert_truths
from tests.house import Json, Shop, open_shop, until
from tests.stories.money import cancel, control, id_of, later, lines, placed_ago, refunds, sums

pytestmark = pytest.mark.anyio

PAYPAL = {
    **{f"PAYPAL_{name.upper()}": KEYS[name] for name in ("client_id", "client_secret", "webhook_id")},
    "PAYPAL_MODE": "test",
    "PAYPAL_API_BASE": "{bank}/paypal",
}


@pytest.fixture(params=["api", "certificate"])
async def approving(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """A shop with PayPal, whose webhooks it verifies in one way or the other."""
    ways = {"PAYPAL_VERIFY": request.param, "PAYPAL_CA_CERTIFICATES": AUTHORITY}
    async with open_shop(database_url, providers=PAYPAL | ways) as opened:
        await opened.rules(payment_methods=["paypal"])
        await opened.stocked({"MUG": 5})
        yield opened
        await opened.drain()
        await assert_truths(opened.database)


async def becomes(shop: Shop, placed: Json, state: str) -> None:
    """Webhooks arrive and jobs are done until an order is in this state."""

    async def is_there() -> bool:
        await shop.drain()
        return await shop.state(id_of(placed)) == state

    await until(is_there)


def order_of(placed: Json) -> str:
    return str(placed["payment"]["next_action"]["url"]).rpartition("=")[2]


async def attempts(shop: Shop) -> list[str]:
    return [row["state"] for row in await shop.fetch("SELECT state FROM payment_attempts ORDER BY id")]


async def test_an_approval_is_captured_and_the_order_paid(approving: Shop) -> None:
    placed = await approving.placed({"MUG": 2}, "paypal")
    await approving.at_bank(placed, "pay")
    await becomes(approving, placed, "paid")
    assert (await sums(approving, placed), await lines(approving)) == ((2_000, 0), [("committed", 2)])


async def test_a_declined_buyer_goes_back_and_pays_by_another_card(approving: Shop) -> None:
    placed = await approving.placed({"MUG": 1}, "paypal")
    await approving.at_bank(placed, "decline")
    await becomes(approving, placed, "payment_failed")
    await approving.at_bank(placed, "pay")
    await becomes(approving, placed, "paid")
    assert await attempts(approving) == ["captured"]


async def test_money_is_set_aside_and_let_go_with_its_order(approving: Shop) -> None:
    await approving.rules(capture="on_shipment")
    placed = await approving.placed({"MUG": 1}, "paypal")
    await approving.at_bank(placed, "pay")
    await becomes(approving, placed, "confirmed")
    assert (await sums(approving, placed), await attempts(approving)) == ((0, 0), ["authorized"])
    await cancel(approving, placed)
    await approving.drain()
    assert await attempts(approving) == ["cancelled"]


async def test_what_was_paid_is_given_back_with_its_cancelled_order(approving: Shop) -> None:
    placed = await approving.placed({"MUG": 1}, "paypal")
    await approving.at_bank(placed, "pay")
    await becomes(approving, placed, "paid")
    await cancel(approving, placed)
    await approving.drain()
    assert (await refunds(approving), await sums(approving, placed)) == (
        [("succeeded", 1_000)],
        (1_000, 1_000),
    )


async def test_an_order_that_paypal_no_longer_knows_has_expired(approving: Shop) -> None:
    placed = await placed_ago(approving, {"MUG": 1}, "paypal", minutes=31)
    await control(approving, f"payments/{order_of(placed)}/expire")
    await approving.sweep()
    later(minutes=5)
    await approving.sweep()
    assert await attempts(approving) == ["expired"]
    assert (await approving.state(id_of(placed)), await approving.available("MUG")) == ("expired", 5)


async def test_an_approval_of_which_nobody_told_is_finished_before_its_units_drop(approving: Shop) -> None:
    placed = await placed_ago(approving, {"MUG": 5}, "paypal", minutes=31)
    fault = {"bank": "paypal", "kind": "webhook_drop", "count": 10}
    await approving.client.post(f"{approving.bank_url}/_sandbox/faults", json=fault)
    await approving.at_bank(placed, "pay")
    await approving.database.pool.execute("UPDATE payment_attempts SET poll_at = now() + interval '1 hour'")
    await approving.sweep()
    assert (await approving.state(id_of(placed)), await lines(approving)) == ("paid", [("committed", 5)])
    assert await sums(approving, placed) == (5_000, 0)
