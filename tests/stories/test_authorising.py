"""Money that is set aside: it lets goods go, is taken when the rule says so, and let go with the order."""

import pytest

from holdfast import work
from holdfast.order.order import Event
from tests.house import Json, Shop, until
from tests.stories.money import (
    bank,
    cancel,
    control,
    events,
    id_of,
    intents,
    later,
    lines,
    matters,
    mine,
    pay_again,
    paying_again,
    payment,
    placed_ago,
    refunds,
    resolve,
    rest,
    sums,
)

pytestmark = pytest.mark.anyio


async def authorised(shop: Shop, placed: Json) -> None:
    """The buyer's bank sets the money aside, and the shop has heard of it."""
    await shop.at_bank(placed, "pay")
    await shop.until_state(id_of(placed), "confirmed")


async def move(shop: Shop, placed: Json, *steps: Event) -> None:
    """What the warehouse does."""
    for step in steps:
        await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/moves", {"event": step})


SHIPPING = (Event.PROCESSING_STARTED, Event.MARKED_READY, Event.SHIPPED)


async def test_by_default_money_is_taken_at_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.pay(placed)
    assert [intent["capture_method"] for intent in await intents(shop, placed)] == ["automatic_async"]


async def test_an_authorisation_confirms_the_order_and_then_its_money_is_taken(shop: Shop) -> None:
    await shop.rules(capture="on_confirmation")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await authorised(shop, placed)
    assert await lines(shop) == [("committed", 2)]
    await rest(shop)
    assert (await payment(shop, placed))["state"] == "paid"
    assert await sums(shop, placed) == (2_000, 0)
    assert (await shop.state(id_of(placed)), await events(shop, placed)) == (
        "confirmed",
        ["placed", "authorized"],
    )


