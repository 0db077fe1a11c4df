"""The one writer of orders: their birth, and every move of their state with its event."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import letters
from holdfast.accounts.address import Address
from holdfast.db.queries import Do, Many, Queries, Transaction
from holdfast.db.together import Part, together
from holdfast.ids import OrderId
from holdfast.order.order import Event, MoneySeen, State, after, is_called_off, letter_of, status_of
from holdfast.pricing.quote import TakenOff
from holdfast.vendor.ledger import bring_up


class LockedOrder(msgspec.Struct, frozen=True):
    """What a move needs to know, read under the order's lock."""

    id: OrderId
    state: State
    status: str
    cart_id: str | None
    checkout_id: str | None
    payment_method: str
    currency: str
    total_minor: int
    has_vendors: bool = False
    """Some of its lines are sold by others than the shop."""
    goods_out: bool = False
    """Some of its units have left and are not back."""
    goods_back: str | None = None
    """What its returns say of it."""
    money: MoneySeen = MoneySeen()

    @property
    def called_off(self) -> bool:
        """It wants no money any more."""
        return is_called_off(self.state, goods_out=self.goods_out)


class LockedRow(msgspec.Struct, frozen=True):
    """An order's row, as it is locked."""

    id: OrderId
    state: str
    status: str
    cart_id: str | None
    checkout_id: str | None
    payment_method: str
    currency: str
    total_minor: int
    has_vendors: bool
    goods_out: bool
    goods_back: str | None


class OrderMoney(msgspec.Struct, frozen=True):
    """What was paid for an order, in minor units."""

    order_id: OrderId
    captured_minor: int
    refunded_minor: int
    disputed_minor: int
    lost_minor: int


class NewLine(msgspec.Struct, frozen=True):
    """A line at its birth, amounts in minor units."""

    sku: str
    name: str
    tracked: bool
    quantity: int
    unit_price_minor: int
    total_minor: int
    discount_minor: int
    tax_minor: int
    vendor_id: str | None = None
    commission_bp: int = 0
    commission_minor: int = 0


class NewOrder(msgspec.Struct, frozen=True):
    """An order at its birth, amounts in minor units."""

    id: OrderId
    checkout_id: str | None
    cart_id: str | None
    email: str | None
    shipping_address: Address | None
    billing_address: Address | None
    shipping_option: str
    payment_method: str
    reference: str | None
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    tax_inclusive: bool
    total_minor: int
    placed_at: datetime
    unpaid_until: datetime
    actor: str
    lines: tuple[NewLine, ...]
    customer_id: str | None = None
    coupons: tuple[TakenOff, ...] = ()

    @property
    def has_vendors(self) -> bool:
        """Whether somebody else than the shop sells a part of it."""
        return any(line.vendor_id for line in self.lines)


class Numbered(msgspec.Struct, frozen=True):
    """An order's id and the number that people call it by."""

    id: OrderId
    number: int


class Move(msgspec.Struct, frozen=True):
    """One event that happens to one locked order."""

    order: LockedOrder
    event: Event
    actor: str
    reason: str = ""
    note: str = ""
    told: bool = True
    """Whether the buyer gets the letter that the event asks for."""


class sql(Queries):
    lock: Many[LockedRow]
    money: Many[OrderMoney]
    create: Many[Numbered]
    move: Many[str]
    restate: Do
    show_returns: Do


async def lock_orders(tx: Transaction, *, order_ids: Sequence[str]) -> dict[str, LockedOrder]:
    """Lock the orders in their order; ids that do not exist are missing from the answer."""
    rows = await sql.lock(tx, order_ids=sorted(set(order_ids)))
    if not rows:
        return {}
    money = {
        row.order_id: MoneySeen(row.captured_minor, row.refunded_minor, row.disputed_minor, row.lost_minor)
        for row in await sql.money(tx, order_ids=[row.id for row in rows])
    }
    return {
        row.id: LockedOrder(
            **msgspec.structs.asdict(row) | {"state": State(row.state)},
            money=money.get(row.id, MoneySeen()),
        )
        for row in rows
    }


