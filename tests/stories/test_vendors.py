"""A marketplace: orders of several sellers, each of whom sees, sends and is paid for its own lines only."""

import pytest

from tests.api.answers import refused
from tests.api.known import digest
from tests.house import ADDRESS, Json, Shop
from tests.stories.market import done, entries, owed, seen, selling
from tests.stories.money import id_of, rest

pytestmark = pytest.mark.anyio

VASE, SHAWL = 2, 3  # positions in the order below


async def market(shop: Shop) -> tuple[Json, dict[str, str], dict[str, str]]:
    """An unpaid order: a mug of the shop's own, three vases of the potter's, two shawls of the weaver's."""
    _, potter = await selling(shop, "potter", 1_000)
    _, weaver = await selling(shop, "weaver", 1_250)
    await shop.stocked({"MUG": 9}, 1_000)
    await shop.stocked({"VASE": 9}, 1_999, vendor="potter")
    await shop.stocked({"SHAWL": 9}, 3_333, vendor="weaver")
    placed = await shop.placed({"MUG": 1, "VASE": 3, "SHAWL": 2}, shipping_option="standard")
    return placed, potter, weaver


async def refund(shop: Shop, placed: Json, position: int, quantity: int, *, restock: bool = False) -> None:
    line = {"position": position, "quantity": quantity, "restock": restock}
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {"lines": [line]})
    await rest(shop)


async def test_an_order_of_two_vendors_and_the_shop_is_sent_by_each_of_them_and_paid_to_the_penny(
    shop: Shop,
) -> None:
    placed, potter, weaver = await market(shop)
    order = f"/vendor/orders/{id_of(placed)}"
    assert (await seen(shop, potter, "/vendor/orders"))["data"] == []
    refused(await shop.call("GET", order, **potter), 404, "not_found")
    assert await entries(shop, potter) == []

    await shop.pay(placed)
    assert await entries(shop, potter) == [("sale", 5_997), ("commission", -600)]
    assert await entries(shop, weaver) == [("sale", 6_666), ("commission", -833)]
    (shown,) = (await seen(shop, potter, "/vendor/orders"))["data"]
    assert shown == await seen(shop, potter, order)
    assert [(x["position"], x["sku"], x["quantity"]) for x in shown["lines"]] == [(VASE, "VASE", 3)]
    assert shown["shipping_address"]["line1"] == ADDRESS["line1"]
    assert [word for word in ("SHAWL", "MUG", "ada@example.com") if word in str(shown)] == []

    await refund(shop, placed, SHAWL, 1, restock=True)  # cancelled before it was sent
    assert await entries(shop, weaver) == [
        ("sale", 6_666), ("commission", -833), ("refund", -3_333), ("commission_back", 417),
    ]  # fmt: skip
    await done(shop, potter, f"{order}/shipments", {"carrier": "Post"})
    assert (await shop.order(id_of(placed)))["answer"]["order"]["status"] == "partially_refunded"
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/moves", {"event": "shipped"})
    assert await shop.state(id_of(placed)) == "paid"  # the shop has sent its own, and nobody else's
    part = await done(
        shop,
        weaver,
        f"{order}/shipments",
        {"lines": [{"position": SHAWL, "quantity": 1}], "packed_only": True},
    )
    (parcel,) = part["shipments"]
    await done(shop, weaver, f"/vendor/shipments/{parcel['id']}/moves", {"event": "shipped"})
    assert await shop.state(id_of(placed)) == "shipped"

    answer = (await shop.order(id_of(placed)))["answer"]
    for parcel, who in zip(answer["shipments"], (potter, None, weaver), strict=True):
        path = f"{'/vendor' if who else '/admin'}/shipments/{parcel['id']}/moves"
        await done(shop, who or shop.staff, path, {"event": "delivered"})
    assert await shop.state(id_of(placed)) == "delivered"
    assert (await seen(shop, weaver, order))["shipping_address"] is None

    await refund(shop, placed, VASE, 1)  # broken, and kept by the buyer
    assert await owed(shop, potter) == (3_998 - 400, 3_598)
    assert await owed(shop, weaver) == (3_333 - 416, 2_917)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {})  # and now all of it
    await rest(shop)
    assert [await owed(shop, who) for who in (potter, weaver)] == [(0, 0), (0, 0)]


