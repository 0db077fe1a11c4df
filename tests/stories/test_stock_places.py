"""Places: in which order they are asked, one that is switched off, and goods on their way between two."""

import pytest

from tests.api.answers import refused, rows
from tests.house import Json, Shop
from tests.stories.stock import counted, counters, movements, paid_in_cash, place_named, received, short

pytestmark = pytest.mark.anyio


async def changed(shop: Shop, location_id: str, **changes: object) -> Json:
    return await shop.as_staff("PATCH", f"/admin/locations/{location_id}", changes)


async def sent(shop: Shop, units: dict[str, int], *, to: str = "shop") -> Json:
    """Goods under way from the main place; answers the transfer."""
    lines = [{"sku": sku, "quantity": n} for sku, n in units.items()]
    body = {"from": "main", "to": to, "lines": lines, "reason": "wanted there"}
    return await shop.as_staff("POST", "/admin/stock/transfers", body)


async def leg(shop: Shop, transfer: Json, verb: str, **units: int) -> Json:
    lines = [{"sku": sku, "quantity": n} for sku, n in units.items()]
    path = f"/admin/stock/transfers/{transfer['transfer']['id']}/{verb}"
    return await shop.as_staff("POST", path, {"lines": lines, "reason": "unpacked"})


async def test_the_place_with_the_lowest_priority_is_asked_first(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await place_named(shop, "attic", priority=5)
    await received(shop, 2, location="attic")
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    assert (await counters(shop))[1] == 1
    await changed(shop, "main", priority=9, name="The cellar")
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    assert [(await counters(shop, location=x))[1] for x in ("main", "attic")] == [1, 1]
    listed = (await shop.as_staff("GET", "/admin/locations"))["data"]
    assert [(x["id"], x["name"], x["priority"]) for x in listed] == [
        ("attic", "Attic", 5),
        ("main", "The cellar", 9),
    ]


async def test_a_place_that_is_switched_off_promises_nothing_new_and_explains_what_lies_there(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 3})
    await place_named(shop, "attic", priority=5)
    await received(shop, 4, location="attic")
    order_id = await paid_in_cash(shop, {"MUG": 2})
    assert await shop.available("MUG") == 5
    await changed(shop, "main", open=False)
    assert await shop.available("MUG") == 4
    refusal = await shop.place({"MUG": 5}, "cash_on_delivery")
    assert refusal.json()["lines"] == [{"sku": "MUG", "requested": 5, "available": 4}]
    product = (await shop.call("GET", "/products/p-mug")).json()
    assert product["variants"][0]["available"] == 4
    lying = (await shop.as_staff("GET", "/admin/locations/main/stock"))["data"]
    assert [(x["sku"], x["on_hand"], x["committed"]) for x in lying] == [("MUG", 3, 2)]
    await shop.as_staff("POST", f"/admin/orders/{order_id}/cancel", {"reason": "changed their mind"})
    assert (await counters(shop), await shop.available("MUG")) == ((3, 0, 0, 0), 4)
    await changed(shop, "main", open=True)
    assert await shop.available("MUG") == 7


async def test_who_holds_units_of_a_place_that_is_switched_off_pays_for_them_all_the_same(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2})
    await changed(shop, "main", open=False)
    await shop.pay(placed)
    assert await counters(shop) == (2, 0, 2, 0)


