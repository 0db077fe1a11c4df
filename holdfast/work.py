"""The worker: what every job's name does, and the timetable.

Jobs come from PgQueuer one by one; what comes due by the clock is swept in sets, every minute.
Both may run on many machines at once: leases, locks and dedupe keys keep the effects single.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import msgspec
import structlog
from pgqueuer import PgQueuer
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule

from holdfast import audit, clock, idempotency, letters
from holdfast.accounts import letters as account_letters
from holdfast.accounts import sessions
from holdfast.accounts.login import lockout
from holdfast.checkout import expire, purchase_limits
from holdfast.db.queries import Do, One, Queries, Transaction
from holdfast.db.transaction import Database, follow_clock, read, transaction
from holdfast.fulfilment.follow import unpack_cancelled
from holdfast.fulfilment.ship import Deed
from holdfast.jobs import Job, Subject
from holdfast.letters import Due
from holdfast.limits import (
    ALERT_KEEP_DAYS,
    IDEMPOTENCY_KEEP_HOURS,
    LETTERS_KEEP_DAYS,
    LOW_LOGGED_MAX,
    SWEEP_ROWS_MAX,
)
from holdfast.notify import send
from holdfast.notify.about_account import write_account_letter
from holdfast.notify.letter import Letter
from holdfast.notify.shop import Sender
from holdfast.notify.write import write as write_due
from holdfast.order.owed import fill_owed, owed_skus
from holdfast.payment import capture, start_payment
from holdfast.process import Process
from holdfast.refund import ask_refund, disputes, issue_refund
from holdfast.retention.chores import do_chores
from holdfast.retention.person.traces import finish_erasure
from holdfast.stock import alerts
from holdfast.webhook.apply import confirm_waiting, retry_waiting

log = structlog.get_logger()

JOB_TRIES_MAX = 12
_LOOK_GAP = timedelta(seconds=0.02)
_FIRST_GAP, _LONGEST_GAP = timedelta(seconds=2), timedelta(minutes=30)


class sql(Queries):
    start: Do
    is_due: One[bool]


class AskLater(Exception):
    """It is not done yet; PgQueuer tries the job again."""


async def refund_excess(process: Process, subject: str) -> None:
    """Give back what was captured beyond what is due."""
    at = clock.now()
    await transaction(process.database, lambda tx: issue_refund.refund_excess(tx, payment_id=subject, at=at))


async def ask_for_refund(process: Process, subject: str) -> None:
    """Ask the provider for a refund; one that stays silent is asked again by the timetable."""
    await ask_refund.ask_refund(process.asking, refund_id=subject)


async def close_attempt(process: Process, subject: str) -> None:
    """Make sure that nobody can pay an attempt any more."""
    leased = await start_payment.lease(process.asking, [subject])
    for wanted in leased:
        if not await start_payment.close(process.asking, wanted):
            raise AskLater(subject)
    if not leased:
        raise AskLater(subject)


async def ask_attempt(process: Process, subject: str) -> None:
    """Ask how an attempt stands, and go on with it."""
    if not await start_payment.ask_attempt(process.asking, subject):
        raise AskLater(subject)


async def capture_attempt(process: Process, subject: str) -> None:
    """Take the money that is set aside."""
    if not await capture.capture_attempt(process.asking, subject):
        raise AskLater(subject)


async def confirm_event(process: Process, subject: str) -> None:
    """Ask the provider whether an event is true, and apply it."""
    if not await confirm_waiting(process.database, process.providers, subject, rules=process.rules):
        raise AskLater(subject)


async def fill(process: Process, subject: str) -> None:
    """Give units that arrived to whom they are owed."""
    at = clock.now()
    await transaction(process.database, lambda tx: fill_owed(tx, sku=subject, at=at))


async def account_letter(process: Process, subject: str) -> None:
    """Write to a person about their account."""
    at = clock.now()
    done = await send.send_letter(
        process.database,
        process.mail,
        job=Job.ACCOUNT_LETTER,
        subject=subject,
        write=lambda tx: write_account_letter(
            tx, letter_id=subject, base_url=process.settings.base_url, shop=process.rules.name, at=at
        ),
        at=at,
    )
    if not done:
        raise AskLater(subject)


async def tell_who_waits(process: Process, subject: str) -> None:
    """A SKU can be had again: the letters to those who asked for it are due."""
    at = clock.now()
    due = await transaction(process.database, lambda tx: alerts.mark_due(tx, sku=subject, at=at))
    log.info("stock.back", sku=subject, letters=due)


async def unpack(process: Process, subject: str) -> None:
    """Unpack what was packed for an order that was cancelled."""
    deed = Deed("shop", clock.now(), "order cancelled")
    await transaction(process.database, lambda tx: unpack_cancelled(tx, order_id=subject, deed=deed))


async def finish_erasing(process: Process, subject: str) -> None:
    """Look for somebody who was erased where no key leads."""
    await finish_erasure(process.database, erasure_id=subject, rules=process.rules, at=clock.now())


WORK: dict[Job, Callable[[Process, str], Awaitable[None]]] = {
    Job.REFUND_EXCESS: refund_excess,
    Job.ASK_REFUND: ask_for_refund,
    Job.CLOSE_ATTEMPT: close_attempt,
    Job.ASK_ATTEMPT: ask_attempt,
    Job.CAPTURE_ATTEMPT: capture_attempt,
    Job.CONFIRM_EVENT: confirm_event,
    Job.FILL_OWED: fill,
    Job.ACCOUNT_LETTER: account_letter,
    Job.BACK_IN_STOCK: tell_who_waits,
    Job.UNPACK: unpack,
    Job.FINISH_ERASURE: finish_erasing,
}


async def sweep(process: Process) -> None:
    """Everything that comes due by the clock; each part goes on when another fails."""
    database = process.database

    async def refunds() -> None:
        at = clock.now()
        waiting = await read(
            database,
            lambda c: ask_refund.unfinished_refunds(c, asking=process.asking, at=at, rows_max=SWEEP_ROWS_MAX),
        )
        await start_payment.side_by_side(
            waiting, lambda refund_id: ask_refund.ask_refund(process.asking, refund_id=refund_id)
        )

    async def captures() -> None:
        at = clock.now()
        due = await read(
            database,
            lambda c: capture.due_captures(c, rules=process.rules, at=at, rows_max=SWEEP_ROWS_MAX),
        )
        await start_payment.side_by_side(
            due, lambda attempt_id: capture.capture_attempt(process.asking, attempt_id)
        )

    async def owed() -> None:
        for sku in await read(database, owed_skus):
            await fill(process, sku)

    async def drop() -> None:
        at = clock.now()
        while await transaction(database, lambda tx: expire.drop_dead(tx, at=at)):
            pass  # a hold has many lines, so a round is full long before it has seen so many holds

    async def unpaid() -> None:
        at = clock.now()
        await transaction(database, lambda tx: expire.end_unpaid(tx, rules=process.rules, at=at))

    parts: dict[str, Callable[[], Awaitable[object]]] = {
        "clock": lambda: follow_clock(database),
        "look_before_the_drop": lambda: expire.close_expiring(process.asking),
        "drop": drop,
        "unpaid": unpaid,
        "poll": lambda: expire.poll_silent(process.asking),
        "events": lambda: retry_waiting(database, process.providers, rules=process.rules),
        "captures": captures,
        "refunds": refunds,
        "owed": owed,
        "seal": lambda: seal_deeds(process),
        "waiting": lambda: tell_waiting(database),
        "disputes": lambda: remind_of_disputes(database),
        "levels": lambda: look_at_levels(process),
    }
    for name, part in parts.items():
        try:
            await part()
        except Exception:
            log.exception("sweep.failed", part=name)


async def send_letters(process: Process) -> None:
    """Every letter that is due; a mail server that takes none is left alone until the next minute."""
    settings = process.settings

    async def write(tx: Transaction, due: Due) -> Letter | None:
        sender = Sender(process.rules, settings.base_url, settings.secret_key, process.vault)
        return await write_due(tx, due, sender=sender)

    while await send.send_due(process.database, process.mail, write=write, at=clock.now()):
        pass
    await transaction(process.database, alerts.forget_told)


async def tell_waiting(database: Database) -> None:
    """Buyers who wait for what can be had again."""
    at = clock.now()
    await transaction(database, lambda tx: alerts.tell_waiting(tx, at=at))


async def remind_of_disputes(database: Database) -> None:
    """Staff who have not answered a dispute that is due soon."""
    at = clock.now()
    await transaction(database, lambda tx: disputes.remind(tx, at=at))


async def look_at_levels(process: Process) -> None:
    """SKUs that have become few, or many again: page by page, so that nobody waits for the whole."""
    at, low_at = clock.now(), process.rules.low_stock_at

    async def look(after: str) -> str | None:
        last, levels = await read(
            process.database, lambda c: alerts.look_at_levels(c, after=after, low_at=low_at)
        )
        if levels:
            fell = await transaction(
                process.database, lambda tx: alerts.record_levels(tx, levels=levels, at=at)
            )
            if fell:
                log.warning("stock.low", how_many=len(fell), first=fell[:LOW_LOGGED_MAX])
        return last

    page: str | None = ""
    while page is not None:
        page = await look(page)


async def seal_deeds(process: Process) -> None:
    """Put the audit's new deeds into the chain; the log keeps its head, out of the database's reach."""
    at = clock.now()
    while head := await transaction(
        process.database, lambda tx: audit.seal(tx, at=at, rows_max=SWEEP_ROWS_MAX)
    ):
        log.info("audit.sealed", seal=f"{head.position}:{head.hash.hex()}")


async def forget(process: Process) -> None:
    """What nobody may repeat any more, and what nobody needs to know any more."""
    at = clock.now()
    letters_before = at - timedelta(days=LETTERS_KEEP_DAYS)

    async def work(tx: Transaction) -> None:
        await idempotency.sweep(tx, before=at - timedelta(hours=IDEMPOTENCY_KEEP_HOURS))
        await sessions.sweep(tx, before=at)
        await purchase_limits.sweep(tx, before=at)
        await lockout.sweep(tx, at=at)
        await account_letters.sweep(tx, before=letters_before)
        await letters.sweep(tx, before=letters_before)
        await alerts.forget_before(tx, before=at - timedelta(days=ALERT_KEEP_DAYS))

    await transaction(process.database, work)
    done = await do_chores(process.database, rules=process.rules, at=at)
    log.info("chores.done", **done)


async def drain(process: Process) -> None:
    """Do every job that is due now, and those that they cause, and stop: for tests and a replay's end.

    Not by PgQueuer's own drain, which also waits for jobs whose next try comes in half an hour.
    """
    while await _is_due(process):
        connection = await asyncpg.connect(process.database_url)
        queue = _queue(process, connection)
        watcher = asyncio.create_task(_stop_when_nothing_is_due(process, queue))
        try:
            await queue.run(dequeue_timeout=_LOOK_GAP, batch_size=20)
        finally:
            watcher.cancel()
            await connection.close()


async def _stop_when_nothing_is_due(process: Process, queue: PgQueuer) -> None:
    while queue.qm.job_context or await _is_due(process):  # noqa: ASYNC110 - the database tells
        await asyncio.sleep(_LOOK_GAP.total_seconds())
    queue.shutdown.set()


async def _is_due(process: Process) -> bool:
    return await read(process.database, lambda c: sql.is_due(c))  # noqa: PLW0108 - typed by its result


async def run(process: Process, stop: asyncio.Event) -> None:
    """Do jobs and keep the timetable until ``stop``; raises when the database connection is lost."""
    connection = await asyncpg.connect(process.database_url)
    queue = _queue(process, connection)

    @queue.schedule("sweep", "* * * * *")
    async def _(_schedule: Schedule) -> None:
        await sweep(process)

    @queue.schedule("letters", "* * * * *")
    async def _(_schedule: Schedule) -> None:
        await send_letters(process)

    @queue.schedule("forget_keys", "17 3 * * *")
    async def _(_schedule: Schedule) -> None:
        await forget(process)

    async def until_stopped() -> None:
        await stop.wait()
        queue.shutdown.set()

    watcher = asyncio.create_task(until_stopped())
    connection.add_termination_listener(lambda _: queue.shutdown.set())
    try:
        await queue.run(
            dequeue_timeout=timedelta(seconds=5), batch_size=20, shutdown_on_listener_failure=True
        )
    finally:
        watcher.cancel()
        connection.terminate()


def _queue(process: Process, connection: "asyncpg.Connection[asyncpg.Record]") -> PgQueuer:
    queue = PgQueuer.from_asyncpg_connection(connection)
    for name, function in WORK.items():
        queue.entrypoint(name.value, on_failure="hold", executor_factory=_retried)(_entry(process, function))
    return queue


def _entry(
    process: Process, function: Callable[[Process, str], Awaitable[None]]
) -> Callable[[QueuedJob], Awaitable[None]]:
    async def entry(job: QueuedJob) -> None:
        assert job.payload is not None, "every job has a subject"
        await transaction(process.database, lambda tx: sql.start(tx, id=job.id))
        await function(process, msgspec.json.decode(job.payload, type=Subject).id)

    return entry


def _retried(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    """Retries live in the database, at growing gaps; after the last one the job is held and visible."""
    return DatabaseRetryEntrypointExecutor(
        parameters=parameters,
        max_attempts=JOB_TRIES_MAX,
        initial_delay=_FIRST_GAP,
        max_delay=_LONGEST_GAP,
    )
