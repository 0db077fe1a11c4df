"""Carts: made by anybody, owned by a token; every answer is the whole cart."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from holdfast import clock, idempotency
from holdfast.accounts.roles import Action
from holdfast.cart import keep_cart
from holdfast.cart.cart import Cart, CartLine, Note, Quantity, ShownLine, StockProblem
from holdfast.catalog.product import Sku
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.errors import UnknownSku
from holdfast.limits import CART_LINES_MAX, SKU_CHARS_MAX
from holdfast.money import Money
from holdfast.web.session import Asked, PathId, check_owner, claim_of, json_answer, owner_token, process_of

Change = Callable[[Transaction, datetime], Awaitable[Cart]]


class NewCart(msgspec.Struct, frozen=True):
    """A cart with the secret that its owner has it by, which is given only here."""

    id: str
    currency: str
    lines: tuple[ShownLine, ...]
    subtotal: Money
    problems: tuple[StockProblem, ...]
    notes: tuple[Note, ...]
    token: str


class LinesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units to add."""

    lines: Annotated[tuple[CartLine, ...], Meta(min_length=1, max_length=CART_LINES_MAX)]


class QuantityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that a line shall have."""

    quantity: Quantity


class MergeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cart to take over, and its secret (which staff may leave out)."""

    source: Annotated[str, Meta(max_length=40)] = msgspec.field(name="from")
    token: Annotated[str, Meta(max_length=100)] = ""


@post("/carts", status_code=201, opt={"action": Action.SHOP})
async def create(request: Asked) -> Response[NewCart]:
    """A new cart; keep the token, it is not told again."""
    currency = process_of(request).rules.currency
    body, replayed = await _change(
        request, lambda tx, at: keep_cart.create_cart(tx, currency=currency, at=at)
    )
    cart = msgspec.json.decode(body, type=Cart)
    answer = NewCart(**msgspec.structs.asdict(cart), token=owner_token(request, cart.id))
    return json_answer(msgspec.json.encode(answer), status=201, replayed=replayed)


@get("/carts/{cart_id:str}", opt={"action": Action.SHOP})
async def read_one(request: Asked, cart_id: PathId) -> Cart:
    """The cart as it stands now: live prices, totals, stock problems."""
    check_owner(request, cart_id, kind="cart")
    at = clock.now()
    return await read(process_of(request).database, lambda c: keep_cart.read_cart(c, cart_id=cart_id, at=at))


@post("/carts/{cart_id:str}/lines", status_code=200, opt={"action": Action.SHOP})
async def add(request: Asked, cart_id: PathId, data: JSONBody[LinesBody]) -> Response[Cart]:
    """Add units to what is there; more than can be had is shown as a problem."""
    check_owner(request, cart_id, kind="cart")
    body, replayed = await _change(
        request, lambda tx, at: keep_cart.add_lines(tx, cart_id=cart_id, lines=data.lines, at=at)
    )
    return json_answer(body, replayed=replayed)


@put("/carts/{cart_id:str}/lines/{sku:path}", opt={"action": Action.SHOP})
async def set_line(
    request: Asked, cart_id: PathId, sku: FromPath[str], data: JSONBody[QuantityBody]
) -> Response[Cart]:
    """Set the units of a line, there or not."""
    check_owner(request, cart_id, kind="cart")
    line = CartLine(_sku(sku), data.quantity)
    body, _ = await _change(request, lambda tx, at: keep_cart.set_line(tx, cart_id=cart_id, line=line, at=at))
    return json_answer(body)


@delete("/carts/{cart_id:str}/lines/{sku:path}", status_code=200, opt={"action": Action.SHOP})
async def remove_line(request: Asked, cart_id: PathId, sku: FromPath[str]) -> Response[Cart]:
    """Take a line out; one that is not there is no error."""
    check_owner(request, cart_id, kind="cart")
    wanted = _sku(sku)
    body, _ = await _change(
        request, lambda tx, at: keep_cart.remove_line(tx, cart_id=cart_id, sku=wanted, at=at)
    )
    return json_answer(body)


@delete("/carts/{cart_id:str}/lines", status_code=200, opt={"action": Action.SHOP})
async def clear(request: Asked, cart_id: PathId) -> Response[Cart]:
    """Take all lines out."""
    check_owner(request, cart_id, kind="cart")
    body, _ = await _change(request, lambda tx, at: keep_cart.clear(tx, cart_id=cart_id, at=at))
    return json_answer(body)


@post("/carts/{cart_id:str}/merge", status_code=200, opt={"action": Action.SHOP})
async def merge(request: Asked, cart_id: PathId, data: JSONBody[MergeBody]) -> Response[Cart]:
    """Take another cart of one's own over; its id leads to this one from then on."""
    check_owner(request, cart_id, kind="cart")
    check_owner(request, data.source, kind="cart", token=data.token)
    body, replayed = await _change(
        request,
        lambda tx, at: keep_cart.merge_carts(tx, cart_id=cart_id, source_id=data.source, at=at),
    )
    return json_answer(body, replayed=replayed)


async def _change(request: Asked, change: Change) -> tuple[bytes, bool]:
    """Change a cart once per Idempotency-Key; answers the cart and whether that was a replay."""
    claim, at = await claim_of(request, required=False), clock.now()

    async def work(tx: Transaction) -> tuple[int, bytes, bool]:
        async def effect() -> tuple[int, bytes]:
            return 200, msgspec.json.encode(await change(tx, at))

        return await idempotency.once(tx, claim_=claim, effect=effect, at=at)

    _, body, replayed = await transaction(process_of(request).database, work)
    return body, replayed


def _sku(path: str) -> str:
    """A SKU may hold a slash, so it is the rest of the path; refuse what no SKU can be."""
    try:
        return msgspec.convert(path.removeprefix("/"), Sku)
    except msgspec.ValidationError as error:
        raise UnknownSku(skus=[path.removeprefix("/")[:SKU_CHARS_MAX]], field="sku") from error


ROUTES = [create, read_one, add, set_line, remove_line, clear, merge]
