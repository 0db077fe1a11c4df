"""Transfers: goods on their way from one place to another. On their way they lie on nobody's shelf.

Three legs, each a row of history: sent, received, lost. In transit is what was sent and is
neither received nor lost.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from holdfast import ids
from holdfast.db.queries import Connection, Do, Many, Maybe, Queries, Transaction
from holdfast.errors.problem import Line
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.errors.shelf import NotInTransit
from holdfast.stock.movements import Entry, StockLine, book, lock_places, move_stock

Leg = Literal["received", "lost"]


class TransferRow(msgspec.Struct, frozen=True):
    """A transfer as it is stored."""

    id: str
    from_location: str
    to_location: str
    reason: str
    actor: str
    sent_at: datetime


class TransferLine(msgspec.Struct, frozen=True):
    """Units of a SKU, and how many of them are still under way."""

    transfer_id: str
    sku: str
    sent: int
    received: int
    lost: int
    in_transit: int


class Transfer(msgspec.Struct, frozen=True):
    """A transfer with its lines."""

    transfer: TransferRow
    lines: list[TransferLine]


class sql(Queries):
    add: Do
    lock: Maybe[TransferRow]
    found: Many[TransferRow]
    lines: Many[TransferLine]
    leg: Do


async def send(
    tx: Transaction,
    *,
    from_location: str,
    to_location: str,
    units: Mapping[str, int],
    reason: str,
    actor: str,
    at: datetime,
) -> Transfer:
    """Take free units per SKU off one shelf and send them to another place.

    Raises OutOfStock for units that are not there or are promised, UnknownSku, FieldInvalid.
    """
    if from_location == to_location:
        raise FieldInvalid(field="to", reason="must be another place")
    transfer_id = ids.mint("stf")
    # Both places at once, the other one with rows of its own: what is sent must be able to arrive.
    await lock_places(tx, ((sku, location) for sku in units for location in (from_location, to_location)))
    await move_stock(
        tx,
        lines=[StockLine(sku, from_location, -quantity) for sku, quantity in units.items()],
        kind="transferred",
        reason=reason,
        actor=actor,
        at=at,
        subject=transfer_id,
    )
    await sql.add(
        tx,
        id=transfer_id,
        from_location=from_location,
        to_location=to_location,
        skus=list(units),
        quantities=list(units.values()),
        reason=reason,
        actor=actor,
        at=at,
    )
    return await find_transfer(tx, transfer_id=transfer_id)


async def arrive(
    tx: Transaction,
    *,
    transfer_id: str,
    leg: Leg,
    units: Mapping[str, int],
    reason: str,
    actor: str,
    at: datetime,
) -> Transfer:
    """Units of a transfer have arrived, or will not any more; the rest stays under way.

    Raises NotFound, or NotInTransit for more than is under way.
    """
    found = await sql.lock(tx, id=transfer_id)
    if found is None:
        raise NotFound(kind="transfer", id=transfer_id)
    left = {line.sku: line.in_transit for line in await sql.lines(tx, ids=[transfer_id])}
    wrong: list[Line] = [
        {"sku": sku, "requested": quantity, "in_transit": left.get(sku, 0)}
        for sku, quantity in units.items()
        if quantity > left.get(sku, 0)
    ]
    if wrong:
        raise NotInTransit(lines=wrong)
    if leg == "received":
        shelves = await lock_places(tx, ((sku, found.to_location) for sku in units))
        entries = [
            Entry(sku, found.to_location, quantity, "transferred", reason, transfer_id)
            for sku, quantity in units.items()
        ]
        await book(tx, entries=entries, shelves=shelves, actor=actor, at=at)
    await sql.leg(
        tx,
        id=transfer_id,
        kind=leg,
        skus=list(units),
        quantities=list(units.values()),
        reason=reason,
        actor=actor,
        at=at,
    )
    return await find_transfer(tx, transfer_id=transfer_id)


async def find_transfer(connection: Connection, *, transfer_id: str) -> Transfer:
    """A transfer as it stands; raises NotFound."""
    found = await sql.found(connection, ids=[transfer_id], after="", under_way=False, rows_max=1)
    if not found:
        raise NotFound(kind="transfer", id=transfer_id)
    return Transfer(found[0], await sql.lines(connection, ids=[transfer_id]))


async def list_transfers(
    connection: Connection, *, under_way: bool, after: str, rows_max: int
) -> Sequence[Transfer]:
    """Transfers behind the cursor, the oldest first; those with units under way, or all."""
    found = await sql.found(connection, ids=None, after=after, under_way=under_way, rows_max=rows_max)
    lines = await sql.lines(connection, ids=[row.id for row in found])
    return [Transfer(row, [line for line in lines if line.transfer_id == row.id]) for row in found]
