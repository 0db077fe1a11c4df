"""A buyer's way from the cart to a paid order."""

import pytest

from tests.house import ADDRESS, Shop

pytestmark = pytest.mark.anyio


async def test_an_order_in_one_call_is_paid_by_the_banks_webhook(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    assert placed["order"]["state"] == "pending_payment"
    assert placed["order"]["total"] == {"amount": 2_000, "currency": "GBP"}
    assert placed["hold"]["expires_at"]
    assert await shop.available("MUG") == 3
    await shop.pay(placed)
    order = await shop.order(placed["order"]["id"])
    assert order["answer"]["payment"]["captured"] == {"amount": 2_000, "currency": "GBP"}
    assert [event["event"] for event in order["timeline"]] == ["placed", "paid"]
    (line,) = await shop.fetch("SELECT state, quantity FROM hold_lines")
    assert (line["state"], line["quantity"]) == ("committed", 2)


async def test_a_cart_becomes_a_checkout_becomes_an_order_and_is_emptied_once_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 5, "JUG": 5})
    cart = (await shop.call("POST", "/carts")).json()
    mine = {"X_Holdfast_Token": cart["token"]}
    lines = {"lines": [{"sku": "MUG", "quantity": 2}, {"sku": "JUG", "quantity": 1}]}
    assert (await shop.call("POST", f"/carts/{cart['id']}/lines", lines, **mine)).status_code == 200
    started = await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **mine)
    assert started.status_code == 201, started.text
    checkout, token = started.json()["checkout"], {"X_Holdfast_Token": started.json()["token"]}
    path = f"/checkouts/{checkout['id']}"
    incomplete = await shop.call("POST", f"{path}/complete", {}, **token)
    assert incomplete.status_code == 422
    assert incomplete.json()["code"] == "checkout_incomplete"
    assert incomplete.json()["missing"] == ["email", "shipping_address", "shipping_option", "payment_method"]
    filled = await shop.call(
        "PATCH",
        path,
        {
            "email": "ada@example.com",
            "shipping_address": ADDRESS,
            "shipping_option": "standard",
            "payment_method": "stripe",
        },
        **token,
    )
    assert filled.status_code == 200, filled.text
    assert filled.json()["total"] == {"amount": 3_395, "currency": "GBP"}
    completed = await shop.call(
        "POST", f"{path}/complete", {"expected_total": filled.json()["total"]}, **token
    )
    assert completed.status_code == 201, completed.text
    again = await shop.call("POST", f"{path}/complete", {}, **token)
    assert again.status_code == 201
    assert again.json()["order"]["id"] == completed.json()["order"]["id"]
    await shop.pay(completed.json())
    emptied = (await shop.call("GET", f"/carts/{cart['id']}", **mine)).json()
    assert emptied["lines"] == []


async def test_the_same_key_gives_the_same_answer_and_another_body_is_refused(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    key = {"Idempotency_Key": "the-same-key-every-time"}
    first = await shop.call("POST", "/orders", shop.order_body({"MUG": 1}), **key)
    second = await shop.call("POST", "/orders", shop.order_body({"MUG": 1}), **key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Idempotent-Replayed"] == "true"
    other = await shop.call("POST", "/orders", shop.order_body({"MUG": 2}), **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await shop.count("orders") == 1
    assert await shop.available("MUG") == 4


async def test_what_is_not_there_is_refused_whole_and_the_key_may_be_tried_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 1, "JUG": 9})
    key = {"Idempotency_Key": "a-key-that-is-refused-once"}
    refused = await shop.call("POST", "/orders", shop.order_body({"JUG": 2, "MUG": 2}), **key)
    assert refused.status_code == 409
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert await shop.available("JUG") == 9
    assert (await shop.count("orders"), await shop.count("idempotency_keys")) == (0, 2)
    await shop.stocked({"MUG": 1})
    again = await shop.call("POST", "/orders", shop.order_body({"JUG": 2, "MUG": 2}), **key)
    assert again.status_code == 201, again.text


async def test_two_lines_of_one_sku_are_summed_before_they_are_compared(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    body = shop.order_body({"MUG": 3})
    body["lines"].append({"sku": "MUG", "quantity": 3})
    refused = await shop.call("POST", "/orders", body)
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 6, "available": 5}]
    body["lines"][1]["quantity"] = 2
    assert (await shop.call("POST", "/orders", body)).status_code == 201
    assert await shop.available("MUG") == 0


async def test_an_order_that_costs_nothing_is_paid_at_once(shop: Shop) -> None:
    await shop.stocked({"GIFT": 3}, price=0)
    placed = await shop.placed({"GIFT": 1})
    assert placed["order"]["state"] == "paid"
    assert await shop.state(placed["order"]["id"]) == "paid"
    assert await shop.available("GIFT") == 2
