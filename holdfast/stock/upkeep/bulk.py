"""Bulk updates from a file: the same plan for the preview and for the deed; all lines or none."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Connection, Many, Queries, Transaction
from holdfast.stock import holds
from holdfast.stock.locations import list_locations
from holdfast.stock.movements import Entry, book, lock_places
from holdfast.stock.shelf import Place, Shelf
from holdfast.stock.upkeep.sheet import (
    COUNTS,
    UPDATES,
    Change,
    Known,
    Row,
    Wrong,
    plan,
    read_rows,
    refusal,
    unknown,
)
from holdfast.stock.upkeep.stock_take import Count, Counted, take_stock
from holdfast.stock.upkeep.terms import set_backorders, set_thresholds


class Update(msgspec.Struct, frozen=True):
    """What a file changes or, in a preview, would change; ``wrong`` is empty where it was carried out."""

    changes: list[Change]
    wrong: list[Wrong]


class Threshold(msgspec.Struct, frozen=True):
    """A tracked SKU and at how few units the staff are told; None: as the shop's settings say."""

    sku: str
    low_at: int | None


class sql(Queries):
    tracked: Many[Threshold]
    look: Many[Shelf]


async def preview(connection: Connection, *, body: bytes, at: datetime) -> Update:
    """What a file would change now, and every line that is wrong; locks and writes nothing."""
    rows, wrong = read_rows(body, UPDATES)
    known = await _known(connection, rows)
    skus = sorted({row.sku for row in rows})
    shelves = {(x.sku, x.location_id): x for x in await sql.look(connection, skus=skus, at=at)}
    changes, more = plan(rows, msgspec.structs.replace(known, shelves=shelves))
    return Update(changes, sorted([*wrong, *more], key=lambda x: x.line))


async def update(tx: Transaction, *, body: bytes, reason: str, actor: str, at: datetime) -> Update:
    """Carry a file out; raises StockFileInvalid with every line that is wrong, or RequestMalformed.

    What lies at a place for the first time is received, any other difference is an adjustment.
    """
    rows, wrong = read_rows(body, UPDATES)
    known = await _known(tx, rows)
    wrong += unknown(rows, known)
    if wrong:
        raise refusal(wrong)
    if not rows:
        return Update([], [])
    places = {(row.sku, row.location) for row in rows}
    new = places - {(x.sku, x.location_id) for x in await _look(tx, places, at=at)}
    shelves = await lock_places(tx, places)
    changes, wrong = plan(rows, msgspec.structs.replace(known, shelves=shelves))
    if wrong and await holds.expire_dead(tx, skus=sorted({sku for sku, _ in places}), at=at):
        shelves = await lock_places(tx, places)
        changes, wrong = plan(rows, msgspec.structs.replace(known, shelves=shelves))
    if wrong:
        raise refusal(wrong)
    added = {row.line for row in rows if "add" in row.numbers}
    entries = []
    for x in changes:
        if x.field == "on_hand":
            kind = "received" if x.line in added or (x.sku, x.location) in new else "adjusted"
            entries.append(Entry(x.sku, x.location, x.becomes - (x.was or 0), kind, reason))
    await book(tx, entries=entries, shelves=shelves, actor=actor, at=at)
    limits = {(x.sku, x.location): x.becomes for x in changes if x.field == "backorder_limit"}
    if limits:
        await set_backorders(tx, limits=limits, actor=actor, at=at)
    thresholds = {x.sku: x.becomes for x in changes if x.field == "low_stock_at"}
    if thresholds:
        await set_thresholds(tx, low_at=thresholds)
    return Update(changes, [])


async def count_file(tx: Transaction, *, body: bytes, reason: str, actor: str, at: datetime) -> Count:
    """Enter a count from a file; raises StockFileInvalid, and what ``take_stock`` raises."""
    rows, wrong = read_rows(body, COUNTS)
    wrong += unknown(rows, await _known(tx, rows))
    if wrong:
        raise refusal(wrong)
    lines = [Counted(x.sku, x.location, x.numbers["counted"], x.counted_at) for x in rows]
    return await take_stock(
        tx, lines=lines, reason=reason, actor=actor, at=at, numbers=[x.line for x in rows]
    )


async def _known(connection: Connection, rows: Sequence[Row]) -> Known:
    tracked = await sql.tracked(connection, skus=sorted({row.sku for row in rows}))
    locations = await list_locations(connection)
    return Known({x.sku: x.low_at for x in tracked}, frozenset(x.id for x in locations), {})


async def _look(tx: Transaction, places: Iterable[Place], *, at: datetime) -> list[Shelf]:
    return await sql.look(tx, skus=sorted({sku for sku, _ in places}), at=at)
