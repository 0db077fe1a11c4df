"""What staff are granted and keys are narrowed to: made, shown once, taken away, refused."""

from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.accounts.roles import Permission, Role
from tests.api.answers import refused
from tests.api.known import Who, ask, digest, people, person
from tests.house import Json, Shop
from tests.races.gates import closed
from tests.stories.money import later, matters, refunds, rest

pytestmark = pytest.mark.anyio

KEYS = "/api/v1/account/keys"


async def listed(shop: Shop, who: Who) -> list[Json]:
    found: list[Json] = (await ask(shop, who, "GET", KEYS)).json()["data"]
    return found


async def test_a_key_is_shown_once_works_within_its_scopes_and_ends_when_it_is_revoked(shop: Shop) -> None:
    worker = await person(shop, "worker", Role.STAFF, [Permission.STOCK, Permission.ORDERS])
    other = await person(shop, "other", Role.STAFF, [Permission.ORDERS])
    before = await digest(shop)
    wide = {"name": "till", "scopes": ["refunds"]}
    refused(await ask(shop, worker, "POST", KEYS, wide), 422, "field_invalid", "scopes[0]")
    past = {"name": "till", "scopes": ["orders"], "expires_at": "2020-01-01T00:00:00Z"}
    refused(await ask(shop, worker, "POST", KEYS, past), 422, "field_invalid", "expires_at")
    assert await digest(shop) == before
    made = (await ask(shop, worker, "POST", KEYS, {"name": "till", "scopes": ["orders"]})).json()
    (key,) = await listed(shop, worker)
    assert (key["id"], key["scopes"], key["last_used_at"]) == (made["id"], ["orders"], None)
    assert made["key"].startswith(key["prefix"])
    assert made["key"] not in str(key)
    mine = {"Authorization": f"Bearer {made['key']}"}
    assert (await shop.call("GET", "/admin/orders", **mine)).status_code == 200
    before = await digest(shop)
    refused(await shop.call("GET", "/admin/stock/low", **mine), 403, "permission_missing")
    refused(await shop.call("GET", "/account/keys", **mine), 401, "unauthenticated")
    refused(await ask(shop, other, "DELETE", f"{KEYS}/{made['id']}"), 404, "not_found")
    assert await digest(shop) == before
    assert (await ask(shop, worker, "DELETE", f"{KEYS}/{made['id']}")).status_code == 200
    refused(await shop.call("GET", "/admin/orders", **mine), 401, "unauthenticated")
    refused(await ask(shop, worker, "DELETE", f"{KEYS}/{made['id']}"), 404, "not_found")


async def test_a_key_ends_on_its_day_and_its_last_use_is_written_down_by_the_way(shop: Shop) -> None:
    worker = await person(shop, "worker", Role.STAFF, [Permission.ORDERS])
    until = (clock.now() + timedelta(hours=1)).isoformat()
    wanted = {"name": "till", "scopes": ["orders"], "expires_at": until}
    made = (await ask(shop, worker, "POST", KEYS, wanted)).json()
    mine = {"Authorization": f"Bearer {made['key']}"}
    assert (await shop.call("GET", "/admin/orders", **mine)).status_code == 200
    row = "SELECT FROM api_keys WHERE id = $1 FOR NO KEY UPDATE"
    async with closed(shop.database, row, made["id"]) as gate:
        await shop.process.write_key_uses()  # waits for nobody
        assert (await listed(shop, worker))[0]["last_used_at"] is None
        await gate.open()
    await shop.process.write_key_uses()
    assert (await listed(shop, worker))[0]["last_used_at"] is not None
    later(hours=2)
    refused(await shop.call("GET", "/admin/orders", **mine), 401, "unauthenticated")


async def test_what_an_admin_grants_and_takes_away_counts_at_once_and_is_written_down(shop: Shop) -> None:
    everybody = await people(shop)
    admin, worker = everybody["admin"], everybody["staff of stock"]
    (found,) = await shop.fetch("SELECT id FROM users WHERE email = 'staff-of-stock@example.com'")
    path = f"/api/v1/admin/people/{found['id']}/permissions"
    orders = "/api/v1/admin/orders"
    before = await digest(shop)
    refused(await ask(shop, worker, "PUT", path, {"permissions": ["orders"]}), 403, "forbidden")
    refused(await ask(shop, admin, "PUT", path, {"permissions": ["shop"]}), 422, "field_invalid")
    refused(await ask(shop, worker, "GET", orders), 403, "permission_missing")
    assert await digest(shop) == before
    granted = await ask(shop, admin, "PUT", path, {"permissions": ["orders"]})
    assert granted.json()["permissions"] == ["orders"]
    assert (await ask(shop, worker, "GET", orders)).status_code == 200
    assert (await ask(shop, admin, "PUT", path, {"permissions": []})).json()["permissions"] == []
    refused(await ask(shop, worker, "GET", orders), 403, "permission_missing")
    deeds = await shop.fetch(
        "SELECT detail FROM audit WHERE action = 'change_permissions' AND subject = $1 ORDER BY id",
        found["id"],
    )
    assert [row["detail"] for row in deeds] == [
        {"granted": ["orders"], "revoked": ["stock"]},
        {"granted": [], "revoked": ["orders"]},
    ]


async def test_staff_without_orders_do_not_act_in_a_buyers_cart(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    everybody = await people(shop)
    cart = (await shop.call("POST", "/carts")).json()
    path, more = f"/api/v1/carts/{cart['id']}", {"lines": [{"sku": "MUG", "quantity": 1}]}
    stranger = everybody["staff without orders"]
    before = await digest(shop)
    refused(await ask(shop, stranger, "GET", path), 404, "not_found")
    refused(await ask(shop, stranger, "POST", f"{path}/lines", more), 404, "not_found")
    assert await digest(shop) == before
    assert (await ask(shop, everybody["staff of orders"], "GET", path)).status_code == 200


async def test_nobody_without_refunds_decides_one_by_its_matter(shop: Shop) -> None:
    await shop.rules(refund_approval_above_minor=100)
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.pay(placed)
    await shop.as_staff("POST", f"/admin/orders/{placed['order']['id']}/refund", {})
    await rest(shop)
    everybody = await people(shop)
    matter = (await matters(shop))["refund_to_approve"]
    path = f"/api/v1/admin/attention/{matter['id']}/resolve"
    before = await digest(shop)
    answer = await ask(shop, everybody["staff without refunds"], "POST", path, {"step": "approve"})
    assert refused(answer, 403, "permission_missing")["permission"] == "refunds"
    assert await digest(shop) == before
    agreed = await ask(shop, everybody["staff without stock"], "POST", path, {"step": "approve"})
    assert agreed.status_code == 200, agreed.text
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 1_000)]
