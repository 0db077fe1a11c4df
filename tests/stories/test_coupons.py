"""Coupons from the desk to the order and back: what they take off, how often, and who gets a use back."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from holdfast import clock
from holdfast.checkout.checkout import PlaceOrder
from holdfast.db.transaction import transaction
from holdfast.errors.problem import Problem
from holdfast.limits import COUPONS_MAX
from tests.api.answers import refused, rows
from tests.house import Json, Shop
from tests.races.carts import Token, cart_with, checkout_of
from tests.races.gates import closed
from tests.races.wishes import place, wanted
from tests.stories.coupons import couponed, uses
from tests.stories.money import cancel, control, id_of, intents, later, placed_ago, rest

pytestmark = pytest.mark.anyio


async def buys(shop: Shop, *codes: str, units: int = 1, email: str = "ada@example.com", **more: Any) -> Any:
    return await shop.place({"MUG": units}, "bank_transfer", email=email, coupons=list(codes), **more)


async def ordered(shop: Shop, cart: tuple[str, Token], **more: Any) -> Any:
    body = {**shop.order_body({}, "bank_transfer"), "cart_id": cart[0], **more}
    del body["lines"]
    return await shop.call("POST", "/orders", body, **cart[1])


async def entered(shop: Shop, cart: tuple[str, Token], code: str, status: int = 200) -> Json:
    answer = await shop.call("PUT", f"/carts/{cart[0]}/coupons/{code}", **cart[1])
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


def why(answer: Any) -> str:
    found = refused(answer, 409, "coupon_refused")
    return str(found["reason"])


async def test_a_coupon_goes_from_the_cart_through_the_quote_into_the_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop)
    cart = await cart_with(shop, {"MUG": 3})
    shown = await entered(shop, cart, "spring")
    assert shown["coupons"] == [{"code": "SPRING", "discount": _gbp(300), "problem": None}]
    checkout_id, mine = await checkout_of(shop, *cart, method="bank_transfer")
    quoted = (await shop.call("GET", f"/checkouts/{checkout_id}", **mine)).json()
    assert (quoted["discount"], quoted["total"]) == (_gbp(300), _gbp(2_700))
    done = await shop.call(
        "POST", f"/checkouts/{checkout_id}/complete", {"expected_total": _gbp(2_700)}, **mine
    )
    assert done.status_code == 201, done.text
    order = done.json()["order"]
    assert (order["discount"], order["total"]) == (_gbp(300), _gbp(2_700))
    assert order["coupons"] == [{"code": "SPRING", "kind": "percent", "discount": _gbp(300)}]
    read = await shop.order(order["id"])
    assert read["answer"]["order"]["coupons"] == order["coupons"]
    assert await uses(shop) == (1, ["counted"])


async def test_it_leaves_the_cart_with_what_was_bought(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop)
    await couponed(shop, "HUGE", subtotal_min_minor=90_000)
    cart = await cart_with(shop, {"MUG": 1})
    await entered(shop, cart, "SPRING")
    assert (await entered(shop, cart, "HUGE"))["coupons"][1]["problem"] == "too_little"
    refusal = await ordered(shop, cart)
    assert why(refusal) == "too_little"
    await shop.call("DELETE", f"/carts/{cart[0]}/coupons/huge", **cart[1])
    placed = (await shop.call("POST", "/orders", await _body(shop, cart, "stripe"), **cart[1])).json()
    await shop.pay(placed)
    left = (await shop.call("GET", f"/carts/{cart[0]}", **cart[1])).json()
    assert (left["lines"], left["coupons"]) == ([], [])


async def test_a_cart_says_why_a_coupon_cannot_be_used_and_does_not_keep_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, "ENDED", active=False)
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    await couponed(shop, "LATER", starts_at=tomorrow)
    await couponed(shop)
    await couponed(shop, "ALONE")
    cart = await cart_with(shop, {"MUG": 1})
    await entered(shop, cart, "SPRING")
    for code, reason in {
        "ENDED": "ended",
        "LATER": "not_yet",
        "NOBODYS": "unknown",
        "ALONE": "not_combinable",
    }.items():
        assert (await entered(shop, cart, code, 409))["reason"] == reason
    shown = await entered(shop, cart, "SPRING")
    assert [coupon["code"] for coupon in shown["coupons"]] == ["SPRING"]
    clock.stop(clock.now() + timedelta(days=1))
    assert (await entered(shop, await cart_with(shop, {"MUG": 1}), "LATER"))["coupons"][0]["problem"] is None


async def test_a_cart_and_an_order_have_only_so_many(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    codes = [f"CODE{number}" for number in range(COUPONS_MAX + 1)]
    for code in codes:
        await couponed(shop, code, kind="amount", amount_minor=10, combinable=True)
    cart = await cart_with(shop, {"MUG": 1})
    for code in codes[:-1]:
        await entered(shop, cart, code)
    assert (await entered(shop, cart, codes[-1], 409))["reason"] == "too_many"
    before = await rows(shop)
    assert refused(await buys(shop, *codes), 422, "field_invalid")["field"] == "coupons"
    assert await rows(shop) == before
    order = (await ordered(shop, cart)).json()["order"]
    assert [coupon["code"] for coupon in order["coupons"]] == codes[:-1]
    assert order["total"] == _gbp(900)


async def test_an_order_that_costs_nothing_is_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, kind="percent", percent_bp=10_000)
    placed = (await buys(shop, "SPRING", units=2)).json()
    assert (placed["order"]["total"], placed["order"]["state"]) == (_gbp(0), "paid")
    await cancel(shop, placed)
    await rest(shop)
    assert (await shop.available("MUG"), await uses(shop)) == (9, (0, ["given_back"]))


async def test_free_shipping_and_an_amount_go_together_where_both_may(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, "POST", kind="free_shipping", combinable=True)
    await couponed(shop, "FIVER", kind="amount", amount_minor=500, combinable=True)
    order = (await buys(shop, "POST", "FIVER", shipping_option="express")).json()["order"]
    assert (order["discount"], order["shipping"], order["total"]) == (_gbp(500), _gbp(0), _gbp(500))
    assert [(c["code"], c["discount"]["amount"]) for c in order["coupons"]] == [("FIVER", 500), ("POST", 795)]


async def test_a_coupon_is_used_as_often_as_it_may_be_and_by_a_buyer_as_often_as_they_may(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, uses_max=3, uses_per_buyer_max=1)
    assert (await buys(shop, "SPRING")).status_code == 201
    before = await rows(shop)
    assert why(await buys(shop, "spring", email="ADA@example.com")) == "used_before"
    assert await rows(shop) == before
    assert (await buys(shop, email="ada@example.com")).status_code == 201
    assert (await buys(shop, "SPRING", email="eve@example.com")).status_code == 201
    by_staff = shop.order_body({"MUG": 1}, "bank_transfer", coupons=["SPRING"])
    assert (await shop.call("POST", "/orders", by_staff, **shop.staff)).status_code == 201
    before = await rows(shop)
    assert why(await buys(shop, "SPRING", email="bob@example.com")) == "used_up"
    assert await rows(shop) == before
    lower = await shop.call(
        "PUT", "/admin/coupons/SPRING", {"kind": "free_shipping", "uses_max": 2}, **shop.staff
    )
    assert refused(lower, 422, "field_invalid")["field"] == "uses_max"
    (kept,) = (await shop.as_staff("GET", "/admin/coupons"))["data"]
    assert (kept["kind"], kept["uses_max"], kept["uses"]) == ("percent", 3, 3)


@pytest.mark.parametrize("rule", ["cancelled", "unpaid"])
async def test_who_cancels_gets_the_use_back_paid_or_not_as_the_shop_says(shop: Shop, rule: str) -> None:
    await shop.rules(coupons_given_back=rule)
    await shop.stocked({"MUG": 9})
    await couponed(shop, uses_max=1, uses_per_buyer_max=1)
    unpaid = (await buys(shop, "SPRING")).json()
    assert (await cancel(shop, unpaid)).status_code == 200
    paid = await shop.placed({"MUG": 1}, coupons=["SPRING"])
    await shop.pay(paid)
    await cancel(shop, paid)
    await rest(shop)
    again = await buys(shop, "SPRING")
    if rule == "cancelled":
        assert again.status_code == 201
        assert await uses(shop) == (1, ["counted", "given_back", "given_back"])
    else:
        assert why(again) == "used_up"
        assert await uses(shop) == (1, ["kept", "given_back"])


async def test_an_order_that_nobody_pays_gives_its_use_back_at_its_end_and_not_before(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, uses_max=1)
    placed = await shop.placed({"MUG": 1}, coupons=["SPRING"])
    later(minutes=40)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "expired"
    assert why(await buys(shop, "SPRING")) == "used_up"
    later(hours=25)
    await shop.sweep()
    await rest(shop)
    assert (await shop.state(id_of(placed)), await uses(shop)) == ("cancelled", (0, ["given_back"]))
    assert (await buys(shop, "SPRING")).status_code == 201


async def test_money_that_comes_too_late_gives_the_use_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await couponed(shop, uses_max=1)
    placed = await placed_ago(shop, {"MUG": 1}, coupons=["SPRING"], minutes=20)
    await shop.sweep()
    assert (await buys(shop, email="eve@example.com")).status_code == 201
    (intent,) = await intents(shop, placed)
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "cancelled"
    assert await uses(shop) == (0, ["given_back"])


async def test_a_buyer_who_checks_out_the_same_cart_again_takes_the_own_use_along(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, uses_max=1, uses_per_buyer_max=1)
    cart = await cart_with(shop, {"MUG": 1})
    await entered(shop, cart, "SPRING")
    for _ in range(3):
        assert (await ordered(shop, cart)).status_code == 201
        shown = (await shop.call("GET", f"/carts/{cart[0]}", **cart[1])).json()
        assert shown["coupons"][0]["problem"] is None
    assert await uses(shop) == (1, ["counted", "given_back", "given_back"])
    assert why(await buys(shop, "SPRING", email="eve@example.com")) == "used_up"
    assert (await ordered(shop, cart, coupons=[])).status_code == 201
    assert (await uses(shop))[0] == 0
    assert (await buys(shop, "SPRING", email="eve@example.com")).status_code == 201


async def test_a_cart_takes_the_uses_of_carts_that_were_merged_into_it_along(shop: Shop) -> None:
    await shop.stocked({"MUG": 9, "POT": 9})
    await couponed(shop, uses_max=2)
    first, second = await cart_with(shop, {"MUG": 1}), await cart_with(shop, {"POT": 1})
    before, mine = await checkout_of(shop, *first, method="bank_transfer")
    for cart in (first, second):
        await entered(shop, cart, "SPRING")
        assert (await ordered(shop, cart)).status_code == 201
    source = {"from": first[0], "token": first[1]["X_Holdfast_Token"]}
    merged = (await shop.call("POST", f"/carts/{second[0]}/merge", source, **second[1])).json()
    quoted = (await shop.call("GET", f"/checkouts/{before}", **mine)).json()
    for shown in (merged, quoted, await entered(shop, second, "SPRING")):
        assert shown["coupons"] == [{"code": "SPRING", "discount": _gbp(200), "problem": None}]
    assert (await ordered(shop, second)).status_code == 201
    assert await uses(shop) == (1, ["counted", "given_back", "given_back"])


async def test_cash_on_delivery_that_nobody_pays_gives_the_use_back(shop: Shop) -> None:
    await shop.rules(coupons_given_back="unpaid")
    await shop.stocked({"MUG": 9})
    await couponed(shop)
    placed = await shop.placed({"MUG": 1}, "cash_on_delivery", coupons=["SPRING"])
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/confirm-cash", **shop.new_key())
    await cancel(shop, placed)
    assert (await shop.state(id_of(placed)), await uses(shop)) == ("cancelled", (0, ["given_back"]))


async def test_a_cancelled_line_keeps_the_use_and_gives_its_share_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop)
    placed = await shop.placed({"MUG": 3}, coupons=["SPRING"])
    await shop.pay(placed)
    lines = [{"position": 1, "quantity": 1}]
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/cancel", {"lines": lines})
    await rest(shop)
    found = (await shop.order(id_of(placed)))["answer"]["payment"]
    assert (found["captured"]["amount"], found["refunded"]["amount"]) == (2_700, 900)
    assert await uses(shop) == (1, ["counted"])


@pytest.mark.parametrize("limit", [{"uses_max": 1}, {"uses_per_buyer_max": 1}])
async def test_of_two_who_want_the_last_use_at_once_one_gets_it(shop: Shop, limit: Json) -> None:
    await shop.stocked({"MUG": 9, "CUP": 9})
    await couponed(shop, **limit)
    async with closed(shop.database, "SELECT FROM coupons FOR UPDATE") as gate:
        first = asyncio.create_task(buys(shop, "SPRING"))
        await gate.stopped(1)
        others = [asyncio.create_task(buys(shop, "SPRING")) for _ in range(3)]
        await gate.open()
        answers = [await first, *[await other for other in others]]
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert (await uses(shop), await shop.available("MUG")) == ((1, ["counted"]), 8)


async def test_of_one_batch_who_is_refused_leaves_unit_and_use_to_those_behind(shop: Shop) -> None:
    await shop.stocked({"MUG": 2, "CUP": 1})
    await couponed(shop, uses_max=2)
    requests = [
        wanted({"MUG": 3}, coupons=("SPRING",)),  # too many units: takes no use
        wanted({"MUG": 1}, coupons=("SPRING",)),
        wanted({"CUP": 1}, coupons=("SPRING",)),
        wanted({"MUG": 1}, coupons=("SPRING",)),  # no use is left: takes no unit
        wanted({"MUG": 1}),
    ]
    answers = await transaction(shop.database, lambda tx: place(tx, shop.process, requests))
    refusals = [answer.code if isinstance(answer, Problem) else None for answer in answers]
    assert refusals == ["out_of_stock", None, None, "coupon_refused", None]
    assert (await shop.available("MUG"), await uses(shop)) == (0, (2, ["counted", "counted"]))


async def test_what_one_of_a_batch_gives_back_is_there_for_the_next_and_other_carts_keep_their_coupons(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 9})
    await couponed(shop, uses_per_buyer_max=1)
    await couponed(shop, "GIFT", kind="percent", percent_bp=10_000)
    await couponed(shop, "FREE", kind="percent", percent_bp=10_000)
    carts = [await cart_with(shop, {"MUG": 1}) for _ in range(3)]
    for cart in carts:
        await entered(shop, cart, "GIFT")

    async def placed(*requests: PlaceOrder) -> None:
        answers = await transaction(shop.database, lambda tx: place(tx, shop.process, requests))
        assert not [answer for answer in answers if isinstance(answer, Problem)]

    await placed(wanted(cart_id=carts[0][0], coupons=("SPRING",)))
    await placed(
        wanted(cart_id=carts[0][0], coupons=("FREE",)),
        wanted({"MUG": 1}, coupons=("SPRING",)),
        wanted(cart_id=carts[1][0]),
        wanted(cart_id=carts[2][0], coupons=("FREE",)),
    )
    assert await uses(shop) == (1, ["counted", "given_back"])
    shown = [(await shop.call("GET", f"/carts/{cart[0]}", **cart[1])).json()["coupons"] for cart in carts]
    assert [[coupon["code"] for coupon in coupons] for coupons in shown] == [["GIFT"], [], ["GIFT"]]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_a_moment_that_the_database_would_take_for_an_infinity_is_refused(
    shop: Shop, moment: str
) -> None:
    for field in ("starts_at", "ends_at"):
        body = {"kind": "free_shipping", field: moment}
        answer = await shop.call("PUT", "/admin/coupons/SPRING", body, **shop.staff)
        assert refused(answer, 422, "field_invalid")["field"] == field
    assert await shop.count("coupons") == 0


def _gbp(amount: int) -> Json:
    return {"amount": amount, "currency": "GBP"}


async def _body(shop: Shop, cart: tuple[str, Token], method: str) -> Json:
    body = {**shop.order_body({}, method), "cart_id": cart[0]}
    del body["lines"]
    return body
