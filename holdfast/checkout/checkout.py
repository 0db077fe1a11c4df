"""The checkout as a value: what a buyer wishes, and what the shop makes of it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from holdfast import ids
from holdfast.accounts.address import Address
from holdfast.accounts.roles import Action, Principal, may
from holdfast.catalog.browse import ForSale
from holdfast.catalog.product import line_name
from holdfast.errors.checkout import (
    CartEmpty,
    CheckoutIncomplete,
    CouponRefused,
    CurrencyMismatch,
    MethodUnavailable,
    PriceChanged,
)
from holdfast.errors.request import FieldInvalid
from holdfast.errors.shelf import UnknownSku
from holdfast.idempotency import Claim
from holdfast.limits import QUANTITY_MAX, TOTAL_MINOR_MAX
from holdfast.money import Money, points_of
from holdfast.order.move_order import NewLine, NewOrder
from holdfast.pricing.coupon import Coupon, Entered
from holdfast.pricing.quote import PricedLine, Quote, QuotedLine, TaxRule, quote
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock.holds import Hold

_NO_COUPONS = Entered()


class WantedLine(msgspec.Struct, frozen=True):
    """Units of a SKU; a unit price is set by staff alone, else the catalogue's counts."""

    sku: str
    quantity: int
    unit_price: Money | None = None


class Wish(msgspec.Struct, frozen=True):
    """Everything an order is placed from, however it was collected."""

    lines: tuple[WantedLine, ...] = ()
    cart_id: str | None = None
    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_option: str | None = None
    payment_method: str | None = None
    expected_total: Money | None = None
    placed_at: datetime | None = None
    reference: str | None = None
    coupons: tuple[str, ...] | None = None
    """Codes; None: those that are in the cart."""


class PlaceOrder(msgspec.Struct, frozen=True):
    """A request to place an order, its ids minted before, so that a lost commit is recognised."""

    wish: Wish
    claim: Claim | None
    by: Principal
    """Whose order it will be, if a customer's; else of whoever has its token."""
    order_id: str
    payment_id: str
    attempt_id: str
    hold_id: str
    checkout_id: str | None = None

    @property
    def staff(self) -> bool:
        """Whether prices and the like may be set, and nothing is rationed."""
        return may(self.by, Action.SET_ORDER_FACTS)


def mint_place_order(
    wish: Wish, *, claim: Claim | None, by: Principal, checkout_id: str | None = None
) -> PlaceOrder:
    """A request with fresh ids; its claim names the order that it will become."""
    order_id = ids.mint("ord")
    return PlaceOrder(
        wish=wish,
        claim=msgspec.structs.replace(claim, subject=order_id) if claim else None,
        by=by,
        order_id=order_id,
        payment_id=ids.mint("pay"),
        attempt_id=ids.mint("att"),
        hold_id=ids.mint("hld"),
        checkout_id=checkout_id,
    )


def merge_lines(lines: Sequence[tuple[str, int]]) -> tuple[WantedLine, ...]:
    """Lines of a cart as wanted lines."""
    return tuple(WantedLine(sku, quantity) for sku, quantity in lines)


def needs_of(lines: Sequence[WantedLine], goods: Mapping[str, ForSale]) -> dict[str, int]:
    """Units per tracked SKU, summed over all lines before they are compared with anything."""
    needs: dict[str, int] = {}
    for line in lines:
        if goods[line.sku].tracked:
            needs[line.sku] = needs.get(line.sku, 0) + line.quantity
    return needs


def price(
    lines: Sequence[WantedLine],
    goods: Mapping[str, ForSale],
    *,
    shipping_option: str | None,
    rules: ShopRules,
    entered: Entered = _NO_COUPONS,
) -> Quote:
    """What these lines come to, with the coupons that apply.

    Raises UnknownSku, FieldInvalid, CurrencyMismatch or MethodUnavailable.
    """
    unknown = {line.sku: place for place, line in reversed([*enumerate(lines)]) if line.sku not in goods}
    if unknown:
        raise UnknownSku(skus=sorted(unknown), field=f"lines[{min(unknown.values())}].sku")
    for place, line in enumerate(lines):
        if not 1 <= line.quantity <= QUANTITY_MAX:
            raise FieldInvalid(field=f"lines[{place}].quantity", reason=f"must be from 1 to {QUANTITY_MAX}")
        currency = line.unit_price.currency if line.unit_price else goods[line.sku].currency
        if currency != rules.currency:
            raise CurrencyMismatch(field=f"lines[{place}]", given=currency, wanted=rules.currency)
    option = rules.shipping_option(shipping_option) if shipping_option else None
    if shipping_option and option is None:
        offered = [o.code for o in rules.shipping_options]
        raise MethodUnavailable(field="shipping_option", method=shipping_option, offered=offered)
    priced = [
        PricedLine(x.sku, x.quantity, x.unit_price.amount if x.unit_price else goods[x.sku].price_minor)
        for x in lines
    ]
    total = quote(
        priced,
        currency=rules.currency,
        shipping_minor=option.price_minor if option else 0,
        tax=TaxRule(rules.tax_rate_bp, rules.tax_inclusive),
        entered=entered,
    )
    if total.total_minor > TOTAL_MINOR_MAX:
        raise FieldInvalid(field="lines", reason="come to more money than an order may have")
    return total