async def test_money_is_taken_at_shipment_and_not_before(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await authorised(shop, placed)
    await rest(shop)
    await shop.sweep()
    assert ((await payment(shop, placed))["state"], await sums(shop, placed)) == ("authorized", (0, 0))
    await move(shop, placed, *SHIPPING)
    await shop.sweep()
    assert ((await payment(shop, placed))["state"], await sums(shop, placed)) == ("paid", (2_000, 0))
    assert await shop.state(id_of(placed)) == "shipped"


async def test_staff_may_take_the_money_before_and_only_once(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    early = await shop.call("POST", f"/admin/orders/{id_of(placed)}/capture", **shop.staff)
    assert early.json()["code"] == "nothing_to_capture"
    await authorised(shop, placed)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/capture")
    await rest(shop)
    assert await sums(shop, placed) == (1_000, 0)
    again = await shop.call("POST", f"/admin/orders/{id_of(placed)}/capture", **shop.staff)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_capture")


async def test_cancelling_lets_go_of_the_money_and_nothing_is_refunded(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await authorised(shop, placed)
    assert (await cancel(shop, placed)).status_code == 200
    await rest(shop)
    assert [intent["status"] for intent in await intents(shop, placed)] == ["canceled"]
    assert (await shop.available("MUG"), await refunds(shop), await sums(shop, placed)) == (5, [], (0, 0))
    assert (await payment(shop, placed))["state"] == "cancelled"


@pytest.mark.parametrize("fault", ["timeout_after_effect", "error_500", "error_429", "garbage"])
async def test_a_silent_provider_is_asked_again_and_the_money_is_taken_once(shop: Shop, fault: str) -> None:
    await shop.rules(capture="on_confirmation")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await shop.fault(fault, on="capture", **({"ms": 2_500} if fault == "timeout_after_effect" else {}))
    await authorised(shop, placed)
    await rest(shop)
    later(minutes=5)
    await shop.sweep()
    await rest(shop)
    assert await sums(shop, placed) == (1_000, 0)
    captures = await shop.fetch("SELECT amount_minor FROM ledger WHERE kind = 'captured'")
    assert [row["amount_minor"] for row in captures] == [1_000]


async def test_an_authorisation_that_lapses_is_a_matter_for_a_person(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await authorised(shop, placed)
    (intent,) = await intents(shop, placed)
    await bank(shop, "POST", f"/payment_intents/{intent['id']}/cancel")
    await rest(shop)
    matter = (await matters(shop))["capture_failed"]
    assert matter["detail"]["order_id"] == id_of(placed)
    assert await shop.state(id_of(placed)) == "confirmed"
    await resolve(shop, "capture_failed", "try_again")
    await rest(shop)
    assert await sums(shop, placed) == (0, 0)


async def test_an_authorisation_that_finds_no_units_is_let_go_whatever_the_policy(shop: Shop) -> None:
    await shop.rules(capture="on_confirmation", late_money="owe")
    await shop.stocked({"MUG": 1})
    late = await placed_ago(shop, {"MUG": 1}, minutes=120)
    await shop.placed({"MUG": 1}, "bank_transfer")
    await shop.at_bank(late, "pay")
    await shop.until_state(id_of(late), "cancelled")
    await rest(shop)
    assert [intent["status"] for intent in await intents(shop, late)] == ["canceled"]
    assert (await sums(shop, late), await refunds(shop)) == ((0, 0), [])
    assert "late_money_refunded" in await matters(shop)


async def test_an_authorisation_after_the_hold_died_takes_the_units_again(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 1})
    late = await placed_ago(shop, {"MUG": 1}, minutes=120)
    await authorised(shop, late)
    assert await lines(shop) == [("committed", 1)]
    assert await shop.available("MUG") == 0


async def test_less_than_is_due_does_not_let_goods_go(shop: Shop) -> None:
    await shop.rules(capture="on_confirmation")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    await shop.fault("wrong_amount", payment=intent["id"], amount=600)
    await shop.at_bank(placed, "pay")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert (await matters(shop))["amount_differs"]["detail"]["authorised_minor"] == 600
    assert await sums(shop, placed) == (0, 0)


async def test_an_authorised_order_is_not_paid_again(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await authorised(shop, placed)
    answer = await pay_again(shop, placed, "bank_transfer")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_pay")


async def test_a_late_authorisation_of_an_attempt_that_ended_is_let_go_where_another_has_paid(
    shop: Shop,
) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    await shop.at_bank(placed, "cancel")
    await until(lambda: _payment_is(shop, placed, "cancelled"))
    await paying_again(shop, placed, "bank_transfer")
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    assert [x["status"] for x in await intents(shop, placed)] == ["canceled"]
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert await sums(shop, placed) == (0, 0)


async def test_a_late_authorisation_of_the_only_attempt_confirms_the_order(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    await shop.at_bank(placed, "cancel")
    await until(lambda: _payment_is(shop, placed, "cancelled"))
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "confirmed"
    assert (await payment(shop, placed))["state"] == "authorized"


async def test_what_is_set_aside_is_not_taken_once_another_attempt_has_paid(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (first,) = await intents(shop, placed)
    await shop.at_bank(placed, "cancel")
    await until(lambda: _payment_is(shop, placed, "cancelled"))
    await shop.rules(capture="on_shipment")
    again = await paying_again(shop, placed)
    await authorised(shop, placed | again)
    await move(shop, placed, *SHIPPING)
    await shop.fault("error_500", on="cancel", count=1)
    await control(shop, f"payments/{first['id']}/late_success")
    await until(lambda: _payment_is(shop, placed, "paid"))
    await work.sweep(shop.process)
    assert await sums(shop, placed) == (1_000, 0)
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == ((1_000, 0), [])
    assert "capture_failed" not in await matters(shop)


async def test_a_buyer_of_whose_money_too_little_was_set_aside_may_pay_again_in_the_same_way(
    shop: Shop,
) -> None:
    await shop.rules(capture="on_confirmation")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    (intent,) = await intents(shop, placed)
    await shop.fault("wrong_amount", payment=intent["id"], amount=600)
    await shop.at_bank(placed, "pay")
    await until(lambda: _payment_is(shop, placed, "authorized"))
    again = await paying_again(shop, placed)
    assert again["payment"]["next_action"] is not None
    await authorised(shop, placed | again)
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == ((1_000, 0), [])
    assert [x["status"] for x in await intents(shop, placed)] == ["canceled", "succeeded"]


async def test_a_buyer_sees_that_the_money_is_set_aside(shop: Shop) -> None:
    await shop.rules(capture="on_shipment")
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await authorised(shop, placed)
    seen = await shop.call("GET", f"/payments/{placed['payment']['id']}", **mine(placed))
    assert (seen.json()["state"], seen.json()["next_action"]) == ("authorized", None)


async def _payment_is(shop: Shop, placed: Json, state: str) -> bool:
    found: str = (await payment(shop, placed))["state"]
    return found == state
