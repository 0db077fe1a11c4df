"""Addresses that customers save, and the checkouts that begin with them."""

import asyncio

import pytest

from holdfast.limits import ADDRESSES_MAX
from tests.api.answers import refused, rows
from tests.house import ADDRESS, Json
from tests.stories.people import ADA, EVE, Town

pytestmark = pytest.mark.anyio

PARIS = {
    "name": "Ada Byron",
    "line1": "1 Rue Royale",
    "city": "Paris",
    "postal_code": "75008",
    "country": "FR",
}


async def saved(town: Town, who: dict[str, str], **given: object) -> Json:
    answer = await town.shop.call("POST", "/account/addresses", given, **who)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def listed(town: Town, who: dict[str, str]) -> list[Json]:
    found: list[Json] = (await town.shop.call("GET", "/account/addresses", **who)).json()["data"]
    return found


def short(address: Json) -> Json:
    return {part: text for part, text in address.items() if text}


async def test_a_customers_checkout_begins_with_the_defaults_and_may_name_another_of_theirs(
    town: Town,
) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    home = await saved(town, ada, address=ADDRESS, default_shipping=True, default_billing=True)
    away = await saved(town, ada, address=PARIS)
    theirs = await saved(town, eve, address=PARIS, default_shipping=True, default_billing=True)
    lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
    begun = (await town.shop.call("POST", "/checkouts", lines, **ada)).json()["checkout"]
    assert (short(begun["shipping_address"]), short(begun["billing_address"])) == (ADDRESS, ADDRESS)
    path = f"/checkouts/{begun['id']}"
    before = await rows(town.shop)
    for wrong in (theirs["id"], "adr_none"):
        refused(await town.shop.call("PATCH", path, {"shipping_address_id": wrong}, **ada), 404, "not_found")
    both = {"shipping_address": ADDRESS, "shipping_address_id": away["id"]}
    refused(await town.shop.call("PATCH", path, both, **ada), 422, "field_invalid", "shipping_address_id")
    bad = {"billing_address": PARIS | {"postal_code": "LS1 1AA"}}
    told = refused(
        await town.shop.call("PATCH", path, bad, **ada), 422, "field_invalid", "billing_address.postal_code"
    )
    assert told["reason"] == "must be a postal code of FR, such as 33380"
    assert await rows(town.shop) == before
    assert (await town.shop.call("GET", path, **ada)).json()["shipping_address"] == begun["shipping_address"]
    filled = {"email": ADA, "shipping_address_id": away["id"], "shipping_option": "collect"}
    changed = await town.shop.call("PATCH", path, filled | {"payment_method": "bank_transfer"}, **ada)
    assert (short(changed.json()["shipping_address"]), short(changed.json()["billing_address"])) == (
        PARIS,
        ADDRESS,
    )
    assert (await town.shop.call("DELETE", f"/account/addresses/{away['id']}", **ada)).status_code == 204
    order = await town.shop.call("POST", f"{path}/complete", {}, **ada)
    assert short(order.json()["order"]["shipping_address"]) == PARIS
    assert [row["id"] for row in await listed(town, ada)] == [home["id"]]


async def test_a_guest_learns_no_address_from_a_customers_cart_nor_a_customer_anothers(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    home = await saved(town, ada, address=ADDRESS, default_shipping=True)
    cart = (await town.post("/carts", None, **ada)).json()
    secret = {"X-Holdfast-Token": cart["token"]}
    lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
    await town.shop.call("POST", f"/carts/{cart['id']}/lines", lines, **ada)
    for who in ({}, eve):
        foreign = await town.post("/checkouts", {"cart_id": cart["id"]}, **secret, **who)
        refused(foreign, 404, "not_found")
        begun = (await town.post("/checkouts", lines, **who)).json()
        assert begun["checkout"]["shipping_address"] is None
        path, named = f"/checkouts/{begun['checkout']['id']}", {"X-Holdfast-Token": begun["token"]}
        wish = {"shipping_address_id": home["id"]}
        refused(await town.shop.call("PATCH", path, wish, **named, **who), 404, "not_found")
    assert await town.shop.fetch("SELECT FROM checkouts WHERE cart_id = $1", cart["id"]) == []


async def test_addresses_are_ones_own_checked_bounded_and_have_one_default_each(town: Town) -> None:
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    home = await saved(town, ada, address=ADDRESS, default_shipping=True, default_billing=True)
    path = f"/account/addresses/{home['id']}"
    before = (await rows(town.shop), await listed(town, ada))
    wrong = ADDRESS | {"postal_code": "75008"}
    for method, where in (("POST", "/account/addresses"), ("PUT", path)):
        answer = await town.shop.call(method, where, {"address": wrong}, **ada)
        refused(answer, 422, "field_invalid", "address.postal_code")
    refused(await town.shop.call("PUT", path, {"address": PARIS}, **eve), 404, "not_found")
    refused(await town.shop.call("DELETE", path, **eve), 404, "not_found")
    refused(await town.shop.call("GET", "/account/addresses"), 401, "unauthenticated")
    refused(await town.shop.call("GET", "/account/addresses", **town.shop.staff), 401, "unauthenticated")
    assert (await rows(town.shop), await listed(town, ada)) == before
    assert await listed(town, eve) == []
    away = await saved(town, ada, address=PARIS, default_billing=True)
    both = [(x["default_shipping"], x["default_billing"]) for x in await listed(town, ada)]
    assert both == [(True, False), (False, True)]
    moved = {"address": ADDRESS | {"line1": "2 High Street"}, "default_billing": True}
    assert (await town.shop.call("PUT", path, moved, **ada)).status_code == 200
    both = [(x["default_shipping"], x["default_billing"]) for x in await listed(town, ada)]
    assert both == [(False, True), (False, False)]
    await asyncio.gather(*(saved(town, ada, address=PARIS, default_shipping=True) for _ in range(8)))
    defaults = [x for x in await listed(town, ada) if x["default_shipping"]]
    assert len(defaults) == 1
    spare = {"address": PARIS}
    tried = [town.shop.call("POST", "/account/addresses", spare, **ada) for _ in range(ADDRESSES_MAX - 8)]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*tried))
    assert codes == [201] * (ADDRESSES_MAX - 10) + [409] * 2
    assert len(await listed(town, ada)) == ADDRESSES_MAX
    assert (await town.shop.call("DELETE", f"/account/addresses/{away['id']}", **ada)).status_code == 204
    assert len(await listed(town, ada)) == ADDRESSES_MAX - 1
