"""Stock for staff: receive, adjust, write off, and what all requests about places share."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Sku
from holdfast.db.queries import Transaction
from holdfast.errors.request import FieldInvalid
from holdfast.limits import QUANTITY_MAX, REASON_CHARS_MAX, STOCK_LINES_MAX
from holdfast.stock.movements import Moved, StockLine, move_stock
from holdfast.web.session import Asked, do_once, principal_of

UNITS_MAX = QUANTITY_MAX * 100
Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")]
Units = Annotated[int, Meta(ge=-UNITS_MAX, le=UNITS_MAX)]
SomeUnits = Annotated[int, Meta(ge=1, le=UNITS_MAX)]
NoOrMoreUnits = Annotated[int, Meta(ge=0, le=UNITS_MAX)]
LocationId = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$")]


class LineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units at a place; negative ones are taken away."""

    sku: Sku
    quantity: Units
    location: LocationId = "main"


class StockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What moves and why; ``clamp``: take what is there when there is less."""

    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=STOCK_LINES_MAX)]
    reason: Reason
    clamp: bool = False


class LossLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a place that are gone or cannot be sold any more."""

    sku: Sku
    quantity: SomeUnits
    location: LocationId = "main"


class LossBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written off, and why."""

    lines: Annotated[list[LossLine], Meta(min_length=1, max_length=STOCK_LINES_MAX)]
    reason: Reason


class StockMoved(msgspec.Struct, frozen=True):
    """What became of the lines."""

    lines: list[Moved]


@post("/stock/receive", status_code=200, opt={"action": Action.MOVE_STOCK})
async def receive(request: Asked, data: JSONBody[StockBody]) -> Response[StockMoved]:
    """Goods have arrived; what is owed of them goes to those who paid. Needs an Idempotency-Key."""
    for place, line in enumerate(data.lines):
        if line.quantity < 1:
            raise FieldInvalid(field=f"lines[{place}].quantity", reason="must be at least 1")
    lines = [StockLine(line.sku, line.location, line.quantity) for line in data.lines]
    return await _move(request, lines, kind="received", reason=data.reason, clamp=data.clamp)


@post("/stock/adjust", status_code=200, opt={"action": Action.MOVE_STOCK})
async def adjust(request: Asked, data: JSONBody[StockBody]) -> Response[StockMoved]:
    """Correct what is on hand, with a reason; never what is promised. Needs an Idempotency-Key."""
    for place, line in enumerate(data.lines):
        if line.quantity == 0:
            raise FieldInvalid(field=f"lines[{place}].quantity", reason="must not be 0")
    lines = [StockLine(line.sku, line.location, line.quantity) for line in data.lines]
    return await _move(request, lines, kind="adjusted", reason=data.reason, clamp=data.clamp)


@post("/stock/write-off", status_code=200, opt={"action": Action.MOVE_STOCK})
async def write_off(request: Asked, data: JSONBody[LossBody]) -> Response[StockMoved]:
    """Units are gone, promised or not; orders that are short by it are named. Needs an Idempotency-Key."""
    lines = [StockLine(line.sku, line.location, -line.quantity) for line in data.lines]
    return await _move(request, lines, kind="written_off", reason=data.reason, promised=True)


async def _move(
    request: Asked,
    lines: list[StockLine],
    *,
    kind: str,
    reason: str,
    clamp: bool = False,
    promised: bool = False,
) -> Response[StockMoved]:
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> StockMoved:
        moved = await move_stock(
            tx, lines=lines, kind=kind, reason=reason, actor=actor, at=at, clamp=clamp, promised=promised
        )
        await audit.record(tx, actor=actor, action=f"stock_{kind}", subject=f"{len(lines)} lines", at=at)
        return StockMoved(moved)

    return await do_once(request, effect)


ROUTES = [receive, adjust, write_off]
