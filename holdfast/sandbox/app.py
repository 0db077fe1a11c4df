"""The sandbox as one web application: its banks, the control API, and a first page that explains it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, get

from holdfast.sandbox import pages
from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.control import Bank, control_router
from holdfast.sandbox.deliver import Deliverer
from holdfast.sandbox.journal import Journal
from holdfast.sandbox.providers.stripe.bank import StripeBank

BODY_BYTES_MAX = 1_048_576
LATEST_MAX = 20


def create_app(config: SandboxConfig) -> Litestar:
    """Wire everything, restore the journal; BlockingIOError means that another sandbox has it open."""
    journal = Journal(config.journal)
    deliverer = Deliverer(in_flight=config.deliveries_in_flight, retry_scale=config.retry_scale)
    banks: tuple[Bank, ...] = (StripeBank(config, journal=journal, deliverer=deliverer),)
    by_name = {bank.name: bank for bank in banks}
    for line in journal.lines():
        by_name[line.bank].restore(line)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncGenerator[None, None]:
        deliverer.start()
        for bank in banks:
            bank.resume()
        yield
        for bank in banks:
            bank.stop()
        await deliverer.stop()
        journal.close()

    return Litestar(
        route_handlers=[
            front_page,
            style,
            control_router(),
            *(router for bank in banks for router in bank.routers()),
        ],
        lifespan=[running],
        opt={"banks": banks, "config": config, **by_name},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BODY_BYTES_MAX,
    )


@get("/")
async def front_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What this is, and the last payments."""
    banks: tuple[Bank, ...] = request.route_handler.opt["banks"]
    rows = sorted((row for bank in banks for row in bank.latest(LATEST_MAX)), key=lambda row: -row.created)
    return pages.render("front.html", rows=rows[:LATEST_MAX], config=request.route_handler.opt["config"])


@get("/static/sandbox.css")
async def style() -> Response[bytes]:
    """The only style sheet."""
    return Response(pages.STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})
