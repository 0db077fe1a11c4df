"""Orders as a vendor sees them: its own lines and parcels, and where they go while they have to be sent.

Whose a line is stands in the WHERE of every query; an order without a line of the vendor's does not exist for
it, and neither does one that nobody has paid for yet. Of the buyer it learns the address, and nothing else.
"""

from datetime import datetime
from typing import Any

import msgspec

from holdfast.accounts.address import Address
from holdfast.db.queries import Connection, Many, Maybe, Queries
from holdfast.errors.request import NotFound


class PartLine(msgspec.Struct, frozen=True):
    """A line of theirs: ``quantity`` without what was cancelled; ``packed``, and ``shipped`` of these."""

    position: int
    sku: str
    name: str
    quantity: int
    packed: int
    shipped: int


class PartUnits(msgspec.Struct, frozen=True):
    """Units of a line that lie in a parcel."""

    position: int
    quantity: int


class PartParcel(msgspec.Struct, frozen=True):
    """A parcel that the vendor packed."""

    id: str
    state: str
    carrier: str
    tracking_number: str
    tracking_url: str | None
    lines: tuple[PartUnits, ...]


class PartOfOrder(msgspec.Struct, frozen=True):
    """What a vendor sees of an order; ``shipping_address`` is null once nothing of its has to be sent."""

    id: str
    number: int
    state: str
    placed_at: datetime
    shipping_option: str
    shipping_address: Address | None
    lines: tuple[PartLine, ...]
    shipments: tuple[PartParcel, ...]


class PartRow(msgspec.Struct, frozen=True):
    """An order's row with a vendor's lines and parcels."""

    id: str
    number: int
    state: str
    placed_at: datetime
    shipping_option: str
    shipping_address: dict[str, Any] | None
    lines: object
    shipments: object


class sql(Queries):
    page: Many[str]
    parts: Many[PartRow]
    has_part: Maybe[str]


async def page_of_parts(
    connection: Connection, *, vendor_id: str, before: str, rows_max: int
) -> list[PartOfOrder]:
    """A vendor's parts of orders, newest first, those behind the cursor."""
    found = await sql.page(connection, vendor_id=vendor_id, before=before, rows_max=rows_max)
    return await _parts(connection, vendor_id, found)


async def read_part(connection: Connection, *, vendor_id: str, order_id: str) -> PartOfOrder:
    """A vendor's part of an order; raises NotFound where it has none."""
    found = await _parts(connection, vendor_id, [order_id])
    if not found:
        raise NotFound(kind="order", id=order_id)
    return found[0]


async def check_part(connection: Connection, *, vendor_id: str, order_id: str) -> None:
    """Raise NotFound for an order that this vendor has no part in."""
    if await sql.has_part(connection, vendor_id=vendor_id, order_id=order_id) is None:
        raise NotFound(kind="order", id=order_id)


async def _parts(connection: Connection, vendor_id: str, order_ids: list[str]) -> list[PartOfOrder]:
    return [
        PartOfOrder(
            row.id,
            row.number,
            row.state,
            row.placed_at,
            row.shipping_option,
            msgspec.convert(row.shipping_address, Address | None),
            msgspec.convert(row.lines, tuple[PartLine, ...]),
            msgspec.convert(row.shipments, tuple[PartParcel, ...]),
        )
        for row in await sql.parts(connection, vendor_id=vendor_id, order_ids=order_ids)
    ]
