"""Keep carts: the one writer of carts and their lines. Owns what happens to a cart under its lock.

A cart that was merged lives on in the other one: whoever reads or writes it by its old id gets
the one it went into. A guest's cart is opened by its token, which is checked above; a customer's by nobody
but the customer and the staff, whichever token led there.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from holdfast import clock, idempotency, ids
from holdfast.accounts.roles import Action, Principal, may
from holdfast.cart.cart import Cart, CartLine, Contents, Note, add, put, show
from holdfast.catalog.browse import read_listed
from holdfast.catalog.product import Listed
from holdfast.db.queries import Connection, Do, Many, Queries, Transaction
from holdfast.db.transaction import RunAgain
from holdfast.errors.checkout import CouponRefused, CurrencyMismatch
from holdfast.errors.problem import Problem
from holdfast.errors.request import NotFound
from holdfast.errors.shelf import UnknownSku
from holdfast.idempotency import Claim, Done
from holdfast.ids import CartId
from holdfast.limits import COUPONS_MAX
from holdfast.pricing.coupon import Reason, plain
from holdfast.pricing.keep_coupons import read_entered


class LockedCart(msgspec.Struct, frozen=True):
    """An open cart under its lock; its lines in the order in which they are shown."""

    id: CartId
    currency: str
    lines: tuple[CartLine, ...]
    customer_id: str | None = None
    """Whose it is; None: of whoever has its token."""
    coupons: tuple[str, ...] = ()
    """Codes, in the order in which they apply."""

    @property
    def contents(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in self.lines}


class LockedRow(msgspec.Struct, frozen=True):
    """The cart in which the one that was asked for lives now."""

    asked: str
    id: CartId
    currency: str
    state: str
    customer_id: str | None
    coupons: list[str]


class StoredLine(msgspec.Struct, frozen=True):
    """A line of one of several carts."""

    cart_id: str
    sku: str
    quantity: int


class ReadLine(msgspec.Struct, frozen=True):
    """A cart with one of its lines, or with none."""

    id: str
    currency: str
    customer_id: str | None
    coupons: list[str]
    sku: str | None
    quantity: int | None
    notes: object
    """What merging could not keep, as JSON, or None."""


class CartChange(msgspec.Struct, frozen=True):
    """A wish to change a cart's lines: ``edit`` tells what they are afterwards, ``wanted`` must be sold."""

    cart_id: str
    edit: Callable[[Contents], Contents]
    wanted: Contents
    claim: Claim | None = None
    by: Principal | None = None
    """Who has to be allowed to open the cart; None: the shop itself."""


class sql(Queries):
    create: Do
    read: Many[ReadLine]
    lock: Many[LockedRow]
    lines: Many[StoredLine]
    write: Do
    close: Do
    enter: Do
    belong: Do
    clear_bought: Do


async def create_cart(
    tx: Transaction, *, currency: str, customer_id: str | None = None, at: datetime
) -> Cart:
    """A new, empty cart; its prices will be in this currency. Without a customer it is a guest's."""
    cart_id = ids.mint("crt")
    await sql.create(tx, id=cart_id, currency=currency, customer_id=customer_id, at=at)
    return show(cart_id=cart_id, currency=currency, contents={}, listed={})


async def read_cart(
    connection: Connection, *, cart_id: str, by: Principal | None = None, at: datetime
) -> Cart:
    """The whole cart as it stands now; raise NotFound, also for one that is not open to ``by``."""
    rows = await sql.read(connection, id=cart_id)
    if not rows or not opens(rows[0].customer_id, by):
        raise NotFound(kind="cart", id=cart_id)
    contents = {row.sku: row.quantity for row in rows if row.sku and row.quantity}
    listed = await read_listed(connection, skus=list(contents), at=at)
    notes = msgspec.convert(rows[0].notes or [], tuple[Note, ...])
    first = rows[0]
    entered = await read_entered(connection, carts={first.id: first.coupons}, at=at)
    return show(
        cart_id=first.id,
        currency=first.currency,
        contents=contents,
        listed=listed,
        notes=notes,
        entered=entered[first.id],
    )


def opens(owner_id: str | None, by: Principal | None) -> bool:
    """Whether somebody with a cart's token may use the cart that it leads to; None is the shop itself."""
    return owner_id is None or by is None or by.id == owner_id or may(by, Action.ACT_FOR_BUYERS)


