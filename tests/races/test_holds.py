"""Whose units they are: dead holds that nobody swept, holds taken early, and the buyer's own."""

import asyncio
from datetime import datetime, timedelta

import pytest

from holdfast import clock
from holdfast.checkout.place_order import Placed
from tests.house import Json, Shop
from tests.races.carts import Token, cart_with, checkout_of, lines, states, units
from tests.races.wishes import wanted

pytestmark = pytest.mark.anyio

CARD = timedelta(minutes=15)
GRACE = timedelta(minutes=2)
CASH = timedelta(hours=72)


async def test_a_dead_hold_never_blocks_a_buyer_although_nobody_swept(shop: Shop) -> None:
    start = clock.now()
    clock.stop(start)
    await shop.stocked({"MUG": 1})
    late = await shop.placed({"MUG": 1})
    assert datetime.fromisoformat(late["hold"]["expires_at"]) == start + CARD

    clock.stop(start + CARD + GRACE - timedelta(microseconds=1))
    refused = await shop.place({"MUG": 1})
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 1, "available": 0}]
    assert await shop.available("MUG") == 0

    clock.stop(start + CARD + GRACE)
    assert await shop.available("MUG") == 1
    await shop.placed({"MUG": 1})
    assert await units(shop, "MUG") == (1, 1, 0)
    assert [line["state"] for line in await lines(shop)] == ["expired", "active"]


async def test_the_order_whose_units_went_to_another_buyer_expires_at_the_next_sweep(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    late = await shop.placed({"MUG": 1})
    clock.stop(clock.now() + CARD + GRACE)
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    assert await states(shop) == ["pending_payment", "pending_payment"]
    await shop.sweep()
    assert await shop.state(late["order"]["id"]) == "expired"
    assert await states(shop) == ["expired", "pending_payment"]
    assert await units(shop, "MUG") == (1, 1, 0)


async def test_who_is_served_from_a_dead_hold_does_not_make_those_behind_look_refused(shop: Shop) -> None:
    """The first gets a dead JUG, and with it the MUG that the second had counted on; a dead MUG is left."""
    await shop.stocked({"JUG": 1, "MUG": 2})
    await shop.placed({"JUG": 1, "MUG": 1}, "cash_on_delivery")
    clock.stop(clock.now() + CASH + timedelta(seconds=1))
    before = shop.process.place.batches
    answers = await asyncio.gather(
        shop.process.place.submit(wanted({"JUG": 1, "MUG": 1})),
        shop.process.place.submit(wanted({"MUG": 1})),
        return_exceptions=True,
    )
    assert shop.process.place.batches == before + 1
    assert [type(answer) for answer in answers] == [Placed, Placed]
    assert await units(shop, "MUG") == (2, 2, 0)
    assert await units(shop, "JUG") == (1, 1, 0)


async def test_of_several_dead_holds_all_are_let_go_for_a_large_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    for _ in range(4):
        await shop.placed({"MUG": 1}, "cash_on_delivery")
    assert (await shop.place({"MUG": 5}, "cash_on_delivery")).status_code == 409
    clock.stop(clock.now() + CASH + timedelta(seconds=1))
    await shop.placed({"MUG": 5}, "cash_on_delivery")
    assert await units(shop, "MUG") == (5, 5, 0)


async def test_a_dead_hold_does_not_stand_in_the_way_of_the_staff_either(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.placed({"MUG": 2}, "cash_on_delivery")
    gone = {"lines": [{"sku": "MUG", "quantity": -3}], "reason": "water damage"}
    refused = await shop.call("POST", "/admin/stock/adjust", gone, Authorization=f"Bearer {shop.key}")
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 3, "available": 1}]
    assert await units(shop, "MUG") == (3, 2, 0)
    clock.stop(clock.now() + CASH + timedelta(seconds=1))
    await shop.as_staff("POST", "/admin/stock/adjust", gone)
    assert await units(shop, "MUG") == (0, 0, 0)


