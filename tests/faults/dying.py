"""A connection that dies before any statement one likes, and what the shop looks like afterwards."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from holdfast.db.queries import Transaction
from tests.house import Shop

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
    "SELECT state FROM payment_attempts ORDER BY id",
    "SELECT event_key, state FROM provider_events ORDER BY event_key",
    "SELECT state FROM shipments ORDER BY id",
    "SELECT order_id FROM invoices",
    "SELECT id, state FROM returns ORDER BY id",
    "SELECT position, restocked, written_off FROM return_lines ORDER BY position",
    "SELECT kind, quantity FROM movements ORDER BY id",
    "SELECT kind, subject FROM letters ORDER BY kind, subject",
    "SELECT key, subject, status FROM idempotency_keys ORDER BY key",
)
"""Everything that an order's life changes."""


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


async def happens_once(
    shop: Shop, deed: Callable[[Transaction], Awaitable[object]], *, statements_min: int = 5
) -> None:
    """Kill the deed before each of its statements in turn, and see that nothing was done; then let it be."""
    before = await state(shop)
    survived = 0
    while not await done(shop, deed, statements=survived + 1):
        survived += 1
        assert await state(shop) == before, f"after {survived} statements"
    assert survived >= statements_min
    assert await state(shop) != before


async def done(shop: Shop, deed: Callable[[Transaction], Awaitable[object]], *, statements: int) -> bool:
    """Whether it came to its end before the connection was lost."""
    try:
        async with shop.database.pool.acquire() as connection, connection.transaction():
            tx: Any = Dying(connection, statements)
            await deed(tx)
    except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
        return False
    return True


async def state(shop: Shop) -> list[list[tuple[Any, ...]]]:
    """All of it, table by table."""
    return [[tuple(row) for row in await shop.fetch(query)] for query in STATE]
