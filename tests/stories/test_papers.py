"""Invoices: issued once, numbered without gaps, as they were; and packing slips."""

import asyncio
import io

import pytest
from pypdf import PdfReader

from holdfast import clock
from holdfast.db.transaction import transaction
from holdfast.fulfilment.issue_invoice import issue_invoice
from tests.api.answers import refused, rows
from tests.house import ADDRESS, Json, Shop
from tests.races.gates import closed
from tests.stories.money import id_of, mine, rest
from tests.stories.stock import received
from tests.stories.test_moves import COD, bulk, paid
from tests.stories.test_shipping import shipped, units

pytestmark = pytest.mark.anyio


async def numbers(shop: Shop) -> list[int]:
    return [row["number"] for row in await shop.fetch("SELECT number FROM invoices ORDER BY number")]


async def issued(shop: Shop, order_id: str) -> Json:
    return await shop.as_staff("POST", f"/admin/orders/{order_id}/invoice")


async def test_the_first_parcel_brings_the_invoice_and_its_buyer_can_read_it(shop: Shop) -> None:
    await shop.rules(seller={"name": "Mugs & Co", "tax_number": "GB 1", "invoice_prefix": "M-"})
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    path = f"/orders/{id_of(placed)}/invoice.pdf"
    refused(await shop.call("GET", path, **mine(placed)), 404, "not_found")
    await shipped(shop, id_of(placed), lines=units((1, 1)))
    await shipped(shop, id_of(placed))
    for answer in (
        await shop.call("GET", path, **mine(placed)),
        await shop.call("GET", f"/admin{path}", **shop.staff),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["cache-control"] == "no-store"
    refused(await shop.call("GET", path), 404, "not_found")
    assert await numbers(shop) == [1]
    invoice = await issued(shop, id_of(placed))
    assert (invoice["number"], invoice["seller"]["name"]) == ("M-000001", "Mugs & Co")
    assert (invoice["total_minor"], invoice["taxes"]) == (
        2_000,
        [{"rate_bp": 2_000, "net_minor": 1_667, "tax_minor": 333}],
    )


async def test_an_invoice_stays_as_it_was_whatever_the_shop_becomes(shop: Shop) -> None:
    await shop.rules(invoices="on_demand")
    await shop.stocked({"MUG": 5})
    order_id = await paid(shop, {"MUG": 2})
    await shop.rules(tax_rate_bp=500, seller={"name": "Somebody else", "invoice_prefix": "X"})
    first = await issued(shop, order_id)
    assert first["taxes"][0]["rate_bp"] == 2_000  # of the day on which it was placed
    await shop.rules(seller={"name": "Nobody", "invoice_prefix": "Y"})
    await shipped(shop, order_id)
    assert await issued(shop, order_id) == first
    assert (first["number"], await numbers(shop)) == ("X000001", [1])


async def test_what_is_not_paid_for_has_no_invoice(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    order_id = id_of(await shop.placed({"MUG": 2}, COD))
    before = await rows(shop)
    path = f"/admin/orders/{order_id}/invoice"
    refused(await shop.call("POST", path, **shop.staff), 409, "move_refused")
    nobody = "/admin/orders/ord_00000000000000000000000000/invoice"
    refused(await shop.call("POST", nobody, **shop.staff), 404, "not_found")
    assert await rows(shop) == before


async def test_numbers_have_no_gaps_though_many_ship_and_some_are_undone(shop: Shop) -> None:
    await shop.stocked({"MUG": 20})
    orders = [await paid(shop, {"MUG": 1}) for _ in range(8)]
    await rest(shop)

    async def undone(order_id: str) -> None:
        with pytest.raises(ZeroDivisionError):
            await transaction(shop.database, lambda tx: fails(tx, order_id))

    async def fails(tx: object, order_id: str) -> None:
        rules = shop.process.rules
        await issue_invoice(tx, order_id=order_id, rules=rules, actor="test", at=clock.now())  # type: ignore[arg-type]
        raise ZeroDivisionError

    await asyncio.gather(
        bulk(shop, orders[:3], "shipped"),
        undone(orders[3]),
        issued(shop, orders[4]),
        undone(orders[5]),
        bulk(shop, orders[6:], "shipped"),
    )
    assert await numbers(shop) == [1, 2, 3, 4, 5, 6]
    await bulk(shop, orders, "shipped")
    assert await numbers(shop) == list(range(1, 9))


async def test_markup_in_what_people_wrote_is_only_text_on_paper(shop: Shop) -> None:
    evil = "**b** <script>x</script> {nb} {{7*7}} [a](https://evil.example)"
    await shop.rules(seller={"name": evil, "note": evil})
    price = {"amount": 500, "currency": "GBP"}
    goods = {"slug": "evil", "name": evil, "variants": [{"sku": "<b>", "name": evil, "price": price}]}
    await shop.as_staff("POST", "/admin/catalog/import", {"products": [goods]})
    await received(shop, 1, sku="<b>")
    where = {**ADDRESS, "name": evil, "line1": evil}
    placed = await shop.placed({"<b>": 1}, shipping_address=where, billing_address=where)
    await shop.pay(placed)
    path = f"/admin/orders/{id_of(placed)}"
    slip = await shop.call("GET", f"{path}/packing-slip.pdf", **shop.staff)
    await shipped(shop, id_of(placed))
    invoice = await shop.call("GET", f"{path}/invoice.pdf", **shop.staff)
    for paper, times in ((slip.content, 3), (invoice.content, 5)):
        pages = PdfReader(io.BytesIO(paper)).pages
        written = " ".join("".join(page.extract_text() for page in pages).split())
        assert written.count(evil) >= times, written
        assert "<b>" in written
        assert [page.get("/Annots") for page in pages] == [None]
        assert b"/JavaScript" not in paper


async def test_two_people_who_want_the_same_invoice_get_one(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    order_id = await paid(shop, {"MUG": 1})
    async with closed(shop.database, "SELECT FROM invoice_counter FOR UPDATE") as gate:
        one = asyncio.create_task(issued(shop, order_id))
        await gate.stopped(1)
        two = asyncio.create_task(issued(shop, order_id))
        await gate.stopped(2)
        await gate.open()
        assert await one == await two
    assert await numbers(shop) == [1]


async def test_a_packing_slip_tells_what_is_to_be_packed_or_lies_in_a_parcel(shop: Shop) -> None:
    await shop.stocked({"MUG": 5, "FEE": None})
    order_id = await paid(shop, {"MUG": 2, "FEE": 1})
    path = f"/admin/orders/{order_id}/packing-slip.pdf"
    answer = await shop.call("GET", path, **shop.staff)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    parcel = (await shipped(shop, order_id, lines=units((1, 1))))["shipments"][0]["id"]
    assert (await shop.call("GET", f"{path}?shipment={parcel}", **shop.staff)).status_code == 200
    foreign = await paid(shop, {"MUG": 1})
    other = f"/admin/orders/{foreign}/packing-slip.pdf?shipment={parcel}"
    refused(await shop.call("GET", other, **shop.staff), 404, "not_found")
    refused(await shop.call("GET", path), 401, "unauthenticated")
