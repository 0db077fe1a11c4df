"""What some of a line's units are worth: their share of its discount and of its tax, to the last minor unit.

Pure. Units leave a line in any portions: each portion is worth the share of all that have left by
then, less the share of those that had left before, so that no rounding is ever lost or given twice.
"""

import msgspec

from holdfast.money import share


class SoldLine(msgspec.Struct, frozen=True):
    """A line as it was sold, amounts in minor units; ``gone`` units were cancelled or refunded before."""

    quantity: int
    total_minor: int
    discount_minor: int
    tax_minor: int
    gone: int = 0


class Part(msgspec.Struct, frozen=True):
    """Units of a line in minor units; ``worth_minor`` is what a buyer pays for them, tax included."""

    total_minor: int
    discount_minor: int
    tax_minor: int
    worth_minor: int


def part_of(line: SoldLine, units: int, *, tax_inclusive: bool) -> Part:
    """The next units to leave a line; there must be as many left."""
    assert 0 <= units <= line.quantity - line.gone, "more units than are left of the line"
    before, after = (
        _first(line, gone, tax_inclusive=tax_inclusive) for gone in (line.gone, line.gone + units)
    )
    return Part(
        after.total_minor - before.total_minor,
        after.discount_minor - before.discount_minor,
        after.tax_minor - before.tax_minor,
        after.worth_minor - before.worth_minor,
    )


def cumulative(total_minor: int, done: int, whole: int) -> int:
    """The share of the first ``done`` of ``whole`` equal pieces, to the nearest minor unit."""
    return share(total_minor, [done, whole - done])[0] if whole else total_minor


def _first(line: SoldLine, units: int, *, tax_inclusive: bool) -> Part:
    total = cumulative(line.total_minor, units, line.quantity)
    paid = cumulative(line.total_minor - line.discount_minor, units, line.quantity)
    tax = cumulative(line.tax_minor, units, line.quantity)
    return Part(total, total - paid, tax, paid + (0 if tax_inclusive else tax))
