"""The shipment as a value: its states, what of an order may be packed, and from which shelf it is picked.

``MOVES`` is the machine; the table ``shipment_moves`` holds the same rows and a test keeps them equal.
Lines are named by their position in the order, so that one order may be shipped by several hands.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

import msgspec

from holdfast.errors.money import NothingToShip, ShipmentMoveRefused
from holdfast.errors.problem import Line
from holdfast.errors.shelf import OutOfStock
from holdfast.order.goods import Goods
from holdfast.order.order import Event, State, draw, possible
from holdfast.stock.holds import HoldLine
from holdfast.stock.shelf import Place


class ShipmentState(StrEnum):
    """Where a parcel is."""

    NEW = "new"
    PACKED = "packed"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"
    CANCELLED = "cancelled"


class ShipmentEvent(StrEnum):
    """What can happen to a parcel."""

    PACKED = "packed"
    UNPACKED = "unpacked"
    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RETURNED = "returned"
    LOST = "lost"


OUT = (ShipmentState.SHIPPED, ShipmentState.IN_TRANSIT)
"""On its way: it may still come back or be lost."""

MOVES: dict[tuple[ShipmentState, ShipmentEvent], ShipmentState] = {
    (ShipmentState.NEW, ShipmentEvent.PACKED): ShipmentState.PACKED,
    (ShipmentState.PACKED, ShipmentEvent.UNPACKED): ShipmentState.CANCELLED,
    (ShipmentState.PACKED, ShipmentEvent.SHIPPED): ShipmentState.SHIPPED,
    (ShipmentState.SHIPPED, ShipmentEvent.IN_TRANSIT): ShipmentState.IN_TRANSIT,
    (ShipmentState.SHIPPED, ShipmentEvent.DELIVERED): ShipmentState.DELIVERED,
    (ShipmentState.SHIPPED, ShipmentEvent.RETURNED): ShipmentState.RETURNED,
    (ShipmentState.SHIPPED, ShipmentEvent.LOST): ShipmentState.LOST,
    (ShipmentState.IN_TRANSIT, ShipmentEvent.DELIVERED): ShipmentState.DELIVERED,
    (ShipmentState.IN_TRANSIT, ShipmentEvent.RETURNED): ShipmentState.RETURNED,
    (ShipmentState.IN_TRANSIT, ShipmentEvent.LOST): ShipmentState.LOST,
    (ShipmentState.LOST, ShipmentEvent.DELIVERED): ShipmentState.DELIVERED,
    (ShipmentState.LOST, ShipmentEvent.RETURNED): ShipmentState.RETURNED,
}


def after(state: ShipmentState, event: ShipmentEvent) -> ShipmentState:
    """The state that the event leads to; raise ShipmentMoveRefused with what would be possible."""
    there = MOVES.get((state, event))
    if there is None:
        can = [other for here, other in MOVES if here is state]
        raise ShipmentMoveRefused(state=state, event=event, possible=list(can))
    return there


def picture() -> str:
    """The machine as a Mermaid state diagram, as ``docs/story.md`` shows it."""
    return draw((here, event, there) for (here, event), there in MOVES.items())


class Units(msgspec.Struct, frozen=True):
    """Units of one line of an order, by the line's position."""

    position: int
    quantity: int


def to_pack(lines: Sequence[Goods], wanted: Sequence[Units] | None) -> list[Units]:
    """What goes into a parcel: what is wanted, or everything that is left; raise NothingToShip.

    Left is what is neither in a parcel nor owed.
    """
    left = {line.position: line.quantity - line.packed - line.owed for line in lines}
    if wanted is None:
        found = [Units(position, quantity) for position, quantity in left.items() if quantity]
        if not found:
            raise NothingToShip(lines=[])
        return found
    too_many: list[Line] = [
        {"position": unit.position, "requested": unit.quantity, "available": left.get(unit.position, 0)}
        for unit in wanted
        if unit.quantity > left.get(unit.position, 0)
    ]
    if too_many:
        raise NothingToShip(lines=too_many)
    return list(wanted)


def needs_of(lines: Sequence[Goods], units: Sequence[Units]) -> dict[str, int]:
    """Units per SKU that have to come from a shelf; what is not tracked lies on none."""
    by_position = {line.position: line for line in lines}
    needs: dict[str, int] = {}
    for unit in units:
        line = by_position[unit.position]
        if line.tracked:
            needs[line.sku] = needs.get(line.sku, 0) + unit.quantity
    return needs


def pick(
    needs: Mapping[str, int], committed: Sequence[HoldLine], on_hand: Mapping[Place, int]
) -> dict[Place, int]:
    """From which shelves committed units are taken that really lie there; raise OutOfStock."""
    picked: dict[Place, int] = {}
    short: list[Line] = []
    for sku, need in needs.items():
        left = need
        for line in committed:
            if line.sku == sku and left:
                place = (sku, line.location_id)
                units = min(left, line.quantity, max(0, on_hand.get(place, 0)))
                if units:
                    picked[place] = units
                    left -= units
        if left:
            short.append({"sku": sku, "requested": need, "available": need - left})
    if short:
        raise OutOfStock(lines=short)
    return picked


def order_event(state: State, shipments: Collection[ShipmentState]) -> Event | None:
    """What parcels that moved mean for a shipped order: it has arrived when the last of them has."""
    arriving = [s for s in shipments if s in (*OUT, ShipmentState.DELIVERED)]
    if not arriving:
        return None
    event = Event.IN_TRANSIT if ShipmentState.IN_TRANSIT in arriving else None
    if all(s is ShipmentState.DELIVERED for s in arriving):
        event = Event.DELIVERED
    elif ShipmentState.SHIPPED in arriving:
        event = None
    return event if event in possible(state) else None