async def test_a_vendor_is_paid_out_once_and_what_is_refunded_later_is_taken_from_the_next_payout(
    shop: Shop,
) -> None:
    placed, potter, _ = await market(shop)
    await shop.pay(placed)
    vendor_id = (await shop.as_staff("GET", "/admin/vendors"))["data"][0]["id"]
    path = f"/admin/vendors/{vendor_id}/payouts"
    key = {"Idempotency-Key": "a-payout-of-this-week"}
    payout = await shop.as_staff("POST", path, None, **key)
    assert payout["amount"] == {"amount": 5_397, "currency": "GBP"}
    assert (await shop.as_staff("POST", path, None, **key))["id"] == payout["id"]
    before = await digest(shop)
    again = await shop.call("POST", path, **shop.staff)
    assert refused(again, 409, "nothing_to_pay_out")["payable_minor"] == 0
    assert await digest(shop) == before

    paid = f"/admin/payouts/{payout['id']}/paid"
    marked = await shop.as_staff("POST", paid, {"bank_reference": "OUT-1"})
    assert (marked["bank_reference"], marked["paid_at"] is None) == ("OUT-1", False)
    before = await digest(shop)
    twice = await shop.call("POST", paid, {"bank_reference": "OUT-2"}, **shop.staff)
    refused(twice, 409, "move_refused")
    strange = await shop.call("POST", paid[:-9] + "0000/paid", {"bank_reference": "OUT-2"}, **shop.staff)
    refused(strange, 404, "not_found")
    assert await digest(shop) == before
    assert (await seen(shop, potter, "/vendor/payouts"))["data"] == [marked]

    await refund(shop, placed, VASE, 1)
    assert await owed(shop, potter) == (-1_799, -1_799)
    short = await shop.call("POST", path, **shop.staff)
    assert refused(short, 409, "nothing_to_pay_out")["payable_minor"] == -1_799
    more = await shop.placed({"VASE": 1})
    await shop.pay(more)
    assert await owed(shop, potter) == (0, 0)
    gift = {"amount": {"amount": 250, "currency": "GBP"}, "reason": "for the fair"}
    await shop.as_staff("POST", f"/admin/vendors/{vendor_id}/adjustments", gift)
    assert (await shop.as_staff("POST", path))["amount"]["amount"] == 250
    kept = await shop.fetch(
        "SELECT payout_id, count(*) AS entries FROM vendor_payout_entries GROUP BY 1 ORDER BY 1"
    )
    assert [row["entries"] for row in kept] == [2, 5]


async def test_a_vendor_earns_when_the_money_is_there_and_nothing_of_what_was_cancelled(shop: Shop) -> None:
    _, potter = await selling(shop, "potter", 1_000)
    await shop.stocked({"VASE": 9}, 1_000, vendor="potter")
    at_the_door = await shop.placed({"VASE": 2}, "cash_on_delivery")
    desk = f"/admin/orders/{id_of(at_the_door)}"
    await shop.as_staff("POST", f"{desk}/confirm-cash")
    assert await entries(shop, potter) == []
    await done(shop, potter, f"/vendor/orders/{id_of(at_the_door)}/shipments", {})
    assert (await shop.state(id_of(at_the_door)), await entries(shop, potter)) == ("shipped", [])
    await shop.as_staff("POST", f"{desk}/collect-cash", {"collected_minor": 2_000})
    assert await entries(shop, potter) == [("sale", 2_000), ("commission", -200)]

    given_up = await shop.placed({"VASE": 1})
    await shop.pay(given_up)
    assert await owed(shop, potter) == (2_700, 2_700)
    await shop.as_staff("POST", f"/admin/orders/{id_of(given_up)}/cancel")
    await rest(shop)
    assert await owed(shop, potter) == (1_800, 1_800)
    await shop.as_staff("POST", f"/admin/orders/{id_of(given_up)}/moves", {"event": "archived"})
    gift = {"sku": "VASE", "quantity": 1, "unit_price": {"amount": 0, "currency": "GBP"}}
    await shop.as_staff("POST", "/orders", shop.order_body({"VASE": 1}) | {"lines": [gift]})
    assert len((await seen(shop, potter, "/vendor/orders"))["data"]) == 3
    assert await owed(shop, potter) == (1_800, 1_800)


async def test_a_vendor_that_is_closed_sells_nothing_more_and_sends_what_it_has_sold(shop: Shop) -> None:
    placed, potter, weaver = await market(shop)
    await shop.pay(placed)
    vendor_id = (await shop.as_staff("GET", "/admin/vendors"))["data"][0]["id"]
    found = (await shop.call("GET", "/products?vendor=potter")).json()["data"]
    assert [(product["slug"], product["vendor"]) for product in found] == [("p-vase", "potter")]
    of_potter = (await shop.as_staff("GET", f"/admin/orders?vendor={vendor_id}&status=paid"))["data"]
    assert [order["id"] for order in of_potter] == [id_of(placed)]
    assert (await shop.as_staff("GET", f"/admin/orders?vendor={vendor_id}&status=shipped"))["data"] == []

    await shop.as_staff("PATCH", f"/admin/vendors/{vendor_id}", {"commission_bp": 5_000, "active": False})
    await shop.stocked({"VASE": 9}, 1_999, vendor="potter")  # an import does not bring it back
    refused(await shop.call("GET", "/products/p-vase"), 404, "not_found")
    refused(await shop.place({"VASE": 1}), 404, "unknown_sku")
    variants = [{"sku": "P", "name": "P", "price": {"amount": 1, "currency": "GBP"}}]
    unknown = {"slug": "p", "name": "P", "variants": variants, "vendor": "nobody"}
    answer = await shop.call("POST", "/admin/catalog/import", {"products": [unknown]}, **shop.staff)
    refused(answer, 422, "field_invalid", "products[0].vendor")
    taken = {"slug": "weaver", "name": "Another", "commission_bp": 0}
    refused(await shop.call("POST", "/admin/vendors", taken, **shop.staff), 422, "field_invalid", "slug")

    part = await done(shop, potter, f"/vendor/orders/{id_of(placed)}/shipments", {})
    assert [line["shipped"] for line in part["lines"]] == [3]
    assert await owed(shop, potter) == (5_397, 5_397)
    assert await owed(shop, weaver) == (5_833, 5_833)
