"""A refund as a value: what a wish to give money back comes to, by units, shipping or amount.

Pure. Lines give back what their units are worth (``pricing/parts.py``), so any sequence of refunds
that returns everything returns exactly what was paid. An amount that is named goes before the sum.
"""

from collections.abc import Mapping

import msgspec

from holdfast.errors.money import RefundTooLarge, UnitsGone
from holdfast.errors.request import FieldInvalid
from holdfast.pricing.parts import Part, SoldLine, cumulative, part_of


class WishedLine(msgspec.Struct, frozen=True):
    """Units whose money is to go back; ``restock``: they have not been shipped, and are cancelled with it."""

    position: int
    quantity: int
    restock: bool = False
    location: str | None = None


class Wish(msgspec.Struct, frozen=True):
    """What is to go back, amounts in minor units; nothing named: everything that is left.

    ``shipping``: all of it that is left, or so much of it. ``amount_minor``: this instead of what
    lines and shipping come to, or beside none of them.
    """

    lines: tuple[WishedLine, ...] = ()
    shipping: bool | int = False
    amount_minor: int | None = None
    currency: str | None = None
    """Of the amounts that are named."""

    @property
    def is_everything(self) -> bool:
        """Whether nothing was named."""
        return not self.lines and self.shipping is False and self.amount_minor is None


class Sale(msgspec.Struct, frozen=True):
    """An order as it was sold, lines by position; shipping in minor units without a tax on top of it."""

    lines: Mapping[int, SoldLine]
    shipping_minor: int
    shipping_tax_minor: int
    tax_inclusive: bool
    shipping_back_minor: int = 0
    """What of shipping went back before, tax included."""

    @property
    def shipping_worth_minor(self) -> int:
        """What the buyer paid for shipping, tax included."""
        return self.shipping_minor + (0 if self.tax_inclusive else self.shipping_tax_minor)


class PlannedLine(msgspec.Struct, frozen=True):
    """Units of a line and what they are worth."""

    position: int
    quantity: int
    part: Part
    restock: bool = False
    location: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """What a wish comes to, in minor units: ``amount_minor`` goes back, ``tax_minor`` of it is tax.

    ``cancelled_minor`` of it is for units that the order no longer has; the rest the shop gives
    although the order is worth as much as before.
    """

    lines: tuple[PlannedLine, ...]
    shipping_minor: int
    amount_minor: int
    tax_minor: int
    cancelled_minor: int


def plan(sale: Sale, wish: Wish, *, left_minor: int) -> Plan:
    """What is to go back of ``left_minor`` that is not on its way back yet.

    Raises UnitsGone, RefundTooLarge, or FieldInvalid for a wish that contradicts itself.
    """
    lines = _everything(sale) if wish.is_everything else _lines(sale, wish)
    shipping_left = sale.shipping_worth_minor - sale.shipping_back_minor
    shipping = _shipping(wish, shipping_left)
    worth = sum(line.part.worth_minor for line in lines) + shipping
    tax = sum(line.part.tax_minor for line in lines) + _shipping_tax(sale, shipping)
    cancelled = sum(line.part.worth_minor for line in lines if line.restock)
    amount = left_minor if wish.is_everything else worth if wish.amount_minor is None else wish.amount_minor
    if left_minor <= 0 or amount > left_minor:
        raise RefundTooLarge(refundable_minor=max(0, left_minor), asked_minor=amount)
    return Plan(lines, shipping, amount, _tax_of(sale, amount, worth, tax), cancelled)


def _everything(sale: Sale) -> tuple[PlannedLine, ...]:
    left = {position: line.quantity - line.gone for position, line in sale.lines.items()}
    return tuple(
        PlannedLine(position, units, part_of(sale.lines[position], units, tax_inclusive=sale.tax_inclusive))
        for position, units in left.items()
        if units
    )


def _lines(sale: Sale, wish: Wish) -> tuple[PlannedLine, ...]:
    planned = []
    for place, line in enumerate(wish.lines):
        if line.restock and wish.amount_minor is not None:
            reason = "give no amount with it: units that are cancelled give back what they are worth"
            raise FieldInvalid(field=f"lines[{place}].restock", reason=reason)
        sold = sale.lines.get(line.position)
        left = sold.quantity - sold.gone if sold else 0
        if sold is None or line.quantity > left:
            raise UnitsGone(position=line.position, left=left, asked=line.quantity)
        part = part_of(sold, line.quantity, tax_inclusive=sale.tax_inclusive)
        planned.append(PlannedLine(line.position, line.quantity, part, line.restock, line.location))
    return tuple(planned)


def _shipping(wish: Wish, left: int) -> int:
    """What goes back of shipping, tax included."""
    if wish.is_everything or wish.shipping is True:
        return left
    wanted = int(wish.shipping)
    if wanted > left:
        raise RefundTooLarge(refundable_minor=left, asked_minor=wanted)
    return wanted


def _shipping_tax(sale: Sale, shipping: int) -> int:
    """The tax in a part of shipping, by all that has gone back of it, so that the parts add up."""
    worth, before = sale.shipping_worth_minor, sale.shipping_back_minor
    after = cumulative(sale.shipping_tax_minor, before + shipping, worth) if worth else 0
    return after - (cumulative(sale.shipping_tax_minor, before, worth) if worth else 0)


def _tax_of(sale: Sale, amount: int, worth: int, tax: int) -> int:
    """The tax in the amount: as much of it as in what it is given for; for nothing in particular, in all."""
    if amount == worth:
        return tax
    if worth == 0:
        worth = sale.shipping_worth_minor
        tax = sale.shipping_tax_minor
        for line in sale.lines.values():
            part = part_of(
                msgspec.structs.replace(line, gone=0), line.quantity, tax_inclusive=sale.tax_inclusive
            )
            worth, tax = worth + part.worth_minor, tax + part.tax_minor
    return cumulative(tax, min(amount, worth), worth) if worth else 0
