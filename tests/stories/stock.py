"""What stories about stock look at, and what staff do to it."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from holdfast import clock
from tests.house import Json, Shop

CSV = {"Content-Type": "text/csv"}


async def counters(shop: Shop, sku: str = "MUG", location: str = "main") -> tuple[int, int, int, int]:
    """(on hand, held, committed, shortfall) of a SKU at a place."""
    (row,) = await shop.fetch(
        "SELECT on_hand, held, committed, shortfall FROM stock WHERE sku = $1 AND location_id = $2",
        sku,
        location,
    )
    return tuple(row)


async def movements(shop: Shop, sku: str = "MUG") -> list[tuple[str, str, int]]:
    """(location, kind, units) of all movements of a SKU, oldest first."""
    found = await shop.fetch(
        "SELECT location_id, kind, quantity FROM movements WHERE sku = $1 ORDER BY id", sku
    )
    return [tuple(row) for row in found]


async def paid_in_cash(shop: Shop, lines: dict[str, int]) -> str:
    """An order whose units are committed; answers its id."""
    placed = await shop.placed(lines, "cash_on_delivery")
    order_id: str = placed["order"]["id"]
    await shop.as_staff("POST", f"/admin/orders/{order_id}/confirm-cash")
    return order_id


async def place_named(shop: Shop, location_id: str, **more: object) -> Json:
    return await shop.as_staff(
        "POST", "/admin/locations", {"id": location_id, "name": location_id.title(), **more}
    )


async def received(shop: Shop, units: int, *, sku: str = "MUG", location: str = "main") -> None:
    lines = [{"sku": sku, "quantity": units, "location": location}]
    await shop.as_staff("POST", "/admin/stock/receive", {"lines": lines, "reason": "delivery"})


async def counted(shop: Shop, units: int, *, sku: str = "MUG", **more: Any) -> httpx.Response:
    """Somebody counted the units of a SKU; entered by staff."""
    body = {"lines": [{"sku": sku, "counted": units, **more}], "reason": "stock-take"}
    return await shop.call("POST", "/admin/stock/counts", body, **shop.staff)


async def short(shop: Shop) -> list[Json]:
    """What open matters say of places that are short."""
    found = await shop.as_staff("GET", "/admin/attention")
    return [x["matter"]["detail"] for x in found["data"] if x["matter"]["kind"] == "stock_short"]


async def upload(shop: Shop, path: str, text: str, **headers: str) -> httpx.Response:
    """A CSV file, sent by staff."""
    named = {**shop.new_key(), **shop.staff, **CSV, **headers}
    return await shop.client.post(f"/api/v1{path}", content=text.encode(), headers=named)


def pass_by(**span: float) -> datetime:
    """Stop the clock some time later; answers the moment."""
    at = clock.now() + timedelta(**span)
    clock.stop(at)
    return at
