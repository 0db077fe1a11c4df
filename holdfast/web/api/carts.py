"""Carts: made by anybody, owned by a token; every answer is the whole cart."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, PathParameter
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.roles import Action, Principal
from holdfast.cart import keep_cart
from holdfast.cart.cart import Cart, CartLine, MergeHow, Note, Quantity, ShownLine, StockProblem
from holdfast.cart.keep_cart import CartChange
from holdfast.catalog.product import Sku
from holdfast.checkout.merge_carts import Merger, merge_carts
from holdfast.db.transaction import read
from holdfast.errors.shelf import UnknownSku
from holdfast.limits import CART_LINES_MAX, SKU_CHARS_MAX
from holdfast.money import Money
from holdfast.pricing.coupon import TYPED_CODE
from holdfast.pricing.quote import ShownCoupon
from holdfast.shop_settings.rules import RateClass
from holdfast.web.session import (
    Asked,
    PathId,
    check_owner,
    claim_of,
    do_once,
    done_answer,
    json_answer,
    once,
    owner_token,
    principal_of,
    process_of,
)

CouponCode = Annotated[str, PathParameter(pattern=TYPED_CODE)]


class NewCart(msgspec.Struct, frozen=True):
    """A cart with the secret that its owner has it by, which is given only here."""

    id: str
    currency: str
    lines: tuple[ShownLine, ...]
    subtotal: Money
    problems: tuple[StockProblem, ...]
    notes: tuple[Note, ...]
    coupons: tuple[ShownCoupon, ...]
    token: str


class LinesBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units to add."""

    lines: Annotated[tuple[CartLine, ...], Meta(min_length=1, max_length=CART_LINES_MAX)]


class QuantityBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that a line shall have."""

    quantity: Quantity


class MergeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cart to take over, and its secret (which staff may leave out); ``how``, or as the shop does it."""

    source: Annotated[str, Meta(max_length=40)] = msgspec.field(name="from")
    token: Annotated[str, Meta(max_length=100)] = ""
    how: MergeHow | None = None


@post("/carts", status_code=201, opt={"action": Action.SHOP})
async def create(request: Asked) -> Response[NewCart]:
    """A new cart; keep the token, it is not told again."""
    currency, at = process_of(request).rules.currency, clock.now()
    customer_id = principal_of(request).customer_id
    done = await once(
        request,
        lambda tx: keep_cart.create_cart(tx, currency=currency, customer_id=customer_id, at=at),
        status=201,
        required=False,
    )
    cart = msgspec.json.decode(done.body, type=Cart)
    answer = NewCart(**msgspec.structs.asdict(cart), token=owner_token(request, cart.id))
    return json_answer(msgspec.json.encode(answer), status=201, replayed=done.replayed)


@get("/carts/{cart_id:str}", opt={"action": Action.SHOP})
async def read_one(request: Asked, cart_id: PathId) -> Cart:
    """The cart as it stands now: live prices, totals, stock problems."""
    await check_owner(request, cart_id, kind="cart")
    who, at = principal_of(request), clock.now()
    return await read(
        process_of(request).database, lambda c: keep_cart.read_cart(c, cart_id=cart_id, by=who, at=at)
    )


@post("/carts/{cart_id:str}/lines", status_code=200, opt={"action": Action.SHOP})
async def add(request: Asked, cart_id: PathId, data: JSONBody[LinesBody]) -> Response[Cart]:
    """Add units to what is there; more than can be had is shown as a problem."""
    return await _change(request, keep_cart.adding(cart_id, data.lines))


@put("/carts/{cart_id:str}/lines/{sku:path}", opt={"action": Action.SHOP})
async def set_line(
    request: Asked, cart_id: PathId, sku: FromPath[str], data: JSONBody[QuantityBody]
) -> Response[Cart]:
    """Set the units of a line, there or not."""
    return await _change(request, keep_cart.setting(cart_id, CartLine(sku_in(sku), data.quantity)))


@delete("/carts/{cart_id:str}/lines/{sku:path}", status_code=200, opt={"action": Action.SHOP})
async def remove_line(request: Asked, cart_id: PathId, sku: FromPath[str]) -> Response[Cart]:
    """Take a line out; one that is not there is no error."""
    return await _change(request, keep_cart.removing(cart_id, sku_in(sku)))


@delete("/carts/{cart_id:str}/lines", status_code=200, opt={"action": Action.SHOP})
async def clear(request: Asked, cart_id: PathId) -> Response[Cart]:
    """Take all lines out."""
    return await _change(request, keep_cart.clearing(cart_id))


@put(
    "/carts/{cart_id:str}/coupons/{coupon:str}",
    status_code=200,
    opt={"action": Action.SHOP, "rate": RateClass.CHECKOUT},
)
async def enter_coupon(request: Asked, cart_id: PathId, coupon: CouponCode) -> Response[Cart]:
    """Enter a coupon, in small or capital letters; the cart shows what it takes off, before shipping."""
    await check_owner(request, cart_id, kind="cart")
    by, at = principal_of(request), clock.now()
    return await do_once(
        request,
        lambda tx: keep_cart.enter_coupon(tx, cart_id=cart_id, typed=coupon, by=by, at=at),
        required=False,
    )


@delete("/carts/{cart_id:str}/coupons/{coupon:str}", status_code=200, opt={"action": Action.SHOP})
async def remove_coupon(request: Asked, cart_id: PathId, coupon: CouponCode) -> Response[Cart]:
    """Take a coupon out; one that is not there is no error."""
    await check_owner(request, cart_id, kind="cart")
    by, at = principal_of(request), clock.now()
    return await do_once(
        request,
        lambda tx: keep_cart.remove_coupon(tx, cart_id=cart_id, typed=coupon, by=by, at=at),
        required=False,
    )


@post("/carts/{cart_id:str}/merge", status_code=200, opt={"action": Action.SHOP})
async def merge(request: Asked, cart_id: PathId, data: JSONBody[MergeBody]) -> Response[Cart]:
    """Take another cart of one's own over; its id leads to this one from then on."""
    await check_owner(request, cart_id, kind="cart")
    await check_owner(request, data.source, kind="cart", token=data.token)
    by, at = merger_of(request, principal_of(request)), clock.now()
    return await do_once(
        request,
        lambda tx: merge_carts(tx, cart_id=cart_id, source_id=data.source, how=data.how, by=by, at=at),
        required=False,
    )


def merger_of(request: Asked, who: Principal) -> Merger:
    """Somebody who merges carts, with the rules as they are."""
    process = process_of(request)
    return Merger(process.rules, process.limited, who)


async def _change(request: Asked, change: CartChange) -> Response[Cart]:
    """Change an own cart with its neighbours in one transaction, once per Idempotency-Key."""
    await check_owner(request, change.cart_id, kind="cart")
    claim = await claim_of(request, required=False)
    wish = msgspec.structs.replace(change, claim=claim, by=principal_of(request))
    return done_answer(await process_of(request).carts.submit(wish))


def sku_in(path: str) -> str:
    """A SKU may hold a slash, so it is the rest of the path; refuse what no SKU can be."""
    try:
        return msgspec.convert(path.removeprefix("/"), Sku)
    except msgspec.ValidationError as error:
        raise UnknownSku(skus=[path.removeprefix("/")[:SKU_CHARS_MAX]], field="sku") from error


ROUTES = [create, read_one, add, set_line, remove_line, clear, enter_coupon, remove_coupon, merge]
