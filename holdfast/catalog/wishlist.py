"""A customer's wishlist: SKUs that they would like to have one day, shown as they can be had now.

Changes of one customer's go one after the other, under the lock of their user, so that it stays bounded.
"""

from datetime import datetime

import msgspec

from holdfast.catalog.browse import read_listed
from holdfast.catalog.product import Availability, availability, line_name
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.request import TooMany
from holdfast.errors.shelf import UnknownSku
from holdfast.limits import WISHES_MAX
from holdfast.money import Money


class Wished(msgspec.Struct, frozen=True):
    """A SKU on the list, at today's price; ``available`` in units, None for what is not tracked."""

    sku: str
    product: str
    name: str
    price: Money
    available: int | None
    availability: Availability
    added_at: datetime


class Row(msgspec.Struct, frozen=True):
    """A wish as it is stored, with its product's slug."""

    sku: str
    product: str
    added_at: datetime


class sql(Queries):
    lock: Maybe[str]
    of_user: Many[Row]
    buyable: Maybe[str]
    add: Maybe[str]
    remove: Do


async def read_wishlist(connection: Connection, *, user_id: str, at: datetime) -> list[Wished]:
    """The newest first; what is not for sale now is left out, and comes back with its product."""
    rows = await sql.of_user(connection, user_id=user_id)
    listed = await read_listed(connection, skus=[row.sku for row in rows], at=at)
    return [
        Wished(
            sku=row.sku,
            product=row.product,
            name=line_name(item.product_name, item.variant_name),
            price=Money(item.price_minor, item.currency),
            available=item.available if item.tracked else None,
            availability=availability(item, at=at),
            added_at=row.added_at,
        )
        for row in rows
        if (item := listed.get(row.sku)) is not None  # it may have been taken off the shop meanwhile
    ]


async def add_wish(tx: Transaction, *, user_id: str, sku: str, at: datetime) -> None:
    """Put a SKU on the list; one that is there stays. Raises UnknownSku or TooMany."""
    await sql.lock(tx, user_id=user_id)
    if not await sql.buyable(tx, sku=sku):
        raise UnknownSku(skus=[sku], field="sku")
    if not await sql.add(tx, user_id=user_id, sku=sku, most=WISHES_MAX, at=at):
        raise TooMany(what="SKUs on a wishlist", most=WISHES_MAX)


async def remove_wish(tx: Transaction, *, user_id: str, sku: str) -> None:
    """Take a SKU off the list; one that is not there is no error."""
    await sql.remove(tx, user_id=user_id, sku=sku)
