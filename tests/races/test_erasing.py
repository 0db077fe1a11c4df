"""A customer places an order, or logs in, while they are being erased: it comes before, or it never is."""

import asyncio

import pytest

from holdfast import clock
from holdfast.accounts.people import create_user
from holdfast.accounts.roles import Principal, Role
from holdfast.accounts.sessions import Visitor, open_session
from holdfast.checkout.merge_carts import Merger, bring_cart
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from holdfast.retention.person.erase import erase
from holdfast.retention.person.who import find_by_email
from tests.api.answers import refused
from tests.house import Json, Shop
from tests.races.gates import closed
from tests.races.test_locks_of_money import Runs

pytestmark = pytest.mark.anyio

EVE = "eve@example.com"


async def logged_in(shop: Shop) -> dict[str, str]:
    """Eve, a customer with an address that is proved, and something on her wishlist."""
    at = clock.now()

    async def make(tx: Transaction) -> str:
        user = await create_user(tx, email=EVE, role=Role.CUSTOMER, at=at)
        await tx.execute("UPDATE users SET email_verified_at = $2 WHERE id = $1", user.id, at)
        await tx.execute("INSERT INTO wishes VALUES ($1, 'MUG', $2)", user.id, at)
        visitor = Visitor("203.0.113.9", "A test")
        return (await open_session(tx, user_id=user.id, role=Role.CUSTOMER, visitor=visitor, at=at)).token

    return {"Authorization": f"Bearer {await transaction(shop.database, make)}"}


async def filled_cart(shop: Shop, eve: dict[str, str]) -> str:
    cart: Json = (await shop.call("POST", "/carts", **eve)).json()
    lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
    assert (await shop.call("POST", f"/carts/{cart['id']}/lines", lines, **eve)).status_code == 200
    cart_id: str = cart["id"]
    return cart_id


async def test_an_order_that_is_just_being_placed_keeps_its_buyer_from_being_erased(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    eve = await logged_in(shop)
    cart_id = await filled_cart(shop, eve)
    order = {**shop.order_body({}, "bank_transfer", email=EVE), "cart_id": cart_id}
    del order["lines"]
    async with closed(shop.database, "SELECT FROM stock WHERE sku = 'MUG' FOR UPDATE") as gate:
        placing = asyncio.create_task(shop.call("POST", "/orders", order, **eve))
        await gate.stopped(1)
        erasing = asyncio.create_task(shop.call("POST", "/admin/people/erase", {"email": EVE}, **shop.staff))
        await gate.stopped(2)
        await gate.open()
        placed, erased = await asyncio.gather(placing, erasing)
    assert placed.status_code == 201, placed.text
    order_id = placed.json()["order"]["id"]
    in_the_way = refused(erased, 409, "erasure_refused")["open"]
    assert [(one["what"], one["order_id"]) for one in in_the_way] == [("order", order_id)]
    assert (await shop.call("GET", f"/orders/{order_id}", **eve)).json()["order"]["email"] == EVE
    assert await shop.count("erasures") == 0


@pytest.mark.parametrize("from_a_cart", [True, False])
async def test_who_is_just_being_erased_places_no_order(shop: Shop, *, from_a_cart: bool) -> None:
    await shop.stocked({"MUG": 5})
    eve = await logged_in(shop)
    cart_id = await filled_cart(shop, eve)
    order = shop.order_body({"MUG": 1}, "bank_transfer", email=EVE)
    if from_a_cart:
        del order["lines"]
        order["cart_id"] = cart_id
    async with closed(shop.database, "SELECT FROM wishes FOR UPDATE") as gate:
        erasing = asyncio.create_task(shop.call("POST", "/admin/people/erase", {"email": EVE}, **shop.staff))
        await gate.stopped(1)
        placing = asyncio.create_task(shop.call("POST", "/orders", order, **eve))
        await gate.stopped(2)
        await gate.open()
        erased, placed = await asyncio.gather(erasing, placing)
    assert (erased.status_code, erased.json()["orders"]) == (200, 0)
    if from_a_cart:
        refused(placed, 409, "cart_empty")
    else:
        assert refused(placed, 409, "promise_kept")["constraint"] == "customer_is_there"
    assert await shop.count("orders") == 0
    assert await shop.available("MUG") == 5
    assert [row["email"] for row in await shop.fetch("SELECT email FROM users")] == ["staff@example.com"]
    assert await shop.fetch("SELECT customer_id FROM carts WHERE customer_id IS NOT NULL") == []


async def test_who_is_erased_and_who_logs_in_lock_the_customer_first_and_do_not_deadlock(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    eve = await logged_in(shop)
    await filled_cart(shop, eve)
    placed = (await shop.call("POST", "/orders", shop.order_body({"MUG": 1}, "bank_transfer"), **eve)).json()
    assert (await shop.call("POST", f"/orders/{placed['order']['id']}/cancel", **eve)).status_code == 200
    (user,) = await shop.fetch("SELECT id FROM users WHERE email = $1", EVE)
    runs, rules, at = Runs(shop), shop.process.rules, clock.now()
    by = Merger(rules, who=Principal(user["id"], Role.CUSTOMER))
    async with closed(shop.database, "SELECT FROM orders FOR UPDATE") as gate:
        erasing = runs.start(
            lambda tx: erase(tx, lambda c: find_by_email(c, email=EVE), rules=rules, actor="usr_staff", at=at)
        )
        await gate.stopped(1)
        entering = runs.start(lambda tx: bring_cart(tx, guest_cart_id=None, by=by, at=at))
        await gate.stopped(2)
        await gate.open()
        erased, brought = await asyncio.gather(erasing, entering)
    assert (erased.orders, brought.cart, runs.begun) == (1, None, 2)


async def test_who_is_just_being_erased_leaves_no_address_in_a_checkout(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    eve = await logged_in(shop)
    begun = {"cart_id": await filled_cart(shop, eve)}
    checkout = (await shop.call("POST", "/checkouts", begun, **eve)).json()["checkout"]
    path = f"/checkouts/{checkout['id']}"
    async with closed(shop.database, "SELECT FROM wishes FOR UPDATE") as gate:
        erasing = asyncio.create_task(shop.call("POST", "/admin/people/erase", {"email": EVE}, **shop.staff))
        await gate.stopped(1)
        writing = asyncio.create_task(shop.call("PATCH", path, {"email": EVE}, **eve))
        await gate.stopped(2)
        await gate.open()
        erased, written = await asyncio.gather(erasing, writing)
    assert erased.status_code == 200, erased.text
    assert [row["email"] for row in await shop.fetch("SELECT email FROM checkouts")] == [None]
    refused(written, 409, "checkout_closed")


async def test_a_log_in_to_what_is_just_being_erased_is_refused_like_any_other(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await logged_in(shop)
    async with closed(shop.database, "SELECT FROM wishes FOR UPDATE") as gate:
        erasing = asyncio.create_task(shop.call("POST", "/admin/people/erase", {"email": EVE}, **shop.staff))
        await gate.stopped(1)
        entering = asyncio.create_task(
            shop.call("POST", "/account/login", {"email": EVE, "password": "not the password"})
        )
        await gate.stopped(2)
        await gate.open()
        erased, entered = await asyncio.gather(erasing, entering)
    assert erased.status_code == 200, erased.text
    refused(entered, 401, "login_refused")
    assert await shop.fetch("SELECT FROM users WHERE email = $1", EVE) == []
