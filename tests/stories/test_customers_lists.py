"""What customers keep for another day: wishlists with live prices, and the alerts that they wait for."""

import asyncio

import pytest

from holdfast.limits import WISHES_MAX
from tests.api.answers import refused, rows
from tests.house import Json
from tests.stories.people import ADA, EVE, Town

pytestmark = pytest.mark.anyio


async def wished(town: Town, who: dict[str, str]) -> list[Json]:
    found: list[Json] = (await town.shop.call("GET", "/account/wishlist", **who)).json()["data"]
    return found


async def test_a_wishlist_shows_its_owner_what_can_be_had_now(town: Town) -> None:
    await town.shop.stocked({"MUG": 2, "JUG": 0, "TEA": None})
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    for sku in ("MUG", "JUG", "TEA"):
        assert (await town.shop.call("PUT", f"/account/wishlist/{sku}", **ada)).status_code == 200
    again = (await town.shop.call("PUT", "/account/wishlist/MUG", **ada)).json()
    assert [line["sku"] for line in again["data"]] == ["TEA", "JUG", "MUG"]
    assert [(x["available"], x["availability"]) for x in again["data"]] == [
        (None, "in_stock"),
        (0, "sold_out"),
        (2, "in_stock"),
    ]
    assert (again["data"][2]["product"], again["data"][2]["price"]["amount"]) == ("p-mug", 1_000)
    before = await rows(town.shop)
    refused(await town.shop.call("PUT", "/account/wishlist/NONE", **ada), 404, "unknown_sku", "sku")
    refused(await town.shop.call("PUT", "/account/wishlist/MUG"), 401, "unauthenticated")
    refused(await town.shop.call("PUT", "/account/wishlist/MUG", **town.shop.staff), 401, "unauthenticated")
    assert (await town.shop.call("DELETE", "/account/wishlist/MUG", **eve)).json() == {"data": []}
    assert await rows(town.shop) == before
    await town.shop.stocked({"MUG": 3}, price=700)
    for _ in range(2):
        left = (await town.shop.call("DELETE", "/account/wishlist/JUG", **ada)).json()["data"]
        assert [(x["sku"], x["available"], x["price"]["amount"]) for x in left][1:] == [("MUG", 5, 700)]
    hidden = {"slug": "p-mug", "name": "Mug", "published": False, "variants": [
        {"sku": "MUG", "name": "Mug", "price": {"amount": 700, "currency": "GBP"}}]}  # fmt: skip
    await town.shop.as_staff("POST", "/admin/catalog/import", {"products": [hidden]})
    assert [line["sku"] for line in await wished(town, ada)] == ["TEA"]


async def test_a_wishlist_has_an_end_however_many_add_at_once(town: Town) -> None:
    skus = {f"S{n:03}": None for n in range(WISHES_MAX + 5)}
    await town.shop.stocked(dict(skus))
    await town.register(ADA)
    ada = await town.bearer(ADA)
    (user_id,) = [row["id"] for row in await town.shop.fetch("SELECT id FROM users WHERE email = $1", ADA)]
    first = list(skus)[: WISHES_MAX - 5]
    await town.shop.database.pool.execute(
        "INSERT INTO wishes SELECT $1, sku, now() FROM unnest($2::text[]) AS w(sku)", user_id, first
    )
    tried = [town.shop.call("PUT", f"/account/wishlist/{sku}", **ada) for sku in list(skus)[WISHES_MAX - 5 :]]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*tried))
    assert codes == [200] * 5 + [409] * 5
    assert (await town.shop.call("PUT", "/account/wishlist/S000", **ada)).status_code == 200
    assert len(await wished(town, ada)) == WISHES_MAX


async def test_somebody_sees_and_drops_what_they_wait_for_under_the_address_they_have_proved(
    town: Town,
) -> None:
    await town.shop.stocked({"MUG": 0})
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    asked = await town.shop.call("POST", "/stock/MUG/alerts", {"email": "Ada@Example.com"})
    assert asked.json()["state"] == "waiting"
    (alert,) = (await town.shop.call("GET", "/account/alerts", **ada)).json()["data"]
    assert alert["sku"] == "MUG"
    path = f"/account/alerts/{alert['id']}"
    assert (await town.shop.call("GET", "/account/alerts", **eve)).json() == {"data": []}
    refused(await town.shop.call("DELETE", path, **eve), 404, "not_found")
    refused(await town.shop.call("DELETE", path), 401, "unauthenticated")
    proved = "UPDATE users SET email_verified_at = {} WHERE email = $1"
    await town.shop.database.pool.execute(proved.format("NULL"), ADA)
    assert (await town.shop.call("GET", "/account/alerts", **ada)).json() == {"data": []}
    refused(await town.shop.call("DELETE", path, **ada), 404, "not_found")
    assert await town.shop.count("stock_alerts") == 1
    await town.shop.database.pool.execute(proved.format("now()"), ADA)
    assert (await town.shop.call("DELETE", path, **ada)).status_code == 204
    assert await town.shop.count("stock_alerts") == 0
