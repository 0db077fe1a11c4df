"""Backorders, preorders, thresholds, buyers who wait, and why a number is what it is."""

from datetime import timedelta
from typing import Any

import pytest

from holdfast import clock
from tests.api.answers import refused, rows
from tests.house import Json, Shop
from tests.stories.stock import (
    counters,
    paid_in_cash,
    pass_by,
    place_named,
    received,
    short,
)

pytestmark = pytest.mark.anyio


async def backorders(shop: Shop, limit: int, *, location: str = "main") -> Json:
    lines = [{"sku": "MUG", "limit": limit, "location": location}]
    return await shop.as_staff("POST", "/admin/stock/backorders", {"lines": lines, "reason": "on order"})


async def variant(shop: Shop, slug: str = "p-mug") -> Json:
    found: Json = (await shop.call("GET", f"/products/{slug}")).json()["variants"][0]
    return found


async def test_orders_beyond_what_is_there_go_up_to_the_limit(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    assert (await variant(shop))["availability"] == "in_stock"
    (line,) = (await backorders(shop, 2))["lines"]
    assert (line["was"], line["limit"], line["short"]) == (0, 2, 0)
    await paid_in_cash(shop, {"MUG": 1})
    assert [(await variant(shop))[x] for x in ("availability", "available")] == ["backorder", 2]
    await shop.placed({"MUG": 2}, "cash_on_delivery")
    assert (await variant(shop))["availability"] == "sold_out"
    assert (await shop.place({"MUG": 1}, "cash_on_delivery")).status_code == 409


async def test_a_limit_that_is_lowered_below_what_is_promised_names_who_is_short(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await backorders(shop, 3)
    first, second = [await paid_in_cash(shop, {"MUG": 2}) for _ in range(2)]
    (line,) = (await backorders(shop, 1))["lines"]
    assert (line["was"], line["limit"], line["short"]) == (3, 1, 2)
    assert await counters(shop) == (1, 0, 4, 2)
    assert [x["orders"] for x in await short(shop)] == [[second]]
    await backorders(shop, 0)
    assert [x["orders"] for x in await short(shop)] == [[first, second]]
    await backorders(shop, 3)
    assert (await counters(shop), await short(shop)) == ((1, 0, 4, 0), [])


async def test_a_preorder_is_sold_and_shown_with_its_day(shop: Shop) -> None:
    day = clock.now() + timedelta(days=30)

    async def imported(**more: Any) -> None:
        mug = {"sku": "MUG", "name": "Mug", "price": {"amount": 500, "currency": "GBP"}, **more}
        body = {"products": [{"slug": "p-mug", "name": "Mug", "variants": [mug]}]}
        await shop.as_staff("POST", "/admin/catalog/import", body)

    await imported(available_from=day.isoformat())
    await backorders(shop, 5)
    shown = await variant(shop)
    assert (shown["availability"], shown["available"]) == ("preorder", 5)
    assert shown["available_from"].startswith(day.date().isoformat())
    await paid_in_cash(shop, {"MUG": 2})
    await imported()  # another import says nothing about it
    assert (await variant(shop))["availability"] == "preorder"
    await imported(available_from=None)
    assert [(await variant(shop))[x] for x in ("availability", "available_from")] == ["backorder", None]


async def test_the_staff_are_told_once_per_crossing(shop: Shop) -> None:
    await shop.stocked({"JUG": 11, "MUG": 11, "FEE": None})

    async def rung() -> list[str]:
        await shop.drain()
        asked = await shop.fetch("SELECT count(*) AS rung FROM letters WHERE kind = 'low_stock'")
        low = (await shop.as_staff("GET", "/admin/stock/low"))["data"]
        return [f"{asked[0]['rung']} rung", *(f"{x['sku']} {x['units']}/{x['low_at']}" for x in low)]

    await shop.sweep()
    assert await rung() == ["0 rung"]
    order_id = await paid_in_cash(shop, {"MUG": 1})
    for _ in range(2):
        await shop.sweep()
        assert await rung() == ["1 rung", "MUG 10/10"]
    await shop.as_staff("POST", f"/admin/orders/{order_id}/cancel", {"reason": "regretted"})
    await shop.sweep()
    assert await rung() == ["1 rung"]
    lines = [{"sku": "JUG", "low_stock_at": 20}, {"sku": "MUG", "low_stock_at": 0}]
    await shop.as_staff("POST", "/admin/stock/thresholds", {"lines": lines})
    await paid_in_cash(shop, {"MUG": 5})
    await shop.sweep()
    assert await rung() == ["2 rung", "JUG 11/20"]
    await shop.as_staff("POST", "/admin/stock/thresholds", {"lines": [{"sku": "MUG", "low_stock_at": None}]})
    await shop.sweep()
    assert await rung() == ["3 rung", "JUG 11/20", "MUG 6/10"]


async def test_a_hold_alone_rings_no_alarm(shop: Shop) -> None:
    await shop.stocked({"MUG": 11})
    await shop.placed({"MUG": 5}, "cash_on_delivery")
    await shop.sweep()
    assert (await shop.as_staff("GET", "/admin/stock/low"))["data"] == []


async def ask(shop: Shop, email: str, sku: str = "MUG") -> Any:
    return await shop.call("POST", f"/stock/{sku}/alerts", {"email": email})


async def due(shop: Shop) -> list[str]:
    """Whom the letters that wait are for."""
    found = await shop.fetch(
        """SELECT a.email FROM stock_alerts a JOIN letters l ON l.subject = a.id
           WHERE a.due_at IS NOT NULL AND l.kind = 'back_in_stock' ORDER BY a.id"""
    )
    return [row["email"] for row in found]


async def test_a_buyer_who_waits_is_told_once_when_it_is_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    placed = await shop.placed({"MUG": 1}, "cash_on_delivery")
    for email in ("ada@example.com", "ADA@example.com", "bob@example.com"):
        answer = await ask(shop, email)
        assert (answer.status_code, answer.json()) == (200, {"sku": "MUG", "state": "waiting"})
    await shop.sweep()
    assert await due(shop) == []
    pass_by(hours=73)
    await shop.sweep()
    assert await shop.state(placed["order"]["id"]) == "cancelled"
    assert await due(shop) == ["ada@example.com", "bob@example.com"]
    await shop.send_letters()
    await shop.sweep()
    assert await shop.count("stock_alerts") == 0


async def test_what_can_be_had_is_not_waited_for_and_no_address_is_kept(shop: Shop) -> None:
    await shop.stocked({"MUG": 1, "FEE": None})
    for sku in ("MUG", "FEE"):
        assert (await ask(shop, "ada@example.com", sku)).json() == {"sku": sku, "state": "available"}
    refused(await ask(shop, "ada@example.com", "NOTHING"), 404, "not_found")
    refused(await ask(shop, "nobody", "MUG"), 422, "field_invalid", "email")
    assert await shop.count("stock_alerts") == 0


async def test_who_waits_longer_than_what_came_back_lasted_goes_on_waiting(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await paid_in_cash(shop, {"MUG": 1})
    await ask(shop, "ada@example.com")
    await received(shop, 1)
    await paid_in_cash(shop, {"MUG": 1})
    await shop.sweep()
    assert await due(shop) == []
    assert await shop.count("stock_alerts") == 1


async def history(shop: Shop, query: str = "") -> Json:
    return await shop.as_staff("GET", f"/admin/stock/MUG/history{query}")


async def test_every_number_is_the_sum_of_its_movements_at_any_moment(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await place_named(shop, "shop", priority=1)
    opened = pass_by(minutes=1)
    pass_by(hours=1)
    await received(shop, 2, location="shop")
    gone = {"lines": [{"sku": "MUG", "quantity": 3}], "reason": "broken"}
    await shop.as_staff("POST", "/admin/stock/write-off", gone)
    order_id = await paid_in_cash(shop, {"MUG": 1})
    now = await history(shop)
    assert (now["on_hand"], [(x["location"], x["on_hand"]) for x in now["places"]]) == (
        4,
        [("main", 2), ("shop", 2)],
    )
    told = [(x["location"], x["kind"], x["quantity"], x["on_hand"], x["reason"]) for x in now["data"]]
    assert told == [
        ("main", "written_off", -3, 2, "broken"),
        ("shop", "received", 2, 2, "delivery"),
        ("main", "received", 5, 5, "opening"),
    ]
    assert [(x["order_id"], x["state"], x["quantity"]) for x in now["now"]["promised"]] == [
        (order_id, "committed", 1)
    ]
    assert [(x["location"], x["on_hand"], x["committed"]) for x in now["now"]["places"]] == [
        ("main", 2, 1),
        ("shop", 2, 0),
    ]
    then = await history(shop, f"?at={opened.isoformat().replace('+00:00', 'Z')}")
    assert (then["on_hand"], [x["kind"] for x in then["data"]]) == (5, ["received"])


async def test_a_long_history_is_read_page_by_page(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    for _ in range(4):
        await received(shop, 1)
    seen: list[int] = []
    cursor: int | None = None
    while True:
        page = await history(shop, f"?limit=2{f'&cursor={cursor}' if cursor else ''}")
        seen += [x["on_hand"] for x in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [5, 4, 3, 2, 1]


async def test_terms_are_sane_numbers_of_what_exists(shop: Shop) -> None:
    await shop.stocked({"MUG": 1, "FEE": None})
    before = await rows(shop)
    limits, thresholds = "/admin/stock/backorders", "/admin/stock/thresholds"
    for path, line, status, code in (
        (limits, {"sku": "MUG", "limit": -1}, 422, "field_invalid"),
        (limits, {"sku": "FEE", "limit": 1}, 404, "unknown_sku"),
        (limits, {"sku": "MUG", "limit": 1, "location": "nowhere"}, 404, "unknown_sku"),
        (thresholds, {"sku": "MUG", "low_stock_at": -1}, 422, "field_invalid"),
        (thresholds, {"sku": "FEE", "low_stock_at": 1}, 404, "unknown_sku"),
    ):
        refused(
            await shop.call(
                "POST",
                path,
                {"lines": [line], "reason": "x"} if path is limits else {"lines": [line]},
                **shop.staff,
            ),
            status,
            code,
        )
    refused(await shop.call("GET", "/admin/stock/NOTHING/history", **shop.staff), 404, "not_found")
    assert await rows(shop) == before
