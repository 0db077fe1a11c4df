"""The vendors of the shop: made, renamed, given another commission, closed and opened again.

A commission counts for what is sold from then on: lines keep theirs. One that is closed sells nothing more,
ships what it has sold, and is paid what it is owed.
"""

from datetime import datetime

import msgspec

from holdfast import audit, ids
from holdfast.catalog.edit import take_off_products
from holdfast.db.queries import Connection, Many, Maybe, Queries, Transaction
from holdfast.errors.request import FieldInvalid, NotFound


class Vendor(msgspec.Struct, frozen=True):
    """Who sells; ``commission_bp`` in hundredths of a percent of what buyers pay for its goods."""

    id: str
    slug: str
    name: str
    commission_bp: int
    active: bool
    created_at: datetime


class sql(Queries):
    create: Maybe[Vendor]
    change: Maybe[Vendor]
    find: Maybe[Vendor]
    page: Many[Vendor]


async def create_vendor(
    tx: Transaction, *, slug: str, name: str, commission_bp: int, actor: str, at: datetime
) -> Vendor:
    """A new vendor; raises FieldInvalid for a slug that another one has."""
    made = await sql.create(tx, id=ids.mint("vnd"), slug=slug, name=name, commission_bp=commission_bp, at=at)
    if made is None:
        raise FieldInvalid(field="slug", reason="is another vendor's")
    detail = {"commission_bp": commission_bp}
    await audit.record(tx, actor=actor, action="vendor.made", subject=made.id, detail=detail, at=at)
    return made


async def change_vendor(
    tx: Transaction,
    *,
    vendor_id: str,
    name: str | None = None,
    commission_bp: int | None = None,
    active: bool | None = None,
    actor: str,
    at: datetime,
) -> Vendor:
    """Change what is given; who is closed has its products taken off the shop. Raises NotFound."""
    vendor = await sql.change(tx, id=vendor_id, name=name, commission_bp=commission_bp, active=active)
    if vendor is None:
        raise NotFound(kind="vendor", id=vendor_id)
    if not vendor.active:
        await take_off_products(tx, vendor_id=vendor_id)
    detail = {"commission_bp": vendor.commission_bp, "active": vendor.active}
    await audit.record(tx, actor=actor, action="vendor.changed", subject=vendor_id, detail=detail, at=at)
    return vendor


async def find_vendor(connection: Connection, *, vendor_id: str) -> Vendor:
    """One vendor; raises NotFound."""
    vendor = await sql.find(connection, id=vendor_id)
    if vendor is None:
        raise NotFound(kind="vendor", id=vendor_id)
    return vendor


async def page_of_vendors(connection: Connection, *, after: str, rows_max: int) -> list[Vendor]:
    """All vendors, in the order in which they came."""
    return await sql.page(connection, after=after, rows_max=rows_max)
