"""A guest's cart becomes one with the customer's at log-in; its token opens nothing from then on."""

import pytest

from tests.api.answers import refused
from tests.house import ADDRESS, Json
from tests.races.carts import checkout_of, units
from tests.stories.coupons import couponed, uses
from tests.stories.people import ADA, EVE, Town

pytestmark = pytest.mark.anyio


async def filled(town: Town, who: dict[str, str], **lines: int) -> Json:
    cart: Json = (await town.shop.call("POST", "/carts", **who)).json()
    wanted = {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]}
    token = {"X_Holdfast_Token": cart["token"]}
    assert (await town.shop.call("POST", f"/carts/{cart['id']}/lines", wanted, **who, **token)).is_success
    return {"id": cart["id"], "token": cart["token"]}


async def entered(town: Town, address: str, guest: Json) -> Json:
    async with town.browser() as browser:
        answer = await browser.log_in(address, cart=guest)
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def contents(cart: Json) -> dict[str, int]:
    return {line["sku"]: line["quantity"] for line in cart["lines"]}


async def test_carts_become_one_at_log_in_once_and_the_guests_token_is_dead(town: Town) -> None:
    await town.shop.stocked({"MUG": 9, "POT": 9})
    await town.register(ADA)
    await town.register(EVE)
    ada = await town.bearer(ADA)
    first = await filled(town, {}, MUG=2)
    assert contents((await entered(town, ADA, first))["cart"]) == {"MUG": 2}
    token = {"X_Holdfast_Token": first["token"]}
    refused(await town.shop.call("GET", f"/carts/{first['id']}", **token), 404, "not_found")
    refused(await town.shop.call("DELETE", f"/carts/{first['id']}/lines", **token), 404, "not_found")
    second = await filled(town, {}, MUG=8, POT=1)
    cart = (await entered(town, ADA, second))["cart"]
    assert (cart["id"], contents(cart)) == (first["id"], {"MUG": 9, "POT": 1})
    assert cart["notes"] == [{"sku": "MUG", "from": 10, "to": 9, "reason": "stock"}]
    assert (await entered(town, ADA, second))["cart"] == cart
    token = {"X_Holdfast_Token": second["token"]}
    refused(await town.shop.call("GET", f"/carts/{second['id']}", **token), 404, "not_found")
    refused(await town.shop.call("POST", "/checkouts", {"cart_id": second["id"]}, **token), 404, "not_found")
    assert (await entered(town, EVE, second))["cart"] is None
    assert contents((await town.shop.call("GET", f"/carts/{second['id']}", **ada)).json()) == contents(cart)


async def test_what_a_running_checkout_holds_goes_along_and_its_token_is_dead(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 3, "POT": 9})
    await town.register(ADA)
    ada = await town.bearer(ADA)
    mine, guests = await filled(town, ada, POT=1), await filled(town, {}, MUG=3)
    checkout_id, guest = await checkout_of(shop, guests["id"], {"X_Holdfast_Token": guests["token"]})
    hold = (await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **guest)).json()
    cart = (await entered(town, ADA, guests))["cart"]
    assert (cart["id"], contents(cart), cart["notes"]) == (mine["id"], {"MUG": 3, "POT": 1}, [])

    path = f"/checkouts/{checkout_id}"
    order = {"cart_id": guests["id"], "payment_method": "stripe", "shipping_option": "collect"}
    by_cart = {"X_Holdfast_Token": guests["token"]}
    for answer in (
        await shop.call("GET", path, **guest),
        await shop.call("PATCH", path, {"email": EVE}, **guest),
        await shop.call("POST", f"{path}/complete", {}, **guest),
        await shop.call("POST", f"{path}/cancel", **guest),
        await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **guest),
        await shop.call("DELETE", f"/holds/{hold['id']}", **guest),
        await shop.call("POST", "/orders", order | {"email": EVE, "shipping_address": ADDRESS}, **by_cart),
        await shop.call("POST", f"/carts/{guests['id']}/merge", {"from": mine["id"]}, **by_cart),
    ):
        refused(answer, 404, "not_found")
    assert (await units(shop, "MUG"), await shop.count("orders")) == ((3, 3, 0), 0)
    shown = (await shop.call("GET", path, **ada)).json()
    assert (shown["state"], shown["email"]) == ("open", "ada@example.com")
    assert contents(shown) == {"MUG": 3, "POT": 1}

    tab, _ = await checkout_of(shop, mine["id"], ada)
    taken = await shop.call("POST", "/holds", {"checkout_id": tab}, **ada)
    assert (taken.status_code, await units(shop, "MUG")) == (201, (3, 3, 0)), taken.text
    placed = (await shop.call("POST", f"{path}/complete", {}, **ada)).json()
    assert (await units(shop, "MUG"), await units(shop, "POT")) == ((3, 3, 0), (9, 1, 0))
    own = (await shop.call("GET", "/orders", **ada)).json()["data"]
    assert [row["id"] for row in own] == [placed["order"]["id"]]
    again = await shop.call("POST", f"{path}/complete", {}, **guest)
    refused(again, 404, "not_found")


