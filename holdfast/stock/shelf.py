"""The shelf as a value: who gets which units, decided without a database.

Own work of a batch is first come, first served; an order gets all its lines or none; demand is
summed per SKU before it is compared; on hand is used first, over all locations, then backorder.
A location that is switched off gives nobody anything new, and nobody loses what they hold.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from holdfast.errors.shelf import OutOfStock

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
    turn: int | None = 0
    """When this place is asked, the lowest first; None: it is switched off."""


class Demand(msgspec.Struct, frozen=True):
    """What one order needs per SKU, and the units it already holds itself (they count as free for it)."""

    needs: Mapping[str, int]
    own: Mapping[Place, int] = {}


class Promised(msgspec.Struct, frozen=True):
    """Units that an order or a checkout has of a place: ``committed`` ones are sold, ``active`` ones held."""

    sku: str
    location_id: str
    state: str
    quantity: int
    order_id: str | None
    checkout_id: str | None
    drops_at: datetime


class Short(msgspec.Struct, frozen=True):
    """Why an order gets nothing: asked and available units per SKU that is short."""

    lines: tuple[tuple[str, int, int], ...]

    def as_problem(self) -> OutOfStock:
        """The refusal that a buyer reads."""
        return OutOfStock(lines=[{"sku": s, "requested": n, "available": left} for s, n, left in self.lines])


Taken = dict[Place, int]


def allocate(demands: Sequence[Demand], shelves: Sequence[Shelf]) -> list[Taken | Short]:
    """Give units to demands in their order; shelves of one SKU are asked by turn, then as they come in."""
    by_sku: dict[str, list[Shelf]] = defaultdict(list)
    promised: dict[Place, int] = {}
    for shelf in shelves:
        by_sku[shelf.sku].append(shelf)
        promised[shelf.sku, shelf.location_id] = shelf.committed + shelf.held
    for of_sku in by_sku.values():
        if len(of_sku) > 1:
            of_sku.sort(key=lambda shelf: shelf.turn or 0)
    return [_serve(demand, by_sku, promised) for demand in demands]


def who_is_short(lines: Sequence[Promised], units: int) -> list[str]:
    """The orders (or checkouts) that these units do not suffice for, when lines are served as they come."""
    short: list[str] = []
    for line in lines:
        units -= line.quantity
        whose = line.order_id or line.checkout_id
        if units < 0 and whose and whose not in short:
            short.append(whose)
    return short


def _serve(demand: Demand, by_sku: Mapping[str, list[Shelf]], promised: dict[Place, int]) -> Taken | Short:
    for place, quantity in demand.own.items():
        promised[place] -= quantity
    taken: Taken = {}
    short = []
    for sku, need in demand.needs.items():
        left = _take(demand, sku, by_sku.get(sku, ()), promised, taken)
        if left:
            short.append((sku, need, need - left))
    if not short:
        return taken
    for place, quantity in taken.items():
        promised[place] -= quantity
    for place, quantity in demand.own.items():
        promised[place] += quantity
    return Short(tuple(short))


def _take(
    demand: Demand, sku: str, shelves: Sequence[Shelf], promised: dict[Place, int], taken: Taken
) -> int:
    """Take what there is; answer what is still missing.

    Own units are the last resort: their holder keeps them also where the place has been switched off,
    or where a count has found less than is promised.
    """
    need = demand.needs[sku]
    for backorder in (False, True):
        for shelf in shelves:
            if need == 0:
                return 0
            place = (sku, shelf.location_id)
            free = 0
            if shelf.turn is not None:
                ceiling = shelf.on_hand + (shelf.backorder_limit if backorder else 0)
                free = ceiling - promised[place]
            if backorder and place in demand.own:
                free = max(free, demand.own[place] - taken.get(place, 0))
            quantity = min(need, max(0, free))
            if quantity:
                promised[place] += quantity
                taken[place] = taken.get(place, 0) + quantity
                need -= quantity
    return need
