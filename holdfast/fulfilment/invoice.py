"""The invoice as a value: everything that stands on it, as it was when it was issued.

Pure. What is written here is kept for ever and read by later versions: fields may be added with a
default, never taken away.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast.accounts.address import Address
from holdfast.money import tax_of
from holdfast.order.read_order import OrderAnswer
from holdfast.shop_settings.rules import Seller


class Buyer(msgspec.Struct, frozen=True):
    """Who is invoiced; the address of the parcel where there is no other."""

    email: str | None
    address: Address | None


class InvoiceLine(msgspec.Struct, frozen=True):
    """A line of the order, or its shipping; amounts in minor units. ``total_minor`` is after discounts."""

    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    total_minor: int
    tax_minor: int


class TaxLine(msgspec.Struct, frozen=True):
    """What is taxed at one rate, without the tax, and the tax; in minor units."""

    rate_bp: int | None
    """Basis points; None: no rate of the shop explains the tax, its rules were being changed."""
    net_minor: int
    tax_minor: int


class Invoice(msgspec.Struct, frozen=True):
    """An invoice; amounts in minor units of its currency."""

    number: str
    issued_at: datetime
    order_number: int
    reference: str | None
    placed_at: datetime
    seller: Seller
    buyer: Buyer
    currency: str
    lines: tuple[InvoiceLine, ...]
    taxes: tuple[TaxLine, ...]
    tax_inclusive: bool
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    payment_method: str


def invoice_of(
    answer: OrderAnswer, *, number: int, seller: Seller, shipping_name: str, rate_bp: int, at: datetime
) -> Invoice:
    """The invoice of an order; ``rate_bp`` is the tax rate that was in force when it was placed."""
    order = answer.order
    lines = [
        InvoiceLine(
            x.sku,
            x.name,
            x.quantity,
            x.unit_price.amount,
            x.discount.amount,
            x.total.amount - x.discount.amount,
            x.tax.amount,
        )
        for x in order.lines
    ]
    if order.shipping.amount:
        shipping_tax = order.tax.amount - sum(x.tax_minor for x in lines)
        amount = order.shipping.amount
        lines.append(InvoiceLine("", shipping_name, 1, amount, 0, amount, shipping_tax))
    return Invoice(
        number=f"{seller.invoice_prefix}{number:06}",
        issued_at=at,
        order_number=order.number,
        reference=order.reference,
        placed_at=order.placed_at,
        seller=seller,
        buyer=Buyer(order.email, order.billing_address or order.shipping_address),
        currency=order.currency,
        lines=tuple(lines),
        taxes=_taxes(lines, rate_bp=rate_bp, inclusive=order.tax_inclusive),
        tax_inclusive=order.tax_inclusive,
        subtotal_minor=order.subtotal.amount,
        discount_minor=order.discount.amount,
        shipping_minor=order.shipping.amount,
        tax_minor=order.tax.amount,
        total_minor=order.total.amount,
        payment_method=order.payment_method,
    )


def _taxes(lines: Sequence[InvoiceLine], *, rate_bp: int, inclusive: bool) -> tuple[TaxLine, ...]:
    """One line per rate; so far a shop has one at a time."""
    tax = sum(line.tax_minor for line in lines)
    total = sum(line.total_minor for line in lines)
    explained = tax == tax_of(total, rate_bp=rate_bp, inclusive=inclusive)
    return (TaxLine(rate_bp if explained else None, total - tax if inclusive else total, tax),)
