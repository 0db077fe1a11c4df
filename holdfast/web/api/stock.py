"""Stock as buyers may see it: what is left, what of a wish cannot be had, and when it is back."""

from collections import Counter
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.cart.cart import CartLine
from holdfast.catalog.browse import read_listed
from holdfast.catalog.product import SKU, Listed, Sku
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read, transaction
from holdfast.limits import ORDER_LINES_MAX, SKU_CHARS_MAX, STOCK_SKUS_MAX, STOP_TOKEN_CHARS_MAX
from holdfast.notify.about_shelf import read_stop_token
from holdfast.stock import alerts
from holdfast.stock.movements import StockRow
from holdfast.web.api.orders import Email
from holdfast.web.session import Asked, do_once, process_of

SkuInPath = Annotated[str, PathParameter(max_length=SKU_CHARS_MAX, pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$")]
"""A SKU in an address."""

# The framework describes the list, but not what may stand in it.
_SKU_SCHEMA = {"type": "string", "maxLength": SKU_CHARS_MAX, "pattern": SKU}


class StockRows(msgspec.Struct, frozen=True):
    """A row per SKU that exists."""

    data: list[StockRow]


class CheckBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units that somebody would like to have."""

    lines: Annotated[tuple[CartLine, ...], Meta(min_length=1, max_length=ORDER_LINES_MAX)]


class Lack(msgspec.Struct, frozen=True):
    """A SKU that cannot be had like this, in units over all its lines."""

    sku: str
    requested: int
    available: int
    reason: Literal["unknown_sku", "out_of_stock"]


class Checked(msgspec.Struct, frozen=True):
    """Whether everything can be had now; nothing is promised by it."""

    ok: bool
    problems: tuple[Lack, ...]


class AlertBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to write to."""

    email: Email


class AlertAsked(msgspec.Struct, frozen=True):
    """``waiting``: a letter will come, once; ``available``: it can be had now, and nothing was kept."""

    sku: str
    state: Literal["waiting", "available"]


@get("/stock", opt={"action": Action.BROWSE})
async def read_stock(
    request: Asked,
    sku: Annotated[
        list[Sku], QueryParameter(min_items=1, max_items=STOCK_SKUS_MAX, schema_extra={"items": _SKU_SCHEMA})
    ],
) -> StockRows:
    """Units per SKU over all locations; what is not tracked is always there."""
    return StockRows(await process_of(request).stock.submit(sku))


@post("/stock/check", status_code=200, opt={"action": Action.BROWSE})
async def check_stock(request: Asked, data: JSONBody[CheckBody]) -> Checked:
    """What of these lines cannot be had, and why; changes nothing."""
    at = clock.now()
    wanted: Counter[str] = Counter()
    for line in data.lines:
        wanted[line.sku] += line.quantity
    listed = await read(process_of(request).database, lambda c: read_listed(c, skus=list(wanted), at=at))
    found = (_lack(sku, units, listed.get(sku)) for sku, units in wanted.items())
    problems = tuple(lack for lack in found if lack)
    return Checked(not problems, problems)


@post("/stock/{sku:str}/alerts", status_code=200, opt={"action": Action.SHOP})
async def ask_to_be_told(request: Asked, sku: SkuInPath, data: JSONBody[AlertBody]) -> Response[AlertAsked]:
    """Be told once when it can be had again; the address is kept until then. Asking twice is asking once."""
    at = clock.now()

    async def effect(tx: Transaction) -> AlertAsked:
        waits = await alerts.ask_to_be_told(tx, sku=sku, email=data.email, at=at)
        return AlertAsked(sku, "waiting" if waits else "available")

    return await do_once(request, effect, required=False)


@post("/alerts/stop", status_code=204, opt={"action": Action.SHOP})
async def stop_alerts(
    request: Asked, token: Annotated[str, QueryParameter(max_length=STOP_TOKEN_CHARS_MAX)]
) -> None:
    """Be told of nothing any more, by the token in a letter; mail programs may ask for it (RFC 8058)."""
    process = process_of(request)
    email = read_stop_token(process.vault, token)
    await transaction(process.database, lambda tx: alerts.stop_alerts(tx, email=email))


def _lack(sku: str, requested: int, item: Listed | None) -> Lack | None:
    if item is None or not item.published:
        return Lack(sku, requested, 0, "unknown_sku")
    if item.tracked and item.available < requested:
        return Lack(sku, requested, item.available, "out_of_stock")
    return None


ROUTES = [read_stock, check_stock, ask_to_be_told, stop_alerts]
