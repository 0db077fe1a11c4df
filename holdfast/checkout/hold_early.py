"""Hold early: units for a checkout before it is an order (a drop, a till). Placing takes the hold over."""

from datetime import datetime, timedelta

import msgspec

from holdfast import ids
from holdfast.cart import keep_cart
from holdfast.catalog import browse
from holdfast.checkout.checkout import merge_lines, needs_of, price
from holdfast.db.queries import Many, Maybe, Queries, Transaction
from holdfast.errors import CartEmpty, CheckoutClosed, NotFound
from holdfast.order.read_order import HoldView
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.stock.holds import Hold
from holdfast.stock.serve import Claimant, serve
from holdfast.stock.shelf import Short


class OpenCheckout(msgspec.Struct, frozen=True):
    """What holding needs to know of a checkout."""

    cart_id: str
    state: str
    expires_at: datetime


class sql(Queries):
    checkout: Maybe[OpenCheckout]
    lock: Maybe[OpenCheckout]
    tabs: Many[str]
    owner: Maybe[str]


async def hold_early(tx: Transaction, *, checkout_id: str, rules: ShopRules, at: datetime) -> HoldView:
    """Hold what the checkout's cart has; holding again keeps the own units and extends their time.

    What another checkout of the same cart (a second tab) holds early is taken over. Raises NotFound,
    CheckoutClosed, CartEmpty or OutOfStock.
    """
    seen = await sql.checkout(tx, id=checkout_id)
    if seen is None:
        raise NotFound(kind="checkout", id=checkout_id)
    cart = (await keep_cart.lock_carts(tx, cart_ids=[seen.cart_id]))[seen.cart_id]
    checkout = await sql.lock(tx, id=checkout_id)
    if checkout is None or checkout.state != "open" or checkout.expires_at <= at:
        raise CheckoutClosed(state=checkout.state if checkout and checkout.state != "open" else "expired")
    lines = merge_lines([(line.sku, line.quantity) for line in cart.lines])
    if not lines:
        raise CartEmpty
    goods = {good.sku: good for good in await browse.for_sale(tx, skus=[line.sku for line in lines])}
    price(lines, goods, shipping_option=None, rules=rules)
    needs = needs_of(lines, goods)
    tabs = await sql.tabs(tx, cart_ids=[seen.cart_id, cart.id])
    mine = [h for h in await holds.lock_holds(tx, checkout_ids=tabs) if h.order_id is None]
    found = next((h for h in mine if h.checkout_id == checkout_id), None)
    hold_id = found.id if found else ids.mint("hld")
    others = tuple(h.id for h in mine if h.id != hold_id)
    hold = _renewed(found, hold_id, checkout_id, rules=rules, at=at)
    (answer,) = await serve(tx, [Claimant(hold.id, needs, hold.expires_at, others)], at=at)
    if isinstance(answer, Short):
        raise answer.as_problem()
    await holds.write(tx, changes=answer, holds=[hold])
    return HoldView(hold.id, hold.expires_at)


def _renewed(found: Hold | None, hold_id: str, checkout_id: str, *, rules: ShopRules, at: datetime) -> Hold:
    """Held for longer, up to what a buyer may keep the same units in all; a dead hold starts afresh."""
    expires_at = at + timedelta(minutes=rules.hold_minutes.checkout)
    if found is None or found.expires_at <= at:
        return Hold(hold_id, None, checkout_id, expires_at, at)
    latest = found.created_at + timedelta(minutes=rules.hold_total_minutes_max)
    return msgspec.structs.replace(found, expires_at=max(found.expires_at, min(latest, expires_at)))


async def let_go(tx: Transaction, *, checkout_id: str) -> None:
    """Give back what a checkout held early; raises CheckoutClosed when an order has taken it over."""
    checkout = await sql.lock(tx, id=checkout_id)
    if checkout is not None and checkout.state == "completed":
        raise CheckoutClosed(state=checkout.state)
    await holds.end(tx, checkout_ids=[checkout_id])


async def checkout_of_hold(tx: Transaction, *, hold_id: str) -> str | None:
    """The checkout whose early hold this is; None for the hold of an order."""
    return await sql.owner(tx, hold_id=hold_id)
