"""Movements: every change of what lies on a shelf, with its reason. Counter and history change together.

The one writer of on hand. Who goes through ``book`` has locked the places (``lock_places``) and decided.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.attention.matters import Kind, Matter, open_matters, settle_matters
from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors.problem import Line
from holdfast.errors.shelf import OutOfStock, UnknownSku
from holdfast.jobs import Job, enqueue
from holdfast.limits import SHORT_ORDERS_MAX
from holdfast.stock import holds
from holdfast.stock.shelf import Place, Promised, Shelf, who_is_short


class StockLine(msgspec.Struct, frozen=True):
    """Units to add (positive) or take away (negative) at one place."""

    sku: str
    location: str
    quantity: int


class Returned(msgspec.Struct, frozen=True):
    """Units that came back to a place; those that are not ``fit`` to be sold again are written off."""

    sku: str
    location: str
    quantity: int
    fit: bool = True


class Entry(msgspec.Struct, frozen=True):
    """A movement to write down: units that come (positive) or go, of which kind, and on whose account.

    ``subject`` is the id of the count, transfer, return or shipment that it belongs to.
    """

    sku: str
    location: str
    quantity: int
    kind: str
    reason: str = ""
    subject: str | None = None


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
    promised: Many[Promised]
    owed: Many[str]
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
    promised: bool = False,
    subject: str | None = None,
) -> list[Moved]:
    """Add or take units, in the lines' order; all lines or none.

    ``clamp``: of a negative line take what is free, and answer how much that was. ``promised``: units
    are gone whether they are promised or not, so the place falls short, and a matter names the orders.
    Without either raise OutOfStock for units that are not there or are promised (holds past their moment
    promise nothing). Raises UnknownSku for SKUs or locations that do not exist or are not tracked.
    """
    shelves = await lock_places(tx, ((line.sku, line.location) for line in lines))
    moved = _take(lines, shelves, promised=promised)
    lacking = {m.sku for m in moved if m.taken != m.quantity}
    if promised:
        lacking |= {x.sku for x in lines if shortfall(shelves[x.sku, x.location], x.quantity)}
    if lacking and await holds.expire_dead(tx, skus=sorted(lacking), at=at):
        shelves = await lock_places(tx, ((line.sku, line.location) for line in lines))
        moved = _take(lines, shelves, promised=promised)
    short: list[Line] = [
        {"sku": m.sku, "requested": -m.quantity, "available": -m.taken}
        for m in moved
        if m.taken != m.quantity
    ]
    if short and not clamp:
        raise OutOfStock(lines=short)
    entries = [Entry(m.sku, m.location, m.taken, kind, reason, subject) for m in moved if m.taken]
    await book(tx, entries=entries, shelves=shelves, actor=actor, at=at, promised=promised)
    return moved


async def restock(
    tx: Transaction, *, returned: Sequence[Returned], subject: str, reason: str, actor: str, at: datetime
) -> None:
    """Put units that came back on the shelf; what is not fit comes back and is written off at once.

    ``subject`` is the return's id; that it comes in once is the matter of whoever keeps the return.
    """
    shelves = await lock_places(tx, ((line.sku, line.location) for line in returned))
    entries = []
    for line in returned:
        assert line.quantity > 0, "what comes back is something"
        entries.append(Entry(line.sku, line.location, line.quantity, "returned", reason, subject))
        if not line.fit:
            entries.append(Entry(line.sku, line.location, -line.quantity, "written_off", reason, subject))
    await book(tx, entries=entries, shelves=shelves, actor=actor, at=at)


async def lock_places(tx: Transaction, places: Iterable[Place]) -> dict[Place, Shelf]:
    """Lock the stock rows of all SKUs of these places, made where there are none; by (SKU, location).

    Raises UnknownSku for SKUs or locations that do not exist or are not tracked.
    """
    wanted = sorted(set(places))
    columns = {"skus": [sku for sku, _ in wanted], "location_ids": [location for _, location in wanted]}
    unknown = await sql.unknown(tx, **columns)
    if unknown:
        raise UnknownSku(skus=sorted(set(unknown)))
    await sql.create_rows(tx, **columns)
    shelves = await holds.lock_shelves(tx, skus=columns["skus"])
    return {(shelf.sku, shelf.location_id): shelf for shelf in shelves}


async def book(
    tx: Transaction,
    *,
    entries: Sequence[Entry],
    shelves: Mapping[Place, Shelf],
    actor: str,
    at: datetime,
    promised: bool = False,
) -> None:
    """Write movements and counters; what has arrived goes to those it is owed to, and who is short is named.

    The shelves are those of ``lock_places``, as they are before. Only with ``promised`` may a place fall
    short; otherwise the database refuses to (``never_oversold``).
    """
    if not entries:
        return
    await sql.move(
        tx,
        skus=[x.sku for x in entries],
        location_ids=[x.location for x in entries],
        quantities=[x.quantity for x in entries],
        kinds=[x.kind for x in entries],
        reasons=[x.reason for x in entries],
        subjects=[x.subject for x in entries],
        promised=promised,
        actor=actor,
        at=at,
    )
    change: dict[Place, int] = {}
    for entry in entries:
        place = (entry.sku, entry.location)
        change[place] = change.get(place, 0) + entry.quantity
    after = {
        place: msgspec.structs.replace(shelves[place], on_hand=shelves[place].on_hand + units)
        for place, units in change.items()
    }
    await tell_short(tx, before=shelves, after=after, actor=actor, at=at)
    arrived = sorted({sku for (sku, _), units in change.items() if units > 0})
    if arrived:
        await enqueue(tx, Job.FILL_OWED, await sql.owed(tx, skus=arrived))


def shortfall(shelf: Shelf, change: int = 0) -> int:
    """Units that are promised and are not there, once ``change`` has come to (or left) the shelf."""
    return max(0, shelf.held + shelf.committed - shelf.on_hand - change - shelf.backorder_limit)


async def tell_short(
    tx: Transaction,
    *,
    before: Mapping[Place, Shelf],
    after: Mapping[Place, Shelf],
    actor: str,
    at: datetime,
) -> None:
    """Show the staff which orders are short now, by place; a place that is not any more is done with."""
    grown = [place for place, shelf in after.items() if shortfall(shelf) > shortfall(before[place])]
    ended = [p for p, shelf in after.items() if shortfall(before[p]) and not shortfall(shelf)]
    for places, step in ((grown, "counted_again"), (ended, "covered")):
        if places:
            subjects = [_subject(place) for place in places]
            await settle_matters(tx, kind=Kind.STOCK_SHORT, subjects=subjects, step=step, actor=actor, at=at)
    if not grown:
        return
    lines = await sql.promised(tx, skus=[s for s, _ in grown], location_ids=[x for _, x in grown])
    matters = []
    for place in grown:
        here = [x for x in lines if (x.sku, x.location_id) == place]
        orders = who_is_short(here, after[place].on_hand + after[place].backorder_limit)
        detail = {
            "sku": place[0],
            "location": place[1],
            "units": shortfall(after[place]),
            "orders": orders[:SHORT_ORDERS_MAX],
            "more": max(0, len(orders) - SHORT_ORDERS_MAX),
        }
        matters.append(Matter(Kind.STOCK_SHORT, _subject(place), detail))
    await open_matters(tx, matters=matters, at=at)


def _subject(place: Place) -> str:
    return "@".join(place)


def _take(lines: Sequence[StockLine], shelves: Mapping[Place, Shelf], *, promised: bool) -> list[Moved]:
    """What each line can move, one after the other; of a negative one at most what is free, or there."""
    by_place = dict(shelves)
    moved = []
    for line in lines:
        shelf = by_place[line.sku, line.location]
        free = shelf.on_hand if promised else max(0, shelf.on_hand - shelf.committed - shelf.held)
        taken = max(line.quantity, -free)
        on_hand = shelf.on_hand + taken
        by_place[line.sku, line.location] = msgspec.structs.replace(shelf, on_hand=on_hand)
        moved.append(Moved(line.sku, line.location, line.quantity, taken, on_hand))
    return moved


async def read_available(tx: Transaction, *, skus: Sequence[str], at: datetime) -> list[StockRow]:
    """What can be had of these SKUs now, lines past their moment not counted; unknown SKUs are missing."""
    return await sql.available(tx, skus=list(skus), at=at)
