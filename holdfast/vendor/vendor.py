"""A vendor's part of an order as a value: what its lines earn, and what is still to be entered of it. Pure.

A line earns what its buyer paid for the units that were neither cancelled nor refunded, less the shop's
commission on them. Both leave a line unit by unit, as money goes back to buyers (``pricing/parts.py``), so
that nothing is left of a line whose units are all gone.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from holdfast.pricing.parts import SoldLine, cumulative, part_of

Kind = Literal["sale", "commission", "refund", "commission_back", "adjustment"]


class VendorLine(msgspec.Struct, frozen=True):
    """A vendor's line as it stands, amounts in minor units; ``gone`` units were cancelled or refunded.

    ``sold_minor`` and ``kept_minor`` are what the ledger says by now: sales less refunds, and commission less
    what was given back of it. ``earns``: its order is paid and was not cancelled.
    """

    order_id: str
    position: int
    vendor_id: str
    currency: str
    earns: bool
    quantity: int
    gone: int
    total_minor: int
    discount_minor: int
    tax_minor: int
    tax_inclusive: bool
    commission_minor: int
    sold_minor: int
    kept_minor: int


class Entry(msgspec.Struct, frozen=True):
    """A line of the ledger to be written, in minor units: what the shop owes more, or less."""

    vendor_id: str
    order_id: str
    position: int
    kind: Kind
    amount_minor: int
    currency: str


def earned(line: VendorLine) -> tuple[int, int]:
    """What a line has earned and what the shop keeps of that, in minor units."""
    if not line.earns:
        return 0, 0
    sold = SoldLine(line.quantity, line.total_minor, line.discount_minor, line.tax_minor, line.gone)
    worth = part_of(sold, line.quantity - line.gone, tax_inclusive=line.tax_inclusive).worth_minor
    return worth, line.commission_minor - cumulative(line.commission_minor, line.gone, line.quantity)


def missing(line: VendorLine) -> Iterator[Entry]:
    """The differences between what a line has earned and what the ledger says of it; none the second time."""
    worth, kept = earned(line)
    sold, taken = worth - line.sold_minor, line.kept_minor - kept
    entries: list[tuple[Kind, int]] = [
        ("sale" if sold > 0 else "refund", sold),
        ("commission_back" if taken > 0 else "commission", taken),
    ]
    for kind, amount in entries:
        if amount:
            yield Entry(line.vendor_id, line.order_id, line.position, kind, amount, line.currency)
