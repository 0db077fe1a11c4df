"""Units that are owed: written down when late money found none, given when they arrive, oldest first."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Do, Many, Queries, Transaction
from holdfast.order.move_order import Move, lock_orders, move_orders
from holdfast.order.order import Event, State
from holdfast.stock import holds


class OwedLine(msgspec.Struct, frozen=True):
    """Units of a line that were paid for and have not arrived."""

    order_id: str
    position: int
    owed: int


class sql(Queries):
    owing: Many[str]
    skus: Many[str]
    lines: Many[OwedLine]
    fill: Do
    still_owed: Many[str]
    owe: Do


async def owe(tx: Transaction, *, hold_id: str, missing: Mapping[str, int]) -> None:
    """Write down units per SKU that the hold's order has paid for and that are not there."""
    await sql.owe(tx, hold_id=hold_id, skus=list(missing), quantities=list(missing.values()))


async def is_owed(tx: Transaction, *, order_id: str) -> bool:
    """Whether units of a locked order are still to come."""
    return bool(await sql.still_owed(tx, order_ids=[order_id]))


async def owed_skus(connection: Connection) -> list[str]:
    """SKUs that somebody has paid for and waits for."""
    return await sql.skus(connection)


async def fill_owed(tx: Transaction, *, sku: str, at: datetime) -> int:
    """Commit free units of one SKU to owed lines; orders that are owed nothing more move on.

    Answers how many units were given.
    """
    orders = await lock_orders(tx, order_ids=await sql.owing(tx, sku=sku))
    waiting = [order for order in orders.values() if order.state is State.AWAITING_STOCK]
    if not waiting:
        return 0
    hold_of = {h.order_id: h for h in await holds.lock_holds(tx, order_ids=[o.id for o in waiting])}
    given = 0
    for line in await sql.lines(tx, order_ids=[o.id for o in waiting], sku=sku):
        missing = await holds.take_what_there_is(
            tx, hold_id=hold_of[line.order_id].id, needs={sku: line.owed}, at=at
        )
        units = line.owed - missing.get(sku, 0)
        if units == 0:
            break
        await sql.fill(tx, order_id=line.order_id, position=line.position, units=units)
        given += units
    still = set(await sql.still_owed(tx, order_ids=[o.id for o in waiting]))
    done = [Move(o, Event.STOCK_ARRIVED, "stock") for o in waiting if o.id not in still]
    await move_orders(tx, moves=done, at=at)
    return given
