"""A buyer whose first try did not work tries again, by the same way or another, and pays once."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.house import Json, Shop
from tests.stories.money import (
    bank,
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
    rest,
    sums,
    tell,
)

pytestmark = pytest.mark.anyio


async def two_tries(shop: Shop) -> tuple[Json, Json, Json]:
    """(order, first, second): the first intent was given up at the bank, the second is open."""
    placed = await shop.placed({"MUG": 2})
    await shop.at_bank(placed, "cancel")
    await shop.until_state(id_of(placed), "payment_failed")
    again = await paying_again(shop, placed)
    first, second = await intents(shop, placed)
    return placed | again, first, second


async def test_the_same_way_goes_on_with_the_same_intent(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    again = await paying_again(shop, placed)
    assert again["order"]["state"] == "pending_payment"
    assert again["payment"]["next_action"] == placed["payment"]["next_action"]
    assert len(await intents(shop, placed)) == 1
    await shop.pay(placed)
    assert await events(shop, placed) == ["placed", "payment_failed", "pay_again", "paid"]


async def test_another_way_replaces_the_first_and_closes_it_at_its_provider(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    again = await paying_again(shop, placed, "bank_transfer")
    assert again["payment"]["next_action"]["type"] == "bank_details"
    await rest(shop)
    (first,) = await intents(shop, placed)
    assert first["status"] == "canceled"
    await shop.at_bank(placed, "pay")  # the old page is still open in a tab
    await rest(shop)
    assert await sums(shop, placed) == (0, 0)
    assert await shop.state(id_of(placed)) == "pending_payment"
    assert await lines(shop) == [("active", 2)]


async def test_the_same_key_pays_again_once(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    path, body = f"/orders/{id_of(placed)}/pay", {"payment_method": "bank_transfer"}
    headers = {"Idempotency_Key": "one-key-to-pay-again", **mine(placed)}
    first = await shop.call("POST", path, body, **headers)
    second = await shop.call("POST", path, body, **headers)
    assert (first.status_code, first.content) == (200, second.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert await shop.count("payment_attempts") == 2


async def test_a_late_failure_of_the_first_try_cannot_touch_the_success_of_the_second(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed, first, _ = await two_tries(shop)
    await shop.pay(placed)
    failed = first | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
    await tell(shop, "payment_intent.payment_failed", failed)
    await tell(shop, "payment_intent.canceled", first | {"status": "canceled"})
    assert await shop.state(id_of(placed)) == "paid"
    assert (await payment(shop, placed))["state"] == "paid"
    assert (await events(shop, placed))[-1] == "paid"


async def test_a_late_failure_of_the_first_try_does_not_fail_the_second_that_is_open(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed, first, _ = await two_tries(shop)
    failed = first | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
    await tell(shop, "payment_intent.payment_failed", failed)
    assert await shop.state(id_of(placed)) == "pending_payment"
    await shop.pay(placed)


async def test_when_both_tries_succeed_the_second_is_given_back_and_shown(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed, first, _ = await two_tries(shop)
    await shop.pay(placed)
    await control(shop, f"payments/{first['id']}/late_success")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "paid"
    assert await refunds(shop) == [("succeeded", 2_000)]
    assert await sums(shop, placed) == (4_000, 2_000)
    assert (await matters(shop))["paid_twice"]["detail"]["captured_minor"] == 4_000
    assert await lines(shop) == [("committed", 2)]


async def test_when_the_first_try_succeeds_after_all_the_second_is_closed(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed, first, second = await two_tries(shop)
    await control(shop, f"payments/{first['id']}/late_success")
    await rest(shop)
    assert await shop.state(id_of(placed)) == "paid"
    assert (await bank(shop, "GET", f"/payment_intents/{second['id']}"))["status"] == "canceled"
    assert await sums(shop, placed) == (2_000, 0)


async def test_what_is_paid_is_not_paid_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    refused = await pay_again(shop, placed, "bank_transfer")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_pay")
    assert await shop.count("payment_attempts") == 1


async def test_a_way_that_is_not_offered_changes_nothing(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    refused = await pay_again(shop, placed, "shells")
    assert (refused.status_code, refused.json()["code"]) == (422, "method_unavailable")
    assert await events(shop, placed) == ["placed"]
    assert await shop.count("payment_attempts") == 1


async def test_the_own_units_are_kept_and_their_time_is_extended(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=10)
    again = await paying_again(shop, placed)  # the last units are the own ones
    assert again["hold"]["expires_at"] > placed["hold"]["expires_at"]
    assert await lines(shop) == [("active", 2)]


async def test_the_same_units_are_not_kept_for_ever(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(hold_total_minutes_max=20)
    placed = await placed_ago(shop, {"MUG": 2}, minutes=14)
    again = await paying_again(shop, placed)
    kept_until = datetime.fromisoformat(again["hold"]["expires_at"])
    assert kept_until < datetime.now(UTC) + timedelta(minutes=7)


async def test_units_that_died_are_taken_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=20)
    await shop.sweep()
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("expired", 2)
    again = await paying_again(shop, placed)
    assert again["order"]["state"] == "pending_payment"
    assert await shop.available("MUG") == 0
    await shop.pay(placed | again)
    await rest(shop)
    assert await lines(shop) == [("committed", 2)]


async def test_units_that_somebody_else_has_now_are_refused_and_nothing_changes(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=20)
    await shop.sweep()
    await shop.placed({"MUG": 1})
    refused = await pay_again(shop, placed)
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 2, "available": 1}]
    assert await shop.state(id_of(placed)) == "expired"
    assert (len(await intents(shop, placed)), await shop.available("MUG")) == (1, 1)


async def test_a_shop_may_let_go_of_units_as_soon_as_a_payment_fails(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    await shop.rules(release_hold_on_failure=True)
    placed = await shop.placed({"MUG": 2})
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    assert await shop.available("MUG") == 2
    assert (await shop.order(id_of(placed)))["answer"]["hold"] is None
    again = await paying_again(shop, placed)
    assert (again["hold"] is None, await shop.available("MUG")) == (False, 0)
    await shop.pay(placed)


async def test_who_pays_in_the_old_intent_after_units_were_let_go_gets_them_or_the_money(shop: Shop) -> None:
    await shop.stocked({"MUG": 3})
    await shop.rules(release_hold_on_failure=True)
    first, second = await shop.placed({"MUG": 1}), await shop.placed({"MUG": 2})
    for placed in (first, second):
        await shop.at_bank(placed, "decline")
        await shop.until_state(id_of(placed), "payment_failed")
    await shop.placed({"MUG": 2})
    await shop.pay(first)
    await shop.at_bank(second, "pay")
    await shop.until_state(id_of(second), "cancelled")
    await rest(shop)
    assert await sums(shop, first) == (1_000, 0)
    assert await sums(shop, second) == (2_000, 2_000)


async def test_a_stranger_cannot_pay_somebody_elses_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 1})
    other = await shop.placed({"MUG": 1})
    refused = await shop.call("POST", f"/orders/{id_of(placed)}/pay", {}, **mine(other))
    assert refused.status_code == 404
    assert await events(shop, placed) == ["placed"]


async def test_an_order_that_was_cancelled_is_not_paid_again(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 1})
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/cancel", {"reason": "asked for"})
    refused = await pay_again(shop, placed)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_pay")
    later(hours=1)
    await shop.sweep()
    assert await events(shop, placed) == ["placed", "cancelled"]
