"""Money goes back once: however often it is asked for, and whatever the provider makes of it."""

import asyncio

import pytest

from holdfast.order.move_order import lock_orders
from tests.house import Json, Shop, until
from tests.races.gates import closed
from tests.stories.money import (
    bank,
    cancel,
    control,
    id_of,
    intents,
    later,
    lines,
    matters,
    payment,
    refunds,
    resolve,
    rest,
    somebody_waits,
    sums,
    tell,
    transferred,
)

pytestmark = pytest.mark.anyio


async def paid(shop: Shop) -> Json:
    """A paid order of 20.00."""
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    return placed


async def refund(shop: Shop, placed: Json, **headers: str) -> Json:
    """What the staff's button answers."""
    return await shop.as_staff(
        "POST", f"/admin/orders/{id_of(placed)}/refund", {"reason": "broken"}, **headers
    )


async def refunded(shop: Shop, placed: Json) -> None:
    await refund(shop, placed)
    await rest(shop)


async def at_the_bank(shop: Shop, placed: Json) -> list[Json]:
    (intent,) = await intents(shop, placed)
    found: list[Json] = (await bank(shop, "GET", f"/refunds?payment_intent={intent['id']}"))["data"]
    return found


async def test_the_whole_payment_goes_back(shop: Shop) -> None:
    placed = await paid(shop)
    await refunded(shop, placed)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 2_000), [("succeeded", 2_000)])
    order = (await shop.order(id_of(placed)))["answer"]["order"]
    assert (order["state"], order["status"]) == ("paid", "refunded")
    assert await lines(shop) == [("committed", 2)]  # goods come back on their own way
    assert len(await at_the_bank(shop, placed)) == 1


async def test_a_second_click_gives_nothing_back(shop: Shop) -> None:
    placed = await paid(shop)
    await refund(shop, placed)
    path = f"/admin/orders/{id_of(placed)}/refund"
    refused = await shop.call("POST", path, {"reason": "broken"}, **shop.staff)
    assert (refused.status_code, refused.json()["code"]) == (409, "refund_too_large")
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 2_000)]


async def test_many_clicks_at_once_give_back_once(shop: Shop) -> None:
    placed = await paid(shop)
    path = f"/admin/orders/{id_of(placed)}/refund"
    answers = await asyncio.gather(*(shop.call("POST", path, {}, **shop.staff) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    await rest(shop)
    assert (await refunds(shop), len(await at_the_bank(shop, placed))) == ([("succeeded", 2_000)], 1)


async def test_the_same_key_gives_back_once_and_answers_the_same(shop: Shop) -> None:
    placed = await paid(shop)
    key = {"Idempotency_Key": "one-key-to-give-back"}
    assert await refund(shop, placed, **key) == await refund(shop, placed, **key)
    await rest(shop)
    assert await refunds(shop) == [("succeeded", 2_000)]


async def test_the_webhook_may_come_before_the_answer(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("webhook_before_answer", event="refund.created")
    await refunded(shop, placed)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 2_000), [("succeeded", 2_000)])
    assert "refund_elsewhere" not in await matters(shop)


async def test_a_refund_that_takes_time_is_pending_until_the_provider_says_more(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("refund_pending")
    await refunded(shop, placed)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 0), [("pending", 2_000)])
    (there,) = await at_the_bank(shop, placed)
    await control(shop, f"refunds/{there['id']}/succeed")
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 2_000), [("succeeded", 2_000)])


async def test_a_refund_whose_webhook_never_comes_is_found_by_asking(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("refund_pending")
    await refunded(shop, placed)
    (there,) = await at_the_bank(shop, placed)
    await shop.fault("webhook_drop", count=10)
    await control(shop, f"refunds/{there['id']}/succeed")
    later(hours=2)
    await shop.sweep()
    assert await refunds(shop) == [("succeeded", 2_000)]


async def test_a_refund_that_fails_is_shown_and_can_be_tried_again(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("refund_fails", ms=0)
    await refunded(shop, placed)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 0), [("failed", 2_000)])
    await resolve(shop, "refund_failed", "try_again")
    await rest(shop)
    assert await refunds(shop) == [("failed", 2_000), ("succeeded", 2_000)]
    assert await sums(shop, placed) == (2_000, 2_000)


async def test_a_refund_may_fail_after_it_succeeded(shop: Shop) -> None:
    placed = await paid(shop)
    await refunded(shop, placed)
    assert await sums(shop, placed) == (2_000, 2_000)
    (there,) = await at_the_bank(shop, placed)
    await control(shop, f"refunds/{there['id']}/fail")
    await rest(shop)
    assert (await sums(shop, placed), await refunds(shop)) == ((2_000, 0), [("failed", 2_000)])
    assert (await shop.order(id_of(placed)))["answer"]["order"]["status"] == "paid"
    assert "refund_failed" in await matters(shop)
    await tell(shop, "refund.created", there)  # the older word of the two, delivered last
    assert await refunds(shop) == [("failed", 2_000)]


