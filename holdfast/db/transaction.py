"""The pool, and the one way to run a transaction.

Deadlocks and serialization failures (SQLSTATE 40) are run again, a bounded number of times, after which
the caller hears Overloaded and may repeat;
refused data (22, 23) becomes a Problem; a lost connection (08, 53, 57) becomes DatabaseAway,
after which the caller repeats the request under its idempotency key. COMMIT has no timeout.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
import msgspec

from holdfast import clock
from holdfast.db.constraints import as_problem
from holdfast.db.queries import Connection, Transaction
from holdfast.errors.running import DatabaseAway, Overloaded
from holdfast.limits import DB_CONNECT_S, TRANSACTION_TRIES_MAX

T = TypeVar("T")

_AWAY = (
    OSError,
    asyncpg.InternalClientError,  # what asyncpg says when the server died in the middle of an answer
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that has become a standby
)


class RunAgain(Exception):
    """Raised inside a transaction that met another one's lock out of order: roll back and run again."""


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", url: str) -> None:
        self.pool, self.url = pool, url

    async def close(self) -> None:
        await self.pool.close()


async def connect(url: str, *, pool_size: int, statement_cache: int = 512) -> Database:
    """Open the pool and follow the database's clock; raise DatabaseAway when nobody answers.

    ``statement_cache=0`` also leaves out server settings, as PgBouncer in transaction mode needs.
    """
    options: dict[str, str] = {} if statement_cache == 0 else {"application_name": "holdfast", "jit": "off"}
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=pool_size,
            statement_cache_size=statement_cache,
            max_cached_statement_lifetime=0,
            server_settings=options or None,
            init=_prepare_connection,
            reset=_leave_as_it_is,
            timeout=DB_CONNECT_S,
        )
        database = Database(pool, url)
        await follow_clock(database)
    except (*_AWAY, asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise DatabaseAway from error
    return database


async def follow_clock(database: Database) -> None:
    """Agree with PostgreSQL about the time."""
    moment: datetime = await database.pool.fetchval("SELECT clock_timestamp()")
    clock.follow(moment)


async def transaction(database: Database, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Run ``work`` in one transaction and commit it; see the module's docstring for what is retried."""
    for tried in range(TRANSACTION_TRIES_MAX):
        try:
            async with database.pool.acquire() as connection, connection.transaction():
                return await work(connection)
        except (asyncpg.TransactionRollbackError, RunAgain) as error:
            if tried == TRANSACTION_TRIES_MAX - 1:
                raise Overloaded from error
            await asyncio.sleep(random.uniform(0, 0.01 * 2**tried))  # noqa: S311 - spreading, not secrecy
        except (
            asyncpg.IntegrityConstraintViolationError,
            asyncpg.DataError,
            asyncpg.RestrictViolationError,
        ) as e:
            raise as_problem(e) from e
        except _AWAY as error:
            raise DatabaseAway from error
    raise AssertionError("unreachable")


async def read(database: Database, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Run queries that only look, on one connection without a transaction."""
    try:
        async with database.pool.acquire() as connection:
            return await work(connection)
    except asyncpg.DataError as error:
        raise as_problem(error) from error
    except _AWAY as error:
        raise DatabaseAway from error


async def _leave_as_it_is(_: Any) -> None:
    """Nobody changes the session, so nothing is to be reset; asyncpg itself ends a transaction left open."""


async def _prepare_connection(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_as_json, decoder=msgspec.json.decode
    )


def _as_json(value: object) -> str:
    """A struct or dict as JSON; text is JSON already (PgQueuer writes its own)."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
