"""A customer has only so many open checkouts, over all carts, also when they are begun at once."""

import asyncio

import pytest

from tests.api.answers import refused, rows
from tests.races.gates import closed
from tests.stories.people import ADA, EVE, Town
from tests.stories.test_carts_across_log_in import filled

pytestmark = pytest.mark.anyio

OWN_ROW = "SELECT FROM users WHERE email = $1 FOR NO KEY UPDATE"


async def test_a_customer_has_a_bounded_number_of_open_checkouts_also_at_once(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    await shop.rules(open_checkouts_max=2)
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    carts = [await filled(town, ada, MUG=1) for _ in range(4)]
    async with closed(shop.database, OWN_ROW, ADA) as gate:
        begun = [
            asyncio.create_task(shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **ada))
            for cart in carts
        ]
        await gate.stopped(4)
        await gate.open()
        answers = await asyncio.gather(*begun)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    assert await shop.count("checkouts") == 2

    lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
    before = await rows(shop)
    for body in ({"cart_id": carts[0]["id"]}, lines):
        found = refused(await shop.call("POST", "/checkouts", body, **ada), 409, "too_many_checkouts")
        assert found["open_max"] == 2
    assert await rows(shop) == before
    for others in (eve, {}):
        assert (await shop.call("POST", "/checkouts", lines, **others)).status_code == 201

    first = next(answer.json()["checkout"]["id"] for answer in answers if answer.is_success)
    assert (await shop.call("POST", f"/checkouts/{first}/cancel", **ada)).status_code == 200
    assert (await shop.call("POST", "/checkouts", lines, **ada)).status_code == 201
    refused(await shop.call("POST", "/checkouts", lines, **ada), 409, "too_many_checkouts")
