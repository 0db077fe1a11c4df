"""The HTTP application: which routes there are, and what they share."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router

from holdfast.limits import BODY_BYTES_MAX
from holdfast.process import open_process
from holdfast.settings import Settings
from holdfast.web import docs, health, webhooks
from holdfast.web.admin import attention, catalog, events, refunds, transfers
from holdfast.web.admin import orders as staff_orders
from holdfast.web.admin import returns as staff_returns
from holdfast.web.admin import settings as shop_settings
from holdfast.web.admin import stock as staff_stock
from holdfast.web.api import carts, checkouts, holds, orders, payments, products, proofs, returns, stock
from holdfast.web.body import StrictRequest
from holdfast.web.openapi import CONFIG, STAFF_ONLY
from holdfast.web.problems import HANDLERS
from holdfast.web.session import authorise

_GC_YOUNG_MAX = 20_000  # objects made before the young ones are looked at; a batch of orders makes thousands

SHOP = [products, stock, carts, checkouts, holds, orders, payments, proofs, returns]
DESK = [
    catalog,
    staff_stock,
    staff_orders,
    refunds,
    staff_returns,
    transfers,
    attention,
    events,
    shop_settings,
]


def create_app(settings: Settings, database_url: str) -> Litestar:
    """The application of one process; it connects when it is started."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_process(settings, database_url) as process:
            app.state.process = process
            # What lives as long as the process is not looked at again: a full collection took 45 ms with it.
            gc.collect()
            gc.freeze()
            gc.set_threshold(_GC_YOUNG_MAX, 10, 10)
            yield

    api = Router("/api/v1", route_handlers=[handler for module in SHOP for handler in module.ROUTES])
    admin = Router(
        "/api/v1/admin",
        route_handlers=[handler for module in DESK for handler in module.ROUTES],
        security=[STAFF_ONLY],
    )
    return Litestar(
        route_handlers=[api, admin, *webhooks.ROUTES, *health.ROUTES, *docs.ROUTES],
        lifespan=[lifespan],
        before_request=authorise,
        request_class=StrictRequest,
        exception_handlers=HANDLERS,
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=CONFIG,
        logging_config=None,
    )
