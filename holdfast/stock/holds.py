"""Holds: units promised to an order until a moment. The one writer of hold lines.

Every change of a line is made under the lock of its stock row, and moves the row's counters
in the same statement (``write``); so who holds a stock row sees its lines as they are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Many, Queries, Transaction
from holdfast.db.together import Part, together
from holdfast.db.transaction import RunAgain
from holdfast.limits import SWEEP_ROWS_MAX
from holdfast.stock.shelf import Demand, Place, Shelf, Short, Taken, allocate

_NOTHING: Mapping[Place, int] = {}


class Hold(msgspec.Struct, frozen=True):
    """A hold's row; it belongs to an order, a checkout, or both."""

    id: str
    order_id: str | None
    checkout_id: str | None
    expires_at: datetime
    created_at: datetime


class HoldLine(msgspec.Struct, frozen=True):
    """Units of one SKU at one location that a hold promises."""

    hold_id: str
    sku: str
    location_id: str
    quantity: int
    state: str
    drops_at: datetime


class Change(msgspec.Struct, frozen=True):
    """What becomes of a line: from ``was`` (None: it is new) to ``line``."""

    line: HoldLine
    was: HoldLine | None = None


class sql(Queries):
    lock_of_owners: Many[Hold]
    lock_shelves: Many[Shelf]
    lines: Many[HoldLine]
    dead_lines: Many[HoldLine]
    dead_count: Many[int]
    write: Many[str]
    dropping: Many[Hold]


async def lock_holds(
    tx: Transaction, *, order_ids: Iterable[str] = (), checkout_ids: Iterable[str] = ()
) -> list[Hold]:
    """Lock the holds of these orders and checkouts, in order."""
    return await sql.lock_of_owners(tx, order_ids=list(order_ids), checkout_ids=list(checkout_ids))


async def lock_shelves(tx: Transaction, *, skus: Iterable[str], hold_ids: Iterable[str] = ()) -> list[Shelf]:
    """Lock the stock rows of these SKUs (and of the SKUs that these holds have), by SKU, then location."""
    return await sql.lock_shelves(tx, skus=sorted(set(skus)), hold_ids=list(hold_ids))


async def lock(tx: Transaction, *, order_ids: Iterable[str]) -> None:
    """Lock the holds of these orders and their shelves at once, before two steps change some of each."""
    found = await lock_holds(tx, order_ids=order_ids)
    await lock_shelves(tx, skus=(), hold_ids=[hold.id for hold in found])


async def lines_of(tx: Transaction, *, hold_ids: Iterable[str]) -> dict[str, list[HoldLine]]:
    """The lines of these holds, read after their stock rows were locked."""
    by_hold: dict[str, list[HoldLine]] = defaultdict(list)
    for line in await sql.lines(tx, hold_ids=list(hold_ids)):
        by_hold[line.hold_id].append(line)
    return by_hold


async def allocate_exactly(
    tx: Transaction, demands: Sequence[Demand], shelves: Sequence[Shelf], *, at: datetime
) -> tuple[list[Taken | Short], list[HoldLine]]:
    """Allocate; where units are short, first let go of lines that are past their moment, and look again.

    The shelves must be locked, and a demand's own lines must be living ones. Answers what each
    demand gets, and the lines that were let go (as they are now). Raises RunAgain when somebody
    else has a dead line locked, so that nobody is refused for units that are about to be free.
    """
    answers = allocate(demands, shelves)
    if not any(isinstance(answer, Short) for answer in answers):
        return answers, []
    # Of all SKUs, not of the scarce ones alone: who is served after all takes units from those behind.
    freed = await expire_dead(tx, skus=sorted({sku for demand in demands for sku in demand.needs}), at=at)
    if not freed:
        return answers, []
    by_place = {(shelf.sku, shelf.location_id): shelf for shelf in shelves}
    for line in freed:
        place = (line.sku, line.location_id)
        by_place[place] = msgspec.structs.replace(by_place[place], held=by_place[place].held - line.quantity)
    return allocate(demands, list(by_place.values())), freed


async def expire_dead(tx: Transaction, *, skus: Sequence[str], at: datetime) -> list[HoldLine]:
    """Expire the lines of these SKUs whose ``drops_at`` has passed; their stock rows must be locked."""
    dead = await sql.dead_lines(tx, skus=list(skus), at=at)
    (seen,) = await sql.dead_count(tx, skus=list(skus), at=at)
    if seen != len(dead):
        raise RunAgain
    changes = [becomes(line, "expired") for line in dead]
    await write(tx, changes=changes)
    return [change.line for change in changes]


def becomes(line: HoldLine, state: str) -> Change:
    """The same line in another state."""
    return Change(line=msgspec.structs.replace(line, state=state), was=line)


async def write(tx: Transaction, *, changes: Sequence[Change], holds: Sequence[Hold] = ()) -> None:
    """Write holds, lines and the counters that follow, in one statement; stock rows must be locked."""
    if changes or holds:
        await together(tx, writing(changes=changes, holds=holds))


