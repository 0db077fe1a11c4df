"""Hear what other processes changed: LISTEN on a connection of its own, for ever.

A notification only hints; who hears it reads again. After a lost connection everything may
have changed, so the listener is called then too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import structlog

from holdfast.limits import LISTEN_AGAIN_S

log = structlog.get_logger()

CHANNEL = "holdfast_changed"
_AGAIN_AFTER_S = 2


async def listen(
    url: str, on_change: Callable[[], Awaitable[None]], *, again_after_s: float = LISTEN_AGAIN_S
) -> None:
    """Call ``on_change`` now, at every notification on CHANNEL and after every reconnect, until cancelled.

    It is called after so many seconds of silence too: clocks drift, and nobody notifies of that.
    """
    changed = asyncio.Event()
    while True:
        try:
            connection = await asyncpg.connect(url, statement_cache_size=0)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(_AGAIN_AFTER_S)
            continue
        try:
            connection.add_termination_listener(lambda _: changed.set())
            await connection.add_listener(CHANNEL, lambda *_: changed.set())
            changed.set()
            while not connection.is_closed():
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), again_after_s)
                changed.clear()
                await on_change()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            log.warning("listen.lost")
        except Exception:
            log.exception("listen.failed")
        finally:
            connection.terminate()
        await asyncio.sleep(_AGAIN_AFTER_S)
