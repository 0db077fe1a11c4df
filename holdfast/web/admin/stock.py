"""Stock for staff: receive and adjust."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Sku
from holdfast.db.queries import Transaction
from holdfast.errors import FieldInvalid
from holdfast.jobs import Job, enqueue
from holdfast.limits import QUANTITY_MAX, REASON_CHARS_MAX, STOCK_LINES_MAX
from holdfast.stock.movements import Moved, StockLine, move_stock
from holdfast.web.session import Asked, do_once, principal_of

Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")]
Units = Annotated[int, Meta(ge=-QUANTITY_MAX * 100, le=QUANTITY_MAX * 100)]


class LineBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units at a place; negative ones are taken away."""

    sku: Sku
    quantity: Units
    location: Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]+(?!\n)$")] = "main"


class StockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What moves and why; ``clamp``: take what is there when there is less."""

    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=STOCK_LINES_MAX)]
    reason: Reason
    clamp: bool = False


class StockMoved(msgspec.Struct, frozen=True):
    """What became of the lines."""

    lines: list[Moved]


@post("/stock/receive", status_code=200, opt={"action": Action.MOVE_STOCK})
async def receive(request: Asked, data: JSONBody[StockBody]) -> Response[StockMoved]:
    """Goods have arrived; what is owed of them goes to those who paid. Needs an Idempotency-Key."""
    for place, line in enumerate(data.lines):
        if line.quantity < 1:
            raise FieldInvalid(field=f"lines[{place}].quantity", reason="must be at least 1")
    return await _move(request, data, kind="received")


@post("/stock/adjust", status_code=200, opt={"action": Action.MOVE_STOCK})
async def adjust(request: Asked, data: JSONBody[StockBody]) -> Response[StockMoved]:
    """Correct what is on hand, with a reason. Needs an Idempotency-Key."""
    for place, line in enumerate(data.lines):
        if line.quantity == 0:
            raise FieldInvalid(field=f"lines[{place}].quantity", reason="must not be 0")
    return await _move(request, data, kind="adjusted")


async def _move(request: Asked, data: StockBody, *, kind: str) -> Response[StockMoved]:
    actor, at = principal_of(request).id, clock.now()
    lines = [StockLine(line.sku, line.location, line.quantity) for line in data.lines]

    async def effect(tx: Transaction) -> StockMoved:
        moved = await move_stock(
            tx, lines=lines, kind=kind, reason=data.reason, actor=actor, at=at, clamp=data.clamp
        )
        await enqueue(tx, Job.FILL_OWED, [line.sku for line in lines if line.quantity > 0])
        await audit.record(tx, actor=actor, action=f"stock_{kind}", subject=f"{len(lines)} lines", at=at)
        return StockMoved(moved)

    return await do_once(request, effect)


ROUTES = [receive, adjust]
