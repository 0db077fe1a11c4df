"""The parcels of an order as staff see them, with what happened to each."""

from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Many, Queries


class ShipmentLineView(msgspec.Struct, frozen=True):
    """Units of a line of the order that lie in a parcel."""

    position: int
    sku: str
    name: str
    quantity: int


class ShipmentEventView(msgspec.Struct, frozen=True):
    """One event of a parcel's history."""

    event: str
    from_state: str
    to_state: str
    actor: str
    reason: str
    at: datetime


class ShipmentWithHistory(msgspec.Struct, frozen=True):
    """A parcel, what lies in it, and everything that happened to it."""

    id: str
    state: str
    carrier: str
    tracking_number: str
    tracking_url: str | None
    created_at: datetime
    lines: tuple[ShipmentLineView, ...]
    timeline: tuple[ShipmentEventView, ...]


class Row(msgspec.Struct, frozen=True):
    """A parcel's row with its lines and events."""

    id: str
    state: str
    carrier: str
    tracking_number: str
    tracking_url: str | None
    created_at: datetime
    lines: object
    timeline: object


class sql(Queries):
    of_order: Many[Row]


async def read_shipments(connection: Connection, *, order_id: str) -> list[ShipmentWithHistory]:
    """Oldest first."""
    return [
        ShipmentWithHistory(
            row.id,
            row.state,
            row.carrier,
            row.tracking_number,
            row.tracking_url,
            row.created_at,
            msgspec.convert(row.lines, tuple[ShipmentLineView, ...]),
            msgspec.convert(row.timeline, tuple[ShipmentEventView, ...]),
        )
        for row in await sql.of_order(connection, order_id=order_id)
    ]
