"""The one place that tells the time: UTC, following PostgreSQL's clock so that all nodes agree.

Expiry compares moments that different machines wrote, so each process measures how far its
own clock is from the database's (``follow``) and adds that. Tests stop the clock.
"""

import time
from datetime import UTC, datetime, timedelta

_offset = timedelta(0)
_stopped: datetime | None = None


def now() -> datetime:
    """The moment, aware, in UTC. Called once per use case, at the top."""
    return _stopped if _stopped is not None else datetime.now(UTC) + _offset


def follow(database_now: datetime) -> None:
    """Agree with the moment that PostgreSQL just named."""
    global _offset  # noqa: PLW0603 - the one clock of this process
    _offset = database_now - datetime.now(UTC)


def stop(at: datetime) -> None:
    """Let every later ``now()`` answer this moment, until ``go``."""
    global _stopped  # noqa: PLW0603
    _stopped = at


def go() -> None:
    """Run again."""
    global _stopped  # noqa: PLW0603
    _stopped = None


def unix() -> int:
    """Whole seconds since 1970, as webhook signatures count them."""
    return int(now().timestamp())


def elapsed() -> float:
    """Seconds of a clock that is never set back, for measuring how long something took."""
    return time.perf_counter()
