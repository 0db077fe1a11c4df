"""Terms and explanations for staff: backorder limits, thresholds, what is low, why a number is what it is."""

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Sku
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import FieldInvalid
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, STOCK_LINES_MAX
from holdfast.stock import alerts
from holdfast.stock.alerts import Low
from holdfast.stock.upkeep import terms
from holdfast.stock.upkeep.history import History, explain
from holdfast.stock.upkeep.terms import LimitSet
from holdfast.web.admin.shelf.moving import LocationId, NoOrMoreUnits, Reason
from holdfast.web.admin.shelf.places import SkuCursor
from holdfast.web.api.stock import SkuInPath
from holdfast.web.guard.moments import Moment, moment_of
from holdfast.web.session import Asked, do_once, principal_of, process_of


class LimitLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many units may be promised beyond what lies at a place."""

    sku: Sku
    limit: NoOrMoreUnits
    location: LocationId = "main"


class LimitsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Backorder limits to set, and why."""

    lines: Annotated[list[LimitLine], Meta(min_length=1, max_length=STOCK_LINES_MAX)]
    reason: Reason


class LimitsSet(msgspec.Struct, frozen=True):
    """What became of the limits."""

    lines: list[LimitSet]


class ThresholdLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At how few units of a SKU the staff are told; null: as the shop's settings say."""

    sku: Sku
    low_stock_at: NoOrMoreUnits | None


class ThresholdsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds to set."""

    lines: Annotated[list[ThresholdLine], Meta(min_length=1, max_length=STOCK_LINES_MAX)]


class ThresholdsSet(msgspec.Struct, frozen=True):
    """How many were set."""

    lines: int


class LowPage(msgspec.Struct, frozen=True):
    """SKUs of which little is left."""

    data: list[Low]
    next_cursor: str | None


@post("/stock/backorders", status_code=200, opt={"action": Action.SET_STOCK_TERMS})
async def set_backorders(request: Asked, data: JSONBody[LimitsBody]) -> Response[LimitsSet]:
    """Allow orders beyond what is there; a lower limit takes from nobody. Needs an Idempotency-Key."""
    actor, at = principal_of(request).id, clock.now()
    limits: dict[tuple[str, str], int] = {}
    for number, line in enumerate(data.lines):
        if (line.sku, line.location) in limits:
            raise FieldInvalid(field=f"lines[{number}].sku", reason=f"{line.sku} stands here twice")
        limits[line.sku, line.location] = line.limit

    async def effect(tx: Transaction) -> LimitsSet:
        done = await terms.set_backorders(tx, limits=limits, actor=actor, at=at)
        detail = {"reason": data.reason, "lines": [[x.sku, x.location, x.was, x.limit] for x in done]}
        await audit.record(tx, actor=actor, action="backorder_limits", subject="stock", detail=detail, at=at)
        return LimitsSet(done)

    return await do_once(request, effect)


@post("/stock/thresholds", status_code=200, opt={"action": Action.SET_STOCK_TERMS})
async def set_thresholds(request: Asked, data: JSONBody[ThresholdsBody]) -> Response[ThresholdsSet]:
    """Set at how few units the staff are told. Needs an Idempotency-Key."""
    actor, at = principal_of(request).id, clock.now()
    low_at: dict[str, int | None] = {}
    for number, line in enumerate(data.lines):
        if line.sku in low_at:
            raise FieldInvalid(field=f"lines[{number}].sku", reason=f"{line.sku} stands here twice")
        low_at[line.sku] = line.low_stock_at

    async def effect(tx: Transaction) -> ThresholdsSet:
        await terms.set_thresholds(tx, low_at=low_at)
        subject = f"{len(low_at)} lines"
        await audit.record(tx, actor=actor, action="stock_thresholds", subject=subject, at=at)
        return ThresholdsSet(len(low_at))

    return await do_once(request, effect)


@get("/stock/low", opt={"action": Action.READ_STOCK})
async def list_low(
    request: Asked,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: SkuCursor = "",
) -> LowPage:
    """SKUs that are at their threshold or below it, and since when."""
    process = process_of(request)
    rows = await read(
        process.database,
        lambda c: alerts.list_low(c, low_at=process.rules.low_stock_at, after=cursor, rows_max=limit + 1),
    )
    return LowPage(rows[:limit], rows[limit - 1].sku if len(rows) > limit else None)


@get("/stock/{sku:str}/history", opt={"action": Action.READ_STOCK})
async def history(
    request: Asked,
    sku: SkuInPath,
    at: Moment = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)] = None,
) -> History:
    """Why there are so many: the movements that add up to what lies there, now or at any moment.

    What is held and sold is explained as of now, by the orders and checkouts that have it.
    """
    moment = min(moment_of(at, field="at") or clock.now(), clock.now())
    return await read(
        process_of(request).database,
        lambda c: explain(c, sku=sku, at=moment, before_id=cursor, rows_max=limit),
    )


ROUTES = [set_backorders, set_thresholds, list_low, history]