async def test_units_held_early_are_taken_over_by_the_order_and_counted_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, mine = await checkout_of(shop, cart_id, token)
    held = await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **mine)
    assert held.status_code == 201
    assert (await shop.available("MUG"), await units(shop, "MUG")) == (1, (3, 2, 0))
    placed = await shop.call("POST", f"/checkouts/{checkout_id}/complete", {}, **mine)
    assert placed.json()["hold"]["id"] == held.json()["id"]
    assert await units(shop, "MUG") == (3, 2, 0)
    (line,) = await lines(shop)
    assert line == {"order_id": placed.json()["order"]["id"], "sku": "MUG", "quantity": 2, "state": "active"}


async def test_holding_early_twice_holds_once_and_longer(shop: Shop) -> None:
    start = clock.now()
    clock.stop(start)
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, mine = await checkout_of(shop, cart_id, token)
    await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **mine)
    clock.stop(start + timedelta(minutes=5))
    again = (await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **mine)).json()
    assert datetime.fromisoformat(again["expires_at"]) == start + timedelta(minutes=15)
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_a_second_tab_of_the_same_cart_is_not_blocked_by_the_first(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    first, of_first = await checkout_of(shop, cart_id, token)
    second, of_second = await checkout_of(shop, cart_id, token)
    third, of_third = await checkout_of(shop, cart_id, token)
    assert (await shop.call("POST", "/holds", {"checkout_id": first}, **of_first)).status_code == 201
    assert (await shop.call("POST", "/holds", {"checkout_id": second}, **of_second)).status_code == 201
    assert await units(shop, "MUG") == (2, 2, 0)
    placed = await shop.call("POST", f"/checkouts/{third}/complete", {}, **of_third)
    assert placed.status_code == 201, placed.text
    assert await units(shop, "MUG") == (2, 2, 0)
    assert [line["state"] for line in await lines(shop)] == ["released", "released", "active"]


async def test_the_first_tab_cannot_touch_what_the_order_of_the_second_holds(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    first, of_first = await checkout_of(shop, cart_id, token)
    second, of_second = await checkout_of(shop, cart_id, token)
    hold = (await shop.call("POST", "/holds", {"checkout_id": first}, **of_first)).json()
    placed = (await shop.call("POST", f"/checkouts/{second}/complete", {}, **of_second)).json()
    assert placed["hold"]["id"] != hold["id"]
    assert (await shop.call("DELETE", f"/holds/{hold['id']}", **of_first)).status_code == 204
    assert (await shop.call("POST", f"/checkouts/{first}/cancel", None, **of_first)).status_code == 200
    assert await units(shop, "MUG") == (2, 2, 0)
    assert await states(shop) == ["pending_payment"]


async def test_a_foreign_carts_early_hold_is_respected(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, mine = await checkout_of(shop, cart_id, token)
    await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **mine)
    stranger, of_stranger = await checkout_of(shop, *await cart_with(shop, {"MUG": 1}))
    assert (await shop.call("POST", "/holds", {"checkout_id": stranger}, **of_stranger)).status_code == 409
    refused = await shop.call("POST", f"/checkouts/{stranger}/complete", {}, **of_stranger)
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 1, "available": 0}]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_ordering_the_same_cart_again_and_again_does_not_keep_its_units_for_ever(shop: Shop) -> None:
    start = clock.now()
    clock.stop(start)
    await shop.rules(hold_total_minutes_max=30)
    await shop.stocked({"MUG": 1})
    cart_id, token = await cart_with(shop, {"MUG": 1})
    body = shop.order_body({}, cart_id=cart_id)
    del body["lines"]
    seen = []
    for minutes in (0, 10, 20, 29):
        clock.stop(start + timedelta(minutes=minutes))
        placed = await shop.call("POST", "/orders", body, **token)
        assert placed.status_code == 201, placed.text
        expires_at = datetime.fromisoformat(placed.json()["hold"]["expires_at"])
        seen.append((expires_at - start) / timedelta(minutes=1))
    assert seen == [15, 25, 30, 30]
    clock.stop(start + timedelta(minutes=30) + GRACE)
    await shop.placed({"MUG": 1}, "cash_on_delivery")  # somebody else's turn
    refused = await shop.call("POST", "/orders", body, **token)
    assert refused.json()["code"] == "out_of_stock"
    assert await units(shop, "MUG") == (1, 1, 0)


