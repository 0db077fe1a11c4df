"""The only sum in the shop: what lines, shipping and tax come to, in minor units of one currency.

Pure. Tax is computed once on the whole and shared over lines and shipping, so that the parts
always add up to the total.
"""

from collections.abc import Sequence

import msgspec

from holdfast.money import share, tax_of


class PricedLine(msgspec.Struct, frozen=True):
    """Units at a price."""

    sku: str
    quantity: int
    unit_price_minor: int


class TaxRule(msgspec.Struct, frozen=True):
    """One rate in basis points, inside the prices (inclusive) or on top of them."""

    rate_bp: int
    inclusive: bool


class QuotedLine(msgspec.Struct, frozen=True):
    """What a line comes to; its tax is inside ``total_minor`` when tax is inclusive."""

    sku: str
    quantity: int
    unit_price_minor: int
    total_minor: int
    discount_minor: int
    tax_minor: int


class Quote(msgspec.Struct, frozen=True):
    """What everything comes to: total = subtotal - discount + shipping (+ tax, when it is exclusive)."""

    currency: str
    lines: tuple[QuotedLine, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_inclusive: bool
    total_minor: int


def quote(lines: Sequence[PricedLine], *, currency: str, shipping_minor: int, tax: TaxRule) -> Quote:
    """Sum the lines, add shipping, and share the tax over them to the last minor unit."""
    totals = [line.quantity * line.unit_price_minor for line in lines]
    discounts = [0] * len(totals)
    taxed = [total - discount for total, discount in zip(totals, discounts, strict=True)] + [shipping_minor]
    tax_minor = tax_of(sum(taxed), rate_bp=tax.rate_bp, inclusive=tax.inclusive)
    taxes = share(tax_minor, taxed)
    return Quote(
        currency=currency,
        lines=tuple(
            QuotedLine(line.sku, line.quantity, line.unit_price_minor, total, discount, line_tax)
            for line, total, discount, line_tax in zip(lines, totals, discounts, taxes[:-1], strict=True)
        ),
        subtotal_minor=sum(totals),
        discount_minor=sum(discounts),
        shipping_minor=shipping_minor,
        tax_minor=tax_minor,
        tax_inclusive=tax.inclusive,
        total_minor=sum(taxed) + (0 if tax.inclusive else tax_minor),
    )
