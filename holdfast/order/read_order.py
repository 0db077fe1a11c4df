"""Orders as callers see them: the order, what holds its units, and how it is paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from holdfast.accounts.address import Address
from holdfast.db.queries import Connection, Many, Maybe, Queries
from holdfast.money import Money
from holdfast.order.move_order import NewOrder
from holdfast.order.order import State
from holdfast.pricing.coupon import Kind


class LineView(msgspec.Struct, frozen=True):
    """A line as it was bought; ``owed`` units were paid for and have not arrived, ``shipped`` ones have left.

    ``cancelled`` units the order no longer has; the money for ``refunded`` ones went back all the same.
    """

    position: int
    sku: str
    name: str
    quantity: int
    owed: int
    unit_price: Money
    total: Money
    discount: Money
    tax: Money
    shipped: int = 0
    cancelled: int = 0
    refunded: int = 0
    vendor_id: str | None = None
    """Who sells it; null: the shop itself."""


class CouponView(msgspec.Struct, frozen=True):
    """A coupon that was used, and what it took off: of the lines, or of the shipping."""

    code: str
    kind: Kind
    discount: Money


class OrderView(msgspec.Struct, frozen=True):
    """An order with its lines and sums; tax is inside the total when ``tax_inclusive``."""

    id: str
    number: int
    state: str
    status: str
    currency: str
    lines: tuple[LineView, ...]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    tax_inclusive: bool
    total: Money
    email: str | None
    shipping_address: Address | None
    billing_address: Address | None
    shipping_option: str
    payment_method: str
    reference: str | None
    placed_at: datetime
    coupons: tuple[CouponView, ...] = ()


class HoldView(msgspec.Struct, frozen=True):
    """Until when the units are kept for the buyer."""

    id: str
    expires_at: datetime


class RefundView(msgspec.Struct, frozen=True):
    """Money on its way back, or back."""

    id: str
    amount: Money
    state: str


class PaymentView(msgspec.Struct, frozen=True):
    """What is due and what came; ``next_action`` is what the buyer has to do, if anything.

    ``disputed`` a bank has not decided about; ``lost`` it took back for good.
    """

    id: str
    state: str
    method: str
    due: Money
    captured: Money
    refunded: Money
    disputed: Money
    lost: Money
    next_action: dict[str, Any] | None
    refunds: tuple[RefundView, ...] = ()


class ParcelLine(msgspec.Struct, frozen=True):
    """Units of a line that lie in a parcel."""

    position: int
    quantity: int


class ParcelView(msgspec.Struct, frozen=True):
    """A parcel, and where to look for it."""

    id: str
    state: str
    carrier: str
    tracking_number: str
    tracking_url: str | None
    lines: tuple[ParcelLine, ...]


class OrderAnswer(msgspec.Struct, frozen=True):
    """The answer of placing, paying and reading an order."""

    order: OrderView
    hold: HoldView | None
    payment: PaymentView
    shipments: tuple[ParcelView, ...] = ()


class OrderRow(msgspec.Struct, frozen=True):
    """An order's row with its hold and payment, amounts in minor units."""

    id: str
    number: int
    state: str
    status: str
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_inclusive: bool
    total_minor: int
    email: str | None
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None
    shipping_option: str
    payment_method: str
    reference: str | None
    placed_at: datetime
    hold_id: str | None
    expires_at: datetime | None
    payment_id: str
    payment_state: str
    due_minor: int
    captured_minor: int
    refunded_minor: int
    disputed_minor: int
    lost_minor: int
    provider: str | None
    next_action: dict[str, Any] | None
    refunds: object
    shipments: object
    coupons: object


class LineRow(msgspec.Struct, frozen=True):
    """An order line's row, amounts in minor units."""

    order_id: str
    position: int
    sku: str
    name: str
    quantity: int
    owed: int
    unit_price_minor: int
    total_minor: int
    discount_minor: int
    tax_minor: int
    shipped: int
    cancelled: int
    refunded: int
    vendor_id: str | None


class TimelineRow(msgspec.Struct, frozen=True):
    """One event of an order's history."""

    event: str
    from_state: str
    to_state: str
    actor: str
    reason: str
    note: str
    at: datetime


class sql(Queries):
    orders: Many[OrderRow]
    lines: Many[LineRow]
    by_payment: Maybe[str]
    timeline: Many[TimelineRow]


