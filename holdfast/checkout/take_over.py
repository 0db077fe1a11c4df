"""What a request to place an order stands on: its checkout, its cart, and what these already hold.

A new checkout of the same cart takes over from the unpaid order of that cart: its units move
to the new order, it is cancelled, and its provider is told. So a cart never has two unpaid orders.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from holdfast.accounts.address import Address
from holdfast.cart import keep_cart
from holdfast.cart.keep_cart import LockedCart
from holdfast.checkout import purchase_limits
from holdfast.checkout.checkout import PlaceOrder, Wish, merge_lines
from holdfast.checkout.purchase_limits import Allowance, Limited
from holdfast.db.queries import Many, Queries, Transaction
from holdfast.errors.checkout import CheckoutClosed
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.idempotency import Unfinished
from holdfast.jobs import Job, enqueue
from holdfast.order.move_order import LockedOrder, Move, lock_orders, move_orders
from holdfast.order.order import UNPAID, Event
from holdfast.payment import attempts
from holdfast.payment.attempts import Attempt, Payment
from holdfast.payment.payment import OPEN
from holdfast.pricing.keep_coupons import end_uses
from holdfast.stock import holds
from holdfast.stock.holds import Hold


class CheckoutRow(msgspec.Struct, frozen=True):
    """A locked checkout; ``order_id`` when it has become one."""

    id: str
    cart_id: str
    state: str
    email: str | None
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any] | None
    shipping_option: str | None
    payment_method: str | None
    expires_at: datetime


class Context(msgspec.Struct, frozen=True):
    """A wish with everything filled in, what its cart holds already, and the unpaid orders it replaces."""

    wish: Wish
    checkout_id: str | None = None
    hold: Hold | None = None
    """Goes on living as the new order's: of the order that is replaced, or of the checkout."""
    given_up: tuple[str, ...] = ()
    """Other holds of the same cart (a second tab's), so that a buyer never stands in the own way."""
    replaces: tuple[LockedOrder, ...] = ()
    """More than one where carts were merged that each had an unpaid order."""
    payments: tuple[Payment, ...] = ()
    """Of the orders that are replaced; what was captured of them goes back."""
    to_close: tuple[Attempt, ...] = ()
    """Attempts of the replaced orders that a buyer could still pay."""


class CartOfCheckout(msgspec.Struct, frozen=True):
    """Which cart a checkout is of; read before anything is locked, and it never changes."""

    id: str
    cart_id: str


class PlacedBefore(msgspec.Struct, frozen=True):
    """The order that a checkout has become."""

    checkout_id: str
    order_id: str


class MergedCart(msgspec.Struct, frozen=True):
    """A cart that lives on in another one; its orders and checkouts still name it."""

    id: str
    lives_in: str


class UnpaidOrder(msgspec.Struct, frozen=True):
    """The unpaid order of a cart."""

    cart_id: str
    order_id: str


class sql(Queries):
    carts_of: Many[CartOfCheckout]
    lock_checkouts: Many[CheckoutRow]
    open_of: Many[CartOfCheckout]
    orders_of: Many[PlacedBefore]
    complete: Many[str]
    merged_into: Many[MergedCart]
    unpaid_of: Many[UnpaidOrder]


class _Locked(msgspec.Struct, frozen=True):
    """What the requests of a batch stand on, under its locks; carts by the ids they were asked by."""

    carts: Mapping[str, LockedCart]
    checkouts: Mapping[str, CheckoutRow]
    became: Mapping[str, str]
    unpaid: Mapping[str, Sequence[LockedOrder]]
    payments: Mapping[str, Payment]
    tries: Mapping[str, Sequence[Attempt]]
    holds: Mapping[str, Sequence[Hold]]


