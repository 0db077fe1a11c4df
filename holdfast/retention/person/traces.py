"""What no key leads to: who is named in what providers sent, in answers that were kept, in tracebacks.

Looked through day by day, each day in a transaction of its own. What is looked for stands in the erasure
until then, and goes with the last day. Stopped anywhere, the job begins anew, and finds less.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from holdfast import idempotency
from holdfast.db.queries import Do, Maybe, One, Queries, Transaction
from holdfast.db.transaction import Database, read, transaction
from holdfast.limits import IDEMPOTENCY_KEEP_HOURS
from holdfast.shop_settings.rules import ShopRules

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


class Erasure(msgspec.Struct, frozen=True):
    """An erasure that is not finished."""

    user_id: str | None
    traces: list[str]


class sql(Queries):
    unfinished: Maybe[Erasure]
    drop_bodies: One[int]
    forget_tracebacks: Do
    finish: Do


def days_of_traces(rules: ShopRules) -> int:
    """How far back there are any, in days."""
    return max(rules.webhook_body_days, rules.job_log_days, IDEMPOTENCY_KEEP_HOURS // 24) + 1


async def finish_erasure(database: Database, *, erasure_id: str, rules: ShopRules, at: datetime) -> None:
    """Look through everything that is kept for days; once it is finished there is nothing to look for."""
    erasure = await read(database, lambda c: sql.unfinished(c, id=erasure_id))
    if erasure is None:
        return
    days = days_of_traces(rules)
    for back in range(days + 1):
        until = at + _DAY - back * _DAY  # from tomorrow: clocks differ
        await _look(database, erasure, since=_EVER if back == days else until - _DAY, until=until)
    await transaction(database, lambda tx: sql.finish(tx, id=erasure_id, at=at))


async def _look(database: Database, erasure: Erasure, *, since: datetime, until: datetime) -> None:
    async def work(tx: Transaction) -> None:
        when = {"since": since, "until": until}
        await idempotency.erase(tx, principal=erasure.user_id, traces=erasure.traces, **when)
        await sql.drop_bodies(tx, traces=erasure.traces, **when)
        await sql.forget_tracebacks(tx, traces=erasure.traces, **when)

    await transaction(database, work)
