"""The HTTP application: which routes there are, and what they share."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router

from holdfast.limits import BODY_BYTES_MAX
from holdfast.process import open_process
from holdfast.settings import Settings
from holdfast.web import docs, health, webhooks
from holdfast.web.admin import attention, catalog, events, reviews, vendors
from holdfast.web.admin import orders as staff_orders
from holdfast.web.admin.fulfilment import moves, papers, shipments
from holdfast.web.admin.money import refunds, transfers
from holdfast.web.admin.money import returns as staff_returns
from holdfast.web.admin.people import audit, lockouts, personal_data, workers
from holdfast.web.admin.shelf import counting, moving, places, terms
from holdfast.web.admin.shelf import transfers as stock_transfers
from holdfast.web.admin.terms import coupons, purchase_limits
from holdfast.web.admin.terms import settings as shop_settings
from holdfast.web.api import (
    carts,
    checkouts,
    holds,
    orders,
    payments,
    products,
    proofs,
    returns,
    stock,
    vendor,
)
from holdfast.web.api.account import account, addresses, alerts, keys, login, own_data, totp, wishlist
from holdfast.web.api.account import reviews as own_reviews
from holdfast.web.body import StrictRequest
from holdfast.web.guard.headers import AnswerHeaders, cors
from holdfast.web.guard.rates import open_rates
from holdfast.web.guard.routes import prepare_routes
from holdfast.web.openapi import CONFIG, STAFF_ONLY
from holdfast.web.problems import HANDLERS
from holdfast.web.session import authorise

_GC_YOUNG_MAX = 20_000  # objects made before the young ones are looked at; a batch of orders makes thousands

ACCOUNT = [login, account, own_data, totp, keys, addresses, wishlist, own_reviews, alerts]
SHOP = [products, stock, carts, checkouts, holds, orders, payments, proofs, returns, vendor, *ACCOUNT]
FULFILMENT = [moves, shipments, papers]
SHELF = [moving, counting, stock_transfers, places, terms]
MONEY = [refunds, staff_returns, transfers]
TERMS = [shop_settings, purchase_limits, coupons]
PEOPLE = [workers, lockouts, personal_data, audit]
DESK = [
    catalog,
    reviews,
    *SHELF,
    staff_orders,
    *FULFILMENT,
    *MONEY,
    vendors,
    attention,
    events,
    *TERMS,
    *PEOPLE,
]


def create_app(settings: Settings, database_url: str) -> Litestar:
    """The application of one process; it connects when it is started."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_process(settings, database_url) as process, open_rates(process) as rates:
            app.state.process, app.state.rates = process, rates
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
    app = Litestar(
        route_handlers=[api, admin, *webhooks.ROUTES, *health.ROUTES, *docs.ROUTES],
        lifespan=[lifespan],
        before_request=authorise,
        before_send=[AnswerHeaders(settings)],
        cors_config=cors(settings.door),
        request_class=StrictRequest,
        exception_handlers=HANDLERS,
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=CONFIG,
        logging_config=None,
    )
    prepare_routes(app)
    return app
