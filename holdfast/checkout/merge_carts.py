"""Make one cart of two: when a guest logs in, or when asked for. What a checkout of either holds goes along.

Whoever is logged in is locked before any cart, so that two tabs that log in at once find one cart. The units
that are held and the orders that are unpaid keep their cart's id, which leads to the merged one; here they
only become the customer's.
"""

from collections import Counter
from datetime import datetime

import msgspec

from holdfast.accounts.roles import GUEST, Principal
from holdfast.cart import keep_cart
from holdfast.cart.cart import MERGE_CHOICES, Cart, MergeHow, Most, Reason, merge
from holdfast.cart.keep_cart import LockedCart
from holdfast.catalog.browse import read_listed
from holdfast.checkout import purchase_limits
from holdfast.checkout.purchase_limits import Limited
from holdfast.db.queries import Many, Maybe, Queries, Transaction
from holdfast.errors.checkout import CurrencyMismatch, MergeChoiceNeeded
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.order.own_orders import claim_unpaid
from holdfast.pricing import keep_coupons
from holdfast.shop_settings.rules import ShopRules


class Merger(msgspec.Struct, frozen=True):
    """Who merges, and by which rules."""

    rules: ShopRules
    limited: Limited = Limited()
    who: Principal = GUEST

    @property
    def customer_id(self) -> str | None:
        return self.who.customer_id


class Brought(msgspec.Struct, frozen=True):
    """The cart that a customer has after a log-in; with ``choices``, ``guest_cart`` waits to be merged."""

    cart: Cart | None
    guest_cart: Cart | None = None
    choices: tuple[MergeHow, ...] = ()


class Held(msgspec.Struct, frozen=True):
    """Living units that the checkouts and unpaid orders of some carts hold already."""

    counted_as: str
    """The order's id, or the hold's as long as there is none."""
    sku: str
    quantity: int


class sql(Queries):
    lock_customer: Maybe[str | None]
    newest: Maybe[str]
    family: Many[str]
    held: Many[Held]


async def merge_carts(
    tx: Transaction, *, cart_id: str, source_id: str, how: MergeHow | None = None, by: Merger, at: datetime
) -> Cart:
    """Take the source over into the cart; its id leads there from then on. Doing it twice changes nothing.

    Raises NotFound (also for carts of two different customers), CurrencyMismatch, FieldInvalid for a cart
    and itself, and MergeChoiceNeeded where the shop lets the buyer choose and nothing was chosen.
    """
    if cart_id == source_id:
        raise FieldInvalid(field="from", reason="must be another cart")
    email = await sql.lock_customer(tx, id=by.customer_id) if by.customer_id else None
    carts = await keep_cart.lock_carts(tx, cart_ids=[cart_id, source_id])
    for wanted in (cart_id, source_id):
        if wanted not in carts or not keep_cart.opens(carts[wanted].customer_id, by.who):
            raise NotFound(kind="cart", id=wanted)
    cart, source = carts[cart_id], carts[source_id]
    owners = {cart.customer_id, source.customer_id, by.customer_id} - {None}
    if len(owners) > 1:
        raise NotFound(kind="cart", id=source_id)
    if cart.id != source.id:
        if cart.currency != source.currency:
            raise CurrencyMismatch(field="from", given=source.currency, wanted=cart.currency)
        how = how or _policy(cart, source, by.rules)
        if how is None:
            raise MergeChoiceNeeded(choices=list(MERGE_CHOICES))
        most = await _most(tx, cart, source, by=by, email=email, at=at)
        after, notes = merge(cart.contents, source.contents, how=how, most=most)
        await keep_cart.join(tx, cart=cart, source=source, after=after, notes=notes, at=at)
    for owner in owners:
        await _take_along(tx, cart, customer_id=str(owner))
    return await keep_cart.read_cart(tx, cart_id=cart.id, at=at)


async def bring_cart(tx: Transaction, *, guest_cart_id: str | None, by: Merger, at: datetime) -> Brought:
    """The cart of a customer who has just logged in, with what they had put into another one as a guest.

    Without a cart of their own the guest's becomes theirs as it is. A cart of another customer (somebody
    else at the same screen) stays where it is.
    """
    customer_id = by.customer_id
    assert customer_id is not None, "guests and staff have no cart of their own"
    await sql.lock_customer(tx, id=customer_id)
    own_id = await sql.newest(tx, customer_id=customer_id, currency=by.rules.currency)
    carts = await keep_cart.lock_carts(tx, cart_ids=sorted({c for c in (own_id, guest_cart_id) if c}))
    guest, own = carts.get(guest_cart_id or ""), carts.get(own_id or "")
    if guest is None or guest.customer_id not in (None, customer_id):
        return Brought(await _shown(tx, own, at=at))
    if own is None or guest.customer_id == customer_id or guest.currency != own.currency:
        await _take_along(tx, guest, customer_id=customer_id)
        return Brought(await _shown(tx, guest, at=at))
    if _policy(own, guest, by.rules) is None:
        return Brought(await _shown(tx, own, at=at), await _shown(tx, guest, at=at), MERGE_CHOICES)
    return Brought(await merge_carts(tx, cart_id=own.id, source_id=guest.id, by=by, at=at))


def _policy(cart: LockedCart, source: LockedCart, rules: ShopRules) -> MergeHow | None:
    """How the shop merges these; None: the buyer is asked, where there is anything to choose."""
    if rules.cart_merge != "ask":
        return rules.cart_merge
    if cart.contents == source.contents or not cart.lines or not source.lines:
        return "larger"
    return None


async def _most(
    tx: Transaction, cart: LockedCart, source: LockedCart, *, by: Merger, email: str | None, at: datetime
) -> Most:
    """What can be had of each SKU: of the shelf, with what the two carts hold already, and by this buyer."""
    skus = sorted({*cart.contents, *source.contents})
    held = await sql.held(tx, cart_ids=[cart.id, source.id], at=at)
    own: Counter[str] = Counter()
    for line in held:
        own[line.sku] += line.quantity
    most: dict[str, dict[Reason, int]] = {sku: {} for sku in skus}
    for sku, item in (await read_listed(tx, skus=skus, at=at)).items():
        if item.tracked and item.published:
            most[sku]["stock"] = max(0, item.available) + own[sku]
    ration = sorted(by.limited.skus & set(skus))
    if ration:
        pairs = {(s, b) for s in ration for b in by.limited.buyers(email, by.customer_id or "guest")}
        allowance = await purchase_limits.read_allowance(tx, skus=ration, wishes=pairs, at=at)
        replaced = {line.counted_as for line in held}
        for sku in ration:
            left = allowance.left(sku, [b for s, b in pairs if s == sku], replaced=replaced)
            if left is not None:
                most[sku]["purchase_limit"] = left
    return most


async def _take_along(tx: Transaction, cart: LockedCart, *, customer_id: str) -> None:
    """Make a guest's cart, and those merged into it, the customer's, with what is held and unpaid of them."""
    cart_ids = await sql.family(tx, cart_id=cart.id)
    await keep_cart.give_to_customer(tx, cart_ids=cart_ids, customer_id=customer_id)
    await purchase_limits.count_for(tx, cart_ids=cart_ids, buyer=customer_id)
    await keep_coupons.count_for(tx, cart_ids=cart_ids, buyer=customer_id)
    await claim_unpaid(tx, user_id=customer_id, cart_ids=cart_ids)


async def _shown(tx: Transaction, cart: LockedCart | None, *, at: datetime) -> Cart | None:
    return await keep_cart.read_cart(tx, cart_id=cart.id, at=at) if cart else None
