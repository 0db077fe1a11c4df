"""A checkout session: a cart gets an address, a shipping option, a payment method, and a quote."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from holdfast import ids
from holdfast.accounts.address import Address
from holdfast.accounts.roles import Principal
from holdfast.cart import keep_cart
from holdfast.catalog import browse
from holdfast.checkout.checkout import merge_lines, price
from holdfast.db.queries import Connection, Do, Many, Maybe, One, Queries, Transaction
from holdfast.errors.checkout import CartEmpty, CheckoutClosed, MethodUnavailable, TooManyCheckouts
from holdfast.errors.request import NotFound
from holdfast.limits import CART_CHECKOUTS_MAX
from holdfast.money import Money
from holdfast.pricing.keep_coupons import read_entered
from holdfast.pricing.quote import Quote, ShownCoupon
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds


class CheckoutLine(msgspec.Struct, frozen=True):
    """A line as it would be bought now."""

    sku: str
    quantity: int
    unit_price: Money
    total: Money


class CheckoutView(msgspec.Struct, frozen=True):
    """A checkout with its quote; ``total`` is what to send as ``expected_total`` when completing it."""

    id: str
    cart_id: str
    state: str
    email: str | None
    shipping_address: Address | None
    billing_address: Address | None
    shipping_option: str | None
    payment_method: str | None
    expires_at: datetime
    order_id: str | None
    lines: tuple[CheckoutLine, ...]
    subtotal: Money
    shipping: Money
    discount: Money
    tax: Money
    tax_inclusive: bool
    total: Money
    coupons: tuple[ShownCoupon, ...] = ()


class CheckoutRow(msgspec.Struct, frozen=True):
    """A checkout's row, and the order it has become."""

    id: str
    cart_id: str
    state: str
    email: str | None
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None
    shipping_option: str | None
    payment_method: str | None
    expires_at: datetime
    customer_id: str | None
    """Whose cart it is of; None: of whoever has its token."""
    order_id: str | None


class BoughtLine(msgspec.Struct, frozen=True):
    """Units of a SKU in the checkout's cart."""

    sku: str
    quantity: int
    cart_id: str
    """In which the checkout's lives now; it and its coupons are the same for each of its lines."""
    coupons: list[str]


class Changes(msgspec.Struct, frozen=True):
    """What a buyer fills in; None leaves it as it is."""

    email: str | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    shipping_option: str | None = None
    payment_method: str | None = None


class Begun(msgspec.Struct, frozen=True):
    """A new checkout, or None where there were too many open ones: of this cart alone, or of the customer."""

    id: str | None
    open_of_cart: int


class sql(Queries):
    lock_customer: Maybe[str]
    create: One[Begun]
    read: Maybe[CheckoutRow]
    lines: Many[BoughtLine]
    lock: Maybe[CheckoutRow]
    change: Do
    cancel: Do


async def create_checkout(
    tx: Transaction, *, cart_id: str, by: Principal | None = None, rules: ShopRules, at: datetime
) -> CheckoutView:
    """Start a checkout of a cart, a customer's with their default addresses.

    Those of a customer are counted under the customer's lock, which comes before that of any cart.
    Raises NotFound, CartEmpty or TooManyCheckouts.
    """
    customer_id = by.customer_id if by else None
    if customer_id is not None:
        await sql.lock_customer(tx, id=customer_id)
    cart = (await keep_cart.lock_carts(tx, cart_ids=[cart_id])).get(cart_id)
    if cart is None or not keep_cart.opens(cart.customer_id, by):
        raise NotFound(kind="cart", id=cart_id)
    if not cart.lines:
        raise CartEmpty
    checkout_id = ids.mint("chk")
    begun = await sql.create(
        tx,
        id=checkout_id,
        cart_id=cart.id,
        customer_id=customer_id,
        expires_at=at + timedelta(minutes=rules.checkout_minutes),
        of_cart_max=CART_CHECKOUTS_MAX,
        open_max=rules.open_checkouts_max,
        at=at,
    )
    if begun.id is None:
        full = begun.open_of_cart >= CART_CHECKOUTS_MAX
        raise TooManyCheckouts(open_max=CART_CHECKOUTS_MAX if full else rules.open_checkouts_max)
    return await read_checkout(tx, checkout_id=checkout_id, by=by, rules=rules, at=at)


