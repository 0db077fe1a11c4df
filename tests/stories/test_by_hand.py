"""Money that people see and programs do not: bank transfers, and cash on delivery."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from holdfast import clock
from tests.house import Json, Shop
from tests.stories.money import (
    cancel,
    events,
    id_of,
    later,
    lines,
    matters,
    mine,
    paying_again,
    payment,
    placed_ago,
    refunds,
    rest,
    sums,
    transfer,
    transferred,
)

pytestmark = pytest.mark.anyio


async def desk(shop: Shop, placed: Json, deed: str, body: object = None) -> httpx.Response:
    return await shop.call("POST", f"/admin/orders/{id_of(placed)}/{deed}", body, **shop.staff)


# ── bank transfer ─────────────────────────────────────────────────────────────────────────────


async def test_a_transfer_of_the_whole_amount_pays(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    action = placed["payment"]["next_action"]
    assert (action["type"], action["amount"]) == ("bank_details", {"amount": 2_000, "currency": "GBP"})
    await transferred(shop, placed, 2_000, "FT1")
    assert (await shop.state(id_of(placed)), await lines(shop)) == ("paid", [("committed", 2)])
    assert await matters(shop) == {}


async def test_parts_add_up_and_the_buyer_is_told_what_is_missing(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 1_500, "FT1")
    seen = (await shop.call("GET", f"/orders/{id_of(placed)}", **mine(placed))).json()
    assert (seen["order"]["state"], seen["payment"]["state"]) == ("pending_payment", "pending")
    assert seen["payment"]["captured"]["amount"] == 1_500
    assert seen["payment"]["next_action"]["amount"] == {"amount": 500, "currency": "GBP"}
    assert seen["payment"]["next_action"]["reference"] == placed["payment"]["next_action"]["reference"]
    await transferred(shop, placed, 500, "FT2")
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("paid", (2_000, 0))


async def test_a_part_can_be_completed_with_a_card(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 1_500, "FT1")
    again = await paying_again(shop, placed, "stripe")
    await shop.pay(placed | again)
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 0)
    await transferred(shop, placed, 500, "FT2")  # the buyer sent the rest as well
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 500)]  # to the card, which needs nobody's hand
    assert "paid_twice" in await matters(shop)


async def test_what_was_sent_too_much_is_sent_back_by_a_person(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 2_300, "FT1")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await refunds(shop)) == ("paid", [("pending", 300)])
    refund_id = (await matters(shop))["refund_by_hand"]["subject"]
    path = f"/admin/refunds/{refund_id}/paid-by-hand"
    await shop.as_staff("POST", path, {"reference": "OUT1"})
    assert (await refunds(shop), await sums(shop, placed)) == ([("succeeded", 300)], (2_300, 300))
    assert "refund_by_hand" not in await matters(shop)
    twice = await shop.call("POST", path, {"reference": "OUT2"}, **shop.staff)
    assert (twice.status_code, twice.json()["code"]) == (409, "move_refused")
    assert await shop.fetch("SELECT 1 FROM refunds WHERE provider_ref = 'OUT1'")


async def test_one_transfer_pays_one_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    first = await shop.placed({"MUG": 2}, "bank_transfer")
    second = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, first, 2_000, "FT1")
    for placed in (second, first):
        refused = await transfer(shop, placed, 2_000, "FT1")
        assert (refused.status_code, refused.json()["code"]) == (409, "transfer_already_used")
    assert (await shop.state(id_of(second)), await sums(shop, second)) == ("pending_payment", (0, 0))
    assert (await sums(shop, first), await shop.count("transfers")) == ((2_000, 0), 1)


async def test_a_transfer_in_another_currency_settles_nothing_and_is_shown(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    assert (await transfer(shop, placed, 2_000, "FT1", "USD")).status_code == 200
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("pending_payment", (0, 0))
    assert (await matters(shop))["payment_mismatch"]["detail"]["what"] == "currency"


async def test_a_transfer_that_was_written_down_in_the_wrong_currency_can_be_put_right(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.rules(transfer_approval_above_minor=5_000)
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    for amount in (2_000, 6_000):
        assert (await transfer(shop, placed, amount, "FT1", "USD")).status_code == 200
    assert "transfer_to_approve" not in await matters(shop)
    await transferred(shop, placed, 2_000, "FT1")
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("paid", (2_000, 0))
    assert (await transfer(shop, placed, 2_000, "FT1")).json()["code"] == "transfer_already_used"


async def test_a_transfer_that_comes_after_expiry_takes_the_units_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(unpaid_limit_hours=24 * 7)
    placed = await placed_ago(shop, {"MUG": 2}, "bank_transfer", hours=73)
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("expired", 2)
    await transferred(shop, placed, 2_000, "FT1")
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("paid", 0)


async def test_a_transfer_that_comes_when_units_are_gone_is_sent_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(unpaid_limit_hours=24 * 7)
    placed = await placed_ago(shop, {"MUG": 2}, "bank_transfer", hours=73)
    await shop.sweep()
    await shop.pay(await shop.placed({"MUG": 1}))
    await transferred(shop, placed, 2_000, "FT1")
    await rest(shop)
    assert (await shop.state(id_of(placed)), await refunds(shop)) == ("cancelled", [("pending", 2_000)])
    assert {"late_money_refunded", "refund_by_hand"} <= (await matters(shop)).keys()


async def test_a_transfer_for_an_order_that_was_cancelled_is_sent_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 700, "FT1")
    assert (await cancel(shop, placed)).status_code == 200
    await rest(shop)
    assert await refunds(shop) == [("pending", 700)]
    await transferred(shop, placed, 1_300, "FT2")
    await rest(shop)
    assert await refunds(shop) == [("pending", 700), ("pending", 1_300)]
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 2)


async def test_a_transfer_for_an_order_that_is_paid_by_card_is_refused(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2})
    refused = await transfer(shop, placed, 2_000, "FT1")
    assert (refused.status_code, refused.json()["code"]) == (422, "method_unavailable")
    assert await shop.count("transfers") == 0


async def test_a_buyer_cannot_record_a_transfer(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    body = {
        "bank_reference": "FT1",
        "received": {"amount": 2_000, "currency": "GBP"},
        "value_date": "2026-11-20",
    }
    refused = await shop.call("POST", f"/admin/orders/{id_of(placed)}/transfers", body, **mine(placed))
    assert (refused.status_code, await shop.count("transfers")) == (401, 0)


# ── cash on delivery ──────────────────────────────────────────────────────────────────────────


async def test_an_accepted_order_has_its_units_and_its_cart_is_empty(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    cart = (await shop.call("POST", "/carts")).json()
    owner = {"X_Holdfast_Token": cart["token"]}
    await shop.call("POST", f"/carts/{cart['id']}/lines", {"lines": [{"sku": "MUG", "quantity": 2}]}, **owner)
    body = shop.order_body({}, "cash_on_delivery", cart_id=cart["id"])
    del body["lines"]
    placed = (await shop.call("POST", "/orders", body, **owner)).json()
    assert (await desk(shop, placed, "confirm-cash")).status_code == 200
    assert (await shop.state(id_of(placed)), await lines(shop)) == ("confirmed", [("committed", 2)])
    assert (await shop.call("GET", f"/carts/{cart['id']}", **owner)).json()["lines"] == []
    assert (await payment(shop, placed))["state"] == "pending"
    assert (await desk(shop, placed, "collect-cash", {"collected_minor": 2_000})).status_code == 200
    assert (await payment(shop, placed))["state"] == "paid"
    assert await events(shop, placed) == ["placed", "confirmed"]


async def test_cash_that_came_first_sells_the_units_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    assert (await desk(shop, placed, "collect-cash", {"collected_minor": 2_000})).status_code == 200
    assert (await desk(shop, placed, "confirm-cash")).status_code == 200
    assert await events(shop, placed) == ["placed", "paid", "confirmed"]
    assert (await lines(shop), await shop.available("MUG")) == ([("committed", 2)], 3)


async def test_cash_is_accepted_and_collected_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    await desk(shop, placed, "confirm-cash")
    refused = await desk(shop, placed, "confirm-cash")
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    for _ in range(2):
        await desk(shop, placed, "collect-cash", {"collected_minor": 2_000})
    assert (await sums(shop, placed), await shop.count("ledger")) == ((2_000, 0), 1)


async def test_too_little_cash_is_shown(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    await desk(shop, placed, "confirm-cash")
    await desk(shop, placed, "collect-cash", {"collected_minor": 1_900})
    assert (await payment(shop, placed))["state"] == "pending"
    assert (await matters(shop))["amount_differs"]["detail"]["captured_minor"] == 1_900


@pytest.mark.parametrize("policy", ["refund", "owe", "ask"])
async def test_an_order_whose_units_are_gone_is_not_accepted(shop: Shop, policy: str) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(late_money=policy)
    placed = await placed_ago(shop, {"MUG": 2}, "cash_on_delivery", hours=73)
    await shop.pay(await shop.placed({"MUG": 1}))
    refused = await desk(shop, placed, "confirm-cash")
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert (await events(shop, placed), await matters(shop)) == (["placed"], {})
    assert await shop.available("MUG") == 1


async def test_an_accepted_order_is_never_cancelled_for_being_unpaid(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    await desk(shop, placed, "confirm-cash")
    later(hours=24 * 30)
    await shop.sweep()
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await lines(shop)) == ("confirmed", [("committed", 2)])


async def test_an_accepted_order_that_is_cancelled_gives_its_units_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    await desk(shop, placed, "confirm-cash")
    assert (await cancel(shop, placed)).status_code == 200
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 2)


async def test_cash_is_not_accepted_for_an_order_that_is_paid_by_card(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2})
    refused = await desk(shop, placed, "confirm-cash")
    assert (refused.status_code, refused.json()["code"]) == (422, "method_unavailable")
    assert await events(shop, placed) == ["placed"]


async def test_cash_is_not_accepted_after_the_buyer_has_chosen_a_card_instead(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    again = await paying_again(shop, placed, "stripe")
    before = await events(shop, placed)
    refused = await desk(shop, placed, "confirm-cash")
    assert (refused.status_code, refused.json()["code"]) == (422, "method_unavailable")
    assert (await events(shop, placed), await lines(shop)) == (before, [("active", 2)])
    await shop.pay(placed | again)
    assert await sums(shop, placed) == (2_000, 0)


@pytest.mark.parametrize(("deed", "body"), [("confirm-cash", None), ("collect-cash", {"collected_minor": 1})])
async def test_a_buyer_cannot_accept_or_collect_cash(shop: Shop, deed: str, body: object) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    refused = await shop.call("POST", f"/admin/orders/{id_of(placed)}/{deed}", body, **mine(placed))
    assert refused.status_code == 401
    assert (await events(shop, placed), await sums(shop, placed)) == (["placed"], (0, 0))


async def test_a_new_way_to_pay_after_cash_closes_nothing_at_anybodys(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    clock.stop(datetime.now(UTC) - timedelta(hours=1))
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    clock.go()
    again = await paying_again(shop, placed, "stripe")
    await rest(shop)
    await shop.pay(placed | again)
    assert await sums(shop, placed) == (2_000, 0)
