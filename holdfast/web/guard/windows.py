"""Where requests are counted, in windows that begin with a client's first request.

In this process's own memory, or for all processes together in a Redis or Valkey, by the storage of
``limits``. (Its storage in memory looks at every key for each request: 1.6 ms with 20,000 of them.)
A store that does not answer stops nobody: the process counts by itself until it does.
"""

import asyncio
import time
from math import ceil
from typing import Protocol

import msgspec
import structlog
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from redis.exceptions import RedisError

from holdfast.limits import RATE_KEYS_MAX, RATE_STORE_AGAIN_S, RATE_STORE_MS

log = structlog.get_logger()


class Hit(msgspec.Struct, frozen=True):
    """How many requests a window has by now, and in how many seconds it ends."""

    count: int
    reset_s: int


NONE_YET = Hit(0, 1)


class Windows(Protocol):
    """Counts requests by key."""

    async def hit(self, key: str, seconds: int) -> Hit:
        """One more request; it begins a window of so many seconds where there is none."""
        ...

    async def look(self, key: str) -> Hit:
        """How many there are, without one more."""
        ...

    async def close(self) -> None: ...


class Own:
    """The windows of this process: the oldest make room when there are too many clients."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, float]] = {}

    async def hit(self, key: str, seconds: int) -> Hit:
        now = time.monotonic()
        count, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            self._windows.pop(key, None)  # so that a new window is the youngest
            if len(self._windows) >= RATE_KEYS_MAX:
                del self._windows[next(iter(self._windows))]
            count, ends = 0, now + seconds
        self._windows[key] = count + 1, ends
        return Hit(count + 1, ceil(ends - now))

    async def look(self, key: str) -> Hit:
        now = time.monotonic()
        count, ends = self._windows.get(key, (0, 0.0))
        return Hit(count, ceil(ends - now)) if ends > now else NONE_YET

    async def close(self) -> None:
        """Nothing is open."""


class Shared:
    """The windows of all processes, exact among them."""

    def __init__(self, url: str) -> None:
        scheme, _, rest = url.partition("://")  # Valkey speaks the protocol of Redis
        spoken = scheme.replace("valkeys", "rediss").replace("valkey", "redis")
        self._storage = RedisStorage(f"async+{spoken}://{rest}", implementation="redispy")
        self._own = Own()
        self._away_until = 0.0

    async def hit(self, key: str, seconds: int) -> Hit:
        if not self._is_away():
            try:
                async with asyncio.timeout(RATE_STORE_MS / 1_000):
                    count = await self._storage.incr(key, seconds)
                    return Hit(count, await self._ends_in(key))
            except (RedisError, OSError, TimeoutError) as error:
                self._lost(error)
        return await self._own.hit(key, seconds)

    async def look(self, key: str) -> Hit:
        if not self._is_away():
            try:
                async with asyncio.timeout(RATE_STORE_MS / 1_000):
                    count = await self._storage.get(key)
                    return Hit(count, await self._ends_in(key)) if count else NONE_YET
            except (RedisError, OSError, TimeoutError) as error:
                self._lost(error)
        return await self._own.look(key)

    async def close(self) -> None:
        bridge = self._storage.bridge
        assert isinstance(bridge, RedispyBridge), "that is what was asked for"
        await bridge.storage.aclose()

    async def _ends_in(self, key: str) -> int:
        return max(1, ceil(await self._storage.get_expiry(key) - time.time()))

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _lost(self, error: Exception) -> None:
        self._away_until = time.monotonic() + RATE_STORE_AGAIN_S
        log.warning("rates.store_away", error=type(error).__name__)


def windows_at(url: str) -> Windows:
    """The windows at an address; the process's own where there is none."""
    return Shared(url) if url else Own()