async def test_what_a_guest_holds_of_limited_goods_counts_for_the_customer(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"DROP": 9})
    await shop.as_staff("PUT", "/admin/purchase-limits/DROP", {"units_max": 2, "hours": 24})
    await shop.process.read_again()
    await town.register(ADA)
    ada = await town.bearer(ADA)
    await filled(town, ada, DROP=1)
    guests = await filled(town, {}, DROP=2)
    checkout_id, guest = await checkout_of(shop, guests["id"], {"X_Holdfast_Token": guests["token"]})
    assert (await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **guest)).status_code == 201
    cart = (await entered(town, ADA, guests))["cart"]
    assert contents(cart) == {"DROP": 2}
    assert cart["notes"] == [{"sku": "DROP", "from": 3, "to": 2, "reason": "purchase_limit"}]
    body = shop.order_body({"DROP": 1}, "bank_transfer", email=EVE)
    refused(await shop.call("POST", "/orders", body, **ada), 409, "purchase_limit_reached")
    done = await shop.call("POST", f"/checkouts/{checkout_id}/complete", {}, **ada)
    assert (done.status_code, await units(shop, "DROP")) == (201, (9, 2, 0)), done.text


async def test_a_shop_may_take_the_larger_number_or_ask(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(ADA)
    ada = await town.bearer(ADA)
    mine = await filled(town, ada, MUG=2)
    await town.shop.rules(cart_merge="larger")
    assert contents((await entered(town, ADA, await filled(town, {}, MUG=3)))["cart"]) == {"MUG": 3}
    await town.shop.rules(cart_merge="ask")
    guest = await filled(town, {}, MUG=1)
    asked = await entered(town, ADA, guest)
    assert (contents(asked["cart"]), contents(asked["guest_cart"])) == ({"MUG": 3}, {"MUG": 1})
    body, path = {"from": guest["id"], "token": guest["token"]}, f"/carts/{mine['id']}/merge"
    refused(await town.shop.call("POST", path, body, **ada), 409, "merge_choice_needed")
    chosen = (await town.shop.call("POST", path, {**body, "how": "replace"}, **ada)).json()
    assert contents(chosen) == {"MUG": 1}
    assert chosen["notes"] == [{"sku": "MUG", "from": 3, "to": 1, "reason": "choice"}]


async def test_what_guests_carts_could_not_keep_is_told_after_the_log_in_too(town: Town) -> None:
    await town.shop.stocked({"MUG": 3, "POT": 2})
    await town.register(ADA)
    await filled(town, await town.bearer(ADA), POT=1)
    first, guest = await filled(town, {}, MUG=2), await filled(town, {}, MUG=2, POT=2)
    body, token = {"from": first["id"], "token": first["token"]}, {"X_Holdfast_Token": guest["token"]}
    cart = (await town.shop.call("POST", f"/carts/{guest['id']}/merge", body, **token)).json()
    mugs = {"sku": "MUG", "from": 4, "to": 3, "reason": "stock"}
    assert cart["notes"] == [mugs]
    cart = (await entered(town, ADA, guest))["cart"]
    assert contents(cart) == {"POT": 2, "MUG": 3}
    assert cart["notes"] == [mugs, {"sku": "POT", "from": 3, "to": 2, "reason": "stock"}]


async def test_what_a_guest_has_used_a_coupon_for_counts_for_the_customer(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    await couponed(shop, uses_per_buyer_max=1)
    await town.register(ADA)
    guests = await filled(town, {}, MUG=1)
    order = {**shop.order_body({}, "bank_transfer", coupons=["SPRING"]), "cart_id": guests["id"]}
    del order["lines"]
    by_cart = {"X_Holdfast_Token": guests["token"]}
    assert (await shop.call("POST", "/orders", order | {"email": "ada@guest.example"}, **by_cart)).is_success
    await entered(town, ADA, guests)
    ada = await town.bearer(ADA)
    another = shop.order_body({"MUG": 1}, "bank_transfer", coupons=["SPRING"], email="ada@third.example")
    answer = await shop.call("POST", "/orders", another, **ada)
    assert refused(answer, 409, "coupon_refused")["reason"] == "used_before"
    assert (await uses(shop), await shop.count("orders")) == ((1, ["counted"]), 1)
    assert (await shop.call("POST", "/orders", order | {"email": "ada@third.example"}, **ada)).is_success
    assert await uses(shop) == (1, ["counted", "given_back"])
