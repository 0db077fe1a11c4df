"""Lists of orders: by status, state, way to pay, buyer, number and moment, each along the same pages."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.answers import refused
from tests.house import Json, Shop
from tests.stories.money import id_of
from tests.stories.test_moves import COD, moved, paid

pytestmark = pytest.mark.anyio


async def listed(shop: Shop, query: str) -> list[str]:
    """Ids of all pages, two orders a page."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page: Json = await shop.as_staff("GET", f"/admin/orders?limit=2&{query}{more}")
        found += [order["id"] for order in page["data"]]
        cursor = page["next_cursor"]
    return found


async def test_orders_are_found_by_what_staff_look_for(shop: Shop) -> None:
    await shop.stocked({"MUG": 50})
    cash = [id_of(await shop.placed({"MUG": 1}, COD, email=f"B{n}@example.com")) for n in range(3)]
    card = [await paid(shop, {"MUG": 1}) for _ in range(3)]
    await moved(shop, cash[0], "confirmed")
    await moved(shop, card[0], "confirmed")
    await shop.as_staff("POST", f"/admin/orders/{card[0]}/refund", {})
    await shop.drain()
    everything = sorted([*cash, *card], reverse=True)
    assert await listed(shop, "") == everything
    assert await listed(shop, "status=paid") == [card[2], card[1]]
    assert await listed(shop, "state=confirmed") == [card[0], cash[0]]
    assert await listed(shop, "status=refunded&state=confirmed") == [card[0]]
    assert await listed(shop, f"payment_method={COD}") == cash[::-1]
    assert await listed(shop, f"payment_method={COD}&status=pending_payment") == [cash[2], cash[1]]
    assert await listed(shop, "email=b1@EXAMPLE.com") == [cash[1]]
    assert await listed(shop, "email=b1@example.com&status=paid") == []
    number = (await shop.order(card[1]))["answer"]["order"]["number"]
    assert await listed(shop, f"number={number}") == await listed(shop, f"number=%23{number}") == [card[1]]
    assert await listed(shop, "number=999999999999999999999") == []
    assert await listed(shop, "status=nonsense") == []


async def test_orders_are_found_by_reference_and_by_the_moment_they_were_placed(shop: Shop) -> None:
    await shop.stocked({"MUG": 50})
    noon = datetime(2010, 12, 1, 12, tzinfo=UTC)
    hours = [3, 1, 2, 2, 5]
    order_ids = [
        (
            await shop.as_staff(
                "POST",
                "/orders",
                shop.order_body(
                    {"MUG": 1}, placed_at=(noon + timedelta(hours=n)).isoformat(), reference=f"5363{n}"
                ),
            )
        )["order"]["id"]
        for n in hours
    ]
    third, first, second, twin, fifth = order_ids
    today = id_of(await shop.placed({"MUG": 1}))
    assert await listed(shop, "number=53632") == [twin, second]
    assert await listed(shop, "placed_from=2010-12-01T13:00:00Z&placed_until=2010-12-01T17:00:00Z") == [
        third,
        twin,
        second,
        first,
    ]
    assert await listed(shop, "placed_from=2010-12-01T15:00:00Z") == [today, fifth, third]
    assert await listed(shop, "placed_until=2010-12-01T14:00:00Z&state=pending_payment") == [first]
    assert await listed(shop, "placed_until=2010-12-01T14:00:00Z&payment_method=bank_transfer") == []


async def test_what_cannot_be_looked_for_is_refused(shop: Shop) -> None:
    for field, value in {
        "placed_from": "2010-12-01T15:00:00",
        "placed_until": "0001-01-01T00:00:00Z",
        "status": "PAID!",
        "number": "x" * 65,
    }.items():
        answer = await shop.call("GET", f"/admin/orders?{field}={value}", **shop.staff)
        refused(answer, 422, "field_invalid", field)
