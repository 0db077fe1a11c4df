"""Goods that came back: those in order lie on the shelf again, the others are written off at once."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Many, Queries, Transaction
from holdfast.errors.shelf import UnknownSku
from holdfast.stock.movements import Returned, restock


class CameBack(msgspec.Struct, frozen=True):
    """Units of a SKU that came back to a location, by their condition."""

    sku: str
    location: str
    restocked: int
    written_off: int


class sql(Queries):
    unknown: Many[str]
    tracked: Many[str]


async def come_back(
    tx: Transaction, *, lines: Sequence[CameBack], subject: str, actor: str, at: datetime
) -> None:
    """Take returned units in: each came back, and those that are written off left again.

    ``subject`` is the id of the return. Raises UnknownSku for locations that do not exist; SKUs
    that are not tracked have no shelf, and are left out.
    """
    skus = [x.sku for x in lines]
    unknown = await sql.unknown(tx, skus=skus, location_ids=[x.location for x in lines])
    if unknown:
        raise UnknownSku(skus=unknown)
    tracked = set(await sql.tracked(tx, skus=skus))
    returned = [
        Returned(x.sku, x.location, quantity, fit)
        for x in lines
        for quantity, fit in ((x.restocked, True), (x.written_off, False))
        if quantity and x.sku in tracked
    ]
    await restock(tx, returned=returned, subject=subject, reason="", actor=actor, at=at)