def adding(cart_id: str, lines: Sequence[CartLine], *, claim: Claim | None = None) -> CartChange:
    """Units on top of what is there."""
    wanted: dict[str, int] = defaultdict(int)
    for line in lines:
        wanted[line.sku] += line.quantity
    return CartChange(cart_id, lambda before: add(before, wanted), wanted, claim)


def setting(cart_id: str, line: CartLine, *, claim: Claim | None = None) -> CartChange:
    """The units of one line, there or not."""
    wanted = {line.sku: line.quantity}
    return CartChange(cart_id, lambda before: put(before, line.sku, line.quantity), wanted, claim)


def removing(cart_id: str, sku: str, *, claim: Claim | None = None) -> CartChange:
    """A line out; one that is not there is no error."""
    return CartChange(cart_id, lambda before: {s: n for s, n in before.items() if s != sku}, {}, claim)


def clearing(cart_id: str, *, claim: Claim | None = None) -> CartChange:
    """All lines out."""
    return CartChange(cart_id, lambda _: {}, {}, claim)


async def fill_cart(tx: Transaction, *, cart_id: str, lines: Sequence[CartLine], at: datetime) -> None:
    """Put lines into a cart; raises what ``change_carts`` answers."""
    (answer,) = await change_carts(tx, changes=[adding(cart_id, lines)], at=at)
    if isinstance(answer, Problem):
        raise answer


async def change_once(tx: Transaction, changes: Sequence[CartChange]) -> list[Done | Problem]:
    """Change carts, each once per its key; answers the whole cart as JSON."""
    at = clock.now()

    async def effect(places: Sequence[int]) -> list[tuple[int, bytes] | Problem]:
        found = await change_carts(tx, changes=[changes[place] for place in places], at=at)
        return [cart if isinstance(cart, Problem) else (200, msgspec.json.encode(cart)) for cart in found]

    return await idempotency.once_each(tx, claims=[c.claim for c in changes], effect=effect, at=at)


async def change_carts(
    tx: Transaction, *, changes: Sequence[CartChange], at: datetime
) -> list[Cart | Problem]:
    """Change carts in the order of the wishes; answers each one's cart as it is then.

    Or why it stays as it was: NotFound, UnknownSku, CurrencyMismatch, or FieldInvalid beyond a limit.
    """
    carts = await lock_carts(tx, cart_ids=sorted({change.cart_id for change in changes}))
    after = {cart.id: cart.contents for cart in carts.values()}
    skus = {sku for contents in (*after.values(), *(c.wanted for c in changes)) for sku in contents}
    listed = await read_listed(tx, skus=sorted(skus), at=at)
    entered = await read_entered(tx, carts={cart.id: cart.coupons for cart in carts.values()}, at=at)
    answers: list[Cart | Problem] = []
    for change in changes:
        try:
            cart = carts.get(change.cart_id)
            if cart is None or not opens(cart.customer_id, change.by):
                raise NotFound(kind="cart", id=change.cart_id)
            contents = change.edit(after[cart.id])
            _check_sold(change.wanted, listed, cart.currency)
        except Problem as problem:
            answers.append(problem)
            continue
        after[cart.id] = dict(contents)
        answers.append(
            show(
                cart_id=cart.id,
                currency=cart.currency,
                contents=contents,
                listed=listed,
                entered=entered[cart.id],
            )
        )
    # A cart may have been asked for by several ids, its own and those of carts that were merged into it.
    await _write(tx, [(c, after[c.id]) for c in {cart.id: cart for cart in carts.values()}.values()], at=at)
    return answers


async def enter_coupon(
    tx: Transaction, *, cart_id: str, typed: str, by: Principal | None = None, at: datetime
) -> Cart:
    """Put a coupon behind those in a cart; one that is there stays where it is.

    Raises NotFound, or CouponRefused for one that cannot be used now. What the lines have to come to may
    still change, so a cart with too little keeps it and says so.
    """
    cart, code = await _lock_own(tx, cart_id, by), plain(typed)
    if code not in cart.coupons:
        if len(cart.coupons) == COUPONS_MAX:
            raise CouponRefused(coupon=code, reason=Reason.TOO_MANY)
        await sql.enter(tx, id=cart.id, coupons=[*cart.coupons, code], at=at)
    shown = await read_cart(tx, cart_id=cart.id, at=at)
    (mine,) = [coupon for coupon in shown.coupons if coupon.code == code]
    if mine.problem not in (None, Reason.TOO_LITTLE):
        raise CouponRefused(coupon=code, reason=mine.problem)
    return shown


