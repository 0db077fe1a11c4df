"""Shipments as rows: read under the lock of their orders, born with their lines, moved with their events."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import letters
from holdfast.db.queries import Connection, Do, Many, Queries, Transaction
from holdfast.fulfilment.shipment import ShipmentEvent, ShipmentState, Units, after
from holdfast.letters import About, about_order


class Label(msgspec.Struct, frozen=True):
    """Who brings it, and where to look for it; the link is https."""

    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str | None = None


class Shipment(msgspec.Struct, frozen=True):
    """A parcel as it is stored."""

    id: str
    order_id: str
    state: ShipmentState


class ShipmentLine(msgspec.Struct, frozen=True):
    """Units of one line of an order that lie in a parcel."""

    shipment_id: str
    position: int
    quantity: int


class NewShipment(msgspec.Struct, frozen=True):
    """A parcel that is being packed, and whether it leaves at once."""

    id: str
    order_id: str
    label: Label
    units: tuple[Units, ...]
    goes: bool
    vendor_id: str | None = None


class ShipmentRow(msgspec.Struct, frozen=True):
    """A parcel's row, as it is read."""

    id: str
    order_id: str
    state: str


_TOLD = {ShipmentEvent.SHIPPED: About.SHIPPED, ShipmentEvent.DELIVERED: About.DELIVERED}


class sql(Queries):
    orders_of: Many[str]
    of_orders: Many[ShipmentRow]
    lines: Many[ShipmentLine]
    create: Do
    move: Do
    relabel: Do


async def orders_of(
    connection: Connection, *, shipment_ids: Sequence[str], vendor_id: str | None = None
) -> list[str]:
    """The orders of these parcels (this vendor's, if one is given), to be locked; neither ever changes."""
    return await sql.orders_of(connection, ids=list(shipment_ids), vendor_id=vendor_id)


async def shipments_of(tx: Transaction, *, order_ids: Sequence[str]) -> dict[str, list[Shipment]]:
    """The parcels of these locked orders, oldest first."""
    found: dict[str, list[Shipment]] = {order_id: [] for order_id in order_ids}
    for row in await sql.of_orders(tx, order_ids=list(found)):
        found[row.order_id].append(Shipment(row.id, row.order_id, ShipmentState(row.state)))
    return found


async def units_in(connection: Connection, *, shipment_ids: Sequence[str]) -> dict[str, list[Units]]:
    """What lies in these parcels."""
    found: dict[str, list[Units]] = {shipment_id: [] for shipment_id in shipment_ids}
    for line in await sql.lines(connection, ids=list(found)):
        found[line.shipment_id].append(Units(line.position, line.quantity))
    return found


async def create(
    tx: Transaction, *, shipments: Sequence[NewShipment], actor: str, reason: str, at: datetime
) -> None:
    """Write new parcels of locked orders with their lines and events, in one statement."""
    if not shipments:
        return
    lines = [(s, unit) for s in shipments for unit in s.units]
    packed = after(ShipmentState.NEW, ShipmentEvent.PACKED)
    events = [(s.id, ShipmentEvent.PACKED, ShipmentState.NEW, packed) for s in shipments]
    gone = after(packed, ShipmentEvent.SHIPPED)
    events += [(s.id, ShipmentEvent.SHIPPED, packed, gone) for s in shipments if s.goes]
    await sql.create(
        tx,
        ids=[s.id for s in shipments],
        order_ids=[s.order_id for s in shipments],
        states=[gone if s.goes else packed for s in shipments],
        carriers=[s.label.carrier for s in shipments],
        numbers=[s.label.tracking_number for s in shipments],
        urls=[s.label.tracking_url for s in shipments],
        vendors=[s.vendor_id for s in shipments],
        line_shipments=[s.id for s, _ in lines],
        line_orders=[s.order_id for s, _ in lines],
        positions=[unit.position for _, unit in lines],
        quantities=[unit.quantity for _, unit in lines],
        event_shipments=[shipment_id for shipment_id, _, _, _ in events],
        events=[event for _, event, _, _ in events],
        from_states=[here for _, _, here, _ in events],
        to_states=[there for _, _, _, there in events],
        actor=actor,
        reason=reason,
        at=at,
    )
    told = [about_order(About.SHIPPED, s.order_id, s.id) for s in shipments if s.goes]
    await letters.ask(tx, told, at=at)


async def move(
    tx: Transaction,
    *,
    shipments: Sequence[Shipment],
    event: ShipmentEvent,
    actor: str,
    reason: str,
    at: datetime,
) -> list[Shipment]:
    """Move parcels of locked orders, each by this event, and record it; raises ShipmentMoveRefused."""
    moved = [msgspec.structs.replace(s, state=after(s.state, event)) for s in shipments]
    if moved:
        written = await sql.move(
            tx,
            ids=[s.id for s in shipments],
            from_states=[s.state for s in shipments],
            to_states=[s.state for s in moved],
            event=event,
            actor=actor,
            reason=reason,
            at=at,
        )
        assert written == len(moved), "their orders were locked, so nobody else can have moved them"
    if about := _TOLD.get(event):
        await letters.ask(tx, [about_order(about, s.order_id, s.id) for s in shipments], at=at)
    return moved


async def relabel(tx: Transaction, *, shipment_id: str, label: Label, vendor_id: str | None = None) -> bool:
    """Write who brings a parcel and where to look for it; False: there is none (of this vendor's)."""
    written = await sql.relabel(
        tx,
        id=shipment_id,
        carrier=label.carrier,
        tracking_number=label.tracking_number,
        tracking_url=label.tracking_url,
        vendor_id=vendor_id,
    )
    return bool(written)