async def test_a_place_that_is_switched_off_is_received_and_counted_as_before(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await changed(shop, "main", open=False)
    await received(shop, 3)
    assert (await counted(shop, 4)).json()["lines"][0]["difference"] == -1
    assert (await counters(shop), await shop.available("MUG")) == ((4, 0, 0, 0), 0)


async def test_a_place_needs_an_id_of_its_own_and_sane_values(shop: Shop) -> None:
    before = await rows(shop)
    for body, field in (
        ({"id": "main", "name": "Again"}, "id"),
        ({"id": "The Attic", "name": "Attic"}, "id"),
        ({"id": "attic", "name": ""}, "name"),
        ({"id": "attic", "name": "Attic", "priority": -1}, "priority"),
    ):
        answer = await shop.call("POST", "/admin/locations", body, **shop.staff)
        refused(answer, 422, "field_invalid", field)
    answer = await shop.call("PATCH", "/admin/locations/attic", {"open": False}, **shop.staff)
    refused(answer, 404, "not_found")
    assert await rows(shop) == before


async def test_goods_under_way_lie_on_nobodys_shelf_and_are_seen(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await place_named(shop, "shop")
    transfer = await sent(shop, {"MUG": 4})
    assert (await counters(shop), await counters(shop, location="shop")) == ((1, 0, 0, 0), (0, 0, 0, 0))
    assert await shop.available("MUG") == 1
    under_way = (await shop.as_staff("GET", "/admin/stock/transfers?under_way=true"))["data"]
    assert [(x["lines"][0]["sku"], x["lines"][0]["in_transit"]) for x in under_way] == [("MUG", 4)]
    assert (await shop.as_staff("GET", "/admin/stock/MUG/history"))["in_transit"] == 4
    await leg(shop, transfer, "receive", MUG=2)
    done = await leg(shop, transfer, "lose", MUG=1)
    assert done["lines"][0] | {"transfer_id": ""} == {
        "transfer_id": "",
        "sku": "MUG",
        "sent": 4,
        "received": 2,
        "lost": 1,
        "in_transit": 1,
    }
    assert (await counters(shop, location="shop"), await shop.available("MUG")) == ((2, 0, 0, 0), 3)
    await leg(shop, transfer, "receive", MUG=1)
    assert (await shop.as_staff("GET", "/admin/stock/transfers?under_way=true"))["data"] == []
    assert len((await shop.as_staff("GET", "/admin/stock/transfers"))["data"]) == 1
    assert await movements(shop) == [
        ("main", "received", 5),
        ("main", "transferred", -4),
        ("shop", "transferred", 2),
        ("shop", "transferred", 1),
    ]


async def test_no_more_arrives_than_is_under_way(shop: Shop) -> None:
    await shop.stocked({"JUG": 5, "MUG": 5})
    await place_named(shop, "shop")
    transfer = await sent(shop, {"MUG": 2})
    path = f"/admin/stock/transfers/{transfer['transfer']['id']}"
    before = await rows(shop)
    body = {"lines": [{"sku": "JUG", "quantity": 1}, {"sku": "MUG", "quantity": 3}], "reason": "x"}
    for verb in ("receive", "lose"):
        found = refused(await shop.call("POST", f"{path}/{verb}", body, **shop.staff), 409, "not_in_transit")
        assert found["lines"] == [
            {"sku": "JUG", "requested": 1, "in_transit": 0},
            {"sku": "MUG", "requested": 3, "in_transit": 2},
        ]
    nowhere = "/admin/stock/transfers/stf_nothing/receive"
    refused(await shop.call("POST", nowhere, body, **shop.staff), 404, "not_found")
    assert await rows(shop) == before


async def test_each_leg_is_carried_out_once_however_often_it_is_sent(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await place_named(shop, "shop")
    lines = [{"sku": "MUG", "quantity": 1}]
    key = {"Idempotency_Key": "a-key-for-every-leg", **shop.staff}
    body = {"from": "main", "to": "shop", "lines": lines, "reason": "wanted"}
    first, again = [await shop.call("POST", "/admin/stock/transfers", body, **key) for _ in range(2)]
    assert first.content == again.content
    path = f"/admin/stock/transfers/{first.json()['transfer']['id']}/receive"
    for _ in range(2):
        unpacked = {"lines": lines, "reason": "unpacked"}
        assert (await shop.call("POST", path, unpacked, **key)).status_code == 200
    assert (await counters(shop), await counters(shop, location="shop")) == ((4, 0, 0, 0), (1, 0, 0, 0))


async def test_what_is_promised_does_not_travel(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await place_named(shop, "shop")
    await shop.placed({"MUG": 2}, "cash_on_delivery")
    before = await rows(shop)
    lines = [{"sku": "MUG", "quantity": 2}]
    for to, status, code in (
        ("shop", 409, "out_of_stock"),
        ("main", 422, "field_invalid"),
        ("nowhere", 404, "unknown_sku"),
    ):
        body = {"from": "main", "to": to, "lines": lines, "reason": "wanted"}
        refused(await shop.call("POST", "/admin/stock/transfers", body, **shop.staff), status, code)
    assert await rows(shop) == before
    assert (await counters(shop), await short(shop)) == ((3, 2, 0, 0), [])


async def test_goods_that_arrive_go_to_those_they_are_owed_to(shop: Shop) -> None:
    await shop.rules(late_money="owe")
    await shop.stocked({"MUG": 2})
    await place_named(shop, "shop")
    transfer = await sent(shop, {"MUG": 1})
    placed = await shop.placed({"MUG": 1})
    await shop.database.pool.execute("UPDATE hold_lines SET drops_at = now() - interval '1 minute'")
    await shop.sweep()
    await paid_in_cash(shop, {"MUG": 1})
    await shop.at_bank(placed, "pay")
    await shop.until_state(placed["order"]["id"], "awaiting_stock")
    await leg(shop, transfer, "receive", MUG=1)
    await shop.drain()
    assert await shop.state(placed["order"]["id"]) == "paid"
    assert await counters(shop, location="shop") == (1, 0, 1, 0)
