"""The connection dies before any statement of giving back or cancelling: all of it happens, or nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from holdfast import clock
from holdfast.checkout.cancel_order import cancel_order
from holdfast.db.queries import Transaction
from holdfast.order.cancel_lines import LineUnits
from holdfast.payment.provider import RefundSaid
from holdfast.refund.give_back import request_refund
from holdfast.refund.issue_refund import record_refund, refund_excess
from holdfast.refund.refund import Wish, WishedLine
from tests.house import Json, Shop
from tests.stories.coupons import couponed
from tests.stories.market import selling
from tests.stories.money import id_of, intents, refunds, rest, sums

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

Deed = Callable[[Transaction, Shop, Json], Awaitable[object]]
STATE = (
    "SELECT id, state, status FROM orders",
    "SELECT position, cancelled, refunded FROM order_lines ORDER BY position",
    "SELECT state, quantity FROM hold_lines ORDER BY sku",
    "SELECT sku, on_hand, held, committed FROM stock ORDER BY sku",
    "SELECT due_minor, captured_minor, refunding_minor, refunded_minor FROM payments",
    "SELECT state, amount_minor FROM refunds ORDER BY id",
    "SELECT kind, amount_minor FROM ledger ORDER BY id",
    "SELECT kind, amount_minor FROM vendor_ledger ORDER BY id",
    "SELECT count(*) FROM refund_requests",
    "SELECT count(*) FROM order_cancellations",
    "SELECT uses FROM coupons",
    "SELECT state FROM coupon_uses ORDER BY order_id",
    "SELECT entrypoint FROM pgqueuer ORDER BY id",
    "SELECT kind FROM attention ORDER BY id",
)


class Dying:
    """A connection that is gone before its n-th statement (from 1)."""

    def __init__(self, connection: Any, statements: int) -> None:
        self._connection, self._left = connection, statements

    def __getattr__(self, name: str) -> Any:
        if name in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
            self._left -= 1
            if self._left == 0:
                self._connection.terminate()
        return getattr(self._connection, name)


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
    before = await state(shop)
    survived = 0
    while not await done(shop, placed, deed, statements=survived + 1):
        survived += 1
        assert await state(shop) == before, f"after {survived} statements"
    assert survived > 5
    assert await state(shop) != before
    await rest(shop)
    assert await sums(shop, placed) == (3_995, back)
    assert {state for state, _ in await refunds(shop)} == {"succeeded"}


async def done(shop: Shop, placed: Json, deed: Deed, *, statements: int) -> bool:
    """Whether it came to its end before the connection was lost."""
    try:
        async with shop.database.pool.acquire() as connection, connection.transaction():
            tx: Any = Dying(connection, statements)
            await deed(tx, shop, placed)
    except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
        return False
    return True


async def state(shop: Shop) -> list[list[tuple[Any, ...]]]:
    """Everything that giving back and cancelling change."""
    return [[tuple(row) for row in await shop.fetch(query)] for query in STATE]