async def remove_coupon(
    tx: Transaction, *, cart_id: str, typed: str, by: Principal | None = None, at: datetime
) -> Cart:
    """Take a coupon out; one that is not there is no error. Raises NotFound."""
    cart = await _lock_own(tx, cart_id, by)
    await sql.enter(tx, id=cart.id, coupons=[c for c in cart.coupons if c != plain(typed)], at=at)
    return await read_cart(tx, cart_id=cart.id, at=at)


async def _lock_own(tx: Transaction, cart_id: str, by: Principal | None) -> LockedCart:
    cart = (await lock_carts(tx, cart_ids=[cart_id])).get(cart_id)
    if cart is None or not opens(cart.customer_id, by):
        raise NotFound(kind="cart", id=cart_id)
    return cart


async def join(
    tx: Transaction,
    *,
    cart: LockedCart,
    source: LockedCart,
    after: Contents,
    notes: Sequence[Note],
    at: datetime,
) -> None:
    """Write what two locked carts have become; the source lives on in the other, which keeps the notes.

    Its coupons come behind the cart's own, as far as there is room for them.
    """
    await _write(tx, [(source, {}), (cart, after)], dismiss_notes=False, at=at)
    coupons = list(dict.fromkeys((*cart.coupons, *source.coupons)))[:COUPONS_MAX]
    await sql.close(tx, id=source.id, merged_into=cart.id, notes=list(notes), coupons=coupons, at=at)


async def give_to_customer(tx: Transaction, *, cart_ids: Sequence[str], customer_id: str) -> None:
    """Make a guest's carts, of which the open one is locked, a customer's; nobody else's are touched."""
    await sql.belong(tx, cart_ids=list(cart_ids), customer_id=customer_id)


async def lock_carts(tx: Transaction, *, cart_ids: Sequence[str]) -> dict[str, LockedCart]:
    """Lock carts in the order of their ids; answers by the ids asked for, without unknown ones.

    A merged cart is answered by the one it went into, so look at ``LockedCart.id``. Raises
    RunAgain when a cart is merged while we wait for it.
    """
    rows = await sql.lock(tx, cart_ids=list(cart_ids))
    if any(row.state != "open" for row in rows):
        raise RunAgain
    lines: dict[str, list[CartLine]] = defaultdict(list)
    if rows:
        for line in await sql.lines(tx, cart_ids=[row.id for row in rows]):
            lines[line.cart_id].append(CartLine(line.sku, line.quantity))
    return {
        row.asked: LockedCart(row.id, row.currency, tuple(lines[row.id]), row.customer_id, tuple(row.coupons))
        for row in rows
    }


async def clear_bought(tx: Transaction, *, order_ids: Sequence[str], at: datetime) -> None:
    """Take what these orders bought out of their carts, which must be locked; call it once per order."""
    await sql.clear_bought(tx, order_ids=list(order_ids), at=at)


def _check_sold(wanted: Contents, listed: dict[str, Listed], currency: str) -> None:
    unknown = sorted(sku for sku in wanted if sku not in listed or not listed[sku].published)
    if unknown:
        raise UnknownSku(skus=unknown)
    for sku in wanted:
        if listed[sku].currency != currency:
            raise CurrencyMismatch(field="sku", given=currency, wanted=listed[sku].currency)


async def _write(
    tx: Transaction,
    carts: Sequence[tuple[LockedCart, Contents]],
    *,
    dismiss_notes: bool = True,
    at: datetime,
) -> None:
    """Write the difference between what locked carts had and what they have now."""
    put_into = [
        (cart.id, sku, quantity)
        for cart, after in carts
        for sku, quantity in after.items()
        if cart.contents.get(sku) != quantity
    ]
    gone = [(cart.id, line.sku) for cart, after in carts for line in cart.lines if line.sku not in after]
    if put_into or gone:
        await sql.write(
            tx,
            cart_ids=sorted({cart_id for cart_id, *_ in (*put_into, *gone)}),
            put_into=[cart_id for cart_id, _, _ in put_into],
            skus=[sku for _, sku, _ in put_into],
            quantities=[quantity for _, _, quantity in put_into],
            gone_from=[cart_id for cart_id, _ in gone],
            gone=[sku for _, sku in gone],
            dismiss_notes=dismiss_notes,
            at=at,
        )
