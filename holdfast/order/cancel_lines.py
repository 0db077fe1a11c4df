"""Cancel a part of an order: its units go back to the shelf, and the order is worth so much less.

And count the units whose money goes back although they are not cancelled, and those that come back.

The lines keep what was bought; what was cancelled stands beside it, and why in a history. What is
due and what goes back is the caller's, in the same transaction.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors.money import UnitsGone
from holdfast.order import owed
from holdfast.order.move_order import LockedOrder, Move, move_orders
from holdfast.order.order import Event, State
from holdfast.pricing.parts import SoldLine, part_of
from holdfast.stock import holds


class LineUnits(msgspec.Struct, frozen=True):
    """Units of a line; ``location``: those that are promised from there go first."""

    position: int
    quantity: int
    location: str | None = None


class OrderLine(msgspec.Struct, frozen=True):
    """A line as it stands, amounts in minor units."""

    position: int
    sku: str
    tracked: bool
    quantity: int
    owed: int
    cancelled: int
    refunded: int
    returned: int
    packed: int
    total_minor: int
    discount_minor: int
    tax_minor: int
    tax_inclusive: bool

    @property
    def left(self) -> int:
        """Units that were neither cancelled nor refunded."""
        return self.quantity - self.cancelled - self.refunded

    @property
    def sold(self) -> SoldLine:
        """What it gives back."""
        gone = self.cancelled + self.refunded
        return SoldLine(self.quantity, self.total_minor, self.discount_minor, self.tax_minor, gone)


class sql(Queries):
    lines: Many[OrderLine]
    cancel: Do
    refund: Do
    come_back: Do


async def lines_of(tx: Transaction, *, order_id: str) -> dict[int, OrderLine]:
    """The lines of a locked order, by position."""
    return {line.position: line for line in await sql.lines(tx, order_id=order_id)}


async def cancel_lines(
    tx: Transaction,
    *,
    order: LockedOrder,
    units: Sequence[LineUnits],
    actor: str,
    reason: str,
    at: datetime,
) -> int:
    """Take units out of a locked order, once each; answers what they are worth in minor units.

    Units that are owed go first: they are not there. Raises UnitsGone for more than are left of a
    line (what is packed is unpacked first), or than lie with the shop for this order. Positions are
    named once.
    """
    lines = await lines_of(tx, order_id=order.id)
    worth, owed_units = [], []
    to_free: dict[str, int] = defaultdict(int)
    for wanted in units:
        line = lines.get(wanted.position)
        left = min(line.left, line.quantity - line.cancelled - max(line.returned, line.packed)) if line else 0
        if line is None or wanted.quantity > left:
            raise UnitsGone(position=wanted.position, left=left, asked=wanted.quantity)
        not_there = min(line.owed, wanted.quantity)
        owed_units.append(not_there)
        worth.append(part_of(line.sold, wanted.quantity, tax_inclusive=line.tax_inclusive).worth_minor)
        if line.tracked and wanted.quantity > not_there:
            to_free[line.sku] += wanted.quantity - not_there
    first = {lines[u.position].sku: u.location for u in units if u.location}
    missing = await holds.let_go(tx, order_id=order.id, units=to_free, first=first)
    for wanted, not_there in zip(units, owed_units, strict=True):
        lacking = missing.get(lines[wanted.position].sku, 0)
        if lacking and lines[wanted.position].tracked and wanted.quantity > not_there:
            left = max(0, wanted.quantity - lacking)
            raise UnitsGone(position=wanted.position, left=left, asked=wanted.quantity)
    await sql.cancel(
        tx,
        order_id=order.id,
        positions=[u.position for u in units],
        quantities=[u.quantity for u in units],
        owed=owed_units,
        worths=worth,
        reason=reason,
        actor=actor,
        at=at,
    )
    if order.state is State.AWAITING_STOCK and not await owed.is_owed(tx, order_id=order.id):
        moves = [Move(order, Event.STOCK_ARRIVED, actor, reason, told=False)]  # nothing has arrived
        await move_orders(tx, moves=moves, at=at)
    return sum(worth)


async def refund_lines(tx: Transaction, *, order_id: str, units: Sequence[LineUnits]) -> None:
    """Count units of a locked order whose money goes back; the constraint of the line has the last word."""
    positions, quantities = [u.position for u in units], [u.quantity for u in units]
    await sql.refund(tx, order_id=order_id, positions=positions, quantities=quantities)


async def count_returned(tx: Transaction, *, order_id: str, units: Sequence[LineUnits]) -> None:
    """Count units of a locked order that are on their way back; negative ones are not any more."""
    positions, quantities = [u.position for u in units], [u.quantity for u in units]
    await sql.come_back(tx, order_id=order_id, positions=positions, quantities=quantities)
