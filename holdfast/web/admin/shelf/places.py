"""Locations for staff: make one, rename it, choose who is asked first, switch one off, see what it has."""

from typing import Annotated

import msgspec
from litestar import Response, get, patch, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.product import Name
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import NotFound
from holdfast.limits import PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, SKU_CHARS_MAX
from holdfast.stock import locations
from holdfast.stock.locations import Location, Lying
from holdfast.web.admin.shelf.moving import LocationId
from holdfast.web.session import Asked, PathId, do_once, principal_of, process_of

Priority = Annotated[int, Meta(ge=0, le=1_000_000)]
SkuCursor = Annotated[str, QueryParameter(max_length=SKU_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$")]


class NewLocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place; the lowest priority is asked first."""

    id: LocationId
    name: Name
    priority: Priority = 0
    open: bool = True


class LocationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; ``open`` false: nothing new is promised from there."""

    name: Name | None = None
    priority: Priority | None = None
    open: bool | None = None


class Locations(msgspec.Struct, frozen=True):
    """All places, in the order in which they are asked."""

    data: list[Location]


class LyingPage(msgspec.Struct, frozen=True):
    """What lies at a place, by SKU."""

    data: list[Lying]
    next_cursor: str | None


@get("/locations", opt={"action": Action.READ_STOCK})
async def list_all(request: Asked) -> Locations:
    """All places."""
    return Locations(await read(process_of(request).database, locations.list_locations))


@post("/locations", status_code=201, opt={"action": Action.SET_STOCK_TERMS})
async def add(request: Asked, data: JSONBody[NewLocation]) -> Response[Location]:
    """A new place. Needs an Idempotency-Key."""
    actor, at = principal_of(request).id, clock.now()
    location = Location(data.id, data.name, data.priority, data.open)

    async def effect(tx: Transaction) -> Location:
        added = await locations.add_location(tx, location=location)
        await audit.record(tx, actor=actor, action="location_added", subject=data.id, at=at)
        return added

    return await do_once(request, effect, status=201)


@patch("/locations/{location_id:str}", opt={"action": Action.SET_STOCK_TERMS})
async def change(request: Asked, location_id: PathId, data: JSONBody[LocationChange]) -> Response[Location]:
    """Rename a place, change its priority, switch it off or on; what lies there stays there."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Location:
        after = await locations.change_location(
            tx, location_id=location_id, name=data.name, priority=data.priority, is_open=data.open
        )
        detail = {"priority": after.priority, "open": after.open}
        await audit.record(
            tx, actor=actor, action="location_changed", subject=location_id, detail=detail, at=at
        )
        return after

    return await do_once(request, effect, required=False)


@get("/locations/{location_id:str}/stock", opt={"action": Action.READ_STOCK})
async def list_lying(
    request: Asked,
    location_id: PathId,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_DEFAULT,
    cursor: SkuCursor = "",
) -> LyingPage:
    """What lies at a place, promised or free, by SKU."""
    known = await read(process_of(request).database, locations.list_locations)
    if location_id not in {location.id for location in known}:
        raise NotFound(kind="location", id=location_id)
    rows = await read(
        process_of(request).database,
        lambda c: locations.read_lying(c, location_id=location_id, after=cursor, rows_max=limit + 1),
    )
    shown = [*rows[:limit]]
    return LyingPage(shown, shown[-1].sku if len(rows) > limit else None)


ROUTES = [list_all, add, change, list_lying]
