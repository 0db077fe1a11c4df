"""Goods come back: asked for, decided, taken in by condition, and settled one way or another."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.house import Json, Shop
from tests.stories.money import id_of, later, matters, mine, refunds, resolve, rest, sums

pytestmark = pytest.mark.anyio


async def shipped(shop: Shop, quantity: int = 3) -> Json:
    """An order of mugs at 10.00 that its buyer has."""
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": quantity}, shipping_option="standard")
    await shop.pay(placed)

    sent = await shop.call("POST", f"/admin/orders/{id_of(placed)}/shipments", {}, **shop.staff)
    assert sent.status_code == 201, sent.text
    return placed


async def ask(shop: Shop, placed: Json, quantity: int = 2) -> httpx.Response:
    body = {"lines": [{"position": 1, "quantity": quantity, "reason": "damaged"}], "comment": "a crack"}
    return await shop.call("POST", f"/orders/{id_of(placed)}/returns", body, **mine(placed))


async def asked(shop: Shop, placed: Json, quantity: int = 2) -> str:
    answer = await ask(shop, placed, quantity)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["returns"][-1]["id"]
    return found


async def does(shop: Shop, return_id: str, verb: str, **body: Any) -> httpx.Response:
    return await shop.call("POST", f"/admin/returns/{return_id}/{verb}", body, **shop.staff)


async def received(shop: Shop, placed: Json, *, restocked: int, written_off: int) -> str:
    """Two mugs were asked for, and this many have come."""
    return_id = await asked(shop, placed)
    await resolve(shop, "return_requested", "approve")
    line = {"position": 1, "restocked": restocked, "written_off": written_off}
    answer = await does(shop, return_id, "receive", lines=[line])
    assert answer.status_code == 200, answer.text
    return return_id


async def status(shop: Shop, placed: Json) -> str:
    found: str = (await shop.order(id_of(placed)))["answer"]["order"]["status"]
    return found


async def movements(shop: Shop) -> list[tuple[str, int]]:
    rows = await shop.fetch("SELECT kind, quantity FROM movements ORDER BY id")
    return [(row["kind"], row["quantity"]) for row in rows][2:]


async def test_what_is_in_order_lies_on_the_shelf_again_and_the_money_goes_back(shop: Shop) -> None:
    placed = await shipped(shop)
    return_id = await received(shop, placed, restocked=1, written_off=1)
    assert await movements(shop) == [("returned", 1), ("returned", 1), ("written_off", -1)]
    assert (await shop.available("MUG"), await status(shop, placed)) == (3, "returned")
    await resolve(shop, "return_received", "refund")
    await rest(shop)
    assert (await refunds(shop), await status(shop, placed)) == ([("succeeded", 2_000)], "partially_refunded")
    shown = await shop.as_staff("GET", f"/admin/returns/{return_id}")
    assert (shown["goods"]["state"], shown["lines"][0]["restocked"]) == ("refunded", 1)
    assert await matters(shop) == {}


async def test_less_than_its_price_may_go_back_for_what_came_damaged(shop: Shop) -> None:
    placed = await shipped(shop)
    return_id = await received(shop, placed, restocked=0, written_off=2)
    amount = {"amount": 700, "currency": "GBP"}
    assert (await does(shop, return_id, "settle", by="refund", amount=amount)).status_code == 200
    await rest(shop)
    assert (await sums(shop, placed), await shop.available("MUG")) == ((3_395, 700), 2)
    again = await does(shop, return_id, "settle", by="credit")
    assert (again.status_code, again.json()["code"]) == (409, "move_refused")


@pytest.mark.parametrize("by", ["exchange", "credit", "close"])
async def test_something_else_or_nothing_may_be_given(shop: Shop, by: str) -> None:
    placed = await shipped(shop)
    return_id = await received(shop, placed, restocked=2, written_off=0)
    assert (await does(shop, return_id, "settle", by=by)).status_code == 200
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([], 4)
    assert (await status(shop, placed), await matters(shop)) == ("returned", {})


async def test_only_what_a_buyer_has_can_be_sent_back_and_once(shop: Shop) -> None:
    placed = await shipped(shop)
    await asked(shop, placed)
    refused = await ask(shop, placed)
    assert (refused.status_code, refused.json()["left"]) == (409, 1)
    assert (await shop.count("returns"), await status(shop, placed)) == (1, "return_requested")


async def test_what_was_not_shipped_is_cancelled_and_not_sent_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 3})
    unpaid = await ask(shop, placed)
    assert (unpaid.status_code, unpaid.json()["code"]) == (409, "move_refused")
    await shop.pay(placed)
    refused = await ask(shop, placed)
    assert (refused.status_code, refused.json()["code"]) == (409, "units_gone")
    assert await shop.count("returns") == 0


async def test_after_its_time_nothing_is_taken_back(shop: Shop) -> None:
    placed = await shipped(shop)
    await shop.rules(return_days=14)
    later(days=14, minutes=5)
    refused = await ask(shop, placed)
    assert (refused.status_code, refused.json()["code"]) == (409, "return_too_late")
    assert await shop.count("returns") == 0


@pytest.mark.parametrize("who", ["staff", "buyer"])
async def test_units_that_stay_with_the_buyer_may_be_asked_for_again(shop: Shop, who: str) -> None:
    placed = await shipped(shop)
    return_id = await asked(shop, placed)
    if who == "staff":
        await resolve(shop, "return_requested", "refuse")
    else:
        path = f"/orders/{id_of(placed)}/returns/{return_id}/withdraw"
        assert (await shop.call("POST", path, **mine(placed))).status_code == 200
    assert (await status(shop, placed), await matters(shop)) == ("shipped", {})
    late = await does(shop, return_id, "receive", lines=[{"position": 1, "restocked": 2}])
    assert (late.status_code, late.json()["code"]) == (409, "move_refused")
    assert await shop.available("MUG") == 2
    await asked(shop, placed, 3)


async def test_units_that_did_not_arrive_are_not_paid_for(shop: Shop) -> None:
    placed = await shipped(shop)
    await received(shop, placed, restocked=1, written_off=0)
    await resolve(shop, "return_received", "refund")
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([("succeeded", 1_000)], 3)
    await asked(shop, placed, 2)


async def test_a_large_refund_keeps_its_return_waiting_for_the_second_person(shop: Shop) -> None:
    placed = await shipped(shop)
    await shop.rules(refund_approval_above_minor=1_500)
    return_id = await received(shop, placed, restocked=2, written_off=0)
    await does(shop, return_id, "settle", by="refund")
    twice = await does(shop, return_id, "settle", by="refund")
    assert (twice.status_code, await refunds(shop)) == (409, [])
    await resolve(shop, "refund_to_approve", "refuse")
    assert (await does(shop, return_id, "settle", by="credit")).status_code == 200
    assert (await refunds(shop), await matters(shop)) == ([], {})


async def test_photos_are_painted_anew_and_strangers_see_nothing(shop: Shop) -> None:
    placed, picture = await shipped(shop), io.BytesIO()
    return_id = await asked(shop, placed)
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    path = f"/orders/{id_of(placed)}/returns/{return_id}/photos"
    body = {"file": base64.b64encode(picture.getvalue()).decode()}
    shown = await shop.call("POST", path, body, **mine(placed))
    assert shown.status_code == 201, shown.text
    kept = await shop.call("GET", f"/admin/return-photos/{shown.json()['id']}", **shop.staff)
    assert (kept.status_code, kept.content[:2]) == (200, b"\xff\xd8")
    for _ in range(4):
        await shop.call("POST", path, body, **mine(placed))
    refused = await shop.call("POST", path, body, **mine(placed))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many")
    assert (await shop.call("POST", path, body)).status_code == 404
    assert await shop.count("return_photos") == 5
