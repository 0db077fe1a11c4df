"""Hold early: units for a checkout before it is an order (a drop, a till). Placing takes the hold over.

Lists of wishes, one transaction for all (``GroupCommit``): where everybody wants one item, holding
it early is as fast as placing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from holdfast import clock, idempotency, ids
from holdfast.accounts.roles import GUEST, Action, Principal, may
from holdfast.cart import keep_cart
from holdfast.cart.keep_cart import LockedCart
from holdfast.catalog import browse
from holdfast.catalog.browse import ForSale
from holdfast.checkout import purchase_limits
from holdfast.checkout.checkout import WantedLine, merge_lines, needs_of, price
from holdfast.checkout.purchase_limits import Allowance, HeldFor, Limited
from holdfast.db.queries import Connection, Many, Maybe, Queries, Transaction
from holdfast.errors.checkout import CartEmpty, CheckoutClosed, CheckoutIncomplete, PurchaseLimitReached
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.idempotency import Claim, Done
from holdfast.order.read_order import HoldView
from holdfast.shop_settings.rules import ShopRules
from holdfast.stock import holds
from holdfast.stock.holds import Change, Hold
from holdfast.stock.serve import Claimant, serve
from holdfast.stock.shelf import Short

_UNLIMITED = Limited()


class HoldEarly(msgspec.Struct, frozen=True):
    """A wish to hold what a checkout's cart has, by somebody who has its token or may do without."""

    checkout_id: str
    claim: Claim | None = None
    by: Principal = GUEST


class CartOf(msgspec.Struct, frozen=True):
    """Which cart a checkout is of."""

    id: str
    cart_id: str


class OpenCheckout(msgspec.Struct, frozen=True):
    """What holding needs to know of a checkout."""

    id: str
    cart_id: str
    state: str
    email: str | None
    expires_at: datetime


class HoldOwner(msgspec.Struct, frozen=True):
    """The checkout of a hold, and the customer whose cart it is of."""

    checkout_id: str
    customer_id: str | None


class _Wanted(msgspec.Struct, frozen=True):
    """What a checkout is to hold: units per tracked SKU, and the lines that count for its buyers."""

    needs: Mapping[str, int]
    ration: Sequence[WantedLine]
    buyers: Sequence[str]


class sql(Queries):
    checkouts: Many[CartOf]
    lock: Many[OpenCheckout]
    tabs: Many[CartOf]
    owner: Maybe[HoldOwner]


async def hold_once(
    tx: Transaction, wishes: Sequence[HoldEarly], *, rules: ShopRules, limited: Limited
) -> list[Done | Problem]:
    """Hold early, each once per its key; answers the hold as JSON."""
    at = clock.now()

    async def effect(places: Sequence[int]) -> list[tuple[int, bytes] | Problem]:
        asked = [wishes[place] for place in places]
        found = await hold_early(tx, asked, rules=rules, limited=limited, at=at)
        return [hold if isinstance(hold, Problem) else (201, msgspec.json.encode(hold)) for hold in found]

    return await idempotency.once_each(tx, claims=[w.claim for w in wishes], effect=effect, at=at)


async def hold_early(
    tx: Transaction,
    wishes: Sequence[HoldEarly],
    *,
    rules: ShopRules,
    limited: Limited = _UNLIMITED,
    at: datetime,
) -> list[HoldView | Problem]:
    """Hold what the checkouts' carts have, in their order; answers a hold or why there is none.

    Holding again keeps the own units and extends their time. What another checkout of the same cart
    (a second tab) holds early is taken over. Refusals are NotFound, CheckoutClosed, CartEmpty,
    CheckoutIncomplete (limited goods are held for somebody), PurchaseLimitReached, OutOfStock, and what
    ``price`` raises.
    """
    checkout_ids = sorted({wish.checkout_id for wish in wishes})
    cart_of = {c.id: c.cart_id for c in await sql.checkouts(tx, ids=checkout_ids)}
    carts = await keep_cart.lock_carts(tx, cart_ids=sorted(set(cart_of.values())))
    checkouts = {c.id: c for c in await sql.lock(tx, ids=sorted(cart_of))}
    skus = {line.sku for cart in carts.values() for line in cart.lines}
    goods = {good.sku: good for good in await browse.for_sale(tx, skus=sorted(skus))}
    refused: dict[int, Problem] = {}
    wanted: dict[str, _Wanted] = {}
    for place, wish in enumerate(wishes):
        try:
            checkout = _open(wish, checkouts, carts, at=at)
            wanted[wish.checkout_id] = _wanted(
                wish, checkout, carts[checkout.cart_id], goods, rules=rules, limited=limited
            )
        except Problem as problem:
            refused[place] = problem
    pairs = {(line.sku, buyer) for want in wanted.values() for line in want.ration for buyer in want.buyers}
    allowance = await purchase_limits.lock_allowance(tx, wishes=pairs, at=at)
    held = await _hold(tx, wanted, cart_of, carts, allowance=allowance, rules=rules, at=at)
    return [refused.get(place) or held[wish.checkout_id] for place, wish in enumerate(wishes)]


def _open(
    wish: HoldEarly,
    checkouts: Mapping[str, OpenCheckout],
    carts: Mapping[str, LockedCart],
    *,
    at: datetime,
) -> OpenCheckout:
    """A checkout that is open, and opens to who asks."""
    found = checkouts.get(wish.checkout_id)
    if found is None or not keep_cart.opens(carts[found.cart_id].customer_id, wish.by):
        raise NotFound(kind="checkout", id=wish.checkout_id)
    if found.state != "open" or found.expires_at <= at:
        raise CheckoutClosed(state=found.state if found.state != "open" else "expired")
    return found