async def read_contexts(
    tx: Transaction, requests: Sequence[PlaceOrder], *, limited: Limited, at: datetime
) -> tuple[Mapping[str, Context | Unfinished | Problem], Allowance]:
    """Lock carts, checkouts, buyers of limited goods, unpaid orders and their holds.

    Answers by order id what each request stands on, and what their buyers may still have.

    A checkout that has become an order already answers with that order, also one that an earlier
    request of this batch is about to complete. Of other requests for one cart in a batch the first
    counts; the rest are told that the checkout is closed.
    """
    checkout_ids = sorted({r.checkout_id for r in requests if r.checkout_id})
    cart_of = {c.id: c.cart_id for c in await sql.carts_of(tx, ids=checkout_ids)} if checkout_ids else {}
    cart_ids = sorted({*cart_of.values(), *(r.wish.cart_id for r in requests if r.wish.cart_id)})
    if not cart_ids:
        wishes = _limited_wishes(requests, {}, {}, {}, limited)
        allowance = await purchase_limits.lock_allowance(tx, wishes=wishes, at=at)
        return {r.order_id: _without_cart(r) for r in requests}, allowance
    carts = await keep_cart.lock_carts(tx, cart_ids=cart_ids)
    checkouts = {c.id: c for c in await sql.lock_checkouts(tx, ids=checkout_ids)}
    wishes = _limited_wishes(requests, cart_of, carts, checkouts, limited)
    allowance = await purchase_limits.lock_allowance(tx, wishes=wishes, at=at)
    locked = await _lock(tx, carts, checkouts)
    contexts: dict[str, Context | Unfinished | Problem] = {}
    taken: dict[str, PlaceOrder] = {}
    for request in requests:
        cart_id = cart_of.get(request.checkout_id or "", request.wish.cart_id)
        if cart_id is None:
            contexts[request.order_id] = _without_cart(request)
        elif cart_id not in carts or not keep_cart.opens(carts[cart_id].customer_id, request.by):
            contexts[request.order_id] = _unknown(request)
        elif before := locked.became.get(request.checkout_id or ""):
            contexts[request.order_id] = Unfinished(before)
        elif first := taken.get(locked.carts[cart_id].id):
            again = request.checkout_id is not None and request.checkout_id == first.checkout_id
            contexts[request.order_id] = (
                Unfinished(first.order_id) if again else CheckoutClosed(state="being completed")
            )
        else:
            found = _with_cart(request, locked, locked.carts[cart_id], at=at)
            if isinstance(found, Context):
                taken[locked.carts[cart_id].id] = request
            contexts[request.order_id] = found
    return contexts, allowance


def _limited_wishes(
    requests: Sequence[PlaceOrder],
    cart_of: Mapping[str, str],
    carts: Mapping[str, LockedCart],
    checkouts: Mapping[str, CheckoutRow],
    limited: Limited,
) -> set[tuple[str, str]]:
    """The (SKU, buyer) pairs of a batch that are to be locked."""
    wishes: set[tuple[str, str]] = set()
    for request in requests if limited.skus else ():
        checkout = checkouts.get(request.checkout_id or "")
        cart_id = cart_of.get(request.checkout_id or "") or request.wish.cart_id
        cart = carts.get(cart_id) if cart_id else None
        skus = {line.sku for line in (cart.lines if cart else request.wish.lines)} & limited.skus
        if skus and not request.staff:
            email = checkout.email if checkout else request.wish.email
            wishes |= {(sku, buyer) for sku in skus for buyer in limited.buyers(email, request.by.id)}
    return wishes


async def _lock(
    tx: Transaction, carts: Mapping[str, LockedCart], checkouts: Mapping[str, CheckoutRow]
) -> _Locked:
    """Of locked carts: their unpaid orders, the payments of these, and every hold."""
    home: dict[str, str] = {cart.id: cart.id for cart in carts.values()}
    home |= {asked: cart.id for asked, cart in carts.items()}
    home |= {m.id: m.lives_in for m in await sql.merged_into(tx, ids=sorted({c.id for c in carts.values()}))}
    became = {p.checkout_id: p.order_id for p in await sql.orders_of(tx, ids=list(checkouts))}
    unpaid_ids = [u.order_id for u in await sql.unpaid_of(tx, cart_ids=sorted(home))]
    orders = await lock_orders(tx, order_ids=unpaid_ids)
    # Cancelling takes no cart's lock, so an order may have ended while we waited for it.
    unpaid: dict[str, list[LockedOrder]] = defaultdict(list)
    for order in orders.values():
        if order.cart_id is not None and order.state in UNPAID:
            unpaid[home[order.cart_id]].append(order)
    order_ids = [order.id for of_cart in unpaid.values() for order in of_cart]
    payments, tries = await attempts.lock_payments(tx, order_ids=order_ids) if order_ids else ({}, {})
    tabs = {c.id: home[c.cart_id] for c in await sql.open_of(tx, cart_ids=list(home))}
    kept: dict[str, list[Hold]] = defaultdict(list)
    for hold in await holds.lock_holds(tx, order_ids=order_ids, checkout_ids=list(tabs)):
        owner = (
            orders[hold.order_id].cart_id if hold.order_id else hold.checkout_id and tabs[hold.checkout_id]
        )
        kept[home[owner or ""]].append(hold)
    return _Locked(carts, checkouts, became, unpaid, payments, tries, kept)


