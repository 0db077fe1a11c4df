"""Movements: every change of what lies on a shelf, with its reason. Counter and history change together."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors import Line, OutOfStock, UnknownSku
from holdfast.stock import holds
from holdfast.stock.shelf import Shelf


class StockLine(msgspec.Struct, frozen=True):
    """Units to add (positive) or take away (negative) at one place."""

    sku: str
    location: str
    quantity: int


class Moved(msgspec.Struct, frozen=True):
    """What became of a line: units really moved, and on hand afterwards."""

    sku: str
    location: str
    quantity: int
    taken: int
    on_hand: int


class StockRow(msgspec.Struct, frozen=True):
    """What a buyer may know of a SKU, in units over all locations; untracked SKUs are always there."""

    sku: str
    tracked: bool
    on_hand: int
    available: int


class sql(Queries):
    create_rows: Do
    unknown: Many[str]
    move: Do
    available: Many[StockRow]


async def move_stock(
    tx: Transaction,
    *,
    lines: Sequence[StockLine],
    kind: str,
    reason: str,
    actor: str,
    at: datetime,
    clamp: bool = False,
) -> list[Moved]:
    """Add or take units, in the lines' order; all lines or none.

    ``clamp``: of a negative line take what is free, and answer how much that was. Without it
    raise OutOfStock for units that are not there or are promised (holds past their moment promise
    nothing). Raises UnknownSku for SKUs or locations that do not exist or are not tracked.
    """
    unknown = await sql.unknown(tx, skus=[x.sku for x in lines], location_ids=[x.location for x in lines])
    if unknown:
        raise UnknownSku(skus=unknown)
    places = sorted({(line.sku, line.location) for line in lines})
    columns = {"skus": [sku for sku, _ in places], "location_ids": [location for _, location in places]}
    await sql.create_rows(tx, **columns)
    shelves = await holds.lock_shelves(tx, skus=[line.sku for line in lines])
    moved = _take(lines, shelves)
    lacking = sorted({m.sku for m in moved if m.taken != m.quantity})
    if lacking and await holds.expire_dead(tx, skus=lacking, at=at):
        moved = _take(lines, await holds.lock_shelves(tx, skus=[line.sku for line in lines]))
    short: list[Line] = [
        {"sku": m.sku, "requested": -m.quantity, "available": -m.taken}
        for m in moved
        if m.taken != m.quantity
    ]
    if short and not clamp:
        raise OutOfStock(lines=short)
    real = [m for m in moved if m.taken]
    await sql.move(
        tx,
        skus=[m.sku for m in real],
        location_ids=[m.location for m in real],
        quantities=[m.taken for m in real],
        kind=kind,
        reason=reason,
        actor=actor,
        at=at,
    )
    return moved


def _take(lines: Sequence[StockLine], shelves: Sequence[Shelf]) -> list[Moved]:
    """What each line can move, one after the other; of a negative one at most what is free."""
    by_place = {(shelf.sku, shelf.location_id): shelf for shelf in shelves}
    moved = []
    for line in lines:
        shelf = by_place[line.sku, line.location]
        free = max(0, shelf.on_hand - shelf.committed - shelf.held)
        taken = max(line.quantity, -free)
        on_hand = shelf.on_hand + taken
        by_place[line.sku, line.location] = msgspec.structs.replace(shelf, on_hand=on_hand)
        moved.append(Moved(line.sku, line.location, line.quantity, taken, on_hand))
    return moved


async def read_available(tx: Transaction, *, skus: Sequence[str], at: datetime) -> list[StockRow]:
    """What can be had of these SKUs now, lines past their moment not counted; unknown SKUs are missing."""
    return await sql.available(tx, skus=list(skus), at=at)