async def read_checkout(
    connection: Connection, *, checkout_id: str, by: Principal | None = None, rules: ShopRules, at: datetime
) -> CheckoutView:
    """A checkout as it stands, quoted at today's prices; raises NotFound, also where ``by`` may not look."""
    row = await sql.read(connection, id=checkout_id)
    if row is None or not keep_cart.opens(row.customer_id, by):
        raise NotFound(kind="checkout", id=checkout_id)
    bought = await sql.lines(connection, cart_id=row.cart_id) if row.state == "open" else []
    wanted = merge_lines([(line.sku, line.quantity) for line in bought])
    goods = {g.sku: g for g in await browse.for_sale(connection, skus=[line.sku for line in wanted])}
    codes, cart_id = (bought[0].coupons, bought[0].cart_id) if bought else ((), row.cart_id)
    entered = await read_entered(connection, carts={cart_id: codes}, at=at)
    total = price(wanted, goods, shipping_option=row.shipping_option, rules=rules, entered=entered[cart_id])
    return _view(row, total, at=at)


async def change_checkout(
    tx: Transaction,
    *,
    checkout_id: str,
    by: Principal | None = None,
    changes: Changes,
    offered: list[str],
    rules: ShopRules,
    at: datetime,
) -> CheckoutView:
    """Fill something in; raises NotFound, CheckoutClosed, or MethodUnavailable for one not ``offered``."""
    await _lock_open(tx, checkout_id, by=by, at=at)
    if changes.payment_method and changes.payment_method not in offered:
        raise MethodUnavailable(field="payment_method", method=changes.payment_method, offered=offered)
    await sql.change(tx, id=checkout_id, **msgspec.structs.asdict(changes))
    return await read_checkout(tx, checkout_id=checkout_id, by=by, rules=rules, at=at)


async def cancel_checkout(
    tx: Transaction, *, checkout_id: str, by: Principal | None = None, rules: ShopRules, at: datetime
) -> CheckoutView:
    """Give it up; units that it held early go back. Raises NotFound or CheckoutClosed."""
    await _lock_open(tx, checkout_id, by=by, at=at)
    await sql.cancel(tx, id=checkout_id)
    await holds.end(tx, checkout_ids=[checkout_id])
    return await read_checkout(tx, checkout_id=checkout_id, by=by, rules=rules, at=at)


async def _lock_open(tx: Transaction, checkout_id: str, *, by: Principal | None, at: datetime) -> None:
    row = await sql.lock(tx, id=checkout_id)
    if row is None or not keep_cart.opens(row.customer_id, by):
        raise NotFound(kind="checkout", id=checkout_id)
    if row.state != "open":
        raise CheckoutClosed(state=row.state)
    if row.expires_at <= at:
        raise CheckoutClosed(state="expired")


def _view(row: CheckoutRow, total: Quote, *, at: datetime) -> CheckoutView:
    def money(amount_minor: int) -> Money:
        return Money(amount_minor, total.currency)

    return CheckoutView(
        id=row.id,
        cart_id=row.cart_id,
        state="expired" if row.state == "open" and row.expires_at <= at else row.state,
        email=row.email,
        shipping_address=msgspec.convert(row.shipping_address, Address | None),
        billing_address=msgspec.convert(row.billing_address, Address | None),
        shipping_option=row.shipping_option,
        payment_method=row.payment_method,
        expires_at=row.expires_at,
        order_id=row.order_id,
        lines=tuple(
            CheckoutLine(x.sku, x.quantity, money(x.unit_price_minor), money(x.total_minor))
            for x in total.lines
        ),
        subtotal=money(total.subtotal_minor),
        shipping=money(total.shipping_minor),
        discount=money(total.discount_minor),
        tax=money(total.tax_minor),
        tax_inclusive=total.tax_inclusive,
        total=money(total.total_minor),
        coupons=total.shown_coupons(),
    )  # fmt: skip
