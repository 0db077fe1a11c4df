"""Two transactions meet at one row, each stopped exactly where it hurts; no sleeps, no luck."""

import asyncio
from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.checkout import counter, pay_again
from holdfast.checkout.cancel_order import cancel_order
from holdfast.checkout.expire import drop_dead
from holdfast.checkout.pay_again import PayAgain
from holdfast.checkout.place_order import Placed
from holdfast.db.queries import Transaction
from holdfast.db.transaction import RunAgain, transaction
from holdfast.errors.checkout import CheckoutClosed
from holdfast.errors.problem import Problem
from holdfast.errors.shelf import OutOfStock
from holdfast.idempotency import Unfinished
from tests.house import Json, Shop
from tests.races.carts import cart_with, checkout_of, lines, states, units
from tests.races.gates import closed
from tests.races.wishes import place, wanted

pytestmark = pytest.mark.anyio

Answers = list[Placed | Unfinished | Problem]
STOCK_ROW = "SELECT FROM stock WHERE sku = $1 FOR UPDATE"


async def test_reversed_sets_of_keys_in_two_batches_do_not_deadlock(shop: Shop) -> None:
    await shop.stocked({"MUG": 9})
    keys = [f"key-{n}-of-the-reversed" for n in (1, 2, 3)]
    middle = """INSERT INTO idempotency_keys VALUES
        ('guest', 'POST /api/v1/orders', $1, '', NULL, NULL, NULL, now(), now())"""

    async def batch(keys_in_order: list[str]) -> Answers:
        requests = [wanted({"MUG": 1}, key=key) for key in keys_in_order]
        async with shop.database.pool.acquire() as connection, connection.transaction():
            return await place(connection, shop.process, requests)

    async with closed(shop.database, middle, keys[1]) as gate:
        one = asyncio.create_task(batch(keys))
        await gate.stopped(1)
        two = asyncio.create_task(batch(keys[::-1]))
        await gate.stopped(2)
        await gate.connection.execute("DELETE FROM idempotency_keys WHERE key = $1", keys[1])
        await gate.open()
        first, second = await asyncio.gather(one, two)
    placed = [answer for answer in first if isinstance(answer, Placed) and not answer.replayed]
    again = [answer for answer in second if isinstance(answer, Placed) and answer.replayed]
    assert len(placed) == 3
    assert [answer.body for answer in again] == [answer.body for answer in reversed(placed)]
    assert await shop.count("orders") == 3
    assert await units(shop, "MUG") == (9, 3, 0)


async def test_reversed_baskets_in_two_batches_do_not_deadlock(shop: Shop) -> None:
    skus = ["CUP", "JUG", "MUG"]
    await shop.stocked(dict.fromkeys(skus, 5))

    async def batch(skus_in_order: list[str]) -> Answers:
        async with shop.database.pool.acquire() as connection, connection.transaction():
            return await place(connection, shop.process, [wanted({sku: 1}) for sku in skus_in_order])

    async with closed(shop.database, STOCK_ROW, "JUG") as gate:
        tasks = [asyncio.create_task(batch(order)) for order in (skus, skus[::-1])]
        await gate.stopped(2)
        await gate.open()
        for answers in await asyncio.gather(*tasks):
            assert [type(answer) for answer in answers] == [Placed] * 3
    assert [await units(shop, sku) for sku in skus] == [(5, 2, 0)] * 3