async def test_a_refund_made_at_the_providers_desk_is_recorded_and_shown(shop: Shop) -> None:
    placed = await paid(shop)
    (intent,) = await intents(shop, placed)
    await bank(shop, "POST", "/refunds", payment_intent=intent["id"], amount=600)
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 600)
    assert "refund_elsewhere" in await matters(shop)
    await refunded(shop, placed)
    assert await refunds(shop) == [("succeeded", 600), ("succeeded", 1_400)]
    assert await sums(shop, placed) == (2_000, 2_000)


async def test_what_was_given_back_at_the_providers_desk_is_not_given_back_again(shop: Shop) -> None:
    placed = await paid(shop)
    (intent,) = await intents(shop, placed)
    await bank(shop, "POST", "/refunds", payment_intent=intent["id"])
    await rest(shop)
    refused = await shop.call("POST", f"/admin/orders/{id_of(placed)}/refund", {}, **shop.staff)
    assert (refused.status_code, refused.json()["refundable_minor"]) == (409, 0)
    assert await refunds(shop) == [("succeeded", 2_000)]


async def test_a_refund_that_copies_our_reference_is_not_taken_for_ours(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("error_429", on="refund", count=100)
    await refunded(shop, placed)
    ((refund_id, state),) = await shop.fetch("SELECT id, state FROM refunds")
    assert state == "requested"
    (intent,) = await intents(shop, placed)
    copied = {"object": "refund", "id": "re_copied", "payment_intent": intent["id"], "currency": "gbp"}
    copied |= {"amount": 1, "status": "succeeded", "metadata": {"refund_id": refund_id}}
    await tell(shop, "refund.created", copied)
    assert sorted(await refunds(shop)) == [("requested", 2_000), ("succeeded", 1)]
    assert "refund_elsewhere" in await matters(shop)


# ── a provider that does not answer ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["error_429", "error_500", "garbage"])
async def test_a_silent_provider_is_asked_again_and_gives_back_once(shop: Shop, fault: str) -> None:
    placed = await paid(shop)
    await shop.fault("webhook_drop", count=100)
    await shop.fault(fault, on="refund")
    await refunded(shop, placed)
    assert await refunds(shop) == [("requested", 2_000)]
    later(minutes=3)
    await shop.sweep()
    assert (await refunds(shop), len(await at_the_bank(shop, placed))) == ([("succeeded", 2_000)], 1)


async def test_a_provider_that_forgot_our_key_does_not_give_back_twice(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("webhook_drop", count=100)
    await shop.fault("garbage", on="refund")
    await refunded(shop, placed)
    (intent,) = await intents(shop, placed)
    assert (await at_the_bank(shop, placed))[0]["payment_intent"] == intent["id"]
    await shop.fault("error_429", on="read", count=1)  # the look-up is refused, so nothing is asked
    later(hours=30)
    await shop.sweep()
    assert len(await at_the_bank(shop, placed)) == 1
    later(hours=31)
    await shop.sweep()
    assert (await refunds(shop), len(await at_the_bank(shop, placed))) == ([("succeeded", 2_000)], 1)


async def test_a_provider_that_refuses_is_shown(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("webhook_drop", count=10)  # of the dispute, else nobody would be asked
    await shop.fault("dispute_opened", payment=(await intents(shop, placed))[0]["id"])
    await refunded(shop, placed)
    assert await refunds(shop) == [("failed", 2_000)]
    assert (await matters(shop))["refund_failed"]["detail"]["why"].startswith("charge_disputed")
    assert await sums(shop, placed) == (2_000, 0)


# ── with cancelling ───────────────────────────────────────────────────────────────────────────


async def test_a_refund_and_a_cancellation_give_back_once(shop: Shop) -> None:
    placed = await paid(shop)
    await refund(shop, placed)
    assert (await cancel(shop, placed)).status_code == 200
    await rest(shop)
    assert (await refunds(shop), await shop.available("MUG")) == ([("succeeded", 2_000)], 5)
    assert (await payment(shop, placed))["refunded"]["amount"] == 2_000


async def test_a_cancellation_and_a_refund_at_once_give_back_once(shop: Shop) -> None:
    placed = await paid(shop)
    path = f"/admin/orders/{id_of(placed)}/refund"
    cancelled, clicked = await asyncio.gather(cancel(shop, placed), shop.call("POST", path, {}, **shop.staff))
    assert (cancelled.status_code, clicked.status_code) == (200, 200)
    await rest(shop)
    assert (await refunds(shop), await sums(shop, placed)) == ([("succeeded", 2_000)], (2_000, 2_000))
    assert (await shop.state(id_of(placed)), await shop.available("MUG")) == ("cancelled", 5)


async def test_a_cancellation_whose_refund_fails_is_shown_until_it_is_tried_again(shop: Shop) -> None:
    placed = await paid(shop)
    await shop.fault("refund_fails", ms=0)
    await cancel(shop, placed)
    await rest(shop)
    assert await refunds(shop) == [("failed", 2_000)]
    await resolve(shop, "refund_failed", "try_again")
    await rest(shop)
    assert await sums(shop, placed) == (2_000, 2_000)


async def test_an_order_that_does_not_exist_has_nothing_to_give_back(shop: Shop) -> None:
    answer = await shop.call("POST", "/admin/orders/ord_01K00000000000000000000000/refund", {}, **shop.staff)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_unpaid_order_has_nothing_to_give_back(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2})
    refused = await shop.call("POST", f"/admin/orders/{id_of(placed)}/refund", {}, **shop.staff)
    assert (refused.status_code, await refunds(shop)) == (409, [])


async def test_a_buyer_cannot_give_money_back(shop: Shop) -> None:
    placed = await paid(shop)
    refused = await shop.call("POST", f"/admin/orders/{id_of(placed)}/refund", {})
    assert (refused.status_code, await refunds(shop)) == (401, [])


async def test_money_that_comes_while_a_job_ends_is_given_back_too(shop: Shop) -> None:
    """The first job has done its work, but is still in the queue, when more money needs one."""
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 700, "FT1")
    await cancel(shop, placed)
    async with shop.database.pool.acquire() as queue, queue.transaction():
        async with shop.database.pool.acquire() as tx, tx.transaction():
            await lock_orders(tx, order_ids=[id_of(placed)])
            worker = asyncio.create_task(shop.drain())
            await until(lambda: somebody_waits(shop))
            await queue.fetch("SELECT FROM pgqueuer FOR KEY SHARE")  # who wants to delete it has to wait
        await until(lambda: are_refunds(shop, 1))
        await until(lambda: somebody_waits(shop))
        await transferred(shop, placed, 1_300, "FT2")
    await worker
    await rest(shop)
    assert await refunds(shop) == [("pending", 700), ("pending", 1_300)]


async def test_a_refund_whose_asking_takes_long_holds_up_no_other(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    orders = [await shop.placed({"MUG": 1}) for _ in range(2)]
    await shop.fault("error_500", on="refund", count=10)
    for placed in orders:
        await shop.pay(placed)
        await refund(shop, placed)
    await rest(shop)
    assert await refunds(shop) == [("requested", 1_000)] * 2
    await shop.client.delete(f"{shop.bank_url}/_sandbox/faults")
    later(minutes=5)
    stuck = "SELECT FROM refunds WHERE order_id = $1 FOR UPDATE"
    async with closed(shop.database, stuck, id_of(orders[0])) as gate:
        sweeping = asyncio.create_task(shop.sweep())
        await until(lambda: is_back(shop, orders[1]))
        assert await sums(shop, orders[0]) == (1_000, 0)
        await gate.open()
        await sweeping
    assert await refunds(shop) == [("succeeded", 1_000)] * 2


async def are_refunds(shop: Shop, count: int) -> bool:
    return len(await refunds(shop)) == count


async def is_back(shop: Shop, placed: Json) -> bool:
    return await sums(shop, placed) == (1_000, 1_000)


async def test_a_part_of_an_unpaid_order_is_given_back_by_cancelling_it_and_in_no_other_way(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 1_500, "FT1")
    path = f"/admin/orders/{id_of(placed)}/refund"
    refused = await shop.call("POST", path, {"reason": "broken"}, **shop.staff)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    assert (await refunds(shop), await sums(shop, placed)) == ([], (1_500, 0))
    await cancel(shop, placed)
    await rest(shop)
    assert await refunds(shop) == [("pending", 1_500)]


async def test_who_was_refused_a_part_back_pays_the_rest_and_everything_is_there(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 1_500, "FT1")
    path = f"/admin/orders/{id_of(placed)}/refund"
    await shop.call("POST", path, {"reason": "broken"}, **shop.staff)
    await transferred(shop, placed, 500, "FT2")
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("paid", (2_000, 0))
    assert (await refunds(shop), await lines(shop)) == ([], [("committed", 2)])