def writing(
    *, changes: Sequence[Change], holds: Sequence[Hold] = (), leaving: Mapping[Place, int] = _NOTHING
) -> Part:
    """The same as a part of a larger statement. A line lies on a stock row: its foreign key says so.

    ``leaving`` are units that leave the shelves with what changes; the caller writes the movements.
    """
    held: dict[tuple[str, str], int] = defaultdict(int)
    committed: dict[tuple[str, str], int] = defaultdict(int)
    counters = {"active": held, "committed": committed}
    for change in changes:
        place = (change.line.sku, change.line.location_id)
        if change.was and change.was.state in counters:
            counters[change.was.state][place] -= change.was.quantity
        if change.line.state in counters:
            counters[change.line.state][place] += change.line.quantity
    moved = [p for p in {**held, **committed, **leaving} if held[p] or committed[p] or leaving.get(p)]
    given = {
        "new_ids": [h.id for h in holds],
        "order_ids": [h.order_id for h in holds],
        "checkout_ids": [h.checkout_id for h in holds],
        "expires_ats": [h.expires_at for h in holds],
        "created_ats": [h.created_at for h in holds],
        "hold_ids": [c.line.hold_id for c in changes],
        "skus": [c.line.sku for c in changes],
        "location_ids": [c.line.location_id for c in changes],
        "quantities": [c.line.quantity for c in changes],
        "states": [c.line.state for c in changes],
        "drops_ats": [c.line.drops_at for c in changes],
        "moved_skus": [sku for sku, _ in moved],
        "moved_locations": [location_id for _, location_id in moved],
        "moved_held": [held[place] for place in moved],
        "moved_committed": [committed[place] for place in moved],
        "moved_on_hand": [-leaving.get(place, 0) for place in moved],
    }
    return Part(sql.write, given)


async def add_committed(tx: Transaction, *, hold_id: str, taken: Taken, at: datetime) -> None:
    """Commit units, on top of what the hold has committed at the same place; stock rows must be locked."""
    if not taken:
        return
    lines = (await lines_of(tx, hold_ids=[hold_id]))[hold_id]
    before = {(x.sku, x.location_id): x for x in lines if x.state == "committed"}
    changes = []
    for (sku, location_id), quantity in taken.items():
        was = before.get((sku, location_id))
        units = quantity + (was.quantity if was else 0)
        changes.append(Change(HoldLine(hold_id, sku, location_id, units, "committed", at), was))
    await write(tx, changes=changes)


async def take_what_there_is(
    tx: Transaction, *, hold_id: str, needs: Mapping[str, int], at: datetime
) -> dict[str, int]:
    """Commit as many of these units as are free; answers what is still missing per SKU."""
    missing: dict[str, int] = {}
    wanted = dict(needs)
    while wanted:
        shelves = await lock_shelves(tx, skus=wanted)
        (answer,), _ = await allocate_exactly(tx, [Demand(wanted)], shelves, at=at)
        if not isinstance(answer, Short):
            await add_committed(tx, hold_id=hold_id, taken=answer, at=at)
            break
        missing = {sku: asked - free for sku, asked, free in answer.lines}
        wanted = {sku: n - missing.get(sku, 0) for sku, n in wanted.items() if n > missing.get(sku, 0)}
    return missing


async def let_go(
    tx: Transaction, *, order_id: str, units: Mapping[str, int], first: Mapping[str, str]
) -> dict[str, int]:
    """Put committed units per SKU back, those at the SKU's ``first`` location first.

    Answers what is missing per SKU; where something is, nothing was written.
    """
    found = await lock_holds(tx, order_ids=[order_id]) if units else []
    if not found:
        return dict(units)
    hold_ids = [hold.id for hold in found]
    await lock_shelves(tx, skus=(), hold_ids=hold_ids)
    lines = [line for of_hold in (await lines_of(tx, hold_ids=hold_ids)).values() for line in of_hold]
    left, changes = dict(units), []
    for line in sorted(lines, key=lambda x: x.location_id != first.get(x.sku)):
        quantity = min(line.quantity, left.get(line.sku, 0))
        if line.state != "committed" or quantity == 0:
            continue
        left[line.sku] -= quantity
        rest = line.quantity - quantity
        changes.append(
            Change(msgspec.structs.replace(line, quantity=rest), line) if rest else becomes(line, "released")
        )
    missing = {sku: quantity for sku, quantity in left.items() if quantity}
    if not missing:
        await write(tx, changes=changes)
    return missing


async def end(
    tx: Transaction,
    *,
    order_ids: Iterable[str] = (),
    checkout_ids: Iterable[str] = (),
    state: str = "released",
) -> None:
    """Let go of everything that these orders or checkouts still hold or have committed."""
    holds = await lock_holds(tx, order_ids=order_ids, checkout_ids=checkout_ids)
    hold_ids = [hold.id for hold in holds]
    if not hold_ids:
        return
    await lock_shelves(tx, skus=(), hold_ids=hold_ids)
    lines = await lines_of(tx, hold_ids=hold_ids)
    living = [line for of_hold in lines.values() for line in of_hold if line.state in ("active", "committed")]
    await write(tx, changes=[becomes(line, state) for line in living])


async def dropping_holds(tx: Transaction, *, at: datetime) -> list[Hold]:
    """Holds with active lines past their ``drops_at``, oldest first, a bounded number."""
    return await sql.dropping(tx, at=at, rows_max=SWEEP_ROWS_MAX)


async def drop(
    tx: Transaction, *, order_ids: Iterable[str], checkout_ids: Iterable[str], at: datetime
) -> set[str]:
    """Expire the lines past their ``drops_at`` of the holds of these (locked) orders and of these checkouts.

    Answers the orders whose units are gone: a buyer may have taken them again while we came for the locks.
    """
    holds = await lock_holds(tx, order_ids=order_ids, checkout_ids=checkout_ids)
    hold_ids = [hold.id for hold in holds]
    if not hold_ids:
        return set()
    await lock_shelves(tx, skus=(), hold_ids=hold_ids)
    lines = await lines_of(tx, hold_ids=hold_ids)
    active = [x for of_hold in lines.values() for x in of_hold if x.state == "active"]
    await write(tx, changes=[becomes(line, "expired") for line in active if line.drops_at <= at])
    living = {line.hold_id for line in active if line.drops_at > at}
    return {hold.order_id for hold in holds if hold.order_id and hold.id not in living}