async def test_the_last_unit_is_sold_once_to_whoever_came_first(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    async with closed(shop.database, STOCK_ROW, "MUG") as gate:
        first = asyncio.create_task(shop.place({"MUG": 1}, "cash_on_delivery"))
        await gate.stopped(1)
        second = asyncio.create_task(shop.place({"MUG": 1}, "cash_on_delivery"))
        await gate.stopped(2)
        await gate.open()
        sold, refused = await first, await second
    assert (sold.status_code, refused.status_code) == (201, 409)
    assert refused.json()["lines"] == [{"sku": "MUG", "requested": 1, "available": 0}]
    assert await units(shop, "MUG") == (1, 1, 0)


async def test_two_completions_of_one_checkout_make_one_order(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, mine = await checkout_of(shop, cart_id, token)
    path = f"/checkouts/{checkout_id}/complete"
    async with closed(shop.database, "SELECT FROM carts WHERE id = $1 FOR UPDATE", cart_id) as gate:
        one = asyncio.create_task(shop.call("POST", path, {}, **mine))
        await gate.stopped(1)
        two = asyncio.create_task(shop.call("POST", path, {}, **mine))
        await gate.stopped(2)
        await gate.open()
        answers = await asyncio.gather(one, two)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["order"]["id"] for answer in answers}) == 1
    assert await states(shop) == ["pending_payment"]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_two_completions_in_one_batch_make_one_order_too(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, _ = await checkout_of(shop, cart_id, token)
    requests = [wanted(checkout_id=checkout_id, key=f"completion-number-{n}") for n in (1, 2)]
    first, second = await asyncio.gather(*(counter.place(shop.process.counter, r) for r in requests))
    assert shop.process.place.batches == 1
    assert first.order_id == second.order_id == requests[0].order_id
    assert (first.replayed, second.replayed) == (False, True)
    assert await states(shop) == ["pending_payment"]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_two_completions_of_what_is_sold_out_are_refused_alike(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, _ = await checkout_of(shop, cart_id, token)
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    requests = [wanted(checkout_id=checkout_id, key=f"completion-number-{n}") for n in (1, 2)]
    answers = await asyncio.gather(
        *(counter.place(shop.process.counter, r) for r in requests), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [OutOfStock, OutOfStock]
    kept = await shop.fetch("SELECT key FROM idempotency_keys WHERE key LIKE 'completion%'")
    assert kept == []
    assert (await shop.fetch("SELECT state FROM checkouts"))[0]["state"] == "open"


async def test_another_key_for_a_completed_checkout_has_an_answer_that_stays(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, mine = await checkout_of(shop, cart_id, token)
    path = f"/checkouts/{checkout_id}/complete"
    placed = await shop.call("POST", path, {}, **mine)
    later = {"Idempotency_Key": "another-key-for-the-same", **mine}
    before = await shop.call("POST", path, {}, **later)
    assert before.json()["order"]["id"] == placed.json()["order"]["id"]
    await shop.as_staff("POST", f"/admin/orders/{placed.json()['order']['id']}/confirm-cash")
    after = await shop.call("POST", path, {}, **later)
    assert after.content == before.content


async def test_two_checkouts_of_one_cart_at_once_leave_one_unpaid_order_and_the_units_move(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    tabs = [await checkout_of(shop, cart_id, token) for _ in range(2)]
    async with closed(shop.database, "SELECT FROM carts WHERE id = $1 FOR UPDATE", cart_id) as gate:
        tasks = []
        for number, (checkout_id, mine) in enumerate(tabs, 1):
            complete = shop.call("POST", f"/checkouts/{checkout_id}/complete", {}, **mine)
            tasks.append(asyncio.create_task(complete))
            await gate.stopped(number)
        await gate.open()
        first, second = await asyncio.gather(*tasks)
    assert (first.status_code, second.status_code) == (201, 201)
    assert await states(shop) == ["cancelled", "pending_payment"]
    assert await units(shop, "MUG") == (2, 2, 0)
    assert second.json()["hold"]["id"] == first.json()["hold"]["id"]
    moved_to = second.json()["order"]["id"]
    assert await lines(shop) == [{"order_id": moved_to, "sku": "MUG", "quantity": 2, "state": "active"}]


async def test_two_checkouts_of_one_cart_in_one_batch_do_not_harm_each_other(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    tabs = [await checkout_of(shop, cart_id, token) for _ in range(2)]
    answers = await asyncio.gather(
        *(shop.process.place.submit(wanted(checkout_id=checkout_id)) for checkout_id, _ in tabs),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Placed)
    assert isinstance(answers[1], CheckoutClosed)
    assert await states(shop) == ["pending_payment"]
    again = await shop.call("POST", f"/checkouts/{tabs[1][0]}/complete", {}, **tabs[1][1])
    assert again.status_code == 201
    assert await states(shop) == ["cancelled", "pending_payment"]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_an_order_that_is_cancelled_while_its_cart_is_ordered_again_is_no_obstacle(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    body = shop.order_body({}, "cash_on_delivery", cart_id=cart_id)
    del body["lines"]
    before = (await shop.call("POST", "/orders", body, **token)).json()["order"]["id"]
    async with closed(shop.database, "SELECT 1") as gate:
        await cancel_order(
            gate.connection,
            order_id=before,
            actor="buyer",
            reason="asked for",
            rules=shop.process.rules,
            at=clock.now(),
        )
        again = asyncio.create_task(shop.call("POST", "/orders", body, **token))
        await gate.stopped()
        await gate.open()
        answer = await again
    assert answer.status_code == 201, answer.text
    assert await states(shop) == ["cancelled", "pending_payment"]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_a_hold_that_an_order_is_taking_over_cannot_be_let_go(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    cart_id, token = await cart_with(shop, {"MUG": 2})
    checkout_id, mine = await checkout_of(shop, cart_id, token)
    hold = (await shop.call("POST", "/holds", {"checkout_id": checkout_id}, **mine)).json()
    async with closed(shop.database, "SELECT 1") as gate:
        (placed,) = await place(gate.connection, shop.process, [wanted(checkout_id=checkout_id)])
        letting_go = asyncio.create_task(shop.call("DELETE", f"/holds/{hold['id']}", **mine))
        await gate.stopped()
        await gate.open()
        refused = await letting_go
    assert isinstance(placed, Placed)
    assert (refused.status_code, refused.json()["code"]) == (409, "checkout_closed")
    assert await units(shop, "MUG") == (2, 2, 0)
    assert [line["state"] for line in await lines(shop)] == ["active"]


async def test_the_sweeper_does_not_expire_an_order_whose_buyer_takes_the_units_again(
    shop: Shop,
) -> None:
    await shop.stocked({"MUG": 2})
    order: Json = (await shop.placed({"MUG": 2}, "cash_on_delivery"))["order"]
    clock.stop(clock.now() + timedelta(hours=73))
    async with closed(shop.database, "SELECT 1") as gate:
        await pay_again.pay_again(
            gate.connection,
            wanted=PayAgain(order["id"], None, "buyer"),
            providers=shop.process.providers,
            rules=shop.process.rules,
            return_url="http://127.0.0.1/return",
            at=clock.now(),
        )
        sweeping = asyncio.create_task(transaction(shop.database, lambda tx: drop_dead(tx, at=clock.now())))
        await gate.stopped()
        await gate.open()
        await sweeping
    assert await states(shop) == ["pending_payment"]
    assert await units(shop, "MUG") == (2, 2, 0)


async def test_a_dead_line_that_somebody_has_locked_is_waited_for_and_nobody_refused(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    clock.stop(clock.now() + timedelta(hours=73))
    tries = []
    async with closed(shop.database, "SELECT FROM hold_lines FOR UPDATE") as gate:

        async def work(tx: Transaction) -> Answers:
            tries.append(1)
            try:
                return await place(tx, shop.process, [wanted({"MUG": 1})])
            except RunAgain:
                await gate.open()
                raise

        (answer,) = await transaction(shop.database, work)
    assert isinstance(answer, Placed)
    assert len(tries) == 2
    assert await units(shop, "MUG") == (1, 1, 0)


async def test_a_dead_line_that_stays_locked_is_a_busy_shop_and_never_a_wrong_refusal(shop: Shop) -> None:
    await shop.stocked({"MUG": 1})
    await shop.placed({"MUG": 1}, "cash_on_delivery")
    clock.stop(clock.now() + timedelta(hours=73))
    key = {"Idempotency_Key": "the-key-of-who-waits"}
    body = shop.order_body({"MUG": 1}, "cash_on_delivery")
    async with closed(shop.database, "SELECT FROM hold_lines FOR UPDATE") as gate:
        busy = await shop.call("POST", "/orders", body, **key)
        assert (busy.status_code, busy.json()["code"]) == (503, "overloaded")
        assert busy.headers["Retry-After"]
        assert await shop.count("orders") == 1
        await gate.open()
    assert (await shop.call("POST", "/orders", body, **key)).status_code == 201