async def let_go(tx: Transaction, contexts: Sequence[Context], *, at: datetime) -> None:
    """Cancel the unpaid orders that are replaced, have their payments closed, and complete the checkouts.

    What they used of coupons is given back; stock is locked before.
    """
    replaced = [order for c in contexts for order in c.replaces]
    if replaced:
        await move_orders(
            tx, moves=[Move(o, Event.CANCELLED, "shop", "replaced", told=False) for o in replaced], at=at
        )
        await end_uses(tx, order_ids=[order.id for order in replaced])
        to_close = [a for c in contexts for a in c.to_close]
        payments = [payment for c in contexts for payment in c.payments]
        await attempts.save(
            tx,
            payments=[msgspec.structs.replace(payment, state="cancelled") for payment in payments],
            attempts=[msgspec.structs.replace(a, superseded=True) for a in to_close],
        )
        await enqueue(tx, Job.CLOSE_ATTEMPT, [a.id for a in to_close])
        await enqueue(tx, Job.REFUND_EXCESS, [p.id for p in payments if p.captured_minor > p.refunding_minor])
    checkout_ids = [c.checkout_id for c in contexts if c.checkout_id]
    if checkout_ids:
        await sql.complete(tx, ids=checkout_ids)


def _without_cart(request: PlaceOrder) -> Context | Problem:
    return _unknown(request) if request.checkout_id is not None else Context(request.wish)


def _unknown(request: PlaceOrder) -> NotFound:
    """What is missing, or opens to somebody else."""
    kind = "checkout" if request.checkout_id is not None else "cart"
    return NotFound(kind=kind, id=request.checkout_id or request.wish.cart_id or "")


def _with_cart(request: PlaceOrder, locked: _Locked, cart: LockedCart, *, at: datetime) -> Context | Problem:
    checkout = locked.checkouts.get(request.checkout_id or "")
    lines = merge_lines([(line.sku, line.quantity) for line in cart.lines])
    codes = cart.coupons if request.wish.coupons is None else request.wish.coupons
    wish = msgspec.structs.replace(request.wish, lines=lines, cart_id=cart.id, coupons=codes)
    if checkout is not None:
        if checkout.state != "open":
            return CheckoutClosed(state=checkout.state)
        if checkout.expires_at <= at:
            return CheckoutClosed(state="expired")
        wish = Wish(
            lines=lines,
            cart_id=cart.id,
            email=checkout.email,
            shipping_address=msgspec.convert(checkout.shipping_address, Address | None),
            billing_address=msgspec.convert(checkout.billing_address, Address | None),
            shipping_option=checkout.shipping_option,
            payment_method=checkout.payment_method,
            expected_total=request.wish.expected_total,
            coupons=cart.coupons,
        )
    replaces = tuple(locked.unpaid.get(cart.id, ()))
    mine = locked.holds.get(cart.id, ())
    hold = next((h for h in mine if h.order_id or h.checkout_id == request.checkout_id), None)
    return Context(
        wish,
        checkout_id=checkout.id if checkout else None,
        hold=hold,
        given_up=tuple(h.id for h in mine if h is not hold),
        replaces=replaces,
        payments=tuple(locked.payments[order.id] for order in replaces),
        to_close=tuple(a for order in replaces for a in locked.tries[order.id] if a.state in OPEN),
    )