def _wanted(
    wish: HoldEarly,
    checkout: OpenCheckout,
    cart: LockedCart,
    goods: Mapping[str, ForSale],
    *,
    rules: ShopRules,
    limited: Limited,
) -> _Wanted:
    """What a cart wants, and for whom; staff know what they do."""
    lines = merge_lines([(line.sku, line.quantity) for line in cart.lines])
    if not lines:
        raise CartEmpty
    price(lines, goods, shipping_option=None, rules=rules)
    staff = may(wish.by, Action.SET_ORDER_FACTS)
    ration = [line for line in lines if line.sku in limited.skus and not staff]
    buyers = limited.buyers(checkout.email, wish.by.id) if ration else []
    if ration and not buyers:
        raise CheckoutIncomplete(missing=["email"])
    return _Wanted(needs_of(lines, goods), ration, buyers)


async def _hold(
    tx: Transaction,
    wanted: Mapping[str, _Wanted],
    cart_of: Mapping[str, str],
    carts: Mapping[str, LockedCart],
    *,
    allowance: Allowance,
    rules: ShopRules,
    at: datetime,
) -> dict[str, HoldView | Problem]:
    """Serve one checkout of each cart; the next tab of the same cart takes over from it, one round later."""
    if not wanted:
        return {}
    home: dict[str, str] = {checkout_id: carts[cart_of[checkout_id]].id for checkout_id in wanted}
    tabs = await sql.tabs(tx, cart_ids=sorted(set(home.values())))
    cart_of_tab = {tab.id: tab.cart_id for tab in tabs}
    of_cart: dict[str, list[Hold]] = defaultdict(list)
    for hold in await holds.lock_holds(tx, checkout_ids=sorted(cart_of_tab)):
        if hold.order_id is None and hold.checkout_id is not None:
            of_cart[cart_of_tab[hold.checkout_id]].append(hold)
    first: dict[str, str] = {}
    for checkout_id, cart_id in home.items():
        first.setdefault(cart_id, checkout_id)
    answers: dict[str, HoldView | Problem] = {}
    renewed, claimants = dict[str, Hold](), []
    for cart_id, checkout_id in first.items():
        want = wanted[checkout_id]
        found = next((h for h in of_cart[cart_id] if h.checkout_id == checkout_id), None)
        hold = _renewed(found, checkout_id, rules=rules, at=at)
        others = tuple(h.id for h in of_cart[cart_id] if h.id != hold.id)
        try:
            allowance.take(hold.id, want.ration, want.buyers, replaced={hold.id, *others})
        except PurchaseLimitReached as problem:
            answers[checkout_id] = problem
            continue
        renewed[checkout_id] = hold
        claimants.append(Claimant(hold.id, want.needs, hold.expires_at, others, is_new=found is None))
    answers |= await _serve(tx, wanted, renewed, claimants, at=at)
    later = {checkout_id: want for checkout_id, want in wanted.items() if checkout_id not in answers}
    return answers | await _hold(tx, later, cart_of, carts, allowance=allowance, rules=rules, at=at)


async def _serve(
    tx: Transaction,
    wanted: Mapping[str, _Wanted],
    renewed: Mapping[str, Hold],
    claimants: Sequence[Claimant],
    *,
    at: datetime,
) -> dict[str, HoldView | Problem]:
    """Give units to holds in their order, and write those that got them."""
    answers: dict[str, HoldView | Problem] = {}
    changes: list[Change] = []
    kept, held_for = list[Hold](), list[HeldFor]()
    served = await serve(tx, claimants, at=at) if claimants else []
    for (checkout_id, hold), answer in zip(renewed.items(), served, strict=True):
        if isinstance(answer, Short):
            answers[checkout_id] = answer.as_problem()
        else:
            answers[checkout_id] = HoldView(hold.id, hold.expires_at)
            changes += answer
            kept.append(hold)
            if wanted[checkout_id].ration:
                held_for += [HeldFor(hold.id, buyer, hold.expires_at) for buyer in wanted[checkout_id].buyers]
    await holds.write(tx, changes=changes, holds=kept)
    await purchase_limits.hold_for(tx, held=held_for)
    return answers


def _renewed(found: Hold | None, checkout_id: str, *, rules: ShopRules, at: datetime) -> Hold:
    """Held for longer, up to what a buyer may keep the same units in all; a dead hold starts afresh."""
    expires_at = at + timedelta(minutes=rules.hold_minutes_for("checkout"))
    if found is None or found.expires_at <= at:
        return Hold(found.id if found else ids.mint("hld"), None, checkout_id, expires_at, at)
    latest = found.created_at + timedelta(minutes=rules.hold_total_minutes_max)
    return msgspec.structs.replace(found, expires_at=max(found.expires_at, min(latest, expires_at)))


async def let_go(tx: Transaction, checkout_ids: Sequence[str]) -> list[Problem | None]:
    """Give back what checkouts held early; CheckoutClosed where an order has taken it over."""
    checkouts = {c.id: c for c in await sql.lock(tx, ids=sorted(set(checkout_ids)))}
    taken = {c.id for c in checkouts.values() if c.state == "completed"}
    await holds.end(tx, checkout_ids=sorted(set(checkout_ids) - taken))
    return [CheckoutClosed(state="completed") if c in taken else None for c in checkout_ids]


async def checkout_of_hold(connection: Connection, *, hold_id: str, by: Principal) -> str | None:
    """The checkout whose early hold this is; None for an order's, and for a cart not open to ``by``."""
    found = await sql.owner(connection, hold_id=hold_id)
    return found.checkout_id if found and keep_cart.opens(found.customer_id, by) else None
