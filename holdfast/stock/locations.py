"""Locations: places where stock lies, in which order they are asked, and which of them are switched off.

A place that is switched off promises nothing new. What lies there stays there, holds and orders keep
what they have of it, and it can be received, counted and sent elsewhere as before.
"""

from collections.abc import Sequence

import msgspec

from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.request import FieldInvalid, NotFound, TooMany
from holdfast.limits import LOCATIONS_MAX


class Location(msgspec.Struct, frozen=True):
    """A place; the lowest ``priority`` is asked first, equal ones by id."""

    id: str
    name: str
    priority: int
    open: bool


class Lying(msgspec.Struct, frozen=True):
    """What lies at a place of one SKU, in units: how much of it is promised, and how much is missing."""

    sku: str
    on_hand: int
    held: int
    committed: int
    backorder_limit: int
    short: int


class sql(Queries):
    every: Many[Location]
    number: One[int]
    add: Do
    lock: Maybe[Location]
    write: Do
    take_turns: Do
    lying: Many[Lying]


async def list_locations(connection: Connection) -> list[Location]:
    """All of them, in the order in which they are asked."""
    return await sql.every(connection)


async def add_location(tx: Transaction, *, location: Location) -> Location:
    """A new place; raises FieldInvalid for an id that is taken, TooMany."""
    if await sql.number(tx, most=LOCATIONS_MAX) >= LOCATIONS_MAX:
        raise TooMany(what="locations", most=LOCATIONS_MAX)
    if not await sql.add(tx, **msgspec.structs.asdict(location)):
        raise FieldInvalid(field="id", reason=f"{location.id} is a location already")
    return location


async def change_location(
    tx: Transaction,
    *,
    location_id: str,
    name: str | None = None,
    priority: int | None = None,
    is_open: bool | None = None,
) -> Location:
    """Rename a place, change its turn, switch it off or on; raises NotFound.

    Once this is committed nobody is promised units of a place that is switched off: its stock rows are
    written, so that who waits for one of them sees it.
    """
    before = await sql.lock(tx, id=location_id)
    if before is None:
        raise NotFound(kind="location", id=location_id)
    after = Location(
        before.id,
        before.name if name is None else name,
        before.priority if priority is None else priority,
        before.open if is_open is None else is_open,
    )
    await sql.write(tx, **msgspec.structs.asdict(after))
    if (after.priority, after.open) != (before.priority, before.open):
        await sql.take_turns(tx, id=after.id, turn=after.priority if after.open else None)
    return after


async def read_lying(
    connection: Connection, *, location_id: str, after: str, rows_max: int
) -> Sequence[Lying]:
    """What lies at a place, by SKU, behind the cursor."""
    return await sql.lying(connection, location_id=location_id, after=after, rows_max=rows_max)
