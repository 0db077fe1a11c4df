"""The stage: goods, carts, checkouts and payments in numbers, and what the database has after a run.

The one twin that writes tables of other folders: its database is made for a part and thrown away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import asyncpg
import msgspec

from holdfast.db.queries import Connection, Do, Many, One, Queries

T = TypeVar("T")

STATEMENT_S_MAX = 3_600


class Counted(msgspec.Struct, frozen=True):
    """Rows that came since a moment, and by how many transactions."""

    rows: int
    batches: int


class Unsettled(msgspec.Struct, frozen=True):
    """A payment that waits for its webhook, in minor units."""

    attempt_id: str
    order_id: str
    provider_ref: str
    amount_minor: int
    currency: str


class sql(Queries):
    add_goods: Do
    add_carts: Do
    add_checkouts: Do
    add_coupon: Do
    turn_to_stripe: Do
    unsettled: Many[Unsettled]
    order_ids: Many[str]
    vacuum_goods: Do
    vacuum_payments: Do
    analyze: Do
    checkpoint: Do
    now: One[datetime]
    orders_since: One[Counted]
    holds_since: One[Counted]
    lines_since: One[Counted]
    settled_since: One[Counted]
    paid_since: One[Counted]
    backlog: One[int]


def ask(database_url: str, use: Callable[[Connection], Awaitable[T]]) -> T:
    """Run queries on a connection of their own, from code that is not async."""

    async def work() -> T:
        connection = await asyncpg.connect(database_url, command_timeout=STATEMENT_S_MAX)
        try:
            return await use(connection)
        finally:
            await connection.close()

    return asyncio.run(work())
