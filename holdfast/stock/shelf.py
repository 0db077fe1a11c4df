"""The shelf as a value: who gets which units, decided without a database.

Own work of a batch is first come, first served; an order gets all its lines or none; demand is
summed per SKU before it is compared; on hand is used first, over all locations, then backorder.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from holdfast.errors import OutOfStock

Place = tuple[str, str]
"""A (SKU, location)."""


class Shelf(msgspec.Struct, frozen=True):
    """The counters of one SKU at one location, in units, read under the row's lock."""

    sku: str
    location_id: str
    on_hand: int
    committed: int
    held: int
    backorder_limit: int


class Demand(msgspec.Struct, frozen=True):
    """What one order needs per SKU, and the units it already holds itself (they count as free for it)."""

    needs: Mapping[str, int]
    own: Mapping[Place, int] = {}


class Short(msgspec.Struct, frozen=True):
    """Why an order gets nothing: asked and available units per SKU that is short."""

    lines: tuple[tuple[str, int, int], ...]

    def as_problem(self) -> OutOfStock:
        """The refusal that a buyer reads."""
        return OutOfStock(lines=[{"sku": s, "requested": n, "available": left} for s, n, left in self.lines])


Taken = dict[Place, int]


def allocate(demands: Sequence[Demand], shelves: Sequence[Shelf]) -> list[Taken | Short]:
    """Give units to demands in their order; shelves of one SKU are used in the order they come in."""
    by_sku: dict[str, list[Shelf]] = defaultdict(list)
    promised: dict[Place, int] = {}
    for shelf in shelves:
        by_sku[shelf.sku].append(shelf)
        promised[shelf.sku, shelf.location_id] = shelf.committed + shelf.held
    return [_serve(demand, by_sku, promised) for demand in demands]


def _serve(demand: Demand, by_sku: Mapping[str, list[Shelf]], promised: dict[Place, int]) -> Taken | Short:
    for place, quantity in demand.own.items():
        promised[place] -= quantity
    taken: Taken = {}
    short = []
    for sku, need in demand.needs.items():
        left = _take(sku, need, by_sku.get(sku, ()), promised, taken)
        if left:
            short.append((sku, need, need - left))
    if not short:
        return taken
    for place, quantity in taken.items():
        promised[place] -= quantity
    for place, quantity in demand.own.items():
        promised[place] += quantity
    return Short(tuple(short))


def _take(sku: str, need: int, shelves: Sequence[Shelf], promised: dict[Place, int], taken: Taken) -> int:
    """Take what there is; answer what is still missing."""
    for backorder in (False, True):
        for shelf in shelves:
            if need == 0:
                return 0
            place = (sku, shelf.location_id)
            ceiling = shelf.on_hand + (shelf.backorder_limit if backorder else 0)
            quantity = min(need, max(0, ceiling - promised[place]))
            if quantity:
                promised[place] += quantity
                taken[place] = taken.get(place, 0) + quantity
                need -= quantity
    return need
