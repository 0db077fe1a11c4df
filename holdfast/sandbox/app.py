"""The sandbox as one web application: its banks, the control API, and a first page that explains it."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, Request, Response, Router, get

from holdfast.sandbox import pages
from holdfast.sandbox.bank.bank import Bank
from holdfast.sandbox.bank.books import House
from holdfast.sandbox.bank.deliver import Deliverer
from holdfast.sandbox.bank.faults import MAGIC_MINOR
from holdfast.sandbox.bank.journal import Journal
from holdfast.sandbox.config import SandboxConfig
from holdfast.sandbox.control import control_router
from holdfast.sandbox.providers.flutterwave.bank import open_flutterwave
from holdfast.sandbox.providers.paypal.bank import open_paypal
from holdfast.sandbox.providers.paystack.bank import open_paystack
from holdfast.sandbox.providers.razorpay.bank import open_razorpay
from holdfast.sandbox.providers.signed_callback.bank import open_awash, open_cbe_birr
from holdfast.sandbox.providers.stripe.bank import open_stripe
from holdfast.sandbox.providers.telebirr.bank import open_telebirr

BANKS: Mapping[str, Callable[[House], Bank]] = {
    "stripe": open_stripe,
    "razorpay": open_razorpay,
    "paystack": open_paystack,
    "flutterwave": open_flutterwave,
    "paypal": open_paypal,
    "telebirr": open_telebirr,
    "cbe_birr": open_cbe_birr,
    "awash": open_awash,
}
"""Every provider that is stood in for, by the name that its addresses and webhooks have."""

BODY_BYTES_MAX = 1_048_576
LATEST_MAX = 20


def create_app(config: SandboxConfig) -> Litestar:
    """Wire everything, restore the journal; BlockingIOError means that another sandbox has it open."""
    journal = Journal(config.journal)
    deliverer = Deliverer(in_flight=config.deliveries_in_flight)
    house = House(config, journal, deliverer)
    offered = config.offered or BANKS.keys()
    banks = {name: open_bank(house) for name, open_bank in BANKS.items() if name in offered}
    for line in journal.lines():
        if line.bank in banks:
            banks[line.bank].books.restore(line)

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncGenerator[None, None]:
        deliverer.start()
        for bank in banks.values():
            bank.hooks.resume()
        yield
        for bank in banks.values():
            bank.books.stop()
        await deliverer.stop()
        journal.close()

    return Litestar(
        route_handlers=[
            front_page,
            style,
            control_router(),
            *(Router(f"/{name}", route_handlers=bank.routers) for name, bank in banks.items()),
        ],
        lifespan=[running],
        opt={"banks": banks, **{name: bank.account for name, bank in banks.items()}},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=BODY_BYTES_MAX,
    )


@get("/")
async def front_page(request: Request[Any, Any, Any]) -> Response[str]:
    """What this is, and the last payments."""
    banks: Mapping[str, Bank] = request.route_handler.opt["banks"]
    rows = [row for bank in banks.values() for row in bank.latest(LATEST_MAX)]
    rows = sorted(rows, key=lambda row: -row.created)[:LATEST_MAX]
    return pages.render("front.html", rows=rows, banks=banks.values(), magic=MAGIC_MINOR, title="")


@get("/static/sandbox.css")
async def style() -> Response[bytes]:
    """The only style sheet."""
    return Response(pages.STYLE, media_type="text/css", headers={"Cache-Control": "max-age=300"})
