"""Explain a SKU's numbers: what lies where is the sum of movements, as of any moment.

On hand and units in transit are sums over append-only history, so they are exact for every moment.
Held and committed are states of hold lines, which change in place: they are explained as of now, by
the orders and checkouts that have the units.
"""

from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Many, One, Queries
from holdfast.errors.request import NotFound
from holdfast.limits import PAGE_ROWS_MAX
from holdfast.stock.shelf import Promised


class MovementRow(msgspec.Struct, frozen=True):
    """A movement, and what lay at its place afterwards; ``subject`` is what it belongs to."""

    id: int
    location: str
    kind: str
    quantity: int
    on_hand: int
    subject: str | None
    reason: str
    actor: str
    at: datetime


class PlaceThen(msgspec.Struct, frozen=True):
    """What lay at a place at the moment that was asked for."""

    location: str
    on_hand: int


class PlaceNow(msgspec.Struct, frozen=True):
    """The counters of a place as they are now; ``short`` is promised and not there."""

    location: str
    open: bool
    on_hand: int
    held: int
    committed: int
    backorder_limit: int
    short: int


class Now(msgspec.Struct, frozen=True):
    """The counters, and who has the units (the first of them)."""

    places: list[PlaceNow]
    promised: list[Promised]


class History(msgspec.Struct, frozen=True):
    """The number of a moment, the movements that add up to it (newest first), and who has units now."""

    sku: str
    at: datetime
    on_hand: int
    in_transit: int
    places: list[PlaceThen]
    data: list[MovementRow]
    next_cursor: int | None
    now: Now


class sql(Queries):
    known: One[bool]
    movements: Many[MovementRow]
    then: Many[PlaceThen]
    in_transit: One[int]
    counters: Many[PlaceNow]
    promised: Many[Promised]


async def explain(
    connection: Connection, *, sku: str, at: datetime, before_id: int | None, rows_max: int
) -> History:
    """A SKU's numbers as of a moment, read at one moment; raises NotFound."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if not await sql.known(connection, sku=sku):
            raise NotFound(kind="sku", id=sku)
        rows = await sql.movements(connection, sku=sku, at=at, before_id=before_id, rows_max=rows_max + 1)
        places = await sql.then(connection, sku=sku, at=at)
        return History(
            sku=sku,
            at=at,
            on_hand=sum(place.on_hand for place in places),
            in_transit=await sql.in_transit(connection, sku=sku, at=at),
            places=places,
            data=rows[:rows_max],
            next_cursor=rows[rows_max - 1].id if len(rows) > rows_max else None,
            now=Now(
                await sql.counters(connection, sku=sku),
                await sql.promised(connection, sku=sku, rows_max=PAGE_ROWS_MAX),
            ),
        )
