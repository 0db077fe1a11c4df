"""Passwords: hashed aside, one after the other, and not without an end to the queue."""

import asyncio
import os
import sys
import threading

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from holdfast.accounts.login.password import NOBODYS_HASH, Hasher
from holdfast.errors.running import Overloaded
from holdfast.limits import HASHES_NICE, HASHES_WAITING_MAX

pytestmark = pytest.mark.anyio

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")


def test_the_hash_for_nobody_costs_what_everybodys_costs() -> None:
    assert not PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).check_needs_rehash(NOBODYS_HASH)


async def test_more_than_can_wait_are_turned_away_at_once() -> None:
    hasher = Hasher()
    tries = [hasher.verify(QUICK, "y") for _ in range(HASHES_WAITING_MAX + 6)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(said) for said in found[HASHES_WAITING_MAX:]] == [Overloaded] * 6
    assert not any(isinstance(said, Overloaded) for said in found[:HASHES_WAITING_MAX])
    assert not (await hasher.verify(QUICK, "y")).fits
    hasher.close()


async def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    hasher = Hasher()
    turns = 0
    hashing = asyncio.ensure_future(hasher.verify(None, "x"))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    assert not (await hashing).fits
    hasher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="priorities are kept by thread on Linux alone")
async def test_the_thread_that_hashes_steps_back_and_no_other_does() -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    before, hasher = threading.enumerate(), Hasher()
    assert (await hasher.verify(QUICK, "x")).fits
    (thread,) = (t for t in threading.enumerate() if t.name.startswith("password") and t not in before)
    assert thread.native_id is not None
    assert os.getpriority(os.PRIO_PROCESS, thread.native_id) == usual + HASHES_NICE
    assert os.getpriority(os.PRIO_PROCESS, 0) == usual
    hasher.close()


async def test_the_same_letters_are_the_same_password_however_a_keyboard_writes_them() -> None:
    hasher = Hasher()
    kept = await hasher.hash("caf\u00e9 au lait, fjord")
    assert (await hasher.verify(kept, "cafe\u0301 au lait, fjord")).fits
    hasher.close()
