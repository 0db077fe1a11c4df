"""The connection dies before any statement of giving back or cancelling: all of it happens, or nothing."""

from collections.abc import Awaitable, Callable

import pytest

from holdfast import clock
from holdfast.checkout.cancel_order import cancel_order
from holdfast.db.queries import Transaction
from holdfast.order.cancel_lines import LineUnits
from holdfast.payment.provider import RefundSaid
from holdfast.refund.give_back import request_refund
from holdfast.refund.issue_refund import record_refund, refund_excess
from holdfast.refund.refund import Wish, WishedLine
from tests.faults.dying import happens_once
from tests.house import Json, Shop
from tests.stories.coupons import couponed
from tests.stories.market import selling
from tests.stories.money import id_of, intents, refunds, rest, sums

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

Deed = Callable[[Transaction, Shop, Json], Awaitable[object]]


async def give_units_back(tx: Transaction, shop: Shop, placed: Json) -> None:
    lines = (WishedLine(1, 2, restock=True), WishedLine(2, 1))
    wish, rules = Wish(lines, shipping=True), shop.process.rules
    await request_refund(
        tx, order_id=id_of(placed), wish=wish, rules=rules, reason="", actor="test", at=clock.now()
    )


async def cancel_units(tx: Transaction, shop: Shop, placed: Json) -> None:
    units = [LineUnits(1, 2), LineUnits(2, 1)]
    await cancel_order(
        tx,
        order_id=id_of(placed),
        units=units,
        actor="test",
        reason="",
        rules=shop.process.rules,
        at=clock.now(),
    )


async def cancel_all(tx: Transaction, shop: Shop, placed: Json) -> None:
    await cancel_order(
        tx, order_id=id_of(placed), actor="test", reason="", rules=shop.process.rules, at=clock.now()
    )


async def cancel_and_give_back(tx: Transaction, shop: Shop, placed: Json) -> None:
    await cancel_units(tx, shop, placed)
    await refund_excess(tx, payment_id=placed["payment"]["id"], at=clock.now())


async def record(tx: Transaction, shop: Shop, placed: Json) -> None:
    """The provider tells of a refund that was made at its own desk."""
    (intent,) = await intents(shop, placed)
    said = RefundSaid("re_desk", intent["id"], "succeeded", 500, "GBP", live=False)
    assert await record_refund(tx, provider="stripe", said=said, source="webhook:evt_1", at=clock.now())


@pytest.mark.parametrize(
    ("deed", "back"),
    [
        (give_units_back, 3_095),
        (cancel_units, 2_700),
        (cancel_and_give_back, 2_700),
        (cancel_all, 3_995),
        (record, 500),
    ],
)
async def test_all_of_it_happens_or_nothing(shop: Shop, deed: Deed, back: int) -> None:
    await selling(shop, "potter")
    await shop.stocked({"MUG": 5}, vendor="potter")
    await shop.stocked({"CUP": 5})
    await couponed(shop)
    placed = await shop.placed({"MUG": 3, "CUP": 1}, shipping_option="standard", coupons=["SPRING"])
    await shop.pay(placed)
    await rest(shop)
    await happens_once(shop, lambda tx: deed(tx, shop, placed))
    await rest(shop)
    assert await sums(shop, placed) == (3_995, back)
    assert {state for state, _ in await refunds(shop)} == {"succeeded"}
