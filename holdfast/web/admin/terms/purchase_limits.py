"""Purchase limits for staff: how many units of a SKU one buyer may have, and within how many hours."""

from typing import Annotated

import msgspec
from litestar import Response, delete, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.checkout.purchase_limits import Limit, lift_limit, limit_purchases, read_limits
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.limits import PURCHASE_HOURS_MAX, QUANTITY_MAX
from holdfast.web.api.carts import sku_in
from holdfast.web.session import Asked, do_once, principal_of, process_of


class LimitBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many units within so many hours."""

    units_max: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    hours: Annotated[int, Meta(ge=1, le=PURCHASE_HOURS_MAX)]


class PurchaseLimits(msgspec.Struct, frozen=True):
    """All of them, by SKU."""

    data: list[Limit]


@get("/purchase-limits", opt={"action": Action.EDIT_CATALOGUE})
async def list_limits(request: Asked) -> PurchaseLimits:
    """What is limited; everything else may be bought by the cartload."""
    return PurchaseLimits(await read(process_of(request).database, read_limits))


@put("/purchase-limits/{sku:path}", opt={"action": Action.EDIT_CATALOGUE})
async def set_limit(request: Asked, sku: FromPath[str], data: JSONBody[LimitBody]) -> Response[Limit]:
    """Limit what one buyer may have of a SKU; it counts orders that are placed from now on."""
    limit = Limit(sku_in(sku), data.units_max, data.hours)
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Limit:
        detail = {"units_max": limit.units_max, "hours": limit.hours}
        await audit.record(tx, actor=actor, action="limit_purchases", subject=limit.sku, detail=detail, at=at)
        return await limit_purchases(tx, limit)

    return await do_once(request, effect, required=False)


@delete("/purchase-limits/{sku:path}", status_code=200, opt={"action": Action.EDIT_CATALOGUE})
async def lift(request: Asked, sku: FromPath[str]) -> Response[PurchaseLimits]:
    """Lift the limit of a SKU; answers those that are left."""
    wanted, actor, at = sku_in(sku), principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> PurchaseLimits:
        await lift_limit(tx, sku=wanted)
        await audit.record(tx, actor=actor, action="lift_purchase_limit", subject=wanted, at=at)
        return PurchaseLimits(await read_limits(tx))

    return await do_once(request, effect, required=False)


ROUTES = [list_limits, set_limit, lift]