async def read_orders(connection: Connection, *, order_ids: Sequence[str]) -> list[OrderAnswer]:
    """These orders, in the order of their ids; those that do not exist are missing."""
    rows = await sql.orders(connection, order_ids=list(order_ids))
    by_order: dict[str, list[LineRow]] = {row.id: [] for row in rows}
    for line in await sql.lines(connection, order_ids=list(by_order)):
        by_order[line.order_id].append(line)
    return [_answer(row, by_order[row.id]) for row in rows]


async def read_order(connection: Connection, order_id: str) -> OrderAnswer | None:
    """One order, or None."""
    found = await read_orders(connection, order_ids=[order_id])
    return found[0] if found else None


async def order_of_payment(connection: Connection, payment_id: str) -> str | None:
    """The order that a payment is for."""
    return await sql.by_payment(connection, payment_id=payment_id)


async def read_timeline(connection: Connection, order_id: str) -> list[TimelineRow]:
    """Everything that happened to an order, oldest first."""
    return await sql.timeline(connection, order_id=order_id)


def newborn(
    order: NewOrder, *, number: int, hold: HoldView | None, payment: PaymentView, state: State
) -> OrderAnswer:
    """The answer for an order that is being written, without reading it back."""
    minor = order.currency
    lines = tuple(
        LineView(
            position, x.sku, x.name, x.quantity, 0, Money(x.unit_price_minor, minor),
            Money(x.total_minor, minor), Money(x.discount_minor, minor), Money(x.tax_minor, minor),
            vendor_id=x.vendor_id,
        )
        for position, x in enumerate(order.lines, 1)
    )  # fmt: skip
    view = OrderView(
        id=order.id,
        number=number,
        state=state,
        status=state,
        currency=order.currency,
        lines=lines,
        subtotal=Money(order.subtotal_minor, minor),
        discount=Money(order.discount_minor, minor),
        shipping=Money(order.shipping_minor, minor),
        tax=Money(order.tax_minor, minor),
        tax_inclusive=order.tax_inclusive,
        total=Money(order.total_minor, minor),
        email=order.email,
        shipping_address=order.shipping_address,
        billing_address=order.billing_address,
        shipping_option=order.shipping_option,
        payment_method=order.payment_method,
        reference=order.reference,
        placed_at=order.placed_at,
        coupons=tuple(
            CouponView(x.code, x.kind, Money(x.discount_minor, minor))
            for x in sorted(order.coupons, key=lambda x: x.code)
        ),
    )
    return OrderAnswer(view, hold, payment)


def _answer(row: OrderRow, lines: Sequence[LineRow]) -> OrderAnswer:
    def money(amount_minor: int) -> Money:
        return Money(amount_minor, row.currency)

    view = OrderView(
        id=row.id,
        number=row.number,
        state=row.state,
        status=row.status,
        currency=row.currency,
        lines=tuple(
            LineView(
                x.position, x.sku, x.name, x.quantity, x.owed, money(x.unit_price_minor),
                money(x.total_minor), money(x.discount_minor), money(x.tax_minor), x.shipped, x.cancelled,
                x.refunded, x.vendor_id,
            )
            for x in lines
        ),
        subtotal=money(row.subtotal_minor),
        discount=money(row.discount_minor),
        shipping=money(row.shipping_minor),
        tax=money(row.tax_minor),
        tax_inclusive=row.tax_inclusive,
        total=money(row.total_minor),
        email=row.email,
        shipping_address=msgspec.convert(row.shipping_address, Address | None),
        billing_address=msgspec.convert(row.billing_address, Address | None),
        shipping_option=row.shipping_option,
        payment_method=row.payment_method,
        reference=row.reference,
        placed_at=row.placed_at,
        coupons=msgspec.convert(row.coupons, tuple[CouponView, ...]),
    )  # fmt: skip
    hold = HoldView(row.hold_id, row.expires_at) if row.hold_id and row.expires_at else None
    payment = PaymentView(
        id=row.payment_id,
        state=row.payment_state,
        method=row.provider or row.payment_method,
        due=money(row.due_minor),
        captured=money(row.captured_minor),
        refunded=money(row.refunded_minor),
        disputed=money(row.disputed_minor),
        lost=money(row.lost_minor),
        next_action=row.next_action,
        refunds=msgspec.convert(row.refunds, tuple[RefundView, ...]),
    )
    shipments = msgspec.convert(row.shipments, tuple[ParcelView, ...])
    return OrderAnswer(view, hold, payment, shipments)
