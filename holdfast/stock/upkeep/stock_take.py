"""Stock-take: what people counted against what the books say. The difference is a movement.

A count is of a moment (docs/decisions/0008). What lies on a shelf does not change by a sale but by what
comes and leaves, so a count is compared with what the books say of its moment, and the difference is
applied to what they say now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from holdfast import ids
from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors.problem import Line
from holdfast.errors.request import FieldInvalid
from holdfast.errors.shelf import CountRefused
from holdfast.limits import COUNT_AGE_DAYS_MAX
from holdfast.stock import holds
from holdfast.stock.movements import Entry, book, lock_places, shortfall
from holdfast.stock.shelf import Place


class Counted(msgspec.Struct, frozen=True):
    """Units that somebody found lying at a place, sold ones that have not left included.

    ``counted_at`` is the moment of counting; None: now.
    """

    sku: str
    location: str
    counted: int
    counted_at: datetime | None = None


class CountedLine(msgspec.Struct, frozen=True):
    """What became of a line: what the books said of its moment, and on hand afterwards."""

    sku: str
    location: str
    counted: int
    booked: int
    difference: int
    on_hand: int


class Count(msgspec.Struct, frozen=True):
    """A count that was entered."""

    id: str
    lines: list[CountedLine]


class Since(msgspec.Struct, frozen=True):
    """Units that came to a place after a moment, and the moment of its newest count."""

    sku: str
    location_id: str
    units: int
    counted_at: datetime | None


class sql(Queries):
    since: Many[Since]
    add: Do


async def take_stock(
    tx: Transaction,
    *,
    lines: Sequence[Counted],
    reason: str,
    actor: str,
    at: datetime,
    numbers: Sequence[int] | None = None,
) -> Count:
    """Enter a count, all lines or none; promised units that were not found are a shortfall, and named.

    ``numbers`` are those by which the lines are called in a refusal: of a file, those that an editor shows.

    Raises FieldInvalid for a place that stands there twice or a moment that cannot be, UnknownSku, and
    CountRefused for lines that a newer count has overtaken, or of which more has left since than was counted.
    """
    numbers = range(len(lines)) if numbers is None else numbers
    moments = _moments(lines, numbers, at=at)
    shelves = await lock_places(tx, moments)
    since = await _read_since(tx, moments)
    differences = {}
    for line in lines:
        place = (line.sku, line.location)
        differences[place] = line.counted - (shelves[place].on_hand - since[place].units)
    short = sorted({p[0] for p, change in differences.items() if shortfall(shelves[p], change)})
    if short and await holds.expire_dead(tx, skus=short, at=at):
        shelves = await lock_places(tx, moments)
    _refuse(
        lines, numbers, moments, since, {p: shelves[p].on_hand + change for p, change in differences.items()}
    )
    count = Count(
        ids.mint("cnt"),
        [
            CountedLine(
                line.sku,
                line.location,
                line.counted,
                line.counted - differences[line.sku, line.location],
                differences[line.sku, line.location],
                shelves[line.sku, line.location].on_hand + differences[line.sku, line.location],
            )
            for line in lines
        ],
    )
    await _add(tx, count, moments, reason=reason, actor=actor, at=at)
    entries = [
        Entry(x.sku, x.location, x.difference, "adjusted", reason, count.id)
        for x in count.lines
        if x.difference
    ]
    await book(tx, entries=entries, shelves=shelves, actor=actor, at=at, promised=True)
    return count


def _moments(lines: Sequence[Counted], numbers: Sequence[int], *, at: datetime) -> dict[Place, datetime]:
    moments: dict[Place, datetime] = {}
    for number, line in zip(numbers, lines, strict=True):
        place, moment = (line.sku, line.location), line.counted_at or at
        if place in moments:
            raise FieldInvalid(
                field=f"lines[{number}]", reason=f"{line.sku} at {line.location} stands here twice"
            )
        if not at - timedelta(days=COUNT_AGE_DAYS_MAX) <= moment <= at:
            reason = f"must lie in the past, by at most {COUNT_AGE_DAYS_MAX} days"
            raise FieldInvalid(field=f"lines[{number}].counted_at", reason=reason)
        moments[place] = moment
    return moments


async def _read_since(tx: Transaction, moments: dict[Place, datetime]) -> dict[Place, Since]:
    """Read after the stock rows were locked, so that no movement is on its way."""
    rows = await sql.since(
        tx,
        skus=[sku for sku, _ in moments],
        location_ids=[location for _, location in moments],
        moments=list(moments.values()),
    )
    return {(row.sku, row.location_id): row for row in rows}


def _refuse(
    lines: Sequence[Counted],
    numbers: Sequence[int],
    moments: dict[Place, datetime],
    since: dict[Place, Since],
    after: dict[Place, int],
) -> None:
    refused: list[Line] = []
    for number, line in zip(numbers, lines, strict=True):
        place = (line.sku, line.location)
        newest = since[place].counted_at
        why = ""
        if newest is not None and newest >= moments[place]:
            why = "was counted at that moment or later, and that count stands"
        elif after[place] < 0:
            why = "has fewer units than have left since that moment"
        if why:
            refused.append({"line": number, "sku": line.sku, "location": line.location, "reason": why})
    if refused:
        raise CountRefused(lines=refused)


async def _add(
    tx: Transaction, count: Count, moments: dict[Place, datetime], *, reason: str, actor: str, at: datetime
) -> None:
    await sql.add(
        tx,
        id=count.id,
        skus=[x.sku for x in count.lines],
        location_ids=[x.location for x in count.lines],
        moments=[moments[x.sku, x.location] for x in count.lines],
        counted=[x.counted for x in count.lines],
        booked=[x.booked for x in count.lines],
        reason=reason,
        actor=actor,
        at=at,
    )
