"""Gates: a bystander's transaction holds a lock, so that others stop exactly where a test wants them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from holdfast.db.queries import Connection
from holdfast.db.transaction import Database
from tests.house import until

ROOM = "SELECT pg_advisory_xact_lock(4711)"
THROUGH = "SELECT pg_advisory_xact_lock_shared(4711)"
"""What a handler runs to stop before whoever holds ROOM."""


class Gate:
    """A transaction that is open, and closed to others, until ``open``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._held = connection.transaction()

    async def close(self, sql: str, *arguments: Any) -> None:
        await self._held.start()
        tag = await self.connection.execute(sql, *arguments)
        assert not tag.endswith(" 0"), f"nothing was locked by {sql}"

    async def stopped(self, number: int = 1) -> None:
        """Wait until so many transactions of this database wait for somebody's lock."""
        await until(lambda: self._waiting(number))

    async def open(self) -> None:
        """Let everybody through; what the bystander wrote stays."""
        await self._held.commit()

    async def _waiting(self, number: int) -> bool:
        # Inside a transaction PostgreSQL shows the same picture again and again, unless told to forget it.
        await self.connection.execute("SELECT pg_stat_clear_snapshot()")
        waiting: int = await self.connection.fetchval(
            """SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'"""
        )
        return waiting == number


@asynccontextmanager
async def closed(database: Database, sql: str = ROOM, *arguments: Any) -> AsyncIterator[Gate]:
    """A gate that is closed by this statement's locks; one that is never opened is taken down at the end."""
    async with database.pool.acquire() as connection:
        gate = Gate(connection)
        await gate.close(sql, *arguments)
        yield gate
