"""Cancel an order, or some of it, before it is shipped: units go back to the shelf, money to the buyer.

What was captured beyond what is due then is given back by a job; of what is only set aside so much
less is taken (``payment/capture.py``).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from holdfast.attention.matters import Kind, settle_matters
from holdfast.db.queries import Transaction
from holdfast.errors.money import MoveRefused
from holdfast.errors.request import NotFound
from holdfast.jobs import Job, enqueue
from holdfast.order.cancel_lines import LineUnits, OrderLine, cancel_lines, lines_of
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event, State, after, ending, possible
from holdfast.payment import attempts
from holdfast.payment.payment import OPEN
from holdfast.pricing.keep_coupons import end_uses
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.vendor.ledger import bring_up

_PROGRESS = (State.CONFIRMED, State.PROCESSING, State.READY_FOR_SHIPMENT, State.SHIPPED)


async def cancel_order(
    tx: Transaction,
    *,
    order_id: str,
    actor: str,
    reason: str,
    rules: ShopRules,
    at: datetime,
    units: Sequence[LineUnits] = (),
    by_buyer: bool = False,
) -> None:
    """Cancel one order, or these units of it (each line once); all that is left of it is the whole.

    ``by_buyer``: a buyer asks, and the rules say until when. Raises NotFound, UnitsGone, or
    MoveRefused where it is too late (any part of it has left), or for a part of what is not paid.
    """
    order = (await lock_orders(tx, order_ids=[order_id])).get(order_id)
    if order is None:
        raise NotFound(kind="order", id=order_id)
    after(order.state, Event.CANCELLED, goods_out=order.goods_out)
    if by_buyer and _is_too_late(order.state, rules):
        raise MoveRefused(state=order.state, event=Event.CANCELLED, possible=[])
    if units and not _is_all(units, (await lines_of(tx, order_id=order_id)).values()):
        await _cancel_part(tx, order=order, units=units, actor=actor, reason=reason, at=at)
    else:
        await end_orders(
            tx, orders=[order], event=Event.CANCELLED, actor=actor, reason=reason, rules=rules, at=at
        )


def _is_too_late(state: State, rules: ShopRules) -> bool:
    """Whether an order has come so far that its buyer cannot cancel it any more."""
    return state in _PROGRESS[_PROGRESS.index(State(rules.buyers_cancel_until)) :]


def _is_all(units: Sequence[LineUnits], lines: Iterable[OrderLine]) -> bool:
    """Whether nothing would be left to be shipped."""
    wanted = {u.position: u.quantity for u in units}
    left = {line.position: line.quantity - line.cancelled for line in lines}
    return wanted == {position: quantity for position, quantity in left.items() if quantity}


async def _cancel_part(
    tx: Transaction,
    *,
    order: LockedOrder,
    units: Sequence[LineUnits],
    actor: str,
    reason: str,
    at: datetime,
) -> None:
    if order.state in UNPAID:  # a provider collects the whole
        raise MoveRefused(state=order.state, event="cancel_lines", possible=possible(order.state))
    payments, _ = await attempts.lock_payments(tx, order_ids=[order.id])
    payment = payments[order.id]
    worth = await cancel_lines(tx, order=order, units=units, actor=actor, reason=reason, at=at)
    due = payment.due_minor - worth
    await attempts.save(tx, payments=[msgspec.structs.replace(payment, due_minor=due)], attempts=[])
    if order.has_vendors:
        await bring_up(tx, order_ids=[order.id], at=at)
    if payment.captured_minor > due:
        await enqueue(tx, Job.REFUND_EXCESS, [payment.id])


async def end_returned(
    tx: Transaction, *, order: LockedOrder, actor: str, reason: str, rules: ShopRules, at: datetime
) -> None:
    """Cancel a locked order whose parcels are all back; raises MoveRefused while one is away."""
    event = ending(order.state)
    await end_orders(tx, orders=[order], event=event, actor=actor, reason=reason, rules=rules, at=at)


async def end_orders(
    tx: Transaction,
    *,
    orders: Sequence[LockedOrder],
    event: Event,
    actor: str,
    reason: str,
    rules: ShopRules,
    at: datetime,
) -> None:
    """End locked orders: let go of their units, have open attempts closed and captured money given back.

    What they used of coupons is free again, of paid orders if the rules say so.
    """
    if not orders:
        return
    order_ids = [order.id for order in orders]
    payments, tries = await attempts.lock_payments(tx, order_ids=order_ids)
    await move_orders(tx, moves=[Move(order, event, actor, reason) for order in orders], at=at)
    await holds.end(tx, order_ids=order_ids)
    paid = [p.order_id for p in payments.values() if p.captured_minor >= p.due_minor]
    await end_uses(tx, order_ids=order_ids, keeping=paid if rules.coupons_given_back == "unpaid" else ())
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
