"""Archiving: orders that have rested long enough are archived; nothing else changes for them.

What is not over waits: the view ``open_of_orders`` says what that is, one branch for each kind.
"""

from collections.abc import Sequence
from datetime import datetime

from holdfast import ids
from holdfast.db.queries import Connection, Many, Queries, Transaction
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.order.move_order import Move, lock_orders, move_orders
from holdfast.order.order import Event


class sql(Queries):
    page: Many[str]
    at_rest: Many[str]


async def page_of_old(connection: Connection, *, after: str, before: datetime) -> list[str]:
    """Delivered and cancelled orders behind the cursor, born before then, whatever is open of them."""
    until = ids.first_of("ord", before)
    return await sql.page(connection, after=after, until=until, rows_max=SWEEP_ROWS_MAX)


async def at_rest(connection: Connection, *, order_ids: Sequence[str], before: datetime) -> list[str]:
    """Those to which nothing has happened since, and of which nothing is open."""
    return await sql.at_rest(connection, ids=list(order_ids), before=before)


async def archive(tx: Transaction, *, order_ids: Sequence[str], before: datetime, at: datetime) -> int:
    """Archive those of the orders that are at rest; how many that were."""
    orders = await lock_orders(tx, order_ids=order_ids)
    resting = await at_rest(
        tx, order_ids=list(orders), before=before
    )  # anew: what was seen is older than the lock
    moves = [Move(orders[order_id], Event.ARCHIVED, actor="shop") for order_id in resting]
    return len(await move_orders(tx, moves=moves, at=at))
