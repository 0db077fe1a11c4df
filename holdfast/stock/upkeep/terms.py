"""Terms of a SKU: how many may be sold beyond what is there, and at how few the staff are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.errors.shelf import UnknownSku
from holdfast.jobs import Job, enqueue
from holdfast.stock import holds
from holdfast.stock.movements import lock_places, shortfall, tell_short
from holdfast.stock.shelf import Place, Shelf


class LimitSet(msgspec.Struct, frozen=True):
    """What became of a place's backorder limit; ``short``: units promised beyond it and not there."""

    sku: str
    location: str
    was: int
    limit: int
    short: int


class sql(Queries):
    write_limits: Do
    owed: Many[str]
    unknown: Many[str]
    write_thresholds: Do


async def set_backorders(
    tx: Transaction, *, limits: Mapping[Place, int], actor: str, at: datetime
) -> list[LimitSet]:
    """Set how many units may be promised beyond what lies at each place.

    One that is lowered below what is promised already takes nothing from anybody: the place is short,
    promises nothing new, and a matter names the orders. Raises UnknownSku.
    """
    before = await lock_places(tx, limits)
    short = {p[0] for p, limit in limits.items() if shortfall(_with(before[p], limit))}
    if short and await holds.expire_dead(tx, skus=sorted(short), at=at):
        before = await lock_places(tx, limits)
    await sql.write_limits(
        tx,
        skus=[sku for sku, _ in limits],
        location_ids=[location for _, location in limits],
        limits=list(limits.values()),
    )
    after = {place: _with(before[place], limit) for place, limit in limits.items()}
    await tell_short(tx, before=before, after=after, actor=actor, at=at)
    raised = sorted({p[0] for p, limit in limits.items() if limit > before[p].backorder_limit})
    if raised:
        await enqueue(tx, Job.FILL_OWED, await sql.owed(tx, skus=raised))
    return [
        LimitSet(place[0], place[1], before[place].backorder_limit, limit, shortfall(after[place]))
        for place, limit in limits.items()
    ]


async def set_thresholds(tx: Transaction, *, low_at: Mapping[str, int | None]) -> None:
    """Set at how few units of each SKU the staff are told; None: as the shop's settings say.

    Raises UnknownSku for SKUs that do not exist or are not tracked.
    """
    unknown = await sql.unknown(tx, skus=list(low_at))
    if unknown:
        raise UnknownSku(skus=unknown)
    ordered: Sequence[str] = sorted(low_at)
    await sql.write_thresholds(tx, skus=ordered, low_ats=[low_at[sku] for sku in ordered])


def _with(shelf: Shelf, limit: int) -> Shelf:
    return msgspec.structs.replace(shelf, backorder_limit=limit)
