"""Cancel an order before it is shipped: units go back to the shelf, money goes back to the buyer."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.attention.matters import Kind, settle_matters
from holdfast.db.queries import Transaction
from holdfast.errors.request import NotFound
from holdfast.jobs import Job, enqueue
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event, ending
from holdfast.payment import attempts
from holdfast.payment.payment import OPEN
from holdfast.stock import holds


async def cancel_order(tx: Transaction, *, order_id: str, actor: str, reason: str, at: datetime) -> None:
    """Cancel one order; raises NotFound, or MoveRefused where it is too late: any part of it has left."""
    orders = await lock_orders(tx, order_ids=[order_id])
    if order_id not in orders:
        raise NotFound(kind="order", id=order_id)
    await end_orders(tx, orders=[orders[order_id]], event=Event.CANCELLED, actor=actor, reason=reason, at=at)


async def end_returned(tx: Transaction, *, order: LockedOrder, actor: str, reason: str, at: datetime) -> None:
    """Cancel a locked order whose parcels are all back; raises MoveRefused while one is away."""
    await end_orders(tx, orders=[order], event=ending(order.state), actor=actor, reason=reason, at=at)


async def end_orders(
    tx: Transaction,
    *,
    orders: Sequence[LockedOrder],
    event: Event,
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    """End locked orders: let go of their units, have open attempts closed and captured money given back."""
    if not orders:
        return
    order_ids = [order.id for order in orders]
    payments, tries = await attempts.lock_payments(tx, order_ids=order_ids)
    await move_orders(tx, moves=[Move(order, event, actor, reason) for order in orders], at=at)
    await holds.end(tx, order_ids=order_ids)
    open_ones = [a for of_order in tries.values() for a in of_order if a.state in OPEN]
    await attempts.save(
        tx,
        payments=[
            msgspec.structs.replace(p, state="cancelled")
            for p in payments.values()
            if p.captured_minor < p.due_minor
        ],
        attempts=[msgspec.structs.replace(a, superseded=True) for a in open_ones],
    )
    await settle_matters(
        tx, kind=Kind.LATE_MONEY_UNDECIDED, subjects=order_ids, step="refund", actor=actor, at=at
    )
    await enqueue(tx, Job.CLOSE_ATTEMPT, [a.id for a in open_ones])
    await enqueue(tx, Job.UNPACK, [order.id for order in orders if order.state not in UNPAID])
    await enqueue(
        tx, Job.REFUND_EXCESS, [p.id for p in payments.values() if p.captured_minor > p.refunding_minor]
    )
