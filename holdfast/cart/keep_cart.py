"""Keep carts: the one writer of carts and their lines. Owns what happens to a cart under its lock.

A cart that was merged lives on in the other one: whoever reads or writes it by its old id gets
the one it went into. Who may use a cart is decided above, by its token.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.cart.cart import Cart, CartLine, Contents, Note, add, merge, put, show
from holdfast.catalog.browse import read_listed
from holdfast.catalog.product import Listed
from holdfast.db.queries import Connection, Do, Many, Queries, Transaction
from holdfast.db.transaction import RunAgain
from holdfast.errors import CurrencyMismatch, FieldInvalid, NotFound, UnknownSku
from holdfast.ids import CartId


class LockedCart(msgspec.Struct, frozen=True):
    """An open cart under its lock; its lines in the order in which they are shown."""

    id: CartId
    currency: str
    lines: tuple[CartLine, ...]

    @property
    def contents(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in self.lines}


class LockedRow(msgspec.Struct, frozen=True):
    """The cart in which the one that was asked for lives now."""

    asked: str
    id: CartId
    currency: str
    state: str


class StoredLine(msgspec.Struct, frozen=True):
    """A line of one of several carts."""

    cart_id: str
    sku: str
    quantity: int


class ReadLine(msgspec.Struct, frozen=True):
    """A cart with one of its lines, or with none."""

    id: str
    currency: str
    sku: str | None
    quantity: int | None


class sql(Queries):
    create: Do
    read: Many[ReadLine]
    lock: Many[LockedRow]
    lines: Many[StoredLine]
    write: Do
    close: Do
    clear_bought: Do


async def create_cart(tx: Transaction, *, currency: str, at: datetime) -> Cart:
    """A new, empty cart; its prices will be in this currency."""
    cart_id = ids.mint("crt")
    await sql.create(tx, id=cart_id, currency=currency, at=at)
    return show(cart_id=cart_id, currency=currency, contents={}, listed={})


async def read_cart(connection: Connection, *, cart_id: str, at: datetime) -> Cart:
    """The whole cart as it stands now; raise NotFound."""
    rows = await sql.read(connection, id=cart_id)
    if not rows:
        raise NotFound(kind="cart", id=cart_id)
    contents = {row.sku: row.quantity for row in rows if row.sku and row.quantity}
    listed = await read_listed(connection, skus=list(contents), at=at)
    return show(cart_id=rows[0].id, currency=rows[0].currency, contents=contents, listed=listed)


async def add_lines(tx: Transaction, *, cart_id: str, lines: Sequence[CartLine], at: datetime) -> Cart:
    """Add units to what is there.

    Raises NotFound, UnknownSku, CurrencyMismatch, and FieldInvalid beyond a limit.
    """
    wanted: dict[str, int] = defaultdict(int)
    for line in lines:
        wanted[line.sku] += line.quantity
    cart = await _lock_cart(tx, cart_id)
    return await _rewrite(tx, cart, add(cart.contents, wanted), wanted=wanted, at=at)


async def set_line(tx: Transaction, *, cart_id: str, line: CartLine, at: datetime) -> Cart:
    """Set the units of one line, there or not; raises what ``add_lines`` raises."""
    cart = await _lock_cart(tx, cart_id)
    after = put(cart.contents, line.sku, line.quantity)
    return await _rewrite(tx, cart, after, wanted={line.sku: line.quantity}, at=at)


async def remove_line(tx: Transaction, *, cart_id: str, sku: str, at: datetime) -> Cart:
    """Take a line out; one that is not there is no error. Raises NotFound for the cart."""
    cart = await _lock_cart(tx, cart_id)
    return await _rewrite(tx, cart, {s: n for s, n in cart.contents.items() if s != sku}, at=at)


async def clear(tx: Transaction, *, cart_id: str, at: datetime) -> Cart:
    """Take all lines out; raise NotFound."""
    return await _rewrite(tx, await _lock_cart(tx, cart_id), {}, at=at)


async def merge_carts(tx: Transaction, *, cart_id: str, source_id: str, at: datetime) -> Cart:
    """Add what is in one cart to another; the source lives on in it. Notes say what went beyond a limit.

    Doing it twice changes nothing. Raises NotFound, CurrencyMismatch, and FieldInvalid for a cart
    that is to be merged with itself.
    """
    if cart_id == source_id:
        raise FieldInvalid(field="from", reason="must be another cart")
    carts = await lock_carts(tx, cart_ids=[cart_id, source_id])
    for wanted in (cart_id, source_id):
        if wanted not in carts:
            raise NotFound(kind="cart", id=wanted)
    cart, source = carts[cart_id], carts[source_id]
    if cart.id == source.id:
        return await _rewrite(tx, cart, cart.contents, at=at)
    if cart.currency != source.currency:
        raise CurrencyMismatch(field="from", given=source.currency, wanted=cart.currency)
    after, notes = merge(cart.contents, source.contents)
    await _write(tx, source, {}, at=at)
    await sql.close(tx, id=source.id, merged_into=cart.id)
    return await _rewrite(tx, cart, after, notes=notes, at=at)


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
    return {row.asked: LockedCart(row.id, row.currency, tuple(lines[row.id])) for row in rows}


async def clear_bought(tx: Transaction, *, order_ids: Sequence[str], at: datetime) -> None:
    """Take what these orders bought out of their carts, which must be locked; call it once per order."""
    await sql.clear_bought(tx, order_ids=list(order_ids), at=at)


async def _lock_cart(tx: Transaction, cart_id: str) -> LockedCart:
    carts = await lock_carts(tx, cart_ids=[cart_id])
    if cart_id not in carts:
        raise NotFound(kind="cart", id=cart_id)
    return carts[cart_id]


async def _rewrite(
    tx: Transaction,
    cart: LockedCart,
    after: Contents,
    *,
    at: datetime,
    wanted: Contents | None = None,
    notes: tuple[Note, ...] = (),
) -> Cart:
    """Look at what is ``wanted``, write the difference, and show the cart as it is now."""
    listed = await read_listed(tx, skus=list(after), at=at)
    if wanted:
        _check_sold(wanted, listed, cart.currency)
    await _write(tx, cart, after, at=at)
    return show(cart_id=cart.id, currency=cart.currency, contents=after, listed=listed, notes=notes)


def _check_sold(wanted: Contents, listed: dict[str, Listed], currency: str) -> None:
    unknown = sorted(sku for sku in wanted if sku not in listed or not listed[sku].published)
    if unknown:
        raise UnknownSku(skus=unknown)
    for sku in wanted:
        if listed[sku].currency != currency:
            raise CurrencyMismatch(field="sku", given=currency, wanted=listed[sku].currency)


async def _write(tx: Transaction, cart: LockedCart, after: Contents, *, at: datetime) -> None:
    before = cart.contents
    changed = [(sku, quantity) for sku, quantity in after.items() if before.get(sku) != quantity]
    gone = [sku for sku in before if sku not in after]
    if changed or gone:
        await sql.write(
            tx,
            cart_id=cart.id,
            skus=[sku for sku, _ in changed],
            quantities=[quantity for _, quantity in changed],
            gone=gone,
            at=at,
        )
