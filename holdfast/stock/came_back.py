"""Goods that came back: those in order lie on the shelf again, the others are written off at once."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors import UnknownSku
from holdfast.stock import holds


class CameBack(msgspec.Struct, frozen=True):
    """Units of a SKU that came back to a location, by their condition."""

    sku: str
    location: str
    restocked: int
    written_off: int


class sql(Queries):
    unknown: Many[str]
    create_rows: Do
    come_back: Do


async def come_back(
    tx: Transaction, *, lines: Sequence[CameBack], subject: str, actor: str, at: datetime
) -> None:
    """Take returned units in: each came back, and those that are written off left again.

    ``subject`` is the id of the return. Raises UnknownSku for locations that do not exist; SKUs
    that are not tracked have no shelf, and are left out.
    """
    columns = {"skus": [x.sku for x in lines], "location_ids": [x.location for x in lines]}
    unknown = await sql.unknown(tx, **columns)
    if unknown:
        raise UnknownSku(skus=unknown)
    await sql.create_rows(tx, **columns)
    await holds.lock_shelves(tx, skus=columns["skus"])
    await sql.come_back(
        tx,
        **columns,
        restocked=[x.restocked for x in lines],
        written_off=[x.written_off for x in lines],
        subject=subject,
        actor=actor,
        at=at,
    )
