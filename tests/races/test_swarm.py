"""Everybody at once, over two processes: exactly what is there is sold, and every refusal was right."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import FULL, assert_truths
from tests.house import Shop, until

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

ROUNDS = 20 if FULL else 3
BUYERS, UNITS = 300, 100


@pytest.fixture
async def doors(two_doors: Shop) -> AsyncIterator[Shop]:
    """Shared with the other swarms, so every one has SKUs of its own; every truth holds after each."""
    yield two_doors
    await two_doors.drain()
    await assert_truths(two_doors.database)


async def at_once(shop: Shop, baskets: list[dict[str, int]], methods: list[str]) -> list[httpx.Response]:
    """Every buyer with an own basket and an own key, all at the same moment."""
    return await asyncio.gather(
        *(shop.place(basket, method) for basket, method in zip(baskets, methods, strict=True))
    )


def counted(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


async def promised(shop: Shop, skus: list[str]) -> dict[str, int]:
    rows = await shop.fetch("SELECT sku, held + committed AS units FROM stock WHERE sku = ANY($1)", skus)
    return {row["sku"]: row["units"] for row in rows}


async def orders_of(shop: Shop, sku: str) -> Counter[str]:
    """How many orders with this SKU are in which state."""
    rows = await shop.fetch(
        "SELECT o.state FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE l.sku = $1", sku
    )
    return Counter(row["state"] for row in rows)


@pytest.mark.parametrize("method", ["cash_on_delivery", "stripe"])
async def test_three_hundred_buyers_for_a_hundred_units(doors: Shop, method: str) -> None:
    rounds = ROUNDS if method == "cash_on_delivery" else 1
    for number in range(rounds):
        sku = f"HOT-{method}-{number}".replace("_", "-")
        await doors.stocked({sku: UNITS})
        answers = await at_once(doors, [{sku: 1}] * BUYERS, [method] * BUYERS)
        assert counted(answers) == {(201, ""): UNITS, (409, "out_of_stock"): BUYERS - UNITS}
        for answer in answers:
            if answer.status_code == 409:
                assert answer.json()["lines"] == [{"sku": sku, "requested": 1, "available": 0}]
        assert await promised(doors, [sku]) == {sku: UNITS}
        assert await orders_of(doors, sku) == {"pending_payment": UNITS}


async def test_baskets_of_three_in_random_order(doors: Shop) -> None:
    """Whoever was refused could not have had the basket: one of its SKUs is sold out."""
    chance = random.Random(1851)
    for number in range(ROUNDS):
        skus = [f"{name}-{number}" for name in ("CUP", "JUG", "MUG", "PAN", "POT")]
        await doors.stocked(dict.fromkeys(skus, UNITS))
        baskets = [dict.fromkeys(chance.sample(skus, 3), 1) for _ in range(BUYERS)]
        methods = [chance.choice(["cash_on_delivery", "bank_transfer"]) for _ in baskets]
        methods[::50] = ["stripe"] * len(methods[::50])
        answers = await at_once(doors, baskets, methods)
        outcome = counted(answers)
        assert set(outcome) == {(201, ""), (409, "out_of_stock")}
        sold: Counter[str] = Counter()
        for basket, answer in zip(baskets, answers, strict=True):
            if answer.status_code == 201:
                sold.update(basket)
            else:
                # Nobody cancels and nothing expires here, so what was gone then is gone now.
                assert answer.json()["lines"]
                assert all(
                    line["sku"] in basket and line["available"] == 0 for line in answer.json()["lines"]
                )
        assert await promised(doors, skus) == dict(sold)
        assert max(sold.values()) == UNITS
        for answer in answers:
            for line in answer.json()["lines"] if answer.status_code == 409 else []:
                assert sold[line["sku"]] == UNITS


@pytest.mark.parametrize("method", ["cash_on_delivery", "stripe"])
async def test_one_key_from_fifty_clients_is_one_order_and_fifty_equal_answers(
    doors: Shop, method: str
) -> None:
    for number in range(ROUNDS if FULL else 1):
        sku = f"ONE-{method}-{number}".replace("_", "-")
        await doors.stocked({sku: 50})
        body, key = doors.order_body({sku: 1}, method), f"one-key-for-all-{method}-{number}"
        answers = await asyncio.gather(*(_patiently(doors, body, key) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
        assert await promised(doors, [sku]) == {sku: 1}
        assert await orders_of(doors, sku) == {"pending_payment": 1}


async def _patiently(shop: Shop, body: object, key: str) -> httpx.Response:
    """A client that does as it is told: 409 with Retry-After means once more, after so many seconds."""
    for _ in range(20):
        answer = await shop.call("POST", "/orders", body, Idempotency_Key=key)
        if answer.status_code != 409:
            return answer
        assert answer.json()["code"] == "idempotency_key_in_use"
        await asyncio.sleep(float(answer.headers["Retry-After"]))
    raise AssertionError("the first request never ended")


async def test_one_checkout_completed_by_fifty_clients_is_one_order(doors: Shop) -> None:
    await doors.stocked({"CHK": 50})
    body = {"lines": [{"sku": "CHK", "quantity": 1}]}
    started = (await doors.call("POST", "/checkouts", body)).json()
    path, mine = f"/checkouts/{started['checkout']['id']}", {"X_Holdfast_Token": started["token"]}
    filled = doors.order_body({}, "cash_on_delivery")
    del filled["lines"]
    assert (await doors.call("PATCH", path, filled, **mine)).status_code == 200
    answers = await asyncio.gather(*(doors.call("POST", f"{path}/complete", {}, **mine) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await promised(doors, ["CHK"]) == {"CHK": 1}
    assert await orders_of(doors, "CHK") == {"pending_payment": 1}


async def test_a_cart_that_fifty_clients_order_leaves_one_unpaid_order(doors: Shop) -> None:
    """A new order takes the unpaid one over; who came in between is told that the cart is being ordered."""
    await doors.stocked({"CRT": 2})
    cart = (await doors.call("POST", "/carts")).json()
    mine = {"X_Holdfast_Token": cart["token"]}
    line = {"lines": [{"sku": "CRT", "quantity": 2}]}
    assert (await doors.call("POST", f"/carts/{cart['id']}/lines", line, **mine)).status_code == 200
    body = doors.order_body({}, "cash_on_delivery", cart_id=cart["id"])
    del body["lines"]
    answers = await asyncio.gather(*(doors.call("POST", "/orders", body, **mine) for _ in range(50)))
    outcome = counted(answers)
    assert set(outcome) <= {(201, ""), (409, "checkout_closed")}
    states = await orders_of(doors, "CRT")
    assert states["pending_payment"] == 1
    assert states["cancelled"] == outcome[201, ""] - 1
    assert await promised(doors, ["CRT"]) == {"CRT": 2}


async def test_buyers_who_order_pay_and_cancel_at_once_lose_no_unit(doors: Shop) -> None:
    """Half of the sold are paid at the bank, a third are cancelled by their buyers; the books say so."""
    await doors.stocked({"PAY": 60})
    answers = await at_once(doors, [{"PAY": 1}] * 90, ["stripe", "cash_on_delivery", "stripe"] * 30)
    placed = [answer.json() for answer in answers if answer.status_code == 201]
    assert len(placed) == 60
    cards = [order for order in placed if order["payment"]["method"] == "stripe"]

    async def cancel(order: dict[str, dict[str, str]]) -> int:
        mine = {"X_Holdfast_Token": str(order["token"])}
        path = f"/orders/{order['order']['id']}/cancel"
        return (await doors.call("POST", path, None, **mine)).status_code

    done = await asyncio.gather(
        *(doors.at_bank(order, "pay") for order in cards[::2]), *(cancel(order) for order in placed[::3])
    )
    assert set(done[len(cards[::2]) :]) == {200}
    await until(lambda: _is_settled(doors))
    states = await orders_of(doors, "PAY")
    assert states["cancelled"] == len(placed[::3])
    left = 60 - states["cancelled"]
    assert await promised(doors, ["PAY"]) == {"PAY": left}
    again = await at_once(doors, [{"PAY": 1}] * 40, ["cash_on_delivery"] * 40)
    assert counted(again)[201, ""] == len(placed[::3])


async def _is_settled(shop: Shop) -> bool:
    """Whether the bank has delivered everything, and every consequence was drawn."""
    await shop.drain()
    waiting = (await shop.client.get(f"{shop.bank_url}/_sandbox/state")).json()["stripe"][
        "deliveries_waiting"
    ]
    return waiting == 0 and await shop.count("pgqueuer") == 0
