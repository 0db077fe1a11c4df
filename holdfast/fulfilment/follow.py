"""What becomes of parcels after they were packed, and their orders that follow them."""

from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.db.queries import Transaction
from holdfast.errors.request import NotFound
from holdfast.fulfilment import keep_shipments
from holdfast.fulfilment.keep_shipments import Shipment
from holdfast.fulfilment.ship import Deed
from holdfast.fulfilment.shipment import OUT, ShipmentEvent, ShipmentState, order_event
from holdfast.order.goods import Counted, count_goods
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders, restate
from holdfast.order.order import State
from holdfast.stock import holds
from holdfast.stock.parcels import come_back

Fate = Literal["restock", "write_off"]
"""What becomes of units that came back: on the shelf again, or no more."""

_AWAY = (*OUT, ShipmentState.DELIVERED, ShipmentState.LOST)


async def move_shipment(
    tx: Transaction,
    *,
    shipment_id: str,
    event: ShipmentEvent,
    fate: Fate = "restock",
    deed: Deed,
    vendor_id: str | None = None,
) -> LockedOrder:
    """A parcel is on its way, has arrived, is lost, came back, or is unpacked; its order follows.

    Where a vendor is given it is one that they packed.
    Raises NotFound or ShipmentMoveRefused. Answers the order as it is now.
    """
    order_ids = await keep_shipments.orders_of(tx, shipment_ids=[shipment_id], vendor_id=vendor_id)
    orders = await lock_orders(tx, order_ids=order_ids)
    of_order = (
        (await keep_shipments.shipments_of(tx, order_ids=order_ids)).get(order_ids[0]) if order_ids else None
    )
    if not of_order:
        raise NotFound(kind="shipment", id=shipment_id)
    moved = await move_some(
        tx, shipments=[s for s in of_order if s.id == shipment_id], event=event, fate=fate, deed=deed
    )
    now = {s.id: s for s in [*of_order, *moved]}
    (order,) = orders.values()
    order = await _follow(tx, order, [s.state for s in now.values()], deed)
    if event in (ShipmentEvent.RETURNED, ShipmentEvent.LOST):
        kind = Kind.SHIPMENT_RETURNED if event is ShipmentEvent.RETURNED else Kind.SHIPMENT_LOST
        matter = Matter(kind, shipment_id, {"order_id": order.id})
        await open_matters(tx, matters=[matter], at=deed.at)
    return order


async def move_some(
    tx: Transaction,
    *,
    shipments: Sequence[Shipment],
    event: ShipmentEvent,
    fate: Fate = "restock",
    deed: Deed,
) -> list[Shipment]:
    """Move parcels of locked orders by one event, with what follows for their units."""
    moved = await keep_shipments.move(
        tx, shipments=shipments, event=event, actor=deed.actor, reason=deed.reason, at=deed.at
    )
    ids = [s.id for s in moved]
    if event is ShipmentEvent.UNPACKED:
        order_of = {s.id: s.order_id for s in moved}
        units = await keep_shipments.units_in(tx, shipment_ids=ids)
        counted = [
            Counted(order_of[shipment_id], unit.position, packed=-unit.quantity)
            for shipment_id, of_parcel in units.items()
            for unit in of_parcel
        ]
        await count_goods(tx, changes=counted)
    if event is ShipmentEvent.RETURNED:
        await come_back(tx, shipment_ids=ids, restock=fate == "restock", actor=deed.actor, at=deed.at)
    return moved


async def take_home(tx: Transaction, *, order_id: str, fate: Fate, deed: Deed) -> LockedOrder:
    """Nobody took the parcels of an order in: all of them come back, and what was packed is unpacked.

    The order stays where it is, with nothing out any more: the caller ends it. Raises NotFound, or
    ShipmentMoveRefused for a parcel that was delivered.
    """
    order = (await lock_orders(tx, order_ids=[order_id])).get(order_id)
    if order is None:
        raise NotFound(kind="order", id=order_id)
    await holds.lock(tx, order_ids=[order_id])
    shipments = (await keep_shipments.shipments_of(tx, order_ids=[order_id]))[order_id]
    packed = [s for s in shipments if s.state is ShipmentState.PACKED]
    await move_some(tx, shipments=packed, event=ShipmentEvent.UNPACKED, deed=deed)
    away = [s for s in shipments if s.state in _AWAY]
    await move_some(tx, shipments=away, event=ShipmentEvent.RETURNED, fate=fate, deed=deed)
    return msgspec.structs.replace(order, goods_out=False)


async def unpack_cancelled(tx: Transaction, *, order_id: str, deed: Deed) -> None:
    """Parcels that were packed for an order that has ended are unpacked."""
    orders = await lock_orders(tx, order_ids=[order_id])
    shipments = await keep_shipments.shipments_of(tx, order_ids=list(orders))
    packed = [
        s
        for s in shipments.get(order_id, ())
        if s.state is ShipmentState.PACKED and orders[order_id].state in (State.CANCELLED, State.ARCHIVED)
    ]
    await move_some(tx, shipments=packed, event=ShipmentEvent.UNPACKED, deed=deed)


async def _follow(
    tx: Transaction, order: LockedOrder, states: Collection[ShipmentState], deed: Deed
) -> LockedOrder:
    """An order has goods out while a parcel of it is away, and moves when all that are on their way have."""
    order = msgspec.structs.replace(order, goods_out=any(state in _AWAY for state in states))
    event = order_event(order.state, states)
    if event is None:
        (stated,) = await restate(tx, orders=[order])
        return stated
    moves = [Move(order, event, deed.actor, deed.reason, deed.note)]
    return (await move_orders(tx, moves=moves, at=deed.at))[order.id]
