"""The packing slip: what goes into a parcel, for whom, and on which shelf it lies. No prices."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Many, Queries
from holdfast.errors.request import NotFound
from holdfast.fulfilment.papers.paper import (
    Column,
    address_lines,
    finished,
    heading,
    new_paper,
    side_by_side,
    table,
)
from holdfast.order.read_order import OrderView, read_order


class SlipLine(msgspec.Struct, frozen=True):
    """Units of a line of the order: in the asked parcel, or still to be packed and shipped."""

    position: int
    quantity: int
    locations: str


class Slip(msgspec.Struct, frozen=True):
    """What a packing slip says."""

    shop: str
    order: OrderView
    shipment_id: str | None
    lines: Sequence[SlipLine]
    at: datetime


class sql(Queries):
    lines: Many[SlipLine]


async def read_slip(
    connection: Connection,
    *,
    order_id: str,
    shipment_id: str | None,
    shop: str,
    at: datetime,
    vendor_id: str | None = None,
) -> Slip:
    """What lies in one parcel, or what of the order has not left yet; raises NotFound.

    Of a vendor's own lines, where one is given.
    """
    answer = await read_order(connection, order_id)
    if answer is None:
        raise NotFound(kind="order", id=order_id)
    lines = await sql.lines(connection, order_id=order_id, shipment_id=shipment_id, vendor_id=vendor_id)
    if shipment_id is not None and not lines:
        raise NotFound(kind="shipment", id=shipment_id)
    return Slip(shop, answer.order, shipment_id, lines, at)


def packing_slip_pdf(slip: Slip) -> bytes:
    """A PDF of A4 pages; takes a part of a second, so keep it off the event loop."""
    order = slip.order
    title = f"Packing slip, order {order.number}"
    pdf = new_paper(title, created=slip.at.strftime("%Y-%m-%d"))
    heading(pdf, title)
    phone = (
        [f"Phone: {order.shipping_address.phone}"]
        if order.shipping_address and order.shipping_address.phone
        else []
    )
    facts = [
        slip.shop,
        f"Printed: {slip.at.strftime('%Y-%m-%d %H:%M')} UTC",
        *([f"Shipment: {slip.shipment_id}"] if slip.shipment_id else []),
        *([f"Reference: {order.reference}"] if order.reference else []),
        f"Shipping: {order.shipping_option.replace('_', ' ')}",
    ]
    side_by_side(pdf, ["Ship to", *address_lines(order.shipping_address), *phone], facts)
    table(
        pdf,
        [Column("SKU", 38), Column("Item", 78), Column("Shelf", 38), Column("Units", 20, numbers=True)],
        _rows(slip, {line.position: (line.sku, line.name) for line in order.lines}),
    )
    return finished(pdf, f"{slip.shop} · {title}")


def _rows(slip: Slip, named: Mapping[int, tuple[str, str]]) -> list[list[str]]:
    return [[*named[line.position], line.locations, f"{line.quantity:,}"] for line in slip.lines]
