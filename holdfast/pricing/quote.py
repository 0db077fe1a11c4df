"""The only sum in the shop: what lines, shipping and tax come to, in minor units of one currency.

Pure. What coupons take off is shared over the lines. Tax is computed once on what is left of the whole and
shared over lines and shipping, so that the parts always add up to the total.
"""

from collections.abc import Mapping, Sequence

import msgspec

from holdfast.money import Money, share, tax_of
from holdfast.pricing.coupon import Coupon, Entered, Kind, Reason, off_lines

_NO_COUPONS = Entered()


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


class TakenOff(msgspec.Struct, frozen=True):
    """What a coupon took off, in minor units: of the lines, or of the shipping."""

    code: str
    kind: Kind
    discount_minor: int


class ShownCoupon(msgspec.Struct, frozen=True):
    """A coupon that was entered: what it takes off, or why it takes off nothing."""

    code: str
    discount: Money
    problem: Reason | None = None


class Quote(msgspec.Struct, frozen=True):
    """What everything comes to: total = subtotal - discount + shipping (+ tax, when it is exclusive).

    ``shipping_minor`` is what is left of its price.
    """

    currency: str
    lines: tuple[QuotedLine, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_inclusive: bool
    total_minor: int
    coupons: tuple[TakenOff, ...] = ()
    refused: Mapping[str, Reason] = {}
    """Coupons that were entered and do not apply."""

    def shown_coupons(self) -> tuple[ShownCoupon, ...]:
        """As a buyer sees them, those that apply first."""
        taken = [ShownCoupon(x.code, Money(x.discount_minor, self.currency)) for x in self.coupons]
        nothing = Money(0, self.currency)
        return (*taken, *(ShownCoupon(code, nothing, why) for code, why in self.refused.items()))


def quote(
    lines: Sequence[PricedLine],
    *,
    currency: str,
    shipping_minor: int,
    tax: TaxRule,
    entered: Entered = _NO_COUPONS,
) -> Quote:
    """Sum the lines, take off what coupons take, add shipping, and share the tax to the last minor unit."""
    totals = [line.quantity * line.unit_price_minor for line in lines]
    coupons, refused = entered.apply_to(sum(totals), currency)
    taken, shipping_minor = _take_off(coupons, sum(totals), shipping_minor)
    off_all_lines = sum(off.discount_minor for off in taken if off.kind != Kind.FREE_SHIPPING)
    discounts = share(off_all_lines, totals)
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
        coupons=taken,
        refused=refused,
    )


def _take_off(
    coupons: Sequence[Coupon], lines_minor: int, shipping_minor: int
) -> tuple[tuple[TakenOff, ...], int]:
    """What each coupon takes off what those before it left, and what is left of the shipping."""
    taken = []
    for coupon in coupons:
        if coupon.kind == Kind.FREE_SHIPPING:
            taken.append(TakenOff(coupon.code, coupon.kind, shipping_minor))
            shipping_minor = 0
        else:
            taken.append(TakenOff(coupon.code, coupon.kind, off_lines(coupon, lines_minor)))
            lines_minor -= taken[-1].discount_minor
    return tuple(taken), shipping_minor
