"""The goods of an order: how many units of each line are owed, lie in parcels, and have left."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from holdfast.db.queries import Connection, Do, Many, Queries, Transaction


class Goods(msgspec.Struct, frozen=True):
    """A line's units: ``packed`` lie in parcels, ``shipped`` of these have left, ``owed`` did not arrive."""

    order_id: str
    position: int
    sku: str
    tracked: bool
    quantity: int
    owed: int
    packed: int
    shipped: int
    vendor_id: str | None = None


class Counted(msgspec.Struct, frozen=True):
    """By how many units the counters of a line change."""

    order_id: str
    position: int
    packed: int = 0
    shipped: int = 0


class sql(Queries):
    lines: Many[Goods]
    count: Do


async def goods_of(connection: Connection, *, order_ids: Sequence[str]) -> dict[str, list[Goods]]:
    """The lines of these orders; the orders are locked where somebody decides by them."""
    found: dict[str, list[Goods]] = {order_id: [] for order_id in order_ids}
    for line in await sql.lines(connection, order_ids=list(found)):
        found[line.order_id].append(line)
    return found


async def count_goods(tx: Transaction, *, changes: Sequence[Counted]) -> None:
    """Change the counters of lines whose orders are locked, in one statement."""
    packed: dict[tuple[str, int], int] = defaultdict(int)
    shipped: dict[tuple[str, int], int] = defaultdict(int)
    for change in changes:
        packed[change.order_id, change.position] += change.packed
        shipped[change.order_id, change.position] += change.shipped
    moved = [line for line in packed if packed[line] or shipped[line]]
    if moved:
        await sql.count(
            tx,
            order_ids=[order_id for order_id, _ in moved],
            positions=[position for _, position in moved],
            packed=[packed[line] for line in moved],
            shipped=[shipped[line] for line in moved],
        )
