"""Which orders the units came from that customers gave back. Pure.

An invoice that starts with C names a customer and codes, and no order. Each of its lines takes units of
earlier orders of that customer with that code, the newest first; what finds none is told by reason.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from holdfast.replay.journal import Returned
from holdfast.replay.outcomes import Placed


class Unmatched(StrEnum):
    """Why units that were given back belong to no order."""

    NO_CUSTOMER = "no_customer"
    NEVER_BOUGHT = "never_bought"  # the customer has no earlier order of the code that went out
    MORE_THAN_BOUGHT = "more_than_bought"  # what is left of a line when all of their orders are used up


class Unfound(msgspec.Struct, frozen=True):
    """Units of a row that found no order."""

    reason: Unmatched
    row: int
    invoice: str
    code: str
    units: int


class Parcel(msgspec.Struct, frozen=True):
    """What one invoice brings back of one order: units by the position of their line, and by code."""

    invoice: str
    order_id: str
    units: dict[int, int]
    units_by_code: Counter[str]


class Matched(msgspec.Struct, frozen=True):
    """Everything that comes back, as the file tells it, and what found no order."""

    parcels: tuple[Parcel, ...]
    unfound: tuple[Unfound, ...]


@dataclass(slots=True)
class _Bought:
    """A line of an order that went out, and the units of it that nobody has given back."""

    at: datetime
    order_id: str
    position: int
    left: int


def match(returned: Iterable[Returned], gone: Iterable[Placed]) -> Matched:
    """Find the orders of what was given back, among those that have left the shop."""
    shelf = _bought(gone)
    parcels: dict[tuple[str, str], Parcel] = {}
    unfound: list[Unfound] = []
    for row in sorted(returned, key=lambda row: (row.at, row.invoice, row.row)):
        wanted = row.quantity
        earlier = [line for line in shelf.get((row.customer, row.code), ()) if line.at <= row.at]
        for line in earlier:
            units = min(wanted, line.left)
            if units:
                line.left, wanted = line.left - units, wanted - units
                born = Parcel(row.invoice, line.order_id, {}, Counter())
                parcel = parcels.setdefault((row.invoice, line.order_id), born)
                parcel.units[line.position] = parcel.units.get(line.position, 0) + units
                parcel.units_by_code[row.code] += units
        if wanted:
            unfound.append(Unfound(_reason(row, earlier), row.row, row.invoice, row.code, wanted))
    return Matched(tuple(parcels.values()), tuple(unfound))


def _bought(gone: Iterable[Placed]) -> dict[tuple[str, str], list[_Bought]]:
    """The lines of each customer and code, newest order first; orders without a customer are nobody's."""
    shelf: defaultdict[tuple[str, str], list[_Bought]] = defaultdict(list)
    for sale in sorted(gone, key=lambda sale: (sale.order.placed_at, sale.order.invoice), reverse=True):
        if sale.order.customer:
            for line in sale.lines:
                shelf[sale.order.customer, line.sku].append(
                    _Bought(sale.order.placed_at, sale.order_id, line.position, line.quantity)
                )
    return shelf


def _reason(row: Returned, earlier: Sequence[_Bought]) -> Unmatched:
    if not row.customer:
        return Unmatched.NO_CUSTOMER
    return Unmatched.MORE_THAN_BOUGHT if earlier else Unmatched.NEVER_BOUGHT
