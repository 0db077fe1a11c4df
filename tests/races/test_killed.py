"""kill -9 of a process in the middle of an order: what was not committed never was, what was goes on."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from holdfast import clock
from holdfast.checkout import counter
from holdfast.errors.request import IdempotencyKeyInUse
from tests.house import Shop, until
from tests.providers.told_server import HANG, told
from tests.races.carts import states, units
from tests.races.gates import closed
from tests.races.wishes import wanted

pytestmark = pytest.mark.anyio

KEYS = [f"key-of-the-killed-{n}" for n in range(5)]
STOCK_ROW = "SELECT FROM stock WHERE sku = 'MUG' FOR UPDATE"
EVERYTHING = ("orders", "order_lines", "order_events", "holds", "hold_lines", "payments", "payment_attempts")


@contextmanager
def buyer(
    shop: Shop, method: str, keys: list[str], bank_url: str = ""
) -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.races.buyer_process"),
            *(shop.database.url, bank_url or f"{shop.bank_url}/stripe", method, *keys),
        ],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


async def backends(shop: Shop) -> int:
    count: int = await shop.database.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
    )
    return count


async def only_we_are_left(shop: Shop) -> bool:
    """Whether PostgreSQL has noticed that the child is gone: who asks is in a transaction too."""
    return await backends(shop) == 1


async def test_a_process_that_dies_in_mid_batch_undoes_it_whole(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    with buyer(shop, "cash_on_delivery", KEYS) as child:
        async with closed(shop.database, STOCK_ROW) as gate:
            await gate.stopped()
            child.kill()
            await asyncio.to_thread(child.wait)
            await gate.open()
        await until(lambda: only_we_are_left(shop))
    assert {table: await shop.count(table) for table in EVERYTHING} == dict.fromkeys(EVERYTHING, 0)
    assert await shop.count("idempotency_keys WHERE key LIKE 'key-of-the-killed%'") == 0
    assert await units(shop, "MUG") == (5, 0, 0)
    again = await asyncio.gather(
        *(counter.place(shop.process.counter, wanted({"MUG": 1}, key=key)) for key in KEYS)
    )
    assert [placed.replayed for placed in again] == [False] * 5
    assert await units(shop, "MUG") == (5, 5, 0)


async def test_who_waits_for_the_key_of_a_process_that_dies_gets_the_order(shop: Shop) -> None:
    """Two faults meet: the client lost its connection and repeats elsewhere, then the first process dies."""
    await shop.stocked({"MUG": 1})
    with buyer(shop, "cash_on_delivery", KEYS[:1]) as child:
        async with closed(shop.database, STOCK_ROW) as gate:
            await gate.stopped(1)
            repeat = asyncio.create_task(counter.place(shop.process.counter, wanted({"MUG": 1}, key=KEYS[0])))
            await gate.stopped(2)
            child.kill()
            await asyncio.to_thread(child.wait)
            await gate.open()
        placed = await repeat
    assert not placed.replayed
    assert await states(shop) == ["pending_payment"]
    assert await units(shop, "MUG") == (1, 1, 0)


async def test_what_was_committed_before_the_process_died_goes_on_under_its_key(shop: Shop) -> None:
    """It died between the commit and the bank's answer: the repeat finishes what the first began."""
    await shop.stocked({"MUG": 1})
    async with told() as silent:
        silent.body = HANG
        with buyer(shop, "stripe", KEYS[:1], silent.url) as child:
            await until(lambda: _one_order(shop))
            child.kill()
            await asyncio.to_thread(child.wait)
    repeat = wanted({"MUG": 1}, key=KEYS[0], method="stripe")
    with pytest.raises(IdempotencyKeyInUse):
        await counter.place(shop.process.counter, repeat)
    clock.stop(clock.now() + timedelta(seconds=66))
    placed = await counter.place(shop.process.counter, repeat)
    assert placed.replayed
    assert b'"client_secret"' in placed.body
    same = await counter.place(shop.process.counter, repeat)
    assert same.body == placed.body
    assert await states(shop) == ["pending_payment"]
    assert await units(shop, "MUG") == (1, 1, 0)
    bank = (await shop.client.get(f"{shop.bank_url}/_sandbox/state")).json()["stripe"]
    assert sum(bank["payments_by_status"].values()) == 1


async def _one_order(shop: Shop) -> bool:
    return await shop.count("orders") == 1
