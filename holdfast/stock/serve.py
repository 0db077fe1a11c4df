"""Serve claimants: each keeps what its own holds have, and gets what is missing, or nothing changes.

The one way in which buyers come to units: placing, paying again, holding early.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Transaction
from holdfast.stock import holds
from holdfast.stock.holds import Change, HoldLine
from holdfast.stock.shelf import Demand, Place, Short, Taken


class Claimant(msgspec.Struct, frozen=True):
    """Somebody who needs units per SKU until a moment; units of the other holds are given up for them."""

    hold_id: str
    needs: Mapping[str, int]
    drops_at: datetime
    other_hold_ids: tuple[str, ...] = ()
    is_new: bool = False
    """Its hold is being born, so there are no lines of it to read."""

    @property
    def hold_ids(self) -> tuple[str, ...]:
        """Holds that have lines already."""
        return self.other_hold_ids if self.is_new else (self.hold_id, *self.other_hold_ids)


async def serve(
    tx: Transaction, claimants: Sequence[Claimant], *, at: datetime
) -> list[list[Change] | Short]:
    """Lock the shelves and decide, first come, first served; writing the changes is the caller's.

    The claimants' existing holds must be locked. Answers for each its changes, or why it gets nothing.
    """
    hold_ids = [hold_id for claimant in claimants for hold_id in claimant.hold_ids]
    skus = {sku for claimant in claimants for sku in claimant.needs}
    shelves = await holds.lock_shelves(tx, skus=skus, hold_ids=hold_ids)
    lines = await holds.lines_of(tx, hold_ids=hold_ids) if hold_ids else {}
    mine = [
        [x for hold_id in claimant.hold_ids for x in lines.get(hold_id, ()) if x.state == "active"]
        for claimant in claimants
    ]
    demands = [Demand(c.needs, _living(own, at)) for c, own in zip(claimants, mine, strict=True)]
    answers, freed = await holds.allocate_exactly(tx, demands, shelves, at=at)
    gone = {_key(line) for line in freed}
    return [
        answer if isinstance(answer, Short) else _changes(c, answer, [x for x in own if _key(x) not in gone])
        for c, own, answer in zip(claimants, mine, answers, strict=True)
    ]


def _living(own: Sequence[HoldLine], at: datetime) -> dict[Place, int]:
    """Own units that still count; those past their moment have to be taken like anybody else's."""
    living: dict[Place, int] = {}
    for line in own:
        if line.drops_at > at:
            place = (line.sku, line.location_id)
            living[place] = living.get(place, 0) + line.quantity
    return living


def _changes(claimant: Claimant, taken: Taken, own: Sequence[HoldLine]) -> list[Change]:
    """Lines that are new, kept or extended, and the release of own lines that are no longer wanted."""
    before = {(x.sku, x.location_id): x for x in own if x.hold_id == claimant.hold_id}
    changes = [
        Change(
            HoldLine(claimant.hold_id, sku, location_id, units, "active", claimant.drops_at),
            before.get((sku, location_id)),
        )
        for (sku, location_id), units in taken.items()
    ]
    unwanted = [x for x in own if x.hold_id != claimant.hold_id or (x.sku, x.location_id) not in taken]
    return changes + [holds.becomes(x, "released") for x in unwanted]


def _key(line: HoldLine) -> tuple[str, str, str]:
    return line.hold_id, line.sku, line.location_id
