"""A marketplace: orders of several sellers, each of whom sees, sends and is paid for its own lines only."""

from collections.abc import Sequence

import pytest

from holdfast import clock
from holdfast.accounts.people import grant_role
from holdfast.accounts.roles import Role
from holdfast.fulfilment.papers.packing_slip import SlipLine, read_slip
from tests.api.answers import refused
from tests.api.furnished import API
from tests.api.known import ask, digest, person
from tests.house import ADDRESS, Json, Shop
from tests.stories.market import done, entries, owed, seen, selling
from tests.stories.money import id_of, rest
from tests.stories.test_disputes import at_the_bank, comes_to_be

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


async def on_slip(shop: Shop, placed: Json, slug: str) -> Sequence[SlipLine]:
    """What the paper says that a vendor has to pack."""
    (row,) = await shop.fetch("SELECT id FROM vendors WHERE slug = $1", slug)
    async with shop.database.pool.acquire() as connection:
        slip = await read_slip(
            connection,
            order_id=id_of(placed),
            shipment_id=None,
            shop="",
            at=clock.now(),
            vendor_id=row["id"],
        )
    return slip.lines


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

    slip = await shop.call("GET", f"{order}/packing-slip.pdf", **potter)
    assert (slip.status_code, slip.content[:5]) == (200, b"%PDF-")
    assert [(x.position, x.quantity) for x in await on_slip(shop, placed, "potter")] == [(VASE, 3)]

    await refund(shop, placed, SHAWL, 1, restock=True)  # cancelled before it was sent
    assert [(x.position, x.quantity) for x in await on_slip(shop, placed, "weaver")] == [(SHAWL, 1)]
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
    refused(await shop.call("GET", f"{order}/packing-slip.pdf", **weaver), 404, "not_found")

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


async def test_what_a_bank_may_take_back_is_not_paid_out_and_who_bears_a_loss_the_staff_say(
    shop: Shop,
) -> None:
    vendor_id, potter = await selling(shop, "potter", 1_000)
    await shop.stocked({"VASE": 9}, vendor="potter")
    doubtful, sure = await shop.placed({"VASE": 2}), await shop.placed({"VASE": 1})
    await shop.pay(doubtful)
    await shop.pay(sure)
    await at_the_bank(shop, doubtful, "opened")
    await comes_to_be(shop, doubtful, "disputed")
    assert await owed(shop, potter) == (2_700, 900)
    payouts = f"/admin/vendors/{vendor_id}/payouts"
    assert (await shop.as_staff("POST", payouts))["amount"]["amount"] == 900
    await at_the_bank(shop, doubtful, "lost")
    await comes_to_be(shop, doubtful, "refunded")
    assert await owed(shop, potter) == (1_800, 1_800)
    loss = {"amount": {"amount": -1_800, "currency": "GBP"}, "reason": "the dispute was lost"}
    await shop.as_staff("POST", f"/admin/vendors/{vendor_id}/adjustments", loss)
    assert await owed(shop, potter) == (0, 0)
    nothing = await shop.call("POST", payouts, **shop.staff)
    assert refused(nothing, 409, "nothing_to_pay_out")["payable_minor"] == 0


async def test_what_a_vendor_owes_for_an_order_is_taken_from_a_payout_also_while_a_bank_decides(
    shop: Shop,
) -> None:
    vendor_id, potter = await selling(shop, "potter", 1_000)
    await shop.stocked({"VASE": 9}, vendor="potter")
    payouts = f"/admin/vendors/{vendor_id}/payouts"
    doubtful = await shop.placed({"VASE": 2})
    await shop.pay(doubtful)
    assert (await shop.as_staff("POST", payouts))["amount"]["amount"] == 1_800
    await refund(shop, doubtful, 1, 1)
    await shop.pay(await shop.placed({"VASE": 1}))
    await at_the_bank(shop, doubtful, "opened")
    await comes_to_be(shop, doubtful, "disputed")
    assert await owed(shop, potter) == (0, 0)
    nothing = await shop.call("POST", payouts, **shop.staff)
    assert refused(nothing, 409, "nothing_to_pay_out")["payable_minor"] == 0
    await shop.pay(await shop.placed({"VASE": 1}))
    assert (await shop.as_staff("POST", payouts))["amount"]["amount"] == 900
    assert await owed(shop, potter) == (0, 0)


async def test_who_sells_for_a_vendor_is_said_by_an_admin_and_counts_at_once(shop: Shop) -> None:
    vendor_id, potter = await selling(shop, "potter")
    admin = await person(shop, "admin", Role.ADMIN)
    ada = await person(shop, "ada", Role.CUSTOMER)
    clerk = await person(shop, "clerk", Role.STAFF)
    people = f"{API}/admin/vendors/{vendor_id}/people"
    refused(await ask(shop, ada, "GET", f"{API}/vendor/orders"), 403, "forbidden")
    before = await digest(shop)
    refused(await ask(shop, clerk, "POST", people, {"email": "ada@example.com"}), 403, "forbidden")
    employed = await ask(shop, admin, "POST", people, {"email": "clerk@example.com"})
    refused(employed, 422, "field_invalid", "email")
    nowhere = await ask(shop, admin, "POST", people.replace("vnd_", "vnd_0"), {"email": "ada@example.com"})
    refused(nowhere, 404, "not_found")
    assert await digest(shop) == before

    joined = await ask(shop, admin, "POST", people, {"email": "ADA@example.com"})
    assert (joined.status_code, joined.json()["role"]) == (200, "vendor")
    assert (await ask(shop, ada, "GET", f"{API}/vendor/orders")).status_code == 200
    named = (await shop.as_staff("GET", f"/admin/vendors/{vendor_id}"))["people"]
    assert [each["email"] for each in named] == ["potter@example.com", "ada@example.com"]
    other, _ = await selling(shop, "weaver")
    wrong = await ask(shop, admin, "DELETE", f"{API}/admin/vendors/{other}/people/{named[0]['id']}")
    refused(wrong, 404, "not_found")
    left = await ask(shop, admin, "DELETE", f"{people}/{named[0]['id']}")
    assert (left.status_code, left.json()["role"]) == (200, "customer")
    refused(await shop.call("GET", "/vendor/orders", **potter), 403, "forbidden")
    async with shop.database.pool.acquire() as connection, connection.transaction():
        await grant_role(connection, email="ada@example.com", role=Role.STAFF)  # the command line
    assert await shop.fetch("SELECT id FROM users WHERE vendor_id = $1", vendor_id) == []


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
