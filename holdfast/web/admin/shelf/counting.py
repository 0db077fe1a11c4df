"""Stock-takes and files for staff: what was counted, and what a file changes, with a look at it before."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Sku
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import MediaTypeUnsupported
from holdfast.limits import REASON_CHARS_MAX, STOCK_FILE_BYTES_MAX, STOCK_LINES_MAX
from holdfast.stock.upkeep import bulk
from holdfast.stock.upkeep.bulk import Update
from holdfast.stock.upkeep.stock_take import Count, Counted, take_stock
from holdfast.web.admin.shelf.moving import LocationId, NoOrMoreUnits, Reason
from holdfast.web.session import Asked, do_once, principal_of, process_of

ReasonGiven = Annotated[str, QueryParameter(min_length=1, max_length=REASON_CHARS_MAX, pattern=r"^[^\x00]*$")]
Moment = Annotated[datetime, Meta(tz=True)]


class CountLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units found at a place, those included that are sold and have not left; ``counted_at``: when."""

    sku: Sku
    counted: NoOrMoreUnits
    location: LocationId = "main"
    counted_at: Moment | None = None


class CountBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A count; ``counted_at`` is the moment of the lines that have none of their own, otherwise it is now."""

    lines: Annotated[list[CountLine], Meta(min_length=1, max_length=STOCK_LINES_MAX)]
    reason: Reason
    counted_at: Moment | None = None


@post("/stock/counts", status_code=201, opt={"action": Action.MOVE_STOCK})
async def count(request: Asked, data: JSONBody[CountBody]) -> Response[Count]:
    """Enter a stock-take; differences become movements, orders that are short are named.

    A count is compared with what the books said at its moment. Needs an Idempotency-Key.
    """
    actor, at = principal_of(request).id, clock.now()
    lines = [Counted(x.sku, x.location, x.counted, x.counted_at or data.counted_at) for x in data.lines]

    async def effect(tx: Transaction) -> Count:
        entered = await take_stock(tx, lines=lines, reason=data.reason, actor=actor, at=at)
        await _note(tx, entered, actor=actor, at=at)
        return entered

    return await do_once(request, effect, status=201)


@post(
    "/stock/counts/file",
    status_code=201,
    request_max_body_size=STOCK_FILE_BYTES_MAX,
    opt={"action": Action.MOVE_STOCK},
)
async def count_file(request: Asked, reason: ReasonGiven = "stock-take") -> Response[Count]:
    """The same from a CSV file: sku, location, counted, counted_at. Needs an Idempotency-Key."""
    body = await _csv(request)
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Count:
        entered = await bulk.count_file(tx, body=body, reason=reason, actor=actor, at=at)
        await _note(tx, entered, actor=actor, at=at)
        return entered

    return await do_once(request, effect, status=201)


@post(
    "/stock/import",
    status_code=200,
    request_max_body_size=STOCK_FILE_BYTES_MAX,
    opt={"action": Action.MOVE_STOCK},
)
async def import_file(
    request: Asked, dry_run: FromQuery[bool] = False, reason: ReasonGiven = "import"
) -> Response[Update]:
    """Update stock from a CSV file, all lines or none; with dry_run only say what it would change.

    Columns: sku, location, add or on_hand, backorder_limit, low_stock_at. Needs an Idempotency-Key, unless
    nothing is to be done.
    """
    body = await _csv(request)
    actor, at = principal_of(request).id, clock.now()
    if dry_run:
        return Response(await read(process_of(request).database, lambda c: bulk.preview(c, body=body, at=at)))

    async def effect(tx: Transaction) -> Update:
        done = await bulk.update(tx, body=body, reason=reason, actor=actor, at=at)
        detail = {"changes": len(done.changes)}
        await audit.record(tx, actor=actor, action="stock_import", subject="stock", detail=detail, at=at)
        return done

    return await do_once(request, effect)


async def _csv(request: Asked) -> bytes:
    given, _ = request.content_type
    if given and given != "text/csv":
        raise MediaTypeUnsupported(given=given[:100], wanted="text/csv")
    return await request.body()


async def _note(tx: Transaction, entered: Count, *, actor: str, at: datetime) -> None:
    detail: dict[str, Any] = {
        "lines": len(entered.lines),
        "differences": sum(1 for line in entered.lines if line.difference),
    }
    await audit.record(tx, actor=actor, action="stock_counted", subject=entered.id, detail=detail, at=at)


ROUTES = [count, count_file, import_file]