def make_order(
    request: PlaceOrder,
    wish: Wish,
    goods: Mapping[str, ForSale],
    known: Mapping[str, Coupon],
    *,
    rules: ShopRules,
    at: datetime,
) -> NewOrder:
    """The order that a wish becomes; raises a Problem for whatever is missing, unknown or changed.

    Whether the ``known`` coupons may be used once more is decided later, under their locks.
    """
    if not wish.lines:
        raise CartEmpty
    wanted: dict[str, object] = {
        "email": request.staff or wish.email,
        "shipping_address": request.staff or wish.shipping_address,
        "shipping_option": wish.shipping_option,
        "payment_method": wish.payment_method,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing or wish.shipping_option is None or wish.payment_method is None:
        raise CheckoutIncomplete(missing=missing)
    entered = Entered(wish.coupons or (), known, at=at)
    total = price(wish.lines, goods, shipping_option=wish.shipping_option, rules=rules, entered=entered)
    for code, reason in total.refused.items():
        raise CouponRefused(coupon=code, reason=reason)
    now = Money(total.total_minor, total.currency)
    if wish.expected_total is not None and wish.expected_total != now:
        raise PriceChanged(expected=_plain(wish.expected_total), total=_plain(now))
    held = timedelta(minutes=rules.hold_minutes_for(wish.payment_method) + rules.hold_grace_minutes)
    return NewOrder(
        id=ids.OrderId(request.order_id),
        checkout_id=request.checkout_id,
        cart_id=wish.cart_id,
        email=wish.email,
        shipping_address=wish.shipping_address,
        billing_address=wish.billing_address,
        shipping_option=wish.shipping_option,
        payment_method=wish.payment_method,
        reference=wish.reference,
        currency=total.currency,
        subtotal_minor=total.subtotal_minor,
        discount_minor=total.discount_minor,
        shipping_minor=total.shipping_minor,
        tax_minor=total.tax_minor,
        tax_inclusive=total.tax_inclusive,
        total_minor=total.total_minor,
        placed_at=wish.placed_at or at,
        unpaid_until=at + max(held, timedelta(hours=rules.unpaid_limit_hours)),
        actor=request.by.id,
        customer_id=request.by.customer_id,
        lines=tuple(_line(x, goods[x.sku], tax_inclusive=total.tax_inclusive) for x in total.lines),
        coupons=total.coupons,
    )


def _line(line: QuotedLine, good: ForSale, *, tax_inclusive: bool) -> NewLine:
    """What becomes of a line that is sold; what the shop keeps of a vendor's is of what the buyer pays."""
    paid = line.total_minor - line.discount_minor + (0 if tax_inclusive else line.tax_minor)
    return NewLine(
        sku=line.sku,
        name=line_name(good.product_name, good.variant_name),
        tracked=good.tracked,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        total_minor=line.total_minor,
        discount_minor=line.discount_minor,
        tax_minor=line.tax_minor,
        vendor_id=good.vendor_id,
        commission_bp=good.commission_bp,
        commission_minor=points_of(paid, good.commission_bp),
    )


def hold_moments(
    method: str, *, asks: bool, rules: ShopRules, at: datetime, own: Hold | None = None
) -> tuple[datetime, datetime]:
    """(expires_at, drops_at): what the buyer sees, and what counts once a provider was asked to collect.

    Own units that still live are not kept longer than a buyer may keep the same ones in all.
    """
    minutes = rules.hold_minutes_for(method)
    expires_at = at + timedelta(minutes=minutes)
    if own is not None and own.expires_at > at:
        longest = timedelta(minutes=max(rules.hold_total_minutes_max, minutes))
        expires_at = min(expires_at, max(own.expires_at, own.created_at + longest))
    return expires_at, expires_at + timedelta(minutes=rules.hold_grace_minutes if asks else 0)


def _plain(money: Money) -> dict[str, Any]:
    return {"amount": money.amount, "currency": money.currency}
