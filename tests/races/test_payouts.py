"""What vendors are owed, when those who pay, give back, send and cancel meet; no sleeps, no luck."""

import asyncio

import httpx
import pytest

from tests.house import Json, Shop
from tests.races.gates import closed
from tests.stories.market import entries, owed, seen, selling
from tests.stories.money import id_of, lines, refunds, rest

pytestmark = pytest.mark.anyio

VENDOR = "SELECT FROM vendors WHERE id = $1 FOR NO KEY UPDATE"
PAYOUT = "SELECT FROM vendor_payouts WHERE id = $1 FOR UPDATE"
ORDER = "SELECT FROM orders WHERE id = $1 FOR UPDATE"
REFUNDS = "LOCK TABLE refunds IN SHARE MODE"


async def sold(shop: Shop) -> tuple[str, dict[str, str], Json]:
    """A vendor that has sold three vases at 10.00, for a tenth, and who sells for it."""
    vendor_id, potter = await selling(shop, "potter", 1_000)
    await shop.stocked({"VASE": 5}, vendor="potter")
    placed = await shop.placed({"VASE": 3})
    await shop.pay(placed)
    return vendor_id, potter, placed


def asked(shop: Shop, path: str, body: object = None, **who: str) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(shop.call("POST", path, body, **(who or shop.staff)))


def refunding(shop: Shop, placed: Json) -> "asyncio.Task[httpx.Response]":
    body = {"lines": [{"position": 1, "quantity": 1}]}
    return asked(shop, f"/admin/orders/{id_of(placed)}/refund", body)


async def test_two_who_pay_a_vendor_out_at_once_pay_it_once_and_mark_it_once(shop: Shop) -> None:
    vendor_id, potter, _ = await sold(shop)
    async with closed(shop.database, VENDOR, vendor_id) as gate:
        hands = [asked(shop, f"/admin/vendors/{vendor_id}/payouts") for _ in range(2)]
        await gate.stopped(2)
        await gate.open()
        answers = await asyncio.gather(*hands)
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (payout,) = (await seen(shop, potter, "/vendor/payouts"))["data"]
    assert (payout["amount"]["amount"], await owed(shop, potter)) == (2_700, (0, 0))
    async with closed(shop.database, PAYOUT, payout["id"]) as gate:
        words = [{"bank_reference": f"OUT-{n}"} for n in range(2)]
        hands = [asked(shop, f"/admin/payouts/{payout['id']}/paid", word) for word in words]
        await gate.stopped(2)
        await gate.open()
        answers = await asyncio.gather(*hands)
    (told,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await seen(shop, potter, "/vendor/payouts"))["data"] == [told]
    assert await shop.count("vendor_payout_entries") == 2


async def test_a_refund_is_in_the_payout_that_it_comes_before_and_else_in_the_next(shop: Shop) -> None:
    vendor_id, potter, placed = await sold(shop)
    path = f"/admin/vendors/{vendor_id}/payouts"
    async with closed(shop.database, VENDOR, vendor_id) as gate:  # the payout waits, the refund does not
        paying = asked(shop, path)
        await gate.stopped(1)
        assert (await refunding(shop, placed)).status_code == 200
        await gate.open()
        assert (await paying).json()["amount"]["amount"] == 1_800
    await rest(shop)
    async with closed(shop.database, REFUNDS) as gate:  # the refund has entered what it has not committed
        giving = refunding(shop, placed)
        await gate.stopped(1)
        assert (await asked(shop, path)).json()["payable_minor"] == 0
        await gate.open()
        assert (await giving).status_code == 200
    await rest(shop)
    assert await owed(shop, potter) == (-900, -900)
    assert (await asked(shop, path)).json()["payable_minor"] == -900


@pytest.mark.parametrize("first", ["send", "cancel"])
async def test_a_vendor_sends_a_line_or_it_is_cancelled_but_not_both(shop: Shop, first: str) -> None:
    _, potter, placed = await sold(shop)
    cancel, send = f"/admin/orders/{id_of(placed)}/cancel", f"/vendor/orders/{id_of(placed)}/shipments"
    one_unit = {"lines": [{"position": 1, "quantity": 1}]}
    async with closed(shop.database, ORDER, id_of(placed)) as gate:
        hands = []
        for deed in ("send", "cancel") if first == "send" else ("cancel", "send"):
            all_of_it = {"lines": [{"position": 1, "quantity": 3}]}
            hands.append(
                asked(shop, send, all_of_it, **potter) if deed == "send" else asked(shop, cancel, one_unit)
            )
            await gate.stopped(len(hands))
        await gate.open()
        done, refused = await asyncio.gather(*hands)
    assert (done.status_code in (200, 201), refused.status_code) == (True, 409)
    await rest(shop)
    if first == "send":
        assert (await lines(shop), await refunds(shop)) == ([("shipped", 3)], [])
        assert await entries(shop, potter) == [("sale", 3_000), ("commission", -300)]
    else:
        assert (await lines(shop), await refunds(shop)) == ([("committed", 2)], [("succeeded", 1_000)])
        assert await owed(shop, potter) == (1_800, 1_800)