async def test_changing_to_a_shorter_method_does_not_end_the_hold_in_the_past(shop: Shop) -> None:
    start = clock.now()
    clock.stop(start)
    await shop.stocked({"MUG": 1})
    cart_id, token = await cart_with(shop, {"MUG": 1})
    body = shop.order_body({}, "cash_on_delivery", cart_id=cart_id)
    del body["lines"]
    assert (await shop.call("POST", "/orders", body, **token)).status_code == 201
    clock.stop(start + timedelta(hours=10))
    by_card = await shop.call("POST", "/orders", {**body, "payment_method": "stripe"}, **token)
    expires_at = datetime.fromisoformat(by_card.json()["hold"]["expires_at"])
    assert expires_at == start + timedelta(hours=10) + CARD
    assert await shop.available("MUG") == 0


async def test_a_refused_change_of_mind_leaves_the_unpaid_order_as_it_was(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    body = shop.order_body({}, "cash_on_delivery", cart_id=cart_id)
    del body["lines"]
    first = (await shop.call("POST", "/orders", body, **token)).json()
    more = {"lines": [{"sku": "MUG", "quantity": 1}]}
    await shop.call("POST", f"/carts/{cart_id}/lines", more, **token)
    refused = await shop.call("POST", "/orders", body, **token)
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 3, "available": 2}]
    assert await states(shop) == ["pending_payment"]
    (line,) = await lines(shop)
    assert line == {"order_id": first["order"]["id"], "sku": "MUG", "quantity": 2, "state": "active"}


# ── units of carts that were merged ───────────────────────────────────────────────────────────


def in_cash(shop: Shop, cart_id: str) -> Json:
    """The body of an order for what lies in a cart."""
    body = shop.order_body({}, "cash_on_delivery", cart_id=cart_id)
    del body["lines"]
    return body


async def merged(shop: Shop, source_id: str, token: Token) -> tuple[str, Token]:
    """A new cart with everything of this one, and its token."""
    cart = (await shop.call("POST", "/carts")).json()
    mine = {"X_Holdfast_Token": cart["token"]}
    source = {"from": source_id, "token": token["X_Holdfast_Token"]}
    answer = await shop.call("POST", f"/carts/{cart['id']}/merge", source, **mine)
    assert answer.status_code == 200, answer.text
    return cart["id"], mine


async def test_an_order_of_a_cart_that_was_merged_makes_way_for_the_order_of_the_merged_one(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 4})
    source_id, source = await cart_with(shop, {"MUG": 2})
    assert (await shop.call("POST", "/orders", in_cash(shop, source_id), **source)).status_code == 201
    cart_id, token = await merged(shop, source_id, source)
    assert (await shop.call("POST", "/orders", in_cash(shop, cart_id), **token)).status_code == 201
    assert await states(shop) == ["cancelled", "pending_payment"]
    assert await units(shop, "MUG") == (4, 2, 0)


async def test_the_last_units_follow_their_buyer_through_every_merge(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    source_id, source = await cart_with(shop, {"MUG": 2})
    assert (await shop.call("POST", "/orders", in_cash(shop, source_id), **source)).status_code == 201
    cart_id, token = await merged(shop, *await merged(shop, source_id, source))
    answer = await shop.call("POST", "/orders", in_cash(shop, cart_id), **token)
    assert answer.status_code == 201, answer.text
    moved_to = answer.json()["order"]["id"]
    assert await lines(shop) == [{"order_id": moved_to, "sku": "MUG", "quantity": 2, "state": "active"}]
    assert await states(shop) == ["cancelled", "pending_payment"]


async def test_units_of_a_cart_that_was_merged_stay_held_from_everybody_else(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    source_id, source = await cart_with(shop, {"MUG": 2})
    assert (await shop.call("POST", "/orders", in_cash(shop, source_id), **source)).status_code == 201
    await merged(shop, source_id, source)
    refused = await shop.place({"MUG": 1}, "cash_on_delivery")
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 1, "available": 0}]
    assert (await states(shop), await units(shop, "MUG")) == (["pending_payment"], (2, 2, 0))
