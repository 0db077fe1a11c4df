"""A guest's cart is merged while somebody else uses it: each stopped where it hurts; nothing gets lost."""

import asyncio

import pytest

from tests.api.answers import refused
from tests.house import Json
from tests.races.carts import checkout_of, states, units
from tests.races.gates import closed
from tests.stories.people import ADA, EVE, Town
from tests.stories.test_carts_across_log_in import contents, entered, filled

pytestmark = pytest.mark.anyio

CART = "SELECT FROM carts WHERE id = $1 FOR NO KEY UPDATE"


async def carts(town: Town) -> dict[str, tuple[str, str | None]]:
    rows = await town.shop.fetch("SELECT id, state, customer_id FROM carts")
    return {row["id"]: (row["state"], row["customer_id"]) for row in rows}


async def test_of_two_log_ins_at_once_one_merges_and_both_show_it(town: Town) -> None:
    await town.shop.stocked({"MUG": 9, "POT": 9})
    ada_id = (await town.register(ADA))["user_id"]
    mine, guests = await filled(town, await town.bearer(ADA), MUG=1), await filled(town, {}, MUG=2, POT=1)
    async with closed(town.shop.database, CART, guests["id"]) as gate:
        tabs = [asyncio.create_task(entered(town, ADA, guests)) for _ in range(2)]
        await gate.stopped(2)
        await gate.open()
        first, second = await asyncio.gather(*tabs)
    assert first["cart"] == second["cart"]
    assert (first["cart"]["id"], contents(first["cart"])) == (mine["id"], {"MUG": 3, "POT": 1})
    assert await carts(town) == {mine["id"]: ("open", ada_id), guests["id"]: ("merged", ada_id)}


async def test_of_two_people_at_one_screen_the_first_gets_the_cart(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    people = {(await town.register(address))["user_id"]: address for address in (ADA, EVE)}
    guests = await filled(town, {}, MUG=2)
    async with closed(town.shop.database, CART, guests["id"]) as gate:
        screens = [asyncio.create_task(entered(town, address, guests)) for address in people.values()]
        await gate.stopped(2)
        await gate.open()
        answers = await asyncio.gather(*screens)
    got = {user_id: answer["cart"] for user_id, answer in zip(people, answers, strict=True)}
    (owner,) = [user_id for user_id, cart in got.items() if cart is not None]
    assert contents(got[owner]) == {"MUG": 2}
    assert await carts(town) == {guests["id"]: ("open", owner)}


async def test_an_order_that_is_placed_before_the_log_in_becomes_the_customers(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 3})
    await town.register(ADA)
    ada = await town.bearer(ADA)
    mine, guests = await filled(town, ada, MUG=1), await filled(town, {}, MUG=2)
    checkout_id, guest = await checkout_of(shop, guests["id"], {"X_Holdfast_Token": guests["token"]})
    async with closed(shop.database, "SELECT FROM stock WHERE sku = $1 FOR UPDATE", "MUG") as gate:
        placing = asyncio.create_task(shop.call("POST", f"/checkouts/{checkout_id}/complete", {}, **guest))
        await gate.stopped(1)
        entering = asyncio.create_task(entered(town, ADA, guests))
        await gate.stopped(2)
        await gate.open()
        placed, brought = await asyncio.gather(placing, entering)
    assert placed.status_code == 201, placed.text
    cart = brought["cart"]
    assert (cart["id"], contents(cart), cart["notes"]) == (mine["id"], {"MUG": 3}, [])
    own: Json = (await shop.call("GET", "/orders", **ada)).json()
    assert [row["id"] for row in own["data"]] == [placed.json()["order"]["id"]]
    tab, _ = await checkout_of(shop, mine["id"], ada)
    assert (await shop.call("POST", f"/checkouts/{tab}/complete", {}, **ada)).status_code == 201
    assert (await states(shop), await units(shop, "MUG")) == (["cancelled", "pending_payment"], (3, 3, 0))


async def test_a_guest_places_no_order_of_a_cart_that_was_merged_meanwhile(town: Town) -> None:
    """The guest's cart is the older one, so that the log-in has it and waits for the customer's."""
    shop = town.shop
    await shop.stocked({"MUG": 3})
    await town.register(ADA)
    ada = await town.bearer(ADA)
    guests = await filled(town, {}, MUG=2)
    mine = await filled(town, ada, MUG=1)
    checkout_id, guest = await checkout_of(shop, guests["id"], {"X_Holdfast_Token": guests["token"]})
    async with closed(shop.database, CART, mine["id"]) as gate:
        entering = asyncio.create_task(entered(town, ADA, guests))
        await gate.stopped(1)
        placing = asyncio.create_task(shop.call("POST", f"/checkouts/{checkout_id}/complete", {}, **guest))
        adding = asyncio.create_task(
            shop.call(
                "POST",
                f"/carts/{guests['id']}/lines",
                {"lines": [{"sku": "MUG", "quantity": 1}]},
                X_Holdfast_Token=guests["token"],
            )
        )
        await gate.stopped(3)
        await gate.open()
        brought, placed, added = await asyncio.gather(entering, placing, adding)
    refused(placed, 404, "not_found")
    refused(added, 404, "not_found")
    assert contents(brought["cart"]) == {"MUG": 3}
    assert contents((await shop.call("GET", f"/carts/{mine['id']}", **ada)).json()) == {"MUG": 3}
    assert (await shop.count("orders"), await units(shop, "MUG")) == (0, (3, 0, 0))


async def test_what_is_put_into_the_cart_before_the_log_in_is_merged_too(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    await town.register(ADA)
    mine, guests = await filled(town, await town.bearer(ADA), MUG=1), await filled(town, {}, MUG=2)
    line = "SELECT FROM cart_lines WHERE cart_id = $1 FOR UPDATE"
    async with closed(shop.database, line, guests["id"]) as gate:
        path = f"/carts/{guests['id']}/lines/MUG"
        change = shop.call("PUT", path, {"quantity": 5}, X_Holdfast_Token=guests["token"])
        changing = asyncio.create_task(change)
        await gate.stopped(1)
        entering = asyncio.create_task(entered(town, ADA, guests))
        await gate.stopped(2)
        await gate.open()
        changed, brought = await asyncio.gather(changing, entering)
    assert contents(changed.json()) == {"MUG": 5}
    assert (brought["cart"]["id"], contents(brought["cart"])) == (mine["id"], {"MUG": 6})
