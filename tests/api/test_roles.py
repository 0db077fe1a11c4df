"""Who may do what: every route names its action, and the table decides, for every role."""

from datetime import timedelta
from hashlib import sha256

import pytest

from holdfast import clock
from holdfast.accounts.keys import create_key
from holdfast.accounts.people import create_user
from holdfast.accounts.roles import MAY, Action, Role
from holdfast.cli.people import make_key
from holdfast.db.transaction import transaction
from tests.api.answers import refused
from tests.api.known import routes
from tests.house import ADDRESS, Shop

# Asked inside of a route: of some fields of its body, and of what is not one's own.
NOT_ROUTES = {Action.SET_ORDER_FACTS, Action.ACT_FOR_BUYERS}


STAFF_ROUTES = sorted(route for route in routes() if route[1].startswith("/api/v1/admin/"))


def test_every_route_names_an_action_and_every_action_has_its_roles() -> None:
    nameless = [(method, path) for method, path, action in routes() if not isinstance(action, Action)]
    assert nameless == []
    assert set(MAY) == set(Action)
    assert {action for _, _, action in routes()} | NOT_ROUTES == set(Action)


def test_the_table_gives_guests_the_shop_and_nothing_of_the_desk() -> None:
    assert {action for action, roles in MAY.items() if Role.GUEST in roles} == {
        Action.BROWSE,
        Action.SHOP,
        Action.LOG_IN,
        Action.DELIVER_WEBHOOK,
        Action.LOOK_AT_HEALTH,
    }
    of_ones_own = {Action.MANAGE_ACCOUNT, Action.LIST_OWN_ORDERS}
    for action, roles in MAY.items():
        assert Role.ADMIN in roles, action
        known = Role.GUEST in roles or action in of_ones_own
        assert (Role.CUSTOMER in roles, Role.VENDOR in roles) == (known, known or action is Action.SELL), (
            action
        )


def test_every_staff_route_is_closed_to_guests_by_the_table() -> None:
    assert STAFF_ROUTES
    assert [route for route in STAFF_ROUTES if Role.GUEST in MAY[route[2]]] == []


@pytest.mark.anyio
async def test_a_key_that_is_none_is_refused_everywhere_also_where_none_is_needed(shop: Shop) -> None:
    good = shop.key
    wrong = [
        "Bearer",
        f"Basic {good}",
        good,
        f"Bearer {good}x",
        f"Bearer {good[:-1]}",
        f"Bearer {good.swapcase()}",
        f"Bearer  {good}",
        "Bearer hf_",
        "Bearer \xff\xfe",
        "Bearer " + "x" * 8_000,
        "Bearer ' OR '1'='1",
    ]
    for header in wrong:
        for path in ("/api/v1/admin/orders", "/api/v1/products", "/health/live"):
            answer = await shop.client.get(path, headers=[(b"Authorization", header.encode("latin-1"))])
            refused(answer, 401, "unauthenticated")
            assert good not in answer.text
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = await shop.call("GET", "/admin/orders", Authorization=f"{scheme} {good}")
        assert answer.status_code == 200


@pytest.mark.anyio
async def test_a_key_that_was_revoked_or_has_expired_opens_nothing(shop: Shop) -> None:
    at = clock.now()
    user = await transaction(
        shop.database, lambda tx: create_user(tx, email="temp@example.com", role=Role.ADMIN, at=at)
    )
    made = await transaction(
        shop.database,
        lambda tx: create_key(tx, user_id=user.id, label="short", at=at, expires_at=at + timedelta(hours=1)),
    )
    short = made.secret
    assert (await shop.call("GET", "/admin/orders", Authorization=f"Bearer {short}")).status_code == 200
    clock.stop(at + timedelta(hours=1))
    refused(await shop.call("GET", "/admin/orders", Authorization=f"Bearer {short}"), 401, "unauthenticated")
    assert (await shop.call("GET", "/admin/orders", **shop.staff)).status_code == 200
    await shop.database.pool.execute("UPDATE api_keys SET revoked_at = $1", at)
    refused(await shop.call("GET", "/admin/orders", **shop.staff), 401, "unauthenticated")


@pytest.mark.anyio
async def test_a_role_that_was_taken_away_counts_at_once(shop: Shop) -> None:
    await make_key(shop.database, email="STAFF@example.com", role=Role.CUSTOMER, label="demoted")
    refused(await shop.call("GET", "/admin/orders", **shop.staff), 403, "forbidden")


@pytest.mark.anyio
async def test_a_customers_key_is_no_staffs_key(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    for role in (Role.CUSTOMER, Role.VENDOR):
        key = (await make_key(shop.database, email=f"{role}@example.com", role=role, label="test")).key
        theirs = {"Authorization": f"Bearer {key}"}
        refused(await shop.call("GET", f"/orders/{placed['order']['id']}", **theirs), 404, "not_found")
        body = shop.order_body({"MUG": 1}, "bank_transfer", reference="mine")
        refused(await shop.call("POST", "/orders", body, **theirs), 403, "field_for_staff_only", "reference")
    assert await shop.count("orders") == 1


@pytest.mark.anyio
async def test_neither_keys_nor_guests_secrets_are_stored_anywhere(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    cart = (await shop.call("POST", "/carts")).json()
    mine = {"X-Holdfast-Token": cart["token"]}
    lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
    await shop.call("POST", f"/carts/{cart['id']}/lines", lines, **mine)
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **mine)).json()
    placed = await shop.placed({"MUG": 1}, shipping_address=ADDRESS)
    secrets = [shop.key, cart["token"], started["token"], placed["token"]]
    tables = await shop.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        for row in await shop.fetch(f"SELECT * FROM {table['name']}"):  # noqa: S608 - our own names
            stored = " ".join(v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in row)
            assert [secret for secret in secrets if secret in stored] == [], table["name"]
    (kept,) = await shop.fetch("SELECT key_hash FROM api_keys")
    assert kept["key_hash"] == sha256(shop.key.encode()).digest()
