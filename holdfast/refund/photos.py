"""Photos of what a buyer sends back. Personal data, so they can be erased."""

from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.db.queries import Connection, Many, Maybe, One, Queries, Transaction
from holdfast.errors.request import NotFound, TooMany
from holdfast.limits import RETURN_PHOTOS_MAX
from holdfast.order.move_order import lock_orders
from holdfast.refund.returns import find_return
from holdfast.uploads import Upload


class Photo(msgspec.Struct, frozen=True):
    """A photo, without the picture itself, which is a JPEG."""

    id: str
    return_id: str
    at: datetime


class sql(Queries):
    count: One[int]
    add: One[str]
    of_return: Many[Photo]
    body: Maybe[bytes]


async def add_photo(tx: Transaction, *, return_id: str, upload: Upload, at: datetime) -> Photo:
    """Keep a photo; raises NotFound, or TooMany beyond RETURN_PHOTOS_MAX."""
    found = await find_return(tx, return_id=return_id)
    await lock_orders(tx, order_ids=[found.order_id])
    if await sql.count(tx, return_id=return_id) >= RETURN_PHOTOS_MAX:
        raise TooMany(what="photos of this return", most=RETURN_PHOTOS_MAX)
    photo_id = await sql.add(tx, id=ids.mint("pho"), return_id=return_id, body=upload.body, at=at)
    return Photo(photo_id, return_id, at)


async def photos_of(connection: Connection, *, return_id: str) -> list[Photo]:
    """What the buyer has shown, oldest first."""
    return await sql.of_return(connection, return_id=return_id)


async def read_photo(connection: Connection, *, photo_id: str) -> bytes:
    """The picture; raises NotFound."""
    found = await sql.body(connection, id=photo_id)
    if found is None:
        raise NotFound(kind="photo", id=photo_id)
    return found
