"""Sending a letter: at least once, and not again after it was sent.

A row for each job and subject is claimed with a lease, in the transaction that writes the letter; what was
sent is marked. A process that dies between the two sends it again: a letter twice is better than none.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from holdfast.db.queries import Do, Maybe, Queries, Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.jobs import Job
from holdfast.limits import SMTP_TIMEOUT_S
from holdfast.notify.channels.channel import Channel, Undeliverable
from holdfast.notify.letter import Letter

_LEASE = timedelta(seconds=3 * SMTP_TIMEOUT_S)


class sql(Queries):
    claim: Maybe[int]
    state: Maybe[str]
    end: Do
    let_go: Do
    sweep: Do


async def send_letter(
    database: Database,
    channel: Channel,
    *,
    job: Job,
    subject: str,
    write: Callable[[Transaction], Awaitable[Letter | None]],
    at: datetime,
) -> bool:
    """Write the letter of a job and send it, unless that was done; False while another process is at it.

    Raises what the channel raises, after which it may be tried again at once.
    """

    async def begin(tx: Transaction) -> tuple[bool, Letter | None]:
        claimed = await sql.claim(tx, job=job, subject=subject, lease_until=at + _LEASE, at=at)
        if claimed is None:
            return await sql.state(tx, job=job, subject=subject) != "sending", None
        letter = await write(tx)
        if letter is None:
            await sql.end(tx, job=job, subject=subject, state="not_needed", sent_at=None)
        return True, letter

    done, letter = await transaction(database, begin)
    if letter is None:
        return done
    state = "sent"
    try:
        await channel.send(letter)
    except Undeliverable:
        state = "refused"
    except Exception:
        await transaction(database, lambda tx: sql.let_go(tx, job=job, subject=subject, at=at))
        raise
    sent_at = at if state == "sent" else None
    await transaction(
        database, lambda tx: sql.end(tx, job=job, subject=subject, state=state, sent_at=sent_at)
    )
    return True


async def sweep(tx: Transaction, *, before: datetime) -> int:
    """Forget what was sent before then; no job is tried for so long."""
    return await sql.sweep(tx, before=before)
