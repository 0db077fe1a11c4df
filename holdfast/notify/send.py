"""Sending letters: at least once, and not again after it was sent.

A row of ``letters`` is taken with a lease, the letter is written, handed over, and the row ended. A
process that dies between the last two sends it again: a letter twice is better than none. What a server
puts off is tried at growing gaps; what never arrives is given up, and shown to the staff.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from holdfast import letters
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.db.queries import Transaction
from holdfast.db.transaction import Database, transaction
from holdfast.jobs import Job
from holdfast.letters import Due
from holdfast.limits import LETTER_GAPS_MINUTES, LETTERS_AT_ONCE, SMTP_TIMEOUT_S
from holdfast.notify.channels.channel import Channel, Undeliverable
from holdfast.notify.letter import Letter

log = structlog.get_logger()

_LEASE = timedelta(seconds=3 * SMTP_TIMEOUT_S)

Write = Callable[[Transaction, Due], Awaitable[Letter | None]]


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
        claimed = await letters.claim(tx, kind=job, subject=subject, lease_until=at + _LEASE, at=at)
        if claimed is None:
            return await letters.has_ended(tx, kind=job, subject=subject), None
        letter = await write(tx)
        if letter is None:
            await letters.end(tx, kind=job, subject=subject, state="not_needed", at=at)
        return True, letter

    done, letter = await transaction(database, begin)
    if letter is None:
        return done
    try:
        state = await _hand_over(channel, letter)
    except Exception:
        await transaction(database, lambda tx: letters.put_off(tx, kind=job, subject=subject, due_at=at))
        raise
    await transaction(database, lambda tx: letters.end(tx, kind=job, subject=subject, state=state, at=at))
    return True


async def send_due(database: Database, channel: Channel, *, write: Write, at: datetime) -> int:
    """Send letters that are due, LETTERS_AT_ONCE side by side; answers how many of them have ended.

    None of them: there are no more, or the server takes none now, and who goes on only waits for it.
    """
    due = await transaction(
        database,
        lambda tx: letters.take(tx, lease_until=at + _LEASE, at=at, rows_max=LETTERS_AT_ONCE),
    )
    return sum(await asyncio.gather(*(_send(database, channel, one, write, at) for one in due)))


async def _send(database: Database, channel: Channel, due: Due, write: Write, at: datetime) -> bool:
    """Send one that was taken; False when it has to be tried again."""
    kind, subject = due.kind, due.subject
    try:
        letter = await transaction(database, lambda tx: write(tx, due))
        state = await _hand_over(channel, letter) if letter else "not_needed"
    except Exception as error:  # noqa: BLE001 - one letter never stands in the way of the others
        log.warning("letter.failed", kind=kind, tries=due.tries, error=type(error).__name__)
        return await _put_off(database, due, at)
    await transaction(database, lambda tx: letters.end(tx, kind=kind, subject=subject, state=state, at=at))
    return True


async def _put_off(database: Database, due: Due, at: datetime) -> bool:
    kind, subject = due.kind, due.subject
    given_up = due.tries > len(LETTER_GAPS_MINUTES)

    async def work(tx: Transaction) -> None:
        if not given_up:
            gap = timedelta(minutes=LETTER_GAPS_MINUTES[due.tries - 1])
            await letters.put_off(tx, kind=kind, subject=subject, due_at=at + gap)
            return
        await letters.end(tx, kind=kind, subject=subject, state="given_up", at=at)
        matter = Matter(Kind.LETTER_GIVEN_UP, subject, {"letter": kind, "tries": due.tries})
        await open_matters(tx, matters=[matter], at=at)

    await transaction(database, work)
    return given_up


async def _hand_over(channel: Channel, letter: Letter) -> str:
    """What became of it: ``sent``, or ``refused`` for good."""
    try:
        await channel.send(letter)
    except Undeliverable:
        return "refused"
    return "sent"
