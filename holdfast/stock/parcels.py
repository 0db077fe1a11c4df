"""Units that leave a shelf with a parcel, and come back with one that nobody took."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.db.together import Part, together
from holdfast.stock.holds import Change, HoldLine, becomes, lock_shelves, writing
from holdfast.stock.movements import Entry, book
from holdfast.stock.shelf import Place


class Leaving(msgspec.Struct, frozen=True):
    """Committed units that a parcel takes from one place."""

    shipment_id: str
    line: HoldLine
    quantity: int


class Left(msgspec.Struct, frozen=True):
    """Units that a parcel took from one place and that are not back."""

    shipment_id: str
    sku: str
    location_id: str
    quantity: int


class sql(Queries):
    explain: Do
    left: Many[Left]


async def leave(tx: Transaction, *, leaving: Sequence[Leaving], actor: str, at: datetime) -> None:
    """Take committed units off the shelves; holds and stock rows must be locked.

    What is left of a line stays committed; a line of which nothing is left is shipped. Which
    units left with which parcel is told by the movements.
    """
    if not leaving:
        return
    units: dict[HoldLine, int] = defaultdict(int)
    places: dict[Place, int] = defaultdict(int)
    for each in leaving:
        units[each.line] += each.quantity
        places[each.line.sku, each.line.location_id] += each.quantity
    changes = [
        Change(msgspec.structs.replace(line, quantity=line.quantity - gone), line)
        if line.quantity > gone
        else becomes(line, "shipped")
        for line, gone in units.items()
    ]
    explained = {
        "subjects": [x.shipment_id for x in leaving],
        "skus": [x.line.sku for x in leaving],
        "location_ids": [x.line.location_id for x in leaving],
        "quantities": [-x.quantity for x in leaving],
        "kind": "shipped",
        "actor": actor,
        "at": at,
    }
    await together(tx, writing(changes=changes, leaving=places), Part(sql.explain, explained))


async def come_back(
    tx: Transaction, *, shipment_ids: Sequence[str], restock: bool, actor: str, at: datetime
) -> None:
    """Put what these parcels took back to where it lay, or write it off; their orders are locked.

    Raises nothing for a SKU that is not counted any more: its row is there, units have left it.
    """
    left = await sql.left(tx, shipment_ids=list(shipment_ids))
    if not left:
        return
    rows = await lock_shelves(tx, skus=[x.sku for x in left])
    entries = []
    for x in left:
        entries.append(Entry(x.sku, x.location_id, x.quantity, "returned", subject=x.shipment_id))
        if not restock:
            entries.append(Entry(x.sku, x.location_id, -x.quantity, "written_off", subject=x.shipment_id))
    shelves = {(row.sku, row.location_id): row for row in rows}
    await book(tx, entries=entries, shelves=shelves, actor=actor, at=at)
