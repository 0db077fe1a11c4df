"""Whose order it is: placed while logged in, or as a guest under an address that was proved."""

import pytest

from tests.api.answers import refused, rows
from tests.house import ADDRESS, Json
from tests.stories.people import ADA, EVE, PASSWORD, Town

pytestmark = pytest.mark.anyio


async def listed(town: Town, who: dict[str, str], query: str = "") -> list[str]:
    answer = await town.shop.call("GET", f"/orders{query}", **who)
    assert answer.status_code == 200, answer.text
    return [order["id"] for order in answer.json()["data"]]


async def placed(town: Town, who: dict[str, str] | None = None, email: str = ADA) -> Json:
    body = town.shop.order_body({"MUG": 1}, "bank_transfer", email=email)
    answer = await town.shop.call("POST", "/orders", body, **(who or {}))
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


async def test_a_customer_has_their_own_orders_without_a_token_and_nobody_elses(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    order = await placed(town, ada, email="somebody@example.com")
    order_id, payment_id = order["order"]["id"], order["payment"]["id"]
    assert (await listed(town, ada), await listed(town, eve)) == ([order_id], [])
    for path in (f"/orders/{order_id}", f"/payments/{payment_id}"):
        assert (await town.shop.call("GET", path, **ada)).status_code == 200
        refused(await town.shop.call("GET", path, **eve), 404, "not_found")
        refused(await town.shop.call("GET", path), 404, "not_found")
    before = await rows(town.shop)
    refused(await town.shop.call("POST", f"/orders/{order_id}/cancel", **eve), 404, "not_found")
    assert await rows(town.shop) == before
    cancelled = await town.shop.call("POST", f"/orders/{order_id}/cancel", **ada)
    assert cancelled.json()["order"]["state"] == "cancelled"


async def test_a_customers_cart_and_checkout_are_theirs_in_every_browser(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(ADA)
    await town.register(EVE)
    ada, eve = await town.bearer(ADA), await town.bearer(EVE)
    cart = (await town.post("/carts", None, **ada)).json()
    lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
    refused(await town.shop.call("POST", f"/carts/{cart['id']}/lines", lines, **eve), 404, "not_found")
    assert (await town.shop.call("POST", f"/carts/{cart['id']}/lines", lines, **ada)).status_code == 200
    started = (await town.shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **ada)).json()
    path = f"/checkouts/{started['checkout']['id']}"
    refused(await town.shop.call("GET", path, **eve), 404, "not_found")
    filled = {
        "email": ADA,
        "shipping_address": ADDRESS,
        "shipping_option": "collect",
        "payment_method": "bank_transfer",
    }
    assert (await town.shop.call("PATCH", path, filled, **ada)).status_code == 200
    order = await town.shop.call("POST", f"{path}/complete", {}, **ada)
    assert order.status_code == 201, order.text
    assert await listed(town, ada) == [order.json()["order"]["id"]]


async def test_a_guests_order_becomes_its_customers_when_the_address_is_proved(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    guests = (await placed(town, email="Ada@Example.com"))["order"]["id"]
    await town.shop.database.pool.execute(
        "INSERT INTO users (id, email, role, created_at) VALUES ('usr_x', $1, 'customer', now())", ADA
    )
    await town.register(EVE)
    eve = await town.bearer(EVE)
    refused(await town.shop.call("GET", f"/orders/{guests}", **eve), 404, "not_found")
    await town.register(ADA)
    ada = await town.bearer(ADA)
    later = (await placed(town, email=ADA))["order"]["id"]
    assert await listed(town, ada) == [later, guests]
    assert (await town.shop.call("GET", f"/orders/{guests}", **ada)).status_code == 200
    page = (await town.shop.call("GET", "/orders?limit=1", **ada)).json()
    assert [order["id"] for order in page["data"]] == [later]
    assert await listed(town, ada, f"?cursor={page['next_cursor']}") == [guests]
    assert await listed(town, eve) == []


async def test_an_address_that_nobody_proved_shows_nothing(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(EVE)
    eve = await town.bearer(EVE)
    order_id = (await placed(town, email=EVE))["order"]["id"]
    await town.shop.database.pool.execute("UPDATE users SET email_verified_at = NULL WHERE email = $1", EVE)
    assert await listed(town, eve) == []
    refused(await town.shop.call("GET", f"/orders/{order_id}", **eve), 404, "not_found")
    refused(await town.shop.call("GET", "/orders"), 401, "unauthenticated")


async def test_who_moves_to_another_address_keeps_what_was_placed_under_the_old_one(town: Town) -> None:
    await town.shop.stocked({"MUG": 9})
    await town.register(ADA)
    ada, new = await town.bearer(ADA), "countess@example.com"
    before, under_new = (await placed(town))["order"]["id"], (await placed(town, email=new))["order"]["id"]
    await town.shop.call("POST", "/account/email", {"email": new, "password": PASSWORD}, **ada)
    await town.shop.drain()
    moved = await town.shop.call("POST", "/account/email/confirm", {"token": town.box.token(new)}, **ada)
    assert moved.status_code == 200
    assert await listed(town, ada) == [under_new, before]
    await town.register(ADA)  # somebody else has the old address now, and none of her orders
    assert await listed(town, await town.bearer(ADA)) == []
