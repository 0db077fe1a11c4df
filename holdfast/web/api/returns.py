"""Sending goods back: ask for it, show what is wrong, withdraw."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid, NotFound
from holdfast.limits import COMMENT_CHARS_MAX, ORDER_LINES_MAX, QUANTITY_MAX, UPLOAD_BODY_BYTES_MAX
from holdfast.order.read_order import read_order
from holdfast.refund import returns
from holdfast.refund.photos import Photo, add_photo
from holdfast.refund.returns import Return, ReturnLine
from holdfast.refund.rma import Event, Reason, WantedLine
from holdfast.uploads import read_upload
from holdfast.web.session import Asked, PathId, check_owner, do_once, principal_of, process_of


class ReturnLineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a line that are to go back, and why."""

    position: Annotated[int, Meta(ge=1, le=ORDER_LINES_MAX)]
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    reason: Reason


class ReturnBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to go back, in the buyer's words."""

    lines: Annotated[list[ReturnLineBody], Meta(min_length=1, max_length=ORDER_LINES_MAX)]
    comment: Annotated[str, Meta(max_length=COMMENT_CHARS_MAX, pattern=r"^[^\x00]*$")] = ""


class PhotoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JPEG, PNG or WebP picture, in base64 (RFC 4648 §4)."""

    file: bytes


class Returns(msgspec.Struct, frozen=True):
    """The returns of an order, oldest first, and their lines."""

    returns: list[Return]
    lines: list[ReturnLine]


@post("/orders/{order_id:str}/returns", status_code=201, opt={"action": Action.SHOP})
async def ask(request: Asked, order_id: PathId, data: JSONBody[ReturnBody]) -> Response[Returns]:
    """Ask to send units back that have arrived; needs an Idempotency-Key."""
    await check_owner(request, order_id, kind="order")
    if len({line.position for line in data.lines}) < len(data.lines):
        raise FieldInvalid(field="lines", reason="must name each position once")
    rules, actor, at = process_of(request).rules, principal_of(request).id, clock.now()
    wanted = [WantedLine(x.position, x.quantity, x.reason) for x in data.lines]

    async def effect(tx: Transaction) -> Returns:
        await returns.request_return(
            tx, order_id=order_id, wanted=wanted, comment=data.comment, rules=rules, actor=actor, at=at
        )
        return Returns(*await returns.returns_of(tx, order_id=order_id))

    return await do_once(request, effect, status=201)


@get("/orders/{order_id:str}/returns", opt={"action": Action.SHOP})
async def list_of_order(request: Asked, order_id: PathId) -> Returns:
    """The returns of an order of one's own."""
    await check_owner(request, order_id, kind="order")
    database = process_of(request).database
    if await read(database, lambda c: read_order(c, order_id)) is None:
        raise NotFound(kind="order", id=order_id)
    return Returns(*await read(database, lambda c: returns.returns_of(c, order_id=order_id)))


@post("/orders/{order_id:str}/returns/{return_id:str}/withdraw", status_code=200, opt={"action": Action.SHOP})
async def withdraw(request: Asked, order_id: PathId, return_id: PathId) -> Response[Returns]:
    """Keep the goods after all; needs an Idempotency-Key."""
    await check_owner(request, order_id, kind="order")
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Returns:
        await _check_is_of(tx, order_id, return_id)
        await returns.decide_return(tx, return_id=return_id, event=Event.WITHDRAWN, actor=actor, at=at)
        return Returns(*await returns.returns_of(tx, order_id=order_id))

    return await do_once(request, effect)


@post(
    "/orders/{order_id:str}/returns/{return_id:str}/photos",
    status_code=201,
    request_max_body_size=UPLOAD_BODY_BYTES_MAX,
    opt={"action": Action.SHOP},
)
async def show(
    request: Asked, order_id: PathId, return_id: PathId, data: JSONBody[PhotoBody]
) -> Response[Photo]:
    """Show what is wrong with the goods."""
    await check_owner(request, order_id, kind="order")
    upload, at = await asyncio.to_thread(read_upload, data.file), clock.now()

    async def effect(tx: Transaction) -> Photo:
        await _check_is_of(tx, order_id, return_id)
        return await add_photo(tx, return_id=return_id, upload=upload, at=at)

    return await do_once(request, effect, status=201, required=False)


async def _check_is_of(tx: Transaction, order_id: str, return_id: str) -> None:
    """Raise NotFound for a return of another order."""
    if (await returns.find_return(tx, return_id=return_id)).order_id != order_id:
        raise NotFound(kind="return", id=return_id)


ROUTES = [ask, list_of_order, withdraw, show]
