"""A real shop's first week, played through a running server over HTTP and paid at the sandbox.

Fixtures: `shop_url` is a fresh shop with its worker and sandbox, `staff_key` an API key of its staff.
"""

from pathlib import Path

import pytest

from holdfast.replay.play import replay
from holdfast.replay.report import Report
from holdfast.replay.stocking import Stocking
from holdfast.replay.street import Progress, ShopRefusesError
from tests.clients import http_client

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

WEEK = Path(__file__).parents[3] / "shared" / "data" / "online-retail-first-week.csv"
SKUS_PER_READ = 200


async def play_the_week(url: str, key: str, stock: Stocking, seen: list[Progress] | None = None) -> Report:
    if not WEEK.exists():
        pytest.skip(f"{WEEK} is not here")
    progress = [] if seen is None else seen
    return await replay(WEEK, url=url, api_key=key, stock=stock, progress=progress.append)


async def available(url: str, skus: list[str]) -> dict[str, int]:
    """What the shop says can still be had, by SKU."""
    found: dict[str, int] = {}
    async with http_client(base_url=url) as shop:
        for start in range(0, len(skus), SKUS_PER_READ):
            query = {"sku": skus[start : start + SKUS_PER_READ]}
            answer = (await shop.get("/api/v1/stock", params=query)).raise_for_status()
            found |= {row["sku"]: row["available"] for row in answer.json()["data"]}
    return found


async def test_with_plenty_every_order_of_the_week_is_placed_paid_and_right_to_the_penny(
    shop_url: str, staff_key: str
) -> None:
    seen: list[Progress] = []
    report = await play_the_week(shop_url, staff_key, "plenty", seen)
    assert report.went_well, (report.refused, report.unpaid)
    assert (report.placed, report.paid, report.repeated, report.shipped) == (611, 611, 0, 611)
    # Counted from the file by other code in tests/rules/test_replay_read.py.
    assert (report.sales.lines, report.sales.units, report.sales.revenue_minor) == (
        16_676,
        137_912,
        33_987_649,
    )
    assert sum(month.revenue_minor for month in report.sales_by_month.values()) == 33_987_649
    assert sum(country.orders for country in report.sales_by_country.values()) == 611
    assert (report.adjustments, report.units_adjusted, report.adjustments_short) == (45, 1_897, ())
    left = await available(shop_url, [shelf.code for shelf in report.shelves])
    assert left == {shelf.code: shelf.returned for shelf in report.shelves}
    assert Progress("settling", 611, 611) in seen
    assert Progress("shipping", 611, 611) in seen
    # Counted from the file by other code in tests/rules/test_replay_returns.py.
    back = report.returns
    assert back is not None
    assert (back.returns, back.units, back.refunded_minor) == (21, 271, 82_657)
    assert sum(back.unmatched.values()) == 153
    assert report.net_minor == 33_987_649 - back.refunded_minor
    assert seen[-1] == Progress("returning", back.returns, back.returns)


async def test_the_same_file_played_twice_has_the_effect_of_once(shop_url: str, staff_key: str) -> None:
    first = await play_the_week(shop_url, staff_key, "plenty")
    second = await play_the_week(shop_url, staff_key, "plenty")
    assert (second.placed, second.repeated, second.paid, second.shipped) == (611, 611, 611, 611)
    assert second.sales == first.sales
    assert second.returns is not None
    assert first.returns is not None
    assert (second.returns.units, second.net_minor) == (first.returns.units, first.net_minor)
    left = await available(shop_url, [shelf.code for shelf in second.shelves])
    assert left == {shelf.code: shelf.returned for shelf in first.shelves}


async def test_with_scarce_stock_nothing_is_oversold_and_every_refusal_was_right(
    shop_url: str, staff_key: str
) -> None:
    report = await play_the_week(shop_url, staff_key, "scarce")
    assert report.went_well, (report.refused, report.unpaid)
    assert report.placed + len(report.refusals) == 611
    assert report.refusals
    left = await available(shop_url, [shelf.code for shelf in report.shelves])
    for shelf in report.shelves:
        assert shelf.left == left[shelf.code], shelf
    came_back = {shelf.code: shelf.returned for shelf in report.shelves}
    for refusal in report.refusals:
        assert refusal.lines
        # Shelves only empty until things come back: what was short at its moment was short then.
        assert all(line.available < line.requested for line in refusal.lines)
        assert all(left.get(x.sku, 0) - came_back.get(x.sku, 0) <= x.available for x in refusal.lines)


async def test_a_stranger_cannot_play(shop_url: str) -> None:
    with pytest.raises(ShopRefusesError):
        await play_the_week(shop_url, "hf_of_nobody", "plenty")
