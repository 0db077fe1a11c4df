"""Returns for staff: decide, take in, settle."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Connection, Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid
from holdfast.limits import ORDER_LINES_MAX, PAGE_ROWS_DEFAULT, QUANTITY_MAX
from holdfast.money import Money
from holdfast.refund import returns
from holdfast.refund.photos import Photo, photos_of, read_photo
from holdfast.refund.returns import Return, ReturnLine, Settlement
from holdfast.refund.rma import ArrivedLine, Event
from holdfast.web.admin.money.refunds import RefundBody, wish_of
from holdfast.web.admin.orders import Reason, RowsMax, Word
from holdfast.web.session import Asked, Cursor, PathId, do_once, principal_of, process_of

_NEWEST = "ret_~"


class DecideBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the goods may come back, and why not: their buyer reads it."""

    decision: Literal["approve", "refuse"]
    reason: Reason = ""


class ArrivedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that arrived: in order, or not."""

    position: Annotated[int, Meta(ge=1, le=ORDER_LINES_MAX)]
    restocked: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)] = 0
    written_off: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)] = 0
    location: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]+(?!\n)$")] = "main"


class ReceiveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was in the parcel."""

    lines: Annotated[list[ArrivedBody], Meta(min_length=1, max_length=ORDER_LINES_MAX)]


class SettleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is given for it; with a refund ``shipping`` and ``amount`` as there.

    Where nothing is given its buyer reads why.
    """

    by: Settlement
    shipping: bool | Money = False
    amount: Money | None = None
    reason: Reason = ""


class ShownReturn(msgspec.Struct, frozen=True):
    """A return with its lines and photos."""

    goods: Return
    lines: list[ReturnLine]
    photos: list[Photo]


class ReturnPage(msgspec.Struct, frozen=True):
    """Returns, newest first, and where the next page begins."""

    data: list[Return]
    next_cursor: str | None


@get("/returns", opt={"action": Action.HANDLE_RETURNS})
async def list_returns(
    request: Asked,
    limit: RowsMax = PAGE_ROWS_DEFAULT,
    cursor: Cursor = None,
    status: Word = None,
) -> ReturnPage:
    """Returns, newest first, in one state if it is named."""
    rows = await read(
        process_of(request).database,
        lambda c: returns.page_of_returns(c, before=cursor or _NEWEST, state=status, rows_max=limit + 1),
    )
    return ReturnPage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


@get("/returns/{return_id:str}", opt={"action": Action.HANDLE_RETURNS})
async def read_one(request: Asked, return_id: PathId) -> ShownReturn:
    """One return with its lines and photos."""
    return await read(process_of(request).database, lambda c: _shown(c, return_id))


@post("/returns/{return_id:str}/decide", status_code=200, opt={"action": Action.HANDLE_RETURNS})
async def decide(request: Asked, return_id: PathId, data: JSONBody[DecideBody]) -> Response[ShownReturn]:
    """Let the goods come back, or not; needs an Idempotency-Key."""
    event = Event.APPROVED if data.decision == "approve" else Event.REFUSED
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> ShownReturn:
        await returns.decide_return(
            tx, return_id=return_id, event=event, actor=actor, reason=data.reason, at=at
        )
        await audit.record(tx, actor=actor, action=f"return_{data.decision}", subject=return_id, at=at)
        return await _shown(tx, return_id)

    return await do_once(request, effect)


@post("/returns/{return_id:str}/receive", status_code=200, opt={"action": Action.HANDLE_RETURNS})
async def receive(request: Asked, return_id: PathId, data: JSONBody[ReceiveBody]) -> Response[ShownReturn]:
    """The parcel is here; needs an Idempotency-Key."""
    if len({line.position for line in data.lines}) < len(data.lines):
        raise FieldInvalid(field="lines", reason="must name each position once")
    actor, at = principal_of(request).id, clock.now()
    arrived = [ArrivedLine(x.position, x.restocked, x.written_off, x.location) for x in data.lines]

    async def effect(tx: Transaction) -> ShownReturn:
        await returns.receive_return(tx, return_id=return_id, arrived=arrived, actor=actor, at=at)
        await audit.record(tx, actor=actor, action="return_receive", subject=return_id, at=at)
        return await _shown(tx, return_id)

    return await do_once(request, effect)


@post("/returns/{return_id:str}/settle", status_code=200, opt={"action": Action.HANDLE_RETURNS})
async def settle(request: Asked, return_id: PathId, data: JSONBody[SettleBody]) -> Response[ShownReturn]:
    """Give the money back, something else, or nothing; needs an Idempotency-Key."""
    rules, actor, at = process_of(request).rules, principal_of(request).id, clock.now()
    wish = wish_of(RefundBody(shipping=data.shipping, amount=data.amount))

    async def effect(tx: Transaction) -> ShownReturn:
        await returns.settle_return(
            tx,
            return_id=return_id,
            by=data.by,
            wish=wish,
            rules=rules,
            reason=data.reason,
            actor=actor,
            at=at,
        )
        await audit.record(tx, actor=actor, action=f"return_{data.by}", subject=return_id, at=at)
        return await _shown(tx, return_id)

    return await do_once(request, effect)


@get(
    "/return-photos/{photo_id:str}",
    media_type="application/octet-stream",
    opt={"action": Action.HANDLE_RETURNS},
)
async def read_picture(request: Asked, photo_id: PathId) -> Response[bytes]:
    """A photo that a buyer sent: a stranger's file is saved, never shown as a page of ours."""
    body = await read(process_of(request).database, lambda c: read_photo(c, photo_id=photo_id))
    headers = {
        "Content-Disposition": f'attachment; filename="{photo_id}.jpg"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(body, media_type="application/octet-stream", headers=headers)


async def _shown(connection: Connection, return_id: str) -> ShownReturn:
    found = await returns.find_return(connection, return_id=return_id)
    lines = await returns.lines_of(connection, return_ids=[return_id])
    return ShownReturn(found, lines, await photos_of(connection, return_id=return_id))


ROUTES = [list_returns, read_one, decide, receive, settle, read_picture]
