"""Hearing what other processes changed, and looking again when nobody says anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from holdfast.db.listen import CHANNEL, listen
from holdfast.db.transaction import Database
from tests.house import until

pytestmark = pytest.mark.anyio

LONG_S = 3_600


class Heard:
    """Counts how often the listener called."""

    times = 0

    async def again(self) -> None:
        self.times += 1

    async def at_least(self, times: int) -> None:
        await until(lambda: self._reached(times))

    async def _reached(self, times: int) -> bool:
        return self.times >= times


@asynccontextmanager
async def listening(url: str, again_after_s: float) -> AsyncIterator[Heard]:
    heard = Heard()
    task = asyncio.create_task(listen(url, heard.again, again_after_s=again_after_s))
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_who_hears_nothing_looks_again_all_the_same(database_url: str) -> None:
    async with listening(database_url, again_after_s=0.01) as heard:
        await heard.at_least(4)


async def test_a_notification_is_heard_at_once_and_not_twice(db: Database, database_url: str) -> None:
    async with listening(database_url, again_after_s=LONG_S) as heard:
        await heard.at_least(1)
        for said in (2, 3):
            await db.pool.execute(f"NOTIFY {CHANNEL}")
            await heard.at_least(said)
        assert heard.times == 3
