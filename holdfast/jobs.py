"""The names of all jobs, and how to enqueue one: a thin skin over PgQueuer.

A job commits with its cause, so it exists if and only if its cause does. What a name does is
resolved only in ``work.py``. Work that comes due by the clock (polling, expiry) is no job but a
column with an index, swept in sets by the timetable.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.queries import Queries

from holdfast.db.queries import Transaction


class Job(StrEnum):
    """What can be asked for in a transaction; each takes the id of its subject."""

    REFUND_EXCESS = "refund_excess"
    """payment id: give back what was captured beyond what is due."""
    ASK_REFUND = "ask_refund"
    """refund id: ask the provider for it."""
    CLOSE_ATTEMPT = "close_attempt"
    """attempt id: make sure nobody can pay it any more."""
    ASK_ATTEMPT = "ask_attempt"
    """attempt id: ask the provider how it stands, and go on with it."""
    CAPTURE_ATTEMPT = "capture_attempt"
    """attempt id: take the money that is set aside."""
    CONFIRM_EVENT = "confirm_event"
    """provider/key of an event: ask the provider whether it is true, and apply it."""
    FILL_OWED = "fill_owed"
    """SKU: give units that arrived to the orders they are owed to."""
    ACCOUNT_LETTER = "account_letter"
    """account letter id: write to a person about their account; a secret in it is made then."""
    BACK_IN_STOCK = "back_in_stock"
    """SKU: the letters to whoever asked for it are due."""
    FINISH_ERASURE = "finish_erasure"
    """erasure id: look for somebody who was erased where no key leads."""
    UNPACK = "unpack"
    """order id: unpack what was packed for an order that was cancelled."""


class Subject(msgspec.Struct, frozen=True):
    """The payload of every job."""

    id: str


async def enqueue(
    tx: Transaction, job: Job, subjects: Sequence[str], *, after: timedelta | None = None
) -> None:
    """Have the job done for each subject once this commits; one that waits for the same is enough."""
    if not subjects:
        return
    names = sorted(set(subjects))
    await Queries(AsyncpgDriver(tx)).enqueue(  # type: ignore[arg-type]  # a pool's proxy is a connection
        [job.value] * len(names),
        [msgspec.json.encode(Subject(name)) for name in names],
        [0] * len(names),
        execute_after=[after] * len(names),
        dedupe_key=[f"{job}:{name}" for name in names],
        on_conflict="skip",
    )
