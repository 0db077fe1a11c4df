"""Staff move orders, one or five hundred: each answer its own, all that can move in one transaction."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from holdfast import ids
from holdfast.db.queries import Transaction
from holdfast.errors.money import MoveRefused
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.fulfilment import keep_shipments
from holdfast.fulfilment.follow import move_some
from holdfast.fulfilment.ship import Deed, Parcel, ship
from holdfast.fulfilment.shipment import OUT, ShipmentEvent, ShipmentState
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event, possible
from holdfast.payment.by_hand.cash import confirm_each
from holdfast.shop_settings.rules import ShopRules

StaffEvent = Literal[
    "confirmed", "processing_started", "marked_ready", "shipped", "in_transit", "delivered", "archived"
]
"""What staff may say of an order; everything else follows from money, stock and time."""


class Answered(msgspec.Struct, frozen=True):
    """What became of one of the orders: it as it is now, or why it did not move."""

    order_id: str
    order: LockedOrder | None
    problem: Problem | None


async def move_by_staff(
    tx: Transaction, *, order_ids: Sequence[str], event: StaffEvent, deed: Deed, rules: ShopRules
) -> list[Answered]:
    """Move these orders by an event, those that cannot are left as they are; answers in their order.

    Shipping makes a parcel of everything that is left of the shop's own lines. An order that is to be paid on
    delivery is confirmed through the door of its own, which commits its units.
    """
    wanted = list(dict.fromkeys(order_ids))
    problems: dict[str, Problem] = {}
    orders: dict[str, LockedOrder] = {}
    match Event(event):
        case Event.SHIPPED:
            parcels = [Parcel(ids.mint("shp"), order_id) for order_id in wanted]
            answers, orders = await ship(tx, parcels=parcels, deed=deed, rules=rules)
            problems = {o: p for o, p in zip(wanted, answers, strict=True) if p is not None}
        case Event.CONFIRMED as confirmed:
            told = await confirm_each(
                tx,
                order_ids=wanted,
                rules=rules,
                actor=deed.actor,
                reason=deed.reason,
                note=deed.note,
                at=deed.at,
            )
            problems = {order_id: p for order_id, p in told.items() if p is not None}
            orders = await lock_orders(tx, order_ids=wanted)
            rest = [o for o in orders.values() if o.id not in told]
            orders |= await _move(tx, rest, confirmed, deed, problems)
        case other:
            orders = await lock_orders(tx, order_ids=wanted)
            moved = await _move(tx, list(orders.values()), other, deed, problems)
            orders |= moved
            await _take_parcels_along(tx, list(moved), other, deed)
    for order_id in wanted:
        if order_id not in orders:
            problems[order_id] = NotFound(kind="order", id=order_id)
    return [Answered(o, None if o in problems else orders[o], problems.get(o)) for o in wanted]


async def _move(
    tx: Transaction,
    orders: Sequence[LockedOrder],
    event: Event,
    deed: Deed,
    problems: dict[str, Problem],
) -> dict[str, LockedOrder]:
    """Move those that can; why the others cannot is put to the problems."""
    moves = []
    for order in orders:
        can = possible(order.state, goods_out=order.goods_out)
        if order.state in UNPAID:  # only money, or the door of cash on delivery, brings it further
            can = [other for other in can if other != event]
        if event in can:
            moves.append(Move(order, event, deed.actor, deed.reason, deed.note))
        else:
            problems[order.id] = MoveRefused(state=order.state, event=event, possible=can)
    return await move_orders(tx, moves=moves, at=deed.at)


async def _take_parcels_along(tx: Transaction, order_ids: Sequence[str], event: Event, deed: Deed) -> None:
    """What staff say of a shipped order they say of its parcels that are on their way."""
    said = {
        Event.IN_TRANSIT: (ShipmentEvent.IN_TRANSIT, (ShipmentState.SHIPPED,)),
        Event.DELIVERED: (ShipmentEvent.DELIVERED, OUT),
    }
    if event not in said or not order_ids:
        return
    parcel_event, concerned = said[event]
    found = await keep_shipments.shipments_of(tx, order_ids=order_ids)
    shipments = [s for of_order in found.values() for s in of_order if s.state in concerned]
    await move_some(tx, shipments=shipments, event=parcel_event, deed=deed)