def creating(orders: Sequence[NewOrder], *, at: datetime) -> Part:
    """Orders, their lines and their first event; answers each order as Numbered."""
    state = after(State.NEW, Event.PLACED)
    lines = [(o.id, i, line) for o in orders for i, line in enumerate(o.lines, 1)]
    given = {
        **_columns(orders),
        "state": state,
        "status": status_of(state, MoneySeen()),
        "event": Event.PLACED,
        "from_state": State.NEW,
        "at": at,
        "line_orders": [order_id for order_id, _, _ in lines],
        "positions": [position for _, position, _ in lines],
        "skus": [line.sku for _, _, line in lines],
        "names": [line.name for _, _, line in lines],
        "tracked": [line.tracked for _, _, line in lines],
        "quantities": [line.quantity for _, _, line in lines],
        "unit_prices": [line.unit_price_minor for _, _, line in lines],
        "line_totals": [line.total_minor for _, _, line in lines],
        "line_discounts": [line.discount_minor for _, _, line in lines],
        "line_taxes": [line.tax_minor for _, _, line in lines],
        "line_vendors": [line.vendor_id for _, _, line in lines],
        "commission_bps": [line.commission_bp for _, _, line in lines],
        "commissions": [line.commission_minor for _, _, line in lines],
    }
    return Part(sql.create, given)


def _columns(orders: Sequence[NewOrder]) -> dict[str, list[object]]:
    return {
        "ids": [o.id for o in orders],
        "checkout_ids": [o.checkout_id for o in orders],
        "cart_ids": [o.cart_id for o in orders],
        "emails": [o.email for o in orders],
        "shipping_addresses": [o.shipping_address for o in orders],
        "billing_addresses": [o.billing_address for o in orders],
        "shipping_options": [o.shipping_option for o in orders],
        "payment_methods": [o.payment_method for o in orders],
        "order_references": [o.reference for o in orders],
        "currencies": [o.currency for o in orders],
        "subtotals": [o.subtotal_minor for o in orders],
        "discounts": [o.discount_minor for o in orders],
        "shippings": [o.shipping_minor for o in orders],
        "taxes": [o.tax_minor for o in orders],
        "tax_inclusives": [o.tax_inclusive for o in orders],
        "totals": [o.total_minor for o in orders],
        "placed_ats": [o.placed_at for o in orders],
        "unpaid_untils": [o.unpaid_until for o in orders],
        "actors": [o.actor for o in orders],
        "customers": [o.customer_id for o in orders],
        "have_vendors": [o.has_vendors for o in orders],
    }


async def move_orders(tx: Transaction, *, moves: Sequence[Move], at: datetime) -> dict[str, LockedOrder]:
    """Move locked orders, each by one event, and record it; raise MoveRefused for what the table forbids.

    What an order says of its goods is written with it, the letter that its buyer is to get, and what its
    vendors earn by it. Answers the orders as they are now.
    """
    moved: dict[str, LockedOrder] = {}
    for move in moves:
        state = after(move.order.state, move.event, goods_out=move.order.goods_out)
        status = _status(move.order, state)
        moved[move.order.id] = msgspec.structs.replace(move.order, state=state, status=status)
    assert len(moved) == len(moves), "an order moves once at a time"
    if not moves:
        return {}
    given = {
        "ids": [m.order.id for m in moves],
        "from_states": [m.order.state for m in moves],
        "events": [m.event for m in moves],
        "to_states": [moved[m.order.id].state for m in moves],
        "statuses": [moved[m.order.id].status for m in moves],
        "actors": [m.actor for m in moves],
        "reasons": [m.reason for m in moves],
        "notes": [m.note for m in moves],
        "goods_outs": [m.order.goods_out for m in moves],
        "at": at,
    }
    told = letters.about_each([(letter_of(m.order.state, m.event), m.order.id) for m in moves if m.told])
    written = await together(tx, Part(sql.move, given), *([letters.asking(told, at=at)] if told else []))
    assert len(written) == len(moves), "the orders were locked, so nobody else can have moved them"
    await bring_up(tx, order_ids=[m.order.id for m in moves if m.order.has_vendors], at=at)
    return moved


async def restate_orders(tx: Transaction, *, order_ids: Sequence[str]) -> None:
    """Bring the status up to date after money moved without the order (a refund, a dispute)."""
    orders = await lock_orders(tx, order_ids=order_ids)
    await restate(tx, orders=list(orders.values()))


async def restate(tx: Transaction, *, orders: Sequence[LockedOrder]) -> list[LockedOrder]:
    """Write what locked orders say of their goods, and the status that follows; answers them so."""
    stated = [msgspec.structs.replace(order, status=_status(order, order.state)) for order in orders]
    if stated:
        await sql.restate(
            tx,
            ids=[order.id for order in stated],
            statuses=[order.status for order in stated],
            goods_outs=[order.goods_out for order in stated],
        )
    return stated


async def show_returns(tx: Transaction, *, order_id: str, goods_back: str | None) -> None:
    """Write what the returns of a locked order say of it, and bring its status up to date."""
    await sql.show_returns(tx, id=order_id, goods_back=goods_back)
    await restate_orders(tx, order_ids=[order_id])


def _status(order: LockedOrder, state: State) -> str:
    return status_of(state, order.money, goods_out=order.goods_out, goods_back=order.goods_back)
